package recorder

import (
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/ingest/stream"
	"aircheck/recorder/container"
	"aircheck/recorder/hls"
)

// TestSuspendRefused: what the disk does not take when the stream ends is missing in the file, and listed.
func TestSuspendRefused(t *testing.T) {
	spliced(t, func(t *testing.T, f container.Format) {
		var broken atomic.Bool
		sh := interruptWith(t, f, func(o op) error {
			if o.kind == "write" && strings.HasSuffix(o.name, "."+f.Name()) && broken.CompareAndSwap(true, false) {
				return errTest
			}
			return nil
		})
		sh.push(showPart(0))
		rest := show(100*time.Millisecond, 7000)
		write(sh, sh.live, rest, len(rest))
		sh.sent = append(sh.sent, rest...)
		broken.Store(true)
		sh.drop()
		files := sh.after()
		if broken.Load() || len(files) != 1 {
			t.Fatalf("refused: %v, files: %+v", !broken.Load(), files)
		}
		lost := 0
		for _, g := range files[0].Gaps {
			lost += g.Units
		}
		got := len(read(t, f, filepath.Join(sh.dir, files[0].ObjectKey)))
		if lost == 0 || got+lost != len(sh.sent) || files[0].Reason != CutWriteError {
			t.Errorf("%d units and %d missing of %d: %+v", got, lost, len(sh.sent), files[0])
		}
		sh.has(files, lost)
	})
}

// TestRoundAfterTheEnd: a recording that has ended may be asked for once more, by a disk that is gone meanwhile.
func TestRoundAfterTheEnd(t *testing.T) {
	spliced(t, func(t *testing.T, f container.Format) {
		sh := interrupt(t, f)
		sh.push(showPart(0))
		rec := sh.m.recordings()[0]
		sh.drop()
		sh.m.watched.blocked.Store(blockedBy(errTest))
		sh.m.notify(rec)
		synctest.Wait()
		sh.m.watched.blocked.Store(nil)
		sh.has(sh.after(), 0)
	})
}

// TestSupersededMeanwhile: a stream comes back to be recorded otherwise at the moment when its file is about to wait.
func TestSupersededMeanwhile(t *testing.T) {
	spliced(t, func(t *testing.T, f container.Format) {
		sh := interrupt(t, f)
		sh.m.OnNotice = func(n Notice) {
			if n.Kind == NoticePaused {
				sh.m.Supersede(sh.spec.Key, sh.spec.Cause.Kind, nil)
			}
		}
		sh.push(showPart(0))
		sh.drop()
		if files := sh.c.list(); len(files) != 1 || len(sh.m.Active()) != 0 {
			t.Errorf("files: %+v, active: %+v", files, sh.m.Active())
		}
		sh.has(sh.after(), 0)
	})
}

// TestNothingToDecode: units without payload are in no file, and are no loss.
func TestNothingToDecode(t *testing.T) {
	spliced(t, func(t *testing.T, f container.Format) {
		sh := interrupt(t, f)
		units := showPart(0)
		empty := *units[100]
		empty.Payload = nil
		sh.push(append(units[:100:100], append([]*media.Unit{&empty}, units[100:]...)...))
		sh.drop()
		files := sh.after()
		if len(files) != 1 || len(files[0].Gaps) != 0 {
			t.Errorf("files: %+v", files)
		}
	})
}

