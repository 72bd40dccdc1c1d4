package media

import (
	"bytes"
	"fmt"
)

// AV1 is the parameter set of an AV1 track (AV1 bitstream specification; AV1 in ISO base media files).
type AV1 struct {
	config []byte
	header []byte // the sequence header, without OBU header; nil when unknown
	av1Sequence
}

// av1ConfigSize is the fixed part of an AV1CodecConfigurationRecord.
const av1ConfigSize = 4

// NewAV1 parses an AV1CodecConfigurationRecord (AV1 in ISO base media files, 2.3.3). Its sequence header may be missing: After
// finds it in a unit then.
func NewAV1(config []byte) (*AV1, error) {
	if len(config) < av1ConfigSize {
		return nil, fmt.Errorf("av1C: %w", errShortConfig)
	}
	if config[0] != 0x81 {
		return nil, fmt.Errorf("av1C: marker and version are %#x", config[0])
	}
	c := &AV1{config: append([]byte(nil), config...)}
	for rest := c.config[av1ConfigSize:]; len(rest) > 0; {
		o, after, ok := takeOBU(rest)
		if !ok {
			return nil, fmt.Errorf("av1C: %w", ErrBadOBU)
		}
		if o.kind == obuSequenceHeader && c.header == nil {
			// A header we cannot read is no reason to refuse the push: only the size stays unknown.
			c.header = o.body
			c.av1Sequence, _ = parseAV1Sequence(o.body)
		}
		rest = after
	}
	return c, nil
}

// av1FromUnit builds the codec from the sequence header of a unit, unless config has one.
func av1FromUnit(config, payload []byte) (Codec, error) {
	if len(config) > 0 {
		c, err := NewAV1(config)
		if err != nil {
			return nil, err
		}
		if c.header != nil {
			return c.After(payload), nil
		}
	}
	for o := range obus(payload) {
		if o.kind != obuSequenceHeader {
			continue
		}
		if c, err := av1FromHeader(o.body); err == nil {
			return c, nil
		}
		break
	}
	return nil, ErrNoParameters
}

// av1FromHeader makes the configuration of a sequence header.
func av1FromHeader(header []byte) (*AV1, error) {
	s, err := parseAV1Sequence(header)
	if err != nil {
		return nil, err
	}
	config := append([]byte{0x81, s.profile<<5 | s.level, s.format, 0}, obuSequenceHeader<<3|2)
	config = appendLEB128(config, len(header))
	return NewAV1(append(config, header...))
}

// Name returns "av1".
func (c *AV1) Name() string { return "av1" }

// Kind returns Video.
func (c *AV1) Kind() Kind { return Video }

// Config returns the AV1CodecConfigurationRecord.
func (c *AV1) Config() []byte { return c.config }

// Size returns the largest size of the picture; 0, 0 when there is no sequence header.
func (c *AV1) Size() (width, height int) { return c.width, c.height }

// SequenceHeader returns the sequence header as an OBU with a size; empty when it is not known.
func (c *AV1) SequenceHeader() []byte {
	for o := range obus(c.config[av1ConfigSize:]) {
		if o.kind == obuSequenceHeader {
			return o.whole
		}
	}
	return nil
}

// RandomAccess reports whether the payload's first frame is a key frame that is shown, and its sequence header is in front of it or in
// the configuration. A key frame that is shown later only is none: frames in between depend on others.
func (c *AV1) RandomAccess(payload []byte) bool {
	known, still := c.header != nil, c.still
	for o := range obus(payload) {
		switch o.kind {
		case obuSequenceHeader:
			known = true
			still = len(o.body) > 0 && o.body[0]&8 != 0
		case obuFrameHeader, obuFrame:
			// show_existing_frame, frame_type (0: key), show_frame (5.9.2)
			return known && len(o.body) > 0 && (still || o.body[0]&0xf0 == 0x10)
		}
	}
	return false
}

