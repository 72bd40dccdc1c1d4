package recordertest

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/recorder/container"
)

// Options say what a format promises.
type Options struct {
	// Slack is how far off a time may be because of the format's own clock; 0 when it keeps the track's.
	Slack time.Duration
	// KeepsIDs tells that Probe and Read give tracks the IDs they were written with. Otherwise these are 1, 2 and
	// so on, in the same order.
	KeepsIDs bool
	// Sealed tells that something stands behind each unit by which other bytes in its place are noticed.
	Sealed bool
	// AudioOnly tells that the format carries nothing else.
	AudioOnly bool
	// Unsupported is a codec the format must refuse by name.
	Unsupported media.Codec
	// Source reads what ffmpeg writes as FLV.
	Source container.Format
}

// Suite runs everything.
func Suite(t *testing.T, f container.Format, o Options) {
	for name, units := range cases(o) {
		t.Run(name, func(t *testing.T) { roundTrip(t, f, o, units) })
	}
	t.Run("unsupported codec", func(t *testing.T) { refuses(t, f, o.Unsupported) })
	t.Run("foreign unit", func(t *testing.T) { foreignUnit(t, f) })
	t.Run("backward steps", func(t *testing.T) { backwardSteps(t, f, o) })
	t.Run("garbage", func(t *testing.T) { garbage(t, f) })
	t.Run("crash", func(t *testing.T) { crash(t, f, o) })
	t.Run("lost pages", func(t *testing.T) { lostPages(t, f, o) })
	t.Run("beyond 4 GiB", func(t *testing.T) { beyond4GiB(t, f, o) })
	t.Run("ffmpeg", func(t *testing.T) { players(t, f, o) })
}

// shift moves units in time.
func shift(units []*media.Unit, ticks int64) []*media.Unit {
	out := make([]*media.Unit, len(units))
	for i, u := range units {
		c := *u
		c.DTS += ticks
		c.PTS += ticks
		out[i] = &c
	}
	return out
}

// without returns the units but those from i to before j.
func without(units []*media.Unit, i, j int) []*media.Unit {
	return append(append([]*media.Unit(nil), units[:i]...), units[j:]...)
}

// cases are the recordings that go through every format.
func cases(o Options) map[string][]*media.Unit {
	video, audio := mediatest.H264(1, 1000), mediatest.AAC(2, 1000)
	cases := map[string][]*media.Unit{
		"audio only":      mediatest.Sound(audio, 200, 500),
		"audio one frame": mediatest.Sound(audio, 1, 0),
		"audio with gap":  without(mediatest.Sound(audio, 300, 0), 100, 200),
		"audio 48 kHz":    mediatest.Sound(mediatest.AAC(7, 48000), 300, 123457),
	}
	for _, start := range []int64{1 << 24, 1 << 31, 1 << 32} {
		cases[fmt.Sprintf("audio from %d ms", start)] = mediatest.Sound(audio, 60, start-600)
	}
	if o.AudioOnly {
		return cases
	}
	pictures := mediatest.Pictures(video, 100, 0, 40)
	h265 := mediatest.H265(1, 90000)
	both := func(v []*media.Unit, soundStart int64) []*media.Unit {
		return mediatest.Interleave(v, mediatest.Sound(audio, 150, soundStart))
	}
	more := map[string][]*media.Unit{
		"video only":          pictures,
		"video one picture":   pictures[:1],
		"B-frames":            both(pictures, 0),
		"no B-frames":         both(mediatest.Intra(video, 100, 0, 40), 0),
		"open GOP":            both(mediatest.OpenPictures(video, 100, 0, 40), 0),
		"h265 90 kHz":         mediatest.Interleave(mediatest.Pictures(h265, 100, 777, 3003), mediatest.Sound(mediatest.AAC(2, 48000), 150, 600)),
		"starts inside a GOP": both(pictures[4:], 160),
		"late audio":          both(pictures, 1700),
		"late video":          both(shift(pictures, 1300), 10),
		"gap":                 both(without(pictures, 31, 77), 0),
		"huge units":          huge(video),
		"tiny units":          tiny(video, audio),
		"low frame rate":      both(mediatest.Pictures(video, 12, 0, 10000), 0),
		"steps of 12 days":    mediatest.Intra(video, 8, 0, 1<<30),
		"thousands of units":  mediatest.Interleave(mediatest.Pictures(video, 9000, 0, 17), mediatest.Sound(audio, 7000, 3)),
		"uneven steps":        uneven(video),
		"many at one time":    mediatest.Intra(video, 9000, 5, 0),
	}
	for name, units := range more {
		cases[name] = units
	}
	for _, start := range []int64{1 << 24, 1 << 31, 1 << 32} {
		cases[fmt.Sprintf("both from %d ms", start)] = shift(both(pictures, 60), start-2000)
	}
	return cases
}

