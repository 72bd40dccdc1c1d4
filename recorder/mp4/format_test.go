package mp4_test

import (
	"bytes"
	"iter"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/recorder/container"
	"aircheck/recorder/mp4"
	"aircheck/recorder/recordertest"
)

// write returns an unfinished file and its index.
func write(t testing.TB, tracks []*media.Track, units []*media.Unit) (data, index []byte) {
	t.Helper()
	w, err := mp4.Format{}.NewWriter(tracks)
	if err != nil {
		t.Fatal(err)
	}
	data = w.Header(nil, mediatest.Base(units))
	for _, u := range units {
		if data, err = w.Append(data, u); err != nil {
			t.Fatal(err)
		}
	}
	data = w.Flush(data)
	return data, w.Index(nil)
}

func one(part []byte) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) { yield(part, nil) }
}

func finish(t testing.TB, tracks []*media.Track, data, index []byte) []byte {
	t.Helper()
	e, err := mp4.Format{}.Finish(container.Unfinished{Tracks: tracks, Size: int64(len(data)), Index: one(index)})
	if err != nil {
		t.Fatal(err)
	}
	out := append(slices.Clone(data), e.Trailer...)
	for _, p := range e.Patches {
		copy(out[p.Offset:], p.Bytes)
	}
	return out
}

// readAll returns the units of a file.
func readAll(t *testing.T, data []byte) (units []*media.Unit) {
	t.Helper()
	for u, err := range (mp4.Format{}).Read(bytes.NewReader(data), int64(len(data))) {
		if err != nil {
			t.Fatal(err)
		}
		units = append(units, u)
	}
	return units
}

// TestFragments checks when fragments end, and what Pending says meanwhile.
func TestFragments(t *testing.T) {
	track := mediatest.H264(1, 1000)
	units := mediatest.Intra(track, 60, 0, 40)
	w, err := mp4.Format{}.NewWriter([]*media.Track{track})
	if err != nil {
		t.Fatal(err)
	}
	w.Header(nil, 0)
	var ends []int
	for i, u := range units {
		out, err := w.Append(nil, u)
		if err != nil {
			t.Fatal(err)
		}
		if len(out) > 0 {
			ends = append(ends, i)
		}
		if p := w.Pending(); p <= 0 || p.Milliseconds() > 520 {
			t.Errorf("after unit %d: %v pending", i, p)
		}
	}
	if !slices.Equal(ends, []int{13, 26, 39, 52}) {
		t.Errorf("fragments end before units %v", ends)
	}
	if out, err := w.Append(nil, mediatest.Grow(units[0], 17<<20)); err != nil || len(out) == 0 || len(out) > 1<<20 {
		t.Errorf("a huge unit joined what was kept back: %d bytes, %v", len(out), err)
	}
}

// TestJump checks that a step the format cannot express is refused and leaves no trace.
func TestJump(t *testing.T) {
	track := mediatest.AAC(1, 1000)
	u := mediatest.Sound(track, 1, 0)[0]
	w, err := mp4.Format{}.NewWriter([]*media.Track{track})
	if err != nil {
		t.Fatal(err)
	}
	w.Header(nil, 0)
	if _, err := w.Append(nil, u); err != nil {
		t.Fatal(err)
	}
	far := *u
	far.DTS = math.MaxInt32 + 1
	if out, err := w.Append(nil, &far); err == nil || len(out) != 0 {
		t.Errorf("%d bytes, %v", len(out), err)
	}
	far.DTS--
	if out, err := w.Append(nil, &far); err != nil || len(out) == 0 {
		t.Errorf("%d bytes, %v", len(out), err)
	}
}

