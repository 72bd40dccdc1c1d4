package mp4

import (
	"fmt"

	"aircheck/ingest/media"
	"aircheck/recorder/container"
)

// Sizes of sample entries before their boxes (ISO 14496-12, 12.1.3 and 12.2.3), and what versions 1 and 2 of sound have more
// (QuickTime File Format, sound sample descriptions).
const (
	visualEntry = 78
	audioEntry0 = 28
	audioMore1  = 16
	audioMore2  = 36
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
		if codec, ok := videoEntries[kind]; ok {
			return t.picture(codec, body)
		}
		if codec, ok := audioEntries[kind]; ok {
			return t.sound(codec, body)
		}
		return nil
	})
}

// entryCodec is the codec of a sample entry, and the box that has its configuration; empty where the entry itself has it.
type entryCodec struct{ name, box string }

var videoEntries = map[string]entryCodec{
	"avc1": {"h264", "avcC"}, "avc3": {"h264", "avcC"},
	"hvc1": {"h265", "hvcC"}, "hev1": {"h265", "hvcC"},
	"av01": {"av1", "av1C"},
	"vp08": {"vp8", "vpcC"},
	"vp09": {"vp9", "vpcC"},
}

var audioEntries = map[string]entryCodec{
	"mp4a": {"aac", "esds"}, // or mp3, as that box says
	"Opus": {"opus", "dOps"},
	"ac-3": {"ac3", "dac3"},
	"alaw": {"g711a", ""},
	"ulaw": {"g711u", ""},
}

// picture takes the sample entry of pictures.
func (t *parsedTrack) picture(codec entryCodec, entry []byte) error {
	if len(entry) < visualEntry {
		return shortEntry(entry)
	}
	config := child(entry[visualEntry:], codec.box)
	if len(config) > 0 && codec.box == "vpcC" {
		// The size is in the entry alone: see media.VP9.
		config = append(config[:len(config):len(config)], entry[24:28]...)
	}
	return t.configure(codec.name, media.Video, config)
}

// sound takes the sample entry of sound.
func (t *parsedTrack) sound(codec entryCodec, entry []byte) error {
	if len(entry) < audioEntry0 {
		return shortEntry(entry)
	}
	fixed := audioEntry0
	switch be.Uint16(entry[8:]) {
	case 1:
		fixed += audioMore1
	case 2:
		fixed += audioMore2
	}
	channels, rate := int(be.Uint16(entry[16:])), int(be.Uint16(entry[24:]))
	config := media.SoundConfig(rate, channels)
	if codec.box != "" {
		config = child(entry[min(fixed, len(entry)):], codec.box)
	}
	name := codec.name
	switch codec.box {
	case "esds":
		if name, config = decoderInfo(config); name == "mp3" {
			config = media.SoundConfig(rate, channels)
		}
	case "dOps":
		if len(config) == 0 {
			return nil
		}
		c, err := media.OpusFromDOps(config)
		if err != nil {
			return t.unreadable(err)
		}
		config = c.Config()
	}
	return t.configure(name, media.Audio, config)
}

func shortEntry(entry []byte) error {
	return fmt.Errorf("%w: sample entry of %d bytes", container.ErrCorrupt, len(entry))
}

// child returns the body of the first box of that kind.
func child(body []byte, name string) (found []byte) {
	// What follows the configuration may be padding that is no box.
	_ = boxes(body, func(kind string, body []byte) error {
		if kind == name && found == nil {
			found = body
		}
		return nil
	})
	return found
}

func (t *parsedTrack) unreadable(err error) error {
	return fmt.Errorf("%w: read configuration of track %d: %w", container.ErrCorrupt, t.id, err)
}

// configure makes the track. Without a configuration it stays unknown.
func (t *parsedTrack) configure(name string, kind media.Kind, config []byte) error {
	if len(config) == 0 {
		return nil
	}
	c, err := media.New(name, kind, config)
	if err != nil {
		return t.unreadable(err)
	}
	t.lengthSize = 4
	if c, ok := c.(interface{ LengthSize() int }); ok {
		t.lengthSize = c.LengthSize()
	}
	t.track = &media.Track{ID: int(t.id), Codec: c, Timescale: t.scale}
	return nil
}

// decoderInfo returns the codec that an esds describes, "aac" with its AudioSpecificConfig, or "mp3" without one; no name for others.
func decoderInfo(esds []byte) (name string, config []byte) {
	if len(esds) < 4 {
		return "", nil
	}
	es := descriptor(esds[4:], tagES)
	if len(es) < 3 {
		return "", nil
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
	decoder := descriptor(r.b, tagDecoderConfig)
	if len(decoder) < 13 {
		return "", nil
	}
	switch decoder[0] {
	case objectAAC:
		return "aac", descriptor(decoder[13:], tagDecoderSpecific)
	case objectMP3, objectMP3Low:
		return "mp3", nil
	}
	return "", nil
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