// huge returns pictures of 8 MiB among small ones.
func huge(track *media.Track) []*media.Unit {
	units := mediatest.Pictures(track, 12, 0, 40)
	units[0] = mediatest.Grow(units[0], 8<<20)
	units[5] = mediatest.Grow(units[5], 8<<20)
	return units
}

// tiny returns units with few bytes and none.
func tiny(video, audio *media.Track) []*media.Unit {
	units := mediatest.Interleave(mediatest.Intra(video, 40, 0, 40), mediatest.Sound(audio, 60, 0))
	for i := range units {
		if size := i % 7; i > 10 && size < 5 {
			u := *units[i]
			u.Payload = bytes.Repeat([]byte{9}, size)
			units[i] = &u
		}
	}
	return units
}

// uneven returns pictures with random steps.
func uneven(track *media.Track) []*media.Unit {
	rnd := rand.New(rand.NewPCG(1, 2))
	units := mediatest.Intra(track, 200, 0, 1)
	dts := int64(0)
	for _, u := range units {
		u.DTS, u.PTS = dts, dts+rnd.Int64N(5)*33
		dts += rnd.Int64N(300)
	}
	return units
}

// roundTrip checks one recording in every state of its file.
func roundTrip(t *testing.T, f container.Format, o Options, units []*media.Unit) {
	want := byTrack(f, units, o.KeepsIDs)
	for _, flush := range []bool{false, true} {
		r := record(t, f, units, 50, flush)
		size := int64(len(r.data))
		compare(t, "unfinished", read(t, f, r.data), want, r.base, o.Slack)
		probes(t, f, r.data, r.tracks, o)

		done, ending := finish(t, f, r.unfinished(r.parts, size), r.data)
		compare(t, "finished", read(t, f, done), want, r.base, o.Slack)
		probes(t, f, done, r.tracks, o)
		checkSummary(t, ending.Summary, r, units, o)

		again, _ := finish(t, f, r.unfinished(r.parts, size), r.data)
		if !bytes.Equal(again, done) {
			t.Error("finishing twice gives two files")
		}
		parts, valid := scan(t, f, bytes.NewReader(r.data), size, 0, r.tracks)
		same(t, f, "scan of the unfinished file", r, parts, valid, ending)
		parts, valid = scan(t, f, bytes.NewReader(done), int64(len(done)), 0, r.tracks)
		same(t, f, "scan of the finished file", r, parts, valid, ending)
		for _, cut := range []int{len(r.data) + len(ending.Trailer)/2, len(r.data) + len(ending.Trailer)} {
			torn := append(slices.Clip(r.data), ending.Trailer...)[:cut]
			parts, valid = scan(t, f, bytes.NewReader(torn), int64(len(torn)), 0, r.tracks)
			same(t, f, "scan of a file that was being finished", r, parts, valid, ending)
		}
		for i, from := range r.ends {
			if i%(1+len(r.ends)/4) != 0 {
				continue
			}
			rest, valid := scan(t, f, bytes.NewReader(r.data), size, from, r.tracks)
			same(t, f, fmt.Sprintf("scan from %d", from), r, slices.Concat(r.parts[:i+1], rest), valid, ending)
		}
	}
}

// same checks that the index parts of a scan finish the file as the writer's do.
func same(t *testing.T, f container.Format, what string, r *file, parts [][]byte, valid int64, want container.Ending) {
	t.Helper()
	if valid != int64(len(r.data)) {
		t.Errorf("%s: %d bytes are whole, want %d", what, valid, len(r.data))
		return
	}
	if _, got := finish(t, f, r.unfinished(parts, valid), r.data); !reflect.DeepEqual(got, want) {
		t.Errorf("%s: the index finishes the file in another way:\n%+v\n%+v", what, got.Summary, want.Summary)
	}
}

// probes checks that Probe finds the tracks.
func probes(t *testing.T, f container.Format, data []byte, want []*media.Track, o Options) {
	t.Helper()
	got, err := f.Probe(bytes.NewReader(data), int64(len(data)))
	if err != nil || len(got) != len(want) {
		t.Fatalf("probe: %d tracks, want %d: %v", len(got), len(want), err)
	}
	for i, g := range got {
		if o.KeepsIDs && g.ID != want[i].ID || !media.SameParameters(g.Codec, want[i].Codec) {
			t.Errorf("probe: track %d is %s with ID %d", i, g.Codec.Name(), g.ID)
		}
	}
}

