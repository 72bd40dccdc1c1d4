package rewind

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/ingest/stream"
)

// pagesOf returns the paths of a session's pages.
func (rh *ringHub) pagesOf(s *stream.Stream) []string {
	rh.Helper()
	paths, err := ringPages(filepath.Join(rh.ring.Dir, s.ID))
	if err != nil || len(paths) == 0 {
		rh.Fatal(len(paths), err)
	}
	return paths
}

// TestRingSlowDisk: what a disk that hangs cannot take is a gap in the ring, and nobody else loses or waits for anything.
func TestRingSlowDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hangs := make(chan struct{})
		var hang atomic.Bool
		rh := newRing(t, func(r *Ring) {
			r.before = func(op, _ string) error {
				if op == "write" && hang.Load() {
					<-hangs
				}
				return nil
			}
		})
		video, audio := ringTracks()
		s := rh.publish("a")
		other := s.NewReader(stream.ReaderOptions{})
		rh.live(s, 0, 10*time.Second)
		synctest.Wait()
		hang.Store(true)
		for i := range 20 {
			if err := s.Write(ringShow(video, audio, s.Start, 10+i, 1)); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
			if i == 15 && !strings.Contains(rh.ring.Problem(), "not answered") {
				t.Errorf("the problem is %q", rh.ring.Problem())
			}
		}
		hang.Store(false)
		close(hangs)
		rh.live(s, 30, 10*time.Second)
		synctest.Wait()
		st := rh.only("a")
		got := heldBy(t, st, time.Time{})
		sent := other.Take()
		if sent.Lost.Units > 0 || len(sent.Units) != len(ringShow(video, audio, s.Start, 0, 1))*40 {
			t.Errorf("another reader has %d units, and lost %d", len(sent.Units), sent.Lost.Units)
		}
		lost := len(sent.Units) - len(got)
		if len(st.Gaps) != 1 || st.Gaps[0].Units != lost || lost == 0 || rh.ring.Stats().Lost != int64(lost) || st.Gaps[0].Reason != lostSlow {
			t.Fatalf("%d units lost; %+v, gaps %+v", lost, rh.ring.Stats(), st.Gaps)
		}
		g := st.Gaps[0]
		i := slices.IndexFunc(got, func(u *media.Unit) bool { return u.Wall.After(g.At) })
		if !got[i].Wall.Equal(g.At.Add(g.Length)) || !got[i].RandomAccess || g.Length < 14*time.Second || g.Length > 20*time.Second {
			t.Errorf("the gap of %v at %v ends before %v", g.Length, g.At, got[i].Wall)
		}
		sameAsSent(t, got[:i], sent.Units[:i], true)
		sameAsSent(t, got[i:], sent.Units[len(sent.Units)-len(got[i:]):], true)
		if p := rh.ring.Problem(); p != "" {
			t.Errorf("it is over, and the problem is %q", p)
		}
		rh.close()
	})
}

// TestRingFailures: a disk that refuses costs what it refuses; the ring goes on by itself. A full one is given room.
func TestRingFailures(t *testing.T) {
	for name, ca := range map[string]struct {
		op  string
		err error
	}{
		"write":  {"write", syscall.EIO},
		"create": {"create", syscall.EMFILE},
		"full":   {"write", syscall.ENOSPC},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var fails atomic.Bool
				rh := newRing(t, func(r *Ring) {
					r.before = func(op, _ string) error {
						if op == ca.op && fails.Load() {
							return ca.err
						}
						return nil
					}
				})
				s := rh.publish("a")
				rh.live(s, 0, 20*time.Second)
				fails.Store(true)
				rh.live(s, 20, 12*time.Second)
				if p := rh.ring.Problem(); !strings.Contains(p, ca.err.Error()) {
					t.Errorf("the problem is %q", p)
				}
				left := 0
				for _, st := range rh.stretches("a") {
					left += len(heldBy(t, st, time.Time{}))
				}
				if full := ca.err == syscall.ENOSPC; full != (left == 0) {
					t.Errorf("%d units are held", left)
				}
				fails.Store(false)
				rh.live(s, 32, 20*time.Second)
				synctest.Wait()
				st := rh.only("a")
				got := heldBy(t, st, time.Time{})
				if st.End.Sub(s.Start) < 50*time.Second || rh.ring.Problem() != "" {
					t.Errorf("it did not go on: %+v, %q", st, rh.ring.Problem())
				}
				if ca.err != syscall.ENOSPC {
					video, audio := ringTracks()
					units, lost := len(ringShow(video, audio, s.Start, 0, 1))*52-len(got), int(rh.ring.Stats().Lost)
					if len(st.Gaps) != 1 || st.Gaps[0].Units != lost || units != lost || st.Gaps[0].Reason != lostFailed {
						t.Errorf("%d units are missing, %d lost, gaps %+v", units, lost, st.Gaps)
					}
				}
				_, size := rh.files()
				if rh.ring.Stats().Bytes != size {
					t.Errorf("%d bytes on the disk: %+v", size, rh.ring.Stats())
				}
				rh.close()
			})
		})
	}
}

