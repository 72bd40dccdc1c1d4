package flv

import (
	"math"
	"time"

	"aircheck/ingest/media"
	"aircheck/recorder/container"
)

// total is what the index tells of one track.
type total struct {
	group
	step int64
}

// add takes the next group of the track.
func (t *total) add(g group) {
	if t.units == 0 {
		t.group = g
		t.step = g.step
		return
	}
	if g.firstDTS > t.last {
		t.step = g.firstDTS - t.last
	}
	if g.step > 0 {
		t.step = g.step
	}
	t.units += g.units
	t.bytes += g.bytes
	t.minPTS, t.maxPTS = min(t.minPTS, g.minPTS), max(t.maxPTS, g.maxPTS)
	t.last = g.last
}

// Finish computes the final onMetaData tag. It runs through the index twice, so that seek points, however many, need
// no memory.
func (Format) Finish(f container.Unfinished) (container.Ending, error) {
	l, err := newLayout(f.Tracks)
	if err != nil {
		return container.Ending{}, err
	}
	totals := make([]total, len(l.tracks))
	points := 0
	err = eachPart(f, func(part []byte) error {
		return parsePart(part, len(totals), func(i int, g group) { totals[i].add(g) }, func(seekPoint) { points++ })
	})
	if err != nil {
		return container.Ending{}, err
	}
	var e container.Ending
	var end int64
	e.Summary, end = summarise(l, totals)
	meta := metadata{layout: l, duration: end, size: f.Size}
	if v := l.video(); v >= 0 {
		meta.rate = rate(totals[v])
		if meta.seek, err = pickSeek(f, meta, points); err != nil {
			return container.Ending{}, err
		}
	}
	e.Patches = []container.Patch{{
		Offset: fileHeaderSize + tagTrailerSize + tagHeaderSize,
		Bytes:  meta.append(make([]byte, 0, metaSize)),
	}}
	return e, nil
}

func eachPart(f container.Unfinished, do func(part []byte) error) error {
	for part, err := range f.Index {
		if err != nil {
			return err
		}
		if err := do(part); err != nil {
			return err
		}
	}
	return nil
}

// pickSeek returns the seek points, evenly thinned to what fits. The first names the sequence header, which is
// what players that know the property expect there.
func pickSeek(f container.Unfinished, meta metadata, points int) ([]seekPoint, error) {
	if points == 0 {
		return nil, nil
	}
	v := meta.layout.video()
	picked := []seekPoint{{offset: meta.layout.sequenceOffset(v)}}
	room := min(meta.seekRoom()-1, points)
	n := 0
	err := eachPart(f, func(part []byte) error {
		return parsePart(part, len(meta.layout.tracks), func(int, group) {}, func(p seekPoint) {
			// The k-th picked point is number k*points/room.
			if k := len(picked) - 1; k < room && n == k*points/room {
				picked = append(picked, p)
			}
			n++
		})
	})
	return picked, err
}

// summarise returns the summary, and the end of the file in milliseconds after its zero, which is what players take for the
// duration: their time line starts at 0 even when nothing is shown yet.
func summarise(l layout, totals []total) (container.Summary, int64) {
	s := container.Summary{}
	first, end := int64(math.MaxInt64), int64(math.MinInt64)
	for i, t := range l.tracks {
		sum := totals[i]
		ts := container.TrackSummary{Track: t, Units: sum.units, Bytes: sum.bytes}
		if sum.units > 0 {
			ts.First, ts.Last = millis(sum.minPTS), millis(sum.maxPTS)
			step := sum.step
			if step == 0 {
				step = container.DefaultStep(&media.Track{Codec: t.Codec, Timescale: 1000})
			}
			first, end = min(first, sum.minPTS), max(end, sum.maxPTS+step)
		}
		s.Tracks = append(s.Tracks, ts)
	}
	if end < first {
		return s, 0
	}
	s.Duration = millis(end - first)
	return s, end
}

func millis(ms int64) time.Duration { return time.Duration(ms) * time.Millisecond }

// rate returns the mean rate of pictures per second, or 0.
func rate(t total) float64 {
	if t.units < 2 || t.maxPTS <= t.minPTS {
		return 0
	}
	return math.Round(float64(t.units-1)*1e6/float64(t.maxPTS-t.minPTS)) / 1000
}
