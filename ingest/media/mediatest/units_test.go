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
