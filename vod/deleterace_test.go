package vod_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/ingest/stream"
	"aircheck/recorder"
	"aircheck/rules"
	"aircheck/server/store"
	"aircheck/vod"
)

// TestDeletedBeforeItsJournalIsGone: a file is deleted as soon as it is in the catalogue, and the server is killed before its recording is done
// with it. The next one neither gives it its name again nor adopts it.
func TestDeletedBeforeItsJournalIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLibrary(t)
		engine := &rules.Engine{Service: &rules.Service{Store: l.Store}, Log: slog.New(slog.DiscardHandler)}
		manager := func(onFile func(context.Context, recorder.File) error) *recorder.Manager {
			m := &recorder.Manager{
				Dir: l.dir, StorageID: storageID, SyncInterval: time.Second, Formats: formats(), OnFile: onFile, Log: engine.Log,
			}
			must(t, m.Open())
			l.Claimed = func(_ string, keys []string) ([]string, error) { return m.Claimed(keys) }
			return m
		}
		deleted := 0
		m := manager(func(ctx context.Context, f recorder.File) error {
			if err := engine.Finished(ctx, f); err != nil {
				return err
			}
			if err := l.Delete(ctx, vod.FileID(f.ID)); err == nil {
				deleted++
			}
			return errDead
		})
		var hub stream.Hub
		s, err := hub.Publish(stream.Publisher{Key: show, Protocol: "rtmp"})
		must(t, err)
		must(t, m.Record(recorder.Spec{Key: show, SessionID: s.ID, Format: "mp4", Interval: time.Hour}, s))
		units, done := mediatest.Lend([]*media.Unit(mediatest.Pictures(mediatest.H264(1, 1000), 50, 0, 40)))
		must(t, s.Write(units))
		done()
		s.End(stream.EndClient, "")
		dying, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), time.Minute)
		defer cancel()
		_ = m.Close(dying) // it gives up

		next := manager(engine.Finished)
		_, err = next.Recover(t.Context())
		must(t, err)
		must(t, l.Sweep(t.Context()))
		r := l.reconciler()
		r.Claimed = l.Claimed
		report := l.compare(t, r)
		must(t, next.Close(context.WithoutCancel(t.Context())))
		if left := l.regular(t); deleted != 1 || report.Adopted != 0 || len(l.visible(t)) > 0 || len(l.pending(t)) > 0 || len(left) > 0 {
			t.Errorf("deleted %d times; the comparison found %+v, %q is left", deleted, report, left)
		}
	})
}

// TestDeleteWaitsForTheRecording: who deletes a file that was finished just now finds it gone.
func TestDeleteWaitsForTheRecording(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLibrary(t)
		l.add(t, file(1), "media")
		asked := 0
		l.Claimed = func(_ string, keys []string) ([]string, error) {
			if asked++; asked < 3 {
				return keys, nil
			}
			return nil, nil
		}
		must(t, l.Delete(t.Context(), 1))
		wantIDs(t, "pending", l.pending(t))
		if _, err := os.Stat(l.path(file(1).ObjectKey)); !errors.Is(err, os.ErrNotExist) {
			t.Error("still there:", err)
		}
	})
}

// movingStore moves an asset just when somebody is about to mark it, having read where it lies before.
type movingStore struct {
	*store.Store
	move func()
}

func (m *movingStore) MarkDeleting(ctx context.Context, id vod.FileID) error {
	m.move()
	return m.Store.MarkDeleting(ctx, id)
}

// TestDeleteWhileMoved: a file that is moved between two steps of its deletion is deleted where it lies then.
func TestDeleteWhileMoved(t *testing.T) {
	r := newTwoRoots(t)
	mp4, hls := r.addBoth(t)
	db := &movingStore{Store: r.Store}
	c := &vod.Catalog{Store: db, Storages: r.Storages, Log: slog.New(slog.DiscardHandler)}
	for _, a := range []vod.Asset{mp4, hls} {
		db.move = func() { must(t, r.mover.Move(t.Context(), a.ID, vod.StorageClassIA, nil)) }
		must(t, c.Delete(t.Context(), a.ID))
	}
	must(t, c.Sweep(t.Context()))
	if left := append(regularFiles(t, r.dir), regularFiles(t, r.iaDir)...); len(left) > 0 || len(r.visible(t)) > 0 {
		t.Errorf("%q is left", left)
	}
}

// TestMovedBackWhileRemoved: what removes the old file of an asset that was moved away does not touch it when it has come back to that place.
func TestMovedBackWhileRemoved(t *testing.T) {
	r := newTwoRoots(t)
	mp4, hls := r.addBoth(t)
	must(t, r.Delete(t.Context(), hls.ID))
	must(t, r.mover.Move(t.Context(), mp4.ID, vod.StorageClassIA, nil))
	doomed, err := r.DoomedParts(t.Context(), 0, 0, 10)
	must(t, err)
	must(t, r.Sweep(t.Context()))
	must(t, r.mover.Move(t.Context(), mp4.ID, vod.StorageClassStandard, nil))
	must(t, r.Sweep(t.Context()))
	late := &vod.Catalog{Store: &lateStore{r.Store, doomed}, Storages: r.Storages, Log: slog.New(slog.DiscardHandler)}
	must(t, late.Sweep(t.Context()))
	r.whole(t, "moved there and back", mp4.ID, storageID)
}

// lateStore tells of parts that were doomed a while ago.
type lateStore struct {
	*store.Store
	doomed []vod.DoomedPart
}

func (s *lateStore) DoomedParts(context.Context, vod.FileID, vod.FileID, int) ([]vod.DoomedPart, error) {
	return s.doomed, nil
}

// TestSweepPassesOver: an unfinished file whose names are still noted does not keep others from being swept.
func TestSweepPassesOver(t *testing.T) {
	l := newLibrary(t)
	in := l.intake(1000)
	for _, id := range []vod.FileID{5, 55} {
		must(t, l.Reserve(t.Context(), vod.Reservation{ID: id, Extension: "mp4", StorageID: "out of reach", ObjectKey: "vod/x.mp4"}))
		l.put(t, ".drafts/"+id.String()+".mp4", "reserved")
	}
	for _, id := range []string{"1", "3", "7", "8", "9", "77", "777"} {
		l.put(t, ".drafts/"+id+".mp4", "left over")
	}
	must(t, in.Sweep(t.Context()))
	left := l.regular(t)
	slices.Sort(left)
	if !slices.Equal(left, []string{".drafts/5.mp4", ".drafts/55.mp4"}) {
		t.Errorf("%q is left", left)
	}
}
