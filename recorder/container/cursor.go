package container

import (
	"fmt"
	"io"
)

// MaxPeek is how many bytes Cursor.Peek can show at once.
const MaxPeek = 64 << 10

// Cursor walks through a file by large reads. The zero value is not usable; see NewCursor.
type Cursor struct {
	r         io.ReaderAt
	pos, size int64
	buf       []byte // the bytes of the file from pos on
	store     []byte
}

// NewCursor returns a cursor over the first size bytes of r that starts at offset from.
func NewCursor(r io.ReaderAt, from, size int64) *Cursor {
	return &Cursor{r: r, pos: from, size: size}
}

// Pos returns the offset of the next byte.
func (c *Cursor) Pos() int64 { return c.pos }

// Left returns how many bytes follow.
func (c *Cursor) Left() int64 { return c.size - c.pos }

// Peek returns the next n bytes, at most MaxPeek, without moving on. It returns io.ErrUnexpectedEOF when
// fewer follow. The slice is valid until the next call.
func (c *Cursor) Peek(n int) ([]byte, error) {
	if n > MaxPeek {
		return nil, fmt.Errorf("peek at %d bytes: more than %d", n, MaxPeek)
	}
	if len(c.buf) >= n {
		return c.buf[:n], nil
	}
	if int64(n) > c.Left() {
		return nil, io.ErrUnexpectedEOF
	}
	if err := c.fill(); err != nil {
		return nil, err
	}
	return c.buf[:n], nil
}

// fill reads as much of the file from pos on as the store holds.
func (c *Cursor) fill() error {
	if c.store == nil {
		c.store = make([]byte, MaxPeek)
	}
	want := min(int64(len(c.store)), c.Left())
	if err := readFull(c.r, c.store[:want], c.pos); err != nil {
		return err
	}
	c.buf = c.store[:want]
	return nil
}

// Skip moves on by n bytes; beyond the end it moves to the end.
func (c *Cursor) Skip(n int64) {
	n = min(n, c.Left())
	c.pos += n
	c.buf = c.buf[min(n, int64(len(c.buf))):]
}

// MoveTo moves to an offset of the file.
func (c *Cursor) MoveTo(offset int64) {
	if offset >= c.pos {
		c.Skip(offset - c.pos)
		return
	}
	c.pos, c.buf = max(offset, 0), nil
}

// Read returns the next n bytes in a slice of their own and moves on. It returns io.ErrUnexpectedEOF,
// without allocating, when fewer follow.
func (c *Cursor) Read(n int64) ([]byte, error) {
	if n < 0 || n > c.Left() {
		return nil, io.ErrUnexpectedEOF
	}
	if n <= MaxPeek/4 {
		b, err := c.Peek(int(n))
		if err != nil {
			return nil, err
		}
		c.Skip(n)
		return append(make([]byte, 0, n), b...), nil
	}
	out := make([]byte, n)
	have := copy(out, c.buf)
	if have < len(out) {
		if err := readFull(c.r, out[have:], c.pos+int64(have)); err != nil {
			return nil, err
		}
	}
	c.Skip(n)
	return out, nil
}

// SkipChecked moves on by n bytes and shows them to z. It returns io.ErrUnexpectedEOF when fewer follow.
func (c *Cursor) SkipChecked(n int64, z *Blank) error {
	if n > c.Left() {
		return io.ErrUnexpectedEOF
	}
	for n > 0 {
		if len(c.buf) == 0 {
			if err := c.fill(); err != nil {
				return err
			}
		}
		k := min(n, int64(len(c.buf)))
		z.Add(c.buf[:k])
		c.Skip(k)
		n -= k
	}
	return nil
}

// readFull fills b from offset off. A file shorter than promised gives io.ErrUnexpectedEOF.
func readFull(r io.ReaderAt, b []byte, off int64) error {
	n, err := r.ReadAt(b, off)
	if n == len(b) {
		return nil
	}
	if err == io.EOF || err == nil {
		return io.ErrUnexpectedEOF
	}
	return fmt.Errorf("read at %d: %w", off, err)
}
