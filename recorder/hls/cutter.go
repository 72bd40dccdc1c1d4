package hls

import "aircheck/ingest/media"

// maxWall is how long a segment may take to arrive, in milliseconds, and maxBytes how large it may be, whatever its times say: a publisher
// whose clock stands still is recorded and listed all the same.
const (
	maxWall  = 60_000
	maxBytes = 256 << 20
)

// How long segments are, in ticks. EXT-X-TARGETDURATION is target; a segment of up to longest still rounds to it (RFC 8216, 4.3.3.1).
const (
	target  = 10 * clock
	longest = target + clock*2/5
	least   = 6 * clock
)

// cutter decides where segments end: at the first random access point after 6 s, or earlier if the next one would come too late; without
// one, at the target duration.
type cutter struct {
	steps  []step
	lead   int // the track whose random access points count
	begun  bool
	start  int64 // of the segment
	wall   int64 // when it began to arrive, in Unix milliseconds
	bytes  int   // of its units
	key    int64 // the lead's last random access point in it, or its start
	before int64 // where the media of the periods before ends
}

// step is how far apart the units of a track are.
type step struct {
	last, size int64
	begun      bool
}

// newCutter begins a period, behind media that ends at before.
func newCutter(tracks []*media.Track, before int64) cutter {
	c := cutter{lead: -1, before: before}
	for i, t := range tracks {
		c.steps = append(c.steps, step{size: defaultStep(t)})
		if c.lead < 0 && t.Codec.Kind() == media.Video {
			c.lead = i
		}
	}
	c.lead = max(c.lead, 0)
	return c
}

// cuts reports whether a segment begins with this unit, which was received at wall.
func (c *cutter) cuts(track int, key bool, dts, wall int64) bool {
	if !c.begun || wall-c.wall > maxWall || c.bytes > maxBytes {
		return true
	}
	t := dts - c.start
	ahead := c.steps[track].size
	if s := c.steps[track]; s.begun && dts > s.last {
		ahead = dts - s.last
	}
	if track != c.lead {
		// The lead is silent, or far behind.
		return t > 0 && t+ahead > longest
	}
	if key && (t >= least || t > 0 && t+dts-c.key > target) {
		return true
	}
	return t > 0 && t+ahead > target
}

// open notes that a segment begins.
func (c *cutter) open(dts, wall int64) {
	c.begun, c.start, c.key, c.wall, c.bytes = true, dts, dts, wall, 0
}

// add notes a unit.
func (c *cutter) add(track int, key bool, dts int64, size int) {
	c.bytes += size
	s := &c.steps[track]
	if s.begun && dts > s.last {
		s.size = dts - s.last
	}
	s.begun, s.last = true, dts
	if track == c.lead && key {
		c.key = dts
	}
}

// end returns where the media so far ends.
func (c *cutter) end() int64 {
	end := c.before
	for _, s := range c.steps {
		if s.begun {
			end = max(end, s.last+s.size)
		}
	}
	return end
}
