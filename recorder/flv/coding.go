package flv

import "aircheck/ingest/media"

// coding is how units of a track are laid out in a tag.
type coding struct {
	tag byte
	// fourCC is set for codecs without a number.
	fourCC string
	// number is the codec's number, and what onMetaData says of it.
	number byte
	// bare tells that a tag of sound is the number, flags of the sound and its bytes: there are no kinds of packets.
	bare  bool
	flags byte
	// offset tells that a composition time offset is sent with each picture.
	offset bool
	// id is the track's number among those of its kind; all but number 0 are sent in multitrack tags of one track.
	id byte
}

// code is a fourCC.
type code struct {
	name string // of the codec
	coding
}

// codes are those of Enhanced RTMP version 2. "vvc1", "flac" and "ec-3" are carried without being understood.
var codes = [...]code{
	{"h264", coding{tag: tagVideo, fourCC: "avc1", offset: true}},
	{"h265", coding{tag: tagVideo, fourCC: "hvc1", offset: true}},
	{"av1", coding{tag: tagVideo, fourCC: "av01"}},
	{"vp8", coding{tag: tagVideo, fourCC: "vp08"}},
	{"vp9", coding{tag: tagVideo, fourCC: "vp09"}},
	{"vvc1", coding{tag: tagVideo, fourCC: "vvc1", offset: true}},
	{"aac", coding{tag: tagAudio, fourCC: "mp4a"}},
	{"opus", coding{tag: tagAudio, fourCC: "Opus"}},
	{"flac", coding{tag: tagAudio, fourCC: "fLaC"}},
	{"ac3", coding{tag: tagAudio, fourCC: "ac-3"}},
	{"ec-3", coding{tag: tagAudio, fourCC: "ec-3"}},
	{"mp3", coding{tag: tagAudio, fourCC: ".mp3"}},
}

// codeOf returns the code of such a tag with that fourCC; nil for an unknown one.
func codeOf(fourCC []byte, tag byte) *code {
	for i := range codes {
		if c := &codes[i]; c.fourCC == string(fourCC) && c.tag == tag {
			return c
		}
	}
	return nil
}

// codingOf maps codecs to FLV, for a track of that number among those of its kind. H.265 is written under its fourCC: that is the only
// standard way, and current ffmpeg, VLC, OBS and mpegts.js read it; codec id 12 is read as well, but never written.
func codingOf(c media.Codec, id byte) (coding, bool) {
	if id == 0 {
		if n, ok := numbered(c); ok {
			return n, true
		}
	}
	for _, e := range codes {
		if e.name == c.Name() && (e.tag == tagVideo) == (c.Kind() == media.Video) {
			e.id = id
			return e.coding, true
		}
	}
	return coding{}, false
}

// Flags of sound (10.1, E.4.2.1): rate, 16 bits, stereo.
const (
	flag44kHz  = 3 << 2
	flag22kHz  = 2 << 2
	flag11kHz  = 1 << 2
	flag16bit  = 1 << 1
	flagStereo = 1
)

// numbered maps the codecs that FLV has a number for.
func numbered(c media.Codec) (coding, bool) {
	switch c := c.(type) {
	case *media.H264:
		return coding{tag: tagVideo, number: videoAVC, offset: true}, true
	case *media.AAC:
		// Always 44 kHz, stereo: the configuration tells the truth.
		return coding{tag: tagAudio, number: audioAAC, flags: flag44kHz | flag16bit | flagStereo}, true
	case *media.MP3:
		n := coding{tag: tagAudio, number: audioMP3, bare: true, flags: flag16bit | stereo(c)}
		switch c.SampleRate() {
		case 44100, 48000: // 48 kHz has no flag; this is what ffmpeg writes, and readers go by the frame
			n.flags |= flag44kHz
		case 22050:
			n.flags |= flag22kHz
		case 11025:
			n.flags |= flag11kHz
		case 8000:
			n.number = audioMP3Slow
		default:
			return n, false
		}
		return n, true
	case *media.G711:
		n := coding{tag: tagAudio, number: audioG711A, bare: true, flags: flag16bit | stereo(c)}
		if c.Name() == "g711u" {
			n.number = audioG711U
		}
		return n, c.SampleRate() == 8000 && c.Channels() <= 2
	}
	return coding{}, false
}

func stereo(c media.AudioCodec) byte {
	if c.Channels() == 2 {
		return flagStereo
	}
	return 0
}

// metadataID is what onMetaData names the codec by: its number, or its fourCC as a number.
func (c coding) metadataID() float64 {
	if c.fourCC == "" {
		return float64(c.number)
	}
	f := c.fourCC
	return float64(uint32(f[0])<<24 | uint32(f[1])<<16 | uint32(f[2])<<8 | uint32(f[3]))
}

// sequenceOf returns the decoder configuration that a sequence header of enhanced RTMP has; empty for codecs without any.
func sequenceOf(c media.Codec) []byte {
	switch c := c.(type) {
	case *media.MP3, *media.AC3, *media.G711: // each frame tells, or nothing does
		return nil
	case interface{ Record() []byte }: // vp8, vp9
		return c.Record()
	}
	return c.Config()
}

// longestHead is the most that headSize returns.
const longestHead = 10

// headSize is the number of bytes between a tag's head and the payload of a unit.
func (c coding) headSize() int {
	n := 2
	switch {
	case c.bare:
		return 1
	case c.id > 0:
		n = 7
	case c.fourCC != "":
		n = 5
	}
	if c.offset {
		n += 3
	}
	return n
}

// appendHead appends the bytes between a tag's head and its payload.
func (c coding) appendHead(dst []byte, packet byte, key bool, offset int32) []byte {
	frame := byte(frameInter)
	if key {
		frame = frameKey
	}
	multi := byte(packetMultiV)
	first := byte(videoEnhanced) | frame<<4
	if c.tag == tagAudio {
		first, multi = audioEnhanced<<4, packetMultiA
	}
	switch {
	case c.bare:
		return append(dst, c.number<<4|c.flags)
	case c.fourCC == "" && c.tag == tagAudio:
		return append(dst, c.number<<4|c.flags, packet)
	case c.fourCC == "":
		dst = append(dst, frame<<4|c.number, packet)
	default:
		if c.id > 0 {
			dst = append(append(append(dst, first|multi, oneTrack<<4|packet), c.fourCC...), c.id)
		} else {
			dst = append(append(dst, first|packet), c.fourCC...)
		}
		if packet == packetSequence {
			return dst
		}
	}
	if !c.offset {
		return dst
	}
	return append(dst, byte(offset>>16), byte(offset>>8), byte(offset))
}
