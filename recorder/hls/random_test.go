package hls_test

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"regexp"
	"slices"
	"testing"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/recorder/hls"
)

// random is a recording of random units with changes of all kinds.
type random struct {
	*testing.T
	*rand.Rand
	*recording
	fragmented bool
	separate   bool // some tracks are of a kind, in fragmented MP4
	now        time.Duration
	wall       time.Time
	units      int
	marks      []groupEnd
}

// groupEnd is where a write group ended: from there on a crash is repaired.
type groupEnd struct {
	offset int64
	parts  int
	tracks []*media.Track
}

func (r *random) someTracks() (out []*media.Track) {
	for id := 1; id <= 1+r.IntN(3); id++ {
		scale := []uint32{1000, 90000, 48000}[r.IntN(3)]
		switch {
		case id == 1 && r.fragmented:
			out = append(out, mediatest.H265(id, scale))
		case r.IntN(2) == 0:
			out = append(out, mediatest.H264(id, scale))
		default:
			c, err := media.NewAAC([][]byte{{0x11, 0x90}, {0x11, 0x88}, {0x13, 0x90}}[r.IntN(3)])
			if err != nil {
				r.Fatal(err)
			}
			out = append(out, &media.Track{ID: id, Codec: c, Timescale: scale})
		}
	}
	if r.fragmented && !r.separate {
		return oneOfAKind(out)
	}
	return out
}

// oneOfAKind leaves out the tracks for which there would be renditions.
func oneOfAKind(tracks []*media.Track) (out []*media.Track) {
	for _, t := range tracks {
		if !slices.ContainsFunc(out, func(o *media.Track) bool { return o.Codec.Kind() == t.Codec.Kind() }) {
			out = append(out, t)
		}
	}
	return out
}

// sameKinds returns tracks of no kind that the first do not have.
func (r *random) sameKinds(first []*media.Track) []*media.Track {
	for {
		tracks := r.someTracks()
		if !slices.ContainsFunc(tracks, func(t *media.Track) bool {
			return !slices.ContainsFunc(first, func(f *media.Track) bool { return f.Codec.Kind() == t.Codec.Kind() })
		}) {
			return tracks
		}
	}
}

// step may end a group, or change the tracks, and adds a unit.
func (r *random) step(tracks []*media.Track) []*media.Track {
	switch r.IntN(40) {
	case 0:
		r.data = r.w.Flush(r.data)
		r.group()
		r.marks = append(r.marks, groupEnd{int64(len(r.data)), len(r.parts), tracks})
	case 1:
		tracks = r.sameKinds(r.tracks)
		jumped := r.IntN(2) == 0
		if jumped {
			r.now = time.Duration(r.IntN(100)) * time.Second
		}
		r.goOn(r.now, jumped, tracks...)
		if r.IntN(4) == 0 {
			tracks = r.sameKinds(r.tracks)
			r.goOn(r.now, false, tracks...)
		}
	}
	switch r.IntN(6) {
	case 0:
		r.now += time.Duration(r.IntN(9000)) * time.Millisecond
	case 1:
		r.now -= time.Duration(r.IntN(400)) * time.Millisecond
	default:
		r.now += time.Duration(r.IntN(300)) * time.Millisecond
	}
	r.wall = r.wall.Add(50 * time.Millisecond)
	track := tracks[r.IntN(len(tracks))]
	dts := media.Rescale(int64(r.now), uint32(time.Second), track.Timescale)
	u := &media.Unit{Track: track, DTS: dts, PTS: dts, RandomAccess: true, Payload: fmt.Appendf(nil, "\xff frame %d", r.units)}
	if track.Codec.Kind() == media.Video {
		u = mediatest.Pictures(track, 1, dts, 40)[0]
		u.RandomAccess = r.IntN(3) == 0
	}
	u.PTS += int64(r.IntN(200) - 100)
	u.Wall = r.wall
	r.add(u)
	r.units++
	return tracks
}

// TestRandomChanges checks of random recordings that the playlist only grows, that no segment is too long, that every unit is there,
// and that a crash behind any write group costs nothing.
func TestRandomChanges(t *testing.T) {
	for seed := range uint64(300) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			r := &random{T: t, Rand: rand.New(rand.NewPCG(seed, 1)), fragmented: seed%2 == 0, separate: seed%4 == 0, wall: mediatest.Wall}
			r.now = time.Duration(r.IntN(5)) * time.Second
			tracks := r.someTracks()
			if r.separate {
				tracks = append(tracks, mediatest.Track("mp3", 4, 48000))
			}
			r.recording = begin(t, r.now, tracks...)
			for range 100 + r.IntN(300) {
				tracks = r.step(tracks)
			}
			r.check()
		})
	}
}

