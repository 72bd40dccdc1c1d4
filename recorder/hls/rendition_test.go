package hls_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/recorder/container"
	"aircheck/recorder/hls"
	"aircheck/recorder/mp4"
	"aircheck/recorder/recordertest"
)

// TestFragmentTracks has several tracks of a kind in fragmented MP4.
func TestFragmentTracks(t *testing.T) {
	o := options("mp4")
	o.AnnexB, o.KeepsIDs = false, true
	recordertest.Tracks(t, hls.Format{}, o, "av1", "vp9", "opus", "aac", "mp3")
}

// partsOf are the parts that the playlist of a rendition names, in order, with how many gaps it has.
func (r *recording) partsOf(playlist []byte, number int) (parts []hls.Part, gaps int) {
	r.t.Helper()
	all, err := hls.ReadRenditions(bytes.NewReader(r.data), int64(len(r.data)), bytes.NewReader(playlist))
	if err != nil || all == nil {
		r.t.Fatalf("%v, %v", all, err)
	}
	var text bytes.Buffer
	if err := all.Playlist(&text, number, bytes.NewReader(playlist)); err != nil {
		r.t.Fatal(err)
	}
	gap := false
	for line := range strings.Lines(text.String()) {
		line = strings.TrimSpace(line)
		if at, ok := strings.CutPrefix(line, "#EXT-X-MAP:URI="); ok {
			line = strings.Trim(at, `"`)
		}
		switch {
		case line == "#EXT-X-GAP":
			gap = true
			gaps++
		case line[0] != '#' && gap:
			gap = false
		case line[0] != '#':
			parts = append(parts, r.part(line))
		}
	}
	return parts, gaps
}

// part is what an address means.
func (r *recording) part(address string) hls.Part {
	r.t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		r.t.Fatal(err)
	}
	p, ok, err := hls.ParsePart(u.Query())
	if !ok || err != nil {
		r.t.Fatalf("%s: %v", address, err)
	}
	return p
}

// content is what a part holds.
func (r *recording) content(p hls.Part) []byte {
	r.t.Helper()
	in, err := p.Open(bytes.NewReader(r.data), int64(len(r.data)))
	if err != nil {
		r.t.Fatal(err)
	}
	out, err := io.ReadAll(in)
	if err != nil {
		r.t.Fatal(err)
	}
	return out
}

// played are the payloads that a player of a rendition gets, one behind the other.
func (r *recording) played(playlist []byte, number int) (payload []byte, gaps int) {
	r.t.Helper()
	parts, gaps := r.partsOf(playlist, number)
	var file []byte
	flush := func() {
		if len(file) == 0 {
			return
		}
		id := 0
		for u, err := range (mp4.Format{}).Read(bytes.NewReader(file), int64(len(file))) {
			if err != nil {
				r.t.Fatal(err)
			}
			if id != 0 && id != u.Track.ID {
				r.t.Fatalf("rendition %d: units of tracks %d and %d", number, id, u.Track.ID)
			}
			id = u.Track.ID
			payload = append(payload, u.Payload...)
		}
		file = nil
	}
	for _, p := range parts {
		b := r.content(p)
		switch {
		case p.Packed():
			payload = append(payload, untagged(r.t, b)...)
		case bytes.HasPrefix(b[4:], []byte("ftyp")):
			flush()
			fallthrough
		default:
			file = append(file, b...)
		}
	}
	flush()
	return payload, gaps
}

// untagged is a segment of packed audio without its timestamp.
func untagged(t testing.TB, b []byte) []byte {
	t.Helper()
	const tag = 10 + 10 + len("com.apple.streaming.transportStreamTimestamp\x00") + 8
	if !bytes.HasPrefix(b, []byte("ID3\x04\x00\x00\x00\x00\x00")) || int(b[9]) != tag-10 || len(b) <= tag || b[tag] != 0xff {
		t.Fatalf("not packed audio: % x", b[:min(len(b), tag+2)])
	}
	return b[tag:]
}

func payloads(units []*media.Unit) (out []byte) {
	for _, u := range units {
		out = append(out, u.Payload...)
	}
	return out
}

// between leaves out the units from one time to another.
func between(units []*media.Unit, from, to time.Duration) []*media.Unit {
	return slices.DeleteFunc(slices.Clone(units), func(u *media.Unit) bool { return u.Time() >= from && u.Time() < to })
}

