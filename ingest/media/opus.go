package media

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/opus"
)

// Opus is the parameter set of an Opus track (RFC 6716). Its configuration is the identification header of RFC 7845, section 5.1,
// "OpusHead" included, as Ogg and enhanced RTMP carry it; DOps is what ISO base media files hold.
type Opus struct{ config []byte }

const (
	opusMagic    = "OpusHead"
	opusHeadSize = 19
	opusRate     = 48000
)

var errBadOpus = errors.New("not an identification header")

// NewOpus parses an identification header.
func NewOpus(config []byte) (*Opus, error) {
	if len(config) < opusHeadSize {
		return nil, fmt.Errorf("OpusHead: %w", errShortConfig)
	}
	channels, family := int(config[9]), config[18]
	size := opusHeadSize
	if family != 0 {
		size += 2 + channels
	}
	switch {
	case string(config[:8]) != opusMagic || config[8]>>4 != 0:
		return nil, fmt.Errorf("OpusHead: %w", errBadOpus)
	case channels == 0 || family == 0 && channels > 2:
		return nil, fmt.Errorf("OpusHead: %d channels", channels)
	case len(config) < size:
		return nil, fmt.Errorf("OpusHead: %w", errShortConfig)
	}
	return &Opus{config: append([]byte(nil), config[:size]...)}, nil
}

// opusFromUnit takes 1 or 2 channels from a packet if there is no header.
func opusFromUnit(config, payload []byte) (Codec, error) {
	if len(config) == 0 {
		if len(payload) == 0 {
			return nil, ErrNoParameters
		}
		config = OpusHead(1+int(payload[0]>>2&1), 0)
	}
	return NewOpus(config)
}

// OpusHead makes the identification header of a stream of 1 or 2 channels of which nothing else is known. skip is how many samples at
// 48 kHz the decoder is to leave out at the beginning.
func OpusHead(channels, skip int) []byte {
	b := append([]byte(opusMagic), 1, byte(channels))
	b = binary.LittleEndian.AppendUint16(b, uint16(skip))
	b = binary.LittleEndian.AppendUint32(b, opusRate)
	return append(b, 0, 0, 0)
}

// OpusFromDOps makes the identification header of what an ISO base media file holds, without a box header.
func OpusFromDOps(dops []byte) (*Opus, error) {
	if len(dops) < opusHeadSize-len(opusMagic) {
		return nil, fmt.Errorf("dOps: %w", errShortConfig)
	}
	if dops[0] != 0 {
		return nil, fmt.Errorf("dOps: version %d", dops[0])
	}
	return NewOpus(swapOpus(append([]byte(opusMagic), dops...), 1))
}

// DOps returns the configuration as the dOps box holds it, without a box header (Encapsulation of Opus in ISO base media file format, 4.3.2).
func (c *Opus) DOps() []byte {
	return swapOpus(append([]byte(nil), c.config...), 0)[len(opusMagic):]
}

// swapOpus turns the byte order of a header, and sets its version: numbers are little-endian in OpusHead, big-endian in dOps.
func swapOpus(b []byte, version byte) []byte {
	b[8] = version
	b[10], b[11] = b[11], b[10]
	b[12], b[13], b[14], b[15] = b[15], b[14], b[13], b[12]
	b[16], b[17] = b[17], b[16]
	return b
}

// Name returns "opus".
func (c *Opus) Name() string { return "opus" }

// Kind returns Audio.
func (c *Opus) Kind() Kind { return Audio }

// Config returns the identification header.
func (c *Opus) Config() []byte { return c.config }

// SampleRate returns 48000, which is what a decoder makes.
func (c *Opus) SampleRate() int { return opusRate }

// Channels returns the number of channels.
func (c *Opus) Channels() int { return int(c.config[9]) }

// PreSkip returns how many samples are left out at the beginning.
func (c *Opus) PreSkip() int { return int(binary.LittleEndian.Uint16(c.config[10:])) }

// FrameSamples returns 960: 20 ms.
func (c *Opus) FrameSamples() int { return 960 }

// SamplesIn returns the length of a packet (RFC 6716, 3.1).
func (c *Opus) SamplesIn(payload []byte) int {
	if n := int(opus.PacketDuration2(payload)); n > 0 && n <= opusRate*120/1000 {
		return n
	}
	return c.FrameSamples()
}

// RandomAccess reports true.
func (c *Opus) RandomAccess([]byte) bool { return true }
