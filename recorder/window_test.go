package recorder

import (
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/ingest/stream"
	"aircheck/recorder/aac"
	"aircheck/recorder/container"
	"aircheck/recorder/flv"
	"aircheck/recorder/hls"
	"aircheck/recorder/mp4"
)

// windowed runs a test with a live stream in each format, in virtual time. The stream remembers gop bytes.
func windowed(t *testing.T, gop int, run func(t *testing.T, sh *interrupted)) {
	for _, f := range []container.Format{flv.Format{}, mp4.Format{}, hls.Format{}, aac.Format{}} {
		t.Run(f.Name(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sh := interrupt(t, f)
				sh.h.GOP, sh.h.TotalGOP = gop, gop
				sh.goLive()
				defer func() { closeManager(t, sh.m) }()
				run(t, sh)
			})
		})
	}
}

// goLive begins a session that nothing records yet.
func (sh *interrupted) goLive() {
	sh.Helper()
	s, err := sh.h.Publish(stream.Publisher{Key: sh.spec.Key, Protocol: "rtmp"})
	if err != nil {
		sh.Fatal(err)
	}
	sh.live = s
}

// task records a window of the live stream.
func (sh *interrupted) task(id string, w Window) *Handle {
	sh.Helper()
	sp := sh.spec
	sp.Cause, sp.SessionID = Cause{Kind: "task", ID: id}, sh.live.ID
	h, err := sh.m.RecordWindow(sp, sh.live, w)
	if err != nil {
		sh.Fatal(err)
	}
	return h
}

// done returns the files once as many are finished, which must take no longer than the grace and what the writer's tick adds to it.
func (sh *interrupted) done(n int) []File {
	sh.Helper()
	for range 2 {
		if synctest.Wait(); len(sh.c.list()) >= n {
			break
		}
		time.Sleep(tickEvery)
	}
	synctest.Wait()
	files := sh.c.list()
	if len(files) != n {
		sh.Fatalf("%d files, want %d: %+v", len(files), n, files)
	}
	return files
}

// within are the units sent that were received from one time on and before another.
func (sh *interrupted) within(from, until time.Time) (out []*media.Unit) {
	for _, u := range sh.sent {
		if !u.Wall.Before(from) && u.Wall.Before(until) {
			out = append(out, u)
		}
	}
	return out
}

// is checks that a file has exactly these units, as far as its format carries them, and why it ended.
func (sh *interrupted) is(f File, want []*media.Unit, reason CutReason) {
	sh.Helper()
	if f.Reason != reason {
		sh.Errorf("it ended because of %q, want %q", f.Reason, reason)
	}
	want = slices.DeleteFunc(slices.Clone(want), func(u *media.Unit) bool { return !sh.format.Supports(u.Track.Codec) })
	if len(want) == 0 {
		sh.Fatal("nothing was to be recorded")
	}
	if sh.format.Name() == "aac" { // its frames play one after the other
		for i, u := range sound(want[0].Track, time.Minute, 0)[:len(want)] {
			c := *want[i]
			c.DTS, want[i] = u.DTS, &c
		}
	}
	sameMedia(sh, read(sh, sh.format, filepath.Join(sh.dir, f.ObjectKey)), want, mediatest.Base(want))
	if got := f.Start; (got.Sub(want[0].Wall)).Abs() > time.Millisecond {
		sh.Errorf("it starts at %v, its first unit was received at %v", got, want[0].Wall)
	}
	if f.PlaylistKey != "" {
		checkPlaylist(sh.T, state{dir: sh.dir}, f)
	}
}

// split splits units at a time.
func split(units []*media.Unit, at time.Duration) (before, after []*media.Unit) {
	n := slices.IndexFunc(units, func(u *media.Unit) bool { return u.Time() >= at })
	return units[:n], units[n:]
}

// idle checks that nothing is being recorded, or waits.
func (sh *interrupted) idle() {
	sh.Helper()
	if left := sh.m.Active(); len(left) > 0 {
		sh.Errorf("still active: %+v", left)
	}
}

