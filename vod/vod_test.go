package vod_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"aircheck/rules"
	"aircheck/server/store"
	"aircheck/server/store/storetest"
	"aircheck/vod"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const storageID = "storage-1"

// library is a catalogue with its storage in a folder, on the real database.
type library struct {
	*vod.Catalog
	*store.Store
	local *vod.Local
	dir   string
	log   lines
}

// lines is a log that can be read while it is written.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

func newLibrary(t *testing.T) *library {
	t.Helper()
	l := &library{dir: t.TempDir()}
	must(t, os.WriteFile(filepath.Join(l.dir, vod.IdentityFile), []byte(storageID+"\n"), 0o600))
	var err error
	l.Store, err = store.Open(t.Context(), storetest.File(t))
	must(t, err)
	l.local, err = vod.OpenLocal(storageID, l.dir)
	must(t, err)
	t.Cleanup(func() { must(t, errors.Join(l.local.Close(), l.Store.Close())) })
	l.Catalog = &vod.Catalog{
		Store: l.Store, Storages: map[string]vod.Storage{storageID: l.local}, Log: slog.New(slog.NewTextHandler(&l.log, nil)),
	}
	return l
}

// file is an asset as a recording leaves it; add puts it into the catalogue.
func file(id vod.FileID) vod.Asset {
	now := time.Now().UTC().Truncate(time.Millisecond)
	return vod.Asset{
		ID: id, Name: fmt.Sprintf("clip %d", id), Container: "mp4", Status: vod.StatusNormal, StorageID: storageID,
		ObjectKey: fmt.Sprintf("localhost/live/cam%d/2026-01-02/clip%%20%d.mp4", id, id), CreateTime: now, UpdateTime: now,
		Start: now, End: now, Tracks: []vod.Track{{Kind: "video", Codec: "h264"}},
	}
}

// add writes the asset's file and catalogues it.
func (l *library) add(t *testing.T, a vod.Asset, content string) {
	t.Helper()
	path := filepath.Join(l.dir, filepath.FromSlash(a.ObjectKey))
	must(t, os.MkdirAll(filepath.Dir(path), 0o755))
	must(t, os.WriteFile(path, []byte(content), 0o600))
	a.Size = int64(len(content))
	must(t, l.AddFile(t.Context(), a, rules.Event{Type: rules.EventFileReady, At: a.CreateTime}))
}

// files lists what is in the folder besides the identity.
func (l *library) files(t *testing.T) []string {
	t.Helper()
	var out []string
	must(t, filepath.WalkDir(l.dir, func(path string, _ os.DirEntry, err error) error {
		if name, _ := filepath.Rel(l.dir, path); name != "." && name != vod.IdentityFile {
			out = append(out, filepath.ToSlash(name))
		}
		return err
	}))
	return out
}

// visible lists the IDs that a search finds.
func (l *library) visible(t *testing.T) []vod.FileID {
	t.Helper()
	page, err := l.Search(context.WithoutCancel(t.Context()), vod.Filter{Limit: vod.MaxReach})
	must(t, err)
	var out []vod.FileID
	for _, a := range page.Assets {
		out = append(out, a.ID)
	}
	slices.Sort(out)
	return out
}

// pending lists the IDs whose deletion is not finished.
func (l *library) pending(t *testing.T) []vod.FileID {
	t.Helper()
	assets, err := l.Deleting(context.WithoutCancel(t.Context()), 0, 1000)
	must(t, err)
	var out []vod.FileID
	for _, a := range assets {
		out = append(out, a.ID)
	}
	return out
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantError(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("got error %v, want %v", err, want)
	}
}

func wantInvalid(t *testing.T, err error, field string) {
	t.Helper()
	var invalid *vod.InvalidError
	if !errors.As(err, &invalid) {
		t.Errorf("got %v, want an InvalidError for %s", err, field)
	} else if invalid.Field != field || invalid.Reason == "" {
		t.Errorf("got %v, want the field %s", invalid, field)
	}
}

func wantIDs(t *testing.T, what string, got []vod.FileID, want ...vod.FileID) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}
