package mp4

import (
	"errors"
	"fmt"
	"io"

	"aircheck/recorder/container"
)

// Limits of what is read into memory.
const (
	maxMoov = 256 << 20
	maxMoof = 4 << 20
	// maxBoxes is how many boxes are passed over in search of the moov.
	maxBoxes = 1 << 16
)

// head is the header of a box in the file.
type head struct {
	kind string
	size int64 // of the box, header included
	skip int64 // of the header
}

// peekHead reads the header of the box at the cursor. A size of 0 means up to the end of the file. It returns
// io.ErrUnexpectedEOF when the box is larger than what is left.
func peekHead(c *container.Cursor) (head, error) {
	b, err := c.Peek(boxHead)
	if err != nil {
		return head{}, err
	}
	h := head{kind: string(b[4:8]), size: int64(be.Uint32(b)), skip: boxHead}
	switch h.size {
	case 0:
		h.size = c.Left()
	case 1:
		if b, err = c.Peek(2 * boxHead); err != nil {
			return head{}, err
		}
		h.size, h.skip = int64(be.Uint64(b[boxHead:])), 2*boxHead
	}
	if h.size < h.skip {
		return head{}, fmt.Errorf("%w: box at offset %d says a size of %d", container.ErrCorrupt, c.Pos(), h.size)
	}
	if h.size > c.Left() {
		return h, io.ErrUnexpectedEOF
	}
	return h, nil
}

// boxes calls visit for each box of a body. Bytes that are no box end the walk.
func boxes(body []byte, visit func(kind string, body []byte) error) error {
	for len(body) >= boxHead {
		size, skip := uint64(be.Uint32(body)), uint64(boxHead)
		switch {
		case size == 0:
			size = uint64(len(body))
		case size == 1 && len(body) >= 2*boxHead:
			size, skip = be.Uint64(body[boxHead:]), 2*boxHead
		}
		if size < skip || size > uint64(len(body)) {
			return fmt.Errorf("%w: box %q says a size of %d in one with %d bytes left", container.ErrCorrupt, body[4:8], size, len(body))
		}
		if err := visit(string(body[4:8]), body[skip:size]); err != nil {
			return err
		}
		body = body[size:]
	}
	return nil
}

// reader takes fixed-size numbers from a body. Reading beyond the end gives zeros and sets short.
type reader struct {
	b     []byte
	short bool
}

func (r *reader) take(n int) []byte {
	if len(r.b) < n {
		r.b, r.short = nil, true
		return make([]byte, n)
	}
	out := r.b[:n]
	r.b = r.b[n:]
	return out
}

func (r *reader) u8() byte    { return r.take(1)[0] }
func (r *reader) u16() uint16 { return be.Uint16(r.take(2)) }
func (r *reader) u32() uint32 { return be.Uint32(r.take(4)) }
func (r *reader) u64() uint64 { return be.Uint64(r.take(8)) }

// full reads version and flags.
func (r *reader) full() (version byte, flags uint32) {
	v := r.u32()
	return byte(v >> 24), v & 0xffffff
}

// sized reads a number of 64 bits in version 1, else of 32.
func (r *reader) sized(version byte) uint64 {
	if version == 1 {
		return r.u64()
	}
	return uint64(r.u32())
}

// torn turns the error for a file that is shorter than it says into one a caller can test for.
func torn(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: the file ends inside a box", container.ErrCorrupt)
	}
	return err
}

// NextFile returns where the next file begins in a sequence of files, of which one begins at from: at the next ftyp, or at size.
func NextFile(r io.ReaderAt, from, size int64) (int64, error) {
	c := container.NewCursor(r, from, size)
	for c.Left() > 0 {
		h, err := peekHead(c)
		if err != nil {
			return 0, torn(err)
		}
		if h.kind == "ftyp" && c.Pos() > from {
			break
		}
		c.Skip(h.size)
	}
	return c.Pos(), nil
}
