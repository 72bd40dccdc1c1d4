package media

import (
	"bytes"
	"math"
)

// Kind tells pictures from sound.
type Kind uint8

// The kinds of track.
const (
	Video Kind = iota + 1
	Audio
)

// String returns "video" or "audio".
func (k Kind) String() string {
	switch k {
	case Video:
		return "video"
	case Audio:
		return "audio"
	}
	return "unknown"
}

// Codec is one parameter set of one codec: what a decoder must know before the first unit. It is
// immutable; a change of parameters is a new Codec on a new Track. Protocols and containers ask it
// instead of switching on codecs, but for their own mapping of Name.
type Codec interface {
	// Name is "h264", "h265", "av1", "vp8", "vp9", "aac", "opus", "mp3", "ac3", "g711a", "g711u", or for an Opaque codec
	// its fourCC in lower case.
	Name() string
	// Kind tells whether it codes pictures or sound.
	Kind() Kind
	// Config is the decoder configuration as ISO base media files carry it, without a box header:
	// AVCDecoderConfigurationRecord, HEVCDecoderConfigurationRecord (ISO 14496-15), AV1CodecConfigurationRecord,
	// AudioSpecificConfig (ISO 14496-3), the content of dac3. Where those do not tell enough there is more in it or it has a form of its
	// own: see VP9, Opus, SoundConfig. Of an Opaque codec it is what the publisher sent. New makes the same codec of it
	// again. Must not be modified.
	Config() []byte
	// RandomAccess reports whether decoding can start with this payload.
	RandomAccess(payload []byte) bool
}

// VideoCodec is a Codec that knows the size of its picture in pixels, 1 to 65535; both 0 when unknown.
type VideoCodec interface {
	Codec
	Size() (width, height int)
}

// AudioCodec is a Codec that knows its sound: samples per second and channels; 0 when unknown.
type AudioCodec interface {
	Codec
	SampleRate() int
	Channels() int
}

// possibleSize returns 0, 0 for a size that no file can state, such as that of a picture cropped by more than it has.
func possibleSize(width, height int) (int, int) {
	if width < 1 || height < 1 || width > math.MaxUint16 || height > math.MaxUint16 {
		return 0, 0
	}
	return width, height
}

// SameParameters reports whether two codecs can share a file without a new decoder configuration.
func SameParameters(a, b Codec) bool {
	return a.Name() == b.Name() && a.Kind() == b.Kind() && bytes.Equal(a.Config(), b.Config())
}

// New builds the codec of that name from its decoder configuration: see Codec.Config. Known names fail on a bad configuration;
// every other name becomes an Opaque.
func New(name string, kind Kind, config []byte) (Codec, error) {
	switch name {
	case "h264":
		return built(NewH264(config))
	case "h265":
		return built(NewH265(config))
	case "av1":
		return built(NewAV1(config))
	case "vp8":
		return built(NewVP8(config))
	case "vp9":
		return built(NewVP9(config))
	case "aac":
		return built(NewAAC(config))
	case "opus":
		return built(NewOpus(config))
	case "mp3":
		return built(NewMP3(config))
	case "ac3":
		return built(NewAC3(config))
	case "g711a":
		return built(NewG711A(config))
	case "g711u":
		return built(NewG711U(config))
	}
	return Opaque{FourCC: name, Of: kind, Extra: config}, nil
}

// built keeps a failed codec from being a Codec that is not nil.
func built[C Codec](c C, err error) (Codec, error) {
	if err != nil {
		return nil, err
	}
	return c, nil
}

// Opaque is a codec that is carried without being understood. Every unit of it counts as a random
// access point, so that files holding it can be cut.
type Opaque struct {
	// FourCC is the code the publisher used, in lower case.
	FourCC string
	// Of is the kind of track.
	Of Kind
	// Extra is the configuration the publisher sent; may be empty.
	Extra []byte
}

// Name returns the fourCC.
func (o Opaque) Name() string { return o.FourCC }

// Kind returns the kind of track.
func (o Opaque) Kind() Kind { return o.Of }

// Config returns what the publisher sent.
func (o Opaque) Config() []byte { return o.Extra }

// RandomAccess reports true: see Opaque.
func (o Opaque) RandomAccess([]byte) bool { return true }
