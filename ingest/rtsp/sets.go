package rtsp

import (
	"bytes"
	"encoding/binary"
	"slices"

	"github.com/bluenviron/mediacommon/v2/pkg/bits"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h265"

	"aircheck/ingest/media"
)

const (
	// maxSetSize bounds a parameter set, maxSets how many are kept of each type: more than any encoder has.
	maxSetSize = 4 << 10
	maxSets    = 16
)

// paramSets are the parameter sets of an H.264 or H.265 track that are in force.
type paramSets struct {
	h265 bool
	// kept are ordered by type and number. Those of H.265 are video, sequence and picture parameter sets.
	kept  []paramSet
	dirty bool
}

type paramSet struct {
	kind byte
	id   uint32
	nalu []byte
}

// put takes a parameter set. One that cannot be read is no reason to leave its pictures out, and is ignored.
func (s *paramSets) put(nalu []byte) {
	kind, id, ok := s.identify(nalu)
	if !ok || len(nalu) > maxSetSize {
		return
	}
	of := 0
	for i := range s.kept {
		have := &s.kept[i]
		if have.kind != kind {
			continue
		}
		if of++; have.id != id {
			continue
		}
		if !bytes.Equal(have.nalu, nalu) {
			have.nalu, s.dirty = bytes.Clone(nalu), true
		}
		return
	}
	if of >= maxSets {
		return
	}
	s.kept = append(s.kept, paramSet{kind: kind, id: id, nalu: bytes.Clone(nalu)})
	slices.SortFunc(s.kept, func(a, b paramSet) int {
		if a.kind != b.kind {
			return int(a.kind) - int(b.kind)
		}
		return int(a.id) - int(b.id)
	})
	s.dirty = true
}

// identify returns type and number of a parameter set.
func (s *paramSets) identify(nalu []byte) (kind byte, id uint32, ok bool) {
	pos := 0
	body := nalu
	switch {
	case s.h265 && len(nalu) > 3:
		kind, body = nalu[0]>>1&0x3f, nalu[2:]
		switch kind {
		case 32:
			return kind, uint32(body[0] >> 4), true
		case 33:
			var sps h265.SPS
			if sps.Unmarshal(nalu) != nil {
				return 0, 0, false
			}
			return kind, uint32(sps.ID), true
		}
	case !s.h265 && len(nalu) > 1:
		kind, body = nalu[0]&0x1f, nalu[1:]
		if kind == 7 {
			if len(nalu) < 5 {
				return 0, 0, false
			}
			pos = 24
		}
	default:
		return 0, 0, false
	}
	id, err := bits.ReadGolombUnsigned(body[:min(len(body), 16)], &pos)
	return kind, id, err == nil && id < 256
}

// of returns the sets of a type.
func (s *paramSets) of(kind byte) (out [][]byte) {
	for _, p := range s.kept {
		if p.kind == kind {
			out = append(out, p.nalu)
		}
	}
	return out
}

// changed returns the codec that the sets make, if they have changed and are complete.
func (s *paramSets) changed() (media.Codec, error) {
	if !s.dirty {
		return nil, nil
	}
	var config []byte
	var ok bool
	if s.h265 {
		config, ok = hvcC(s.of(32), s.of(33), s.of(34))
	} else {
		config, ok = avcC(s.of(7), s.of(8))
	}
	if !ok {
		return nil, nil
	}
	s.dirty = false
	if s.h265 {
		return newCodec(media.NewH265(config))
	}
	return newCodec(media.NewH264(config))
}

// newCodec keeps a failed codec from being a Codec that is not nil.
func newCodec[C media.Codec](c C, err error) (media.Codec, error) {
	if err != nil {
		return nil, err
	}
	return c, nil
}

// avcC makes an AVCDecoderConfigurationRecord (ISO 14496-15, 5.3.3.1).
func avcC(sps, pps [][]byte) (config []byte, ok bool) {
	if len(sps) == 0 || len(pps) == 0 {
		return nil, false
	}
	config = append(config, 1, sps[0][1], sps[0][2], sps[0][3], 0xff, 0xe0|byte(len(sps)))
	config = appendSets(config, sps)
	config = append(config, byte(len(pps)))
	config = appendSets(config, pps)
	switch sps[0][1] {
	case 100, 110, 122, 144:
		var p h264.SPS
		if p.Unmarshal(sps[0]) == nil {
			config = append(config, 0xfc|byte(p.ChromaFormatIdc), 0xf8|byte(p.BitDepthLumaMinus8), 0xf8|byte(p.BitDepthChromaMinus8), 0)
		}
	}
	return config, true
}

// hvcC makes an HEVCDecoderConfigurationRecord (ISO 14496-15, 8.3.3.1).
func hvcC(vps, sps, pps [][]byte) (config []byte, ok bool) {
	if len(vps) == 0 || len(sps) == 0 || len(pps) == 0 {
		return nil, false
	}
	var p h265.SPS
	plain := h264.EmulationPreventionRemove(sps[0])
	if len(plain) < 15 || p.Unmarshal(sps[0]) != nil {
		return nil, false
	}
	config = append(config, 1)
	config = append(config, plain[3:15]...) // profile, tier, compatibility, constraints, level
	config = append(config, 0xf0, 0, 0xfc,
		0xfc|byte(p.ChromaFormatIdc), 0xf8|byte(p.BitDepthLumaMinus8), 0xf8|byte(p.BitDepthChromaMinus8), 0, 0)
	// Layers of time, whether they nest, lengths of 4 bytes.
	config = append(config, (plain[2]>>1&7+1)<<3|plain[2]&1<<2|3, 3)
	for i, sets := range [][][]byte{vps, sps, pps} {
		config = append(config, 0x80|byte(32+i))
		config = binary.BigEndian.AppendUint16(config, uint16(len(sets)))
		config = appendSets(config, sets)
	}
	return config, true
}

func appendSets(dst []byte, sets [][]byte) []byte {
	for _, s := range sets {
		dst = binary.BigEndian.AppendUint16(dst, uint16(len(s)))
		dst = append(dst, s...)
	}
	return dst
}

// h265Sets returns the video, sequence and picture parameter sets of an HEVCDecoderConfigurationRecord.
func h265Sets(config []byte) (sets [3][][]byte) {
	const head = 23
	if len(config) < head {
		return sets
	}
	for rest := config[head:]; len(rest) >= 5; {
		kind, n := rest[0]&0x3f, int(binary.BigEndian.Uint16(rest[1:]))
		rest = rest[3:]
		for range n {
			if len(rest) < 2 {
				return sets
			}
			size := int(binary.BigEndian.Uint16(rest))
			if len(rest) < 2+size {
				return sets
			}
			if kind >= 32 && kind <= 34 {
				sets[kind-32] = append(sets[kind-32], rest[2:2+size])
			}
			rest = rest[2+size:]
		}
	}
	return sets
}