// TestMissingTrack checks that a track without units does not spoil the finished file.
func TestMissingTrack(t *testing.T) {
	tracks := []*media.Track{mediatest.H264(1, 1000), mediatest.AAC(2, 1000)}
	for name, units := range map[string][]*media.Unit{
		"no sound": mediatest.Pictures(tracks[0], 30, 0, 40), "no pictures": mediatest.Sound(tracks[1], 30, 0),
	} {
		data, index := write(t, tracks, units)
		path := filepath.Join(t.TempDir(), "missing.mp4")
		if err := os.WriteFile(path, finish(t, tracks, data, index), 0o600); err != nil {
			t.Fatal(err)
		}
		mediatest.Run(t, "ffmpeg", "-v", "error", "-i", path, "-f", "null", "-")
		out := mediatest.Run(t, "ffprobe", "-v", "error", "-show_entries", "stream=nb_frames", "-of", "csv=p=0", path)
		if strings.TrimSpace(string(out)) != "30" {
			t.Errorf("%s: ffprobe says %q", name, out)
		}
	}
}

var (
	hashes      = regexp.MustCompile("data_hash=.*")
	frameHashes = regexp.MustCompile(`(?m)[0-9]+, [0-9a-f]{32}$`)
)

// TestForeign reads files that ffmpeg wrote.
func TestForeign(t *testing.T) {
	encode := []string{"-t", "2", "-c:v", "libx264", "-preset", "veryfast", "-bf", "2", "-c:a", "aac"}
	for name, flags := range map[string][]string{
		"classic":    nil,
		"moov first": {"-movflags", "faststart"},
		"fragmented": {"-movflags", "frag_keyframe+empty_moov+default_base_moof"},
		"old bases":  {"-movflags", "frag_keyframe+empty_moov"},
		"omit tfhd":  {"-movflags", "frag_keyframe+empty_moov+omit_tfhd_offset"},
		"cmaf":       {"-movflags", "cmaf"},
		"h265":       {"-c:v", "libx265", "-x265-params", "log-level=error", "-tag:v", "hvc1"},
		"hev1":       {"-c:v", "libx265", "-x265-params", "log-level=error"},
		"av1, opus":  {"-t", "0.6", "-c:v", "libaom-av1", "-cpu-used", "8", "-bf", "0", "-c:a", "libopus"},
		"vp9, mp3":   {"-t", "0.6", "-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-bf", "0", "-c:a", "libmp3lame"},
		"ac-3, 5.1":  {"-c:a", "ac3", "-ac", "6"},
		"low mp3":    {"-c:a", "libmp3lame", "-ar", "22050", "-ac", "1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := mediatest.Clip(t, "clip.mp4", "25", slices.Concat(encode, flags)...)
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			tracks, err := mp4.Format{}.Probe(bytes.NewReader(data), int64(len(data)))
			if err != nil || len(tracks) != 2 {
				t.Fatalf("%d tracks, %v", len(tracks), err)
			}
			units := readAll(t, data)
			rewritten, index := write(t, tracks, units)
			copied := filepath.Join(t.TempDir(), "copy.mp4")
			if err := os.WriteFile(copied, finish(t, tracks, rewritten, index), 0o600); err != nil {
				t.Fatal(err)
			}
			for _, stream := range []string{"v", "a"} {
				hash := func(path string) string {
					out := mediatest.Run(t, "ffprobe", "-v", "error", "-select_streams", stream, "-show_packets", "-show_data_hash", "md5", path)
					return strings.Join(hashes.FindAllString(string(out), -1), "\n")
				}
				if got, want := hash(copied), hash(path); got != want {
					t.Errorf("stream %s differs:\n%.300s\n%.300s", stream, got, want)
				}
				if stream == "a" && !strings.Contains(name, "opus") {
					continue // what other encoders of sound put in front is cut by an edit that a recording knows nothing of
				}
				decoded := func(path string) string {
					out := mediatest.Run(t, "ffmpeg", "-v", "error", "-i", path, "-map", "0:"+stream, "-fps_mode", "passthrough", "-f", "framemd5", "-")
					return strings.Join(frameHashes.FindAllString(string(out), -1), "\n")
				}
				if got, want := decoded(copied), decoded(path); got != want {
					t.Errorf("stream %s decodes to something else:\n%.900s\n%.900s", stream, got, want)
				}
			}
			mediatest.Run(t, "ffmpeg", "-v", "error", "-i", copied, "-f", "null", "-")
		})
	}
}

