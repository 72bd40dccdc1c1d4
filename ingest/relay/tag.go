package relay

import (
	"encoding/binary"
	"math"
	"strings"

	"aircheck/ingest/media"
)

// Numbers of FLV (10.1, E.4.2 and E.4.3) and of enhanced RTMP, version 2.
const (
	tagAudio, tagVideo, tagScript = 8, 9, 18

	packetConfig, packetFrames = 0, 1

	frameKey, frameInter = 1, 2
	enhancedVideo        = 0x80
	enhancedAudio        = 9
)

// Tag is what stands in front of a codec's payload in a tag of FLV and in a message of RTMP.
type Tag struct {
	// Kind is the tag's and the message's type: 8 sound, 9 pictures.
	Kind byte
	// first is the first byte of units, but for the kind of picture, of codecs with a number.
	first byte
	// packets: a byte tells configuration and units apart. A codec without has no configuration.
	packets bool
	// offset: pictures have a composition time.
	offset bool
	// fourCC is set for codecs without a number.
	fourCC string
}

// tags are the forms of codecs by name. H.265 has no number but one that was never standardised.
var tags = map[string]Tag{
	"h264": {Kind: tagVideo, first: 7, packets: true, offset: true},
	"h265": {Kind: tagVideo, fourCC: "hvc1", offset: true},
	"vvc1": {Kind: tagVideo, fourCC: "vvc1", offset: true},
	"av01": {Kind: tagVideo, fourCC: "av01"},
	"vp08": {Kind: tagVideo, fourCC: "vp08"},
	"vp09": {Kind: tagVideo, fourCC: "vp09"},
	"flv1": {Kind: tagVideo, first: 2},
	"vp6f": {Kind: tagVideo, first: 4},
	"vp6a": {Kind: tagVideo, first: 5},
	"aac":  {Kind: tagAudio, first: 0xaf, packets: true},
	".mp3": {Kind: tagAudio, first: 0x2f},
	"alaw": {Kind: tagAudio, first: 0x72},
	"ulaw": {Kind: tagAudio, first: 0x82},
	"spex": {Kind: tagAudio, first: 0xb2},
	"opus": {Kind: tagAudio, fourCC: "Opus"},
	"flac": {Kind: tagAudio, fourCC: "fLaC"},
	"ac-3": {Kind: tagAudio, fourCC: "ac-3"},
	"ec-3": {Kind: tagAudio, fourCC: "ec-3"},
}

// otherNames are names by which codecs go as well.
var otherNames = map[string]string{
	"av1": "av01", "vp8": "vp08", "vp9": "vp09", "mp3": ".mp3", "g711a": "alaw", "g711u": "ulaw", "ac3": "ac-3", "eac3": "ec-3",
}

// TagOf returns the form of a codec; ok is false for one that has none.
func TagOf(c media.Codec) (t Tag, ok bool) {
	name := strings.ToLower(c.Name())
	if other, known := otherNames[name]; known {
		name = other
	}
	t, ok = tags[name]
	return t, ok && (t.Kind == tagVideo) == (c.Kind() == media.Video)
}

// Config returns the configuration that is sent before the codec's units, nil if there is none.
func (t Tag) Config(c media.Codec) []byte {
	if !t.packets && t.fourCC == "" || t.fourCC == "ac-3" || t.fourCC == "ec-3" {
		return nil
	}
	// That of VP8 and VP9 is a box's content (enhanced RTMP, "VideoPacketType.SequenceStart"), with its version and flags.
	if c, ok := c.(interface{ Record() []byte }); ok {
		return append([]byte{1, 0, 0, 0}, c.Record()...)
	}
	return c.Config()
}

// AppendConfig appends what stands in front of the codec's configuration.
func (t Tag) AppendConfig(dst []byte) []byte { return t.append(dst, packetConfig, true, 0) }

// AppendUnit appends what stands in front of a unit's payload.
func (t Tag) AppendUnit(dst []byte, key bool, cts int32) []byte {
	return t.append(dst, packetFrames, key, cts)
}

func (t Tag) append(dst []byte, packet byte, key bool, cts int32) []byte {
	frame := byte(frameInter << 4)
	if key {
		frame = frameKey << 4
	}
	if t.Kind == tagAudio {
		frame = 0
	}
	switch {
	case t.fourCC != "" && t.Kind == tagAudio:
		return append(append(dst, enhancedAudio<<4|packet), t.fourCC...)
	case t.fourCC != "":
		dst = append(append(dst, enhancedVideo|frame|packet), t.fourCC...)
		if !t.offset || packet == packetConfig {
			return dst
		}
	case !t.packets:
		return append(dst, frame|t.first)
	default:
		dst = append(dst, frame|t.first, packet)
		if !t.offset {
			return dst
		}
	}
	return append(dst, byte(cts>>16), byte(cts>>8), byte(cts))
}

// id is what onMetaData names the codec by: its number, or its fourCC as a number.
func (t Tag) id() float64 {
	switch {
	case t.fourCC != "":
		return float64(binary.BigEndian.Uint32([]byte(t.fourCC)))
	case t.Kind == tagAudio:
		return float64(t.first >> 4)
	}
	return float64(t.first)
}

// AMF0 markers (AMF 0 specification, 2.1).
const (
	amfNumber, amfBoolean, amfString, amfMap, amfEnd = 0, 1, 2, 8, 9
)

// AppendMetadata appends the data of an onMetaData tag or message.
func AppendMetadata(dst []byte, tracks []*media.Track) []byte {
	dst = appendText(append(dst, amfString), "onMetaData")
	dst = append(dst, amfMap)
	at := len(dst)
	dst = append(dst, 0, 0, 0, 0)
	n := uint32(0)
	number := func(name string, v float64) {
		dst = binary.BigEndian.AppendUint64(append(appendText(dst, name), amfNumber), math.Float64bits(v))
		n++
	}
	flag := func(name string, v bool) {
		dst = append(appendText(dst, name), amfBoolean, 0)
		if v {
			dst[len(dst)-1] = 1
		}
		n++
	}
	has := map[media.Kind]bool{}
	for _, t := range tracks {
		tag, _ := TagOf(t.Codec)
		has[t.Codec.Kind()] = true
		if c, ok := t.Codec.(media.VideoCodec); ok {
			if w, h := c.Size(); w > 0 {
				number("width", float64(w))
				number("height", float64(h))
			}
		}
		if c, ok := t.Codec.(media.AudioCodec); ok && c.SampleRate() > 0 {
			number("audiosamplerate", float64(c.SampleRate()))
			flag("stereo", c.Channels() == 2)
		}
		if t.Codec.Kind() == media.Video {
			number("videocodecid", tag.id())
		} else {
			number("audiocodecid", tag.id())
		}
	}
	flag("hasVideo", has[media.Video])
	flag("hasAudio", has[media.Audio])
	binary.BigEndian.PutUint32(dst[at:], n)
	return append(dst, 0, 0, amfEnd)
}

func appendText(dst []byte, s string) []byte {
	return append(binary.BigEndian.AppendUint16(dst, uint16(len(s))), s...)
}
