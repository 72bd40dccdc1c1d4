package container

import "aircheck/ingest/media"

// framesPerSecond is assumed of pictures as long as nothing tells their rate.
const framesPerSecond = 25

// framed is a codec of sound that knows how many samples a unit has.
type framed interface {
	SampleRate() int
	FrameSamples() int
}

// DefaultStep returns how long one unit of a track lasts, in its clock rate, when no following unit tells it: a frame
// of sound as its codec says, anything else 1/25 s. It is at least 1.
func DefaultStep(t *media.Track) int64 {
	step := int64(t.Timescale) / framesPerSecond
	if c, ok := t.Codec.(framed); ok && c.SampleRate() > 0 {
		step = media.Rescale(int64(c.FrameSamples()), uint32(c.SampleRate()), t.Timescale)
	}
	return max(step, 1)
}
