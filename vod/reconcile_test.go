package vod_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/ingest/stream"
	"aircheck/recorder"
	"aircheck/recorder/aac"
	"aircheck/recorder/container"
	"aircheck/recorder/flv"
	"aircheck/recorder/hls"
	"aircheck/recorder/mp4"
	"aircheck/rules"
	"aircheck/vod"
)

func formats() []container.Format {
	return []container.Format{flv.Format{}, hls.Format{}, mp4.Format{}, aac.Format{}}
}

var show = media.StreamKey{Domain: "push.example.com", App: "live/news", Stream: "studio 1"}

// recordShow records 6 s of picture and sound in every format into the library's storage, and catalogues the files.
func recordShow(t *testing.T, l *library) []vod.Asset {
	t.Helper()
	video, audio := mediatest.H264(1, 1000), mediatest.AAC(2, 1000)
	found := recordUnits(t, l, mediatest.Interleave(
		mediatest.Pictures(video, 150, 0, 40), mediatest.Sound(audio, 6*mediatest.AACRate/mediatest.AACSamples, 0),
	))
	if len(found) != len(formats()) {
		t.Fatal(len(found), "files were recorded")
	}
	return found
}

// recordUnits records units in every format that carries some of them.
func recordUnits(t *testing.T, l *library, all []*media.Unit) []vod.Asset {
	t.Helper()
	engine := &rules.Engine{Service: &rules.Service{Store: l.Store}, Log: slog.New(slog.DiscardHandler)}
	m := &recorder.Manager{
		Dir: l.dir, StorageID: storageID, SyncInterval: time.Second, Formats: formats(), OnFile: engine.Finished, Log: engine.Log,
	}
	must(t, m.Open())
	var hub stream.Hub
	s, err := hub.Publish(stream.Publisher{Key: show, Protocol: "rtmp"})
	must(t, err)
	for _, f := range formats() {
		must(t, m.Record(recorder.Spec{Key: show, SessionID: s.ID, Format: f.Name(), Interval: time.Hour}, s))
	}
	units, done := mediatest.Lend(all)
	must(t, s.Write(units))
	done()
	s.End(stream.EndClient, "")
	must(t, m.Close(context.WithoutCancel(t.Context())))
	page, err := l.Search(t.Context(), vod.Filter{Limit: 100})
	must(t, err)
	for _, a := range page.Assets {
		must(t, os.Chtimes(l.path(a.ObjectKey), a.End, a.End))
	}
	slices.SortFunc(page.Assets, func(a, b vod.Asset) int { return strings.Compare(a.Container, b.Container) })
	return page.Assets
}

// reconciler is one for the library. Its IDs are 1001, 1002 and so on.
func (l *library) reconciler() *vod.Reconciler {
	var last atomic.Int64
	last.Store(1000)
	return &vod.Reconciler{
		Catalog: l.Catalog, Formats: formats(), Log: l.Log, NewID: func() vod.FileID { return vod.FileID(last.Add(1)) },
		Claimed: func(string, []string) ([]string, error) { return nil, nil },
	}
}

// compare runs one comparison and returns its report.
func (l *library) compare(t *testing.T, r *vod.Reconciler) vod.ReconcileReport {
	t.Helper()
	r.Start()
	defer r.Close()
	return finished(t, r)
}

// finished waits until a comparison is done. Its pace passes in no time.
func finished(t *testing.T, r *vod.Reconciler) vod.ReconcileReport {
	t.Helper()
	for range 1000 {
		synctest.Wait()
		if report, ok := r.Report(); ok && !report.Ended.IsZero() {
			return report
		}
		time.Sleep(time.Second)
	}
	t.Fatal("the comparison does not end")
	return vod.ReconcileReport{}
}

