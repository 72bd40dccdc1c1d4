package media

// VP9 is the parameter set of a VP9 track (VP9 bitstream specification 0.6).
//
// Its configuration is a VPCodecConfigurationRecord (VP Codec ISO Media File Format Binding, without the version and
// flags of the box) and behind it, since the record does not tell it, the size of the picture: width and height, 16
// bits each. The size may be missing; After finds it in a key frame then. Record is what files hold.
type VP9 struct{ vpConfig }

// NewVP9 parses a configuration: see VP9. A record with version and flags of its box in front is understood.
func NewVP9(config []byte) (*VP9, error) {
	c, err := parseVPConfig(config)
	return &VP9{c}, err
}

// vp9FromUnit builds the codec from a key frame.
func vp9FromUnit(config, payload []byte) (Codec, error) {
	h, ok := parseVP9Header(payload)
	if !ok {
		return nil, ErrNoParameters
	}
	if len(config) == 0 {
		config = h.record()
	}
	c, err := NewVP9(sizedVPConfig(config, h.width, h.height))
	if err != nil {
		return nil, err
	}
	return c.After(payload), nil
}

// Name returns "vp9".
func (c *VP9) Name() string { return "vp9" }

// RandomAccess reports whether the payload begins with a key frame.
func (c *VP9) RandomAccess(payload []byte) bool {
	_, ok := parseVP9Header(payload)
	return ok
}

// After returns the codec with the size that a key frame tells, if it is another one, or another profile or bit depth.
func (c *VP9) After(payload []byte) Codec {
	h, ok := parseVP9Header(payload)
	if !ok {
		return c
	}
	record := c.Record()
	if record[0] != h.profile || record[2]>>4 != h.depth {
		record = h.record()
	} else if c.sized(h.width, h.height) {
		return c
	}
	next, err := NewVP9(sizedVPConfig(record, h.width, h.height))
	if err != nil {
		return c
	}
	return next
}

// vp9Header is what is used of the uncompressed header of a key frame (6.2).
type vp9Header struct {
	profile, depth byte
	subsampling    byte // as the record has it
	full           bool // range
	matrix         byte // ISO 23091-4
	width, height  int
}

// parseVP9Header reports false for anything but a key frame.
func parseVP9Header(b []byte) (h vp9Header, ok bool) {
	if len(b) < 10 || b[0]>>6 != 2 { // the common case: another frame
		return h, false
	}
	r := &bitReader{b: b, pos: 2}
	h.profile = byte(r.read(1) | r.read(1)<<1)
	if h.profile == 3 {
		r.skip(1)
	}
	if r.read(2) != 0 { // show_existing_frame, frame_type
		return h, false
	}
	r.skip(2)
	if r.read(24) != 0x498342 {
		return h, false
	}
	h.readColor(r)
	h.width, h.height = int(r.read(16))+1, int(r.read(16))+1
	width, _ := possibleSize(h.width, h.height)
	return h, !r.short && width > 0
}

// readColor reads color_config (6.2.2).
func (h *vp9Header) readColor(r *bitReader) {
	const rgb = 7
	h.depth = 8
	if h.profile >= 2 {
		h.depth = 10
		if r.flag() {
			h.depth = 12
		}
	}
	odd := h.profile&1 == 1
	space := r.read(3)
	h.matrix = [8]byte{2, 6, 1, 6, 7, 9, 2, 0}[space]
	h.subsampling = 1 // 4:2:0
	if space == rgb {
		h.full, h.subsampling = true, 3
		if odd {
			r.skip(1)
		}
		return
	}
	h.full = r.flag()
	if odd {
		x, y := r.flag(), r.flag()
		r.skip(1)
		switch {
		case x && !y:
			h.subsampling = 2
		case !x && !y:
			h.subsampling = 3
		}
	}
}

// record makes the configuration record. Primaries and transfer are not in the header: unspecified.
func (h *vp9Header) record() []byte {
	format := h.depth<<4 | h.subsampling<<1
	if h.full {
		format |= 1
	}
	return []byte{h.profile, vpLevel(h.width, h.height), format, 2, 2, h.matrix, 0, 0}
}
