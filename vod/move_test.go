package vod_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"aircheck/vod"
)

const iaID = "storage-ia"

// twoRoots is a library with a second storage, for STANDARD_IA.
type twoRoots struct {
	*library
	ia    *vod.Local
	iaDir string
	mover *vod.Mover
	last  atomic.Int64
}

func newTwoRoots(t *testing.T) *twoRoots {
	t.Helper()
	r := &twoRoots{library: newLibrary(t), iaDir: filepath.Join(t.TempDir(), "ia")}
	r.ia = vod.NewLocal(iaID, r.iaDir)
	must(t, r.ia.Found(false))
	t.Cleanup(func() { must(t, r.ia.Close()) })
	r.Storages[iaID] = r.ia
	r.last.Store(1000)
	r.mover = r.newMover(r.Store, r.Storages)
	return r
}

func (r *twoRoots) newMover(db vod.MoveStore, storages map[string]vod.Storage) *vod.Mover {
	log := slog.New(slog.NewTextHandler(&r.log, nil))
	return &vod.Mover{
		Store: db, Storages: storages, Log: log, Homes: vod.Homes{Main: storageID, Infrequent: iaID},
		Intake: &vod.Intake{Store: db, Storages: storages, NewID: func() vod.FileID { return vod.FileID(r.last.Add(1)) }, Log: log},
	}
}

// content is that of an asset's media; it is longer than a chunk.
func content(id vod.FileID) string { return strings.Repeat(fmt.Sprintf("media of %s, ", id), 100_000) }

const playlistText = "#EXTM3U\nmedia.ts\n"

// addBoth adds an MP4 and an HLS recording.
func (r *twoRoots) addBoth(t *testing.T) (mp4, hls vod.Asset) {
	t.Helper()
	mp4, hls = file(1), file(2)
	hls.Container, hls.ObjectKey, hls.PlaylistKey = "hls", "localhost/live/cam/2026-01-02/clip_2/media.ts", "localhost/live/cam/2026-01-02/clip_2/index.m3u8"
	for _, a := range []*vod.Asset{&mp4, &hls} {
		a.StorageClass, a.SHA256 = vod.StorageClassStandard, fmt.Sprintf("%x", sha256.Sum256([]byte(content(a.ID))))
		r.add(t, *a, content(a.ID))
	}
	must(t, os.WriteFile(filepath.Join(r.dir, filepath.FromSlash(hls.PlaylistKey)), []byte(playlistText), 0o600))
	return mp4, hls
}

// regularFiles lists the files in a folder, without folders and the identity.
func regularFiles(t *testing.T, dir string) []string {
	t.Helper()
	var out []string
	must(t, filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if name, _ := filepath.Rel(dir, path); err == nil && e.Type().IsRegular() && name != vod.IdentityFile {
			out = append(out, filepath.ToSlash(name))
		}
		return err
	}))
	return out
}

// whole checks that an asset is in a storage, whole, and that neither storage holds anything else of it.
func (r *twoRoots) whole(t *testing.T, when string, id vod.FileID, storage string) {
	t.Helper()
	found, err := r.AssetsByID(t.Context(), []vod.FileID{id})
	must(t, err)
	if len(found) != 1 || storage != "" && found[0].StorageID != storage || found[0].Status != vod.StatusNormal {
		t.Fatalf("%s: %+v, want it in %s", when, found, storage)
	}
	a := found[0]
	for id, want := range map[string]string{iaID: vod.StorageClassIA, storageID: vod.StorageClassStandard} {
		if a.StorageID == id && a.StorageClass != want {
			t.Errorf("%s: in %s with the class %s", when, id, a.StorageClass)
		}
	}
	var want []string
	for _, key := range []string{a.ObjectKey, a.PlaylistKey} {
		if key != "" {
			want = append(want, key)
		}
	}
	slices.Sort(want)
	for dir, id := range map[string]string{r.dir: storageID, r.iaDir: iaID} {
		there := regularFiles(t, dir)
		slices.Sort(there)
		if id == a.StorageID && !slices.Equal(there, want) || id != a.StorageID && len(there) > 0 {
			t.Errorf("%s: %s holds %q; the asset is %q in %s", when, id, there, want, a.StorageID)
		}
	}
	if got := r.read(t, a.StorageID, a.ObjectKey); got != content(a.ID) {
		t.Errorf("%s: %d bytes of media are wrong", when, len(got))
	}
	if a.PlaylistKey != "" && r.read(t, a.StorageID, a.PlaylistKey) != playlistText {
		t.Errorf("%s: the playlist is wrong", when)
	}
}

