package rewind

import (
	"log/slog"
	"os"
	"sync/atomic"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/stream"
)

// Why units are missing.
const (
	lostSlow    = "the ring's disk was too slow"
	lostFailed  = "the ring could not be written"
	lostFull    = "there was no room for the ring"
	lostRefused = "the ring cannot hold the track"
	lostDamaged = "the ring is damaged"
)

// ringPage is one file.
type ringPage struct {
	path string
	// bytes is what the file occupies.
	bytes int64
	pageIndex
	// damaged is what readers found missing in it.
	damaged []Gap
	// opened, start and newest are when the first unit came, that of entries[0], and the last: since Ring.base, by a clock that nobody
	// sets. What is held ages by them, so that a step of the wall clock neither empties the ring nor keeps what is in it.
	opened, start, newest time.Duration
}

// take notes what was written into the page, and when.
func (p *ringPage) take(b *pageIndex, at time.Duration) {
	if p.units == 0 {
		p.opened = at
	}
	p.newest = at
	was := int64(-1)
	if len(p.entries) > 0 {
		was = p.entries[0].at
	}
	p.add(b)
	if len(p.entries) > 0 && p.entries[0].at != was {
		p.start = at
	}
}

// ringSession is one session of a stream. What the ring's mutex does not guard belongs to the writer goroutine.
type ringSession struct {
	ring   *Ring
	id     string
	key    media.StreamKey
	params string
	begun  time.Time
	log    *slog.Logger
	reader *stream.Reader // nil: it is of an earlier run
	// attached: reader is known.
	attached atomic.Bool
	queued   bool // guarded by Ring.readyMu

	// Guarded by Ring.mu, and changed by the writer only.
	pages []*ringPage
	ended bool

	done   bool
	file   *os.File // the last of pages, while it is written
	at     int64    // where its next record goes
	number uint32   // of that
	since  time.Time
	opened int // how many pages there were
	tracks []*media.Track
	access pageAccess
	// kept is when the newest unit came that is held.
	kept time.Time
	// gap is what has been missing since, if it has units. skipping: only a place to begin at ends it, or waiting so long for one.
	gap      Gap
	skipping bool
	waiting  time.Time
	retry    time.Time
}

// pageAccess tells where decoding of all tracks can begin: at random access points of the pictures, of several tracks of them those with the
// lowest ID, or at any unit of sound where there are no pictures.
type pageAccess struct {
	video int
	last  time.Time // of the pictures that count
}

func (a *pageAccess) begins(u *media.Unit) bool {
	if u.Track.Codec.Kind() != media.Video {
		return a.video == 0 || u.Wall.Sub(a.last) >= quiet
	}
	if a.video == 0 || u.Track.ID < a.video {
		a.video = u.Track.ID
	}
	if u.Track.ID != a.video {
		return false
	}
	a.last = u.Wall
	return u.RandomAccess
}

// round takes what has come of the session and writes it.
func (s *ringSession) round(now time.Time) {
	if s.reader == nil || s.done {
		return
	}
	b := s.reader.Take()
	if b.Lost.Units > 0 {
		s.miss(b.Lost.Units, s.kept, lostSlow)
	}
	for _, u := range b.Units {
		s.add(u)
		u.Release()
	}
	s.flush(nil)
	if b.End != nil {
		s.end(b.End.At)
	}
}

// add holds a unit, or counts it as missing.
func (s *ringSession) add(u *media.Unit) {
	start := s.access.begins(u)
	switch {
	case s.ring.out.full:
		s.skip(u, lostFull)
	case !s.storable(u):
		s.miss(1, u.Wall, lostRefused)
	case s.ring.out.now.Before(s.retry) || s.skipping && !s.resumes(u, start):
		s.skip(u, lostFailed)
	case !s.makePage(u, start):
		s.skip(u, lostFailed)
	default:
		s.skipping, s.waiting = false, time.Time{}
		s.put(u, start)
	}
}

// storable reports whether a page can have the unit.
func (s *ringSession) storable(u *media.Unit) bool {
	t := u.Track
	return t.ID > 0 && t.ID <= 1<<16-1 && t.Timescale > 0 && len(u.Payload) <= maxUnit && len(t.Codec.Config()) <= maxConfig &&
		(len(s.tracks) < maxTracks || s.place(t) >= 0)
}

// place returns where the track of that ID is in s.tracks, or -1.
func (s *ringSession) place(t *media.Track) int {
	for i, have := range s.tracks {
		if have.ID == t.ID {
			return i
		}
	}
	return -1
}

// resumes reports whether the session goes on with u after a loss: where decoding can begin, or with anything if that does not come.
func (s *ringSession) resumes(u *media.Unit, start bool) bool {
	if s.waiting.IsZero() {
		s.waiting = u.Wall
	}
	return start || u.Wall.Sub(s.waiting) >= quiet
}

// skip leaves out a unit, and what cannot be decoded without it.
func (s *ringSession) skip(u *media.Unit, why string) {
	s.skipping = true
	s.miss(1, u.Wall, why)
}

// miss counts units that are missing; at is when the first of them came, about.
func (s *ringSession) miss(units int, at time.Time, why string) {
	s.ring.lost.Add(int64(units))
	if s.gap.Units == 0 {
		if !s.kept.IsZero() {
			at = s.kept
		} else if at.IsZero() {
			at = s.begun
		}
		s.gap = Gap{At: at, Reason: why}
	}
	s.gap.Units += units
}

// closeGap writes down what was missing until then.
func (s *ringSession) closeGap(until time.Time) {
	s.gap.Length = max(0, until.Sub(s.gap.At))
	s.log.Warn("the last minutes of a stream lack media", "units", s.gap.Units, "length", s.gap.Length, "reason", s.gap.Reason)
	rec := gapRecordOf(s.gap)
	s.ring.out.staged.gaps = append(s.ring.out.staged.gaps, s.gap)
	s.gap = Gap{}
	s.append(&rec)
}

// end ends the session, with all that came.
func (s *ringSession) end(at time.Time) {
	if s.gap.Units > 0 && s.file != nil {
		s.closeGap(at)
	}
	s.closePage()
	s.reader.Close()
	s.done = true
	s.ring.mu.Lock()
	defer s.ring.mu.Unlock()
	if n := len(s.pages); s.gap.Units > 0 && n > 0 {
		s.gap.Length = max(0, at.Sub(s.gap.At))
		s.pages[n-1].gaps = append(s.pages[n-1].gaps, s.gap)
	}
	s.ended = true
	s.ring.prune(s.key)
}