// TestRingRoom: the ring shrinks where room runs short, gives everything back before recordings have to stop, and goes on.
func TestRingRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var rh *ringHub
		var others atomic.Int64 // what others have on the disk of 4 MiB
		rh = newRing(t, func(r *Ring) {
			r.Window = time.Hour
			r.Room = func() (RingRoom, bool) {
				return RingRoom{Free: 4<<20 - others.Load() - r.Stats().Bytes, Keep: 1 << 20}, true
			}
		})
		s := rh.publish("a")
		rh.live(s, 0, 400*time.Second)
		if n := rh.ring.Stats().Bytes; n > 3<<20+32<<10 || n < 2<<20 {
			t.Errorf("with all the room it holds %d bytes", n)
		}
		others.Store(2 << 20)
		rh.live(s, 400, 60*time.Second)
		if n := rh.ring.Stats(); n.Bytes > 1<<20+32<<10 || n.Bytes < 512<<10 || n.Lost > 0 || rh.ring.Problem() != "" {
			t.Errorf("with half of the room: %+v, %q", n, rh.ring.Problem())
		}
		others.Store(4<<20 - 512<<10)
		rh.live(s, 460, 10*time.Second)
		if n, _ := rh.files(); n > 0 || rh.ring.Stats().Bytes != 0 || rh.ring.Stats().Lost == 0 || !strings.Contains(rh.ring.Problem(), "no room") {
			t.Errorf("without room: %d pages, %+v, %q", n, rh.ring.Stats(), rh.ring.Problem())
		}
		others.Store(0)
		rh.live(s, 470, 10*time.Second)
		if st := rh.only("a"); st.End.Sub(st.Begin) < 7*time.Second || rh.ring.Problem() != "" {
			t.Errorf("with room again: %+v, %q", st, rh.ring.Problem())
		}
		rh.close()
	})
}

// TestRingDamage: a byte that is wrong costs what cannot be decoded without it, a page that is cut short its end, one that is gone
// itself; it is a gap.
func TestRingDamage(t *testing.T) {
	for name, do := range map[string]func(path string, size int64) error{
		"byte": func(path string, size int64) error {
			f, err := os.OpenFile(path, os.O_RDWR, 0)
			if err != nil {
				return err
			}
			b := make([]byte, 1)
			_, err = f.ReadAt(b, size/2)
			b[0]++
			_, werr := f.WriteAt(b, size/2)
			return errors.Join(err, werr, f.Close())
		},
		"cut":  func(path string, size int64) error { return os.Truncate(path, size/2) },
		"gone": func(path string, _ int64) error { return os.Remove(path) },
	} {
		t.Run(name, func(t *testing.T) {
			rh := newRing(t, nil)
			video, audio := ringTracks()
			units := ringShow(video, audio, time.Now().Add(-50*time.Second), 0, 40)
			s := rh.publish("a")
			rh.write(s, units)
			path := rh.pagesOf(s)[1]
			info, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := do(path, info.Size()); err != nil {
				t.Fatal(err)
			}
			got := heldBy(t, rh.only("a"), time.Time{})
			i := 0
			for got[i].Track == units[i].Track && got[i].DTS == units[i].DTS {
				i++
			}
			sameAsSent(t, got[:i], units[:i], true)
			sameAsSent(t, got[i:], units[len(units)-len(got)+i:], true)
			lost := len(units) - len(got)
			if !got[i].RandomAccess || got[i].Track.ID != 1 || lost == 0 || name == "byte" && lost > 60 {
				t.Errorf("%d units are left out before track %d, %v", lost, got[i].Track.ID, got[i].RandomAccess)
			}
			gaps := rh.only("a").Gaps
			if name == "gone" {
				return
			}
			heldBy(t, rh.only("a"), units[i].Wall) // finds the same
			if len(gaps) != 1 || gaps[0].Reason != lostDamaged || !gaps[0].At.Equal(units[i-1].Wall) || len(rh.only("a").Gaps) != 1 {
				t.Errorf("%+v, then %+v", gaps, rh.only("a").Gaps)
			}
		})
	}
}