func (r *twoRoots) read(t *testing.T, storage, key string) string {
	t.Helper()
	o, err := r.Storages[storage].Open(key)
	must(t, err)
	defer o.Close()
	text, err := io.ReadAll(o)
	must(t, err)
	return string(text)
}

// restart does what a start does with what the last run left.
func (r *twoRoots) restart(t *testing.T) {
	t.Helper()
	r.mover = r.newMover(r.Store, r.Storages)
	must(t, r.mover.Intake.Sweep(t.Context()))
	must(t, r.Sweep(t.Context()))
	left, err := r.Reservations(t.Context(), 0, 10)
	must(t, err)
	doomed, err := r.DoomedParts(t.Context(), 0, 0, 10)
	must(t, err)
	if len(left) > 0 || len(doomed) > 0 {
		t.Errorf("a restart leaves the reservations %v and the doomed parts %v", left, doomed)
	}
}

// TestMove moves there and back, while somebody reads.
func TestMove(t *testing.T) {
	r := newTwoRoots(t)
	mp4, hls := r.addBoth(t)
	player := httptest.NewServer(&vod.Player{Store: r.Store, Storages: r.Storages, Log: slog.New(slog.DiscardHandler)})
	defer player.Close()
	must(t, r.Delete(t.Context(), hls.ID))
	begun, err := http.Get(player.URL + vod.PlayPath(mp4))
	must(t, err)
	defer begun.Body.Close()
	var told int64
	must(t, r.mover.Move(t.Context(), mp4.ID, vod.StorageClassIA, func(done, size int64) {
		if done <= told || size != int64(len(content(mp4.ID))) {
			t.Errorf("told %d of %d after %d", done, size, told)
		}
		told = done
	}))
	must(t, r.Sweep(t.Context()))
	r.whole(t, "moved", mp4.ID, iaID)
	text, err := io.ReadAll(begun.Body)
	if err != nil || string(text) != content(mp4.ID) {
		t.Errorf("who was playing got %d bytes and %v", len(text), err)
	}
	again, err := http.Get(player.URL + vod.PlayPath(mp4))
	must(t, err)
	defer again.Body.Close()
	if tag := again.Header.Get("ETag"); again.StatusCode != http.StatusOK || tag != begun.Header.Get("ETag") {
		t.Errorf("played from the other storage: %s, ETag %s instead of %s", again.Status, tag, begun.Header.Get("ETag"))
	}
	must(t, r.mover.Move(t.Context(), mp4.ID, vod.StorageClassIA, nil)) // once more: nothing to do
	must(t, r.mover.Move(t.Context(), mp4.ID, vod.StorageClassStandard, nil))
	must(t, r.Sweep(t.Context()))
	r.whole(t, "moved back", mp4.ID, storageID)
	player.CloseClientConnections()
	http.DefaultClient.CloseIdleConnections()
}

