package mpegts

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"

	"aircheck/ingest/media"
)

// Types of NAL unit (ITU-T H.264, table 7-1).
const (
	naluSPS       = 7
	naluPPS       = 8
	naluDelimiter = 9
)

// startCode goes in front of every NAL unit, delimiter in front of every access unit: 7.3.2.4, any type of slice.
var (
	startCode = []byte{0, 0, 0, 1}
	delimiter = []byte{naluDelimiter, 0xf0}
)

func naluType(nalu []byte) byte { return nalu[0] & 0x1f }

// isSPS reports whether a NAL unit is a sequence parameter set that a decoder configuration can take.
func isSPS(nalu []byte) bool { return len(nalu) >= 4 && isSet(nalu, naluSPS) }

// isPPS is isSPS for picture parameter sets.
func isPPS(nalu []byte) bool { return len(nalu) >= 2 && isSet(nalu, naluPPS) }

func isSet(nalu []byte, kind byte) bool { return naluType(nalu) == kind && isSmall(nalu) }

// isSmall reports whether a NAL unit has a length of 16 bits, and comes out of a byte stream in one piece.
func isSmall(nalu []byte) bool {
	return len(nalu) <= math.MaxUint16 && !bytes.Contains(nalu, startCode)
}

// usableSets returns the parameter sets of a codec, or nil if there are not both kinds.
func usableSets(c *media.H264) [][]byte {
	sps, pps := c.ParameterSets()
	sps, pps = keep(sps, isSPS), keep(pps, isPPS)
	if len(sps) == 0 || len(pps) == 0 {
		return nil
	}
	return append(sps, pps...)
}

func keep(sets [][]byte, ok func([]byte) bool) (out [][]byte) {
	for _, set := range sets {
		if ok(set) {
			out = append(out, set)
		}
	}
	return out
}

// outline is what a payload with 4-byte lengths holds.
type outline struct {
	// size in a byte stream, start codes included.
	size int
	// delimited: it begins with an access unit delimiter. sets: it has parameter sets of both kinds.
	delimited, sets bool
}

func survey(payload []byte) (o outline) {
	var sps, pps bool
	for nalu := range media.NALUs(payload) {
		switch naluType(nalu) {
		case naluDelimiter:
			o.delimited = o.delimited || o.size == 0 && isSmall(nalu)
		case naluSPS:
			sps = sps || isSPS(nalu)
		case naluPPS:
			pps = pps || isPPS(nalu)
		}
		o.size += len(startCode) + len(nalu)
	}
	o.sets = sps && pps
	return o
}

// checkNALUs returns media.ErrBadNALU unless the payload is a whole sequence of NAL units, one of them not empty.
func checkNALUs(payload []byte) error {
	some := false
	for len(payload) > 0 {
		if len(payload) < 4 {
			return media.ErrBadNALU
		}
		n := binary.BigEndian.Uint32(payload)
		if uint64(n) > uint64(len(payload)-4) {
			return media.ErrBadNALU
		}
		some = some || n > 0
		payload = payload[4+n:]
	}
	if !some {
		return media.ErrBadNALU
	}
	return nil
}

// toLengths turns the start codes of a byte stream into lengths of 4 bytes, in place. It reports false unless the first NAL
// unit is an access unit delimiter.
func toLengths(b []byte) bool {
	if len(b) <= len(startCode) || !bytes.HasPrefix(b, startCode) || b[4]&0x1f != naluDelimiter {
		return false
	}
	for {
		end := bytes.Index(b[4:], startCode)
		if end < 0 {
			binary.BigEndian.PutUint32(b, uint32(len(b)-4))
			return true
		}
		binary.BigEndian.PutUint32(b, uint32(end))
		b = b[4+end:]
	}
}

// cutNALU returns the first NAL unit of a payload with 4-byte lengths that are right, and what follows.
func cutNALU(payload []byte) (nalu, rest []byte) {
	n := 4 + binary.BigEndian.Uint32(payload)
	return payload[4:n], payload[n:]
}

