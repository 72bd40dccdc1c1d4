package recorder

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/stream"
	"aircheck/recorder/aac"
	"aircheck/recorder/container"
	"aircheck/recorder/flv"
	"aircheck/recorder/hls"
	"aircheck/recorder/mp4"
)

// TestStop: a recording ends where it is stopped, in a file.
func TestStop(t *testing.T) {
	for name, c := range map[string]struct {
		after, ends time.Duration // of the call
		reason      CutReason
	}{
		"now":                   {0, 0, CutStopped},
		"later":                 {700 * time.Millisecond, 700 * time.Millisecond, CutStopped},
		"a moment ago":          {-200 * time.Millisecond, 0, CutStopped},
		"no later than its end": {time.Minute, time.Second, CutWindowEnd},
	} {
		t.Run(name, func(t *testing.T) {
			windowed(t, 0, func(_ *testing.T, sh *interrupted) {
				begin := time.Now()
				h := sh.task("1", Window{Until: begin.Add(3 * time.Second)})
				sh.more(show(2*time.Second, 0))
				time.Sleep(time.Until(begin.Add(2 * time.Second)))
				h.Stop(begin.Add(2*time.Second + c.after))
				h.Stop(begin.Add(time.Second)) // only the first call counts
				sh.more(show(2*time.Second, 2000))
				sh.is(sh.done(1)[0], sh.within(begin, begin.Add(2*time.Second+c.ends)), c.reason)
				sh.idle()
				closeManager(sh, sh.m)
				h.Stop(time.Time{})
			})
		})
	}
}

// TestStopSilent: a recording is stopped although nothing comes.
func TestStopSilent(t *testing.T) {
	windowed(t, 0, func(_ *testing.T, sh *interrupted) {
		h := sh.task("1", Window{})
		sh.more(show(2*time.Second, 0))
		h.Stop(time.Time{})
		sh.is(sh.done(1)[0], sh.sent, CutStopped)
		sh.idle()
		closeManager(sh, sh.m)
	})
}

// TestStopWaiting: files that wait for the stream are finished when their recording is stopped, by its handle or by its cause, and by nothing else.
func TestStopWaiting(t *testing.T) {
	spliced(t, func(t *testing.T, f container.Format) {
		sh := interrupt(t, f)
		sh.goLive()
		first := sh.task("1", Window{})
		for _, id := range []string{"2", "3", "4"} {
			sh.task(id, Window{})
		}
		sh.more(show(2*time.Second, 0))
		sh.drop()
		if len(sh.c.list()) > 0 || len(sh.m.Active()) != 4 {
			t.Fatalf("they do not wait: %+v", sh.m.Active())
		}
		finished := map[string]bool{}
		// finishes checks that one more file is finished, and that it is of this task.
		finishes := func(task string) {
			t.Helper()
			finished[task] = true
			for _, file := range sh.done(len(finished)) {
				if !finished[file.Spec.Cause.ID] {
					t.Errorf("%v is finished, want %v", file.Spec.Cause, finished)
				}
				sh.is(file, sh.sent, CutStreamEnd)
			}
		}
		first.Stop(time.Time{})
		finishes("1")
		sh.m.FinishWaiting(Cause{Kind: "task", ID: "2"})
		finishes("2")
		// The third is stopped as the stream comes back, before it has sent anything.
		sh.goLive()
		sh.task("3", Window{}).Stop(time.Time{})
		finishes("3")
		// The fourth is over while the stream is back and silent.
		sh.task("4", Window{Until: time.Now()})
		finishes("4")
		sh.idle()
		closeManager(t, sh.m)
	})
}

// TestFinishWaitingTooEarly: a stream whose end the recorder has yet to learn of is not waited for either.
func TestFinishWaitingTooEarly(t *testing.T) {
	spliced(t, func(t *testing.T, f container.Format) {
		sh := interrupt(t, f)
		sh.goLive()
		sh.task("1", Window{})
		sh.task("2", Window{})
		sh.more(show(2*time.Second, 0))
		sh.m.FinishWaiting(Cause{Kind: "task", ID: "1"})
		if left := sh.m.Active(); len(left) != 2 {
			t.Errorf("recorded: %+v", left)
		}
		sh.drop()
		if file := sh.done(1)[0]; file.Spec.Cause.ID != "1" {
			t.Errorf("finished: %v", file.Spec.Cause)
		}
		closeManager(t, sh.m)
	})
}