// TestStopWithHungDisk: two sessions of a stream come and go while the disk hangs, and then the server stops. They go on in one file, in
// their order.
func TestStopWithHungDisk(t *testing.T) {
	for range 8 { // in which order recordings are looked at is up to chance
		spliced(t, func(t *testing.T, f container.Format) {
			hung := &hangs{thawed: make(chan struct{})}
			sh := interruptWith(t, f, hung.before)
			other := spec("flv")
			other.Key.Stream = "other"
			noise := publish(t, sh.m, &sh.h, other)
			write(t, noise, show(3*time.Second, 0), 20)
			synctest.Wait()
			hung.on.Store(true)
			write(t, noise, show(time.Second, 3000), 500)
			synctest.Wait()
			for i := range 3 {
				sh.live = publish(t, sh.m, &sh.h, sh.spec)
				units := showPart(0)[50*i:] // no two are alike
				write(t, sh.live, units, len(units))
				sh.sent = append(sh.sent, units...)
				sh.live.End(stream.EndClient, "")
			}
			go func() {
				time.Sleep(time.Second)
				hung.on.Store(false)
				close(hung.thawed)
			}()
			closeManager(t, sh.m)
			sh.start()
			files := sh.after()
			files = ofStream(files, key)
			if len(files) != 1 || len(files[0].Gaps) != 2 {
				t.Fatalf("files: %+v", files)
			}
			sh.has(files, 0)
		})
	}
}

func ofStream(files []File, k media.StreamKey) (out []File) {
	for _, f := range files {
		if f.Spec.Key == k {
			out = append(out, f)
		}
	}
	return out
}

// TestSpliceKillOverChanges is TestSpliceKill where each session has other tracks than the one before.
func TestSpliceKillOverChanges(t *testing.T) {
	for _, video := range []*media.Track{mediatest.H264(1, 1000), mediatest.H265(1, 1000)} {
		t.Run(video.Codec.Name(), func(t *testing.T) {
			part := func(audio *media.Track) []*media.Unit {
				pictures := mediatest.Pictures(video, 38, 0, 40)
				if audio == nil {
					return pictures
				}
				return mediatest.Interleave(pictures, sound(audio, 1500*time.Millisecond, 0))
			}
			sessions := [][]*media.Unit{part(mediatest.AAC(2, 1000)), part(nil), part(mediatest.OtherAAC(2, 1000))}
			n := 0
			for i, st := range watchedSplice(t, hls.Format{}, sessions...) {
				if len(st.known) > 0 || placed(t, st) {
					continue
				}
				if i%10 == 0 {
					killReopening(t, hls.Format{}, st, sessions)
				}
				goOnFrom(t, hls.Format{}, st, sessions, nil)
				n++
			}
			if n < 30 {
				t.Errorf("only %d states", n)
			}
		})
	}
}

// TestSpliceAfterPowerLoss: what a power failure took from the end of a file is part of the time that the stream was away.
func TestSpliceAfterPowerLoss(t *testing.T) {
	spliced(t, func(t *testing.T, f container.Format) {
		sh := interrupt(t, f)
		sh.push(showPart(0))
		dir := scratch(t)
		copyStorage(t, sh.dir, dir)
		sh.live.End(stream.EndShutdown, "")
		closeManager(t, sh.m)
		path := mediaPath(dir, f.Name())
		must(t, os.Truncate(path, fileSize(t, path)*9/10))
		sh.dir, sh.c = dir, &catalogue{}
		sh.start()
		time.Sleep(3 * time.Second)
		sh.push(showPart(0))
		sh.drop()
		files := sh.after()
		if len(files) != 1 || len(files[0].Gaps) != 1 {
			t.Fatalf("files: %+v", files)
		}
		sh.has(files, 70)
		g := files[0].Gaps[0]
		if back := g.At + g.Length; g.At > 6500*time.Millisecond || (back-10*time.Second).Abs() > 200*time.Millisecond {
			t.Errorf("gap %+v, want its end 10 s behind the start", g)
		}
	})
}

