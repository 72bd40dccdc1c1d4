package rtsp

import (
	"bytes"
	"encoding/binary"
	"errors"

	"github.com/pion/rtp"
)

var (
	errInterleaved = errors.New("packets of interleaved NAL units are not supported")
	errAggregate   = errors.New("a packet of several NAL units does not fit its sizes")
	errManyNALUs   = errors.New("an access unit has too many NAL units")
)

// naluAssembler puts packets of H.264 (RFC 6184, packetization modes 0 and 1) or H.265 (RFC 7798, without DONL) together to access
// units of NAL units behind lengths of 4 bytes. Parameter sets go to sets, delimiters nowhere.
//
// Where packets are missing, the access unit that they belong to is left out, as far as it can be told: one that was unfinished, and one
// whose beginning was not seen.
type naluAssembler struct {
	t    *rtpTrack
	sets paramSets
	h265 bool

	buf   []byte
	count int // of NAL units
	open  int // where the length of the NAL unit under way is; -1 if none is
	began bool
	ts    uint32
	// broken tells to leave out everything of the access unit at ts, damage that it was counted.
	broken, damage bool
	closed         bool // the last packet ended its access unit
	annexB         bool // the sender keeps start codes
}

const (
	lengthBytes = 4
	headerMost  = 2 // bytes of a NAL unit's header
)

var startCode = []byte{0, 0, 1}

func newNALUAssembler(t *rtpTrack, sets paramSets) *naluAssembler {
	return &naluAssembler{t: t, sets: sets, h265: sets.h265, open: -1, closed: true}
}

// push is assembler's.
func (a *naluAssembler) push(p *rtp.Packet, broken bool) error {
	if broken {
		a.lost(p)
	}
	if a.began && p.Timestamp != a.ts { // some senders set no marker
		if err := a.flush(); err != nil {
			a.reset()
			return err
		}
	}
	if !a.began {
		a.began, a.ts = true, p.Timestamp
	}
	a.closed = p.Marker
	var err error
	if !a.broken {
		if err = a.take(p.Payload); err != nil {
			a.spoil()
		}
	}
	if p.Marker {
		if flushed := a.flush(); err == nil {
			err = flushed
		}
	}
	return err
}

// lost decides what the packets missing before p damage.
func (a *naluAssembler) lost(p *rtp.Packet) {
	if a.began {
		a.spoil()
		if p.Timestamp == a.ts {
			return
		}
		a.reset()
		if a.startsPicture(p.Payload) {
			return
		}
	} else if a.startsPicture(p.Payload) {
		a.t.damage() // at least one, of which nothing came
		return
	}
	a.began, a.ts = true, p.Timestamp
	a.spoil()
}

// spoil has the access unit under way left out.
func (a *naluAssembler) spoil() {
	a.broken = true
	if !a.damage {
		a.damage = true
		a.t.damage()
	}
	a.clear()
}

func (a *naluAssembler) clear() {
	if cap(a.buf) > keptScratch {
		a.buf = nil
	}
	a.buf, a.count, a.open = a.buf[:0], 0, -1
}

func (a *naluAssembler) reset() {
	a.clear()
	a.began, a.broken, a.damage = false, false, false
}

// flush gives away the access unit under way.
func (a *naluAssembler) flush() error {
	if a.open >= 0 { // its last fragment did not come
		a.spoil()
	}
	if a.broken {
		a.reset()
		return nil
	}
	c, err := a.sets.changed()
	if err != nil {
		a.reset()
		return err
	}
	if c != nil {
		a.t.use(c)
	}
	err = a.t.emit(a.buf, a.ts, 0)
	a.reset()
	return err
}

// take takes a packet's payload.
func (a *naluAssembler) take(b []byte) error {
	head := 1
	if a.h265 {
		head = headerMost
	}
	if len(b) < head {
		return errShort
	}
	kind := a.kind(b)
	switch {
	case a.h265 && kind == 48:
		return a.aggregate(b[2:])
	case a.h265 && kind == 49:
		if len(b) < 4 {
			return errShort
		}
		// The header of the NAL unit is that of the packet with the type that the fragment's header tells.
		return a.fragment(b[2], [headerMost]byte{b[0]&0x81 | b[2]&0x3f<<1, b[1]}, b[3:])
	case a.h265 && kind >= 50:
		return errInterleaved
	case a.h265:
		return a.single(b)
	case kind == 24:
		return a.aggregate(b[1:])
	case kind == 28:
		if len(b) < 3 {
			return errShort
		}
		return a.fragment(b[1], [headerMost]byte{b[0]&0xe0 | b[1]&0x1f}, b[2:])
	case kind == 0 || kind > 24:
		return errInterleaved
	}
	return a.single(b)
}