const gopCache = 8 << 20

// TestWindowEnd: a window ends with the last unit before its end, whatever the format waits for, and its file does not wait for anybody.
func TestWindowEnd(t *testing.T) {
	for _, length := range []time.Duration{90 * time.Millisecond, 3 * time.Second, 3333 * time.Millisecond} {
		t.Run(length.String(), func(t *testing.T) {
			windowed(t, 0, func(_ *testing.T, sh *interrupted) {
				begin := time.Now()
				sh.task("1", Window{Until: begin.Add(length)})
				sh.more(show(5*time.Second, 700))
				f := sh.done(1)[0]
				sh.is(f, sh.within(begin, begin.Add(length)), CutWindowEnd)
				if len(f.Gaps) > 0 {
					sh.Errorf("gaps %+v", f.Gaps)
				}
				sh.idle()
				closeManager(sh, sh.m)
			})
		})
	}
}

// TestWindowEndOfSilence: a stream that sends nothing does not keep a window open.
func TestWindowEndOfSilence(t *testing.T) {
	windowed(t, 0, func(_ *testing.T, sh *interrupted) {
		until := time.Now().Add(4 * time.Second)
		sh.task("1", Window{Until: until})
		sh.more(show(time.Second, 0))
		time.Sleep(time.Until(until))
		synctest.Wait()
		if len(sh.m.Active()) != 1 {
			sh.Error("it ended before its window")
		}
		sh.is(sh.done(1)[0], sh.sent, CutWindowEnd)
		sh.idle()
		closeManager(sh, sh.m)
	})
}

// TestWindowGrace: what was received before the end is recorded even if it comes a little after it.
func TestWindowGrace(t *testing.T) {
	windowed(t, 0, func(_ *testing.T, sh *interrupted) {
		until := time.Now().Add(2 * time.Second)
		sh.task("1", Window{Until: until})
		sh.more(show(1500*time.Millisecond, 0))
		late := show(400*time.Millisecond, 1500)
		for _, u := range late {
			u.Wall = until.Add(-time.Millisecond)
		}
		time.Sleep(time.Until(until.Add(100 * time.Millisecond)))
		write(sh, sh.live, late, len(late))
		sh.sent = append(sh.sent, late...)
		sh.is(sh.done(1)[0], sh.sent, CutWindowEnd)
		closeManager(sh, sh.m)
	})
}

// TestWindowClock: a window ends by the clock that units are received by, wherever that is set.
func TestWindowClock(t *testing.T) {
	for name, step := range map[string]time.Duration{"forward": time.Hour, "back": -time.Hour} {
		t.Run(name, func(t *testing.T) {
			windowed(t, 0, func(_ *testing.T, sh *interrupted) {
				begin := time.Now()
				sh.task("1", Window{Until: begin.Add(3 * time.Second)})
				sh.more(show(2*time.Second, 0))
				n := len(sh.sent)
				sh.stepped = step
				sh.more(show(800*time.Millisecond, 2000))
				if step > 0 {
					sh.is(sh.done(1)[0], sh.sent[:n], CutWindowEnd)
				} else {
					if len(sh.m.Active()) != 1 {
						sh.Error("it ended")
					}
					sh.drop()
					closeManager(sh, sh.m)
				}
			})
		})
	}
}

