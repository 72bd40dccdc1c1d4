package flv

import (
	"encoding/binary"
	"fmt"

	"aircheck/recorder/container"
)

// entry is one unit in the file, in milliseconds.
type entry struct {
	offset   int64
	dts, pts int64
	size     int
	key      bool
}

// group is what an index part tells of one track: all its units since the last part.
type group struct {
	units, bytes     int64
	minPTS, maxPTS   int64
	firstDTS, last   int64
	step             int64 // the last difference of two neighbours that was positive; 0 when there was none
	seek             []seekPoint
	wantSeek, isOpen bool
}

// indexer gathers entries into index parts.
type indexer struct {
	groups []group
}

func newIndexer(l layout) indexer {
	x := indexer{groups: make([]group, len(l.tracks))}
	if v := l.video(); v >= 0 {
		x.groups[v].wantSeek = true
	}
	return x
}

func (x *indexer) add(track int, e entry) {
	g := &x.groups[track]
	if !g.isOpen {
		g.isOpen = true
		g.minPTS, g.maxPTS, g.firstDTS = e.pts, e.pts, e.dts
	} else if e.dts > g.last {
		g.step = e.dts - g.last
	}
	g.units++
	g.bytes += int64(e.size)
	g.minPTS, g.maxPTS = min(g.minPTS, e.pts), max(g.maxPTS, e.pts)
	g.last = e.dts
	if g.wantSeek && e.key {
		g.seek = append(g.seek, seekPoint{time: e.dts, offset: e.offset})
	}
}

// flush appends a part: per track its position, the numbers of its group, and the seek points, all as varints.
func (x *indexer) flush(dst []byte) []byte {
	for i := range x.groups {
		g := &x.groups[i]
		if !g.isOpen {
			continue
		}
		for _, v := range []uint64{uint64(i), uint64(g.units), uint64(g.bytes)} {
			dst = binary.AppendUvarint(dst, v)
		}
		for _, v := range []int64{g.minPTS, g.maxPTS, g.firstDTS, g.last, g.step} {
			dst = binary.AppendVarint(dst, v)
		}
		dst = binary.AppendUvarint(dst, uint64(len(g.seek)))
		for _, p := range g.seek {
			dst = binary.AppendVarint(dst, p.time)
			dst = binary.AppendVarint(dst, p.offset)
		}
		*g = group{wantSeek: g.wantSeek, seek: g.seek[:0]}
	}
	return dst
}

// varints reads the numbers of a part.
type varints struct {
	b   []byte
	bad bool
}

func (r *varints) unsigned() uint64 {
	v, n := binary.Uvarint(r.b)
	return take(r, v, n)
}

func (r *varints) signed() int64 {
	v, n := binary.Varint(r.b)
	return take(r, v, n)
}

func take[T int64 | uint64](r *varints, v T, n int) T {
	if n <= 0 {
		r.bad, r.b = true, nil
		return 0
	}
	r.b = r.b[n:]
	return v
}

// parsePart calls visit for each group of a part. The group's seek points are passed one by one to point.
func parsePart(part []byte, tracks int, visit func(track int, g group), point func(seekPoint)) error {
	r := varints{b: part}
	for len(r.b) > 0 {
		track := r.unsigned()
		g := group{units: int64(r.unsigned()), bytes: int64(r.unsigned())}
		g.minPTS, g.maxPTS, g.firstDTS, g.last, g.step = r.signed(), r.signed(), r.signed(), r.signed(), r.signed()
		n := r.unsigned()
		if r.bad || track >= uint64(tracks) || g.units <= 0 || g.bytes < 0 || n > uint64(len(r.b)) {
			return fmt.Errorf("read index part: %w", container.ErrCorrupt)
		}
		visit(int(track), g)
		for range n {
			p := seekPoint{time: r.signed(), offset: r.signed()}
			if r.bad {
				return fmt.Errorf("read index part: %w", container.ErrCorrupt)
			}
			point(p)
		}
	}
	return nil
}
