package rtmp

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"aircheck/ingest/media"
)

// Numbers of FLV tag bodies (Adobe FLV 10.1, E.4.2 and E.4.3; Enhanced RTMP version 2).
const (
	videoAVC  = 7
	videoHEVC = 12 // widespread, never standardised

	audioEnhanced = 9
	audioAAC      = 10

	frameKey  = 1
	frameInfo = 5

	packetStart      = 0
	packetFrames     = 1
	packetEnd        = 2
	packetFramesX    = 3 // video: frames without composition time
	packetMetadata   = 4
	packetTSStart    = 5
	packetMultitrack = 6 // video
	packetModEx      = 7

	audioPacketMultichannel = 4
	audioPacketMultitrack   = 5

	oneTrack   = 0
	manyTracks = 1
	manyCodecs = 2
)

var errShortTag = errors.New("the message is too short")

// fourCCs are the codecs that this server understands, by the code of enhanced RTMP.
var fourCCs = map[string]string{"avc1": "h264", "hvc1": "h265", "mp4a": "aac"}

// oldVideo and oldAudio name the codecs of FLV numbers that are carried without being understood.
var (
	oldVideo = map[byte]string{2: "flv1", 3: "scrn", 4: "vp6f", 5: "vp6a", 6: "scr2"}
	oldAudio = map[byte]string{0: "lpcm", 1: "adpc", 2: ".mp3", 3: "lpcm", 4: "nell", 5: "nell", 6: "nell", 7: "alaw", 8: "ulaw", 11: "spex", 14: ".mp3"}
)

// unitReader turns messages of sound and pictures into units.
type unitReader struct {
	clock  media.Unwrapper
	tracks map[int]*media.Track
	// early counts units that came before their track's configuration.
	early int
}

// tagPart is one track's piece of a message.
type tagPart struct {
	kind   media.Kind
	id     int // of the track within its kind
	codec  string
	config bool
	key    bool
	cts    int32
	body   []byte
}

// read appends the units of a message. An error means that something in the message was left out.
func (r *unitReader) read(dst []*media.Unit, m message, wall time.Time) ([]*media.Unit, error) {
	dts := r.clock.Unwrap(m.time)
	if len(m.body) == 0 {
		return dst, nil
	}
	var parts []tagPart
	var err error
	var one [1]tagPart
	if m.typ == msgVideo {
		parts, err = videoParts(one[:0], m.body)
	} else {
		parts, err = audioParts(one[:0], m.body)
	}
	for i := range parts {
		p := &parts[i]
		if p.config {
			err = errors.Join(err, r.configure(p))
			continue
		}
		u, perr := r.unit(p, dts, wall)
		err = errors.Join(err, perr)
		if u != nil {
			dst = append(dst, u)
		}
	}
	return dst, err
}

func trackID(p *tagPart) int {
	if p.kind == media.Video {
		return 2*p.id + 1
	}
	return 2*p.id + 2
}

// configure starts a track, or changes its parameters.
func (r *unitReader) configure(p *tagPart) error {
	codec, err := media.New(p.codec, p.kind, p.body)
	if err != nil {
		return err
	}
	id := trackID(p)
	if old := r.tracks[id]; old != nil && media.SameParameters(old.Codec, codec) && lengthSize(old.Codec) == lengthSize(codec) {
		return nil
	}
	if r.tracks == nil {
		r.tracks = map[int]*media.Track{}
	}
	r.tracks[id] = &media.Track{ID: id, Codec: codec, Timescale: 1000}
	return nil
}

func lengthSize(c media.Codec) int {
	if l, ok := c.(interface{ LengthSize() int }); ok {
		return l.LengthSize()
	}
	return 4
}

func (r *unitReader) unit(p *tagPart, dts int64, wall time.Time) (*media.Unit, error) {
	t := r.tracks[trackID(p)]
	if t == nil || t.Codec.Name() != p.codec {
		if needsConfig(p.codec) {
			r.early++
			return nil, nil
		}
		if err := r.configure(&tagPart{kind: p.kind, id: p.id, codec: p.codec}); err != nil {
			return nil, err
		}
		t = r.tracks[trackID(p)]
	}
	payload, err := media.WidenLengths(p.body, lengthSize(t.Codec))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.codec, err)
	}
	u := &media.Unit{Track: t, DTS: dts, PTS: dts + int64(p.cts), Wall: wall, Payload: payload}
	if _, opaque := t.Codec.(media.Opaque); opaque && p.kind == media.Video {
		u.RandomAccess = p.key
	} else {
		u.RandomAccess = t.Codec.RandomAccess(payload)
	}
	return u, nil
}

