package rtmp

import (
	"fmt"

	"aircheck/ingest/media"
)

// Numbers in the bodies of messages of pictures and sound (FLV 10.1, E.4.2 and E.4.3).
const (
	videoAVC  = 7
	videoHEVC = 12 // widespread, never standardised

	audioEnhanced = 9
	audioAAC      = 10

	enhancedVideo = 0x80

	frameKey     = 1
	frameCommand = 5

	packetConfig = 0
	packetFrames = 1
)

// oldVideo names the codecs of the other FLV numbers, which are carried without being understood.
func oldVideo(number byte) string {
	return [16]string{2: "flv1", 3: "scrn", 4: "vp6f", 5: "vp6a", 6: "scr2"}[number]
}

// oldAudio does so for sound. MP3 and G.711 are understood: units of MP3 tell their parameters, and G.711 is always 8 kHz.
func oldAudio(number byte) string {
	return [16]string{
		0: "lpcm", 1: "adpc", 2: "mp3", 3: "lpcm", 4: "nell", 5: "nell", 6: "nell", 7: "g711a", 8: "g711u", 11: "spex", 14: "mp3",
	}[number]
}

// unknownVideo and unknownAudio are FLV numbers of no known codec, unknownPacket and unknownMultitrack what enhanced RTMP has
// reserved. They are put into words only when one is logged.
type (
	unknownVideo      byte
	unknownAudio      byte
	unknownPacket     byte
	unknownMultitrack byte
)

// Error names the number.
func (n unknownVideo) Error() string { return fmt.Sprintf("unknown video codec id %d", byte(n)) }

// Error names the number.
func (n unknownAudio) Error() string { return fmt.Sprintf("unknown sound format %d", byte(n)) }

// Error names the type.
func (n unknownPacket) Error() string {
	return fmt.Sprintf("unknown packet type %d of enhanced RTMP", byte(n))
}

// Error names the type.
func (n unknownMultitrack) Error() string {
	return fmt.Sprintf("unknown multitrack type %d of enhanced RTMP", byte(n))
}

// videoParts appends what a message of pictures holds. With an error come the parts before the bad one.
func videoParts(dst []part, b []byte) ([]part, error) {
	p := part{kind: media.Video}
	if b[0]&enhancedVideo != 0 {
		frame := b[0] >> 4 & 7
		p.key = frame == frameKey
		return enhancedParts(dst, p, b[0]&15, b[1:], frame == frameCommand)
	}
	frame, number := b[0]>>4, b[0]&15
	p.key = frame == frameKey
	if frame == frameCommand {
		return dst, nil
	}
	switch number {
	case videoAVC:
		p.codec = "h264"
	case videoHEVC:
		p.codec = "h265"
	default:
		if p.codec = oldVideo(number); p.codec == "" {
			return dst, unknownVideo(number)
		}
		p.body = b[1:]
		return append(dst, p), nil
	}
	if len(b) < 5 {
		return dst, errShortTag
	}
	if b[1] > packetFrames { // the end of a sequence
		return dst, nil
	}
	p.config = b[1] == packetConfig
	p.cts = signed24(b[2:])
	p.body = b[5:]
	return append(dst, p), nil
}

// audioParts appends what a message of sound holds. With an error come the parts before the bad one.
func audioParts(dst []part, b []byte) ([]part, error) {
	p := part{kind: media.Audio, key: true}
	number := b[0] >> 4
	switch number {
	case audioEnhanced:
		return enhancedParts(dst, p, b[0]&15, b[1:], false)
	case audioAAC:
		if len(b) < 2 {
			return dst, errShortTag
		}
		p.codec, p.config, p.body = "aac", b[1] == packetConfig, b[2:]
		return append(dst, p), nil
	}
	if p.codec = oldAudio(number); p.codec == "" {
		return dst, unknownAudio(number)
	}
	p.body, p.stereo = b[1:], b[0]&1 != 0
	return append(dst, p), nil
}

func signed24(b []byte) int32 { return int32(uint32(b[0])<<24|uint32(b[1])<<16|uint32(b[2])<<8) >> 8 }
