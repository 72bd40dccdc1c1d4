package vod_test

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"aircheck/vod"
)

// aPNG is a picture of that size.
func aPNG(w, h int) []byte {
	var b bytes.Buffer
	_ = png.Encode(&b, image.NewGray(image.Rect(0, 0, w, h))) // never fails on a buffer
	return b.Bytes()
}

func keysOf(parts []vod.Part) (out []string) {
	for _, p := range parts {
		out = append(out, string(p.Kind)+" "+p.Key)
	}
	return out
}

func TestParts(t *testing.T) {
	l := newLibrary(t)
	a := l.make(t, l.intake(1000), vod.Asset{Name: "source"}, "source")
	set := func(definition int64, n int) []vod.Part {
		var some []*vod.NewPart
		for i := range n {
			some = append(some, l.part(t, a, vod.Part{Kind: vod.PartSprite, Definition: definition, Index: i, ContentType: "image/jpeg"}, "sprite"))
		}
		out, err := l.Parts.Commit(t.Context(), some...)
		must(t, err)
		return out
	}
	first, other := set(10, 3), set(20, 1)
	second := set(10, 2) // in the place of all three
	got, err := l.Parts.Of(t.Context(), a.ID, 77)
	must(t, err)
	if want := slices.Concat(second, other); !slices.Equal(keysOf(got), keysOf(want)) || got[0].Size != 6 || got[0].ContentType != "image/jpeg" {
		t.Errorf("%+v, want %+v", got, want)
	}
	must(t, l.Sweep(t.Context()))
	for _, p := range first {
		if _, err := os.Stat(l.path(p.Key)); !errors.Is(err, os.ErrNotExist) {
			t.Error(p.Key, "is still there:", err)
		}
	}
	l.wantWhole(t)
	// They count.
	stored, err := l.StoredBytes(t.Context(), storageID)
	must(t, err)
	if stored != 6+3*6 {
		t.Error("stored:", stored)
	}
	// They go with their asset, and come too late once it has gone.
	late := l.part(t, a, vod.Part{Kind: vod.PartSnapshot}, "late")
	must(t, l.Delete(t.Context(), a.ID))
	_, err = l.Parts.Commit(t.Context(), late)
	wantError(t, err, vod.ErrNotFound)
	l.wantWhole(t)
	if got := l.regular(t); len(got) > 0 {
		t.Error(got)
	}
}

func TestPartsTooMany(t *testing.T) {
	l := newLibrary(t)
	in := l.intake(1000)
	a, b := l.make(t, in, vod.Asset{Name: "a"}, "a"), l.make(t, in, vod.Asset{Name: "b"}, "b")
	if _, err := l.Parts.Commit(t.Context()); err == nil {
		t.Error("none")
	}
	_, err := l.Parts.Commit(t.Context(), l.part(t, a, vod.Part{Kind: vod.PartSnapshot}, "x"), l.part(t, b, vod.Part{Kind: vod.PartSnapshot}, "x"))
	if err == nil {
		t.Error("of two files")
	}
	l.wantWhole(t)
}