// After returns the codec with the sequence header of the payload, if it has another one that can be read.
func (c *AV1) After(payload []byte) Codec {
	for o := range obus(payload) {
		switch o.kind {
		case obuSequenceHeader:
			if bytes.Equal(o.body, c.header) {
				return c
			}
			if next, err := av1FromHeader(o.body); err == nil {
				return next
			}
			return c
		case obuFrameHeader, obuFrame:
			return c
		}
	}
	return c
}

// av1Sequence is what is used of a sequence header.
type av1Sequence struct {
	profile, level byte
	// format is the third byte of the configuration record: tier, bit depth, subsampling.
	format        byte
	still         bool
	width, height int
}

// parseAV1Sequence reads a sequence header (5.5).
func parseAV1Sequence(b []byte) (s av1Sequence, err error) {
	r := &bitReader{b: b}
	s.profile = byte(r.read(3))
	r.skip(1)
	s.still = r.flag()
	var tier bool
	if s.still {
		s.level = byte(r.read(5))
	} else {
		s.level, tier = readOperatingPoints(r)
	}
	wide, high := int(r.read(4))+1, int(r.read(4))+1
	width, height := int(r.read(wide))+1, int(r.read(high))+1
	s.width, s.height = possibleSize(width, height)
	skipAV1Tools(r, s.still)
	s.format = readAV1Color(r, s.profile)
	if tier {
		s.format |= 0x80
	}
	if r.short {
		return av1Sequence{}, errShortConfig
	}
	return s, nil
}

// readOperatingPoints reads up to the operating points, and returns level and tier of the first.
func readOperatingPoints(r *bitReader) (level byte, tier bool) {
	model, delayBits := false, 0
	if r.flag() { // timing_info
		r.skip(64)
		if r.flag() {
			skipUVLC(r)
		}
		if model = r.flag(); model {
			delayBits = int(r.read(5)) + 1
			r.skip(42)
		}
	}
	display := r.flag()
	for i := range r.read(5) + 1 {
		r.skip(12)
		l, t := byte(r.read(5)), false
		if l > 7 {
			t = r.flag()
		}
		if model && r.flag() {
			r.skip(2*delayBits + 1)
		}
		if display && r.flag() {
			r.skip(4)
		}
		if i == 0 {
			level, tier = l, t
		}
	}
	return level, tier
}

func skipUVLC(r *bitReader) {
	zeros := 0
	for !r.short && !r.flag() {
		zeros++
	}
	if zeros < 32 {
		r.skip(zeros)
	}
}

// skipAV1Tools passes over what lies between the size and the colours.
func skipAV1Tools(r *bitReader, still bool) {
	if !still && r.flag() { // frame_id_numbers_present_flag
		r.skip(7)
	}
	r.skip(3)
	if !still {
		r.skip(4)
		order := r.flag()
		if order {
			r.skip(2)
		}
		screen := uint32(2)
		if !r.flag() {
			screen = r.read(1)
		}
		if screen > 0 && !r.flag() {
			r.skip(1)
		}
		if order {
			r.skip(3)
		}
	}
	r.skip(3)
}

// readAV1Color reads color_config (5.5.2) and returns the third byte of the configuration record, without the tier.
func readAV1Color(r *bitReader, profile byte) (format byte) {
	const high, twelve, mono, subX, subY = 0x40, 0x20, 0x10, 0x08, 0x04
	if r.flag() {
		format |= high
		if profile == 2 && r.flag() {
			format |= twelve
		}
	}
	if profile != 1 && r.flag() {
		format |= mono
	}
	described := uint32(0x020202)
	if r.flag() {
		described = r.read(24)
	}
	const srgb = 0x010d00
	switch {
	case format&mono != 0:
		r.skip(1)
		return format | subX | subY
	case described == srgb:
		return format
	}
	r.skip(1)
	switch {
	case profile == 0:
		format |= subX | subY
	case profile == 2 && format&twelve == 0:
		format |= subX
	case profile == 2:
		if r.flag() {
			format |= subX
			if r.flag() {
				format |= subY
			}
		}
	}
	if format&(subX|subY) == subX|subY {
		format |= byte(r.read(2)) // chroma_sample_position
	}
	return format
}
