package vod_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"aircheck/vod"
)

func TestRetention(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLibrary(t)
		start := time.Now()
		for id, keep := range map[vod.FileID]time.Duration{1: 90 * time.Second, 2: time.Hour, 3: 0, 4: -time.Hour} {
			a := file(id)
			if keep != 0 {
				a.ExpireTime = start.Add(keep)
			}
			l.add(t, a, "x")
		}
		l.add(t, file(5), "x")
		must(t, l.MarkDeleting(t.Context(), 5)) // by a process that was killed
		r := &vod.Retention{Catalog: l.Catalog, Log: l.Log}
		r.Start()
		synctest.Wait()
		wantIDs(t, "at the start", l.visible(t), 1, 2, 3)
		wantIDs(t, "pending", l.pending(t))
		time.Sleep(90 * time.Second)
		synctest.Wait()
		wantIDs(t, "after 90 s", l.visible(t), 1, 2, 3)
		time.Sleep(30 * time.Second)
		synctest.Wait()
		wantIDs(t, "after 2 min", l.visible(t), 2, 3)
		time.Sleep(59 * time.Minute)
		synctest.Wait()
		wantIDs(t, "after an hour", l.visible(t), 3)
		r.Close()
		r.Close()
		if got := strings.Join(l.files(t), "\n"); !strings.HasSuffix(got, "cam3/2026-01-02/clip%203.mp4") || strings.Contains(got, "cam1") {
			t.Error(got)
		}
	})
}

func TestRetentionOfMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLibrary(t)
		for id := range vod.FileID(230) {
			a := file(id + 1)
			a.ExpireTime = time.Now().Add(-time.Second)
			must(t, l.AddFile(t.Context(), a, ruleEvent))
		}
		r := &vod.Retention{Catalog: l.Catalog, Log: l.Log}
		r.Start()
		synctest.Wait()
		wantIDs(t, "left", l.visible(t))
		r.Close()
	})
}

// TestRetentionOutOfReach: an expired file is invisible at once, and removed when its storage is back.
func TestRetentionOutOfReach(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLibrary(t)
		a := file(1)
		a.ExpireTime = time.Now()
		l.add(t, a, "x")
		identity := filepath.Join(l.dir, vod.IdentityFile)
		must(t, os.Rename(identity, identity+".away"))
		r := &vod.Retention{Catalog: l.Catalog, Interval: time.Hour, Log: l.Log}
		r.Start()
		synctest.Wait()
		wantIDs(t, "visible", l.visible(t))
		wantIDs(t, "pending", l.pending(t), 1)
		if !strings.Contains(l.log.String(), "1 left: file 1: the folder is not this storage") {
			t.Error(l.log.String())
		}
		must(t, os.Rename(identity+".away", identity))
		time.Sleep(time.Hour)
		synctest.Wait()
		wantIDs(t, "pending", l.pending(t))
		r.Close()
		if got := l.files(t); len(got) > 0 {
			t.Error(got)
		}
	})
}

func TestJobsNeverStarted(*testing.T) {
	new(vod.Retention).Close()
	h := new(vod.Hasher)
	h.Kick()
	h.Close()
}

func TestHasherNeverStarted(t *testing.T) {
	l := newLibrary(t)
	l.add(t, file(1), "x")
	for _, onRequest := range []bool{false, true} {
		h := newHasher(l)
		h.OnRequest = onRequest
		h.Want(1)
		h.Kick()
		h.Close()
	}
	if got := sum(t, l, 1); got != "" {
		t.Error("hashed:", got)
	}
}

func newHasher(l *library) *vod.Hasher {
	return &vod.Hasher{Store: l.Store, Storages: l.Storages, Log: l.Log}
}

func sum(t *testing.T, l *library, id vod.FileID) string {
	t.Helper()
	found, err := l.Get(t.Context(), []vod.FileID{id})
	must(t, err)
	if len(found) == 0 {
		return "gone"
	}
	return found[0].SHA256
}

func sumOf(content string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(content))) }