// TestTooLateByAMoment: who comes back between the end of the window and the next look at it is too late.
func TestTooLateByAMoment(t *testing.T) {
	spliced(t, func(t *testing.T, f container.Format) {
		sh := interrupt(t, f)
		sh.push(showPart(0)[:400])
		sh.drop()
		time.Sleep(time.Until(sh.m.Active()[0].Until))
		sh.live = publish(t, sh.m, &sh.h, sh.spec)
		units := showPart(0)
		write(t, sh.live, units, len(units))
		synctest.Wait()
		sh.sent = append(sh.sent, units...)
		sh.drop()
		if files := sh.after(); len(files) != 2 || len(files[0].Gaps)+len(files[1].Gaps) > 0 {
			t.Errorf("files: %+v", files)
		}
	})
}

// TestNoRoomToGoOn: a publisher comes back, and there is no room before its file goes on. The file waits no longer than the window.
func TestNoRoomToGoOn(t *testing.T) {
	spliced(t, func(t *testing.T, f container.Format) {
		sh := interrupt(t, f)
		sh.push(showPart(0))
		sh.drop()
		until := sh.m.Active()[0].Until
		sh.live = publish(t, sh.m, &sh.h, sh.spec)
		units := mediatest.Pictures(mediatest.H264(1, 1000), 1000, 0, 40)
		write(t, sh.live, units[:2], 2) // it still waits for sound
		synctest.Wait()
		for _, u := range units[2:] {
			sh.m.watched.blocked.Store(&blockage{reason: CutNoSpace, gap: whyFull, err: whyFull, orderly: true})
			write(t, sh.live, []*media.Unit{u}, 1)
			time.Sleep(40 * time.Millisecond)
			synctest.Wait()
			n, late := len(sh.c.list()), time.Since(until)
			if late < 0 && n != 0 || late > tickEvery && n != 1 {
				t.Errorf("%d files %v after the window", n, late)
				break
			}
		}
		sh.m.watched.blocked.Store(nil)
		sh.live.End(stream.EndClient, "")
		sh.after()
	})
}

// TestKillAfterTheWindow: a file that was about to be finished when the server was killed is finished, whoever comes.
func TestKillAfterTheWindow(t *testing.T) {
	for name, f := range splicing() {
		t.Run(name, func(t *testing.T) {
			n := 0
			for _, st := range watchedSplice(t, f, show(1500*time.Millisecond, 0), show(1500*time.Millisecond, 0)) {
				if len(st.known) > 0 || !placed(t, st) {
					continue
				}
				n++
				synctest.Test(t, func(t *testing.T) {
					sh := &interrupted{T: t, dir: st.dir, c: &catalogue{}, format: f, spec: spec(f.Name()), starts: 10}
					sh.spec.FlowContinueDuration = window
					sh.start()
					sh.push(showPart(0))
					sh.drop()
					files := sh.after()
					if len(files) != 2 || len(files[0].Gaps) != 1 || len(files[1].Gaps) != 0 {
						t.Errorf("%s: files: %+v", st.op, files)
					}
				})
			}
			if n == 0 {
				t.Error("no state")
			}
		})
	}
}

// TestWaitsUnsynced: a file that could not be made durable while it waited is looked through before it is finished.
func TestWaitsUnsynced(t *testing.T) {
	spliced(t, func(t *testing.T, f container.Format) {
		var broken atomic.Bool
		sh := interruptWith(t, f, func(o op) error {
			if o.kind == "sync" && strings.HasSuffix(o.name, "."+f.Name()) && broken.CompareAndSwap(true, false) {
				return errTest
			}
			return nil
		})
		sh.push(showPart(0))
		broken.Store(true)
		sh.drop()
		path := mediaPath(sh.dir, f.Name())
		must(t, os.Truncate(path, fileSize(t, path)-5000)) // what the disk did not take
		files := sh.after()
		lost := 0
		for _, file := range files {
			for _, g := range file.Gaps {
				lost += g.Units
			}
		}
		if len(files) != 1 || lost == 0 || lost+len(read(t, f, filepath.Join(sh.dir, files[0].ObjectKey))) != len(sh.sent) {
			t.Errorf("%d units are said to be missing: %+v", lost, files)
		}
		sh.has(files, lost)
	})
}
