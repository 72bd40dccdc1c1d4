package vod_test

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"aircheck/vod"
)

// behind is a store that tells a comparison where files were when it began.
type behind struct {
	vod.Store
	was []vod.Placed
}

func (b *behind) Placed(_ context.Context, after vod.FileID, _ int) ([]vod.Placed, error) {
	if after > 0 {
		return nil, nil
	}
	return b.was, nil
}

// TestComparedWhileMoved: a file that is moved while the catalogue is compared with the storages is not lost.
func TestComparedWhileMoved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newTwoRoots(t)
		mp4, hls := r.addBoth(t)
		was, err := r.Placed(t.Context(), 0, 10)
		must(t, err)
		must(t, r.mover.Move(t.Context(), mp4.ID, vod.StorageClassIA, nil))
		must(t, r.Catalog.Sweep(t.Context()))
		must(t, os.Remove(filepath.Join(r.dir, filepath.FromSlash(hls.ObjectKey)))) // this one is
		reconciler := r.reconciler()
		reconciler.Catalog = &vod.Catalog{Store: &behind{r.Store, was}, Storages: r.Storages, Log: slog.New(slog.DiscardHandler)}
		report := r.compare(t, reconciler)
		if report.Lost != 1 || report.Missing != 1 || report.Adopted != 0 {
			t.Errorf("the comparison found %+v", report)
		}
		found, err := r.Get(t.Context(), []vod.FileID{mp4.ID, hls.ID})
		must(t, err)
		if found[0].Status != vod.StatusNormal || found[1].Status != vod.StatusLost {
			t.Errorf("the moved file is %s, the removed one %s", found[0].Status, found[1].Status)
		}
	})
}

// TestAdoptPlaces: what is found in the folder of a sub-application is its, and in the other storage of the other class.
func TestAdoptPlaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newTwoRoots(t)
		media := clip(t)
		apps := &vod.SubApps{Store: r.Store}
		must(t, apps.Reload(t.Context()))
		app, err := apps.Create(t.Context(), vod.SubApp{Name: "news"})
		must(t, err)
		long := time.Now().Add(-time.Hour)
		for dir, folder := range map[string]string{r.dir: vod.SubAppFolder(app), r.iaDir: vod.SubAppFolder(app + 1)} {
			path := filepath.Join(dir, folder, "localhost", "live", "show", "2026-01-02", "x.mp4")
			must(t, os.MkdirAll(filepath.Dir(path), 0o755))
			must(t, os.WriteFile(path, media, 0o600))
			must(t, os.Chtimes(path, long, long))
		}
		reconciler := r.reconciler()
		reconciler.Homes, reconciler.SubApps = r.mover.Homes, apps
		if report := r.compare(t, reconciler); report.Adopted != 2 {
			t.Fatalf("the comparison found %+v", report)
		}
		for app, want := range map[int64]string{app: vod.StorageClassStandard, 0: vod.StorageClassIA} {
			page, err := r.Search(t.Context(), vod.Filter{SubAppID: app})
			must(t, err)
			if len(page.Assets) != 1 || page.Assets[0].StorageClass != want || page.Assets[0].Stream != "show" || (page.Assets[0].Note == "") != (app != 0) {
				t.Errorf("in application %d there are %+v", app, page.Assets)
			}
		}
	})
}
