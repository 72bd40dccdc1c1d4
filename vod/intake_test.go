package vod_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"aircheck/vod"
)

// intake gives the library what takes in files that were made, with IDs from first on.
func (l *library) intake(first vod.FileID) *vod.Intake {
	return l.intakeOn(first, l.Store, l.Storages)
}

func (l *library) intakeOn(first vod.FileID, store vod.Store, storages map[string]vod.Storage) *vod.Intake {
	var mu sync.Mutex
	in := &vod.Intake{Store: store, Storages: storages, Log: l.Log, NewID: func() vod.FileID {
		mu.Lock()
		defer mu.Unlock()
		first++
		return first
	}}
	l.Parts = &vod.Parts{Store: store, Intake: in}
	return in
}

// regular lists the files in the folder, without the identity.
func (l *library) regular(t *testing.T) (out []string) {
	t.Helper()
	must(t, filepath.WalkDir(l.dir, func(path string, d fs.DirEntry, err error) error {
		if name, _ := filepath.Rel(l.dir, path); err == nil && !d.IsDir() && name != vod.IdentityFile {
			out = append(out, filepath.ToSlash(name))
		}
		return err
	}))
	return out
}

// wantWhole checks that there is no file without a row, no row without a file, and nothing left to be done.
func (l *library) wantWhole(t *testing.T) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	var want []string
	ids := l.visible(t)
	for some := range slices.Chunk(ids, vod.MaxGet) {
		found, err := l.Get(ctx, some)
		must(t, err)
		for _, a := range found {
			for _, key := range []string{a.ObjectKey, a.PlaylistKey} {
				if key != "" {
					want = append(want, key)
				}
			}
		}
	}
	parts, err := l.PartsOf(ctx, ids)
	must(t, err)
	for _, p := range parts {
		want = append(want, p.Key)
	}
	slices.Sort(want)
	got := l.regular(t)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("there are the files\n%s\nand the catalogue has\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	wantIDs(t, "being deleted", l.pending(t))
	doomed, err := l.DoomedParts(ctx, 0, 0, 100)
	must(t, err)
	reserved, err := l.Reservations(ctx, 0, 100)
	must(t, err)
	if len(doomed) > 0 || len(reserved) > 0 {
		t.Errorf("left: %+v %+v", doomed, reserved)
	}
}

// make makes an asset of a text.
func (l *library) make(t *testing.T, in *vod.Intake, a vod.Asset, text string) vod.Asset {
	t.Helper()
	d, err := in.Begin(t.Context(), storageID, "mp4")
	must(t, err)
	_, err = d.File.WriteString(text)
	must(t, err)
	out, err := d.Commit(t.Context(), a)
	must(t, err)
	return out
}

// part makes a part of an asset; commit it.
func (l *library) part(t *testing.T, a vod.Asset, p vod.Part, text string) *vod.NewPart {
	t.Helper()
	n, err := l.Parts.Begin(t.Context(), a, p, "bin")
	must(t, err)
	_, err = n.File.WriteString(text)
	must(t, err)
	return n
}

func (l *library) read(t *testing.T, key string) string {
	t.Helper()
	text, err := os.ReadFile(l.path(key))
	must(t, err)
	return string(text)
}

