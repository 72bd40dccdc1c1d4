package mp4

import "math"

// walker goes through the sample tables of a track of a classic file, without unpacking them.
type walker struct {
	offset int64
	sample sample
	done   bool

	sizes      []byte // stsz entries
	uniform    uint32
	left       uint32 // samples not yet visited
	chunks     []byte
	chunkWidth int
	chunk      uint32 // number of the chunk in use, from 1
	inChunk    uint32 // samples left in it
	perChunk   []byte // stsc entries
	chunkSize  uint32
	steps      pairs
	offsets    pairs
	syncs      []byte
	allSync    bool
	number     uint32 // of the sample, from 1
}

// pairs is a table of (count, value).
type pairs struct {
	b     []byte
	count uint32
	value uint32
}

// next returns the next value; beyond the table it repeats the last one.
func (p *pairs) next() uint32 {
	for p.count == 0 && len(p.b) >= 8 {
		p.count, p.value = be.Uint32(p.b), be.Uint32(p.b[4:])
		p.b = p.b[8:]
	}
	if p.count > 0 {
		p.count--
	}
	return p.value
}

// entries returns the entries of a table behind version, flags and count, as many as count says and the body holds.
func entries(body []byte, size int) []byte {
	if len(body) < 8 {
		return nil
	}
	n := uint64(be.Uint32(body[4:])) * uint64(size)
	body = body[8:]
	return body[:min(n, uint64(len(body)))]
}

func newWalker(t *parsedTrack) *walker {
	w := &walker{
		perChunk: entries(t.stsc, 12), steps: pairs{b: entries(t.stts, 8)}, offsets: pairs{b: entries(t.ctts, 8)},
		syncs: entries(t.stss, 4), allSync: t.stss == nil,
		chunks: entries(t.stco, 4), chunkWidth: 4,
	}
	if t.co64 != nil {
		w.chunks, w.chunkWidth = entries(t.co64, 8), 8
	}
	if len(t.stsz) >= 12 {
		w.uniform, w.left, w.sizes = be.Uint32(t.stsz[4:]), be.Uint32(t.stsz[8:]), t.stsz[12:]
	}
	return w
}

// next moves to the next sample, or sets done.
func (w *walker) next() {
	if w.number > 0 {
		w.offset += int64(w.sample.size)
		w.sample.dts += int64(w.steps.next())
	}
	size, ok := w.nextSize()
	if !ok || !w.nextPlace() || w.sample.dts > maxTime {
		w.done = true
		return
	}
	w.number++
	w.sample.size = size
	w.sample.offset = int32(w.offsets.next())
	w.sample.sync = w.allSync
	for len(w.syncs) >= 4 && be.Uint32(w.syncs) < w.number {
		w.syncs = w.syncs[4:]
	}
	if len(w.syncs) >= 4 && be.Uint32(w.syncs) == w.number {
		w.sample.sync = true
	}
}

func (w *walker) nextSize() (uint32, bool) {
	if w.left == 0 {
		return 0, false
	}
	w.left--
	if w.uniform != 0 {
		return w.uniform, true
	}
	if len(w.sizes) < 4 {
		return 0, false
	}
	size := be.Uint32(w.sizes)
	w.sizes = w.sizes[4:]
	return size, true
}

// nextPlace sets offset, unless the sample lies right behind the last one.
func (w *walker) nextPlace() bool {
	for w.inChunk == 0 {
		if len(w.chunks) < w.chunkWidth {
			return false
		}
		if w.chunkWidth == 8 {
			w.offset = int64(min(be.Uint64(w.chunks), math.MaxInt64/2))
		} else {
			w.offset = int64(be.Uint32(w.chunks))
		}
		w.chunks = w.chunks[w.chunkWidth:]
		w.chunk++
		for len(w.perChunk) >= 12 && be.Uint32(w.perChunk) <= w.chunk {
			w.chunkSize = be.Uint32(w.perChunk[4:])
			w.perChunk = w.perChunk[12:]
		}
		w.inChunk = w.chunkSize
	}
	w.inChunk--
	return true
}