// TestSparse has ffmpeg seek to the end of a finished file of more than 4 GiB.
func TestSparse(t *testing.T) {
	const count, size = 290, 15 << 20
	track := mediatest.H264(1, 1000)
	tracks := []*media.Track{track}
	u := mediatest.Grow(mediatest.Intra(track, 1, 0, 40)[0], size)
	w, err := mp4.Format{}.NewWriter(tracks)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "large.mp4")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	at := int64(0)
	put := func(b []byte) {
		// The middle of the filler stays a hole.
		const keep = 8 << 10
		for _, part := range []struct{ from, to int }{{0, min(keep, len(b))}, {max(len(b)-keep, 0), len(b)}} {
			if _, err := file.WriteAt(b[part.from:part.to], at+int64(part.from)); err != nil {
				t.Fatal(err)
			}
		}
		at += int64(len(b))
	}
	buf := w.Header(nil, 0)
	put(buf)
	for i := range count {
		c := *u
		c.DTS = int64(i) * 1000
		c.PTS = c.DTS
		if buf, err = w.Append(buf[:0], &c); err != nil {
			t.Fatal(err)
		}
		put(buf)
	}
	put(w.Flush(buf[:0]))
	e, err := mp4.Format{}.Finish(container.Unfinished{Tracks: tracks, Size: at, Index: one(w.Index(nil))})
	if err != nil {
		t.Fatal(err)
	}
	put(e.Trailer)
	if _, err := file.WriteAt(e.Patches[0].Bytes, e.Patches[0].Offset); err != nil {
		t.Fatal(err)
	}
	if at < 1<<32 {
		t.Fatalf("only %d bytes", at)
	}
	out := mediatest.Run(t, "ffmpeg", "-v", "error", "-ss", "286", "-i", path, "-fps_mode", "passthrough", "-f", "framemd5", "-")
	if n := bytes.Count(out, []byte("\n0,")); n != 4 {
		t.Errorf("%d frames from 286 s on:\n%s", n, out)
	}
}

// TestIndexSize checks that the journal of two hours stays small, and reports what finishing costs.
func TestIndexSize(t *testing.T) {
	const seconds = 7200
	tracks := []*media.Track{mediatest.H264(1, 1000), mediatest.AAC(2, 1000)}
	w, err := mp4.Format{}.NewWriter(tracks)
	if err != nil {
		t.Fatal(err)
	}
	var buf, index []byte
	buf = w.Header(buf, 0)
	size := int64(len(buf))
	pictures := mediatest.Pictures(tracks[0], 25, 0, 40)
	for i := range pictures {
		pictures[i] = mediatest.Grow(pictures[i], 20000+i*999)
	}
	for second := range int64(seconds) {
		sound := mediatest.Sound(tracks[1], 47, second*1000)
		for _, u := range mediatest.Interleave(pictures, sound) {
			c := *u
			if u.Track.ID == 1 {
				c.DTS, c.PTS = u.DTS+second*1000, u.PTS+second*1000
			}
			if buf, err = w.Append(buf[:0], &c); err != nil {
				t.Fatal(err)
			}
			size += int64(len(buf))
		}
		index = w.Index(index)
	}
	size += int64(len(w.Flush(buf[:0])))
	index = w.Index(index)
	e, err := mp4.Format{}.Finish(container.Unfinished{Tracks: tracks, Size: size, Index: one(index)})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("two hours: file of %d bytes, index of %d, moov of %d", size, len(index), len(e.Trailer))
	if len(index) > 4<<20 {
		t.Errorf("index of %d bytes", len(index))
	}
}

func BenchmarkAppend(b *testing.B) { recordertest.Append(b, mp4.Format{}) }
