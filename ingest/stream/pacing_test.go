package stream

import (
	"testing"
	"time"

	"aircheck/ingest/media"
)

// TestPacing: who is live never waits, who is ahead waits as long as the reader gets on, and for a while if it does not.
func TestPacing(t *testing.T) {
	track := &media.Track{Timescale: 1000}
	at := func(ms int64) []*media.Unit { return []*media.Unit{{Track: track, DTS: ms}} }
	now := time.Now()
	behind := 2 * mostBehind
	look := func() int { return behind }
	var p Pacing
	if p.Holds(now, look) {
		t.Error("a publisher is held back before it has sent anything")
	}
	for i := range int64(100) { // live
		p.Note(at(i*200), now)
		if p.Holds(now, look) {
			t.Fatal("a live publisher is held back")
		}
		now = now.Add(200 * time.Millisecond)
	}
	for ms := int64(20_000); ms <= 120_000; ms += 40 { // a burst
		p.Note(at(ms), now)
	}
	if !p.Holds(now, look) {
		t.Error("a publisher that is 100 s ahead is not held back")
	}
	behind = mostBehind
	if p.Holds(now, look) {
		t.Error("it is held back although the reader has caught up")
	}
	behind = 2 * mostBehind
	for range 5 {
		behind--
		if !p.Holds(now, look) {
			t.Error("it is not held back although the reader gets on")
		}
		now = now.Add(longestHold - time.Second)
	}
	if !p.Holds(now, look) {
		t.Error("it is not held back any more before the reader has stood still for long")
	}
	if now = now.Add(2 * time.Second); p.Holds(now, look) {
		t.Error("it is held back although the reader stands still")
	}
	if now = now.Add(time.Minute); p.Holds(now, look) {
		t.Error("it is held back although time has caught up with it")
	}
	p.Note(at(100_000_000), now) // a jump
	if p.Holds(now, look) {
		t.Error("it is held back for a jump of its time line")
	}
	p.Note(at(0), now)
	if p.Note(at(40), now); p.ahead >= aheadOfTime {
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
			var p Pacing
			now := time.Now()
			last := int64(-1)
			for second := range int64(36_000) {
				if to := clock(second); to > last {
					from := last + 1
					if to-from > 25_000 { // a jump
						from = to - 900
					}
					for ms := from; ms <= to; ms += 100 {
						p.Note(at(ms), now)
					}
					last = to
				} else {
					p.Note(at(to), now)
					last = to
				}
				if p.Holds(now, never) {
					t.Fatalf("held back after %d s, %s ahead", second, p.ahead)
				}
				now = now.Add(time.Second)
			}
		})
	}
	t.Run("but a file is, after any time", func(t *testing.T) {
		var p Pacing
		now := time.Now()
		for second := range int64(3600) {
			p.Note(at(second*1000), now)
			now = now.Add(time.Second)
		}
		for ms := int64(3_600_000); ms < 3_700_000; ms += 40 {
			p.Note(at(ms), now)
		}
		if !p.Holds(now, never) {
			t.Errorf("not held back, %s ahead", p.ahead)
		}
	})
}
