package hls_test

import (
	"bytes"
	"errors"
	"fmt"
	"iter"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/recorder/container"
	"aircheck/recorder/hls"
)

// recording is a recording in memory.
type recording struct {
	t        testing.TB
	w        container.Writer
	tracks   []*media.Track
	data     []byte
	playlist []byte
	parts    [][]byte
}

func begin(t testing.TB, base time.Duration, tracks ...*media.Track) *recording {
	t.Helper()
	w, err := hls.Format{}.NewWriter(tracks)
	if err != nil {
		t.Fatal(err)
	}
	return &recording{t: t, w: w, tracks: tracks, data: w.Header(nil, base)}
}

func (r *recording) add(units ...*media.Unit) {
	r.t.Helper()
	var err error
	for _, u := range units {
		if r.data, err = r.w.Append(r.data, u); err != nil {
			r.t.Fatal(err)
		}
		r.playlist = r.w.(container.Lister).Playlist(r.playlist)
	}
}

// group ends a write group.
func (r *recording) group() { r.parts = append(r.parts, r.w.Index(nil)) }

func (r *recording) goOn(base time.Duration, jumped bool, tracks ...*media.Track) time.Duration {
	r.t.Helper()
	r.group()
	var zero time.Duration
	var err error
	if r.data, zero, err = r.w.(container.Continuer).Continue(r.data, tracks, base, jumped); err != nil {
		r.t.Fatal(err)
	}
	return zero
}

func (r *recording) finish() container.Ending {
	r.t.Helper()
	r.data = r.w.Flush(r.data)
	r.group()
	return finish(r.t, r.tracks, int64(len(r.data)), r.parts)
}

func finish(t testing.TB, tracks []*media.Track, size int64, parts [][]byte) container.Ending {
	t.Helper()
	e, err := hls.Format{}.Finish(container.Unfinished{Tracks: tracks, Size: size, Index: slicesOf(parts)})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// text is the finished playlist.
func text(t testing.TB, e container.Ending) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := e.Playlist(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func slicesOf(parts [][]byte) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for _, p := range parts {
			if !yield(p, nil) {
				return
			}
		}
	}
}

// listed is one segment of a playlist.
type listed struct {
	duration      float64
	offset, size  int64
	at            time.Time
	discontinuity bool
	init          string
}

var wholePlaylist = regexp.MustCompile(`^#EXTM3U
#EXT-X-VERSION:[47]
#EXT-X-TARGETDURATION:10
#EXT-X-MEDIA-SEQUENCE:0
#EXT-X-PLAYLIST-TYPE:(EVENT|VOD)
#EXT-X-START:TIME-OFFSET=0
((#EXT-X-DISCONTINUITY
)?(#EXT-X-MAP:URI="media.mp4",BYTERANGE="\d+@\d+"
)?#EXT-X-PROGRAM-DATE-TIME:\S+Z
#EXTINF:\d+\.\d{6},
#EXT-X-BYTERANGE:\d+@\d+
media\.(ts|mp4)
)*(#EXT-X-ENDLIST
)?$`)

// parse reads a playlist of this package, strictly.
func parse(t testing.TB, text []byte) (list []listed) {
	t.Helper()
	if !wholePlaylist.Match(text) {
		t.Fatalf("not a playlist:\n%s", text)
	}
	var s listed
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		var err error
		switch name {
		case "#EXT-X-DISCONTINUITY":
			s.discontinuity = true
		case "#EXT-X-MAP":
			s.init = value
		case "#EXT-X-PROGRAM-DATE-TIME":
			s.at, err = time.Parse(time.RFC3339Nano, value)
		case "#EXTINF":
			s.duration, err = strconv.ParseFloat(strings.TrimSuffix(value, ","), 64)
		case "#EXT-X-BYTERANGE":
			_, err = fmt.Sscanf(value, "%d@%d", &s.size, &s.offset)
			list = append(list, s)
			s = listed{}
		}
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
	}
	return list
}