// TestOverlap: recordings of one stream, of one format and template, do not touch one another.
func TestOverlap(t *testing.T) {
	windowed(t, gopCache, func(t *testing.T, sh *interrupted) {
		begin := time.Now()
		sp := sh.spec
		sp.SessionID = sh.live.ID
		if err := sh.m.Record(sp, sh.live); err != nil {
			t.Fatal(err)
		}
		same := Window{Until: begin.Add(2 * time.Second)}
		sh.task("1", same)
		sh.task("2", same)
		sh.more(show(1200*time.Millisecond, 0))
		third := sh.task("3", Window{Backlog: true, Until: begin.Add(5 * time.Second)})
		third.Stop(begin.Add(2500 * time.Millisecond))
		sh.more(show(1800*time.Millisecond, 1200))
		sh.task("4", Window{Backlog: true})
		sh.more(show(2*time.Second, 3000))
		sh.drop()
		time.Sleep(window)
		files := sh.done(5)
		keys := map[string]bool{}
		for _, f := range files {
			keys[f.ObjectKey] = true
			switch f.Spec.Cause.ID {
			case "r":
				sh.is(f, sh.sent, CutStreamEnd)
			case "1", "2":
				sh.is(f, sh.within(begin, same.Until), CutWindowEnd)
			case "3":
				sh.is(f, sh.within(ofKind(sh.sent, media.Video)[20].Wall, begin.Add(2500*time.Millisecond)), CutStopped)
			case "4":
				sh.is(f, sh.within(ofKind(sh.sent, media.Video)[70].Wall, begin.Add(time.Hour)), CutStreamEnd)
			}
		}
		if len(keys) != 5 {
			t.Errorf("the files are %v", keys)
		}
		closeManager(t, sh.m)
	})
}

// TestWindowInterrupted: each session of a window has a file, unless they are spliced; the end is the same.
func TestWindowInterrupted(t *testing.T) {
	windowed(t, 0, func(t *testing.T, sh *interrupted) {
		w := Window{Until: time.Now().Add(9 * time.Second)}
		sh.task("1", w)
		sh.more(show(3*time.Second, 500))
		sh.drop()
		n := len(sh.sent)
		time.Sleep(3 * time.Second)
		sh.goLive()
		sh.task("1", w)
		sh.more(show(4*time.Second, 0))
		if splicing()[sh.format.Name()] == nil {
			files := sh.done(2)
			sh.is(files[0], sh.sent[:n], CutStreamEnd)
			sh.is(files[1], sh.within(sh.sent[n].Wall, w.Until), CutWindowEnd)
			closeManager(t, sh.m)
			return
		}
		f := sh.done(1)[0]
		checkGap(t, f, 3*time.Second, 3*time.Second, 100*time.Millisecond)
		if want := len(sh.within(time.Time{}, w.Until)); catalogued([]File{f}) != want || f.Reason != CutWindowEnd {
			t.Errorf("%d units, %s, want %d", catalogued([]File{f}), f.Reason, want)
		}
		sh.idle()
		closeManager(t, sh.m)
	})
}

// TestWindowEndsWait: a file waits for its stream no longer than its window, however its server was interrupted.
func TestWindowEndsWait(t *testing.T) {
	for _, way := range interruptions {
		t.Run(way.name, func(t *testing.T) {
			spliced(t, func(t *testing.T, f container.Format) {
				sh := interrupt(t, f)
				sh.goLive()
				until := time.Now().Add(8 * time.Second)
				sh.task("1", Window{Until: until})
				sh.more(show(3*time.Second, 0))
				way.do(sh)
				time.Sleep(time.Until(until.Add(-time.Second)))
				waiting := sh.m.Active()
				if len(waiting) != 1 || !waiting[0].Suspended || !waiting[0].Until.Equal(until) {
					t.Errorf("%+v, want to wait until %v", waiting, until)
				}
				if files := sh.c.list(); len(files) > 0 {
					t.Errorf("finished: %+v", files)
				}
				time.Sleep(time.Until(until))
				sh.has(sh.done(1), way.lost)
				sh.idle()
				closeManager(t, sh.m)
			})
		})
	}
}

// TestWindowOverAtStart: a start after the end of a window finishes what waited.
func TestWindowOverAtStart(t *testing.T) {
	spliced(t, func(t *testing.T, f container.Format) {
		sh := interrupt(t, f)
		sh.goLive()
		sh.task("1", Window{Until: time.Now().Add(5 * time.Second)})
		sh.more(show(3*time.Second, 0))
		sh.live.End(stream.EndShutdown, "")
		closeManager(t, sh.m)
		if files := sh.c.list(); len(files) > 0 {
			t.Fatalf("finished: %+v", files)
		}
		time.Sleep(3 * time.Second)
		sh.start()
		sh.is(sh.done(1)[0], sh.sent, CutShutdown)
		sh.idle()
		closeManager(t, sh.m)
	})
}