func needsConfig(codec string) bool { return codec == "h264" || codec == "h265" || codec == "aac" }

func videoParts(dst []tagPart, b []byte) ([]tagPart, error) {
	p := tagPart{kind: media.Video, key: b[0]>>4&7 == frameKey}
	if b[0]&0x80 != 0 {
		return enhancedParts(dst, p, b[0]&15, b[1:])
	}
	if b[0]>>4 == frameInfo {
		return dst, nil
	}
	number := b[0] & 15
	switch number {
	case videoAVC:
		p.codec = "h264"
	case videoHEVC:
		p.codec = "h265"
	default:
		if p.codec = oldVideo[number]; p.codec == "" {
			return dst, fmt.Errorf("unknown video codec id %d", number)
		}
		p.body = b[1:]
		return append(dst, p), nil
	}
	if len(b) < 5 {
		return dst, errShortTag
	}
	p.cts = signed24(b[2:])
	p.body = b[5:]
	switch b[1] {
	case packetStart:
		p.config = true
	case packetFrames:
	default:
		return dst, nil
	}
	return append(dst, p), nil
}

func signed24(b []byte) int32 { return int32(uint32(b[0])<<24|uint32(b[1])<<16|uint32(b[2])<<8) >> 8 }

func audioParts(dst []tagPart, b []byte) ([]tagPart, error) {
	p := tagPart{kind: media.Audio, key: true}
	number := b[0] >> 4
	switch number {
	case audioEnhanced:
		return enhancedParts(dst, p, b[0]&15, b[1:])
	case audioAAC:
		if len(b) < 2 {
			return dst, errShortTag
		}
		p.codec, p.config, p.body = "aac", b[1] == 0, b[2:]
		return append(dst, p), nil
	}
	if p.codec = oldAudio[number]; p.codec == "" {
		return dst, fmt.Errorf("unknown sound format %d", number)
	}
	p.body = b[1:]
	return append(dst, p), nil
}

// enhancedParts reads what follows the first byte of an enhanced tag: extensions, one fourCC or a set of tracks, and the packet.
func enhancedParts(dst []tagPart, p tagPart, packet byte, b []byte) ([]tagPart, error) {
	for packet == packetModEx {
		var err error
		if packet, b, err = skipExtension(b); err != nil {
			return dst, err
		}
	}
	multi := packetMultitrack
	if p.kind == media.Audio {
		multi = audioPacketMultitrack
	}
	if int(packet) != multi {
		return onePart(dst, p, packet, b, true)
	}
	if len(b) < 1 {
		return dst, errShortTag
	}
	mode, packet := b[0]>>4, b[0]&15
	b = b[1:]
	var code []byte
	if mode != manyCodecs {
		if len(b) < 4 {
			return dst, errShortTag
		}
		code, b = b[:4], b[4:]
	}
	return trackParts(dst, p, packet, mode, code, b)
}

func trackParts(dst []tagPart, p tagPart, packet, mode byte, code, b []byte) ([]tagPart, error) {
	for len(b) > 0 {
		if mode == manyCodecs {
			if len(b) < 4 {
				return dst, errShortTag
			}
			code, b = b[:4], b[4:]
		}
		if len(b) < 1 {
			return dst, errShortTag
		}
		p.id = int(b[0])
		b = b[1:]
		body := b
		if mode != oneTrack {
			if len(b) < 3 {
				return dst, errShortTag
			}
			n := int(b[0])<<16 | int(b[1])<<8 | int(b[2])
			if n > len(b)-3 {
				return dst, errShortTag
			}
			body, b = b[3:3+n], b[3+n:]
		} else {
			b = nil
		}
		p.codec = codecOf(code)
		var err error
		if dst, err = onePart(dst, p, packet, body, false); err != nil {
			return dst, err
		}
	}
	return dst, nil
}

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

func codecOf(code []byte) string {
	if name, ok := fourCCs[string(code)]; ok {
		return name
	}
	return string(code)
}

func onePart(dst []tagPart, p tagPart, packet byte, b []byte, withCode bool) ([]tagPart, error) {
	if withCode {
		if len(b) < 4 {
			return dst, errShortTag
		}
		p.codec, b = codecOf(b[:4]), b[4:]
	}
	switch packet {
	case packetStart:
		p.config = true
	case packetFrames:
		if p.kind == media.Video && (p.codec == "h264" || p.codec == "h265") {
			if len(b) < 3 {
				return dst, errShortTag
			}
			p.cts, b = signed24(b), b[3:]
		}
	case packetFramesX:
		if p.kind == media.Audio {
			return dst, nil
		}
	default: // ends of sequences, metadata, channel layouts
		return dst, nil
	}
	p.body = b
	return append(dst, p), nil
}