// checkSummary compares the summary with the units.
func checkSummary(t *testing.T, s container.Summary, r *file, units []*media.Unit, o Options) {
	t.Helper()
	if len(s.Tracks) != len(r.tracks) {
		t.Fatalf("summary of %d tracks", len(s.Tracks))
	}
	var lowest, highest time.Duration
	for i, track := range r.tracks {
		want := container.TrackSummary{Track: track}
		for _, u := range units {
			if u.Track != track || len(u.Payload) == 0 {
				continue
			}
			pts := at(u.PTS, track.Timescale, r.base)
			if want.Units == 0 {
				want.First, want.Last = pts, pts
			}
			want.First, want.Last = min(want.First, pts), max(want.Last, pts)
			want.Units++
			want.Bytes += int64(len(u.Payload))
		}
		got := s.Tracks[i]
		first, last := got.First-want.First, got.Last-want.Last
		tick := time.Second / time.Duration(track.Timescale)
		if got.Units != want.Units || got.Bytes != want.Bytes || got.Track != track || max(first, -first, last, -last) > max(o.Slack, tick/2+1) {
			t.Errorf("summary of track %d: %+v, want %+v", track.ID, got, want)
		}
		if i == 0 {
			lowest, highest = want.First, want.Last
		}
		lowest, highest = min(lowest, want.First), max(highest, want.Last)
	}
	if span := highest - lowest; s.Duration <= span-2*o.Slack || s.Duration > 2*span+time.Second {
		t.Errorf("duration %v for units from %v to %v", s.Duration, lowest, highest)
	}
}

// refuses checks that a codec the format lacks is refused by name.
func refuses(t *testing.T, f container.Format, c media.Codec) {
	if f.Supports(c) {
		t.Errorf("%s claims to support %s", f.Name(), c.Name())
	}
	_, err := f.NewWriter([]*media.Track{{ID: 1, Codec: c, Timescale: 1000}})
	if !errors.Is(err, container.ErrUnsupported) || !strings.Contains(err.Error(), c.Name()) {
		t.Errorf("NewWriter: %v", err)
	}
}

// foreignUnit checks that a unit of no track of the file is refused and leaves the file as it was.
func foreignUnit(t *testing.T, f container.Format) {
	w, err := f.NewWriter([]*media.Track{mediatest.AAC(1, 1000)})
	if err != nil {
		t.Fatal(err)
	}
	w.Header(nil, 0)
	out, err := w.Append([]byte("x"), mediatest.Sound(mediatest.AAC(2, 1000), 1, 0)[0])
	if err == nil || string(out) != "x" {
		t.Errorf("%d bytes, %v", len(out), err)
	}
}

// backwardSteps feeds decoding times that go back, and times before the file's zero. Payloads and presentation times
// must survive, and the file must stay readable.
func backwardSteps(t *testing.T, f container.Format, o Options) {
	units := mediatest.Sound(mediatest.AAC(1, 1000), 50, 1000)
	for i, back := range []int64{300, 5, 1} {
		u := *units[10*(i+1)]
		u.DTS -= back
		u.PTS -= back
		units[10*(i+1)] = &u
	}
	r := record(t, f, units, 5, false)
	done, _ := finish(t, f, r.unfinished(r.parts, int64(len(r.data))), r.data)
	for what, data := range map[string][]byte{"unfinished": r.data, "finished": done} {
		got := read(t, f, data)[1]
		if len(got) != len(units) {
			t.Fatalf("%s: %d units, want %d", what, len(got), len(units))
		}
		zero := newZero(1000, r.base, o.Slack)
		for i, g := range got {
			off := zero.off(g.PTS, g.Track, units[i].PTS, units[i].Track)
			if !bytes.Equal(g.Payload, units[i].Payload) || off != 0 {
				t.Errorf("%s: unit %d: PTS off by %v", what, i, off)
			}
		}
	}
}

// garbage checks that files of other kinds are refused.
func garbage(t *testing.T, f container.Format) {
	tracks := []*media.Track{mediatest.AAC(1, 1000)}
	emit := func([]byte) error { return errors.New("emitted something") }
	for name, data := range map[string][]byte{
		"zeros": make([]byte, 100<<10), "text": bytes.Repeat([]byte("nothing of ours "), 10<<10),
	} {
		r, size := bytes.NewReader(data), int64(len(data))
		if _, err := f.Probe(r, size); !errors.Is(err, container.ErrCorrupt) {
			t.Errorf("%s: Probe: %v", name, err)
		}
		if valid, err := f.Scan(r, size, 0, tracks, emit); valid != 0 || !errors.Is(err, container.ErrCorrupt) {
			t.Errorf("%s: Scan: %d, %v", name, valid, err)
		}
		for u, err := range f.Read(r, size) {
			if err == nil || u != nil {
				t.Errorf("%s: Read: a unit", name)
			}
		}
	}
	if valid, err := f.Scan(bytes.NewReader(nil), 0, 0, tracks, emit); valid != 0 || err != nil {
		t.Errorf("empty file: %d, %v", valid, err)
	}
	if _, err := f.Finish(container.Unfinished{Tracks: tracks, Size: 1 << 20, Index: seq([][]byte{{1, 2, 3}})}); !errors.Is(err, container.ErrCorrupt) {
		t.Errorf("Finish with a bad index: %v", err)
	}
	boom := errors.New("boom")
	failing := func(yield func([]byte, error) bool) { yield(nil, boom) }
	if _, err := f.Finish(container.Unfinished{Tracks: tracks, Size: 1 << 20, Index: failing}); !errors.Is(err, boom) {
		t.Errorf("Finish with a failing journal: %v", err)
	}
}
