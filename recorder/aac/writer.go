package aac

import (
	"fmt"
	"math"
	"time"

	"aircheck/ingest/media"
	"aircheck/recorder/container"
)

// writer implements container.Writer. It keeps no unit back.
type writer struct {
	head  head
	fresh counts // since the last Index
	total int64  // frames in the file
	clock clock
	// missing is the hole in front of the last frame.
	missing time.Duration
}

// NewWriter starts a file of one track of AAC.
func (Format) NewWriter(tracks []*media.Track) (container.Writer, error) {
	h, err := newHead(tracks)
	if err != nil {
		return nil, err
	}
	return &writer{head: h}, nil
}

// Header appends nothing: a file begins with its first frame.
func (w *writer) Header(dst []byte, base time.Duration) []byte {
	w.clock = newClock(w.head, base)
	return dst
}

// Append appends one frame. A unit without payload appends nothing.
func (w *writer) Append(dst []byte, u *media.Unit) ([]byte, error) {
	w.missing = 0
	size := len(u.Payload)
	switch {
	case u.Track.ID != w.head.track.ID:
		return dst, fmt.Errorf("append unit: track %d is not a track of this file", u.Track.ID)
	case size > container.MaxADTSPayload:
		return dst, fmt.Errorf("append unit: %d bytes are more than the %d an ADTS frame holds", size, container.MaxADTSPayload)
	case size == 0:
		u.Release()
		return dst, nil
	}
	w.missing = w.clock.take(u.Time())
	w.total++
	w.fresh.add(size)
	dst = append(w.head.adts.Append(dst, size), u.Payload...)
	u.Release()
	return dst, nil
}

// Flush appends nothing: no unit is ever kept back.
func (w *writer) Flush(dst []byte) []byte { return dst }

// Pending returns 0.
func (w *writer) Pending() time.Duration { return 0 }

// Index appends the description of the units since the last call.
func (w *writer) Index(dst []byte) []byte {
	dst = w.fresh.append(dst)
	w.fresh = counts{}
	return dst
}

// Hole tells of the time that the file lacks in front of the unit that Append took last: its place in the file, and how long it
// is, more than one and a half frames. Both are 0 when there is none.
func (w *writer) Hole() (at, missing time.Duration) {
	if w.missing == 0 {
		return 0, 0
	}
	return w.head.plays(w.total - 1), w.missing
}

// clockWindow is after how many frames the clock follows units that keep coming early: a second or two.
const clockWindow = 64

// clock compares the times of units with what the frames in front of them explain. It does so from an anchor, and not from unit
// to unit, so that times rounded to milliseconds do not add up to a hole, while single lost frames do.
type clock struct {
	head         head
	limit        time.Duration // one and a half frames
	anchor, last time.Duration
	frames       int64 // since the anchor
	// highest is how far beyond its explanation the latest unit of this window came, seen how many units the window has.
	highest time.Duration
	seen    int
}

func newClock(h head, base time.Duration) clock {
	return clock{head: h, limit: h.plays(3) / 2, anchor: base, last: base, highest: math.MinInt64}
}

// take takes the time of the next frame and returns how much is missing in front of it, if that is more than the limit.
// Without a jump nothing is missing: then the publisher's clock is just faster than its sound.
func (c *clock) take(at time.Duration) (missing time.Duration) {
	jumped := at-c.last > c.limit
	off := at - c.anchor - c.head.plays(c.frames)
	c.last = at
	c.frames++
	if off > c.limit {
		c.anchor, c.frames = at, 1
		if jumped {
			return off
		}
		return 0
	}
	c.highest = max(c.highest, off)
	if c.seen++; c.seen == clockWindow {
		c.anchor += min(c.highest, 0)
		c.highest, c.seen = math.MinInt64, 0
	}
	return 0
}