// TestWindowClose: a stop of the server ends what does not wait.
func TestWindowClose(t *testing.T) {
	windowed(t, 0, func(t *testing.T, sh *interrupted) {
		sh.spec.FlowContinueDuration = 0
		sh.task("1", Window{Until: time.Now().Add(time.Minute)})
		sh.task("2", Window{Since: time.Now().Add(time.Minute)})
		sh.more(show(2*time.Second, 0))
		closeManager(t, sh.m)
		sh.is(sh.done(1)[0], sh.sent, CutShutdown)
		if _, err := sh.m.RecordWindow(sh.spec, sh.live, Window{}); err == nil {
			t.Error("a closed manager records")
		}
		sh.drop()
	})
}

// TestWindowGraceIsCut: what ends a recording within the grace of its window does not make its file wait.
func TestWindowGraceIsCut(t *testing.T) {
	for reason, end := range map[CutReason]func(sh *interrupted){
		CutWindowEnd: (*interrupted).drop, CutShutdown: func(sh *interrupted) { closeManager(sh, sh.m) },
	} {
		t.Run(string(reason), func(t *testing.T) {
			windowed(t, 0, func(_ *testing.T, sh *interrupted) {
				until := time.Now().Add(2 * time.Second)
				sh.task("1", Window{Until: until})
				sh.more(show(time.Second, 0))
				time.Sleep(time.Until(until.Add(windowGrace / 2)))
				end(sh)
				sh.is(sh.done(1)[0], sh.sent, reason)
				sh.idle()
			})
		})
	}
}

// TestWindowKill kills the server before each change of the storage while a window is recorded and waited in. Nothing that was whole is
// lost, and nothing waits longer than the window.
func TestWindowKill(t *testing.T) {
	sessions := [][]*media.Unit{show(1500*time.Millisecond, 0), show(1500*time.Millisecond, 300)}
	for _, f := range []container.Format{flv.Format{}, mp4.Format{}, hls.Format{}, aac.Format{}} {
		t.Run(f.Name(), func(t *testing.T) {
			var states []state
			var until time.Time
			dir, into := scratch(t), scratch(t)
			synctest.Test(t, func(t *testing.T) {
				c := &catalogue{}
				cam := &camera{t: t, dir: dir, into: into, c: c}
				sh := &interrupted{T: t, dir: dir, c: c, format: f, spec: spec(f.Name()), before: cam.before}
				sh.spec.FlowContinueDuration = time.Minute
				sh.start()
				until = time.Now().Add(5 * time.Second)
				for _, units := range sessions {
					sh.goLive()
					sh.task("1", Window{Until: until})
					sh.more(units)
					sh.drop()
				}
				time.Sleep(time.Until(until.Add(time.Second)))
				closeManager(t, sh.m)
				states = cam.states
			})
			if len(states) < 30 {
				t.Fatalf("%d states", len(states))
			}
			all := slices.Concat(sessions...)
			for _, st := range states {
				there := wholeUnits(t, f, st)
				var c *catalogue
				synctest.Test(t, func(t *testing.T) {
					c = &catalogue{files: slices.Clone(st.known)}
					m := newManager(st.dir, c)
					m.LastID = 1 << 42
					open(t, m)
					if _, err := m.Recover(t.Context()); err != nil {
						t.Fatalf("%s: %v", st.op, err)
					}
					// The clock starts anew: it is before the window's end.
					time.Sleep(time.Until(until))
					time.Sleep(2 * tickEvery)
					synctest.Wait()
					if left := m.Active(); len(left) > 0 {
						t.Errorf("%s: still waiting: %+v", st.op, left)
					}
					closeManager(t, m)
				})
				checkRecovered(t, st, c, f, all, there)
			}
		})
	}
}

// TestWindowUnknownFormat: what cannot be recorded is refused.
func TestWindowUnknownFormat(t *testing.T) {
	windowed(t, 0, func(t *testing.T, sh *interrupted) {
		if _, err := sh.m.RecordWindow(Spec{Key: key, Format: "ogg"}, sh.live, Window{}); err == nil {
			t.Error("recorded")
		}
		closeManager(t, sh.m)
		sh.drop()
	})
}
