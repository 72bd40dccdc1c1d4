package media

import (
	"errors"
	"fmt"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
)

// H264 is the parameter set of an H.264 track (ITU-T H.264, ISO 14496-15).
type H264 struct {
	config        []byte
	lengthSize    int
	sps, pps      [][]byte
	width, height int
}

var errShortConfig = errors.New("decoder configuration is too short")

// NewH264 parses an AVCDecoderConfigurationRecord (ISO 14496-15, 5.3.3.1). Config of the result says
// 4-byte lengths whatever the input said; LengthSize tells what the input said.
func NewH264(config []byte) (*H264, error) {
	if len(config) < 7 {
		return nil, fmt.Errorf("avcC: %w", errShortConfig)
	}
	c := &H264{config: append([]byte(nil), config...), lengthSize: int(config[4]&3) + 1}
	c.config[4] |= 3
	rest := config[5:]
	var err error
	if c.sps, rest, err = takeSets(rest, 0x1f); err != nil {
		return nil, fmt.Errorf("avcC: %w", err)
	}
	if c.pps, _, err = takeSets(rest, 0xff); err != nil {
		return nil, fmt.Errorf("avcC: %w", err)
	}
	if len(c.sps) > 0 {
		var sps h264.SPS
		// A parameter set we cannot read is no reason to refuse the push: only the size stays unknown.
		if err := sps.Unmarshal(c.sps[0]); err == nil {
			c.width, c.height = possibleSize(sps.Width(), sps.Height())
		}
	}
	return c, nil
}

// takeSets reads a count and that many parameter sets with 2-byte lengths.
func takeSets(b []byte, mask byte) (sets [][]byte, rest []byte, err error) {
	if len(b) < 1 {
		return nil, nil, errShortConfig
	}
	n := int(b[0] & mask)
	b = b[1:]
	for range n {
		if len(b) < 2 {
			return nil, nil, errShortConfig
		}
		size := int(b[0])<<8 | int(b[1])
		if len(b) < 2+size {
			return nil, nil, errShortConfig
		}
		sets = append(sets, b[2:2+size])
		b = b[2+size:]
	}
	return sets, b, nil
}

// Name returns "h264".
func (c *H264) Name() string { return "h264" }

// Kind returns Video.
func (c *H264) Kind() Kind { return Video }

// Config returns the AVCDecoderConfigurationRecord.
func (c *H264) Config() []byte { return c.config }

// Size returns the cropped size of the picture; 0, 0 when the parameter sets do not tell it.
func (c *H264) Size() (width, height int) { return c.width, c.height }

// LengthSize is the number of bytes of the NAL unit lengths that the publisher sends.
func (c *H264) LengthSize() int { return c.lengthSize }

// ParameterSets returns the sequence and picture parameter sets.
func (c *H264) ParameterSets() (sps, pps [][]byte) { return c.sps, c.pps }

// RandomAccess reports whether the payload holds an IDR picture or a recovery point SEI message, which marks the
// start of an open GOP or of an intra refresh.
func (c *H264) RandomAccess(payload []byte) bool {
	for nalu := range NALUs(payload) {
		switch nalu[0] & 0x1f {
		case 5:
			return true
		case 1, 2:
			return false
		case 6:
			if hasRecoveryPoint(nalu[1:]) {
				return true
			}
		}
	}
	return false
}

// hasRecoveryPoint looks for a recovery point among the messages of an SEI NAL unit (ITU-T H.264, 7.3.2.3 and D.1.8).
func hasRecoveryPoint(sei []byte) bool {
	const recoveryPoint = 6
	zeros := 0
	next := func() (byte, bool) {
		if zeros >= 2 && len(sei) > 0 && sei[0] == 3 { // emulation prevention
			sei, zeros = sei[1:], 0
		}
		if len(sei) == 0 {
			return 0, false
		}
		b := sei[0]
		sei = sei[1:]
		if zeros++; b != 0 {
			zeros = 0
		}
		return b, true
	}
	number := func() (n int, ok bool) {
		for {
			b, ok := next()
			n += int(b)
			if b != 255 || !ok {
				return n, ok
			}
		}
	}
	for {
		kind, _ := number()
		size, ok := number()
		if !ok || kind == recoveryPoint {
			return ok
		}
		for ; size > 0 && ok; size-- {
			_, ok = next()
		}
	}
}
