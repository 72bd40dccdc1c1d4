package recorder

import (
	"bytes"
	"cmp"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/ingest/stream"
	"aircheck/recorder/aac"
	"aircheck/recorder/container"
	"aircheck/recorder/flv"
	"aircheck/recorder/hls"
	"aircheck/recorder/mp4"
)

// scenario is a push and what every format must make of it.
type scenario struct {
	units []*media.Unit
	// speed is how many times faster than real time it arrives; 0 means 1.
	speed float64
	// interval is RecordInterval; 0 means a minute.
	interval time.Duration
	// jumps is how often the time line breaks.
	jumps int
	// files is how many files there are, by format; 0 means 1.
	files map[string]int
	// announced are tracks that are known before their units come.
	announced []*media.Track
}

// scenarios are the pushes that go through the recorder into every format.
func scenarios() map[string]scenario {
	h264, sound2 := mediatest.H264(1, 1000), mediatest.AAC(2, 1000)
	both := func(v []*media.Unit, soundMillis, start int64) []*media.Unit {
		return mediatest.Interleave(v, sound(sound2, time.Duration(soundMillis)*time.Millisecond, start))
	}
	pictures := func(n int, start int64) []*media.Unit { return mediatest.Pictures(h264, n, start, 40) }
	other := mediatest.OtherAAC(2, 1000)
	h265 := mediatest.H265(1, 1000)
	later := func(units []*media.Unit, by time.Duration) []*media.Unit {
		out := make([]*media.Unit, len(units))
		for i, u := range units {
			c := *u
			c.Wall = c.Wall.Add(by)
			out[i] = &c
		}
		return out
	}
	huge := both(pictures(50, 0), 2000, 0)
	huge[0] = mediatest.Grow(huge[0], 7<<20)
	for i, u := range huge {
		if u.Track == h264 && u.DTS == 1200 {
			huge[i] = mediatest.Grow(u, 12<<20)
		}
	}
	empty := both(pictures(100, 0), 4000, 0)
	for i := 30; i < len(empty); i += 17 {
		c := *empty[i]
		c.Payload = nil
		empty[i] = &c
	}
	gap := slices.DeleteFunc(both(pictures(200, 0), 8000, 0), func(u *media.Unit) bool { return u.DTS >= 3000 && u.DTS < 5000 })
	return map[string]scenario{
		"B-frames":                 {units: both(pictures(100, 5000), 4000, 5000)},
		"open GOPs":                {units: both(mediatest.OpenPictures(h264, 100, 0, 40), 4000, 0)},
		"starts inside a GOP":      {units: both(pictures(100, 0)[4:], 3840, 160)},
		"one second":               {units: both(pictures(25, 0), 1000, 0)},
		"a picture":                {units: pictures(1, 0)},
		"pictures alone":           {units: pictures(100, 0)},
		"sound alone":              {units: sound(sound2, 4*time.Second, 0)},
		"a gap":                    {units: gap, files: map[string]int{}},
		"four times as fast":       {units: both(pictures(200, 0), 8000, 0), speed: 4},
		"half as fast":             {units: both(pictures(100, 0), 4000, 0), speed: 0.5},
		"huge units":               {units: huge},
		"empty units":              {units: empty},
		"late sound":               {units: mediatest.Interleave(pictures(150, 0), sound(sound2, 3*time.Second, 3000)), files: map[string]int{"flv": 2, "mp4": 2, "hls": 2}},
		"late pictures":            {units: mediatest.Interleave(pictures(75, 3000), sound(sound2, 6*time.Second, 0)), files: map[string]int{"flv": 2, "mp4": 2, "hls": 2}},
		"late sound, announced":    {units: mediatest.Interleave(pictures(150, 0), sound(sound2, 3*time.Second, 3000)), announced: []*media.Track{h264, sound2}},
		"late pictures, announced": {units: mediatest.Interleave(pictures(75, 3000), sound(sound2, 6*time.Second, 0)), announced: []*media.Track{h264, sound2}},
		"sound never, announced":   {units: pictures(150, 0), announced: []*media.Track{h264, sound2}},
		"sound vanishes":           {units: both(pictures(150, 0), 3000, 0)},
		"pictures vanish":          {units: both(pictures(75, 0), 6000, 0)},
		"other sampling rate":      {units: slices.Concat(both(pictures(100, 0), 4000, 0), mediatest.Interleave(pictures(100, 4000), sound(other, 4*time.Second, 4000))), files: map[string]int{"flv": 2, "mp4": 2, "aac": 2}},
		"other codec":              {units: slices.Concat(both(pictures(100, 0), 4000, 0), mediatest.Interleave(mediatest.Pictures(h265, 100, 4000, 40), sound(sound2, 4*time.Second, 4000))), files: map[string]int{"flv": 2, "mp4": 2, "hls": 2}},
		"jump back":                {units: slices.Concat(both(pictures(100, 9000), 4000, 9000), both(pictures(100, 0), 4000, 0)), jumps: 1, files: map[string]int{"flv": 2, "mp4": 2, "aac": 2}},
		"jump forward":             {units: slices.Concat(both(pictures(100, 0), 4000, 0), later(both(pictures(100, 99000), 4000, 99000), -95*time.Second)), jumps: 1, files: map[string]int{"flv": 2, "mp4": 2, "aac": 2}},
		"cut by the interval":      {units: both(pictures(500, 0), 20000, 0), interval: 5 * time.Second, files: map[string]int{"flv": 4, "mp4": 4, "aac": 4}},
		"no random access":         {units: both(slices.DeleteFunc(pictures(300, 0), func(u *media.Unit) bool { return u.RandomAccess && u.DTS > 0 }), 12000, 0), interval: 2 * time.Second, files: map[string]int{"flv": 3, "mp4": 3, "aac": 6}},
		"beyond 2^24 ms":           {units: both(pictures(100, 1<<24-2000), 4000, 1<<24-2000)},
		"beyond 2^31 ms":           {units: both(pictures(100, 1<<31-2000), 4000, 1<<31-2000)},
		"beyond 2^32 ms":           {units: both(pictures(100, 1<<32-2000), 4000, 1<<32-2000)},
		"beyond 2^33 ticks of HLS": {units: both(pictures(100, 1<<33/90-2000), 4000, 1<<33/90-2000)},
	}
}