// wantReport compares what a report counts.
func wantReport(t *testing.T, got, want vod.ReconcileReport) {
	t.Helper()
	t.Logf("%+v", got)
	if got.Ended.IsZero() {
		t.Error("it has no end")
	}
	got.Began, got.Ended, got.Findings, got.Errors = time.Time{}, time.Time{}, nil, nil
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestReconcileLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLibrary(t)
		for id := range vod.FileID(220) {
			l.add(t, file(id+1), "xx")
		}
		show := done(500, "hls")
		l.put(t, show.PlaylistKey, playlistHead+playlistEntry)
		l.add(t, show, "xx")
		gone := live(501, "mp4")
		l.record(t, gone) // without a file: that is the recorder's
		must(t, l.MarkDeleting(t.Context(), 3))
		away := []vod.FileID{1, 3, 101, 220}
		for _, id := range away {
			must(t, os.Remove(l.path(file(id).ObjectKey)))
		}
		must(t, os.Rename(l.path(show.PlaylistKey), l.path("aside")))
		must(t, os.WriteFile(l.path(file(7).ObjectKey), []byte("longer"), 0o600))
		r := l.reconciler()
		r.Start()
		defer r.Close()
		files := vod.ReconcileReport{Assets: 220, Files: 216, Ignored: 2}
		want := files
		want.Lost, want.Missing, want.Changed = 4, 4, 1
		report := finished(t, r)
		wantReport(t, report, want)
		lost := func() []vod.FileID {
			page, err := l.Search(t.Context(), vod.Filter{Statuses: []vod.Status{vod.StatusLost}, Limit: 10})
			must(t, err)
			out := []vod.FileID{}
			for _, a := range page.Assets {
				out = append(out, a.ID)
			}
			slices.Sort(out)
			return out
		}
		wantIDs(t, "lost", lost(), 1, 101, 220, 500)
		if f := report.Findings; len(f) != 5 || f[0].What == "" || f[0].StorageID != storageID || f[0].Key == "" || f[0].ID == 0 {
			t.Error(f)
		}
		// They come back: the same, another one, and the playlist.
		for id, content := range map[vod.FileID]string{1: "xx", 101: "other"} {
			l.put(t, file(id).ObjectKey, content)
		}
		must(t, os.Rename(l.path("aside"), l.path(show.PlaylistKey)))
		time.Sleep(24*time.Hour + 10*time.Minute)
		want = files
		want.Files, want.Ignored, want.Missing, want.Found, want.Changed = 219, 0, 1, 2, 2
		wantReport(t, finished(t, r), want)
		wantIDs(t, "lost", lost(), 101, 220)
		// Found files are as they were.
		found, err := l.Get(t.Context(), []vod.FileID{1})
		must(t, err)
		if found[0].Status != vod.StatusNormal || found[0].Name != file(1).Name {
			t.Error(found)
		}
	})
}

// TestReconcileOutOfReach: a storage that is not there is left alone, also if it goes while it is looked at.
func TestReconcileOutOfReach(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLibrary(t)
		for id := range vod.FileID(150) {
			l.add(t, file(id+1), "xx")
		}
		l.put(t, "new.mp4", string(clip(t)))
		r := l.reconciler()
		r.Log = slog.New(slog.DiscardHandler)
		l.Catalog.Storages[storageID] = &leaving{Storage: l.local, l: l, after: 120}
		r.Start()
		defer r.Close()
		got := finished(t, r)
		if got.Lost != 0 || got.Adopted != 0 || len(got.Errors) == 0 {
			t.Errorf("%+v", got)
		}
		// It is tried again soon.
		time.Sleep(time.Hour + 10*time.Minute)
		got = finished(t, r)
		wantReport(t, got, vod.ReconcileReport{})
		if len(got.Errors) != 1 || !strings.Contains(got.Errors[0], "left alone: the folder is not this storage") {
			t.Error(got.Errors)
		}
		must(t, os.Rename(l.dir+".away", l.dir))
		r.Kick()
		got = finished(t, r)
		wantReport(t, got, vod.ReconcileReport{Assets: 150, Files: 151, Adopted: 1})
	})
}