// TestWindowBacklog: a recording begins with the random access point at or before the call where the stream remembers it, otherwise with
// what there is, and says so.
func TestWindowBacklog(t *testing.T) {
	for name, c := range map[string]struct {
		gop   int
		whole bool
	}{"whole": {gopCache, true}, "bounded": {4 << 10, false}, "off": {0, false}} {
		t.Run(name, func(t *testing.T) {
			windowed(t, c.gop, func(_ *testing.T, sh *interrupted) {
				before, after := split(show(4*time.Second, 0), 1100*time.Millisecond)
				sh.more(before) // 28 pictures: 7 beyond a random access point
				call := time.Now()
				key := call
				if held := ofKind(sh.sent, media.Video); c.gop > 0 {
					key = held[20].Wall
				}
				sh.task("1", Window{Backlog: true, Until: call.Add(2 * time.Second)})
				sh.more(after)
				f := sh.done(1)[0]
				pictures := sh.format.Supports(mediatest.H264(1, 1000).Codec)
				switch whole := sh.within(key, call.Add(2*time.Second)); {
				case c.gop == gopCache || c.gop == 0:
					sh.is(f, whole, CutWindowEnd)
				case pictures:
					got := read(sh, sh.format, filepath.Join(sh.dir, f.ObjectKey))
					if len(got) >= len(whole) || !f.Start.Before(call) {
						sh.Errorf("%d units from %v on, want fewer than %d, from before %v on", len(got), f.Start, len(whole), call)
					}
				}
				if told := len(f.Gaps) == 1 && f.Gaps[0] == (Gap{Reason: whyUndecodable}); told != (pictures && !c.whole) || !told && len(f.Gaps) > 0 {
					sh.Errorf("gaps %+v", f.Gaps)
				}
				closeManager(sh, sh.m)
			})
		})
	}
}

// TestWindowSince: what came before the beginning is left out, but for the random access point at or before it.
func TestWindowSince(t *testing.T) {
	for name, c := range map[string]struct {
		asked, since time.Duration // after the beginning of the stream
		from         int           // the picture
	}{
		"asked before":          {200 * time.Millisecond, 1500 * time.Millisecond, 30},
		"at a picture":          {0, 1200 * time.Millisecond, 30},
		"just before a picture": {0, 1199 * time.Millisecond, 20},
		"within the backlog":    {1500 * time.Millisecond, 1300 * time.Millisecond, 30},
		"in its first group":    {0, 100 * time.Millisecond, 0},
	} {
		t.Run(name, func(t *testing.T) {
			windowed(t, gopCache, func(_ *testing.T, sh *interrupted) {
				begin := time.Now()
				before, after := split(show(4*time.Second, 0), c.asked)
				if len(before) > 0 {
					sh.more(before)
				}
				sh.task("1", Window{Since: begin.Add(c.since), Backlog: true, Until: begin.Add(3 * time.Second)})
				sh.more(after)
				f := sh.done(1)[0]
				sh.is(f, sh.within(ofKind(sh.sent, media.Video)[c.from].Wall, begin.Add(3*time.Second)), CutWindowEnd)
				if len(f.Gaps) > 0 {
					sh.Errorf("gaps %+v", f.Gaps)
				}
				closeManager(sh, sh.m)
			})
		})
	}
}

// TestWindowOfSound: of a stream without pictures the last frame of sound at or before the beginning is the first.
func TestWindowOfSound(t *testing.T) {
	windowed(t, gopCache, func(_ *testing.T, sh *interrupted) {
		begin := time.Now()
		sh.task("1", Window{Since: begin.Add(time.Second), Until: begin.Add(2 * time.Second)})
		sh.more(sound(mediatest.AAC(2, 1000), 3*time.Second, 0))
		first := sh.sent[0]
		for _, u := range sh.sent {
			if !u.Wall.After(begin.Add(time.Second)) {
				first = u
			}
		}
		sh.is(sh.done(1)[0], sh.within(first.Wall, begin.Add(2*time.Second)), CutWindowEnd)
		closeManager(sh, sh.m)
	})
}

// TestWindowNeverBegins: a window that begins after its stream has ended, or ends before anything comes, makes no file.
func TestWindowNeverBegins(t *testing.T) {
	windowed(t, gopCache, func(_ *testing.T, sh *interrupted) {
		sh.task("1", Window{Since: time.Now().Add(time.Hour)})
		sh.task("2", Window{Until: time.Now()})
		sh.task("3", Window{}).Stop(time.Now().Add(-time.Second))
		sh.more(show(2*time.Second, 0))
		sh.drop()
		time.Sleep(window)
		sh.done(0)
		sh.idle()
		closeManager(sh, sh.m)
	})
}
