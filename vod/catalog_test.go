package vod_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"aircheck/vod"
)

func TestParseFileID(t *testing.T) {
	for text, want := range map[string]vod.FileID{
		"1": 1, "9223372036854775807": 1<<63 - 1, "": 0, "0": 0, "-1": 0, "+1": 0, "x": 0, "1.0": 0, " 1": 0,
		"9223372036854775808": 0, "00000000000000000001": 0, "0x1": 0, "1_0": 0, "01": 0,
	} {
		got, err := vod.ParseFileID(text)
		if got != want || (want == 0) != errors.Is(err, vod.ErrNotFound) {
			t.Errorf("%q: %v %v, want %v", text, got, err, want)
		}
		if want != 0 && got.String() != text {
			t.Errorf("%q is written %q", text, got)
		}
	}
}

func TestSearchLimits(t *testing.T) {
	l := newLibrary(t)
	many := strings.Split("a b c d e f g h i j k", " ")
	long := strings.Repeat("ü", 101)
	for _, c := range []struct {
		field  string
		filter vod.Filter
	}{
		{"Offset", vod.Filter{Offset: -1}},
		{"Limit", vod.Filter{Limit: -1}},
		{"Offset", vod.Filter{Offset: 4991}},
		{"Offset", vod.Filter{Offset: 1 << 62, Limit: 1 << 62}},
		{"Offset", vod.Filter{Limit: 5001}},
		{"Text", vod.Filter{Text: strings.Repeat("ü", 65)}},
		{"FileIds", vod.Filter{IDs: make([]vod.FileID, 11)}},
		{"Names", vod.Filter{Names: many}},
		{"Names", vod.Filter{Names: []string{"a", long}}},
		{"NamePrefixes", vod.Filter{NamePrefixes: many}},
		{"NamePrefixes", vod.Filter{NamePrefixes: []string{long}}},
		{"Descriptions", vod.Filter{Descriptions: many}},
		{"Descriptions", vod.Filter{Descriptions: []string{long}}},
		{"Tags", vod.Filter{Tags: append(many, many...)}},
		{"Tags", vod.Filter{Tags: []string{strings.Repeat("ü", 33)}}},
		{"SourceTypes", vod.Filter{SourceTypes: many}},
		{"StreamIds", vod.Filter{Streams: many}},
		{"StreamDomains", vod.Filter{Domains: many}},
		{"StreamPaths", vod.Filter{Apps: many}},
		{"MediaTypes", vod.Filter{Containers: many}},
		{"ClassIds", vod.Filter{ClassIDs: make([]int64, 11)}},
		{"StorageClasses", vod.Filter{StorageClasses: many}},
	} {
		_, err := l.Search(t.Context(), c.filter)
		wantInvalid(t, err, c.field)
	}
	for _, f := range []vod.Filter{
		{Offset: 4990},
		{Limit: 5000},
		{Text: strings.Repeat("ü", 64)},
		{Names: many[:10]},
		{Names: []string{long[:200]}},
		{Tags: append(many, many[:5]...)},
		{Tags: []string{strings.Repeat("ü", 32)}},
	} {
		if _, err := l.Search(t.Context(), f); err != nil {
			t.Errorf("%+v: %v", f, err)
		}
	}
	for id := range vod.FileID(11) {
		l.add(t, file(id+1), "x")
	}
	if page, err := l.Search(t.Context(), vod.Filter{}); len(page.Assets) != 10 || page.Total != 11 || err != nil {
		t.Error("a search without limit:", len(page.Assets), page.Total, err)
	}
}

func TestGet(t *testing.T) {
	l := newLibrary(t)
	l.add(t, file(1), "x")
	l.add(t, file(2), "x")
	got, err := l.Get(t.Context(), []vod.FileID{2, 3, 1})
	if err != nil || len(got) != 2 || got[0].ID != 2 || got[1].ID != 1 {
		t.Error(got, err)
	}
	_, err = l.Get(t.Context(), make([]vod.FileID, 21))
	wantInvalid(t, err, "FileIds")
}

