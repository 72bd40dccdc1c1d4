package recorder

import (
	"testing"
	"testing/synctest"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/ingest/stream"
)

// between writes units in real time from one place of the time line to another.
func between(t *testing.T, s *stream.Stream, units []*media.Unit, from, to time.Duration) {
	t.Helper()
	for _, u := range units {
		if at := u.Time(); at >= from && at < to {
			write(t, s, []*media.Unit{u}, 1)
			time.Sleep(10 * time.Millisecond) // of the bubble's clock
		}
	}
	synctest.Wait()
}

// TestWaiting: as long as units reach the disk none waits for long; when none does, the oldest is known, and what an interruption cost is
// counted once.
func TestWaiting(t *testing.T) {
	for name := range formats() {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				dir := scratch(t)
				var c catalogue
				m := newManager(dir, &c)
				f := &faults{dir: dir, hits: func(o op) bool { return o.kind == "write" || o.kind == "create" }}
				m.before = f.before
				open(t, m)
				var h stream.Hub
				s := publish(t, m, &h, spec(name))
				units := show(40*time.Second, 0)
				waits := func() time.Duration {
					active := m.Active()
					if len(active) != 1 {
						t.Fatalf("recordings %+v", active)
					}
					if active[0].Waiting.IsZero() {
						return 0
					}
					return time.Since(active[0].Waiting)
				}
				between(t, s, units, 0, 10*time.Second)
				if w := waits(); w > 3*time.Second {
					t.Errorf("a unit waits for %s", w)
				}
				if before := m.Stats(); before.Written == 0 || before.Lost.Units != 0 || before.Interruptions != 0 {
					t.Errorf("all is well: %+v", before)
				}
				began := time.Now()
				f.on.Store(true)
				between(t, s, units, 10*time.Second, 25*time.Second)
				if w := waits(); w < time.Since(began)-3*time.Second || !m.Active()[0].Interrupted {
					t.Errorf("after %s a unit waits for %s: %+v", time.Since(began), w, m.Active()[0])
				}
				f.on.Store(false)
				between(t, s, units, 25*time.Second, 40*time.Second)
				if w := waits(); w > 3*time.Second || m.Active()[0].Interrupted {
					t.Errorf("afterwards a unit waits for %s: %+v", w, m.Active()[0])
				}
				s.End(stream.EndClient, "")
				closeManager(t, m)
				st := m.Stats()
				gaps, files := 0, map[CutReason]int64{}
				for _, file := range c.list() {
					files[file.Reason]++
					for _, g := range file.Gaps {
						gaps += g.Units
					}
				}
				if st.Lost.Units != gaps || gaps == 0 {
					t.Errorf("%d units are lost, the gaps have %d", st.Lost.Units, gaps)
				}
				for reason, n := range files {
					if got := st.Finished[Finished{Format: name, Reason: reason}]; got != n {
						t.Errorf("%d files ended by %s, counted %d", n, reason, got)
					}
				}
				if st.Interruptions == 0 || st.Recovered != 0 || st.Finishing != 0 {
					t.Errorf("%+v", st)
				}
			})
		})
	}
}

// TestNothingWaitsThatIsNotCarried: what a format cannot carry is not waiting for the disk.
func TestNothingWaitsThatIsNotCarried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c catalogue
		m := newManager(scratch(t), &c)
		open(t, m)
		var h stream.Hub
		s := publish(t, m, &h, spec("aac"))
		track := mediatest.H264(1, 1000)
		between(t, s, mediatest.Pictures(track, 200, 0, 40), 0, time.Hour)
		time.Sleep(20 * time.Second)
		synctest.Wait()
		if st := m.Active()[0]; !st.Waiting.IsZero() || st.Interrupted || !st.LastWrite.IsZero() {
			t.Errorf("%+v", st)
		}
		s.End(stream.EndClient, "")
		closeManager(t, m)
	})
}

func TestDurations(t *testing.T) {
	var d Durations
	for _, took := range []time.Duration{0, time.Millisecond, time.Millisecond + 1, time.Second, time.Minute, time.Hour} {
		d.add(took)
	}
	want := [len(d.Counts)]uint64{0: 2, 1: 1, 5: 1, 8: 1, 9: 1}
	if d.Counts != want || d.Sum != time.Hour+time.Minute+time.Second+2*time.Millisecond+1 {
		t.Errorf("%+v", d)
	}
}
