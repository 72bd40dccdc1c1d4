package compose

import (
	"testing"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
)

// TestSets: an ID that is free is free, and a codec that has the sets of two has all of them.
func TestSets(t *testing.T) {
	c := mediatest.H264(1, 1000).Codec.(*media.H264)
	id, ok := freeID(c)
	if !ok || id != 31 {
		t.Errorf("%d, %v", id, ok)
	}
	both, err := withSets(c, c)
	if err != nil {
		t.Fatal(err)
	}
	sps, pps := c.ParameterSets()
	gotSPS, gotPPS := both.ParameterSets()
	if len(gotSPS) != 2*len(sps) || len(gotPPS) != 2*len(pps) {
		t.Errorf("%d and %d sets of %d and %d", len(gotSPS), len(gotPPS), len(sps), len(pps))
	}
	for b, want := range map[byte]int{0x80: 0, 0x40: 1, 0x60: 2, 0x20: 3} {
		if got, ok := golomb([]byte{0, b, 0}, 1); !ok || got != want {
			t.Errorf("%x: %d, %v", b, got, ok)
		}
	}
}

// FuzzSets: whatever a file says of its parameter sets.
func FuzzSets(f *testing.F) {
	f.Add(mediatest.H264(1, 1000).Codec.Config())
	f.Fuzz(func(t *testing.T, config []byte) {
		c, err := media.NewH264(config)
		if err != nil {
			return
		}
		profileOf(c)
		if id, ok := freeID(c); ok && (id < 1 || id > 31) {
			t.Fatal(id)
		}
		both, err := withSets(c, c)
		if err != nil {
			return
		}
		sps, _ := c.ParameterSets()
		if got, _ := both.ParameterSets(); len(got) < len(sps) {
			t.Fatalf("%d of %d", len(got), len(sps))
		}
	})
}

// FuzzLength: whatever a request says of a place.
func FuzzLength(f *testing.F) {
	f.Add("10%")
	f.Add("-100.5px")
	f.Fuzz(func(t *testing.T, text string) {
		if l, ok := parseLength(text); ok {
			l.of(maxCanvas)
		}
	})
}