// TestMoveRefused: what cannot be moved stays as it is, and nothing is left of the try.
func TestMoveRefused(t *testing.T) {
	r := newTwoRoots(t)
	mp4, hls := r.addBoth(t)
	must(t, r.Delete(t.Context(), hls.ID))
	r.mover.Room = func(string, int64) error { return vod.ErrNoRoom }
	wantError(t, r.mover.Move(t.Context(), mp4.ID, vod.StorageClassIA, nil), vod.ErrNoRoom)
	r.mover.Room = nil
	r.whole(t, "no room", mp4.ID, storageID)

	wantError(t, r.mover.Move(t.Context(), 99, vod.StorageClassIA, nil), vod.ErrNotFound)
	ctx, cancel := context.WithCancel(t.Context())
	wantError(t, r.mover.Move(ctx, mp4.ID, vod.StorageClassIA, func(int64, int64) { cancel() }), context.Canceled)
	r.whole(t, "given up", mp4.ID, storageID)

	identity := filepath.Join(r.iaDir, vod.IdentityFile)
	must(t, os.WriteFile(identity, []byte("another\n"), 0o600))
	wantError(t, r.mover.Move(t.Context(), mp4.ID, vod.StorageClassIA, nil), vod.ErrForeignStorage)
	must(t, os.WriteFile(identity, []byte(iaID+"\n"), 0o600))
	r.whole(t, "another disk", mp4.ID, storageID)

	path := filepath.Join(r.dir, filepath.FromSlash(mp4.ObjectKey))
	must(t, os.WriteFile(path, []byte("x"+content(mp4.ID)[1:]), 0o600))
	if err := r.mover.Move(t.Context(), mp4.ID, vod.StorageClassIA, nil); err == nil || !strings.Contains(err.Error(), "SHA-256") {
		t.Errorf("a file that has changed: %v", err)
	}
	if there := regularFiles(t, r.iaDir); len(there) > 0 {
		t.Errorf("%q is left", there)
	}
	must(t, os.WriteFile(path, []byte(content(mp4.ID)), 0o600))

	// Deleted while it is copied.
	deleted := false
	err := r.mover.Move(t.Context(), mp4.ID, vod.StorageClassIA, func(int64, int64) {
		if !deleted {
			deleted = true
			must(t, r.Delete(t.Context(), mp4.ID))
		}
	})
	wantError(t, err, vod.ErrNotFound)
	if there := append(regularFiles(t, r.dir), regularFiles(t, r.iaDir)...); len(there) > 0 || len(r.visible(t)) > 0 {
		t.Errorf("%q is left of a file that was deleted while it was moved", there)
	}
}

// TestMoveNameTaken: somebody else's files in the other storage stay.
func TestMoveNameTaken(t *testing.T) {
	r := newTwoRoots(t)
	mp4, hls := r.addBoth(t)
	for _, key := range []string{mp4.ObjectKey, hls.PlaylistKey} {
		path := filepath.Join(r.iaDir, filepath.FromSlash(key))
		must(t, os.MkdirAll(filepath.Dir(path), 0o755))
		must(t, os.WriteFile(path, []byte("somebody's"), 0o600))
	}
	for _, a := range []vod.Asset{mp4, hls} {
		must(t, r.mover.Move(t.Context(), a.ID, vod.StorageClassIA, nil))
		if got := r.read(t, iaID, map[vod.FileID]string{mp4.ID: mp4.ObjectKey, hls.ID: hls.PlaylistKey}[a.ID]); got != "somebody's" {
			t.Errorf("the other file is %.20q", got)
		}
		found, err := r.Get(t.Context(), []vod.FileID{a.ID})
		must(t, err)
		if found[0].ObjectKey == a.ObjectKey || r.read(t, iaID, found[0].ObjectKey) != content(a.ID) {
			t.Errorf("moved to %s", found[0].ObjectKey)
		}
	}
}

// TestMovesAtOnce: of several who move the same file there is one copy.
func TestMovesAtOnce(t *testing.T) {
	r := newTwoRoots(t)
	mp4, hls := r.addBoth(t)
	must(t, r.Delete(t.Context(), hls.ID))
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if err := r.mover.Move(t.Context(), mp4.ID, vod.StorageClassIA, nil); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	must(t, r.Sweep(t.Context()))
	r.whole(t, "moved by many", mp4.ID, iaID)
}