// leaving is a storage whose disk goes after a while.
type leaving struct {
	vod.Storage
	l     *library
	after int
}

func (s *leaving) Stat(key string) (vod.Info, error) {
	if s.after--; s.after == 0 {
		if err := os.Rename(s.l.dir, s.l.dir+".away"); err != nil {
			return vod.Info{}, err
		}
		_ = s.l.local.Check()
	}
	return s.Storage.Stat(key)
}

// TestReconcileUnmounted: the folder below a disk that is gone is empty, and not this storage.
func TestReconcileUnmounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLibrary(t)
		l.add(t, file(1), "xx")
		must(t, os.Rename(l.dir, l.dir+".away"))
		must(t, os.Mkdir(l.dir, 0o755))
		l.put(t, "a/b/c/2026-01-01/x.mp4", string(clip(t)))
		got := l.compare(t, l.reconciler())
		wantReport(t, got, vod.ReconcileReport{})
		wantIDs(t, "visible", l.visible(t), 1)
		if len(got.Errors) != 1 {
			t.Error(got.Errors)
		}
	})
}

// TestReconcileWaits: for recovery, and not for ever.
func TestReconcileWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLibrary(t)
		r := l.reconciler()
		after := make(chan struct{})
		r.After = after
		r.Kick()
		r.Start()
		r.Kick()
		time.Sleep(time.Hour)
		if got, ok := r.Report(); ok {
			t.Errorf("%+v", got)
		}
		close(after)
		finished(t, r)
		r.Close()
		never := l.reconciler()
		never.After = make(chan struct{})
		never.Start()
		never.Close()
		new(vod.Reconciler).Close()
	})
}

// TestReconcileStops in the middle, and says so.
func TestReconcileStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLibrary(t)
		for _, name := range []string{"a.mp4", "b.mp4", "c.mp4", "d.mp4"} {
			l.put(t, name, string(clip(t)))
		}
		r := l.reconciler()
		r.PerSecond = 1
		r.Start()
		time.Sleep(2500 * time.Millisecond)
		synctest.Wait()
		if got, ok := r.Report(); !ok || !got.Ended.IsZero() || got.Files == 0 || got.Files == 4 {
			t.Errorf("%+v", got)
		}
		r.Close()
		got, _ := r.Report()
		if got.Adopted != 0 || !slices.Equal(got.Errors, []string{"stopped before it was done"}) {
			t.Errorf("%+v", got)
		}
		wantIDs(t, "visible", l.visible(t))
	})
}

// TestReconcileFailures: an unknown state of the recorder keeps files from being adopted, a broken catalogue is told.
func TestReconcileFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLibrary(t)
		l.put(t, "x.mp4", string(clip(t)))
		r := l.reconciler()
		r.Claimed = func(string, []string) ([]string, error) { return nil, errors.New("who knows") }
		got := l.compare(t, r)
		wantReport(t, got, vod.ReconcileReport{Files: 1})
		if !slices.Equal(got.Errors, []string{"1 files are not adopted: who knows"}) {
			t.Error(got.Errors)
		}
		broken := l.reconciler()
		broken.Catalog = &vod.Catalog{Store: closed{l.Store}, Storages: l.Storages, Log: l.Log}
		if got := l.compare(t, broken); len(got.Errors) != 1 || !strings.Contains(got.Errors[0], "read the catalogue: closed") {
			t.Error(got.Errors)
		}
		if !bytes.Contains([]byte(l.log.String()), []byte("level=WARN msg=\"catalogue and storages compared\"")) {
			t.Error(l.log.String())
		}
	})
}

// closed is a store that cannot be read.
type closed struct{ vod.Store }

func (closed) Placed(context.Context, vod.FileID, int) ([]vod.Placed, error) {
	return nil, errors.New("closed")
}