// covers checks that the segments lie one behind the other, each shorter than the target duration allows, up to size.
func covers(t *testing.T, list []listed, from, size int64) (total float64) {
	t.Helper()
	for i, s := range list {
		if s.init != "" {
			var size, offset int64
			if _, err := fmt.Sscanf(s.init, "URI=\"media.mp4\",BYTERANGE=\"%d@%d\"", &size, &offset); err != nil || offset != from {
				t.Fatalf("segment %d: initialization section %s, the segment before ends at %d", i, s.init, from)
			}
			from += size
		}
		if s.offset != from || s.size <= 0 || math.Round(s.duration) > 10 || s.duration <= 0 {
			t.Fatalf("segment %d at %d (want %d) of %d bytes, %f s", i, s.offset, from, s.size, s.duration)
		}
		from += s.size
		total += s.duration
	}
	if from != size {
		t.Errorf("segments end at %d of %d", from, size)
	}
	return total
}

// seconds returns the durations of segments.
func seconds(list []listed) (out []float64) {
	for _, s := range list {
		out = append(out, math.Round(s.duration*1000)/1000)
	}
	return out
}

// gops returns n seconds of 25 pictures each with a random access point every gop seconds.
func gops(track *media.Track, n int, gop float64) []*media.Unit {
	units := mediatest.Intra(track, n*25, 0, 40)
	next := 0.0
	for _, u := range units {
		u.RandomAccess = u.Time().Seconds() >= next-1e-9
		if u.RandomAccess {
			next += gop
		}
	}
	return units
}

// TestSegments checks where segments end.
func TestSegments(t *testing.T) {
	video, audio := mediatest.H264(1, 1000), mediatest.AAC(2, 1000)
	pause := gops(video, 30, 2)
	for _, u := range pause[375:] {
		u.DTS, u.PTS, u.Wall = u.DTS+25000, u.PTS+25000, u.Wall.Add(25*time.Second)
	}
	for name, c := range map[string]struct {
		units []*media.Unit
		want  []float64
	}{
		"2 s":                    {gops(video, 20, 2), []float64{6, 6, 6, 2}},
		"4 s":                    {gops(video, 20, 4), []float64{8, 8, 4}},
		"5 s":                    {gops(video, 20, 5), []float64{10, 10}},
		"5.5 s":                  {gops(video, 20, 5.5), []float64{5.52, 5.48, 5.52, 3.48}},
		"every picture":          {gops(video, 14, 0.04), []float64{6, 6, 2}},
		"10 s":                   {gops(video, 25, 10), []float64{10, 10, 5}},
		"none but the first":     {gops(video, 25, 1000), []float64{10, 10, 5}},
		"sound":                  {mediatest.Sound(audio, 1000, 0), []float64{6.016, 6.016, 6.016, 3.285}},
		"slide show, 7 s":        {mediatest.Intra(video, 4, 0, 7000), []float64{7, 7, 7, 7}},
		"slide show, 15 s":       {mediatest.Intra(video, 3, 0, 15000), []float64{0.04, 10.4, 10.4}},
		"a pause of 25 s":        {pause, []float64{6, 6, 3, 7, 6, 2}},
		"a picture":              {gops(video, 1, 1)[:1], []float64{0.04}},
		"sound goes on for 30 s": {mediatest.Interleave(gops(video, 5, 2), mediatest.Sound(audio, 1640, 0)), []float64{10.389, 10.39, 10.389, 3.818}},
	} {
		t.Run(name, func(t *testing.T) {
			var tracks []*media.Track
			for _, u := range c.units {
				if !slices.Contains(tracks, u.Track) {
					tracks = append(tracks, u.Track)
				}
			}
			r := begin(t, 0, tracks...)
			r.add(c.units...)
			ending := r.finish()
			list := parse(t, text(t, ending))
			covers(t, list, 0, int64(len(r.data)))
			if got := seconds(list); !slices.Equal(got, c.want) {
				t.Errorf("segments of %v s, want %v", got, c.want)
			}
			for i, s := range list {
				if hole := i > 0 && s.at.Sub(list[i-1].at).Seconds()-list[i-1].duration > 0.5; hole != s.discontinuity {
					t.Errorf("segment %d begins at %v after %v and %f s: discontinuity %v", i, s.at, list[i-1].at, list[i-1].duration, s.discontinuity)
				}
			}
		})
	}
}

