package vod_test

import (
	"errors"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"aircheck/vod"
)

// TestNameTakenSince: the file of an asset was moved away, and another recording was given its name. Whatever happens to the first
// asset, the file is the other's.
func TestNameTakenSince(t *testing.T) {
	for name, lost := range map[string]bool{"unnoticed": false, "lost": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLibrary(t)
				old, taker := file(1), file(2)
				old.ExpireTime = time.Now().Add(time.Hour)
				taker.ObjectKey = old.ObjectKey
				l.add(t, old, "old")
				must(t, os.Remove(l.path(old.ObjectKey)))
				if lost {
					_, err := l.MarkLost(t.Context(), []vod.FileID{1}, time.Now())
					must(t, err)
				}
				l.add(t, taker, "the other")
				if _, err := l.Hold(t.Context(), []vod.FileID{2}, true, "", ""); err != nil {
					t.Fatal(err)
				}
				if lost { // it does not expire
					must(t, l.Delete(t.Context(), 1))
				}
				r := &vod.Retention{Catalog: l.Catalog, Log: l.Log}
				r.Start()
				time.Sleep(2 * time.Hour)
				synctest.Wait()
				r.Close()
				wantIDs(t, "visible", l.visible(t), 2)
				wantIDs(t, "pending", l.pending(t))
				if !strings.Contains(l.log.String(), "left where it is") || strings.Contains(l.log.String(), "file deleted") {
					t.Error(l.log.String())
				}
				if got, err := os.ReadFile(l.path(taker.ObjectKey)); string(got) != "the other" {
					t.Error("the file of the held asset:", string(got), err)
				}
				_, err := l.Hold(t.Context(), []vod.FileID{2}, false, "", "")
				must(t, err)
				must(t, l.Delete(t.Context(), 2))
				if _, err := os.Stat(l.path(taker.ObjectKey)); !errors.Is(err, os.ErrNotExist) {
					t.Error("still there:", err)
				}
			})
		})
	}
}

// TestNameTakenNow: as before, but the other recording is not in the catalogue yet. The deletion waits until that is settled.
func TestNameTakenNow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLibrary(t)
		l.add(t, file(1), "old")
		l.put(t, file(1).ObjectKey, "the other")
		var unknown error
		claimed := []string{file(1).ObjectKey}
		l.Claimed = func(_ string, keys []string) ([]string, error) {
			if len(keys) != 1 || keys[0] != file(1).ObjectKey {
				t.Error(keys)
			}
			return claimed, unknown
		}
		must(t, l.Delete(t.Context(), 1))
		claimed, unknown = nil, errors.New("nobody knows")
		wantError(t, l.Sweep(t.Context()), unknown)
		wantIDs(t, "pending", l.pending(t), 1)
		if _, err := os.Stat(l.path(file(1).ObjectKey)); err != nil {
			t.Fatal(err)
		}
		unknown = nil // a file of another size that nobody claims is the asset's, changed by somebody
		must(t, l.Sweep(t.Context()))
		wantIDs(t, "pending", l.pending(t))
		if _, err := os.Stat(l.path(file(1).ObjectKey)); !errors.Is(err, os.ErrNotExist) {
			t.Error("still there:", err)
		}
	})
}
