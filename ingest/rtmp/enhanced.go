package rtmp

import (
	"encoding/binary"
	"fmt"
	"strings"

	"aircheck/ingest/media"
)

// Packet types of enhanced RTMP (version 2, "ExAudioTagHeader" and "ExVideoTagHeader"). Those below 3 are the same for pictures and
// sound; all others but these hold nothing that is recorded (ends of sequences, metadata of colour, channel layouts) or are reserved.
const (
	packetFramesX         = 3 // pictures whose composition time is 0
	packetMultitrackAudio = 5
	packetMultitrackVideo = 6
	packetModEx           = 7
	firstReserved         = 8
)

// Kinds of multitrack packets.
const (
	oneTrack   = 0
	manyCodecs = 2
)

// enhancedParts reads what follows the first byte of an enhanced message: extensions, then one packet or those of several tracks.
func enhancedParts(dst []part, p part, packet byte, b []byte, command bool) ([]part, error) {
	var err error
	for packet == packetModEx {
		if packet, b, err = skipExtension(b); err != nil {
			return dst, err
		}
	}
	if command {
		return dst, nil
	}
	multitrack := byte(packetMultitrackVideo)
	if p.kind == media.Audio {
		multitrack = packetMultitrackAudio
	}
	if packet == multitrack {
		return trackParts(dst, p, b)
	}
	if p.codec, b, err = takeCodec(b); err != nil {
		return dst, err
	}
	return p.finish(dst, packet, b)
}

// skipExtension passes over one extension, such as a finer timestamp.
func skipExtension(b []byte) (packet byte, rest []byte, err error) {
	if len(b) < 1 {
		return 0, nil, errShortTag
	}
	n := int(b[0]) + 1
	b = b[1:]
	if n == 256 {
		if len(b) < 2 {
			return 0, nil, errShortTag
		}
		n = int(binary.BigEndian.Uint16(b)) + 1
		b = b[2:]
	}
	if len(b) < n+1 {
		return 0, nil, errShortTag
	}
	return b[n] & 15, b[n+1:], nil
}

// fourCCs name the codecs that are understood by their codes in enhanced RTMP, version 2.
var fourCCs = map[string]string{
	"avc1": "h264", "hvc1": "h265", "av01": "av1", "vp09": "vp9", "vp08": "vp8",
	"mp4a": "aac", "Opus": "opus", ".mp3": "mp3", "ac-3": "ac3",
}

// takeCodec reads a fourCC and names its codec. Other codes are carried without being understood; they differ in case alone where
// they differ at all.
func takeCodec(b []byte) (codec string, rest []byte, err error) {
	if len(b) < 4 {
		return "", nil, errShortTag
	}
	code, rest := b[:4], b[4:]
	if name, ok := fourCCs[string(code)]; ok {
		return name, rest, nil
	}
	for _, c := range b[:4] {
		if c < ' ' || c > '~' {
			return "", nil, fmt.Errorf("%q is no codec", code)
		}
	}
	return strings.ToLower(string(code)), rest, nil
}

// trackParts reads a multitrack packet: of one track, of many with the same codec, or of many with a codec each.
func trackParts(dst []part, p part, b []byte) ([]part, error) {
	if len(b) < 1 {
		return dst, errShortTag
	}
	mode, packet := b[0]>>4, b[0]&15
	b = b[1:]
	if mode > manyCodecs {
		return dst, unknownMultitrack(mode)
	}
	var err error
	if mode != manyCodecs {
		if p.codec, b, err = takeCodec(b); err != nil {
			return dst, err
		}
	}
	for len(b) > 0 {
		if len(dst) >= maxTracks {
			return dst, errManyTracks
		}
		if mode == manyCodecs {
			if p.codec, b, err = takeCodec(b); err != nil {
				return dst, err
			}
		}
		var body []byte
		if p.id, body, b, err = takeTrack(mode, b); err != nil {
			return dst, err
		}
		if dst, err = p.finish(dst, packet, body); err != nil {
			return dst, err
		}
	}
	return dst, nil
}

// takeTrack reads a track's number and packet, behind its size unless there is one track alone.
func takeTrack(mode byte, b []byte) (id int, body, rest []byte, err error) {
	if len(b) < 1 {
		return 0, nil, nil, errShortTag
	}
	id, b = int(b[0]), b[1:]
	if mode == oneTrack {
		return id, b, nil, nil
	}
	if len(b) < 3 {
		return 0, nil, nil, errShortTag
	}
	n := int(b[0])<<16 | int(b[1])<<8 | int(b[2])
	if n > len(b)-3 {
		return 0, nil, nil, errShortTag
	}
	return id, b[3 : 3+n : 3+n], b[3+n:], nil
}

// finish appends the part if its packet holds a configuration or frames.
func (p part) finish(dst []part, packet byte, b []byte) ([]part, error) {
	switch packet {
	case packetConfig:
		p.config = true
	case packetFrames:
		// The composition time is sent for these codecs alone ("ExVideoTagBody").
		if p.kind == media.Video && (p.codec == "h264" || p.codec == "h265" || p.codec == "vvc1") {
			if len(b) < 3 {
				return dst, errShortTag
			}
			p.cts, b = signed24(b), b[3:]
		}
	case packetFramesX:
		if p.kind == media.Audio {
			return dst, nil
		}
	default:
		if packet >= firstReserved {
			return dst, unknownPacket(packet)
		}
		return dst, nil
	}
	p.body = b
	return append(dst, p), nil
}
