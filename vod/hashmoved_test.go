package vod_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"aircheck/server/store"
	"aircheck/vod"
)

// unhashedLate is a store that tells of what is to be hashed, and has it moved before anybody can look.
type unhashedLate struct {
	*store.Store
	move func()
}

func (u *unhashedLate) Unhashed(ctx context.Context, after vod.FileID, limit int) ([]vod.Asset, error) {
	found, err := u.Store.Unhashed(ctx, after, limit)
	u.move()
	return found, err
}

// TestHasherOfMovedFile: a file that is moved to another storage before it is hashed is hashed there, and one that is deleted is none to
// complain of.
func TestHasherOfMovedFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newTwoRoots(t)
		moved, gone := file(1), file(2)
		r.add(t, moved, "moved")
		r.add(t, gone, "gone")
		var once sync.Once
		h := newHasher(r.library)
		h.Store = &unhashedLate{r.Store, func() {
			once.Do(func() {
				must(t, r.mover.Move(t.Context(), moved.ID, vod.StorageClassIA, nil))
				must(t, r.Delete(t.Context(), gone.ID))
				must(t, r.Sweep(t.Context()))
			})
		}}
		h.Start()
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		h.Close()
		if got := sum(t, r.library, moved.ID); got != sumOf("moved") || strings.Contains(r.log.String(), "not hashed") {
			t.Errorf("%q; %s", got, r.log.String())
		}
	})
}
