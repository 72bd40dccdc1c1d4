package rtmp

import (
	"testing"
	"time"

	"aircheck/ingest/stream"
)

// TestClosedIsNoticedAtOnce: the end of a stream does not wait for a tick, and what came just before it is recorded.
func TestClosedIsNoticedAtOnce(t *testing.T) {
	for name, size := range map[string]int{"one picture": 1000, "many pictures": 40_000} {
		t.Run(name, func(t *testing.T) {
			f := start(t, func(s *Server) { s.Tick = time.Hour })
			c := f.dial()
			c.begin("key")
			c.setChunk(65536)
			c.configs(0)
			body := picture(nalu(true, 1, 1000))
			n := size / 1000
			for i := range n {
				c.message(6, uint32(i), 9, 1, body)
			}
			_ = c.Close()
			if units, end := f.stream(0).ended(t); len(units) != n || end.Reason != stream.EndClient {
				t.Errorf("%d of %d pictures, end %+v", len(units), n, end)
			}
		})
	}
}