func (r *random) check() {
	ending := r.finish()
	final := text(r.T, ending)
	event := bytes.Replace(r.playlist, []byte("EVENT"), []byte("VOD"), 1)
	if !bytes.HasPrefix(final, event) {
		r.Fatalf("the playlist while it grew:\n%s\nfinished:\n%s", event, final)
	}
	list, quiet := r.parse(final)
	for i, s := range list {
		if math.Round(s.duration) > 10 || s.duration <= 0 || s.size <= 0 {
			r.Errorf("segment %d: %+v", i, s)
		}
	}
	n := 0
	for _, err := range (hls.Format{}).Read(bytes.NewReader(r.data), int64(len(r.data))) {
		if err != nil {
			r.Fatal(err)
		}
		n++
	}
	if n != r.units {
		r.Errorf("%d units, want %d", n, r.units)
	}
	for _, m := range append(r.marks, groupEnd{tracks: r.tracks}) {
		r.repair(m, list, quiet)
	}
	if r.separate {
		r.renditions(final)
	}
}

// silentLine is the comment for which tracks a segment has nothing.
var silentLine = regexp.MustCompile("#AIRCHECK-SILENT:.*\n")

// parse reads a playlist, and returns what it says of silent tracks as well: nothing, if there are no renditions.
func (r *random) parse(playlist []byte) ([]listed, string) {
	quiet := bytes.Join(silentLine.FindAll(playlist, -1), nil)
	if !r.separate && len(quiet) > 0 {
		r.Errorf("%s", quiet)
	}
	return parse(r.T, silentLine.ReplaceAll(playlist, nil)), string(quiet)
}

// renditions checks that players get everything, and are told where there is nothing.
func (r *random) renditions(playlist []byte) {
	in, size := bytes.NewReader(r.data), int64(len(r.data))
	all, err := hls.ReadRenditions(in, size, bytes.NewReader(playlist))
	if err != nil {
		r.Fatal(err)
	}
	want, got := 0, 0
	for u, err := range (hls.Format{}).Read(in, size) {
		if err != nil {
			r.Fatal(err)
		}
		want += len(u.Payload)
	}
	for n := 1; n <= all.Count(); n++ {
		payload, _ := r.played(playlist, n)
		got += len(payload)
		parts, _ := r.partsOf(playlist, n)
		for _, p := range parts {
			if b := r.content(p); len(b) <= len("0000styp0000000000000000") {
				r.Errorf("rendition %d: nothing is in %s", n, p)
			}
		}
	}
	if got != want {
		r.Errorf("%d bytes are played, want %d", got, want)
	}
}

// repair scans from the end of a group and compares the playlist with the one that the writer's index makes.
func (r *random) repair(m groupEnd, want []listed, quiet string) {
	parts := append([][]byte(nil), r.parts[:m.parts]...)
	size := int64(len(r.data))
	valid, err := hls.Format{}.Scan(bytes.NewReader(r.data), size, m.offset, m.tracks, func(p []byte) error {
		parts = append(parts, bytes.Clone(p))
		return nil
	})
	if err != nil || valid != size {
		r.Fatalf("from %d: %d of %d bytes are whole: %v", m.offset, valid, size, err)
	}
	ending := finish(r.T, r.tracks, valid, parts)
	units := int64(0)
	for _, t := range ending.Summary.Tracks {
		units += t.Units
	}
	got, gotQuiet := r.parse(text(r.T, ending))
	if gotQuiet != quiet {
		r.Fatalf("from %d: silent are\n%s\nwant\n%s", m.offset, gotQuiet, quiet)
	}
	if len(got) != len(want) || units != int64(r.units) {
		r.Fatalf("from %d: %d segments and %d units, want %d and %d", m.offset, len(got), units, len(want), r.units)
	}
	for i, g := range got {
		if g.offset != want[i].offset || g.size != want[i].size || g.init != want[i].init || !r.fragmented && g.discontinuity != want[i].discontinuity {
			r.Fatalf("from %d: segment %d is %+v, want %+v", m.offset, i, g, want[i])
		}
	}
}