// TestStrays: what was recorded for another storage goes there by itself, a file that a recording is not done with once it is.
func TestStrays(t *testing.T) {
	r := newTwoRoots(t)
	cold, warm := file(1), file(2)
	cold.StorageClass, warm.StorageClass = vod.StorageClassIA, vod.StorageClassStandard
	for _, a := range []vod.Asset{cold, warm} {
		r.add(t, a, content(a.ID))
	}
	moved, asked := make(chan struct{}, 1), 0
	r.mover.Doomed = func() { moved <- struct{}{} }
	r.mover.Claimed = func(id string, keys []string) ([]string, error) {
		if asked++; asked < 3 && id == storageID {
			return keys, nil
		}
		return nil, nil
	}
	r.mover.Start()
	<-moved
	r.mover.Close()
	must(t, r.Sweep(t.Context()))
	for id, want := range map[vod.FileID]string{cold.ID: iaID, warm.ID: storageID} {
		found, err := r.Get(t.Context(), []vod.FileID{id})
		must(t, err)
		if found[0].StorageID != want || r.read(t, want, found[0].ObjectKey) != content(id) {
			t.Errorf("file %s is in %s", id, found[0].StorageID)
		}
	}
	if asked != 3 {
		t.Errorf("the recording was asked for %d times", asked)
	}
}

// TestCheckMoves goes through what a request may ask for.
func TestCheckMoves(t *testing.T) {
	r := newTwoRoots(t)
	mp4, hls := r.addBoth(t)
	check := func(app int64, class, tier string, ids ...vod.FileID) error {
		_, err := r.mover.Check(t.Context(), app, ids, class, tier)
		return err
	}
	got, err := r.mover.Check(t.Context(), 0, []vod.FileID{hls.ID, mp4.ID, hls.ID}, vod.StorageClassIA, "")
	must(t, err)
	wantIDs(t, "each once", got, hls.ID, mp4.ID)
	wantError(t, check(0, "ARCHIVE", "", 1), vod.ErrStorageClass)
	wantError(t, check(0, "DEEP_ARCHIVE", "", 1), vod.ErrStorageClass)
	wantInvalid(t, check(0, "COLD", "", 1), "StorageClass")
	wantError(t, check(0, vod.StorageClassIA, "Bulk", 1), vod.ErrRestoreTier)
	wantInvalid(t, check(0, vod.StorageClassIA, ""), "FileIds")
	wantInvalid(t, check(0, vod.StorageClassIA, "", make([]vod.FileID, vod.MaxMoves+1)...), "FileIds")
	wantError(t, check(0, vod.StorageClassIA, "", 1, 99), vod.ErrNotFound)
	wantError(t, check(7, vod.StorageClassIA, "", 1), vod.ErrNotFound)
	wantError(t, check(0, vod.StorageClassStandard, "", 1), vod.ErrTransition)
	recording := file(3)
	recording.Status = vod.StatusRecording
	must(t, r.AddRecording(t.Context(), recording))
	wantError(t, check(0, vod.StorageClassIA, "", 3), vod.ErrRecording)
	_, err = r.MarkLost(t.Context(), []vod.FileID{1}, time.Now())
	must(t, err)
	wantError(t, check(0, vod.StorageClassIA, "", 1), vod.ErrLost)
}

// TestFound: which folders are given an identity.
func TestFound(t *testing.T) {
	dir := t.TempDir()
	found := func(name string, used bool) error {
		l := vod.NewLocal("st", filepath.Join(dir, name))
		defer l.Close()
		return l.Found(used)
	}
	must(t, found("new/deep", false))
	must(t, found("new/deep", true))
	wantError(t, found("gone", true), vod.ErrForeignStorage)
	must(t, os.MkdirAll(filepath.Join(dir, "fresh", "lost+found"), 0o755))
	wantError(t, found("fresh", true), vod.ErrForeignStorage)
	must(t, found("fresh", false))
	must(t, os.MkdirAll(filepath.Join(dir, "full", "films"), 0o755))
	wantError(t, found("full", false), vod.ErrForeignStorage)
	must(t, os.WriteFile(filepath.Join(dir, "full", vod.IdentityFile), []byte("other"), 0o600))
	wantError(t, found("full", false), vod.ErrForeignStorage)
}
