package media

import (
	"math/bits"
	"sync"
	"sync/atomic"
)

// Slab is memory for the units of one delivery, used again when nobody needs them any more. The ingest takes one from Slabs, fills it,
// writes its units to a stream and releases it; each reader releases each unit it got. Who does not release leaves the memory to the
// garbage collector, which is slower but never wrong; what is read after it was released may be anything. One unit keeps all of its
// slab: whoever fills slabs sees to it that they are not mostly empty.
//
//	Slabs.Get ─▶ Take, NewUnit (ingest) ─▶ Retain (each reader's queue) ─▶ Release (who has used the unit up) ─▶ Slabs
type Slab struct {
	home  *Slabs
	class int
	refs  atomic.Int32
	buf   []byte
	units [][]Unit
	given int // units of the last of units that are taken; of those before all are
	block int // place of the last of units in use
}

// unitsPerBlock is how many units are allocated at once: about as many as a publisher sends between two reads of its socket. Small
// slabs have room for few.
const (
	unitsPerBlock      = 16
	unitsPerSmallBlock = 4
	smallSlab          = 4 << 10
)

// Size returns how many bytes the slab has, taken or not.
func (s *Slab) Size() int { return cap(s.buf) }

// Room returns how many bytes can still be copied into the slab.
func (s *Slab) Room() int { return cap(s.buf) - len(s.buf) }

// Take sets n bytes aside, which must not be more than Room. They hold anything.
func (s *Slab) Take(n int) []byte {
	at := len(s.buf)
	s.buf = s.buf[:at+n]
	return s.buf[at : at+n : at+n]
}

// NewUnit returns a unit, all zero, that keeps the slab.
func (s *Slab) NewUnit() *Unit {
	if s.block < len(s.units) && s.given == len(s.units[s.block]) {
		s.block, s.given = s.block+1, 0
	}
	if s.block == len(s.units) {
		n := unitsPerBlock
		if cap(s.buf) <= smallSlab {
			n = unitsPerSmallBlock
		}
		s.units = append(s.units, make([]Unit, n))
	}
	u := &s.units[s.block][s.given]
	s.given++
	*u = Unit{slab: s}
	return u
}

// Release gives up one hold of the slab.
func (s *Slab) Release() {
	if n := s.refs.Add(-1); n == 0 {
		s.home.put(s)
	} else if n < 0 {
		panic("media: a slab was released more often than it was held")
	}
}

// Retain keeps the unit's memory until Release is called once more. A unit on the heap needs neither.
func (u *Unit) Retain() {
	if u.slab != nil && u.slab.refs.Add(1) == 1 {
		panic("media: a unit was retained after its slab was released")
	}
}

// Release tells that the caller does not need the unit any more, which somebody had retained for it. Nothing of it may be read
// afterwards.
func (u *Unit) Release() {
	if u.slab != nil {
		u.slab.Release()
	}
}

// Sizes of slabs: smallestSlab and then four steps to each doubling, up to 2 MiB.
const (
	smallestSlab = 1 << 10
	slabSteps    = 4
	slabClasses  = 11*slabSteps + 1
	// largerBy is how many classes larger a slab may be than it need be.
	largerBy = 2
	// keptBlocks is how many blocks of units a slab keeps.
	keptBlocks = 16
)

// Slabs is where slabs come from and go to. The zero value is ready; it must not be copied.
type Slabs struct {
	// Poison makes what is read after its release recognisable. For tests.
	Poison bool

	pools [slabClasses]sync.Pool
}

// Get returns a slab with room for n bytes, held once.
func (p *Slabs) Get(n int) *Slab {
	class := slabClass(n)
	// One that is a little too large is better than another one.
	for c := class; c <= class+largerBy && c < slabClasses; c++ {
		if s, ok := p.pools[c].Get().(*Slab); ok {
			s.refs.Store(1)
			return s
		}
	}
	if class < slabClasses {
		n = slabSize(class)
	}
	s := &Slab{home: p, class: class, buf: make([]byte, 0, n)}
	s.refs.Store(1)
	return s
}

// put takes a slab back.
func (p *Slabs) put(s *Slab) {
	if p.Poison {
		s.poison()
		return
	}
	if s.class >= slabClasses {
		return
	}
	s.buf, s.block, s.given = s.buf[:0], 0, 0
	if len(s.units) > keptBlocks {
		clear(s.units[keptBlocks:])
		s.units = s.units[:keptBlocks]
	}
	p.pools[s.class].Put(s)
}

// poison overwrites all that the slab holds. It is not used again, so that the race detector sees who still reads it.
func (s *Slab) poison() {
	for i := range s.buf {
		s.buf[i] = 0xdb
	}
	for _, block := range s.units {
		for i := range block {
			block[i] = Unit{slab: block[i].slab}
		}
	}
}

// slabClass returns the smallest class with room for n bytes.
func slabClass(n int) int {
	if n <= smallestSlab {
		return 0
	}
	octave := bits.Len(uint(n-1)/smallestSlab) - 1
	step := smallestSlab << octave / slabSteps
	return octave*slabSteps + (n-smallestSlab<<octave+step-1)/step
}

func slabSize(class int) int {
	return smallestSlab << (class / slabSteps) / slabSteps * (slabSteps + class%slabSteps)
}
