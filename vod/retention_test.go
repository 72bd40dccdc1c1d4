package vod_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"aircheck/server/store"
	"aircheck/vod"
)

// TestHoldBeatsExpiry: a held file stays when it expires, and goes when the hold is lifted.
func TestHoldBeatsExpiry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLibrary(t)
		for id := range vod.FileID(250) {
			a := file(id + 1)
			a.ExpireTime = time.Now().Add(time.Hour)
			must(t, l.AddFile(t.Context(), a, ruleEvent))
		}
		var held []vod.FileID
		for id := range vod.FileID(vod.MaxGet) {
			held = append(held, 10*id+1)
		}
		_, err := l.Hold(t.Context(), held, true, "", "")
		must(t, err)
		r := &vod.Retention{Catalog: l.Catalog, Log: l.Log}
		r.Start()
		time.Sleep(48 * time.Hour)
		synctest.Wait()
		wantIDs(t, "left", l.visible(t), held...)
		_, err = l.Hold(t.Context(), held[1:], false, "", "")
		must(t, err)
		time.Sleep(time.Minute)
		synctest.Wait()
		wantIDs(t, "left", l.visible(t), held[0])
		r.Close()
	})
}

// TestRetentionUndeletable: a file that cannot be removed does not keep the others.
func TestRetentionUndeletable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLibrary(t)
		for id := range vod.FileID(5) {
			a := file(id + 1)
			a.ExpireTime = time.Now().Add(time.Duration(id) * time.Second)
			l.add(t, a, "x")
		}
		// The first one is a folder, which is never removed.
		path := l.path(file(1).ObjectKey)
		must(t, errors.Join(os.Remove(path), os.Mkdir(path, 0o755)))
		r := &vod.Retention{Catalog: l.Catalog, Log: l.Log}
		r.Start()
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		wantIDs(t, "visible", l.visible(t))
		wantIDs(t, "pending", l.pending(t), 1)
		must(t, os.Remove(path))
		time.Sleep(time.Minute)
		synctest.Wait()
		wantIDs(t, "pending", l.pending(t))
		r.Close()
	})
}

// stubborn is a store that does not give up file 1.
type stubborn struct{ *store.Store }

func (s stubborn) MarkDeleting(ctx context.Context, id vod.FileID) error {
	if id == 1 {
		return errors.New("no")
	}
	return s.Store.MarkDeleting(ctx, id)
}

// TestRetentionRefused: an asset that the store does not give up does not keep the others.
func TestRetentionRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLibrary(t)
		for id := range vod.FileID(3) {
			a := file(id + 1)
			a.ExpireTime = time.Now().Add(time.Duration(id) * time.Second)
			l.add(t, a, "x")
		}
		l.Catalog.Store = stubborn{l.Store}
		r := &vod.Retention{Catalog: l.Catalog, Log: l.Log}
		r.Start()
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		wantIDs(t, "visible", l.visible(t), 1)
		r.Close()
	})
}

// TestRetentionDoubtsClock: a clock that jumps forward does not empty the catalogue, unless it insists for an hour.
func TestRetentionDoubtsClock(t *testing.T) {
	for name, c := range map[string]struct {
		jump, back time.Duration
		want       map[time.Duration][]vod.FileID // by how long after the jump
	}{
		"23 hours": {23 * time.Hour, 0, map[time.Duration][]vod.FileID{2 * time.Minute: {2, 3}}},
		"years": {5 * 365 * 24 * time.Hour, 0, map[time.Duration][]vod.FileID{
			2 * time.Minute: {1, 2, 3}, 59 * time.Minute: {1, 2, 3}, 62 * time.Minute: {3},
		}},
		"and back": {5 * 365 * 24 * time.Hour, 30 * time.Minute, map[time.Duration][]vod.FileID{
			2 * time.Minute: {1, 2, 3}, 62 * time.Minute: {1, 2, 3}, 21 * time.Hour: {2, 3},
		}},
		"backward": {-365 * 24 * time.Hour, 0, map[time.Duration][]vod.FileID{24 * time.Hour: {1, 2, 3}}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLibrary(t)
				for id, keep := range map[vod.FileID]time.Duration{1: 20 * time.Hour, 2: 30 * 24 * time.Hour, 3: 0} {
					a := file(id)
					if keep != 0 {
						a.ExpireTime = time.Now().Add(keep)
					}
					l.add(t, a, "x")
				}
				var off atomic.Int64
				r := &vod.Retention{Catalog: l.Catalog, Log: l.Log, Now: func() time.Time {
					return time.Now().Round(0).Add(time.Duration(off.Load()))
				}}
				r.Start()
				defer r.Close()
				time.Sleep(90 * time.Second)
				off.Store(int64(c.jump))
				begin := time.Now()
				for _, after := range []time.Duration{2 * time.Minute, 59 * time.Minute, 62 * time.Minute, 21 * time.Hour, 24 * time.Hour} {
					if c.back > 0 && after > c.back {
						off.Store(0)
					}
					time.Sleep(after - time.Since(begin))
					synctest.Wait()
					if want, ok := c.want[after]; ok {
						wantIDs(t, fmt.Sprint("after ", after), l.visible(t), want...)
					}
				}
				if n := strings.Count(l.log.String(), "the clock has jumped"); n > 1 || (n == 1) != (c.jump > 24*time.Hour) {
					t.Errorf("%d warnings: %s", n, l.log.String())
				}
			})
		})
	}
}

