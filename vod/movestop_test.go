package vod_test

import (
	"context"
	"testing"
	"time"

	"aircheck/vod"
)

// strays is a store that tells when it has named files that are not where they belong.
type strays struct {
	vod.MoveStore
	named chan struct{}
}

// Strays is what comes right before a file is moved.
func (s strays) Strays(ctx context.Context, of vod.Usage, after vod.FileID, limit int) ([]vod.FileID, error) {
	ids, err := s.MoveStore.Strays(ctx, of, after, limit)
	select {
	case s.named <- struct{}{}:
	default:
	}
	return ids, err
}

// TestMoverStopsWhileAnotherMoves: a file that somebody asked to be moved may take hours, and is not the Mover's own: a stop that waited for
// it would keep recordings from being finished.
func TestMoverStopsWhileAnotherMoves(t *testing.T) {
	r := newTwoRoots(t)
	mp4, hls := r.addBoth(t)
	must(t, r.Delete(t.Context(), hls.ID))
	stray := file(3)
	stray.StorageClass = vod.StorageClassIA
	r.add(t, stray, content(stray.ID))
	db := strays{r.Store, make(chan struct{}, 1)}
	r.mover = r.newMover(db, r.Storages)
	closed, begun := make(chan struct{}), false
	must(t, r.mover.Move(t.Context(), mp4.ID, vod.StorageClassIA, func(int64, int64) {
		if begun {
			return
		}
		begun = true
		r.mover.Start()
		<-db.named
		go func() { r.mover.Close(); close(closed) }()
		select {
		case <-closed:
		case <-time.After(time.Minute):
			t.Error("it waits for the other")
		}
	}))
	<-closed
}
