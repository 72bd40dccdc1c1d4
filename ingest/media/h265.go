package media

import (
	"fmt"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h265"
)

// H265 is the parameter set of an H.265 track (ITU-T H.265, ISO 14496-15).
type H265 struct {
	config        []byte
	lengthSize    int
	width, height int
}

const (
	h265HeaderSize = 23
	h265NALSPS     = 33
)

// NewH265 parses an HEVCDecoderConfigurationRecord (ISO 14496-15, 8.3.3.1). Config of the result says
// 4-byte lengths whatever the input said; LengthSize tells what the input said.
func NewH265(config []byte) (*H265, error) {
	if len(config) < h265HeaderSize {
		return nil, fmt.Errorf("hvcC: %w", errShortConfig)
	}
	c := &H265{config: append([]byte(nil), config...), lengthSize: int(config[21]&3) + 1}
	c.config[21] |= 3
	rest := config[h265HeaderSize:]
	for range config[h265HeaderSize-1] {
		if len(rest) < 3 {
			return nil, fmt.Errorf("hvcC: %w", errShortConfig)
		}
		kind, n := rest[0]&0x3f, int(rest[1])<<8|int(rest[2])
		rest = rest[3:]
		for range n {
			if len(rest) < 2 {
				return nil, fmt.Errorf("hvcC: %w", errShortConfig)
			}
			size := int(rest[0])<<8 | int(rest[1])
			if len(rest) < 2+size {
				return nil, fmt.Errorf("hvcC: %w", errShortConfig)
			}
			c.readSize(kind, rest[2:2+size])
			rest = rest[2+size:]
		}
	}
	return c, nil
}

func (c *H265) readSize(kind byte, nalu []byte) {
	if kind != h265NALSPS || c.width != 0 {
		return
	}
	var sps h265.SPS
	// A parameter set we cannot read is no reason to refuse the push: only the size stays unknown.
	if err := sps.Unmarshal(nalu); err == nil {
		c.width, c.height = possibleSize(sps.Width(), sps.Height())
	}
}

// Name returns "h265".
func (c *H265) Name() string { return "h265" }

// Kind returns Video.
func (c *H265) Kind() Kind { return Video }

// Config returns the HEVCDecoderConfigurationRecord.
func (c *H265) Config() []byte { return c.config }

// Size returns the cropped size of the picture; 0, 0 when the parameter sets do not tell it.
func (c *H265) Size() (width, height int) { return c.width, c.height }

// LengthSize is the number of bytes of the NAL unit lengths that the publisher sends.
func (c *H265) LengthSize() int { return c.lengthSize }

// RandomAccess reports whether the payload's first picture is an IRAP picture (BLA, IDR or CRA:
// NAL unit types 16 to 23).
func (c *H265) RandomAccess(payload []byte) bool {
	for nalu := range NALUs(payload) {
		if t := nalu[0] >> 1 & 0x3f; t < 32 {
			return t >= 16 && t <= 23
		}
	}
	return false
}