// slack is how far a time may be off in a format: its clock's rounding, which must not add up.
var slack = map[string]time.Duration{"hls": time.Second/90000 + 1}

// TestScenarios pushes every scenario into all four formats at once.
func TestScenarios(t *testing.T) {
	for name, sc := range scenarios() {
		t.Run(name, func(t *testing.T) { playScenario(t, sc) })
	}
}

func playScenario(t *testing.T, sc scenario) {
	all := []container.Format{flv.Format{}, mp4.Format{}, hls.Format{}, aac.Format{}}
	dir := scratch(t)
	var c catalogue
	synctest.Test(t, func(t *testing.T) {
		m := newManager(dir, &c)
		open(t, m)
		var h stream.Hub
		var specs []Spec
		for _, f := range all {
			sp := spec(f.Name())
			sp.Interval = cmp.Or(sc.interval, time.Minute)
			specs = append(specs, sp)
		}
		perform(t, publish(t, m, &h, specs...), sc)
		closeManager(t, m)
	})
	for _, f := range all {
		files := slices.DeleteFunc(c.list(), func(x File) bool { return x.Spec.Format != f.Name() })
		t.Run(f.Name(), func(t *testing.T) { checkScenario(t, dir, f, files, sc) })
	}
}

// perform pushes in real time.
func perform(t *testing.T, s *stream.Stream, sc scenario) {
	t.Helper()
	for _, t := range sc.announced {
		s.Announce(t)
	}
	speed := cmp.Or(sc.speed, 1)
	for batch := range slices.Chunk(sc.units, 12) {
		write(t, s, batch, len(batch))
		time.Sleep(time.Duration(float64(170*time.Millisecond) / speed))
		synctest.Wait()
	}
	s.End(stream.EndClient, "")
	synctest.Wait()
}

