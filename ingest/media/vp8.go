package media

// VP8 is the parameter set of a VP8 track (RFC 6386).
type VP8 struct{ vpConfig }

// NewVP8 parses a VPCodecConfigurationRecord, with the size of the picture behind it if that is known: see VP9.
func NewVP8(config []byte) (*VP8, error) {
	c, err := parseVPConfig(config)
	return &VP8{c}, err
}

// vp8FromUnit builds the codec from a key frame.
func vp8FromUnit(config, payload []byte) (Codec, error) {
	width, height, ok := vp8Size(payload)
	if !ok {
		return nil, ErrNoParameters
	}
	if len(config) == 0 {
		// Profile 0, level unknown, 8 bits, 4:2:0, BT.601 as RFC 6386 says.
		config = []byte{0, vpLevel(width, height), 0x82, 6, 6, 6, 0, 0}
	}
	return NewVP8(sizedVPConfig(config, width, height))
}

// Name returns "vp8".
func (c *VP8) Name() string { return "vp8" }

// RandomAccess reports whether the payload is a key frame.
func (c *VP8) RandomAccess(payload []byte) bool {
	_, _, ok := vp8Size(payload)
	return ok
}

// After returns the codec with the size that a key frame tells, if it is another one.
func (c *VP8) After(payload []byte) Codec {
	width, height, ok := vp8Size(payload)
	if !ok || c.sized(width, height) {
		return c
	}
	next, err := NewVP8(sizedVPConfig(c.Record(), width, height))
	if err != nil {
		return c
	}
	return next
}

// vp8Size reads the head of a key frame (RFC 6386, 9.1).
func vp8Size(b []byte) (width, height int, ok bool) {
	if len(b) < 10 || b[0]&1 != 0 || b[3] != 0x9d || b[4] != 0x01 || b[5] != 0x2a {
		return 0, 0, false
	}
	width, height = (int(b[7])<<8|int(b[6]))&0x3fff, (int(b[9])<<8|int(b[8]))&0x3fff
	return width, height, width > 0 && height > 0
}
