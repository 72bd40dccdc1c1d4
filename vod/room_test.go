package vod_test

import (
	"errors"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"aircheck/vod"
)

// disk is a filesystem of which only figures exist: what the library's files leave of it.
type disk struct {
	mu                 sync.Mutex
	l                  *library
	size, floor, other int64
	unknown, stale     bool
	was                int64
}

// room is Retention.Room.
func (d *disk) room() (free, floor int64, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.stale {
		d.was = d.size - d.other
		for _, name := range d.l.names() {
			if info, err := os.Stat(d.l.path(name)); err == nil && info.Mode().IsRegular() {
				d.was -= info.Size()
			}
		}
	}
	return d.was, d.floor, !d.unknown
}

// names is files without a test.
func (l *library) names() []string {
	var out []string
	for id := range vod.FileID(100) {
		out = append(out, file(id).ObjectKey)
	}
	return out
}

func (d *disk) set(change func(*disk)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	change(d)
}

// roomy is a library of 10 files of 100 bytes, the oldest with the highest ID, on a disk of 2000 bytes with a floor of 400.
func roomy(t *testing.T) (*library, *disk, *vod.Retention) {
	l := newLibrary(t)
	for id := range vod.FileID(10) {
		a := file(id + 1)
		a.Start = a.Start.Add(-time.Duration(id) * time.Hour)
		a.End = a.Start
		l.add(t, a, strings.Repeat("x", 100))
	}
	d := &disk{l: l, size: 2000, floor: 400}
	return l, d, &vod.Retention{Catalog: l.Catalog, Log: l.Log, Room: d.room, StorageID: storageID}
}

func TestMakeRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, d, r := roomy(t)
		_, err := l.Hold(t.Context(), []vod.FileID{9}, true, "", "")
		must(t, err)
		must(t, l.AddRecording(t.Context(), live(20, "mp4")))
		r.Start()
		synctest.Wait()
		wantIDs(t, "with 1000 free", l.visible(t), 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 20)
		d.set(func(d *disk) { d.other = 500 })
		time.Sleep(time.Minute)
		synctest.Wait()
		wantIDs(t, "with 500 free", l.visible(t), 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 20)
		d.set(func(d *disk) { d.other = 501 })
		time.Sleep(5 * time.Second)
		synctest.Wait()
		// The oldest one, and the third oldest: the second is held.
		wantIDs(t, "with 499 free", l.visible(t), 1, 2, 3, 4, 5, 6, 7, 9, 20)
		d.set(func(d *disk) { d.other = 5000 })
		time.Sleep(time.Hour)
		synctest.Wait()
		wantIDs(t, "whatever is deleted", l.visible(t), 9, 20)
		r.Close()
		log := l.log.String()
		for _, want := range []string{"reason=room", "room was scarce", "nothing is left that may be deleted"} {
			if !strings.Contains(log, want) {
				t.Errorf("%q is not in %s", want, log)
			}
		}
		if strings.Count(log, "reason=room") != 9 || strings.Count(log, "nothing is left") > 70 {
			t.Error(log)
		}
	})
}

// TestMakeRoomSlowly: a filesystem that frees its blocks later does not cost more files than are needed.
func TestMakeRoomSlowly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, d, r := roomy(t)
		d.other = 600
		d.room()
		d.stale = true
		r.Start()
		synctest.Wait()
		wantIDs(t, "at first", l.visible(t), 1, 2, 3, 4, 5, 6, 7, 8)
		time.Sleep(4 * time.Second)
		d.set(func(d *disk) { d.stale = false })
		time.Sleep(time.Hour)
		synctest.Wait()
		wantIDs(t, "later", l.visible(t), 1, 2, 3, 4, 5, 6, 7, 8)
		r.Close()
	})
}

// TestMakeRoomForNothing: where deleting frees nothing, as with snapshots, it soon ends, and is tried again after an hour.
func TestMakeRoomForNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, d, r := roomy(t)
		d.other = 600
		d.room()
		d.stale = true
		r.Start()
		time.Sleep(50 * time.Minute)
		synctest.Wait()
		wantIDs(t, "after three times", l.visible(t), 1, 2, 3, 4)
		if !strings.Contains(l.log.String(), "deleting files frees nothing") {
			t.Error(l.log.String())
		}
		time.Sleep(12 * time.Minute)
		synctest.Wait()
		wantIDs(t, "after an hour", l.visible(t))
		r.Close()
	})
}

// TestMakeRoomWhileWriting: recordings that take what is freed are not mistaken for that.
func TestMakeRoomWhileWriting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, d, r := roomy(t)
		d.other = 600
		var written int64
		r.Written = func() int64 {
			d.mu.Lock()
			defer d.mu.Unlock()
			return written
		}
		full := r.Room
		r.Room = func() (free, floor int64, ok bool) {
			free, floor, ok = full()
			if free > 400 {
				d.set(func(d *disk) { // everything that was freed is taken
					d.other += free - 400
					written += free - 400
				})
			}
			return 400, floor, ok
		}
		r.Start()
		time.Sleep(50 * time.Minute)
		synctest.Wait()
		wantIDs(t, "left", l.visible(t))
		r.Close()
	})
}

// TestMakeRoomInVain: where nothing is known, or nothing can be removed, the catalogue is left as it is.
func TestMakeRoomInVain(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*testing.T, *library, *disk, *vod.Retention)
		left  int
	}{
		"unknown":       {func(_ *testing.T, _ *library, d *disk, _ *vod.Retention) { d.unknown = true }, 30},
		"no floor":      {func(_ *testing.T, _ *library, d *disk, _ *vod.Retention) { d.floor = 0 }, 30},
		"other storage": {func(_ *testing.T, _ *library, _ *disk, r *vod.Retention) { r.StorageID = "storage-2" }, 30},
		"switched off":  {func(_ *testing.T, _ *library, _ *disk, r *vod.Retention) { r.Room = nil }, 30},
		"out of reach": {func(t *testing.T, l *library, _ *disk, _ *vod.Retention) {
			must(t, os.Remove(l.path(vod.IdentityFile)))
		}, 30},
		"undeletable": {func(t *testing.T, l *library, _ *disk, _ *vod.Retention) {
			for _, id := range l.visible(t) {
				must(t, errors.Join(os.Remove(l.path(file(id).ObjectKey)), os.Mkdir(l.path(file(id).ObjectKey), 0o755)))
			}
		}, 20},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l, d, r := roomy(t)
				for id := range vod.FileID(20) {
					l.add(t, file(id+11), "x")
				}
				d.other = 5000
				c.spoil(t, l, d, r)
				r.Start()
				time.Sleep(time.Hour)
				synctest.Wait()
				r.Close()
				if got := l.visible(t); len(got) != c.left {
					t.Errorf("left: %v, want %d", got, c.left)
				}
			})
		})
	}
}
