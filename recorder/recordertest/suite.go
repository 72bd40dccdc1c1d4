package recordertest

import (
	"bytes"
	"errors"
	"fmt"
	"math"
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
	// AudioOnly tells that the format carries nothing else: one track of AAC.
	AudioOnly bool
	// Timeless tells that the file holds no times: one frame plays after the other, whatever times they came with.
	Timeless bool
	// AnnexB tells that H.264 and H.265 are carried as a byte stream (ITU-T H.264, annex B). Access unit delimiters, parameter
	// sets and empty NAL units may come and go in it. What is no sequence of NAL units is refused.
	AnnexB bool
	// Rebuilt tells that Probe and Read make the codec from what is in the stream: it says the same in other bytes. They cannot
	// know of a track that has no units.
	Rebuilt bool
	// Streamed tells that the format frames the inside of payloads, so that no sparse file can stand for a large one.
	Streamed bool
	// Wraps is when the format's clock starts again; 0 for never. Steps of more than half of it cannot be told from others.
	Wraps time.Duration
	// Extension is the file name extension of the file that players open; empty for the format's name.
	Extension string
	// Unsupported is a codec the format must refuse by name.
	Unsupported media.Codec
	// Source reads what ffmpeg writes as FLV.
	Source container.Format
}

// Suite runs everything.
func Suite(t *testing.T, f container.Format, o Options) {
	for name, units := range cases(o) {
		t.Run(name, func(t *testing.T) { roundTrip(t, f, o, tracksOf(units), units, 50) })
	}
	for name, units := range long(o) {
		t.Run(name, func(t *testing.T) { roundTrip(t, f, o, tracksOf(units), units, 2) })
	}
	if !o.AudioOnly {
		t.Run("missing track", func(t *testing.T) { missingTrack(t, f, o) })
	}
	t.Run("unsupported codec", func(t *testing.T) { refuses(t, f, o.Unsupported) })
	t.Run("foreign unit", func(t *testing.T) { foreignUnit(t, f) })
	if o.AnnexB {
		t.Run("no NAL units", func(t *testing.T) { refusesPayloads(t, f) })
	}
	t.Run("backward steps", func(t *testing.T) { backwardSteps(t, f, o) })
	t.Run("garbage", func(t *testing.T) { garbage(t, f) })
	t.Run("crash", func(t *testing.T) { crash(t, f, o) })
	t.Run("lost pages", func(t *testing.T) { lostPages(t, f, o) })
	t.Run("beyond 4 GiB", func(t *testing.T) { beyond4GiB(t, f, o) })
	t.Run("ffmpeg", func(t *testing.T) { players(t, f, o) })
	if r, ok := f.(container.Resumer); ok {
		t.Run("splices", func(t *testing.T) { splices(t, r, o) })
	}
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
		"tiny units":          tiny(video, audio, o),
		"low frame rate":      both(mediatest.Pictures(video, 12, 0, 10000), 0),
		"sound stops":         mediatest.Interleave(pictures, mediatest.Sound(audio, 60, 0)),
		"pictures stop":       both(pictures[:40], 0),
		"thousands of units":  mediatest.Interleave(mediatest.Pictures(video, 9000, 0, 17), mediatest.Sound(audio, 7000, 3)),
		"uneven steps":        uneven(video),
		"many at one time":    mediatest.Intra(video, 9000, 5, 0),
	}
	if days := 1 << 30 * time.Millisecond; o.distinct(days) {
		more["steps of 12 days"] = mediatest.Intra(video, 8, 0, days.Milliseconds())
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

// distinct reports whether the format can tell a step from others.
func (o Options) distinct(step time.Duration) bool { return o.Wraps == 0 || step <= o.Wraps/2 }

// tiny returns units with few bytes and none.
func tiny(video, audio *media.Track, o Options) []*media.Unit {
	units := mediatest.Interleave(mediatest.Intra(video, 40, 0, 40), mediatest.Sound(audio, 60, 0))
	for i := range units {
		if size := i % 7; i > 10 && size < 5 {
			u := *units[i]
			u.Payload = bytes.Repeat([]byte{9}, size)
			if o.byteStream(u.Track) && size > 0 {
				u.Payload = append([]byte{0, 0, 0, byte(size), 0x65}, u.Payload[1:]...) // a slice of an IDR picture
			}
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

// roundTrip checks one recording, written in groups of that many units, in every state of its file.
func roundTrip(t *testing.T, f container.Format, o Options, tracks []*media.Track, units []*media.Unit, group int) {
	for _, flush := range []bool{false, true} {
		r := recordTracks(t, f, tracks, units, group, flush)
		want := r.byTrack(units, o)
		if len(want) < len(tracks) && !o.KeepsIDs {
			want = asProbed(t, f, r.data, want)
		}
		size := int64(len(r.data))
		compare(t, "unfinished", read(t, f, r.data), want, r.base, o)
		probes(t, f, r.data, r.tracks, units, o)

		done, ending := finish(t, f, r.unfinished(r.parts, size), r.data)
		compare(t, "finished", read(t, f, done), want, r.base, o)
		probes(t, f, done, r.tracks, units, o)
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
	_, got := finish(t, f, r.unfinished(parts, valid), r.data)
	if a, b := undated(t, got), undated(t, want); !reflect.DeepEqual(a, b) {
		t.Errorf("%s: the index finishes the file in another way:\n%+v\n%+v\n%s\n%s", what, got.Summary, want.Summary, a.playlist, b.playlist)
	}
}

// comparable is an ending that can be compared.
type comparable struct {
	container.Ending
	playlist string
}

// undated removes from a playlist when its segments were received: that is not in the file.
func undated(t *testing.T, e container.Ending) comparable {
	t.Helper()
	out := comparable{Ending: e}
	if e.Playlist == nil {
		return out
	}
	var text bytes.Buffer
	if err := e.Playlist(&text); err != nil {
		t.Fatalf("write the playlist: %v", err)
	}
	for line := range bytes.Lines(text.Bytes()) {
		if !bytes.HasPrefix(line, []byte("#EXT-X-PROGRAM-DATE-TIME:")) {
			out.playlist += string(line)
		}
	}
	out.Playlist = nil
	return out
}

// probes checks that Probe finds the tracks of a file of these units: all that were announced, or all that have units.
func probes(t *testing.T, f container.Format, data []byte, want []*media.Track, units []*media.Unit, o Options) {
	t.Helper()
	got, err := f.Probe(bytes.NewReader(data), int64(len(data)))
	if present := tracksOf(units); len(got) == len(present) {
		want = present
	}
	if err != nil || len(got) != len(want) {
		t.Fatalf("probe: %d tracks, want %d: %v", len(got), len(want), err)
	}
	for i, g := range got {
		if o.KeepsIDs && g.ID != want[i].ID || !o.sameCodec(g.Codec, want[i].Codec) {
			t.Errorf("probe: track %d is %s with ID %d", i, g.Codec.Name(), g.ID)
		}
	}
}

// asProbed gives tracks the IDs that Probe says, for a file that lacks some of those announced: their positions may be counted
// with these or without.
func asProbed(t *testing.T, f container.Format, data []byte, want map[int][]*media.Unit) map[int][]*media.Unit {
	t.Helper()
	probed, err := f.Probe(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatalf("probe: %v", err)
	}
	out := map[int][]*media.Unit{}
	for _, units := range want {
		for _, track := range probed {
			if track.Codec.Name() == units[0].Track.Codec.Name() {
				out[track.ID] = units
			}
		}
	}
	return out
}

// tally is what a summary should say of one track.
type tally struct {
	container.TrackSummary
	// most is the most that Bytes may be, which is otherwise the least.
	most int64
}

// tallies count units.
type tallies struct {
	o      Options
	base   time.Duration
	tracks []*tally
}

func newTallies(tracks []*media.Track, base time.Duration, o Options) *tallies {
	s := &tallies{o: o, base: base}
	for _, track := range tracks {
		s.tracks = append(s.tracks, &tally{TrackSummary: container.TrackSummary{Track: track}})
	}
	return s
}

func (s *tallies) add(u *media.Unit) {
	if len(u.Payload) == 0 {
		return
	}
	i := slices.IndexFunc(s.tracks, func(t *tally) bool { return t.Track == u.Track })
	t := s.tracks[i]
	pts := at(u.PTS, u.Track.Timescale, s.base)
	if s.o.Timeless {
		pts = counted(t.Units, u.Track.Codec)
	}
	if t.Units == 0 {
		t.First, t.Last = pts, pts
	}
	t.First, t.Last = min(t.First, pts), max(t.Last, pts)
	t.Units++
	least, most := s.o.sizes(u)
	t.Bytes += least
	t.most += most
}

// check compares a summary with what was counted.
func (s *tallies) check(t *testing.T, got container.Summary) {
	t.Helper()
	if len(got.Tracks) != len(s.tracks) {
		t.Fatalf("summary of %d tracks", len(got.Tracks))
	}
	lowest, highest := time.Duration(math.MaxInt64), time.Duration(math.MinInt64)
	for i, want := range s.tracks {
		g := got.Tracks[i]
		first, last := g.First-want.First, g.Last-want.Last
		tick := time.Second / time.Duration(want.Track.Timescale)
		if g.Units != want.Units || g.Bytes < want.Bytes || g.Bytes > want.most || g.Track != want.Track ||
			max(first, -first, last, -last) > max(s.o.Slack, tick/2+1) {
			t.Errorf("summary of track %d: %+v, want %+v", want.Track.ID, g, want)
		}
		if want.Units > 0 {
			lowest, highest = min(lowest, want.First), max(highest, want.Last)
		}
		if s.o.Timeless && got.Duration != counted(want.Units, want.Track.Codec) {
			t.Errorf("duration %v for %d frames", got.Duration, want.Units)
		}
	}
	if span := highest - lowest; got.Duration <= span-2*s.o.Slack || got.Duration > 2*span+time.Second {
		t.Errorf("duration %v for units from %v to %v", got.Duration, lowest, highest)
	}
}

// checkSummary compares the summary with the units.
func checkSummary(t *testing.T, got container.Summary, r *file, units []*media.Unit, o Options) {
	t.Helper()
	want := newTallies(r.tracks, r.base, o)
	for _, u := range units {
		want.add(u)
	}
	want.check(t, got)
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
		zero := newZero(1000, r.base, o)
		for i, g := range got {
			off := zero.off(g.PTS, g.Track, units[i].PTS, units[i].Track, i)
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