// TestCover: one at a time, by whatever way, and remembered by a recording that is finished.
func TestCover(t *testing.T) {
	l := newLibrary(t)
	l.intake(1000)
	a := file(5)
	a.Status = vod.StatusRecording
	must(t, l.AddRecording(t.Context(), a))
	name, tag := "The final", []string{"sport"}
	b, err := l.Modify(t.Context(), a, vod.Change{Name: &name, AddTags: tag, Cover: aPNG(3, 2)})
	must(t, err)
	if b.Name != name || b.Cover == "" || !strings.HasSuffix(b.Cover, ".png") || l.read(t, b.Cover) != string(aPNG(3, 2)) {
		t.Errorf("%+v", b)
	}
	a.Status = vod.StatusNormal
	l.add(t, a, "content")
	found, err := l.Get(t.Context(), []vod.FileID{5})
	must(t, err)
	if found[0].Name != name || found[0].Cover != b.Cover || found[0].ObjectKey != a.ObjectKey || !slices.Equal(found[0].Tags, tag) {
		t.Errorf("%+v", found[0])
	}
	made, err := l.Parts.Commit(t.Context(), l.part(t, found[0], vod.Part{Kind: vod.PartCover, Definition: 10}, "another"))
	must(t, err)
	must(t, l.Sweep(t.Context()))
	parts, err := l.Parts.Of(t.Context(), 5)
	must(t, err)
	found, err = l.Get(t.Context(), []vod.FileID{5})
	must(t, err)
	if len(parts) != 1 || found[0].Cover != made[0].Key || parts[0].Key != made[0].Key {
		t.Error(keysOf(parts), found[0].Cover)
	}
	l.wantWhole(t)
	// A recording of which nothing becomes takes its cover along.
	a = file(6)
	a.Status = vod.StatusRecording
	must(t, l.AddRecording(t.Context(), a))
	_, err = l.Modify(t.Context(), a, vod.Change{Cover: aPNG(1, 1)})
	must(t, err)
	must(t, l.RemoveRecordings(t.Context(), []vod.FileID{6}))
	must(t, l.Sweep(t.Context()))
	l.wantWhole(t)
}

func TestCoverForms(t *testing.T) {
	l := newLibrary(t)
	l.intake(1000)
	l.add(t, file(5), "x")
	a, err := l.Get(t.Context(), []vod.FileID{5})
	must(t, err)
	var asGIF, asJPEG bytes.Buffer
	pal := image.NewPaletted(image.Rect(0, 0, 4, 4), color.Palette{color.Black, color.White})
	must(t, gif.EncodeAll(&asGIF, &gif.GIF{Image: []*image.Paletted{pal, pal}, Delay: []int{1, 1}}))
	must(t, jpeg.Encode(&asJPEG, pal, nil))
	for ext, data := range map[string][]byte{".gif": asGIF.Bytes(), ".jpg": asJPEG.Bytes(), ".png": aPNG(4, 4)} {
		b, err := l.Modify(t.Context(), a[0], vod.Change{Cover: data})
		if err != nil || !strings.HasSuffix(b.Cover, ext) {
			t.Error(ext, b.Cover, err)
		}
	}
	huge := aPNG(1, 1)
	copy(huge[16:24], []byte{0, 1, 0, 0, 0, 1, 0, 0}) // 65536 x 65536, by what it says
	for name, data := range map[string][]byte{
		"empty": {}, "text": []byte("hello"), "svg": []byte("<svg/>"), "half": asJPEG.Bytes()[:asJPEG.Len()/2], "huge": huge,
		"many pixels": aPNG(8000, 2000), "large": append(aPNG(1, 1), make([]byte, vod.MaxCoverBytes)...),
	} {
		if _, err := l.Modify(t.Context(), a[0], vod.Change{Cover: data}); !errors.Is(err, vod.ErrImage) {
			t.Error(name, err)
		}
	}
	must(t, l.Sweep(t.Context()))
	l.wantWhole(t)
}