// leading returns the parameter sets in front of a payload. Those of all of it are returned if there are not both kinds in
// front.
func leading(payload []byte) (sps, pps [][]byte) {
	for rest := payload; len(rest) > 0; {
		var nalu []byte
		nalu, rest = cutNALU(rest)
		switch {
		case len(nalu) > 0 && isSPS(nalu):
			sps = append(sps, nalu)
		case len(nalu) > 0 && isPPS(nalu):
			pps = append(pps, nalu)
		case len(sps) > 0 && len(pps) > 0:
			return sps, pps
		}
	}
	return sps, pps
}

// withoutSets returns a payload without those of the parameter sets that stand in front.
func withoutSets(payload []byte, sets [][]byte) []byte {
	for len(payload) > 0 {
		nalu, rest := cutNALU(payload)
		if !slices.ContainsFunc(sets, func(set []byte) bool { return bytes.Equal(set, nalu) }) {
			break
		}
		payload = rest
	}
	return payload
}

// newH264 makes a codec from parameter sets: an AVCDecoderConfigurationRecord (ISO 14496-15, 5.3.3.1.2) counts up to 31 and
// 255 of them. It returns nil unless there are both kinds.
func newH264(sps, pps [][]byte) *media.H264 {
	if len(sps) == 0 || len(pps) == 0 {
		return nil
	}
	config := append([]byte{1}, sps[0][1:4]...)
	config = appendSets(append(config, 0xff), 0xe0, sps[:min(len(sps), 31)])
	config = appendSets(config, 0, pps[:min(len(pps), 255)])
	switch profile := sps[0][1]; profile {
	case 66, 77, 88:
	default:
		f := formatOf(sps[0])
		config = append(config, 0xfc|f.chroma, 0xf8|f.luma, 0xf8|f.chromaDepth, 0)
	}
	c, err := media.NewH264(config)
	if err != nil {
		return nil
	}
	return c
}

func appendSets(config []byte, mark byte, sets [][]byte) []byte {
	config = append(config, mark|byte(len(sets)))
	for _, set := range sets {
		config = binary.BigEndian.AppendUint16(config, uint16(len(set)))
		config = append(config, set...)
	}
	return config
}

// format is what a High profile adds to the configuration: chroma_format_idc, and bits per sample beyond 8.
type format struct{ chroma, luma, chromaDepth byte }

// formatOf reads a sequence parameter set (ITU-T H.264, 7.3.2.1.1). What cannot be read is taken for 4:2:0 of 8 bits.
func formatOf(sps []byte) format {
	usual := format{chroma: 1}
	switch sps[1] {
	case 100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135:
	default:
		return usual
	}
	r := bits{b: unescape(sps[4:min(len(sps), 64)])}
	r.golomb() // seq_parameter_set_id
	chroma := r.golomb()
	if chroma == 3 {
		r.bit() // separate_colour_plane_flag
	}
	luma, depth := r.golomb(), r.golomb()
	if r.short || chroma > 3 || luma > 6 || depth > 6 {
		return usual
	}
	return format{byte(chroma), byte(luma), byte(depth)}
}

// unescape removes the emulation prevention.
func unescape(b []byte) []byte {
	out := make([]byte, 0, len(b))
	zeros := 0
	for _, c := range b {
		if zeros >= 2 && c == 3 {
			zeros = 0
			continue
		}
		if zeros++; c != 0 {
			zeros = 0
		}
		out = append(out, c)
	}
	return out
}

// bits reads bit by bit; short tells that there were not enough.
type bits struct {
	b     []byte
	at    int
	short bool
}

func (r *bits) bit() uint32 {
	if r.at >= 8*len(r.b) {
		r.short = true
		return 1
	}
	v := r.b[r.at/8] >> (7 - r.at%8) & 1
	r.at++
	return uint32(v)
}

// golomb reads an ue(v), ITU-T H.264, 9.1.
func (r *bits) golomb() uint32 {
	n := 0
	for r.bit() == 0 && n < 31 {
		n++
	}
	v := uint32(0)
	for range n {
		v = v<<1 | r.bit()
	}
	return 1<<n - 1 + v
}
