package media

// bitReader reads big-endian bit fields. Beyond the end it reads zeros, and short tells so afterwards.
type bitReader struct {
	b     []byte
	pos   int // in bits
	short bool
}

// read returns the next n bits, at most 32.
func (r *bitReader) read(n int) uint32 {
	if n > len(r.b)*8-r.pos {
		r.short = true
		r.pos = len(r.b) * 8
		return 0
	}
	var v uint32
	for ; n > 0; n-- {
		v = v<<1 | uint32(r.b[r.pos>>3]>>(7-r.pos&7)&1)
		r.pos++
	}
	return v
}

// flag returns the next bit.
func (r *bitReader) flag() bool { return r.read(1) == 1 }

// skip passes over n bits.
func (r *bitReader) skip(n int) {
	for ; n > 32; n -= 32 {
		r.read(32)
	}
	r.read(n)
}