// TestPlaylistGrows checks that the playlist of a growing recording only ever grows, and that the finished one has the same entries.
func TestPlaylistGrows(t *testing.T) {
	for _, video := range []*media.Track{mediatest.H264(1, 1000), mediatest.H265(1, 1000)} {
		t.Run(video.Codec.Name(), func(t *testing.T) {
			audio := mediatest.AAC(2, 1000)
			r := begin(t, 0, video, audio)
			units := mediatest.Interleave(mediatest.Pictures(video, 25*60, 0, 40), mediatest.Sound(audio, 47*60, 0))
			segments := 0
			for i, u := range units {
				r.add(u)
				if len(r.playlist) == 0 {
					continue
				}
				list := parse(t, r.playlist)
				last := list[len(list)-1]
				if end := last.offset + last.size; end > int64(len(r.data)) {
					t.Fatalf("after unit %d: a segment up to %d, the file has %d bytes", i, end, len(r.data))
				}
				if len(list) > segments+1 {
					t.Fatalf("%d segments at once", len(list)-segments)
				}
				segments = len(list)
			}
			final := text(t, r.finish())
			event := bytes.Replace(r.playlist, []byte("EVENT"), []byte("VOD"), 1)
			if !bytes.HasPrefix(final, event) || !bytes.HasSuffix(final, []byte("#EXT-X-ENDLIST\n")) {
				t.Errorf("the finished playlist does not go on from:\n%s\nit is:\n%s", event, final)
			}
			list := parse(t, final)
			if total := covers(t, list, 0, int64(len(r.data))); math.Abs(total-60.16) > 0.002 {
				t.Errorf("%f s in all", total)
			}
			if !list[0].at.Equal(mediatest.Wall) {
				t.Errorf("begins at %v", list[0].at)
			}
		})
	}
}

// TestRoundingDoesNotAdd checks that hundreds of segments are as long together as the recording.
func TestRoundingDoesNotAdd(t *testing.T) {
	track := mediatest.H264(1, 30000)
	r := begin(t, 0, track)
	r.add(mediatest.Intra(track, 30*3600, 0, 1001)...)
	list := parse(t, text(t, r.finish()))
	total := 0.0
	for _, s := range list {
		total += s.duration
	}
	if want := 30 * 3600 * 1001 / 30000.0; math.Abs(total-want) > 1e-4 || len(list) < 590 {
		t.Errorf("%d segments of %f s, want %f", len(list), total, want)
	}
}

// periods is a recording over changes of all kinds, and the units of each period as they must come out, times from the file's zero.
func periods(t *testing.T, video, audio *media.Track) (r *recording, want []*media.Unit) {
	keep := func(zero time.Duration, units []*media.Unit) []*media.Unit {
		for _, u := range units {
			c := *u
			c.DTS -= zero.Milliseconds()
			c.PTS -= zero.Milliseconds()
			want = append(want, &c)
		}
		return units
	}
	both := func(v, a *media.Track, n int, start int64) []*media.Unit {
		return mediatest.Interleave(mediatest.Pictures(v, n, start, 40), mediatest.Sound(a, n*40*48/1024, start))
	}
	r = begin(t, 5*time.Second, video, audio)
	r.add(keep(5*time.Second, mediatest.Pictures(video, 200, 5000, 40))...)
	// Another period, with sound at last.
	zero := r.goOn(13*time.Second, false, video, audio)
	r.add(keep(zero, both(video, audio, 200, 13000))...)
	// Parameters change, on the same time line.
	other := mediatest.OtherAAC(audio.ID, audio.Timescale)
	zero = r.goOn(21*time.Second, false, video, other)
	r.add(keep(zero, both(video, other, 50, 21000))...)
	// The time line goes back to 0.
	zero = r.goOn(0, true, video, audio)
	if end := -zero; end < 22900*time.Millisecond-5*time.Second || end > 23300*time.Millisecond-5*time.Second {
		t.Errorf("the time line goes on at %v", -zero)
	}
	r.add(keep(zero, both(video, audio, 100, 0))...)
	// One track fewer.
	left := mediatest.Pictures(video, 60, 4000, 40)
	zero = r.goOn(4*time.Second, false, video)
	r.add(keep(zero, left)...)
	return r, want
}

// TestPeriods checks a file that goes on over all kinds of changes: read back, listed, scanned and finished after a crash.
func TestPeriods(t *testing.T) {
	for _, video := range []*media.Track{mediatest.H264(1, 1000), mediatest.H265(1, 1000)} {
		t.Run(video.Codec.Name(), func(t *testing.T) {
			r, want := periods(t, video, mediatest.AAC(2, 1000))
			ending := r.finish()
			list := parse(t, text(t, ending))
			covers(t, list, 0, int64(len(r.data)))
			var broken []int
			for i, s := range list {
				if s.discontinuity {
					broken = append(broken, i)
				}
			}
			if len(broken) != 4 {
				t.Errorf("discontinuities before segments %v of %v", broken, seconds(list))
			}
			same(t, r.data, want)
			if len(ending.Summary.Tracks) != 2 || ending.Summary.Tracks[0].Units != 610 {
				t.Errorf("summary %+v", ending.Summary)
			}
			rescan(t, r, ending)
		})
	}
}

