package mediatest_test

import (
	"bytes"
	"testing"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
)

// TestUnits checks that what tests are fed with is what it says it is.
func TestUnits(t *testing.T) {
	h264, h265 := mediatest.H264(1, 1000), mediatest.H265(1, 1000)
	for name, units := range map[string][]*media.Unit{
		"h264": mediatest.Pictures(h264, 60, 1000, 40),
		"open": mediatest.OpenPictures(h264, 60, 1000, 40),
		"h265": mediatest.Pictures(h265, 60, 1000, 40),
	} {
		shown := map[int64]bool{}
		for i, u := range units {
			if got := u.Track.Codec.RandomAccess(u.Payload); got != u.RandomAccess {
				t.Errorf("%s: picture %d: the payload says random access %v, the unit %v", name, i, got, u.RandomAccess)
			}
			if u.PTS < u.DTS || shown[u.PTS] {
				t.Errorf("%s: picture %d: PTS %d, DTS %d", name, i, u.PTS, u.DTS)
			}
			shown[u.PTS] = true
		}
	}
	u := mediatest.Grow(mediatest.Pictures(mediatest.H264(1, 1000), 1, 0, 40)[0], 1<<20)
	if len(u.Payload) != 1<<20 || !u.Track.Codec.RandomAccess(u.Payload) || bytes.Contains(u.Payload, make([]byte, 4)) {
		t.Errorf("grown payload of %d bytes", len(u.Payload))
	}
	n := 0
	for range media.NALUs(u.Payload) {
		n++
	}
	if n < 2 {
		t.Errorf("%d NAL units", n)
	}
}

// TestEveryCodec checks that units of each codec tell what their track tells, from both sources.
func TestEveryCodec(t *testing.T) {
	for _, name := range mediatest.Codecs() {
		track := mediatest.Track(name, 1, 1000)
		units := mediatest.Units(track, 30, 500)
		if name != "h264" && name != "h265" && name != "aac" {
			units = append(units, mediatest.Encode(t, name, 2, 90000, "-t", "1")...)
		}
		for i, u := range units {
			c := u.Track.Codec
			if c.Name() != name || c.RandomAccess(u.Payload) != u.RandomAccess || u.RandomAccess != (c.Kind() == media.Audio || i%mediatest.GOP == 0) {
				t.Errorf("%s unit %d: random access %v", name, i, u.RandomAccess)
			}
			if in, ok := c.(media.InBand); ok && in.After(u.Payload) != c {
				t.Errorf("%s unit %d: other parameters", name, i)
			}
			if f, ok := c.(media.FramedCodec); ok && f.SamplesIn(u.Payload) != f.FrameSamples() {
				t.Errorf("%s unit %d: %d samples, want %d", name, i, f.SamplesIn(u.Payload), f.FrameSamples())
			}
		}
	}
}
