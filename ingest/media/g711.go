package media

import "fmt"

// G711 is the parameter set of a G.711 track (ITU-T G.711), of which the name tells the law.
type G711 struct {
	sound
	name string
}

// Limits of G.711 beyond the 8 kHz and one channel that it was made for.
const (
	g711Rate        = 8000
	maxG711Rate     = 192000
	maxG711Channels = 8
)

// NewG711A is G.711 by the A-law; config was made by SoundConfig, and where it is empty means 8 kHz and one channel.
func NewG711A(config []byte) (*G711, error) { return newG711("g711a", config) }

// NewG711U is G.711 by the µ-law; see NewG711A.
func NewG711U(config []byte) (*G711, error) { return newG711("g711u", config) }

func newG711(name string, config []byte) (*G711, error) {
	if len(config) == 0 {
		config = SoundConfig(g711Rate, 1)
	}
	s, err := parseSound(config, maxG711Rate, maxG711Channels)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return &G711{sound: s, name: name}, nil
}

// Name returns "g711a" or "g711u".
func (c *G711) Name() string { return c.name }

// FrameSamples returns those of 20 ms.
func (c *G711) FrameSamples() int { return max(c.rate/50, 1) }

// SamplesIn returns the length of a payload: a byte is a sample.
func (c *G711) SamplesIn(payload []byte) int {
	if n := len(payload) / c.channels; n > 0 {
		return n
	}
	return c.FrameSamples()
}
