package rtmp

import (
	"time"

	"aircheck/ingest/media"
)

const (
	// aheadOfTime is by how much media must have come faster than it plays before its publisher may be held back, farthestStep how
	// much one unit counts for: time lines jump.
	aheadOfTime  = 2 * time.Second
	farthestStep = time.Second
	// mostBehind is how much a reader may leave unread of a publisher that is ahead of time. It keeps what is yet to be written in
	// the processor's cache.
	mostBehind = 8 << 20
	// longestHold is for how long a publisher is held back without the reader getting on: then the disk hangs, and the reader
	// loses what it has no room for.
	longestHold = 10 * time.Second
	// holdStep is when it is looked at again.
	holdStep = time.Millisecond
)

// pacing tells how far a publisher is ahead of real time. Who pushes a file as fast as the network carries it can wait for the
// disk; who is live cannot.
type pacing struct {
	ahead  time.Duration
	newest time.Duration // the highest time so far
	at     time.Time
	since  time.Time // held back since, zero if not
	behind int       // the reader, when last looked at
}

// note takes the units that have come.
func (p *pacing) note(units []*media.Unit, now time.Time) {
	if p.at.IsZero() && len(units) > 0 {
		p.newest = units[0].Time()
	} else if !p.at.IsZero() {
		p.ahead = max(0, p.ahead-now.Sub(p.at))
	}
	for _, u := range units {
		if step := u.Time() - p.newest; step > 0 {
			p.newest += step
			p.ahead += min(step, farthestStep)
		}
	}
	p.at = now
}

// holds reports whether the publisher is to wait. behind tells how many bytes the slowest reader has not taken.
func (p *pacing) holds(now time.Time, behind func() int) bool {
	if p.ahead < aheadOfTime {
		p.since = time.Time{}
		return false
	}
	n := behind()
	if n <= mostBehind {
		p.since = time.Time{}
		return false
	}
	if p.since.IsZero() || n < p.behind {
		p.since = now
	}
	p.behind = n
	return now.Sub(p.since) < longestHold
}