// same checks that a file has these units.
func same(t *testing.T, data []byte, want []*media.Unit) {
	t.Helper()
	got := map[media.Kind][]*media.Unit{}
	for u, err := range (hls.Format{}).Read(bytes.NewReader(data), int64(len(data))) {
		if err != nil {
			t.Fatal(err)
		}
		got[u.Track.Codec.Kind()] = append(got[u.Track.Codec.Kind()], u)
	}
	for _, kind := range []media.Kind{media.Video, media.Audio} {
		list := slices.DeleteFunc(slices.Clone(want), func(u *media.Unit) bool { return u.Track.Codec.Kind() != kind })
		if len(got[kind]) != len(list) {
			t.Fatalf("%d units of %v, want %d", len(got[kind]), kind, len(list))
		}
		for i, w := range list {
			g := got[kind][i]
			if off := (g.Time() - w.Time()).Abs(); off > time.Second/90000 || g.RandomAccess != w.RandomAccess {
				t.Fatalf("%v %d is at %v, want %v", kind, i, g.Time(), w.Time())
			}
			if kind == media.Audio && !bytes.Equal(g.Payload, w.Payload) {
				t.Fatalf("%v %d has another payload", kind, i)
			}
		}
	}
}

// rescan finishes the recording as after a crash, with the index of its first groups alone.
func rescan(t *testing.T, r *recording, want container.Ending) {
	t.Helper()
	var parts [][]byte
	valid, err := hls.Format{}.Scan(bytes.NewReader(r.data), int64(len(r.data)), 0, r.tracks, func(part []byte) error {
		parts = append(parts, bytes.Clone(part))
		return nil
	})
	if err != nil || valid != int64(len(r.data)) {
		t.Fatalf("%d of %d bytes are whole: %v", valid, len(r.data), err)
	}
	got := finish(t, r.tracks, valid, parts)
	if a, b := seconds(parse(t, text(t, got))), seconds(parse(t, text(t, want))); !slices.Equal(a, b) {
		t.Errorf("scanned: segments of %v s, want %v", a, b)
	}
	if got.Summary.Duration != want.Summary.Duration || got.Summary.Tracks[0].Units != want.Summary.Tracks[0].Units {
		t.Errorf("scanned: summary %+v, want %+v", got.Summary, want.Summary)
	}
}

// TestOtherKind checks that a file ends when its tracks need another kind of file, and is as it was then.
func TestOtherKind(t *testing.T) {
	h264, h265 := mediatest.H264(1, 1000), mediatest.H265(1, 1000)
	r := begin(t, 0, h264)
	r.add(mediatest.Pictures(h264, 20, 0, 40)...)
	before := len(r.data)
	out, _, err := r.w.(container.Continuer).Continue(r.data, []*media.Track{h265}, time.Second, false)
	if err == nil || len(out) != before {
		t.Fatalf("%d bytes, %v", len(out)-before, err)
	}
	if name := (hls.Format{}).MediaName([]*media.Track{h265}); name != "media.mp4" {
		t.Errorf("H.265 goes into %s", name)
	}
	r.add(mediatest.Pictures(h264, 20, 800, 40)...)
	if s := r.finish().Summary; s.Tracks[0].Units != 40 {
		t.Errorf("%+v", s)
	}

	// What began without sound goes on without.
	audio := mediatest.AAC(2, 1000)
	r = begin(t, 0, h264)
	if _, _, err := r.w.(container.Continuer).Continue(nil, []*media.Track{h264, audio}, 0, false); !errors.Is(err, container.ErrUnsupported) {
		t.Errorf("sound added: %v", err)
	}

	// MP4 goes on with anything that it carries.
	r = begin(t, 0, h265, audio)
	r.add(mediatest.Pictures(h265, 20, 0, 40)...)
	r.goOn(800*time.Millisecond, false, audio)
	r.add(mediatest.Sound(audio, 20, 800)...)
	ending := r.finish()
	if s := ending.Summary; s.Tracks[0].Units != 20 || s.Tracks[1].Units != 20 {
		t.Errorf("%+v", s)
	}
	rescan(t, r, ending)
}