// reopen opens another ring on a copy of what is on the disk now, torn as do says.
func (rh *ringHub) reopen(set func(*Ring), do func(dir string)) *ringHub {
	rh.Helper()
	dir := filepath.Join(rh.TempDir(), "copy")
	if err := os.CopyFS(dir, os.DirFS(rh.ring.Dir)); err != nil {
		rh.Fatal(err)
	}
	if do != nil {
		do(dir)
	}
	out := newRing(rh.T, func(r *Ring) {
		r.Dir = dir
		if set != nil {
			set(r)
		}
	})
	<-out.ring.loading
	req := ringRequest{session: &ringSession{}, done: make(chan struct{})}
	out.ring.asked <- req // behind what was found
	<-req.done
	return out
}

// TestRingRestart: what was held is found again, after a stop and after a kill, up to the last whole unit.
func TestRingRestart(t *testing.T) {
	rh := newRing(t, nil)
	video, audio := ringTracks()
	begin := time.Now().Add(-50 * time.Second)
	units := ringShow(video, audio, begin, 0, 40)
	s := rh.publish("a")
	rh.write(s, units)
	id := s.ID

	killed := rh.reopen(nil, nil)
	st := killed.only("a")
	if st.Growing || st.SessionID != id || st.Params != "a=b" || !st.Begin.Equal(units[0].Wall) || !st.End.Equal(units[len(units)-1].Wall) {
		t.Errorf("%+v", st)
	}
	got := heldBy(t, st, time.Time{})
	sameAsSent(t, got, units, false)
	for _, u := range got {
		if u.Track != got[0].Track && u.Track != got[1].Track && u.Track.ID == 1 {
			t.Fatal("the same track is another on another page")
		}
	}
	if _, size := killed.files(); killed.ring.Stats().Bytes != size {
		t.Errorf("%d bytes, %+v", size, killed.ring.Stats())
	}
	more := ringShow(video, audio, begin, 0, 5)
	killed.write(killed.publish("a"), more)
	if all := killed.stretches("a"); len(all) != 2 {
		t.Errorf("%d stretches", len(all))
	}

	torn := rh.reopen(nil, func(dir string) {
		pages, err := ringPages(filepath.Join(dir, id))
		if err != nil {
			t.Fatal(err)
		}
		last := pages[len(pages)-1]
		if info, err := os.Stat(last); err != nil || os.Truncate(last, info.Size()-7) != nil {
			t.Fatal(err)
		}
	})
	sameAsSent(t, heldBy(t, torn.only("a"), time.Time{}), units[:len(units)-1], false)
	if _, size := torn.files(); torn.ring.Stats().Bytes != size {
		t.Errorf("%d bytes, %+v", size, torn.ring.Stats())
	}

	rh.close()
	stopped := rh.reopen(nil, func(dir string) {
		pages, err := ringPages(filepath.Join(dir, id))
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range pages {
			if b, err := os.ReadFile(p); err != nil || !bytes.HasSuffix(b, []byte("PAG1")) {
				t.Errorf("%s has no index: %v", p, err)
			}
		}
	})
	for at := range 40 {
		from := begin.Add(time.Duration(at) * time.Second)
		sameAsSent(t, heldBy(t, stopped.only("a"), from), units[beginAt(units, from):], false)
	}
	for name, set := range map[string]func(*Ring){
		"older":       func(r *Ring) { r.Window = time.Second },
		"not covered": func(r *Ring) { r.Covers = func(media.StreamKey) bool { return false } },
	} {
		empty := rh.reopen(set, nil)
		empty.close() // has it settled
		if n, _ := empty.files(); n > 0 || len(empty.stretches("a")) > 0 {
			t.Errorf("%s: %d pages", name, n)
		}
	}
}

