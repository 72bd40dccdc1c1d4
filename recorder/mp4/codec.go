package mp4

import (
	"fmt"
	"math"

	"aircheck/ingest/media"
	"aircheck/recorder/container"

	"github.com/Eyevinn/mp4ff/mp4"
)

// entryOf returns the type of a codec's sample entry, and the box in it with the configuration, which is nil where the entry says
// all. It returns ErrUnsupported, wrapped, for what a file cannot carry.
func entryOf(c media.Codec) (kind string, config mp4.Box, err error) {
	switch c := c.(type) {
	case *media.H264:
		return "avc1", box("avcC", c.Config()), nil
	case *media.H265:
		return "hvc1", box("hvcC", c.Config()), nil
	case *media.AV1:
		return "av01", box("av1C", c.Config()), nil
	case *media.VP8:
		return "vp08", box("vpcC", append(vpcHead(), c.Record()...)), nil
	case *media.VP9:
		return "vp09", box("vpcC", append(vpcHead(), c.Record()...)), nil
	case *media.AAC:
		return "mp4a", mp4.CreateEsdsBox(c.Config()), nil
	case *media.MP3:
		return "mp4a", box("esds", mp3Descriptors(c)), nil
	case *media.Opus:
		return "Opus", box("dOps", c.DOps()), nil
	case *media.AC3:
		return "ac-3", box("dac3", c.Config()), nil
	case *media.G711:
		if kind = g711Entry(c); c.SampleRate() <= math.MaxUint16 {
			return kind, nil, nil
		}
		return "", nil, fmt.Errorf("%w: MP4 cannot carry %s of %d Hz", container.ErrUnsupported, c.Name(), c.SampleRate())
	}
	return "", nil, fmt.Errorf("%w: MP4 cannot carry %s", container.ErrUnsupported, c.Name())
}

func box(kind string, body []byte) mp4.Box {
	return mp4.CreateUnknownBox(kind, uint64(boxHead+len(body)), body)
}

// vpcHead is version 1 of the vpcC box, and no flags (VP Codec ISO Media File Format Binding).
func vpcHead() []byte { return []byte{1, 0, 0, 0} }

// g711Entry returns the sample entry of G.711 (QuickTime File Format, sound sample descriptions).
func g711Entry(c *media.G711) string {
	if c.Name() == "g711a" {
		return "alaw"
	}
	return "ulaw"
}

// Descriptor tags and object types (ISO 14496-1, 7.2.6).
const (
	tagES              = 3
	tagDecoderConfig   = 4
	tagDecoderSpecific = 5
	tagSync            = 6
	objectAAC          = 0x40
	objectMP3          = 0x6b // ISO 11172-3
	objectMP3Low       = 0x69 // ISO 13818-3
	streamAudio        = 5<<2 | 1
)

// mp3Descriptors returns the content of the esds box of MP3: the object type tells it, there is no configuration.
func mp3Descriptors(c *media.MP3) []byte {
	object := byte(objectMP3)
	if c.FrameSamples() == 576 {
		object = objectMP3Low
	}
	decoder := append([]byte{object, streamAudio}, make([]byte, 11)...) // buffer size and bit rates are not known
	es := appendDescriptor(make([]byte, 3), tagDecoderConfig, decoder)
	es = appendDescriptor(es, tagSync, []byte{2}) // as MP4 wants it
	return appendDescriptor(make([]byte, 4), tagES, es)
}

// appendDescriptor appends a descriptor with a size of 4 bytes.
func appendDescriptor(dst []byte, tag byte, body []byte) []byte {
	n := len(body)
	dst = append(dst, tag, byte(n>>21)|0x80, byte(n>>14)|0x80, byte(n>>7)|0x80, byte(n)&0x7f)
	return append(dst, body...)
}

// lasts returns how long a unit lasts, in its track's clock rate, as far as its codec tells; otherwise 0.
func lasts(t *media.Track, payload []byte) int64 {
	c, ok := t.Codec.(media.FramedCodec)
	if !ok {
		return 0
	}
	return max(media.Rescale(int64(c.SamplesIn(payload)), uint32(c.SampleRate()), t.Timescale), 1)
}

// skipped returns how much of the sound at the beginning of a track is not to be heard, in its clock rate: what a decoder of
// Opus makes before it has settled (Encapsulation of Opus in ISO base media file format, 4.4). A clock that does not count samples
// could say it roughly only, and players take its ticks for samples; without an edit they leave out what dOps says.
func skipped(t *media.Track) int64 {
	if c, ok := t.Codec.(*media.Opus); ok && int(t.Timescale) == c.SampleRate() {
		return int64(c.PreSkip())
	}
	return 0
}