// TestPlayParts fetches parts, renames, forbids, and deletes while somebody fetches.
func TestPlayParts(t *testing.T) {
	l := newLibrary(t)
	a := l.make(t, l.intake(1000), vod.Asset{Name: "parts/x", Container: "mp4"}, "source")
	made, err := l.Parts.Commit(t.Context(), l.part(t, a, vod.Part{Kind: vod.PartTranscode, Definition: 1, ContentType: "video/mp4"}, strings.Repeat("transcode", 200_000)))
	must(t, err)
	server := newPlayer(t, l)
	get := func(path string, want int) string {
		t.Helper()
		r, err := server.Client().Get(server.URL + path)
		must(t, err)
		defer r.Body.Close()
		text, err := io.ReadAll(r.Body)
		must(t, err)
		if r.StatusCode != want {
			t.Errorf("%s: %d %.100s, want %d", path, r.StatusCode, text, want)
		}
		return string(text)
	}
	part := vod.PartPath(a.ID, made[0].Name())
	if get(vod.PlayPath(a), http.StatusOK) != "source" || len(get(part, http.StatusOK)) != 1_800_000 {
		t.Error("content")
	}
	get(vod.PartPath(a.ID, "none.mp4"), http.StatusNotFound)
	get(vod.PartPath(77, made[0].Name()), http.StatusNotFound)
	r, err := server.Client().Head(server.URL + part)
	must(t, err)
	r.Body.Close()
	if r.Header.Get("Content-Type") != "video/mp4" || r.Header.Get("ETag") == "" || r.Header.Get("Accept-Ranges") != "bytes" {
		t.Error(r.Header)
	}
	// Another name: another address, and the old one goes on working.
	name := "другое 名字?"
	b, err := l.Modify(t.Context(), a, vod.Change{Name: &name})
	must(t, err)
	if get(vod.PlayPath(a), http.StatusOK) != "source" || get(vod.PlayPath(b), http.StatusOK) != "source" || b.ObjectKey != a.ObjectKey {
		t.Error("renamed", b.ObjectKey)
	}
	missing, err := l.Forbid(t.Context(), []vod.FileID{a.ID, 77}, true)
	must(t, err)
	wantIDs(t, "missing", missing, 77)
	get(part, http.StatusForbidden)
	get(vod.PlayPath(b), http.StatusForbidden)
	_, err = l.Forbid(t.Context(), []vod.FileID{a.ID}, false)
	must(t, err)
	// Without its original.
	must(t, l.DeleteParts(t.Context(), a.ID, []vod.PartsToDelete{{Type: vod.DeleteOriginal}}))
	get(vod.PlayPath(b), http.StatusNotFound)
	// Who has it open has it to its end.
	r, err = server.Client().Get(server.URL + part)
	must(t, err)
	defer r.Body.Close()
	must(t, l.Delete(t.Context(), a.ID))
	text, err := io.ReadAll(r.Body)
	must(t, err)
	if len(text) != 1_800_000 {
		t.Error(len(text), "bytes")
	}
	get(part, http.StatusNotFound)
	l.wantWhole(t)
}

func TestDeleteParts(t *testing.T) {
	l := newLibrary(t)
	in := l.intake(1000)
	a := l.make(t, in, vod.Asset{Name: "a"}, "a")
	parts := func() []string {
		t.Helper()
		all, err := l.Parts.Of(t.Context(), a.ID)
		must(t, err)
		var out []string
		for _, p := range all {
			out = append(out, strings.Split(p.Name(), "-")[0]+strings.Split(p.Name(), "-")[1])
		}
		return out
	}
	for _, p := range []vod.Part{
		{Kind: vod.PartTranscode, Definition: 1},
		{Kind: vod.PartTranscode, Definition: 2},
		{Kind: vod.PartAdaptive, Definition: 1},
		{Kind: vod.PartCover},
	} {
		_, err := l.Parts.Commit(t.Context(), l.part(t, a, p, "x"))
		must(t, err)
	}
	del := func(typ string, definition int64) error {
		return l.DeleteParts(t.Context(), a.ID, []vod.PartsToDelete{{Type: typ, Definition: definition}})
	}
	wantInvalid(t, del("Everything", 0), "DeleteParts.Type")
	must(t, del(vod.DeleteTranscode, 1))
	if got := parts(); !slices.Equal(got, []string{"adaptive1", "cover0", "transcode2"}) {
		t.Error(got)
	}
	must(t, del(vod.DeleteWechat, 0))
	must(t, del(vod.DeleteOriginal, 0))
	must(t, del(vod.DeleteOriginal, 0)) // again: nothing more to do
	wantIDs(t, "visible", l.visible(t), a.ID)
	must(t, del(vod.DeleteTranscode, 0))
	wantIDs(t, "visible", l.visible(t), a.ID)
	l.wantWhole(t)
	must(t, del(vod.DeleteAdaptive, 0)) // the last that could be played
	wantIDs(t, "visible", l.visible(t))
	wantError(t, del(vod.DeleteOriginal, 0), vod.ErrNotFound)
	l.wantWhole(t)
	if got := l.regular(t); len(got) > 0 {
		t.Error(got)
	}
	b := file(5)
	b.Status = vod.StatusRecording
	must(t, l.AddRecording(t.Context(), b))
	wantError(t, l.DeleteParts(t.Context(), 5, []vod.PartsToDelete{{Type: vod.DeleteOriginal}}), vod.ErrRecording)
	l.add(t, file(6), "x")
	_, err := l.Hold(t.Context(), []vod.FileID{6}, true, "", "")
	must(t, err)
	wantError(t, l.DeleteParts(t.Context(), 6, []vod.PartsToDelete{{Type: vod.DeleteOriginal}}), vod.ErrHeld)
}

