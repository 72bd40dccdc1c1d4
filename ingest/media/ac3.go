package media

import (
	"errors"
	"fmt"
)

// AC3 is the parameter set of an AC-3 track (ETSI TS 102 366). Its configuration is the content of the dac3 box (F.4), which
// is made from a frame.
type AC3 struct{ config []byte }

const (
	ac3ConfigSize   = 3
	ac3FrameSamples = 1536
)

var (
	ac3Rates    = [4]int{48000, 44100, 32000}
	ac3Channels = [8]int{2, 1, 2, 3, 3, 4, 4, 5} // without the one for low frequencies

	errBadAC3 = errors.New("not a configuration of AC-3")
)

// NewAC3 parses the content of a dac3 box.
func NewAC3(config []byte) (*AC3, error) {
	if len(config) < ac3ConfigSize {
		return nil, fmt.Errorf("dac3: %w", errShortConfig)
	}
	if config[0]>>6 == 3 || config[0]>>1&31 > 10 {
		return nil, fmt.Errorf("dac3: %w", errBadAC3)
	}
	return &AC3{config: append([]byte(nil), config[:ac3ConfigSize]...)}, nil
}

func ac3FromUnit(payload []byte) (Codec, error) {
	config, ok := dac3(payload)
	if !ok {
		return nil, ErrNoParameters
	}
	return NewAC3(config[:])
}

// dac3 makes the content of the box from a frame (syncinfo and bsi, 4.4.1 and 4.4.2).
func dac3(frame []byte) (config [ac3ConfigSize]byte, ok bool) {
	if len(frame) < 8 || frame[0] != 0x0b || frame[1] != 0x77 {
		return config, false
	}
	r := &bitReader{b: frame, pos: 32}
	fscod, frmsizecod := r.read(2), r.read(6)
	bsid, bsmod, acmod := r.read(5), r.read(3), r.read(3)
	if fscod == 3 || frmsizecod > 37 || bsid > 10 {
		return config, false
	}
	if acmod&1 != 0 && acmod != 1 {
		r.skip(2)
	}
	if acmod&4 != 0 {
		r.skip(2)
	}
	if acmod == 2 {
		r.skip(2)
	}
	v := fscod<<22 | bsid<<17 | bsmod<<14 | acmod<<11 | r.read(1)<<10 | frmsizecod>>1<<5
	return [ac3ConfigSize]byte{byte(v >> 16), byte(v >> 8), byte(v)}, true
}

// Name returns "ac3".
func (c *AC3) Name() string { return "ac3" }

// Kind returns Audio.
func (c *AC3) Kind() Kind { return Audio }

// Config returns the content of the dac3 box.
func (c *AC3) Config() []byte { return c.config }

// SampleRate returns the samples per second.
func (c *AC3) SampleRate() int { return ac3Rates[c.config[0]>>6] }

// Channels returns the number of channels, the one for low frequencies included.
func (c *AC3) Channels() int { return ac3Channels[c.config[1]>>3&7] + int(c.config[1]>>2&1) }

// FrameSamples returns 1536.
func (c *AC3) FrameSamples() int { return ac3FrameSamples }

// SamplesIn returns 1536: a unit is one frame.
func (c *AC3) SamplesIn([]byte) int { return ac3FrameSamples }

// RandomAccess reports true.
func (c *AC3) RandomAccess([]byte) bool { return true }

// After returns the codec of the payload, if it has another rate or other channels.
func (c *AC3) After(payload []byte) Codec {
	config, ok := dac3(payload)
	// Rate and version, then channels; the bit rate may differ.
	if !ok || config[0]>>1 == c.config[0]>>1 && config[1]&0x3c == c.config[1]&0x3c {
		return c
	}
	next, err := NewAC3(config[:])
	if err != nil {
		return c
	}
	return next
}