// TestRingTouchesNothingElse: what is not the ring's stays, also when the ring is removed.
func TestRingTouchesNothingElse(t *testing.T) {
	rh := newRing(t, func(r *Ring) { r.Window = time.Second })
	video, audio := ringTracks()
	s := rh.publish("a")
	rh.write(s, ringShow(video, audio, time.Now(), 0, 10))
	foreign := []string{"notes.txt", "00000001.page", "folder/00000001.page", s.ID + "/mine.page", s.ID + "/00000001.mp4"}
	for _, name := range foreign {
		path := filepath.Join(rh.ring.Dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte("mine"), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	rh.close()
	again := newRing(t, func(r *Ring) { r.Dir = rh.ring.Dir })
	again.close()
	if err := RemoveRing(rh.ring.Dir); err != nil {
		t.Error(err)
	}
	var left []string
	err := filepath.WalkDir(rh.ring.Dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			left = append(left, strings.TrimPrefix(path, rh.ring.Dir+string(filepath.Separator)))
		}
		return err
	})
	slices.Sort(left)
	slices.Sort(foreign)
	if err != nil || !slices.Equal(left, foreign) {
		t.Errorf("%q are left, want %q: %v", left, foreign, err)
	}
	if err := RemoveRing(filepath.Join(t.TempDir(), "none")); err != nil {
		t.Error(err)
	}
}

// TestRingRefuses: what no page can have is left out, and the rest is held.
func TestRingRefuses(t *testing.T) {
	rh := newRing(t, nil)
	video, audio := ringTracks()
	begin := time.Now().Add(-30 * time.Second)
	units := ringShow(video, audio, begin, 0, 10)
	s := rh.publish("a")
	rh.write(s, units[:300])
	odd := cameAt(begin, mediatest.Sound(mediatest.AAC(1<<16, 1000), 5, 5000))
	large := &media.Track{ID: 7, Timescale: 1000, Codec: media.Opaque{FourCC: "av01", Of: media.Video, Extra: make([]byte, maxConfig+1)}}
	odd = append(odd, &media.Unit{Track: large, Wall: odd[4].Wall, RandomAccess: true, Payload: []byte{1}})
	rh.write(s, odd)
	rh.write(s, units[300:])
	sameAsSent(t, heldBy(t, rh.only("a"), time.Time{}), units, true)
	if st := rh.only("a"); len(st.Gaps) != 1 || st.Gaps[0].Units != 6 || st.Gaps[0].Reason != lostRefused {
		t.Errorf("%+v", st.Gaps)
	}
}

// TestRingLargeUnits: units that are larger than what is gathered, or read, at once.
func TestRingLargeUnits(t *testing.T) {
	rh := newRing(t, nil)
	video, audio := ringTracks()
	units := ringShow(video, audio, time.Now().Add(-30*time.Second), 0, 4)
	for i, size := range map[int]int{0: 3 << 20, 20: bigUnit, 21: bigUnit + 1, 22: readSize, 40: 5 << 20} {
		if units[i].Track == video {
			units[i] = mediatest.Grow(units[i], size)
		}
	}
	rh.write(rh.publish("a"), units)
	sameAsSent(t, heldBy(t, rh.only("a"), time.Time{}), units, true)
}

// TestRingCloseWhileDiskHangs: Close gives up in time, and the writer ends once the disk answers.
func TestRingCloseWhileDiskHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hangs := make(chan struct{})
		rh := newRing(t, func(r *Ring) {
			r.before = func(op, _ string) error {
				if op == "write" {
					<-hangs
				}
				return nil
			}
		})
		rh.closed = true
		video, audio := ringTracks()
		s := rh.publish("a")
		if err := s.Write(ringShow(video, audio, s.Start, 0, 1)); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		rh.hub.Close()
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		if err := rh.ring.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("closed: %v", err)
		}
		if got := rh.stretches("a"); len(got) > 0 {
			t.Errorf("%d stretches of what was not written", len(got))
		}
		close(hangs)
		<-rh.ring.stopped
		if st := rh.only("a"); len(heldBy(t, st, time.Time{})) != len(ringShow(video, audio, s.Start, 0, 1)) {
			t.Errorf("%+v", st)
		}
	})
}

// TestRingRemovesAgain: a page that cannot be removed is, as soon as it can be.
func TestRingRemovesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var busy atomic.Bool
		busy.Store(true)
		rh := newRing(t, func(r *Ring) {
			r.Window = 20 * time.Second
			r.before = func(op, _ string) error {
				if op == "remove" && busy.Load() {
					return syscall.EBUSY
				}
				return nil
			}
		})
		s := rh.publish("a")
		rh.live(s, 0, 60*time.Second)
		synctest.Wait()
		most, _ := rh.files()
		busy.Store(false)
		time.Sleep(2 * upkeepEvery)
		synctest.Wait()
		if n, size := rh.files(); n >= most || size != rh.ring.Stats().Bytes {
			t.Errorf("%d pages of %d, %d bytes of %+v", n, most, size, rh.ring.Stats())
		}
		rh.close()
	})
}
