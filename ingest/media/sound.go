package media

import (
	"encoding/binary"
	"fmt"
)

// soundConfigSize is the length of a SoundConfig.
const soundConfigSize = 5

// SoundConfig makes the configuration of a codec that has none of its own (mp3, g711a, g711u): samples per second in 4 bytes, big-endian,
// and the number of channels in one.
func SoundConfig(rate, channels int) []byte {
	return append(binary.BigEndian.AppendUint32(nil, uint32(rate)), byte(channels))
}

// sound is a configuration made by SoundConfig.
type sound struct {
	config         []byte
	rate, channels int
}

func parseSound(config []byte, maxRate, maxChannels int) (s sound, err error) {
	if len(config) < soundConfigSize {
		return s, errShortConfig
	}
	rate := binary.BigEndian.Uint32(config)
	s.rate, s.channels = int(min(rate, 1<<30)), int(config[4])
	if s.rate < 1 || s.rate > maxRate || s.channels < 1 || s.channels > maxChannels {
		return s, fmt.Errorf("%d Hz, %d channels", rate, s.channels)
	}
	s.config = append([]byte(nil), config[:soundConfigSize]...)
	return s, nil
}

// Kind returns Audio.
func (s *sound) Kind() Kind { return Audio }

// Config returns what SoundConfig made.
func (s *sound) Config() []byte { return s.config }

// SampleRate returns the samples per second.
func (s *sound) SampleRate() int { return s.rate }

// Channels returns the number of channels.
func (s *sound) Channels() int { return s.channels }

// RandomAccess reports true.
func (s *sound) RandomAccess([]byte) bool { return true }
