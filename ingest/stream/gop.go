package stream

import (
	"time"

	"aircheck/ingest/media"
)

// soundKept is how much of a stream without pictures is remembered, in media time.
const soundKept = time.Second

// gop is what a stream remembers for those who join it: its units since its last random access point of pictures, that one
// included, with the sound between them. Of several tracks of pictures the one with the lowest ID that has delivered counts. A
// stream without pictures remembers its last second, and so does one whose pictures have stopped, once Hub.GOP has pushed out
// the last of them.
//
// Each unit is charged with its payload and unitCost. Beyond a bound the oldest units go, and what is left begins anywhere;
// the next random access point mends that.
//
// What the units really occupy may be more than they are charged with: a unit keeps its whole slab, the memory of one delivery,
// which is some 1.5 KiB at least and otherwise up to twice as large as the payloads in it. For the same reason releasing the
// oldest unit frees nothing before the last unit of its delivery goes.
//
// The zero value is empty. Stream.mu guards it.
type gop struct {
	units []*media.Unit // the first gone of them are nil
	gone  int
	// bytes is what the units are charged with, told how much of it the hub knows of.
	bytes, told int
	// video is the ID of the track of pictures that counts, 0 without one; since is how many units came after its newest.
	video, since int
}

// held returns the units remembered, the oldest first. They are valid until the next call.
func (g *gop) held() []*media.Unit { return g.units[g.gone:] }

// whole reports whether decoding can start with the oldest unit.
func (g *gop) whole() bool {
	units := g.held()
	return len(units) > 0 && units[0].RandomAccess && (g.video == 0 || g.counts(units[0]))
}

// counts reports whether u is a picture of the track that counts.
func (g *gop) counts(u *media.Unit) bool {
	return u.Track.ID == g.video && u.Track.Codec.Kind() == media.Video
}

// write remembers units within the hub's bounds, or forgets everything if there is nothing to be remembered.
func (g *gop) write(h *Hub, units []*media.Unit) {
	if h.GOP <= 0 || h.TotalGOP <= 0 {
		g.end(h)
		return
	}
	for _, u := range units {
		g.add(u)
	}
	total := g.tell(h)
	over := max(int64(g.bytes)-int64(h.GOP), total-int64(h.TotalGOP))
	if over <= 0 {
		return
	}
	for over > 0 && len(g.held()) > 0 {
		over -= int64(g.drop())
	}
	if len(g.held()) <= g.since {
		g.video = 0
	}
	g.tell(h)
}

// tell corrects what the hub knows of, and returns how much all its streams hold.
func (g *gop) tell(h *Hub) int64 {
	grown := g.bytes - g.told
	g.told = g.bytes
	return h.cached.Add(int64(grown))
}

// end releases everything.
func (g *gop) end(h *Hub) {
	if g.units == nil {
		return
	}
	g.clear()
	g.tell(h)
	*g = gop{}
}

func (g *gop) add(u *media.Unit) {
	id := u.Track.ID
	if (g.video == 0 || id < g.video) && u.Track.Codec.Kind() == media.Video {
		g.video = id
	}
	g.since++
	if g.counts(u) {
		g.since = 0
		if u.RandomAccess {
			g.clear()
		}
	}
	g.makeRoom()
	u.Retain()
	g.units = append(g.units, u)
	g.bytes += len(u.Payload) + unitCost
	for g.video == 0 && (u.Time()-g.units[g.gone].Time()).Abs() > soundKept { // the time line may jump back, too
		g.drop()
	}
}

// drop releases the oldest unit and returns what it was charged with.
func (g *gop) drop() int {
	u := g.units[g.gone]
	g.units[g.gone] = nil
	g.gone++
	cost := len(u.Payload) + unitCost
	g.bytes -= cost
	u.Release()
	return cost
}

// clear releases all units. The slice is used again, unless it is a burst's.
func (g *gop) clear() {
	for _, u := range g.held() {
		u.Release()
	}
	if cap(g.units) > maxKept && len(g.units) < cap(g.units)/4 {
		g.units = nil
	}
	clear(g.units)
	g.units, g.gone, g.bytes = g.units[:0], 0, 0
}

// makeRoom moves the units to the front of a full slice where that frees at least half of it, which keeps the moves few.
func (g *gop) makeRoom() {
	if len(g.units) < cap(g.units) || g.gone < len(g.units)/2 {
		return
	}
	n := copy(g.units, g.held())
	clear(g.units[n:])
	g.units, g.gone = g.units[:n], 0
}
