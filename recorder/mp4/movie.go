package mp4

import (
	"fmt"
	"io"

	"aircheck/ingest/media"
	"aircheck/recorder/container"
)

// parsed is what a moov says.
type parsed struct {
	scale      uint32
	fragmented bool
	tracks     []*parsedTrack
}

// parsedTrack is what a trak says. The tables are the bodies of their boxes.
type parsedTrack struct {
	id         uint32
	scale      uint32
	handler    string
	track      *media.Track // nil when the codec is unknown
	lengthSize int          // of the lengths in front of NAL units
	delay      int64        // of an empty edit, in the movie's clock rate
	start      int64        // media time at which the first edit starts
	defaults   trackDefaults

	stts, ctts, stss, stsz, stsc, stco, co64 []byte
}

// framed reports whether the codec tells how long each sample lasts.
func (t *parsedTrack) framed() bool {
	if t.track == nil {
		return false
	}
	_, ok := t.track.Codec.(media.FramedCodec)
	return ok
}

// maxNesting is how deep a trak's boxes nest: mdia, minf, stbl.
const maxNesting = 3

// trackDefaults are the values of samples that trun and tfhd do not tell.
type trackDefaults struct{ duration, size, flags uint32 }

// findMoov reads the moov of a file, and leaves the cursor behind it.
func findMoov(c *container.Cursor) (*parsed, error) {
	first := true
	for range maxBoxes {
		h, err := peekHead(c)
		if err != nil {
			return nil, torn(err)
		}
		if first && !opens(h.kind) {
			return nil, fmt.Errorf("%w: no MP4 file", container.ErrCorrupt)
		}
		first = false
		if h.kind != "moov" {
			c.Skip(h.size)
			continue
		}
		if h.size > maxMoov {
			return nil, fmt.Errorf("%w: moov of %d bytes", container.ErrCorrupt, h.size)
		}
		c.Skip(h.skip)
		body, err := c.Read(h.size - h.skip)
		if err != nil {
			return nil, torn(err)
		}
		return parseMoov(body)
	}
	return nil, fmt.Errorf("%w: no moov", container.ErrCorrupt)
}

// opens reports whether a file can start with such a box.
func opens(kind string) bool {
	switch kind {
	case "ftyp", "styp", "moov", "free", "skip", "wide", "mdat":
		return true
	}
	return false
}

func parseMoov(body []byte) (*parsed, error) {
	m := &parsed{}
	err := boxes(body, func(kind string, body []byte) error {
		r := reader{b: body}
		switch kind {
		case "mvhd":
			version, _ := r.full()
			r.sized(version)
			r.sized(version)
			m.scale = r.u32()
		case "trak":
			t := &parsedTrack{}
			if err := t.parse(body); err != nil {
				return err
			}
			if m.track(t.id) >= 0 || len(m.tracks) >= maxTracks {
				return fmt.Errorf("%w: track_ID %d twice, or more than %d tracks", container.ErrCorrupt, t.id, maxTracks)
			}
			m.tracks = append(m.tracks, t)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	// mvex may stand in front of the tracks.
	return m, boxes(body, func(kind string, body []byte) error {
		if kind != "mvex" {
			return nil
		}
		m.fragmented = true
		return boxes(body, m.trex)
	})
}

func (m *parsed) trex(kind string, body []byte) error {
	r := reader{b: body}
	r.full()
	i := m.track(r.u32())
	if kind != "trex" || i < 0 {
		return nil
	}
	r.u32() // sample description
	m.tracks[i].defaults = trackDefaults{duration: r.u32(), size: r.u32(), flags: r.u32()}
	return nil
}

// track returns the position of the track with that track_ID, or -1.
func (m *parsed) track(id uint32) int {
	for i, t := range m.tracks {
		if t.id == id {
			return i
		}
	}
	return -1
}

// known returns the tracks whose codec is known.
func (m *parsed) known() (tracks []*media.Track) {
	for _, t := range m.tracks {
		if t.track != nil {
			tracks = append(tracks, t.track)
		}
	}
	return tracks
}

// parse reads a trak. The boxes inside it are told apart by name alone: none occurs at two levels.
func (t *parsedTrack) parse(body []byte) error {
	var stsd []byte
	depth := 0
	var walk func(kind string, body []byte) error
	walk = func(kind string, body []byte) error {
		r := reader{b: body}
		switch kind {
		case "mdia", "minf", "stbl", "edts":
			if depth++; depth > maxNesting {
				return fmt.Errorf("%w: boxes nested too deeply", container.ErrCorrupt)
			}
			defer func() { depth-- }()
			return boxes(body, walk)
		case "tkhd":
			version, _ := r.full()
			r.sized(version)
			r.sized(version)
			t.id = r.u32()
		case "mdhd":
			version, _ := r.full()
			r.sized(version)
			r.sized(version)
			t.scale = r.u32()
		case "hdlr":
			r.full()
			r.u32()
			t.handler = string(r.take(4))
		case "elst":
			t.parseEdits(r)
		case "stsd":
			stsd = body
		default:
			if table := t.table(kind); table != nil {
				*table = body
			}
		}
		return nil
	}
	if err := boxes(body, walk); err != nil {
		return err
	}
	if t.id == 0 || t.scale == 0 {
		return fmt.Errorf("%w: trak with track_ID %d and clock rate %d", container.ErrCorrupt, t.id, t.scale)
	}
	return t.describe(stsd)
}

func (t *parsedTrack) table(kind string) *[]byte {
	switch kind {
	case "stts":
		return &t.stts
	case "ctts":
		return &t.ctts
	case "stss":
		return &t.stss
	case "stsz":
		return &t.stsz
	case "stsc":
		return &t.stsc
	case "stco":
		return &t.stco
	case "co64":
		return &t.co64
	}
	return nil
}

// parseEdits reads the waiting time and the first edit behind it; a file with more edits is read as if it had no more.
func (t *parsedTrack) parseEdits(r reader) {
	version, _ := r.full()
	count := r.u32()
	for range min(count, 2) {
		length := r.sized(version)
		start := int64(int32(r.u32()))
		if version == 1 {
			start = start<<32 | int64(r.u32())
		}
		r.u32() // rate
		if r.short || length > maxTime || start > maxTime {
			return
		}
		if start >= 0 {
			t.start = start
			return
		}
		t.delay = int64(length)
	}
}

// Probe reads the tracks from the moov. Tracks of codecs that Format does not support are left out.
func (Format) Probe(r io.ReaderAt, size int64) ([]*media.Track, error) {
	m, err := findMoov(container.NewCursor(r, 0, size))
	if err != nil {
		return nil, err
	}
	tracks := m.known()
	if len(tracks) == 0 {
		return nil, fmt.Errorf("%w: no track of a known codec", container.ErrCorrupt)
	}
	return tracks, nil
}
