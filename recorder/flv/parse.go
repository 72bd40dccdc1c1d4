package flv

import (
	"encoding/binary"
	"errors"
	"fmt"

	"aircheck/ingest/media"
	"aircheck/recorder/container"
)

// tagHead is what stands in front of a tag's data.
type tagHead struct {
	tag  byte
	size int
	ms   uint32
}

// parseTagHead reads 11 bytes. Reserved bits must be zero, and so must StreamID, as the format demands: random bytes
// rarely pass. Encrypted tags, which set the filter bit, are no use without a key.
func parseTagHead(b []byte) (tagHead, bool) {
	h := tagHead{
		tag:  b[0],
		size: int(b[1])<<16 | int(b[2])<<8 | int(b[3]),
		ms:   uint32(b[7])<<24 | uint32(b[4])<<16 | uint32(b[5])<<8 | uint32(b[6]),
	}
	known := h.tag == tagAudio || h.tag == tagVideo || h.tag == tagScript
	return h, known && b[8]|b[9]|b[10] == 0
}

// checkFileHead reads the file header and returns the offset of the first tag.
func checkFileHead(b []byte) (int64, error) {
	if string(b[:3]) != "FLV" {
		return 0, fmt.Errorf("%w: no FLV signature", container.ErrCorrupt)
	}
	n := int64(binary.BigEndian.Uint32(b[5:]))
	if n < fileHeaderSize || n > 1<<16 {
		return 0, fmt.Errorf("%w: FLV header says %d bytes", container.ErrCorrupt, n)
	}
	return n + tagTrailerSize, nil
}

// packet is what the first bytes of a tag's data say.
type packet struct {
	codec  string
	kind   media.Kind
	what   byte // packetSequence, packetFrames, packetEnd, or anything else, which is to be skipped
	key    bool
	stereo bool // of G.711
	id     byte // of the track among those of its kind
	offset int32
	head   int // bytes before the payload
}

// errSkip says that a tag is well-formed but carries nothing this package reads.
var errSkip = errors.New("tag carries no known codec")

// parsePacket reads the head of an audio or video tag's data. It returns errSkip for codecs that are unknown.
func parsePacket(tag byte, b []byte) (packet, error) {
	if len(b) == 0 {
		return packet{}, errSkip
	}
	if tag == tagVideo {
		return parseVideo(b)
	}
	return parseAudio(b)
}

func parseVideo(b []byte) (packet, error) {
	p := packet{kind: media.Video, key: b[0]>>4&7 == frameKey}
	if b[0]&videoEnhanced != 0 {
		return parseEnhanced(p, b[0]&0x0f, b[1:], 1)
	}
	switch b[0] & 0x0f {
	case videoAVC:
		p.codec = "h264"
	case videoHEVC:
		p.codec = "h265"
	default:
		return p, errSkip
	}
	if len(b) < 5 {
		return p, errSkip
	}
	p.what, p.offset, p.head = b[1], signed24(b[2:]), 5
	return p, nil
}

func parseAudio(b []byte) (packet, error) {
	p := packet{kind: media.Audio, key: true}
	switch b[0] >> 4 {
	case audioEnhanced:
		return parseEnhanced(p, b[0]&0x0f, b[1:], 1)
	case audioMP3, audioMP3Slow:
		p.codec = "mp3"
	case audioG711A:
		p.codec = "g711a"
	case audioG711U:
		p.codec = "g711u"
	case audioAAC:
		if len(b) < 2 {
			return p, errSkip
		}
		p.codec, p.what, p.head = "aac", b[1], 2
		return p, nil
	default:
		return p, errSkip
	}
	p.what, p.head, p.stereo = packetFrames, 1, b[0]&flagStereo != 0
	return p, nil
}

// parseEnhanced reads what follows the first byte of an enhanced tag. Modifiers are passed over; tags with several
// tracks at once, which are never written, are skipped.
func parseEnhanced(p packet, what byte, b []byte, head int) (packet, error) {
	for what == packetModEx {
		if len(b) < 2 {
			return p, errSkip
		}
		n, used := int(b[0])+1, 1
		if n == 256 && len(b) >= 3 {
			n, used = int(b[1])<<8+int(b[2])+1, 3
		}
		used += n
		if len(b) <= used {
			return p, errSkip
		}
		what = b[used] & 0x0f
		b, head = b[used+1:], head+used+1
	}
	tag, multi := byte(tagVideo), byte(packetMultiV)
	if p.kind == media.Audio {
		tag, multi = tagAudio, packetMultiA
	}
	skip := 4
	if what == multi {
		if len(b) < 6 || b[0]>>4 != oneTrack {
			return p, errSkip
		}
		what, p.id = b[0]&0x0f, b[5]
		b, head, skip = b[1:], head+1, 5
	}
	if what > packetFramesX || len(b) < skip {
		return p, errSkip
	}
	c := codeOf(b[:4], tag)
	if c == nil {
		return p, errSkip
	}
	p.codec, p.what, p.head = c.name, what, head+skip
	if p.kind == media.Audio {
		return p, nil
	}
	if what == packetFramesX {
		p.what = packetFrames
		return p, nil
	}
	if what == packetFrames && c.offset {
		if len(b) < skip+3 {
			return p, errSkip
		}
		p.offset = signed24(b[skip:])
		p.head += 3
	}
	return p, nil
}

func signed24(b []byte) int32 {
	return int32(uint32(b[0])<<24|uint32(b[1])<<16|uint32(b[2])<<8) >> 8
}
