package media

import (
	"errors"
	"fmt"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"
)

// AAC is the parameter set of an AAC track (ISO 14496-3).
type AAC struct {
	config []byte
	asc    mpeg4audio.AudioSpecificConfig
}

var errNoRate = errors.New("the sampling rate is 0")

// NewAAC parses an AudioSpecificConfig (ISO 14496-3, 1.6.2.1). It fails unless the core coder is AAC LC and has a sampling rate.
func NewAAC(config []byte) (*AAC, error) {
	c := &AAC{config: append([]byte(nil), config...)}
	if err := c.asc.Unmarshal(config); err != nil {
		return nil, fmt.Errorf("AudioSpecificConfig: %w", err)
	}
	if c.asc.SampleRate == 0 {
		return nil, fmt.Errorf("AudioSpecificConfig: %w", errNoRate)
	}
	return c, nil
}

// Name returns "aac".
func (c *AAC) Name() string { return "aac" }

// Kind returns Audio.
func (c *AAC) Kind() Kind { return Audio }

// Config returns the AudioSpecificConfig.
func (c *AAC) Config() []byte { return c.config }

// SampleRate returns the rate of the core coder, without band replication.
func (c *AAC) SampleRate() int { return c.asc.SampleRate }

// Channels returns the number of channels; 0 when a program config element defines it.
func (c *AAC) Channels() int {
	if c.asc.ChannelConfig == 7 {
		return 8
	}
	return int(c.asc.ChannelConfig)
}

// ObjectType returns the audio object type of the core coder, which is 2 (AAC LC).
func (c *AAC) ObjectType() int { return int(c.asc.Type) }

// FrameSamples returns the samples per channel of a frame: 1024, or 960.
func (c *AAC) FrameSamples() int {
	if c.asc.FrameLengthFlag {
		return 960
	}
	return 1024
}

// SamplesIn returns FrameSamples: a unit is one frame.
func (c *AAC) SamplesIn([]byte) int { return c.FrameSamples() }

// RandomAccess reports true.
func (c *AAC) RandomAccess([]byte) bool { return true }
