package hls

import (
	"encoding/binary"
	"fmt"

	"aircheck/ingest/media"
	"aircheck/recorder/container"
)

// Entries of an index part. Each begins with its kind; all numbers are varints.
const (
	entryTracks  = iota + 1 // number; per track ID, clock rate, kind, name, configuration: those of the periods to come
	entryPeriod             // offset and size of the initialization section
	entrySegment            // offset, start, wall, discontinuity; the units before it have been told
	entryTotals             // what units there were of a track
	// entryModular: the times of this part are known modulo 2^33 ticks only, as a scan finds them.
	entryModular
	// entryCounters: length and bytes of mpegts.Muxer's Counters, as they were in front of the segment told last.
	entryCounters
)

// maxTracks bounds what an index may name.
const maxTracks = 64

// entry is one unit, in ticks.
type entry struct {
	dts, pts int64
	size     int
}

// totals are the units of a track since the last part.
type totals struct {
	units, bytes   int64
	minPTS, maxPTS int64
	first, last    int64 // DTS
	step           int64 // the last difference of two neighbours that was positive; 0 when there was none
}

func (t *totals) add(e entry) {
	if t.units == 0 {
		t.minPTS, t.maxPTS, t.first = e.pts, e.pts, e.dts
	} else if e.dts > t.last {
		t.step = e.dts - t.last
	}
	t.units++
	t.bytes += int64(e.size)
	t.minPTS, t.maxPTS = min(t.minPTS, e.pts), max(t.maxPTS, e.pts)
	t.last = e.dts
}

// indexer gathers index parts.
type indexer struct {
	tracks []*media.Track
	totals []totals
	buf    []byte
	// modular marks every part.
	modular bool
}

// begin starts with the tracks that the recording was begun with: they need not be told.
func (x *indexer) begin(tracks []*media.Track) {
	x.tracks, x.totals = tracks, make([]totals, len(tracks))
}

// change goes on with other tracks.
func (x *indexer) change(tracks []*media.Track) {
	x.settle()
	x.begin(tracks)
	x.buf = append(x.buf, entryTracks)
	x.buf = binary.AppendUvarint(x.buf, uint64(len(tracks)))
	for _, t := range tracks {
		x.buf = binary.AppendVarint(x.buf, int64(t.ID))
		x.buf = binary.AppendUvarint(x.buf, uint64(t.Timescale))
		x.buf = append(x.buf, byte(t.Codec.Kind()))
		x.buf = appendBytes(x.buf, []byte(t.Codec.Name()))
		x.buf = appendBytes(x.buf, t.Codec.Config())
	}
}

func appendBytes(dst, b []byte) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(b))), b...)
}

func (x *indexer) position(id int) int { return sameID(x.tracks, id) }

func (x *indexer) period(init span) {
	x.settle()
	x.buf = append(x.buf, entryPeriod)
	x.buf = binary.AppendUvarint(x.buf, uint64(init.offset))
	x.buf = binary.AppendUvarint(x.buf, uint64(init.size))
}

func (x *indexer) open(s segment) {
	x.settle()
	x.buf = append(x.buf, entrySegment)
	x.buf = binary.AppendUvarint(x.buf, uint64(s.offset))
	x.buf = binary.AppendVarint(x.buf, s.start)
	x.buf = binary.AppendVarint(x.buf, s.wall)
	flag := byte(0)
	if s.discontinuity {
		flag = 1
	}
	x.buf = append(x.buf, flag)
}

// counters tells the counters in front of the segment told last, if its kind of file has any.
func (x *indexer) counters(b []byte) {
	if len(b) > 0 {
		x.buf = appendBytes(append(x.buf, entryCounters), b)
	}
}

func (x *indexer) add(track int, e entry) { x.totals[track].add(e) }

