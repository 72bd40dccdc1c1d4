package mp4

import (
	"io"

	"github.com/Eyevinn/mp4ff/bits"
	"github.com/Eyevinn/mp4ff/mp4"
)

// numbers are the entries of a table, big endian, in blocks: a table of unknown length never has to move.
type numbers struct {
	full [][]byte
	last []byte
}

// Sizes of blocks, in bytes. They are multiples of all entries' sizes, so that none is torn.
const (
	smallBlock = 12 << 10
	largeBlock = 10 * smallBlock
)

// add adds a number.
func (n *numbers) add(v uint32) {
	if cap(n.last)-len(n.last) < 4 {
		n.grow()
	}
	n.last = be.AppendUint32(n.last, v)
}

// add2 adds two numbers. A table is filled by add alone, or by add2 alone.
func (n *numbers) add2(v, w uint32) {
	if cap(n.last)-len(n.last) < 8 {
		n.grow()
	}
	n.last = be.AppendUint64(n.last, uint64(v)<<32|uint64(w))
}

func (n *numbers) grow() {
	size := largeBlock
	if n.last == nil {
		size = smallBlock
	} else {
		n.full = append(n.full, n.last)
	}
	n.last = make([]byte, 0, size)
}

// blocks yields all that was added.
func (n *numbers) blocks(yield func([]byte) bool) {
	for _, b := range n.full {
		if !yield(b) {
			return
		}
	}
	yield(n.last)
}

// size is how many bytes there are.
func (n *numbers) size() (size int) {
	for b := range n.blocks {
		size += len(b)
	}
	return size
}

// box makes a table of entries of that many bytes.
func (n *numbers) box(kind string, entry int) *tableBox {
	size := n.size()
	return &tableBox{kind: kind, entries: n, size: size, count: uint32(size / entry)}
}

// tableBox is a full box of a number of entries (ISO 14496-12, 8.6 and 8.7).
type tableBox struct {
	kind    string
	version byte
	entries *numbers
	size    int // of all entries, in bytes
	count   uint32
}

var _ mp4.Box = (*tableBox)(nil)

// Type returns the four characters of the box.
func (b *tableBox) Type() string { return b.kind }

// head is how many bytes precede the entries: stsz has the size that all samples have before the number of entries.
func (b *tableBox) head() int {
	if b.kind == "stsz" {
		return boxHead + 12
	}
	return boxHead + 8
}

// Size returns the bytes of the box.
func (b *tableBox) Size() uint64 { return uint64(b.head() + b.size) }

// Encode writes the box.
func (b *tableBox) Encode(w io.Writer) error {
	out, err := encode(b)
	if err == nil {
		_, err = w.Write(out)
	}
	return err
}

// EncodeSW writes the box.
func (b *tableBox) EncodeSW(w bits.SliceWriter) error {
	w.WriteUint32(uint32(b.Size()))
	w.WriteString(b.kind, false)
	w.WriteUint32(uint32(b.version) << 24)
	if b.kind == "stsz" {
		w.WriteUint32(0)
	}
	w.WriteUint32(b.count)
	for block := range b.entries.blocks {
		w.WriteBytes(block)
	}
	return w.AccError()
}

// Info tells nothing: what is written here is not printed.
func (b *tableBox) Info(io.Writer, string, string, string) error { return nil }
