package relay

import (
	"testing"

	"aircheck/ingest/media/mediatest"
)

// BenchmarkEncode is what a unit costs once, whatever the number of players.
func BenchmarkEncode(b *testing.B) {
	u := mediatest.Pictures(mediatest.H264(1, 1000), 1, 0, 40)[0]
	u = mediatest.Grow(u, 20<<10)
	b.SetBytes(int64(len(u.Payload)))
	b.ReportAllocs()
	var out []byte
	for b.Loop() {
		out = FLV{}.Unit(out[:0], u, 1, 40)
	}
}
