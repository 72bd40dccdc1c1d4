package rtmp

import (
	"testing"
	"time"

	"aircheck/ingest/stream"
)

// mostBehind is how much a reader may leave unread before a publisher that is ahead of time waits: see stream.Pacing.
const mostBehind = 8 << 20

// TestFastPublisherWaits pushes a file as fast as it goes to a reader that is slower and has little room. Nothing is lost: the
// publisher waits.
func TestFastPublisherWaits(t *testing.T) {
	gatherers(t, func(t *testing.T, portable bool) {
		const pictures, size = 1500, 40_000
		readers := make(chan *stream.Reader, 1)
		f := start(t, func(s *Server) {
			s.portable, s.memory.Poison = portable, true
			s.Hub.Attach = func(s *stream.Stream) {
				readers <- s.NewReader(stream.ReaderOptions{MaxBytes: mostBehind + 2<<20, HoldsBack: true})
			}
		})
		c := f.dial()
		c.begin("fast")
		c.setChunk(4096)
		c.configs(0)
		pushed := make(chan struct{})
		go func() {
			defer close(pushed)
			body := picture(nalu(false, 1, size))
			for i := range pictures {
				if _, err := c.Write(c.chunks(6, uint32(i*40), 9, 1, body, true)); err != nil {
					t.Error(err)
					break
				}
			}
			_ = c.Close()
		}()
		r := <-readers
		body := nalu(false, 1, size)
		last := body[len(body)-1]
		tick := time.NewTicker(30 * time.Millisecond)
		defer tick.Stop()
		got := 0
		for done := false; !done; {
			<-tick.C
			b := r.Take()
			if b.Lost.Units > 0 {
				t.Fatalf("%d units were lost behind %d", b.Lost.Units, got)
			}
			got += len(b.Units)
			for _, u := range b.Units {
				if n := len(u.Payload); n != size+4 || u.Payload[n-1] != last {
					t.Fatalf("a picture of %d bytes that ends in %d", n, u.Payload[n-1])
				}
				u.Release()
			}
			done = b.End != nil
		}
		<-pushed
		if got != pictures {
			t.Errorf("%d of %d pictures", got, pictures)
		}
	})
}

// TestHeldBackIsNotSilent: a publisher that waits for its recording has not fallen silent: nobody takes its place.
func TestHeldBackIsNotSilent(t *testing.T) {
	gatherers(t, func(t *testing.T, portable bool) {
		streams := make(chan *stream.Stream, 1)
		f := start(t, func(s *Server) {
			s.portable = portable
			s.Hub.Attach = func(s *stream.Stream) {
				s.NewReader(stream.ReaderOptions{HoldsBack: true}) // takes nothing
				streams <- s
			}
		})
		c := f.dial()
		c.begin("fast")
		c.setChunk(65536)
		c.configs(0)
		s := <-streams
		body := picture(nalu(false, 1, 200_000))
		go func() { // until the server ends it
			for i := 0; ; i++ {
				if _, err := c.Write(c.chunks(6, uint32(i*1000), 9, 1, body, true)); err != nil {
					return
				}
			}
		}()
		eventually(t, "the reader to be behind", func() bool { return s.Behind() > mostBehind })
		before := s.Stats()
		eventually(t, "signs of life", func() bool {
			now := s.Stats()
			return now.LastByte.Sub(before.LastByte) > 200*time.Millisecond
		})
		if now := s.Stats(); now.Bytes-before.Bytes > 16<<20 {
			t.Errorf("%d bytes were read of a publisher that is held back", now.Bytes-before.Bytes)
		}
	})
}
