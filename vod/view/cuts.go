package view

import (
	"time"

	"aircheck/recorder/mp4"
)

const (
	// target is how long a segment is at least, but for the last one and where media is missing.
	target = 6 * time.Second
	// opening is that of the first one: a player begins once it has it.
	opening = 2 * time.Second
	// hole is how much time without any media players do not bridge.
	hole = time.Second
	// maxCuts is more segments than a week has; of a longer file, or one that jumps all the time, the last one has the rest.
	maxCuts = 1 << 17
	// slow is how far apart pictures may be.
	slow = 10 * time.Second
)

// cut is where a segment begins.
type cut struct {
	// at is the time of its first unit. The units of a segment are those from its cut up to the next.
	at time.Duration
	// jump: media is missing in front of it. ended is where the media before it ends.
	jump  bool
	ended time.Duration
	place place
}

// place is where the first unit of a segment is found; each kind of file has its own.
type place struct {
	offset  int64        // in the file: FLV, AAC
	samples int64        // before it: AAC
	walk    *mp4.Samples // MP4
}

// cutter decides where segments begin. It sees units in their order.
type cutter struct {
	cuts []cut
	// end is where the media seen so far ends.
	end time.Duration
	// lastLead is the time of the lead's last unit, step how long the one before lasted; leads is how many there were behind missing media.
	lastLead, step time.Duration
	leads          int
}

// see takes the next unit, and reports whether a segment begins with it; then begin must be called. key: decoding can start with it, and it
// is of the track that counts.
func (c *cutter) see(at time.Duration, key bool) (begins bool) {
	switch {
	case len(c.cuts) >= maxCuts:
		return false
	case len(c.cuts) == 0, c.misses(at):
		return true
	case key && at > c.lastLead: // units of one time belong together
		return at-c.cuts[len(c.cuts)-1].at >= c.least()
	}
	return false
}

// least is how long the segment is at least that is the last one now.
func (c *cutter) least() time.Duration {
	if len(c.cuts) == 1 {
		return opening
	}
	return target
}

// misses reports whether media is missing in front of a unit. Pictures may be seconds apart without that, such as slides.
func (c *cutter) misses(at time.Duration) bool {
	late := at - c.end
	return late > slow || late > hole && c.step > 0
}

// add notes a unit that was seen, once begin was called for it if it begins a segment.
func (c *cutter) add(at time.Duration, lead bool) {
	if !lead {
		c.end = max(c.end, at)
		return
	}
	if d := at - c.lastLead; d > 0 && c.leads > 0 {
		c.step = d
	}
	c.leads++
	c.lastLead = at
	c.end = max(c.end, at+c.step)
}

func (c *cutter) begin(at time.Duration, p place) {
	jump := len(c.cuts) > 0 && c.misses(at)
	c.cuts = append(c.cuts, cut{at: at, jump: jump, ended: c.end, place: p})
	if jump {
		c.leads, c.step = 0, 0 // how far apart units are is another matter behind it
	}
}

// length is how long segment i lasts, which ends with the next cut or, if it is the last one, with the media.
func (c *cutter) length(i int) time.Duration {
	end := c.end
	if i+1 < len(c.cuts) {
		if end = c.cuts[i+1].at; c.cuts[i+1].jump {
			end = c.cuts[i+1].ended
		}
	}
	return max(end-c.cuts[i].at, time.Millisecond)
}

// find returns the segment that has a time, or the nearest.
func (c *cutter) find(at time.Duration) int {
	i := 0
	for i+1 < len(c.cuts) && c.cuts[i+1].at <= at {
		i++
	}
	return i
}