func TestHasher(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLibrary(t)
		big := string(bytes.Repeat([]byte("0123456789abcdef"), 100_000))
		l.add(t, file(1), "one")
		l.add(t, file(2), "missing")
		must(t, os.Remove(filepath.Join(l.dir, filepath.FromSlash(file(2).ObjectKey))))
		l.add(t, file(3), big)
		l.add(t, file(4), "changed")
		must(t, os.WriteFile(filepath.Join(l.dir, filepath.FromSlash(file(4).ObjectKey)), []byte("longer than before"), 0o600))
		l.add(t, file(5), "")
		h := newHasher(l)
		h.Start()
		synctest.Wait()
		for id, want := range map[vod.FileID]string{1: sumOf("one"), 2: "", 3: sumOf(big), 4: "", 5: sumOf("")} {
			if got := sum(t, l, id); got != want {
				t.Errorf("file %d: %q, want %q", id, got, want)
			}
		}
		// A file that was begun before others and finished after them has a smaller ID.
		late := file(0)
		late.ID, late.ObjectKey = 1<<40, "late.mp4"
		l.add(t, late, "late")
		h.Kick()
		synctest.Wait()
		if got := sum(t, l, late.ID); got != sumOf("late") {
			t.Error("after a kick:", got)
		}
		l.add(t, file(6), "unannounced")
		time.Sleep(time.Minute)
		synctest.Wait()
		if got := sum(t, l, 6); got != sumOf("unannounced") {
			t.Error("after a minute:", got)
		}
		h.Close()
		if n := strings.Count(l.log.String(), "file not hashed"); n != 2 {
			t.Errorf("%d complaints, want one for each of two files: %s", n, l.log.String())
		}
	})
}

func TestHasherSkipsManyMissing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLibrary(t)
		for id := range vod.FileID(220) {
			must(t, l.AddFile(t.Context(), file(id+1), ruleEvent))
		}
		l.add(t, file(500), "x")
		h := newHasher(l)
		h.Start()
		synctest.Wait()
		h.Close()
		if got := sum(t, l, 500); got != sumOf("x") {
			t.Error("behind 220 missing files:", got)
		}
	})
}

// TestHasherRate also shows that Close does not wait for a file to end, and that the next start takes it up.
func TestHasherRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLibrary(t)
		content := strings.Repeat("x", 10<<20)
		l.add(t, file(1), content)
		h := newHasher(l)
		h.BytesPerSecond = 1 << 20
		h.Start()
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if got := sum(t, l, 1); got != "" {
			t.Error("10 MiB at 1 MiB/s are done after 5 s")
		}
		h.Close()
		if log := l.log.String(); log != "" {
			t.Error("log:", log)
		}
		h = newHasher(l)
		h.BytesPerSecond = 1 << 20
		h.Start()
		time.Sleep(11 * time.Second)
		synctest.Wait()
		if got := sum(t, l, 1); got != sumOf(content) {
			t.Error("10 MiB at 1 MiB/s are not done after 11 s:", got)
		}
		h.Close()
	})
}

func TestHasherOutOfReach(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLibrary(t)
		l.add(t, file(1), "x")
		identity := filepath.Join(l.dir, vod.IdentityFile)
		must(t, os.Rename(identity, identity+".away"))
		h := newHasher(l)
		h.Start()
		synctest.Wait()
		if got := sum(t, l, 1); got != "" || !strings.Contains(l.log.String(), "hashing interrupted") {
			t.Error(got, l.log.String())
		}
		must(t, os.Rename(identity+".away", identity))
		time.Sleep(time.Minute)
		synctest.Wait()
		if got := sum(t, l, 1); got != sumOf("x") {
			t.Error("after the storage came back:", got)
		}
		h.Close()
	})
}

// TestHasherLosesRace: an asset may be deleted while it is hashed.
func TestHasherLosesRace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLibrary(t)
		l.add(t, file(1), strings.Repeat("x", 2<<20))
		l.add(t, file(2), "next")
		h := newHasher(l)
		h.BytesPerSecond = 1 << 20
		h.Start()
		time.Sleep(time.Second)
		must(t, l.Delete(t.Context(), 1))
		time.Sleep(2 * time.Second)
		synctest.Wait()
		h.Close()
		if sum(t, l, 1) != "gone" || sum(t, l, 2) != sumOf("next") || strings.Contains(l.log.String(), "WARN") {
			t.Error(l.log.String())
		}
	})
}

