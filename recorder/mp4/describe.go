package mp4

import (
	"fmt"

	"aircheck/ingest/media"
	"aircheck/recorder/container"
)

// Sizes of sample entries before their boxes (ISO 14496-12, 12.1.3 and 12.2.3).
const (
	visualEntry = 78
	audioEntry0 = 28
)

// describe makes the track from its first sample entry. A codec that is unknown is no error.
func (t *parsedTrack) describe(stsd []byte) error {
	if len(stsd) < 8 {
		return nil
	}
	first := true
	return boxes(stsd[8:], func(kind string, body []byte) error {
		if !first {
			return nil
		}
		first = false
		switch kind {
		case "avc1", "avc3":
			return t.configure("h264", media.Video, body, visualEntry, "avcC")
		case "hvc1", "hev1":
			return t.configure("h265", media.Video, body, visualEntry, "hvcC")
		case "mp4a":
			return t.configure("aac", media.Audio, body, audioEntry0, "esds")
		}
		return nil
	})
}

// configure finds the decoder configuration behind the fixed part of a sample entry.
func (t *parsedTrack) configure(name string, kind media.Kind, entry []byte, fixed int, box string) error {
	if len(entry) < fixed {
		return fmt.Errorf("%w: sample entry of %d bytes", container.ErrCorrupt, len(entry))
	}
	var config []byte
	// What follows the configuration may be padding that is no box.
	_ = boxes(entry[fixed:], func(kind string, body []byte) error {
		if kind == box && config == nil {
			config = body
		}
		return nil
	})
	if box == "esds" {
		config = decoderInfo(config)
	}
	if len(config) == 0 {
		return nil
	}
	c, err := media.New(name, kind, config)
	if err != nil {
		return fmt.Errorf("%w: read configuration of track %d: %w", container.ErrCorrupt, t.id, err)
	}
	t.lengthSize = 4
	if c, ok := c.(interface{ LengthSize() int }); ok {
		t.lengthSize = c.LengthSize()
	}
	t.track = &media.Track{ID: int(t.id), Codec: c, Timescale: t.scale}
	return nil
}

// Descriptor tags and the object type of AAC (ISO 14496-1, 7.2.6).
const (
	tagES              = 3
	tagDecoderConfig   = 4
	tagDecoderSpecific = 5
	objectAAC          = 0x40
)

// decoderInfo returns the AudioSpecificConfig of an esds, or nil when it describes something else than AAC.
func decoderInfo(esds []byte) []byte {
	if len(esds) < 4 {
		return nil
	}
	es := descriptor(esds[4:], tagES)
	if len(es) < 3 {
		return nil
	}
	flags, es := es[2], es[3:]
	r := reader{b: es}
	if flags&0x80 != 0 {
		r.u16() // depends on
	}
	if flags&0x40 != 0 {
		r.take(int(r.u8())) // URL
	}
	if flags&0x20 != 0 {
		r.u16() // OCR
	}
	config := descriptor(r.b, tagDecoderConfig)
	if len(config) < 13 || config[0] != objectAAC {
		return nil
	}
	return descriptor(config[13:], tagDecoderSpecific)
}

// descriptor returns the body of the descriptor that b starts with, if it has that tag and fits.
func descriptor(b []byte, tag byte) []byte {
	if len(b) < 2 || b[0] != tag {
		return nil
	}
	b = b[1:]
	size := 0
	for i := 0; i < 4 && len(b) > 0; i++ {
		c := b[0]
		b = b[1:]
		size = size<<7 | int(c&0x7f)
		if c&0x80 == 0 {
			break
		}
	}
	if size > len(b) {
		return nil
	}
	return b[:size]
}
