package mpegts

import (
	"bytes"
	"encoding/binary"
)

// appendTable appends one TS packet with a section (ISO 2.4.4). mark sets the discontinuity_indicator.
func appendTable(dst []byte, pid int, counter byte, mark bool, section []byte) []byte {
	start := len(dst)
	if mark {
		dst = append(appendPacketHead(dst, pid, counter, true, true), 1, flagDiscontinuity)
	} else {
		dst = appendPacketHead(dst, pid, counter, true, false)
	}
	dst = append(dst, 0) // pointer_field
	dst = append(dst, section...)
	for len(dst) < start+packetSize {
		dst = append(dst, 0xff)
	}
	return dst
}

// appendPAT appends the program association section (ISO 2.4.4.3): program 1 has its PMT on pidPMT.
func appendPAT(dst []byte) []byte {
	start := len(dst)
	dst = append(dst, 0x00, 0xb0, 13, 0, 1, 0xc1, 0, 0, 0, 1, 0xe0|pidPMT>>8, pidPMT&0xff)
	return binary.BigEndian.AppendUint32(dst, checksum(dst[start:]))
}

// maxSection is how long a section may be that always fits into a single packet.
const maxSection = roomSize - 3

// sectionSize is the length of the program map section.
func (p *program) sectionSize() int {
	size := 12 + 4
	for i := range p.streams {
		size += 5 + len(p.streams[i].describes())
	}
	return size
}

// appendPMT appends the program map section (ISO 2.4.4.8): always a single packet.
func (p *program) appendPMT(dst []byte, version byte) []byte {
	start, clock, size := len(dst), pidTracks+p.clock, p.sectionSize()-3
	dst = append(dst, 0x02, 0xb0|byte(size>>8), byte(size), 0, 1, 0xc1|version<<1, 0, 0)
	dst = append(dst, 0xe0|byte(clock>>8), byte(clock), 0xf0, 0)
	for i := range p.streams {
		s, pid := &p.streams[i], pidTracks+i
		more := s.describes()
		dst = append(dst, s.streamType, 0xe0|byte(pid>>8), byte(pid), 0xf0, byte(len(more)))
		dst = append(dst, more...)
	}
	return binary.BigEndian.AppendUint32(dst, checksum(dst[start:]))
}

// table is a packet with a PAT or PMT.
type table struct {
	pid     int
	counter byte
	mark    bool
	section []byte // from table_id on, with everything behind it
}

// parseTable reads a TS packet. It reports false for what cannot be a table.
func parseTable(b []byte) (t table, ok bool) {
	if b[0] != syncByte {
		return t, false
	}
	t = table{pid: int(b[1]&0x1f)<<8 | int(b[2]), counter: b[3] & 0xf, mark: b[3]&0x20 != 0}
	t.section = b[headSize+1:]
	if t.mark {
		t.section = b[headSize+3:]
	}
	return t, true
}

// isPAT reports whether a packet is exactly as the Muxer writes a PAT.
func isPAT(b []byte) (table, bool) {
	t, ok := parseTable(b)
	if !ok {
		return t, false
	}
	var packet [packetSize]byte
	var section [16]byte
	return t, bytes.Equal(b, appendTable(packet[:0], pidPAT, t.counter, t.mark, appendPAT(section[:0])))
}

// parsePMT reads a packet that must be exactly as the Muxer writes a PMT. The section returned is a copy.
func parsePMT(b []byte) (t table, p program, ok bool) {
	t, ok = parseTable(b)
	if !ok || t.pid != pidPMT {
		return t, p, false
	}
	types, ok := streamTypes(t.section)
	if !ok {
		return t, p, false
	}
	p = layOut(types)
	version := t.section[5] >> 1 & 0x1f
	t.section = p.appendPMT(nil, version)
	return t, p, bytes.Equal(b, appendTable(nil, pidPMT, t.counter, t.mark, t.section))
}

// streamTypes returns the stream_types that a program map section tells. It reports false for one that cannot be the Muxer's.
func streamTypes(section []byte) (types []byte, ok bool) {
	end := 3 + int(binary.BigEndian.Uint16(section[1:])&0xfff) - 4
	if end > len(section)-4 {
		return nil, false
	}
	for at := 12; at < end; {
		if at+5 > end || !knownType(section[at]) {
			return nil, false
		}
		types = append(types, section[at])
		at += 5 + int(section[at+4])
	}
	return types, len(types) > 0 && len(types) <= MaxTracks
}

func knownType(streamType byte) bool {
	switch streamType {
	case typeH264, typeAAC, typeMP3, typeMP3L, typeAC3:
		return true
	}
	return false
}

// checksum is the CRC of sections (ISO annex A): polynomial 0x04c11db7, most significant bit first, no final inversion.
func checksum(b []byte) uint32 {
	crc := ^uint32(0)
	for _, c := range b {
		crc ^= uint32(c) << 24
		for range 8 {
			if crc>>31 != 0 {
				crc = crc<<1 ^ 0x04c11db7
			} else {
				crc <<= 1
			}
		}
	}
	return crc
}
