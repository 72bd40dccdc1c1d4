package mpegts

import (
	"encoding/binary"
)

// Flags of an adaptation field (ISO 2.4.3.4).
const (
	flagDiscontinuity = 0x80
	flagRandomAccess  = 0x40
	flagClock         = 0x10
	flagPrivate       = 0x02
)

// Where the length of a PES packet does not fit its 16 bits, the first TS packet carries it as private data: this tag, and
// the length as PES_packet_length would count it, 32 bits.
const (
	lengthTag   = "AcLn"
	privateSize = 1 + len(lengthTag) + 4 // with transport_private_data_length
	clockSize   = 6
	maxLength   = 1<<16 - 1
)

// head is everything in the first TS packet of a unit but its payload: TS header, adaptation field, PES header.
type head struct {
	pid     int
	counter byte
	id      byte // stream_id
	// mark sets the discontinuity_indicator, clock asks for a clock reference.
	mark, random, clock bool
	dts, pts            int64 // 33 bits
	size                int   // of the payload in the PES packet
}

// pesHead is the length of the PES header behind PES_packet_length.
func (h *head) pesHead() int {
	if h.pts == h.dts {
		return 3 + 5
	}
	return 3 + 10
}

// length is what PES_packet_length counts.
func (h *head) length() int { return h.pesHead() + h.size }

// append appends the head. The packet's payload follows: what fits, and in a packet that holds the whole unit everything,
// because the adaptation field is stuffed as needed.
func (h *head) append(dst []byte) []byte {
	length := h.length()
	field := 0
	if h.mark || h.random || h.clock || length > maxLength {
		field = 2 + h.clockSize() + h.privateSize()
	}
	stuffing := max(roomSize-field-6-length, 0)
	dst = appendPacketHead(dst, h.pid, h.counter, true, field+stuffing > 0)
	if field > 0 {
		dst = h.appendField(dst, field+stuffing)
	}
	dst = appendStuffing(dst, stuffing, field > 0)
	return h.appendPES(dst)
}

func (h *head) clockSize() int {
	if h.clock {
		return clockSize
	}
	return 0
}

func (h *head) privateSize() int {
	if h.length() > maxLength {
		return privateSize
	}
	return 0
}

// appendField appends an adaptation field that takes size bytes with its stuffing, which is left to the caller.
func (h *head) appendField(dst []byte, size int) []byte {
	flags := byte(0)
	if h.mark {
		flags |= flagDiscontinuity
	}
	if h.random {
		flags |= flagRandomAccess
	}
	if h.clock {
		flags |= flagClock
	}
	long := h.length() > maxLength
	if long {
		flags |= flagPrivate
	}
	dst = append(dst, byte(size-1), flags)
	if h.clock {
		t := uint64(h.dts-lead) & timeMask
		dst = append(dst, byte(t>>25), byte(t>>17), byte(t>>9), byte(t>>1), byte(t<<7)|0x7e, 0)
	}
	if long {
		dst = append(append(dst, byte(privateSize-1)), lengthTag...)
		dst = binary.BigEndian.AppendUint32(dst, uint32(h.length()))
	}
	return dst
}

// appendPES appends the PES header (ISO 2.4.3.6) with data_alignment_indicator: a unit begins right behind it.
func (h *head) appendPES(dst []byte) []byte {
	length := h.length()
	if length > maxLength {
		length = 0
	}
	dst = append(dst, 0, 0, 1, h.id, byte(length>>8), byte(length), 0x84)
	if h.pts == h.dts {
		return appendTime(append(dst, 0x80, 5), 2, h.pts)
	}
	return appendTime(appendTime(append(dst, 0xc0, 10), 3, h.pts), 1, h.dts)
}

func appendTime(dst []byte, prefix byte, t int64) []byte {
	return append(dst, prefix<<4|byte(t>>29)&0xe|1, byte(t>>22), byte(t>>14)|1, byte(t>>7), byte(t<<1)|1)
}

// parseHead reads the first TS packet of a unit, as far as is needed to write its head again: everything else is checked by
// comparing the two. It reports false where that could not come out equal.
func parseHead(b []byte) (h head, ok bool) {
	h = head{pid: int(b[1]&0x1f)<<8 | int(b[2]), counter: b[3] & 0xf}
	at, length := headSize, 0
	if b[3]&0x20 != 0 {
		at += 1 + int(b[headSize])
	}
	if at > packetSize-14 {
		return h, false
	}
	if at > headSize+1 {
		flags := b[headSize+1]
		h.mark, h.random, h.clock = flags&flagDiscontinuity != 0, flags&flagRandomAccess != 0, flags&flagClock != 0
		if flags&flagPrivate != 0 {
			length = int(binary.BigEndian.Uint32(b[headSize+2+h.clockSize()+privateSize-4:]))
		}
	}
	pes := b[at:]
	h.id = pes[3]
	if length == 0 {
		length = int(binary.BigEndian.Uint16(pes[4:]))
	}
	h.pts = parseTime(pes[9:])
	if h.dts = h.pts; pes[7]&0x40 != 0 {
		if len(pes) < 19 {
			return h, false
		}
		h.dts = parseTime(pes[14:])
	}
	h.size = length - h.pesHead()
	return h, h.size > 0 && length <= maxPES
}

func parseTime(b []byte) int64 {
	return int64(b[0]>>1&7)<<30 | int64(b[1])<<22 | int64(b[2]>>1)<<15 | int64(b[3])<<7 | int64(b[4]>>1)
}

// appendPacketHead appends the header of a TS packet (ISO 2.4.3.2). start sets payload_unit_start_indicator.
func appendPacketHead(dst []byte, pid int, counter byte, start, field bool) []byte {
	high, control := byte(pid>>8), byte(0x10)
	if start {
		high |= 0x40
	}
	if field {
		control = 0x30
	}
	return append(dst, syncByte, high, byte(pid), control|counter)
}

// appendStuffing appends n bytes of an adaptation field: what fills up one that has begun, or else a whole one.
func appendStuffing(dst []byte, n int, begun bool) []byte {
	if !begun && n > 0 {
		dst = append(dst, byte(n-1))
		if n--; n > 0 {
			dst = append(dst, 0)
			n--
		}
	}
	for range n {
		dst = append(dst, 0xff)
	}
	return dst
}
