package container

import (
	"fmt"
	"slices"

	"aircheck/ingest/media"
)

// ADTSSize is the length of an ADTS header without checksum, MaxADTSPayload what a frame may carry behind it.
const (
	ADTSSize       = 7
	MaxADTSPayload = 1<<13 - 1 - ADTSSize
)

// adtsRates are the sampling rates that a header can name, by index (ISO 14496-3, table 1.18).
var adtsRates = []int{96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350}

// ADTS makes the headers of the audio data transport stream (ISO 14496-3, 1.A.2.2), in which each frame of AAC tells profile,
// sampling rate and channels by itself.
type ADTS struct{ fixed [4]byte }

// NewADTS returns the headers of a codec. It returns ErrUnsupported, wrapped, for what a header cannot say: another codec,
// object types above 4, frames of 960 samples, channels defined by a program config element, odd sampling rates.
func NewADTS(c media.Codec) (ADTS, error) {
	aac, ok := c.(*media.AAC)
	if !ok {
		return ADTS{}, fmt.Errorf("%w: ADTS cannot carry %s", ErrUnsupported, c.Name())
	}
	rate, channels := slices.Index(adtsRates, aac.SampleRate()), aac.Channels()
	if channels == 8 {
		channels = 7
	}
	why := ""
	switch {
	case aac.ObjectType() < 1 || aac.ObjectType() > 4:
		why = fmt.Sprintf("of object type %d", aac.ObjectType())
	case aac.FrameSamples() != 1024:
		why = fmt.Sprintf("with frames of %d samples", aac.FrameSamples())
	case channels < 1 || channels > 7:
		why = "whose channels a program config element defines"
	case rate < 0:
		why = fmt.Sprintf("of %d Hz", aac.SampleRate())
	}
	if why != "" {
		return ADTS{}, fmt.Errorf("%w: ADTS cannot carry aac %s", ErrUnsupported, why)
	}
	return ADTS{[4]byte{
		0xff, 0xf1, // syncword, MPEG-4, no checksum
		byte(aac.ObjectType()-1)<<6 | byte(rate)<<2 | byte(channels>>2),
		byte(channels&3) << 6,
	}}, nil
}

// Append appends the header of a frame with a payload of size bytes, which is at most MaxADTSPayload.
func (a ADTS) Append(dst []byte, size int) []byte {
	n := size + ADTSSize
	return append(dst, a.fixed[0], a.fixed[1], a.fixed[2], a.fixed[3]|byte(n>>11), byte(n>>3), byte(n<<5)|0x1f, 0xfc)
}

// ParseADTS reads a header. size is that of the payload behind it; head is the length of the header, which is 9 with a
// checksum. It reports false for anything that is not the header of a single frame of AAC.
func ParseADTS(b []byte) (c *media.AAC, head, size int, ok bool) {
	if len(b) < ADTSSize || b[0] != 0xff || b[1]&0xf6 != 0xf0 || b[6]&3 != 0 {
		return nil, 0, 0, false
	}
	head = ADTSSize
	if b[1]&1 == 0 {
		head += 2
	}
	object, rate, channels := b[2]>>6+1, b[2]>>2&0xf, b[2]&1<<2|b[3]>>6
	size = int(b[3]&3)<<11 | int(b[4])<<3 | int(b[5]>>5) - head
	if int(rate) >= len(adtsRates) || channels == 0 || size < 0 {
		return nil, 0, 0, false
	}
	// AudioSpecificConfig (ISO 14496-3, 1.6.2.1): object type 5 bits, rate 4, channels 4, three flags of no consequence.
	c, err := media.NewAAC([]byte{object<<3 | rate>>1, rate<<7 | channels<<3})
	return c, head, size, err == nil
}
