package hls

import (
	"io"
	"math"
	"time"

	"aircheck/ingest/media"
	"aircheck/recorder/container"
)

// Finish reads the index. The file itself stays as it is.
func (Format) Finish(f container.Unfinished) (container.Ending, error) {
	fin := newFinisher(f)
	if err := fin.read(f, func() error { return nil }); err != nil {
		return container.Ending{}, err
	}
	e := container.Ending{Summary: fin.summary()}
	e.Playlist = func(w io.Writer) error {
		fin := newFinisher(f)
		if _, err := io.WriteString(w, head(fin.list.kind, "VOD")); err != nil {
			return err
		}
		if err := fin.read(f, func() error { return fin.list.drain(w) }); err != nil {
			return err
		}
		fin.list.close(f.Size, fin.end())
		if err := fin.list.drain(w); err != nil {
			return err
		}
		_, err := io.WriteString(w, "#EXT-X-ENDLIST\n")
		return err
	}
	return e, nil
}

func newFinisher(f container.Unfinished) *finisher {
	fin := &finisher{size: f.Size, list: newList(f.Tracks), begun: f.Start}
	fin.use(f.Tracks)
	return fin
}

// read takes the index, and calls each after each part.
func (f *finisher) read(from container.Unfinished, each func() error) error {
	for part, err := range from.Index {
		if err != nil {
			return err
		}
		f.known = true
		if err := parsePart(part, f); err != nil {
			return err
		}
		if err := each(); err != nil {
			return err
		}
		f.list.text = f.list.text[:0]
	}
	return nil
}

// finisher gathers what the index says. It is a visitor.
type finisher struct {
	size int64
	list list
	init span
	// begun is when the file's zero was received.
	begun time.Time
	// all are the tracks of all periods; now says which of them those of the period are.
	all []trackTotals
	now []int
	// current are those of the period.
	current []*media.Track
	// known tells that the times of the part are absolute. Otherwise shift is what to add to them, once shifted.
	known, shifted bool
	shift          int64
	// latest is the newest decoding time so far, before where the media of the periods before ends.
	latest, before int64
	// count are the carrier's counters, as they were at countAt; at is where the last segment began.
	count       []byte
	countAt, at int64
}

// trackTotals is what the index tells of one track.
type trackTotals struct {
	track *media.Track
	totals
	// steps is how long its last unit lasts, 0 if that is not known yet. fresh: there was no unit in this period. now is the
	// track with the parameters in force.
	steps int64
	fresh bool
	now   *media.Track
}

// end is when the last unit ends.
func (t *trackTotals) end() int64 {
	if t.steps > 0 {
		return t.last + t.steps
	}
	return t.last + defaultStep(t.now)
}

// use makes tracks those of the period. A track whose parameters changed stays the same track.
func (f *finisher) use(tracks []*media.Track) {
	f.now, f.current = f.now[:0], tracks
	for _, t := range tracks {
		i := 0
		for i < len(f.all) && (f.all[i].track.ID != t.ID || f.all[i].track.Codec.Kind() != t.Codec.Kind()) {
			i++
		}
		if i == len(f.all) {
			f.all = append(f.all, trackTotals{track: t, fresh: true})
		}
		f.all[i].now = t
		f.now = append(f.now, i)
	}
}

func (f *finisher) modular() { f.known, f.shifted = false, false }

func (f *finisher) tracks(tracks []*media.Track) {
	f.endPeriod()
	f.use(tracks)
}

func (f *finisher) period(init span) {
	f.endPeriod()
	f.init = init
	f.list.period(init)
}

func (f *finisher) endPeriod() {
	f.before = f.end()
	for i := range f.all {
		f.all[i].steps, f.all[i].fresh = 0, true
	}
}

// absolute returns a time that may be known modulo 2^33 only: the one that is nearest to what came before.
func (f *finisher) absolute(t int64) int64 {
	if f.known {
		return t
	}
	if !f.shifted {
		f.shifted = true
		f.shift = nearest(t, f.latest) - t
	}
	return t + f.shift
}

func (f *finisher) counters(b []byte) { f.count, f.countAt = append(f.count[:0], b...), f.at }

func (f *finisher) segment(s segment) {
	f.at = s.offset
	s.start = f.absolute(s.start)
	s.before = f.end()
	s.init = f.init
	s.tracks = f.current
	if s.wall == 0 && !f.list.begun {
		s.wall = f.begun.UnixMilli() + s.start*1000/clock
	}
	f.latest = max(f.latest, s.start)
	if s.offset <= f.size && s.offset >= f.list.last.offset {
		f.list.open(s)
	}
}

func (f *finisher) totals(track int, g totals) error {
	if track >= len(f.now) {
		return container.ErrCorrupt
	}
	g.minPTS, g.maxPTS = f.absolute(g.minPTS), f.absolute(g.maxPTS)
	g.first, g.last = f.absolute(g.first), f.absolute(g.last)
	f.latest = max(f.latest, g.last)
	f.list.hear(track)
	t := &f.all[f.now[track]]
	if g.first > t.last && !t.fresh {
		t.steps = g.first - t.last
	}
	if g.step > 0 {
		t.steps = g.step
	}
	t.fresh = false
	if t.units == 0 {
		t.totals = g
		return nil
	}
	t.units += g.units
	t.bytes += g.bytes
	t.minPTS, t.maxPTS = min(t.minPTS, g.minPTS), max(t.maxPTS, g.maxPTS)
	t.last = g.last
	return nil
}

// end is when the media so far ends.
func (f *finisher) end() int64 {
	end := f.before
	for i := range f.all {
		if t := &f.all[i]; t.units > 0 && !t.fresh {
			end = max(end, t.end())
		}
	}
	return end
}

func (f *finisher) summary() (s container.Summary) {
	first, shown := int64(math.MaxInt64), int64(math.MinInt64)
	for _, t := range f.all {
		ts := container.TrackSummary{Track: t.track, Units: t.units, Bytes: t.bytes}
		if t.units > 0 {
			ts.First, ts.Last = duration(t.minPTS), duration(t.maxPTS)
			first, shown = min(first, t.minPTS), max(shown, t.maxPTS+t.end()-t.last)
		}
		s.Tracks = append(s.Tracks, ts)
	}
	if shown > first {
		s.Duration = duration(shown - first)
	}
	return s
}

// defaultStep is how long a unit lasts of which nothing else is known, in ticks.
func defaultStep(t *media.Track) int64 {
	scaled := *t
	scaled.Timescale = clock
	return container.DefaultStep(&scaled)
}

func duration(ticks int64) time.Duration { return media.Duration(ticks, clock) }
