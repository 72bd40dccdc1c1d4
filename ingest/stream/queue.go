package stream

import "math"

// maxShare is the most that a reader may have unread whatever the others do: enough for a consumer that keeps up with a stream of
// many Mbit/s.
const maxShare = 1 << 20

// room returns how many bytes a reader may have unread in all, by what the readers together have at this moment; bytes is what this
// one has.
//
// Where a consumer hangs, its readers take what is free of TotalQueue. They must not cost others anything, so a quarter of it is
// theirs by equal shares: it is never more than all of it that is unread.
func (h *Hub) room(bytes int) int {
	if h.TotalQueue <= 0 {
		return math.MaxInt
	}
	share := int64(h.TotalQueue) / 4 / max(1, h.readers.Load())
	free := int64(h.TotalQueue)/4*3 - h.queued.Load()
	return int(max(min(share, maxShare), int64(bytes)+max(0, free)))
}

// spareRoom returns the same for a reader that leaves room for others.
func (h *Hub) spareRoom(bytes int) int {
	if h.TotalQueue <= 0 {
		return math.MaxInt
	}
	return int(int64(bytes) + max(0, int64(h.TotalQueue)/4-h.spare.Load()))
}

// urgency is how many times what a reader has unread counts for a publisher that can wait: more than once when the readers have
// half of TotalQueue unread, so that waiting comes before losing.
func (h *Hub) urgency() int {
	if h.TotalQueue > 0 && h.queued.Load() > int64(h.TotalQueue)/2 {
		return 16
	}
	return 1
}

// settle tells the hub how much more or less a reader has unread than it knows of.
func (r *Reader) settle() {
	if r.bytes != r.told {
		r.stream.hub.queued.Add(int64(r.bytes - r.told))
		if r.opts.Spare {
			r.stream.hub.spare.Add(int64(r.bytes - r.told))
		}
		r.told = r.bytes
	}
}