// checkScenario checks that the files of a format together have every unit that it can carry, once and in order, and that within a
// file nothing was moved against anything else.
func checkScenario(t *testing.T, dir string, f container.Format, files []File, sc scenario) {
	t.Helper()
	_, sound := f.(container.Single)
	want := slices.DeleteFunc(slices.Clone(sc.units), func(u *media.Unit) bool {
		return len(u.Payload) == 0 || sound && u.Track.Codec.Kind() == media.Video
	})
	if len(want) == 0 {
		if len(files) != 0 {
			t.Errorf("%d files of nothing", len(files))
		}
		return
	}
	if n := cmp.Or(sc.files[f.Name()], 1); len(files) != n {
		t.Errorf("%d files, want %d", len(files), n)
	}
	rest := map[media.Kind][]*media.Unit{media.Video: ofKind(want, media.Video), media.Audio: ofKind(want, media.Audio)}
	for i, file := range files {
		got := read(t, f, filepath.Join(dir, file.ObjectKey))
		moved := map[time.Duration]bool{}
		for _, u := range got {
			kind := u.Track.Codec.Kind()
			if len(rest[kind]) == 0 || !bytes.Equal(u.Payload, rest[kind][0].Payload) {
				t.Fatalf("file %d: a unit of %v at %v is not the next of the source", i, kind, u.Time())
			}
			w := rest[kind][0]
			rest[kind] = rest[kind][1:]
			if !sound {
				note(moved, w.Time()-u.Time(), slack[f.Name()])
				note(moved, media.Duration(w.PTS, w.Track.Timescale)-media.Duration(u.PTS, u.Track.Timescale), slack[f.Name()])
			}
		}
		if most := 1 + sc.jumps; len(moved) > most || len(moved) > 1 && !goesOn(f) {
			t.Errorf("file %d: times are moved by %v", i, moved)
		}
		if file.Summary.Duration <= 0 || file.End.Before(file.Start) {
			t.Errorf("file %d: %v, from %v to %v", i, file.Summary.Duration, file.Start, file.End)
		}
		if file.PlaylistKey != "" {
			checkPlaylist(t, state{dir: dir}, file)
		}
		if len(file.Gaps) > 0 && !sound {
			t.Errorf("file %d: gaps %+v", i, file.Gaps)
		}
	}
	for kind, left := range rest {
		if len(left) > 0 {
			t.Errorf("%d units of %v are missing", len(left), kind)
		}
	}
}

// note adds a distance, unless one within slack is there.
func note(moved map[time.Duration]bool, d, slack time.Duration) {
	for have := range moved {
		if (have - d).Abs() <= slack {
			return
		}
	}
	moved[d] = true
}

// TestAnnouncedButSilent: a track that is announced and never comes takes nothing from one that does, in any format.
func TestAnnouncedButSilent(t *testing.T) {
	first, second := mediatest.AAC(2, 1000), mediatest.AAC(4, 1000)
	video := mediatest.H264(1, 1000)
	other := mediatest.OtherAAC(4, 1000)
	for name, sc := range map[string]scenario{
		"sound of another track": {units: sound(second, 10*time.Second, 0), announced: []*media.Track{first, second}},
		"pictures": {
			units: sound(second, 20*time.Second, 0), announced: []*media.Track{video, second}, interval: 5 * time.Second,
			files: map[string]int{"flv": 4, "mp4": 4, "aac": 4},
		},
		"parameters change": {
			units:     slices.Concat(sound(second, 4*time.Second, 0), sound(other, 4*time.Second, 4000)),
			announced: []*media.Track{first, second}, files: map[string]int{"flv": 2, "mp4": 2, "aac": 2},
		},
		"H.265": {units: sound(second, 10*time.Second, 0), announced: []*media.Track{mediatest.H265(1, 1000), second}},
	} {
		t.Run(name, func(t *testing.T) { playScenario(t, sc) })
	}
}