// counted is a storage that counts how often its files were opened.
type counted struct {
	vod.Storage
	opened map[string]int
}

func (c *counted) Open(key string) (*vod.Object, error) {
	c.opened[key]++
	return c.Storage.Open(key)
}

func TestHasherOnRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLibrary(t)
		storage := &counted{l.local, map[string]int{}}
		content := strings.Repeat("x", 10<<20)
		l.add(t, file(1), "nobody asks")
		l.add(t, file(2), content)
		l.add(t, file(3), "three")
		a := live(4, "hls")
		l.put(t, a.ObjectKey, "four")
		l.put(t, a.PlaylistKey, playlistHead)
		l.record(t, a)
		h := newHasher(l)
		h.OnRequest, h.BytesPerSecond, h.Storages = true, 1<<20, map[string]vod.Storage{storageID: storage}
		wantSums := func(when string, want ...string) {
			t.Helper()
			synctest.Wait()
			for i, want := range want {
				if got := sum(t, l, vod.FileID(i+1)); got != want {
					t.Errorf("%s: file %d: %q, want %q", when, i+1, got, want)
				}
			}
		}
		h.Start()
		h.Kick()
		time.Sleep(time.Hour)
		wantSums("unasked", "", "", "", "")
		h.Want(2, 4, 99)
		time.Sleep(time.Second)
		h.Want(3, 2) // while it is read
		h.Want(2)
		time.Sleep(3 * time.Second)
		h.Want(2)
		wantSums("reading", "", "", "", "")
		time.Sleep(time.Minute)
		wantSums("done", "", sumOf(content), sumOf("three"), "")
		l.finish(t, a, done(4, "hls"))
		time.Sleep(time.Hour)
		wantSums("finished unasked", "", sumOf(content), sumOf("three"), "")
		h.Want(2, 3, 4)
		wantSums("all", "", sumOf(content), sumOf("three"), sumOf("four"))
		h.Close()
		for key, n := range storage.opened {
			if n != 1 {
				t.Errorf("%s was read %d times", key, n)
			}
		}
		if len(storage.opened) != 3 || l.log.String() != "" {
			t.Error(storage.opened, l.log.String())
		}
	})
}

// TestHasherOnRequestForgets: what was not done when the server stopped is asked for again, be it before the job has started.
func TestHasherOnRequestForgets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLibrary(t)
		content := strings.Repeat("x", 10<<20)
		l.add(t, file(1), content)
		for _, again := range []bool{false, true} {
			h := newHasher(l)
			h.OnRequest, h.BytesPerSecond = true, 1<<20
			if again {
				h.Want(1)
			}
			h.Start()
			time.Sleep(time.Hour)
			synctest.Wait()
			if got := sum(t, l, 1); (got == sumOf(content)) != again {
				t.Errorf("asked for again: %v, sum %q", again, got)
			}
			h.Want(1)
			time.Sleep(time.Second)
			h.Close()
		}
	})
}

// TestHasherOnRequestOutOfReach: a wish waits for its storage; what is wrong is said once per try, not per wish.
func TestHasherOnRequestOutOfReach(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLibrary(t)
		l.add(t, file(1), "x")
		l.add(t, file(2), "missing")
		must(t, os.Remove(l.path(file(2).ObjectKey)))
		identity := filepath.Join(l.dir, vod.IdentityFile)
		must(t, os.Rename(identity, identity+".away"))
		h := newHasher(l)
		h.OnRequest = true
		h.Start()
		synctest.Wait()
		for range 10 {
			h.Want(2, 1)
			synctest.Wait()
		}
		if got := sum(t, l, 1); got != "" || strings.Count(l.log.String(), "hashing interrupted") != 1 {
			t.Error(got, l.log.String())
		}
		must(t, os.Rename(identity+".away", identity))
		time.Sleep(time.Minute)
		synctest.Wait()
		if got := sum(t, l, 1); got != sumOf("x") {
			t.Error("after the storage came back:", got)
		}
		for range 10 {
			h.Want(2)
			synctest.Wait()
		}
		h.Close()
		if n := strings.Count(l.log.String(), "file not hashed"); n != 1 {
			t.Errorf("%d complaints, want one: %s", n, l.log.String())
		}
	})
}