// TestRenditions records two tracks of pictures and three of sound, of which one is silent for two segments and another ends with its period:
// a player gets each of them whole, and is told where it has nothing, while it is recorded and afterwards.
func TestRenditions(t *testing.T) {
	names := []string{"vp9", "aac", "av1", "opus", "mp3"}
	var tracks []*media.Track
	var units [][]*media.Unit
	for i, name := range names {
		track := mediatest.Track(name, 1+i, 1000)
		tracks = append(tracks, track)
		all := mediatest.Units(track, 2000, 0)
		units = append(units, slices.DeleteFunc(all, func(u *media.Unit) bool { return u.Time() >= 36*time.Second }))
	}
	units[3] = between(units[3], 11*time.Second, 25*time.Second)
	r := begin(t, 0, tracks...)
	r.add(mediatest.Interleave(units...)...)
	left := []*media.Track{tracks[0], tracks[2], tracks[3], tracks[4]}
	r.goOn(40*time.Second, true, left...)
	want := make([][]byte, len(names))
	var more [][]*media.Unit
	for i := range units {
		want[i] = payloads(units[i])
		if i == 1 {
			continue
		}
		all := mediatest.Units(tracks[i], 1000, 40_000)
		all = slices.DeleteFunc(all, func(u *media.Unit) bool { return u.Time() >= 53*time.Second })
		more, want[i] = append(more, all), append(want[i], payloads(all)...)
	}
	r.add(mediatest.Interleave(more...)...)
	growing := slices.Clone(r.playlist)
	finished := text(t, r.finish())
	for number, gaps := range map[int]int{1: 0, 2: 3, 3: 0, 4: 3, 5: 0} {
		got, found := r.played(finished, number)
		if !bytes.Equal(got, want[number-1]) || found != gaps {
			t.Errorf("%s: %d bytes and %d gaps, want %d and %d", names[number-1], len(got), found, len(want[number-1]), gaps)
		}
		got, _ = r.played(growing, number)
		if !bytes.HasPrefix(want[number-1], got) || len(got) < len(want[number-1])/2 {
			t.Errorf("%s, while it is recorded: %d bytes", names[number-1], len(got))
		}
	}
	wantMaster(t, r, finished)
	wantTimestamps(t, r, finished, 5, units[4])
}

// wantTimestamps checks what the segments of packed audio of the first period say of their time.
func wantTimestamps(t *testing.T, r *recording, playlist []byte, number int, units []*media.Unit) {
	t.Helper()
	parts, _ := r.partsOf(playlist, number)
	checked := 0
	for _, p := range parts {
		if len(units) == 0 {
			break
		}
		b := r.content(p)
		sound := untagged(t, b)
		at := binary.BigEndian.Uint64(b[len(b)-len(sound)-8:])
		if want := uint64(units[0].DTS * 90); at != want {
			t.Errorf("segment %d begins at %d, want %d", checked, at, want)
		}
		for len(units) > 0 && bytes.HasPrefix(sound, units[0].Payload) {
			sound, units = sound[len(units[0].Payload):], units[1:]
		}
		checked++
	}
	if checked < 5 || len(units) > 0 {
		t.Errorf("%d segments, and %d units are left", checked, len(units))
	}
}

func wantMaster(t *testing.T, r *recording, playlist []byte) {
	t.Helper()
	all, err := hls.ReadRenditions(bytes.NewReader(r.data), int64(len(r.data)), bytes.NewReader(playlist))
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	if err := all.Master(&got); err != nil {
		t.Fatal(err)
	}
	head, rest, _ := strings.Cut(got.String(), "BANDWIDTH=")
	_, rest, _ = strings.Cut(rest, ",")
	const want = `#EXTM3U
#EXT-X-VERSION:7
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="Audio 1",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="media.m3u8?rendition=2"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="Audio 2",DEFAULT=NO,AUTOSELECT=NO,CHANNELS="2",URI="media.m3u8?rendition=4"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="Audio 3",DEFAULT=NO,AUTOSELECT=NO,CHANNELS="2",URI="media.m3u8?rendition=5"
#EXT-X-MEDIA:TYPE=VIDEO,GROUP-ID="video",NAME="Video 1",DEFAULT=YES,AUTOSELECT=YES
#EXT-X-MEDIA:TYPE=VIDEO,GROUP-ID="video",NAME="Video 2",DEFAULT=NO,AUTOSELECT=NO,URI="media.m3u8?rendition=3"
#EXT-X-STREAM-INF:RESOLUTION=64x48,AUDIO="audio",VIDEO="video"
media.m3u8?rendition=1
`
	if head+rest != want {
		t.Errorf("%s", got.String())
	}
}