func TestDelete(t *testing.T) {
	l := newLibrary(t)
	for id := range vod.FileID(3) {
		l.add(t, file(id+1), "x")
	}
	must(t, os.Remove(filepath.Join(l.dir, filepath.FromSlash(file(2).ObjectKey)))) // somebody was faster
	must(t, l.Delete(t.Context(), 1))
	must(t, l.Delete(t.Context(), 2))
	wantError(t, l.Delete(t.Context(), 1), vod.ErrNotFound)
	wantError(t, l.Delete(t.Context(), 77), vod.ErrNotFound)
	wantIDs(t, "visible", l.visible(t), 3)
	wantIDs(t, "pending", l.pending(t))
	// The empty folder of file 2 was there before; only what a deletion empties goes.
	if got := strings.Join(l.files(t), "\n"); strings.Contains(got, "cam1") || !strings.Contains(got, "cam3/2026-01-02/clip%203.mp4") {
		t.Error(got)
	}
	if !strings.Contains(l.log.String(), `msg="file deleted" file_id=1 name="clip 1"`) {
		t.Error("log:", l.log.String())
	}
}

// TestDeleteCutShort: a process that is killed after any step leaves what the next start finishes.
func TestDeleteCutShort(t *testing.T) {
	for steps := range 3 {
		t.Run(fmt.Sprint(steps), func(t *testing.T) {
			l := newLibrary(t)
			l.add(t, file(1), "x")
			l.add(t, file(2), "x")
			must(t, l.MarkDeleting(t.Context(), 1))
			if steps >= 1 {
				must(t, l.local.Delete(file(1).ObjectKey))
			}
			if steps >= 2 {
				must(t, l.PurgeAsset(t.Context(), 1))
			}
			must(t, l.Sweep(t.Context()))
			wantIDs(t, "visible", l.visible(t), 2)
			wantIDs(t, "pending", l.pending(t))
			if got := strings.Join(l.files(t), "\n"); strings.Contains(got, "cam1") || !strings.Contains(got, "clip%202.mp4") {
				t.Error(got)
			}
		})
	}
}

// TestDeleteOutOfReach: as long as a storage is not the one it should be, a missing file does not count as removed.
func TestDeleteOutOfReach(t *testing.T) {
	l := newLibrary(t)
	a := file(1)
	l.add(t, a, "x")
	l.add(t, file(2), "x")
	elsewhere := file(3)
	elsewhere.StorageID = "unknown"
	l.add(t, elsewhere, "x")
	identity := filepath.Join(l.dir, vod.IdentityFile)
	must(t, os.WriteFile(identity, []byte("another\n"), 0o600))
	must(t, l.Delete(t.Context(), 1))
	must(t, l.Delete(t.Context(), 3))
	wantIDs(t, "visible", l.visible(t), 2)
	wantIDs(t, "pending", l.pending(t), 1, 3)
	err := l.Sweep(t.Context())
	wantError(t, err, vod.ErrForeignStorage)
	if !strings.Contains(err.Error(), "2 left") {
		t.Error(err)
	}
	must(t, os.Remove(identity))
	wantError(t, l.Sweep(t.Context()), vod.ErrForeignStorage)
	if got := strings.Join(l.files(t), "\n"); !strings.Contains(got, "clip%201.mp4") {
		t.Error("removed all the same:", got)
	}
	must(t, os.WriteFile(identity, []byte(storageID+"\n"), 0o600))
	if err := l.Sweep(t.Context()); err == nil || !strings.Contains(err.Error(), `1 left: file 3: storage "unknown"`) {
		t.Error(err)
	}
	wantIDs(t, "pending", l.pending(t), 3)
}

func TestSweepMany(t *testing.T) {
	l := newLibrary(t)
	const n = 250
	for id := range vod.FileID(n) {
		a := file(id + 1)
		if id < 120 { // more than one batch cannot be deleted: the key is a folder
			a.ObjectKey = "stuck"
		}
		must(t, l.AddFile(t.Context(), a, ruleEvent))
		must(t, l.MarkDeleting(t.Context(), a.ID))
	}
	must(t, os.MkdirAll(filepath.Join(l.dir, "stuck", "in"), 0o755))
	if err := l.Sweep(t.Context()); err == nil || !strings.Contains(err.Error(), "120 left: file 1: delete stuck") {
		t.Error(err)
	}
	if got := l.pending(t); len(got) != 120 || got[119] != 120 {
		t.Error(got)
	}
}

func TestStoreErrors(t *testing.T) {
	l := newLibrary(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := l.Search(ctx, vod.Filter{})
	wantError(t, err, context.Canceled)
	_, err = l.Get(ctx, nil)
	wantError(t, err, context.Canceled)
	wantError(t, l.Delete(ctx, 1), context.Canceled)
	wantError(t, l.Sweep(ctx), context.Canceled)
}