// TestDeleteAtOnce: of all who delete one file at once, one is told that it did.
func TestDeleteAtOnce(t *testing.T) {
	l := newLibrary(t)
	a := l.make(t, l.intake(1000), vod.Asset{Name: "a"}, "a")
	_, err := l.Parts.Commit(t.Context(), l.part(t, a, vod.Part{Kind: vod.PartTranscode}, "x"))
	must(t, err)
	results := make(chan error, 20)
	var wg sync.WaitGroup
	for range cap(results) {
		wg.Go(func() { results <- l.Delete(t.Context(), a.ID) })
	}
	wg.Wait()
	close(results)
	done := 0
	for err := range results {
		if err == nil {
			done++
		} else {
			wantError(t, err, vod.ErrNotFound)
		}
	}
	if done != 1 {
		t.Error(done, "have deleted it")
	}
	must(t, l.Sweep(t.Context()))
	l.wantWhole(t)
}

// TestReconcilerLeavesParts: what is unfinished, or a part, is no recording.
func TestReconcilerLeavesParts(t *testing.T) { synctest.Test(t, reconcilerLeavesParts) }

func reconcilerLeavesParts(t *testing.T) {
	l := newLibrary(t)
	in := l.intake(5000)
	content := string(clip(t))
	a := l.make(t, in, vod.Asset{Name: "a", Container: "mp4"}, content)
	parts, err := l.Parts.Commit(t.Context(), l.part(t, a, vod.Part{Kind: vod.PartTranscode}, content))
	must(t, err)
	d, err := in.Begin(t.Context(), storageID, "mp4")
	must(t, err)
	_, err = d.File.WriteString(content)
	must(t, err)
	l.put(t, "vod/2026-01-01/reserved.mp4", content)
	must(t, l.Reserve(t.Context(), vod.Reservation{ID: 9, Extension: "mp4", StorageID: storageID, ObjectKey: "vod/2026-01-01/reserved.mp4"}))
	l.put(t, "vod/2026-01-01/found.mp4", content)
	got := l.compare(t, l.reconciler())
	if got.Adopted != 1 || got.Assets != 1 || got.MissingParts != 0 || len(got.Errors) > 0 {
		t.Errorf("%+v", got)
	}
	page, err := l.Search(t.Context(), vod.Filter{Names: []string{"found"}})
	must(t, err)
	if len(page.Assets) != 1 || page.Assets[0].SourceType != vod.SourceVideoProcessing {
		t.Errorf("%+v", page)
	}
	must(t, d.Discard())
	must(t, os.Remove(l.path(parts[0].Key)))
	if got := l.compare(t, l.reconciler()); got.MissingParts != 1 || got.Findings[0].Key != parts[0].Key || got.Missing != 0 {
		t.Errorf("%+v", got)
	}
}