// TestNoRenditions checks that recordings with one track of a kind, and transport streams, are played as they are.
func TestNoRenditions(t *testing.T) {
	for _, names := range []string{"av1 opus", "h264 aac", "h264 h264 aac aac", "h264 mp3", "opus"} {
		var tracks []*media.Track
		var units [][]*media.Unit
		for i, name := range strings.Fields(names) {
			tracks = append(tracks, mediatest.Track(name, 1+i, 1000))
			units = append(units, mediatest.Units(tracks[i], 400, 0))
		}
		r := begin(t, 0, tracks...)
		r.add(mediatest.Interleave(units...)...)
		playlist := text(t, r.finish())
		parse(t, playlist) // strictly: there is nothing else in it
		if all, err := hls.ReadRenditions(bytes.NewReader(r.data), int64(len(r.data)), bytes.NewReader(playlist)); all != nil || err != nil {
			t.Errorf("%s: %v, %v", names, all, err)
		}
	}
}

// TestPartAddresses checks which addresses mean no part.
func TestPartAddresses(t *testing.T) {
	for query, want := range map[string]string{
		"":                                    "the whole file",
		"download=1":                          "the whole file",
		"track=1&map=10@0":                    "a part",
		"track=1&range=10@0":                  "a part",
		"track=3&map=10@0&range=10@7":         "a part",
		"track=1":                             "nothing",
		"track=0&map=10@0":                    "nothing",
		"track=4294967296&map=10@0":           "nothing",
		"track=x&map=10@0":                    "nothing",
		"track=1&map=10":                      "nothing",
		"track=1&map=0@0":                     "nothing",
		"track=1&map=-1@0":                    "nothing",
		"track=1&range=10@-1":                 "nothing",
		"track=1&map=10@0&range=x":            "nothing",
		"track=1&range=1@9223372036854775807": "nothing",
	} {
		q, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		_, ok, err := hls.ParsePart(q)
		got := "the whole file"
		switch {
		case errors.Is(err, hls.ErrAddress):
			got = "nothing"
		case ok:
			got = "a part"
		}
		if got != want {
			t.Errorf("%q: %s, want %s", query, got, want)
		}
	}
	for query, want := range map[string]int{"": 0, "rendition=2": 2, "rendition=0": -1, "rendition=x": -1, "rendition=": -1} {
		q, _ := url.ParseQuery(query)
		n, err := hls.ParseRendition(q)
		if err != nil {
			n = -1
		}
		if n != want {
			t.Errorf("%q: %d, want %d", query, n, want)
		}
	}
}

// TestPartOfOneSegment checks that nobody gets a part of more than a segment: its index would have to be in memory.
func TestPartOfOneSegment(t *testing.T) {
	tracks := []*media.Track{mediatest.Track("vp9", 1, 1000), mediatest.Track("opus", 2, 1000), mediatest.Track("mp3", 3, 1000)}
	r := begin(t, 0, tracks...)
	r.add(mediatest.Interleave(mediatest.Units(tracks[0], 600, 0), mediatest.Units(tracks[1], 1200, 0), mediatest.Units(tracks[2], 900, 0))...)
	r.playlist = text(t, r.finish())
	var places [3][2]int64 // of the initialization section and two segments
	parts, _ := r.partsOf(r.playlist, 1)
	for i := range places {
		_, at, _ := strings.Cut(query(parts[i]), "&")
		_, at, _ = strings.Cut(at, "=")
		if _, err := fmt.Sscanf(at, "%d@%d", &places[i][0], &places[i][1]); err != nil {
			t.Fatal(at, err)
		}
	}
	head, one, two := places[0], places[1], places[2]
	for name, span := range map[string][2]int64{
		"two segments":                       {one[0] + two[0], one[1]},
		"everything":                         {int64(len(r.data)), 0},
		"an initialization section, as well": {head[0] + one[0], head[1]},
	} {
		for _, query := range []string{"track=1&range=%d@%d", "track=3&map=" + fmt.Sprintf("%d@%d", head[0], head[1]) + "&range=%d@%d"} {
			p := r.part("media.mp4?" + fmt.Sprintf(query, span[0], span[1]))
			if _, err := p.Open(bytes.NewReader(r.data), int64(len(r.data))); !errors.Is(err, container.ErrCorrupt) {
				t.Errorf("%s: %s: %v", name, p, err)
			}
		}
	}
}

