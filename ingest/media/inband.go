package media

import (
	"errors"
	"fmt"
)

// ErrNoParameters says that a unit does not tell the parameters of its codec: a later one will.
var ErrNoParameters = errors.New("the unit does not tell its parameters")

// InBand is a Codec whose units tell its parameters, or part of them: av1, vp8, vp9, mp3, ac3. An ingest asks it at
// every unit, since nothing else may tell of a change.
type InBand interface {
	Codec
	// After returns the codec in force from this unit on: the same one, unless the unit tells other parameters.
	After(payload []byte) Codec
}

// FromUnit builds the codec of that name from one of its units. config is what was announced, and may be empty: some codecs are
// announced by name alone (mp3, ac3, opus), some without the size of their pictures (vp8, vp9, av1). It returns ErrNoParameters
// itself for a unit that does not tell enough, such as a picture that depends on others. Codecs whose units tell
// nothing are built from config, as New does.
func FromUnit(name string, kind Kind, config, payload []byte) (Codec, error) {
	var c Codec
	var err error
	switch name {
	case "av1":
		c, err = av1FromUnit(config, payload)
	case "vp8":
		c, err = vp8FromUnit(config, payload)
	case "vp9":
		c, err = vp9FromUnit(config, payload)
	case "mp3":
		c, err = mp3FromUnit(payload)
	case "ac3":
		c, err = ac3FromUnit(payload)
	case "opus":
		c, err = opusFromUnit(config, payload)
	default:
		return New(name, kind, config)
	}
	switch {
	case err == ErrNoParameters: // a publisher may send these all day
		return nil, err
	case err != nil:
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return c, nil
}

// TellsItself reports whether FromUnit needs nothing but a unit.
func TellsItself(name string) bool {
	switch name {
	case "av1", "vp8", "vp9", "mp3", "ac3", "opus":
		return true
	}
	return false
}

// FramedCodec is an AudioCodec that knows how long its units are.
type FramedCodec interface {
	AudioCodec
	// FrameSamples is how many samples per channel a unit usually has, at SampleRate.
	FrameSamples() int
	// SamplesIn is how many it has; FrameSamples when the payload cannot be read.
	SamplesIn(payload []byte) int
}
