package rewind

import (
	"testing"
	"testing/synctest"
	"time"

	"aircheck/ingest/media"
)

// stepped returns units as a server gets them whose clock was set by so much: what has elapsed is not changed by that.
func stepped(units []*media.Unit, by time.Duration) []*media.Unit {
	out := make([]*media.Unit, len(units))
	for i, u := range units {
		c := *u
		c.Wall = u.Wall.Round(0).Add(by)
		out[i] = &c
	}
	return out
}

// TestRingClockStep: what came before the clock was set ages as fast as what came after it.
func TestRingClockStep(t *testing.T) {
	for name, step := range map[string]time.Duration{"back": -time.Hour, "ahead": time.Hour} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				rh := newRing(t, nil)
				video, audio := ringTracks()
				s := rh.publish("a")
				for i := range 300 {
					units := ringShow(video, audio, s.Start, i, 1)
					if i < 150 { // seen from behind the step
						units = stepped(units, -step)
					}
					rh.write(s, units)
					time.Sleep(time.Second)
					if i == 170 {
						got := heldBy(t, rh.only("a"), time.Time{})
						if n := len(got); n < 60*len(units) || n > 85*len(units) {
							t.Errorf("shortly after the step %d s are held", n/len(units))
						}
					}
				}
				synctest.Wait()
				got := heldBy(t, rh.only("a"), time.Time{})
				if n := len(got) / len(ringShow(video, audio, s.Start, 0, 1)); n < 60 || n > 75 {
					t.Errorf("%d s are held", n)
				}
				rh.close()
			})
		})
	}
}

// TestRingRestartClock: what an earlier run seems to have received in the future is held for a window, and no longer.
func TestRingRestartClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rh := newRing(t, nil)
		video, audio := ringTracks()
		rh.write(rh.publish("a"), ringShow(video, audio, time.Now().Add(time.Hour), 0, 20))
		rh.close()
		again := rh.reopen(nil, nil)
		time.Sleep(again.ring.Window / 2)
		synctest.Wait()
		if got := heldBy(t, again.only("a"), time.Time{}); len(got) != len(ringShow(video, audio, time.Now(), 0, 20)) {
			t.Errorf("%d units are held", len(got))
		}
		time.Sleep(again.ring.Window)
		synctest.Wait()
		if n, _ := again.files(); n > 0 || len(again.stretches("a")) > 0 {
			t.Errorf("%d pages are held for longer than the window", n)
		}
		again.close()
	})
}