// TestRenditionsResume interrupts a recording in which a track is silent now and then: a process that goes on with it tells the same of that.
func TestRenditionsResume(t *testing.T) {
	tracks := []*media.Track{mediatest.Track("vp9", 1, 1000), mediatest.Track("opus", 2, 1000), mediatest.Track("mp3", 3, 1000)}
	units := [][]*media.Unit{mediatest.Units(tracks[0], 500, 0), mediatest.Units(tracks[1], 1000, 0), mediatest.Units(tracks[2], 800, 0)}
	units[1] = between(units[1], 5*time.Second, 13*time.Second)
	units[2] = between(units[2], 11*time.Second, time.Hour)
	play := func(resume bool) *recording {
		r := begin(t, 0, tracks...)
		r.add(mediatest.Interleave(units...)...)
		r.data = r.w.Flush(r.data)
		r.w.(container.Splicer).Suspend()
		r.group()
		r.playlist = r.w.(container.Lister).Playlist(r.playlist)
		size := int64(len(r.data))
		if resume {
			file := container.Unfinished{Tracks: tracks, Size: size, Index: slicesOf(r.parts)}
			w, _, err := hls.Format{}.Resume(file, bytes.NewReader(r.data))
			if err != nil {
				t.Fatal(err)
			}
			r.w, r.playlist = w, w.(container.Lister).Playlist(nil)
		}
		var err error
		if r.data, _, err = r.w.(container.Splicer).Splice(r.data, tracks[:2], time.Minute, time.Minute); err != nil {
			t.Fatal(err)
		}
		r.add(mediatest.Units(tracks[1], 1000, 60_000)...)
		return r
	}
	live, resumed := play(false), play(true)
	if want := 4; bytes.Count(live.playlist, []byte("#AIRCHECK-SILENT:")) < want {
		t.Errorf("%s", live.playlist)
	}
	if !bytes.Equal(live.playlist, resumed.playlist) {
		t.Errorf("the playlist is\n%s\nwant\n%s", resumed.playlist, live.playlist)
	}
	if a, b := text(t, live.finish()), text(t, resumed.finish()); !bytes.Equal(a, b) || !bytes.Equal(live.data, resumed.data) {
		t.Errorf("finished, the playlist is\n%s\nwant\n%s", b, a)
	}
}

// TestRenditionsOfDamagedPlaylist checks what is not taken for a playlist of ours.
func TestRenditionsOfDamagedPlaylist(t *testing.T) {
	r := separateSeed(t)
	const entry = "#EXTINF:"
	for name, change := range map[string]func(string) string{
		"a long line":      func(s string) string { return s + "#" + strings.Repeat("x", 1<<17) },
		"comments alone":   func(s string) string { return strings.Replace(s, entry, strings.Repeat("#x\n", 1000)+entry, 1) },
		"no length":        func(s string) string { return strings.Replace(s, entry, entry+"x", 1) },
		"a place too far":  func(s string) string { return strings.Replace(s, "BYTERANGE=\"", "BYTERANGE=\"1234567", 1) },
		"no offset":        func(s string) string { return strings.Replace(s, "@", "", 2) },
		"a track of words": func(s string) string { return strings.Replace(s, entry, "#AIRCHECK-SILENT:1,x\n"+entry, 1) },
	} {
		playlist := change(string(r.playlist))
		if all, err := hls.ReadRenditions(bytes.NewReader(r.data), int64(len(r.data)), strings.NewReader(playlist)); !errors.Is(err, container.ErrCorrupt) {
			t.Errorf("%s: %v, %v", name, all, err)
		}
	}
}
