package vod_test

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"aircheck/vod"
)

// TestLost: what is lost is found, says so when it is to be played, and can be deleted.
func TestLost(t *testing.T) {
	l := newLibrary(t)
	server := newPlayer(t, l)
	for id := range vod.FileID(3) {
		l.add(t, file(id+1), "x")
	}
	must(t, os.Remove(l.path(file(2).ObjectKey)))
	if n, err := l.MarkLost(t.Context(), []vod.FileID{2, 77}, time.Now()); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	wantIDs(t, "visible", l.visible(t), 1, 2, 3)
	page, err := l.Search(t.Context(), vod.Filter{Statuses: []vod.Status{vod.StatusLost}})
	must(t, err)
	if len(page.Assets) != 1 || page.Assets[0].ID != 2 || page.Assets[0].Status != vod.StatusLost {
		t.Error(page)
	}
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		answer, body := ask(t, method, fmt.Sprintf("%s/vod/2/clip.mp4", server.URL))
		if answer.StatusCode != http.StatusNotFound || method == http.MethodGet && !strings.Contains(body, "file 2 is lost") {
			t.Error(answer.Status, body)
		}
	}
	must(t, l.Delete(t.Context(), 2))
	wantIDs(t, "visible", l.visible(t), 1, 3)
	wantIDs(t, "pending", l.pending(t))
}

func TestHold(t *testing.T) {
	l := newLibrary(t)
	for id := range vod.FileID(2) {
		l.add(t, file(id+1), "x")
	}
	a := live(3, "mp4")
	l.put(t, a.ObjectKey, "x")
	l.record(t, a)
	missing, err := l.Hold(t.Context(), []vod.FileID{3, 9, 1}, true, "court", "AKIDx")
	must(t, err)
	wantIDs(t, "missing", missing, 9)
	wantError(t, l.Delete(t.Context(), 1), vod.ErrHeld)
	wantError(t, l.Delete(t.Context(), 3), vod.ErrRecording)
	l.finish(t, a, done(3, "mp4"))
	wantError(t, l.Delete(t.Context(), 3), vod.ErrHeld)
	must(t, l.Delete(t.Context(), 2))
	found, err := l.Get(t.Context(), []vod.FileID{1, 3})
	must(t, err)
	for _, a := range found {
		if !a.Held() || a.Hold.Reason != "court" || a.Hold.By != "AKIDx" || !a.UpdateTime.Equal(a.Hold.Since) && a.ID == 1 {
			t.Errorf("%+v", a)
		}
	}
	for _, want := range []string{"file_id=1 held=true reason=court by=AKIDx", "file_id=3 held=true"} {
		if !strings.Contains(l.log.String(), want) {
			t.Error(want, "is not in", l.log.String())
		}
	}
	if missing, err := l.Hold(t.Context(), []vod.FileID{1}, false, "over", "AKIDy"); len(missing) > 0 || err != nil {
		t.Error(missing, err)
	}
	must(t, l.Delete(t.Context(), 1))
	wantIDs(t, "visible", l.visible(t), 3)
	_, err = l.Hold(t.Context(), []vod.FileID{3}, true, strings.Repeat("ü", vod.MaxHoldReason+1), "")
	wantInvalid(t, err, "Reason")
	_, err = l.Hold(t.Context(), make([]vod.FileID, vod.MaxGet+1), true, "", "")
	wantInvalid(t, err, "FileIds")
}

// gone is a storage whose disk goes once it was found to be there.
type gone struct {
	vod.Storage
	checks atomic.Int64
}

func (s *gone) Check() error {
	if s.checks.Add(1) > 1 {
		return vod.ErrForeignStorage
	}
	return s.Storage.Check()
}

// TestReconcileDiskGoes: neither what is missing nor what is new is believed of a storage that is no longer there.
func TestReconcileDiskGoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLibrary(t)
		must(t, l.AddFile(t.Context(), file(1), ruleEvent))
		l.put(t, "new.mp4", string(clip(t)))
		r := l.reconciler()
		l.Storages[storageID] = &gone{Storage: l.local}
		got := l.compare(t, r)
		wantReport(t, got, vod.ReconcileReport{Assets: 1, Files: 1})
		if len(got.Errors) != 2 {
			t.Error(got.Errors)
		}
		found, err := l.Get(t.Context(), []vod.FileID{1})
		must(t, err)
		if len(found) != 1 || found[0].Status != vod.StatusNormal {
			t.Error(found)
		}
	})
}