// TestStandingClock: a publisher whose times stand still or creep back is listed all the same, and what follows is as it should be.
func TestStandingClock(t *testing.T) {
	for _, step := range []int64{0, -400} {
		track := mediatest.H264(1, 1000)
		r := begin(t, 0, track)
		wall := mediatest.Wall
		push := func(n int, dts, step int64) int64 {
			for range n {
				u := mediatest.Intra(track, 1, dts, 40)[0]
				u.Wall = wall
				r.add(u)
				wall = wall.Add(40 * time.Millisecond)
				dts += step
			}
			return dts
		}
		dts := push(5000, 0, step)
		push(500, dts, 40)
		list := parse(t, text(t, r.finish()))
		covers(t, list, 0, int64(len(r.data)))
		if len(list) < 4 || len(list) > 8 {
			t.Errorf("step %d: %d segments for 200 s that stand still and 20 s that do not", step, len(list))
		}
	}
}

// TestPlayers has ffmpeg play recordings by their playlists, byte ranges and all, over changes.
func TestPlayers(t *testing.T) {
	for _, video := range []*media.Track{mediatest.H264(1, 1000), mediatest.H265(1, 1000)} {
		t.Run(video.Codec.Name(), func(t *testing.T) {
			t.Parallel()
			audio := mediatest.AAC(2, 1000)
			r := begin(t, 0, video, audio)
			r.add(mediatest.Interleave(mediatest.Pictures(video, 500, 0, 40), mediatest.Sound(audio, 20*48000/1024, 0))...)
			r.goOn(0, true, video, audio)
			r.add(mediatest.Interleave(mediatest.Pictures(video, 100, 0, 40), mediatest.Sound(audio, 4*48000/1024, 0))...)
			ending := r.finish()
			dir := t.TempDir()
			save := func(name string, b []byte) string {
				path := filepath.Join(dir, name)
				if err := os.WriteFile(path, b, 0o600); err != nil {
					t.Fatal(err)
				}
				return path
			}
			save(hls.Format{}.MediaName(r.tracks), r.data)
			index := save("index.m3u8", text(t, ending))
			// ffmpeg warns of the second initialization section, and decodes on with the first: here they are equal.
			out := mediatest.Run(t, "ffprobe", "-v", "error", "-count_packets", "-show_entries", "stream=codec_type,nb_read_packets", "-of", "csv=p=0", index)
			for _, want := range []string{"video,600", fmt.Sprintf("audio,%d", 20*48000/1024+4*48000/1024)} {
				if !strings.Contains(string(out), want) {
					t.Errorf("ffprobe finds %q, want %s", out, want)
				}
			}
			frames := mediatest.Run(t, "ffmpeg", "-v", "error", "-i", index, "-map", "0:v", "-fps_mode", "passthrough", "-f", "framecrc", "-")
			if n := bytes.Count(frames, []byte("\n0,")); n != 600 {
				t.Errorf("%d pictures decode", n)
			}
		})
	}
}

// TestDates checks that dates are as far apart as the media, whatever the clock rate, and follow the wall after a pause.
func TestDates(t *testing.T) {
	track := mediatest.H264(1, 90000)
	r := begin(t, 0, track)
	units := mediatest.Intra(track, 4*3600*30, 0, 3003)
	for i, u := range units {
		u.RandomAccess = i%60 == 0
		u.Wall = mediatest.Wall.Add(u.Time() / 100) // it comes faster than it plays
	}
	r.add(units...)
	late := *units[len(units)-1]
	late.DTS, late.PTS, late.Wall = late.DTS+90000, late.PTS+90000, mediatest.Wall.Add(10*time.Hour)
	for range 300 {
		next := late
		r.add(&next)
		late.DTS, late.PTS, late.Wall = late.DTS+3003, late.PTS+3003, late.Wall.Add(33*time.Millisecond)
	}
	list := parse(t, text(t, r.finish()))
	at := 0.0
	for i, s := range list[:len(list)-3] {
		if off := s.at.Sub(mediatest.Wall).Seconds() - at; math.Abs(off) > 0.002 {
			t.Fatalf("segment %d is dated %f s off", i, off)
		}
		at += s.duration
	}
	if last := list[len(list)-1].at; last.Before(mediatest.Wall.Add(10 * time.Hour)) {
		t.Errorf("after a pause: %v", last)
	}
}
