package view

import (
	"context"
	"strconv"
	"strings"
	"time"

	"aircheck/ingest/media"
)

// bounds are which part of a segment is wanted: all of it, unless begin and end say otherwise.
type bounds struct {
	segment int
	// begin is when its first unit is, end before when its last one is.
	begin, end time.Duration
	// late and early: it begins behind the segment's beginning, ends before its end.
	late, early bool
}

// ends is when segment i ends.
func (s *state) ends(i int) time.Duration { return s.cuts[i].at + s.length(i) }

// all are the bounds of the whole of segment i.
func (s *state) all(i int) bounds { return bounds{segment: i, begin: s.cuts[i].at, end: s.ends(i)} }

// parts are the segments from first on, before last: of the first one from the last random access point at or before a time, of the last
// one up to a time. So what is shown is near to what was asked for, however long segments are.
func (s *Server) parts(ctx context.Context, st *state, file reader, first, last int, from, to time.Duration) (out []bounds, err error) {
	for i := first; i < last; i++ {
		out = append(out, st.all(i))
	}
	if head := &out[0]; from > head.begin {
		if head.begin, err = s.entry(ctx, st, file, first, from); err != nil {
			return nil, err
		}
		head.late = head.begin.Microseconds() != st.cuts[first].at.Microseconds()
	}
	if tail := &out[len(out)-1]; to < tail.end && to.Microseconds() > tail.begin.Microseconds() {
		tail.end, tail.early = to, true
	}
	return out, nil
}

// entry finds the last random access point at or before a time in segment i, or its beginning.
func (s *Server) entry(ctx context.Context, st *state, file reader, i int, at time.Duration) (time.Duration, error) {
	if err := s.enter(ctx); err != nil {
		return 0, err
	}
	defer s.leave()
	found, leading := st.cuts[i].at, lead(st.source.tracks()).ID
	for u, err := range st.unitsOf(file, i, i+1) {
		if err != nil {
			return 0, err
		}
		if u.Track.ID != leading {
			continue
		}
		if u.Time() > at {
			break
		}
		if u.RandomAccess {
			found = u.Time()
		}
	}
	return found, nil
}

// nameOf is the name of a part of a segment: when it begins and ends, in microseconds. What a name means never changes.
func (s *state) nameOf(b bounds) string {
	name := strconv.FormatInt(b.begin.Microseconds(), 10) + "-"
	switch {
	case b.early:
		name += strconv.FormatInt(b.end.Microseconds(), 10)
	case b.segment+1 < len(s.cuts):
		name += strconv.FormatInt(s.cuts[b.segment+1].at.Microseconds(), 10)
	default:
		name += untilEnd
	}
	return name + s.ext()
}

// named returns the part of a segment that has that name.
func (s *state) named(name string) (b bounds, ok bool) {
	stem, ok := strings.CutSuffix(name, s.ext())
	first, last, _ := strings.Cut(stem, "-")
	begin, ok2 := microseconds(first)
	if !ok || !ok2 {
		return b, false
	}
	i := s.find(begin + time.Microsecond - 1)
	b = s.all(i)
	if begin.Microseconds() != b.begin.Microseconds() {
		b.begin, b.late = begin, true
	}
	if end, ok := microseconds(last); ok && (i+1 == len(s.cuts) || end.Microseconds() != s.cuts[i+1].at.Microseconds()) {
		b.early = end < b.end
		b.end = min(end, b.end)
	}
	return b, i < s.complete() && b.begin < b.end && s.nameOf(b) == name
}

func microseconds(text string) (time.Duration, bool) {
	n, err := strconv.ParseInt(text, 10, 64)
	return time.Duration(n) * time.Microsecond, err == nil && n >= 0 && n < int64(1<<62/time.Microsecond)
}

// within leaves out what of a segment's units is not wanted. Pictures begin with a random access point.
type within struct {
	bounds
	lead  int // ID of the track
	begun bool
}

func (w *within) has(u *media.Unit) bool {
	at := u.Time().Microseconds()
	if w.early && at >= w.end.Microseconds() || w.late && at < w.begin.Microseconds() {
		return false
	}
	if w.late && u.Track.ID == w.lead {
		w.begun = w.begun || u.RandomAccess
		return w.begun
	}
	return true
}