// kind returns the type of a NAL unit or packet.
func (a *naluAssembler) kind(b []byte) byte {
	if a.h265 {
		return b[0] >> 1 & 0x3f
	}
	return b[0] & 0x1f
}

// aggregate takes NAL units behind lengths of 2 bytes.
func (a *naluAssembler) aggregate(b []byte) error {
	for len(b) > 0 {
		if len(b) < 2 {
			return errAggregate
		}
		n := int(binary.BigEndian.Uint16(b))
		b = b[2:]
		if n == 0 { // padding
			break
		}
		if n > len(b) {
			return errAggregate
		}
		if err := a.single(b[:n]); err != nil {
			return err
		}
		b = b[n:]
	}
	return nil
}

// fragment takes a piece of a NAL unit.
func (a *naluAssembler) fragment(fu byte, header [headerMost]byte, b []byte) error {
	const start, end = 0x80, 0x40
	if fu&start != 0 {
		if a.open >= 0 {
			return errShort // the last one has no end
		}
		if err := a.begin(len(b)); err != nil {
			return err
		}
		n := 1
		if a.h265 {
			n = 2
		}
		a.buf = append(a.buf, header[:n]...)
	} else if a.open < 0 {
		return errShort
	}
	if len(a.buf)+len(b) > maxAccessUnit {
		return errLargeUnit
	}
	a.buf = append(a.buf, b...)
	if fu&end != 0 {
		return a.end()
	}
	return nil
}

// single takes a whole NAL unit.
func (a *naluAssembler) single(b []byte) error {
	if a.open >= 0 {
		return errShort
	}
	if err := a.begin(len(b)); err != nil {
		return err
	}
	a.buf = append(a.buf, b...)
	return a.end()
}

func (a *naluAssembler) begin(n int) error {
	if a.count++; a.count > maxNALUs {
		return errManyNALUs
	}
	if len(a.buf)+n+lengthBytes+headerMost > maxAccessUnit {
		return errLargeUnit
	}
	a.open = len(a.buf)
	a.buf = append(a.buf, 0, 0, 0, 0)
	return nil
}

// end ends the NAL unit under way: parameter sets and what no file holds are taken out again.
func (a *naluAssembler) end() error {
	at := a.open
	nalu := a.buf[at+lengthBytes:]
	a.open = -1
	if a.annexB || bytes.HasPrefix(nalu, startCode) || bytes.HasPrefix(nalu, []byte{0, 0, 0, 1}) || !a.isSlice(nalu) && bytes.Contains(nalu, startCode) {
		return a.split(at)
	}
	if a.keeps(nalu) {
		binary.BigEndian.PutUint32(a.buf[at:], uint32(len(nalu)))
	} else {
		a.buf = a.buf[:at]
	}
	return nil
}

// split takes the start codes of a sender that keeps them out of what lies behind at.
func (a *naluAssembler) split(at int) error {
	a.annexB = true
	all := bytes.Clone(a.buf[at+lengthBytes:])
	a.buf = a.buf[:at]
	for len(all) > 0 {
		nalu, rest, _ := bytes.Cut(all, startCode)
		all = rest
		nalu = bytes.TrimRight(nalu, "\x00") // a start code may have 4 bytes; a NAL unit does not end with 0
		if len(nalu) == 0 || a.h265 && len(nalu) < headerMost || !a.keeps(nalu) {
			continue
		}
		if a.count++; a.count > maxNALUs || len(a.buf)+len(nalu)+lengthBytes > maxAccessUnit {
			return errLargeUnit
		}
		a.buf = binary.BigEndian.AppendUint32(a.buf, uint32(len(nalu)))
		a.buf = append(a.buf, nalu...)
	}
	return nil
}

// keeps reports whether a NAL unit belongs into the access unit. Parameter sets go where they belong.
func (a *naluAssembler) keeps(nalu []byte) bool {
	kind := a.kind(nalu)
	if a.h265 {
		switch kind {
		case 32, 33, 34:
			a.sets.put(nalu)
			return false
		}
		return kind != 35 // delimiter
	}
	switch kind {
	case 7, 8:
		a.sets.put(nalu)
		return false
	}
	return kind != 9 // delimiter
}

// isSlice reports whether a NAL unit holds a piece of a picture.
func (a *naluAssembler) isSlice(nalu []byte) bool {
	if a.h265 {
		return a.kind(nalu) < 32
	}
	k := a.kind(nalu)
	return k >= 1 && k <= 5
}