// TestSweepersTogether: two servers, or two looks, at the same files.
func TestSweepersTogether(t *testing.T) {
	l := newLibrary(t)
	var held []vod.FileID
	for id := range vod.FileID(120) {
		a := file(id + 1)
		a.ExpireTime = time.Now().Add(-time.Hour)
		if id%7 == 0 && len(held) < vod.MaxGet {
			held = append(held, a.ID)
			a.Hold = vod.Hold{Since: time.Now()}
		}
		l.add(t, a, "x")
	}
	var looks sync.WaitGroup
	for range 4 {
		looks.Go(func() {
			r := &vod.Retention{Catalog: l.Catalog, Log: l.Log}
			r.Start()
			defer r.Close()
			for {
				left, err := l.Expired(context.Background(), time.Now(), 1)
				if err != nil || len(left) == 0 {
					return
				}
				r.Kick()
			}
		})
	}
	looks.Wait()
	must(t, l.Sweep(t.Context()))
	wantIDs(t, "visible", l.visible(t), held...)
	wantIDs(t, "pending", l.pending(t))
	if s := l.log.String(); strings.Contains(s, "WARN") {
		t.Error(s)
	}
}

var errKilled = errors.New("killed")

// mortal counts what a sweep does, and does nothing any more from some point on, like a process that was killed.
type mortal struct {
	vod.Storage
	vod.Store
	left int
}

func (m *mortal) alive() error {
	if m.left--; m.left < 0 {
		return errKilled
	}
	return nil
}

func (m *mortal) Delete(key string) error {
	if err := m.alive(); err != nil {
		return err
	}
	return m.Storage.Delete(key)
}

func (m *mortal) MarkDeleting(ctx context.Context, id vod.FileID) error {
	if err := m.alive(); err != nil {
		return err
	}
	return m.Store.MarkDeleting(ctx, id)
}

func (m *mortal) PurgeAsset(ctx context.Context, id vod.FileID) error {
	if err := m.alive(); err != nil {
		return err
	}
	return m.Store.PurgeAsset(ctx, id)
}

// TestSweepKilled kills a sweep after each of its steps: what was begun is finished by the next one, and nothing else is touched.
func TestSweepKilled(t *testing.T) {
	const steps = 3*3 + 1 // of three files; one has a playlist
	for n := range steps + 1 {
		synctest.Test(t, func(t *testing.T) {
			l := newLibrary(t)
			for id, container := range map[vod.FileID]string{1: "mp4", 2: "hls", 3: "flv", 4: "hls"} {
				a := done(id, container)
				if id != 4 {
					a.ExpireTime = time.Now().Add(time.Duration(id) * time.Second)
				}
				if a.PlaylistKey != "" {
					l.put(t, a.PlaylistKey, playlistHead)
				}
				l.add(t, a, "x")
			}
			time.Sleep(time.Hour)
			sweep := func(left int) {
				m := &mortal{Storage: l.local, Store: l.Store, left: left}
				c := &vod.Catalog{Store: m, Storages: map[string]vod.Storage{storageID: m}, Log: l.Log}
				r := &vod.Retention{Catalog: c, Log: l.Log}
				r.Start()
				synctest.Wait()
				r.Close()
				if n == steps && m.left != 0 {
					t.Errorf("%d steps, want %d", left-m.left, steps)
				}
			}
			sweep(n)
			// Whoever is still seen can be played.
			for _, id := range l.visible(t) {
				found, err := l.Get(t.Context(), []vod.FileID{id})
				must(t, err)
				for _, key := range []string{found[0].ObjectKey, found[0].PlaylistKey} {
					if _, err := os.Stat(filepath.Join(l.dir, key)); err != nil {
						t.Errorf("killed after %d steps: %v", n, err)
					}
				}
			}
			if n < steps {
				sweep(1000)
			}
			wantIDs(t, "visible", l.visible(t), 4)
			wantIDs(t, "pending", l.pending(t))
			if got := l.files(t); len(got) != 7 { // five folders, two files
				t.Errorf("killed after %d steps: %q", n, got)
			}
		})
	}
}
