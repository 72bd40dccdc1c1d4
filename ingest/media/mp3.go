package media

import (
	"errors"
	"fmt"
)

// MP3 is the parameter set of an MPEG audio layer III track (ISO 11172-3, ISO 13818-3, and the half rates known as
// MPEG 2.5). Its configuration was made by SoundConfig. A unit is one frame, or several whole ones.
type MP3 struct{ sound }

// mp3Rates are the rates by version: reserved ones are 0.
var mp3Rates = [4][4]int{
	0: {11025, 12000, 8000}, // MPEG 2.5
	2: {22050, 24000, 16000},
	3: {44100, 48000, 32000}, // MPEG-1
}

var errNotMP3 = errors.New("not a rate of MP3")

// NewMP3 takes the configuration that SoundConfig made.
func NewMP3(config []byte) (*MP3, error) {
	s, err := parseSound(config, 48000, 2)
	if err != nil {
		return nil, fmt.Errorf("mp3: %w", err)
	}
	for _, rates := range mp3Rates {
		for _, r := range rates {
			if r == s.rate {
				return &MP3{s}, nil
			}
		}
	}
	return nil, fmt.Errorf("mp3: %w: %d Hz", errNotMP3, s.rate)
}

func mp3FromUnit(payload []byte) (Codec, error) {
	h, ok := parseMP3Header(payload)
	if !ok {
		return nil, ErrNoParameters
	}
	return NewMP3(SoundConfig(h.rate, h.channels))
}

// Name returns "mp3".
func (c *MP3) Name() string { return "mp3" }

// FrameSamples returns 1152, or 576 below 32 kHz.
func (c *MP3) FrameSamples() int { return mp3Samples(c.rate) }

func mp3Samples(rate int) int {
	if rate < 32000 {
		return 576
	}
	return 1152
}

// SamplesIn counts the samples of the frames.
func (c *MP3) SamplesIn(payload []byte) (n int) {
	for len(payload) > 0 {
		h, ok := parseMP3Header(payload)
		if !ok {
			break
		}
		n += mp3Samples(h.rate)
		if h.size == 0 || h.size >= len(payload) {
			break
		}
		payload = payload[h.size:]
	}
	if n == 0 {
		return c.FrameSamples()
	}
	return n
}

// After returns the codec of the payload, if it has another rate or number of channels.
func (c *MP3) After(payload []byte) Codec {
	h, ok := parseMP3Header(payload)
	if !ok || h.rate == c.rate && h.channels == c.channels {
		return c
	}
	next, err := NewMP3(SoundConfig(h.rate, h.channels))
	if err != nil {
		return c
	}
	return next
}

// mp3Header is what is used of a frame's header (ISO 11172-3, 2.4.1.3).
type mp3Header struct {
	rate, channels int
	size           int // of the frame in bytes, 0 when the header does not tell (free format)
}

func parseMP3Header(b []byte) (h mp3Header, ok bool) {
	const layer3 = 1
	if len(b) < 4 || b[0] != 0xff || b[1]&0xe0 != 0xe0 || b[1]>>1&3 != layer3 || b[2]>>4 == 15 {
		return h, false
	}
	version := b[1] >> 3 & 3
	h.rate, h.channels = mp3Rates[version][b[2]>>2&3], 2
	if b[3]>>6 == 3 {
		h.channels = 1
	}
	if h.rate == 0 {
		return h, false
	}
	kbps := [16]int{0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160}
	if version == 3 {
		kbps = [16]int{0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320}
	}
	if rate := kbps[b[2]>>4]; rate > 0 {
		h.size = mp3Samples(h.rate)/8*rate*1000/h.rate + int(b[2]>>1&1)
	}
	return h, true
}
