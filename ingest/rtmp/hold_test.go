package rtmp

import (
	"testing"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/stream"
)

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

// TestPacing: who is live never waits, who is ahead waits as long as the reader gets on, and for a while if it does not.
func TestPacing(t *testing.T) {
	track := &media.Track{Timescale: 1000}
	at := func(ms int64) []*media.Unit { return []*media.Unit{{Track: track, DTS: ms}} }
	now := time.Now()
	behind := 2 * mostBehind
	look := func() int { return behind }
	var p pacing
	if p.holds(now, look) {
		t.Error("a publisher is held back before it has sent anything")
	}
	for i := range int64(100) { // live
		p.note(at(i*200), now)
		if p.holds(now, look) {
			t.Fatal("a live publisher is held back")
		}
		now = now.Add(200 * time.Millisecond)
	}
	for ms := int64(20_000); ms <= 120_000; ms += 40 { // a burst
		p.note(at(ms), now)
	}
	if !p.holds(now, look) {
		t.Error("a publisher that is 100 s ahead is not held back")
	}
	behind = mostBehind
	if p.holds(now, look) {
		t.Error("it is held back although the reader has caught up")
	}
	behind = 2 * mostBehind
	for range 5 {
		behind--
		if !p.holds(now, look) {
			t.Error("it is not held back although the reader gets on")
		}
		now = now.Add(longestHold - time.Second)
	}
	if !p.holds(now, look) {
		t.Error("it is not held back any more before the reader has stood still for long")
	}
	if now = now.Add(2 * time.Second); p.holds(now, look) {
		t.Error("it is held back although the reader stands still")
	}
	if now = now.Add(time.Minute); p.holds(now, look) {
		t.Error("it is held back although time has caught up with it")
	}
	p.note(at(100_000_000), now) // a jump
	if p.holds(now, look) {
		t.Error("it is held back for a jump of its time line")
	}
	p.note(at(0), now)
	if p.note(at(40), now); p.ahead >= aheadOfTime {
		t.Errorf("%s ahead after the time line began again", p.ahead)
	}
}

// TestLiveIsNotHeldBack: neither a clock that is a little fast nor what was late makes a live publisher one that is ahead of time.
func TestLiveIsNotHeldBack(t *testing.T) {
	track := &media.Track{Timescale: 1000}
	at := func(ms int64) []*media.Unit { return []*media.Unit{{Track: track, DTS: ms}} }
	never := func() int { return 1 << 30 }
	for name, clock := range map[string]func(second int64) (ms int64){
		"a fast clock": func(s int64) int64 { return s * 1010 },
		"a network that stands still now and then": func(s int64) int64 { return s / 20 * 20_000 },
		"a time line that jumps ahead and back":    func(s int64) int64 { return s*1000 + s/100%2*3_600_000 },
	} {
		t.Run(name, func(t *testing.T) {
			var p pacing
			now := time.Now()
			last := int64(-1)
			for second := range int64(36_000) {
				if to := clock(second); to > last {
					from := last + 1
					if to-from > 25_000 { // a jump
						from = to - 900
					}
					for ms := from; ms <= to; ms += 100 {
						p.note(at(ms), now)
					}
					last = to
				} else {
					p.note(at(to), now)
					last = to
				}
				if p.holds(now, never) {
					t.Fatalf("held back after %d s, %s ahead", second, p.ahead)
				}
				now = now.Add(time.Second)
			}
		})
	}
	t.Run("but a file is, after any time", func(t *testing.T) {
		var p pacing
		now := time.Now()
		for second := range int64(3600) {
			p.note(at(second*1000), now)
			now = now.Add(time.Second)
		}
		for ms := int64(3_600_000); ms < 3_700_000; ms += 40 {
			p.note(at(ms), now)
		}
		if !p.holds(now, never) {
			t.Errorf("not held back, %s ahead", p.ahead)
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
