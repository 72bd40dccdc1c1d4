package stream

import (
	"time"

	"aircheck/ingest/media"
)

const (
	// aheadOfTime is by how much media must have come faster than it plays before its publisher may be held back, farthestStep how
	// much one unit counts for: time lines jump.
	aheadOfTime  = 2 * time.Second
	farthestStep = time.Second
	// longestCredit is how long a silence may be that a live publisher makes up for at once. Time counts a little more than media, for
	// clocks that are fast.
	longestCredit = 30 * time.Second
	// beganAnew is a step back that is no disorder.
	beganAnew = -5 * time.Second
	// mostBehind is how much a reader may leave unread of a publisher that is ahead of time. It keeps what is yet to be written in
	// the processor's cache.
	mostBehind = 8 << 20
	// longestHold is for how long a publisher is held back without the reader getting on: then the disk hangs, and the reader
	// loses what it has no room for.
	longestHold = 10 * time.Second
)

// Pacing tells how far a publisher is ahead of real time. Who pushes a file as fast as the network carries it can wait for the
// disk; who is live cannot.
type Pacing struct {
	ahead  time.Duration // at that time; below 0 if behind
	newest time.Duration // the highest time so far
	at     time.Time
	since  time.Time // held back since, zero if not
	behind int       // the reader, when last looked at
}

// Note takes the units that have come.
func (p *Pacing) Note(units []*media.Unit, now time.Time) {
	if p.at.IsZero() && len(units) > 0 {
		p.newest = units[0].Time()
	}
	p.ahead, p.at = p.left(now), now
	for _, u := range units {
		step := u.Time() - p.newest
		if step > 0 || step < beganAnew {
			p.newest += step
		}
		p.ahead += max(0, min(step, farthestStep))
	}
}

// left is what is left of ahead.
func (p *Pacing) left(now time.Time) time.Duration {
	if p.at.IsZero() {
		return 0
	}
	return max(-longestCredit, p.ahead-now.Sub(p.at)*21/20)
}

// Holds reports whether the publisher is to wait. behind tells how many bytes the slowest reader has not taken: see Stream.Behind.
func (p *Pacing) Holds(now time.Time, behind func() int) bool {
	if p.left(now) < aheadOfTime {
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
