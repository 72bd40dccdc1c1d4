package aac_test

import (
	"slices"
	"testing"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/recorder/container"
)

// frame is how long a frame plays.
const frame = 1024 * time.Second / 48000

// holed is what the writer tells of holes.
type holed interface {
	container.Writer
	Hole() (at, missing time.Duration)
}

// hole is time missing in front of a frame of the file.
type hole struct {
	frame   int
	missing time.Duration
}

// times returns the times of n frames, each a function of its number and of when it plays.
func times(n int, of func(i int, at time.Duration) time.Duration) []time.Duration {
	out := make([]time.Duration, n)
	for i := range out {
		out[i] = of(i, time.Duration(i)*frame)
	}
	return out
}

func steady(n int) []time.Duration {
	return times(n, func(_ int, at time.Duration) time.Duration { return at })
}

// every returns the times of a clock that steps by whole milliseconds.
func every(n int, step time.Duration) []time.Duration {
	return times(n, func(i int, _ time.Duration) time.Duration { return time.Duration(i) * step })
}

// back moves the times from one frame to another back.
func back(all []time.Duration, from, to int, by time.Duration) []time.Duration {
	for i := from; i < to; i++ {
		all[i] -= by
	}
	return all
}

// lost returns the times but those of some frames.
func lost(all []time.Duration, frames ...int) (left []time.Duration) {
	for i, at := range all {
		if !slices.Contains(frames, i) {
			left = append(left, at)
		}
	}
	return left
}

// holes writes frames of these times and returns the holes that the writer tells of.
func holes(t *testing.T, all []time.Duration) (got []hole) {
	t.Helper()
	const base = 5 * time.Hour
	track := &media.Track{ID: 1, Codec: mediatest.AAC(1, 1).Codec, Timescale: uint32(time.Second)}
	w := newWriter(t, track).(holed)
	buf := w.Header(nil, base)
	for i, at := range all {
		var err error
		u := &media.Unit{Track: track, DTS: int64(base + at), PTS: int64(base + at), Payload: []byte{1}}
		if buf, err = w.Append(buf[:0], u); err != nil {
			t.Fatal(err)
		}
		place, missing := w.Hole()
		if missing == 0 {
			if place != 0 {
				t.Errorf("no hole at %v", place)
			}
			continue
		}
		got = append(got, hole{i, missing})
		if want := media.Duration(int64(i)*1024, 48000); place != want {
			t.Errorf("hole of %v at %v, want %v", missing, place, want)
		}
	}
	return got
}

// TestHoles checks that time which the frames do not fill is told of.
func TestHoles(t *testing.T) {
	const ms = time.Millisecond
	for name, c := range map[string]struct {
		times []time.Duration
		want  []hole
		// hidden is as much as the publisher's clock may hide of a hole, because it lags behind the sound.
		hidden time.Duration
	}{
		"two lost":          {times: lost(steady(1000), 500, 501), want: []hole{{500, 2 * frame}}},
		"two lost apart":    {times: lost(steady(1000), 500, 900), want: []hole{{899, 2 * frame}}},
		"late start":        {times: steady(100)[10:], want: []hole{{0, 10 * frame}}},
		"an hour":           {times: back(steady(20), 10, 20, -time.Hour), want: []hole{{10, time.Hour}}},
		"two holes":         {times: lost(steady(100), 20, 21, 22, 50, 51), want: []hole{{20, 3 * frame}, {47, 2 * frame}}},
		"back, then a hole": {times: lost(back(steady(2000), 500, 2000, 300*ms), 1000, 1001, 1002), want: []hole{{1000, 3 * frame}}},
		"21 ms, and a hole": {
			times: lost(every(5000, 21*ms), 4000, 4001, 4002, 4003), want: []hole{{4000, 84 * ms}}, hidden: 2 * 64 * ms / 3,
		},
	} {
		got := holes(t, c.times)
		if !slices.EqualFunc(got, c.want, func(a, b hole) bool {
			return a.frame == b.frame && (a.missing-b.missing).Abs() <= c.hidden+time.Microsecond
		}) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// TestNoHoles checks that imprecise clocks make no holes, however long they run.
func TestNoHoles(t *testing.T) {
	const hours, ms = 2 * 3600 * 48000 / 1024, time.Millisecond
	for name, all := range map[string][]time.Duration{
		"exact":          steady(hours),
		"rounded":        times(hours, func(_ int, at time.Duration) time.Duration { return at.Round(ms) }),
		"cut to 1 ms":    times(hours, func(_ int, at time.Duration) time.Duration { return at.Truncate(ms) }),
		"21 ms each":     every(hours, 21*ms),
		"22 ms each":     every(hours, 22*ms),
		"fast":           times(hours, func(_ int, at time.Duration) time.Duration { return at + at/10000 }),
		"slow":           times(hours, func(_ int, at time.Duration) time.Duration { return at - at/10000 }),
		"in pairs":       times(hours, func(i int, at time.Duration) time.Duration { return at - time.Duration(i%2)*frame }),
		"one lost":       lost(steady(1000), 500),
		"one steps back": back(steady(1000), 500, 501, 300*ms),
		"all step back":  back(steady(1000), 500, 1000, 300*ms),
	} {
		if got := holes(t, all); len(got) > 0 {
			t.Errorf("%s: %d holes, the first is %v", name, len(got), got[0])
		}
	}
}