// settle writes the totals so far.
func (x *indexer) settle() {
	for i := range x.totals {
		t := &x.totals[i]
		if t.units == 0 {
			continue
		}
		x.buf = append(x.buf, entryTotals)
		for _, v := range []uint64{uint64(i), uint64(t.units), uint64(t.bytes)} {
			x.buf = binary.AppendUvarint(x.buf, v)
		}
		for _, v := range []int64{t.minPTS, t.maxPTS, t.first, t.last, t.step} {
			x.buf = binary.AppendVarint(x.buf, v)
		}
		*t = totals{}
	}
}

// flush appends the part.
func (x *indexer) flush(dst []byte) []byte {
	x.settle()
	if len(x.buf) == 0 {
		return dst
	}
	if x.modular {
		dst = append(dst, entryModular)
	}
	dst = append(dst, x.buf...)
	x.buf = x.buf[:0]
	return dst
}

// visitor is told what is in the index.
type visitor interface {
	modular()
	tracks(tracks []*media.Track)
	period(init span)
	segment(s segment)
	totals(track int, t totals) error
	// counters are valid until the call returns.
	counters(b []byte)
}

// parsePart shows the entries of a part to v.
func parsePart(part []byte, v visitor) error {
	r := numbers{b: part}
	for len(r.b) > 0 {
		var err error
		switch r.byte() {
		case entryModular:
			v.modular()
		case entryTracks:
			var tracks []*media.Track
			if tracks, err = r.tracks(); err == nil {
				v.tracks(tracks)
			}
		case entryPeriod:
			init := span{int64(r.unsigned()), int64(r.unsigned())}
			if !r.bad {
				v.period(init)
			}
		case entrySegment:
			s := segment{offset: int64(r.unsigned()), start: r.signed(), wall: r.signed(), discontinuity: r.byte() == 1}
			if !r.bad {
				v.segment(s)
			}
		case entryTotals:
			track := r.unsigned()
			t := totals{units: int64(r.unsigned()), bytes: int64(r.unsigned())}
			t.minPTS, t.maxPTS, t.first, t.last, t.step = r.signed(), r.signed(), r.signed(), r.signed(), r.signed()
			if r.bad = r.bad || track >= maxTracks || t.units <= 0 || t.bytes < 0; !r.bad {
				err = v.totals(int(track), t)
			}
		case entryCounters:
			if b := r.bytes(); !r.bad {
				v.counters(b)
			}
		default:
			r.bad = true
		}
		if r.bad || err != nil {
			return fmt.Errorf("read index part: %w", container.ErrCorrupt)
		}
	}
	return nil
}

// maxTime bounds times and offsets, so that sums do not overflow.
const maxTime = 1 << 60

// numbers reads varints.
type numbers struct {
	b   []byte
	bad bool
}

func (r *numbers) byte() byte {
	if len(r.b) == 0 {
		r.bad = true
		return 0
	}
	c := r.b[0]
	r.b = r.b[1:]
	return c
}

func (r *numbers) unsigned() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 || v > maxTime {
		r.bad, r.b = true, nil
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *numbers) signed() int64 {
	v, n := binary.Varint(r.b)
	if n <= 0 || v > maxTime || v < -maxTime {
		r.bad, r.b = true, nil
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *numbers) bytes() []byte {
	n := r.unsigned()
	if n > uint64(len(r.b)) {
		r.bad, r.b = true, nil
		return nil
	}
	out := r.b[:n]
	r.b = r.b[n:]
	return out
}

func (r *numbers) tracks() ([]*media.Track, error) {
	n := r.unsigned()
	if n > maxTracks {
		return nil, container.ErrCorrupt
	}
	out := make([]*media.Track, 0, n)
	for range n {
		id, scale, of := int(r.signed()), uint32(r.unsigned()), media.Kind(r.byte())
		name, config := string(r.bytes()), r.bytes()
		if r.bad || scale == 0 {
			return nil, container.ErrCorrupt
		}
		codec, err := media.New(name, of, config)
		if err != nil {
			return nil, err
		}
		out = append(out, &media.Track{ID: id, Codec: codec, Timescale: scale})
	}
	return out, nil
}
