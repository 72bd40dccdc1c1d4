package vod_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"testing"

	"aircheck/vod"
)

// errSpent is what everything fails with after the end.
var errSpent = errors.New("killed")

// span ends after so many steps: from then on nothing has an effect any more.
type span struct{ left int }

func (l *span) step() error {
	if l.left--; l.left < 0 {
		return errSpent
	}
	return nil
}

// do ends before a change, or after it without anybody learning of that.
func (l *span) do(change func() error) error {
	if err := l.step(); err != nil {
		return err
	}
	return errors.Join(change(), l.step())
}

type spentStorage struct {
	*vod.Local
	life *span
}

func (m spentStorage) Create(key string) (f *os.File, err error) {
	err = m.life.do(func() error { f, err = m.Local.Create(key); return err })
	if err != nil && f != nil {
		err = errors.Join(err, f.Close())
	}
	return f, err
}

func (m spentStorage) Publish(from, to string) error {
	return m.life.do(func() error { return m.Local.Publish(from, to) })
}

func (m spentStorage) Delete(key string) error {
	return m.life.do(func() error { return m.Local.Delete(key) })
}

type spentStore struct {
	vod.MoveStore
	life *span
}

func (m spentStore) Reserve(ctx context.Context, res vod.Reservation) error {
	return m.life.do(func() error { return m.MoveStore.Reserve(ctx, res) })
}

func (m spentStore) MoveAsset(ctx context.Context, from vod.Asset, to vod.Moved) error {
	return m.life.do(func() error { return m.MoveStore.MoveAsset(ctx, from, to) })
}

func (m spentStore) DropReservations(ctx context.Context, ids []vod.FileID) error {
	return m.life.do(func() error { return m.MoveStore.DropReservations(ctx, ids) })
}

func (m spentStore) PurgePart(ctx context.Context, id vod.FileID) error {
	return m.life.do(func() error { return m.MoveStore.PurgePart(ctx, id) })
}

// TestMoveKilled kills the server at every step of a move and of what follows it: after the next start there is one file and one row, and
// the move can be done again.
func TestMoveKilled(t *testing.T) {
	for _, which := range []string{"mp4", "hls"} {
		t.Run(which, func(t *testing.T) {
			r := newTwoRoots(t)
			kept, gone := r.addBoth(t)
			if which == "hls" {
				kept, gone = gone, kept
			}
			must(t, r.Delete(t.Context(), gone.ID))
			class := vod.StorageClassIA
			survived := false
			for steps := 0; !survived; steps++ {
				l := &span{left: steps}
				storages := map[string]vod.Storage{storageID: spentStorage{r.local, l}, iaID: spentStorage{r.ia, l}}
				db := spentStore{r.Store, l}
				err := r.newMover(db, storages).Move(t.Context(), kept.ID, class, nil)
				dying := &vod.Catalog{Store: db, Storages: storages, Log: slog.New(slog.DiscardHandler)}
				err = errors.Join(err, dying.Sweep(t.Context()))
				survived = l.left >= 0
				if survived != (err == nil) {
					t.Fatalf("after %d steps: %v", steps, err)
				}
				r.restart(t)
				r.whole(t, fmt.Sprintf("killed after %d steps", steps), kept.ID, "")
				// To the other side, for the next one to begin at either.
				must(t, r.mover.Move(t.Context(), kept.ID, class, nil))
				must(t, r.Sweep(t.Context()))
				r.whole(t, fmt.Sprintf("moved again after %d steps", steps), kept.ID, map[string]string{
					vod.StorageClassIA: iaID, vod.StorageClassStandard: storageID,
				}[class])
				if class = vod.StorageClassStandard; steps%2 == 1 {
					class = vod.StorageClassIA
				}
				if steps > 200 {
					t.Fatal("it never ends")
				}
			}
		})
	}
}