func TestIntake(t *testing.T) {
	l := newLibrary(t)
	in := l.intake(1000)
	one := l.make(t, in, vod.Asset{Name: "Best of: a/b", Container: "mp4"}, "hello")
	day := one.CreateTime.UTC().Format(time.DateOnly)
	if one.ObjectKey != "vod/"+day+"/Best%20of%3A%20a%2Fb.mp4" || l.read(t, one.ObjectKey) != "hello" {
		t.Errorf("%+v", one)
	}
	two := l.make(t, in, vod.Asset{Name: "Best of: a/b", Container: "mp4", SubAppID: 7}, "x")
	three := l.make(t, in, vod.Asset{Name: "Best of: a/b", Container: "mp4"}, "y")
	if !strings.HasPrefix(two.ObjectKey, "app@7/vod/") || !strings.HasSuffix(three.ObjectKey, "b-2.mp4") {
		t.Error(two.ObjectKey, three.ObjectKey)
	}
	d, err := in.Begin(t.Context(), storageID, "ts")
	must(t, err)
	d.Playlist = []byte("#EXTM3U\n" + d.Media() + "\n")
	four, err := d.Commit(t.Context(), vod.Asset{Name: "list", Container: "hls"})
	must(t, err)
	if four.PlaylistKey == "" || l.read(t, four.PlaylistKey) != "#EXTM3U\nmedia.ts\n" || filepath.Dir(four.PlaylistKey) != filepath.Dir(four.ObjectKey) {
		t.Errorf("%+v", four)
	}
	found, err := l.Get(t.Context(), []vod.FileID{one.ID})
	must(t, err)
	if len(found) != 1 || found[0].Size != 5 || found[0].SourceType != vod.SourceVideoProcessing || found[0].Status != vod.StatusNormal {
		t.Errorf("%+v", found)
	}
	// What is not wanted leaves nothing.
	d, err = in.Begin(t.Context(), storageID, "mp4")
	must(t, err)
	must(t, errors.Join(d.Discard(), d.Discard()))
	if _, err := d.Commit(t.Context(), vod.Asset{Name: "late"}); !errors.Is(err, os.ErrClosed) {
		t.Error(err)
	}
	must(t, l.Delete(t.Context(), two.ID)) // it is in another application, which wantWhole does not look at
	l.wantWhole(t)
	for _, dir := range l.files(t) {
		if strings.HasPrefix(dir, ".drafts") {
			t.Error(dir, "is left")
		}
	}
}

// TestIntakeNames: a name is taken also if its file is out of sight, or somebody is about to have it.
func TestIntakeNames(t *testing.T) {
	l := newLibrary(t)
	in := l.intake(1000)
	dir := "vod/" + time.Now().UTC().Format(time.DateOnly) + "/"
	must(t, l.Reserve(t.Context(), vod.Reservation{ID: 1, Extension: "mp4", StorageID: storageID, ObjectKey: dir + "x.mp4"}))
	lost := file(2)
	lost.ObjectKey = dir + "x-2.mp4"
	must(t, l.AddFile(t.Context(), lost, ruleEvent))
	l.put(t, dir+"x-3.mp4", "somebody's")
	if a := l.make(t, in, vod.Asset{Name: "x"}, "mine"); !strings.HasSuffix(a.ObjectKey, "x-4.mp4") && time.Now().UTC().Format(time.DateOnly) == dir[4:14] {
		t.Error(a.ObjectKey)
	}
	// Many at once find a name each.
	var wg sync.WaitGroup
	for range 30 {
		wg.Go(func() { l.make(t, in, vod.Asset{Name: "many"}, "m") })
	}
	wg.Wait()
	keys := map[string]bool{}
	for _, id := range l.visible(t) {
		found, err := l.Get(t.Context(), []vod.FileID{id})
		must(t, err)
		keys[found[0].ObjectKey] = true
	}
	if len(keys) != 32 || l.read(t, dir+"x-3.mp4") != "somebody's" {
		t.Error(len(keys))
	}
}

func TestIntakeRefuses(t *testing.T) {
	l := newLibrary(t)
	in := l.intake(1000)
	in.Room = func(id string) error { return fmt.Errorf("%w: %s", vod.ErrNoRoom, id) }
	_, err := in.Begin(t.Context(), storageID, "mp4")
	wantError(t, err, vod.ErrNoRoom)
	in.Room = nil
	if _, err := in.Begin(t.Context(), "another", "mp4"); err == nil {
		t.Error("a storage that nobody knows")
	}
	must(t, os.Remove(l.path(vod.IdentityFile)))
	_, err = in.Begin(t.Context(), storageID, "mp4")
	wantError(t, err, vod.ErrForeignStorage)
	if got := l.regular(t); len(got) > 0 {
		t.Error(got)
	}
}

// TestSweepLeavesWork: what somebody works at is not swept, nor what is somebody else's.
func TestSweepLeavesWork(t *testing.T) {
	l := newLibrary(t)
	in := l.intake(1000)
	l.put(t, ".drafts/notes.txt", "mine")
	l.put(t, ".drafts/77.mp4", "left over")
	d, err := in.Begin(t.Context(), storageID, "mp4")
	must(t, err)
	must(t, in.Sweep(t.Context()))
	if got := l.regular(t); !slices.Equal(got, []string{".drafts/" + d.ID.String() + ".mp4", ".drafts/notes.txt"}) {
		t.Error(got)
	}
	_, err = d.Commit(t.Context(), vod.Asset{Name: "done"})
	must(t, err)
	must(t, os.Remove(l.path(".drafts/notes.txt")))
	l.wantWhole(t)
}
