package store

import (
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"aircheck/vod"
)

// TestHold takes a hold through everything that happens to a file.
func TestHold(t *testing.T) {
	path := filepath.Join(t.TempDir(), "aircheck.db")
	s := openAt(t, path)
	must(t, s.AddRecording(t.Context(), begun(1)))
	add(t, s, asset(2), asset(3))
	h := vod.Hold{Since: at, Reason: "court", By: "somebody"}
	found, err := s.SetHold(t.Context(), []vod.FileID{9, 2, 1}, h, at.Add(time.Hour))
	if !slices.Equal(found, []vod.FileID{1, 2}) || err != nil {
		t.Error(found, err)
	}
	wantError(t, s.MarkDeleting(t.Context(), 1), vod.ErrRecording)
	add(t, s, asset(1)) // it is finished
	must(t, s.Close())
	s = openAt(t, path)
	want := asset(1)
	want.Hold = h
	if d := cmp.Diff([]vod.Asset{want}, get(t, s, 1)); d != "" {
		t.Error(d)
	}
	want = asset(2)
	want.Hold, want.UpdateTime = h, at.Add(time.Hour)
	if d := cmp.Diff([]vod.Asset{want}, get(t, s, 2)); d != "" {
		t.Error(d)
	}
	wantError(t, s.MarkDeleting(t.Context(), 1), vod.ErrHeld)
	wantError(t, s.MarkDeleting(t.Context(), 2), vod.ErrHeld)
	must(t, s.SetSHA256(t.Context(), 2, "x"))
	for _, list := range []func() ([]vod.FileID, error){
		func() ([]vod.FileID, error) { return s.Expired(t.Context(), at.AddDate(9, 0, 0), 10) },
		func() ([]vod.FileID, error) { return s.Oldest(t.Context(), "storage", 10) },
	} {
		if got, err := list(); !slices.Equal(got, []vod.FileID{3}) || err != nil {
			t.Error(got, err)
		}
	}
	if n, err := s.MarkLost(t.Context(), []vod.FileID{2}, at); n != 1 || err != nil {
		t.Error(n, err)
	}
	wantError(t, s.MarkDeleting(t.Context(), 2), vod.ErrHeld)
	wantError(t, s.SetSHA256(t.Context(), 2, "y"), vod.ErrNotFound)
	if _, err := s.SetHold(t.Context(), []vod.FileID{1, 2}, vod.Hold{}, at); err != nil {
		t.Error(err)
	}
	must(t, s.MarkDeleting(t.Context(), 1))
	must(t, s.MarkDeleting(t.Context(), 2))
	if found, err := s.SetHold(t.Context(), []vod.FileID{1}, h, at); len(found) > 0 || err != nil {
		t.Error("what is being deleted was held:", found, err)
	}
}

func TestOldest(t *testing.T) {
	s := open(t)
	for id, ended := range map[int64]int{1: 5, 2: 3, 3: 4, 4: 1, 5: 0, 6: 3} {
		a := asset(id)
		a.End = at.Add(time.Duration(ended) * time.Minute)
		if id == 4 {
			a.StorageID = "other"
		}
		add(t, s, a)
	}
	must(t, s.MarkDeleting(t.Context(), 5))
	must(t, s.AddRecording(t.Context(), begun(7)))
	for limit, want := range map[int][]vod.FileID{10: {2, 6, 3, 1}, 2: {2, 6}} {
		if got, err := s.Oldest(t.Context(), "storage", limit); !slices.Equal(got, want) || err != nil {
			t.Error(got, err)
		}
	}
}

func TestPlaced(t *testing.T) {
	s := open(t)
	for id := range int64(6) {
		add(t, s, asset(id+1))
	}
	must(t, s.AddRecording(t.Context(), begun(7)))
	must(t, s.MarkDeleting(t.Context(), 2))
	for i, ids := range [][]vod.FileID{{2, 3, 4, 7}, {3, 4, 99}} {
		if n, err := s.MarkLost(t.Context(), ids, at); n != []int{2, 0}[i] || err != nil {
			t.Error(ids, n, err)
		}
	}
	for i, ids := range [][]vod.FileID{{1, 2, 4}, {7}} {
		if n, err := s.MarkFound(t.Context(), ids, at.Add(time.Hour)); n != []int{1, 0}[i] || err != nil {
			t.Error(ids, n, err)
		}
	}
	got, err := s.Placed(t.Context(), 0, 3)
	must(t, err)
	want := []vod.Placed{
		{ID: 1, Status: vod.StatusNormal, StorageID: "storage", ObjectKey: "live/1.mp4", PlaylistKey: "live/index.m3u8", Size: 1 << 40},
		{ID: 3, Status: vod.StatusLost, StorageID: "storage", ObjectKey: "live/3.mp4", PlaylistKey: "live/index.m3u8", Size: 1 << 40},
		{ID: 4, Status: vod.StatusNormal, StorageID: "storage", ObjectKey: "live/4.mp4", PlaylistKey: "live/index.m3u8", Size: 1 << 40},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if got, err := s.Placed(t.Context(), 4, 10); err != nil || len(got) != 2 || got[0].ID != 5 {
		t.Error(got, err)
	}
	if a := get(t, s, 3)[0]; a.Status != vod.StatusLost || !a.UpdateTime.Equal(at) {
		t.Error(a)
	}
	if a := get(t, s, 4)[0]; a.Status != vod.StatusNormal || !a.UpdateTime.Equal(at.Add(time.Hour)) {
		t.Error(a)
	}
	known, err := s.KnownKeys(t.Context(), "storage", []string{"live/1.mp4", "live/2.mp4", "live/3.mp4", ".open/7.hls", "live/77.mp4", "live/index.m3u8"})
	slices.Sort(known)
	if !slices.Equal(known, []string{".open/7.hls", "live/1.mp4", "live/2.mp4", "live/3.mp4"}) || err != nil {
		t.Error(known, err)
	}
	if known, err := s.KnownKeys(t.Context(), "other", []string{"live/1.mp4"}); len(known) > 0 || err != nil {
		t.Error(known, err)
	}
	if got, err := s.Expired(t.Context(), at.AddDate(9, 0, 0), 10); !slices.Equal(got, []vod.FileID{1, 4, 5, 6}) || err != nil {
		t.Error("a lost file expires:", got, err)
	}
	wantError(t, s.SetSHA256(t.Context(), 3, "x"), vod.ErrNotFound)
	must(t, s.MarkDeleting(t.Context(), 3))
}

func TestAdopt(t *testing.T) {
	s := open(t)
	add(t, s, asset(1), asset(2))
	must(t, s.MarkDeleting(t.Context(), 1))
	must(t, s.MarkDeleting(t.Context(), 2))
	must(t, s.PurgeAsset(t.Context(), 2))
	before := len(events(t, s))
	adopt := func(id int64, key string, want bool) {
		t.Helper()
		a := asset(id)
		a.ObjectKey = key
		if got, err := s.Adopt(t.Context(), a); got != want || err != nil {
			t.Errorf("file %d, %s: %v %v", id, key, got, err)
		}
	}
	adopt(10, "live/1.mp4", false) // is being deleted
	adopt(2, "new", false)         // was another one
	adopt(10, "live/2.mp4", true)  // was deleted, and is back
	adopt(11, "live/2.mp4", false)
	adopt(10, "live/10.mp4", false)
	want := asset(10)
	want.ObjectKey = "live/2.mp4"
	if d := cmp.Diff([]vod.Asset{want}, get(t, s, 10)); d != "" {
		t.Error(d)
	}
	if n := len(events(t, s)); n != before {
		t.Errorf("%d events more", n-before)
	}
	if last, err := s.LastFileID(t.Context()); last != 10 || err != nil {
		t.Error(last, err)
	}
}

func TestAdoptConcurrently(t *testing.T) {
	s := open(t)
	const finders, files = 8, 20
	var adopted atomic.Int64
	var all sync.WaitGroup
	for f := range finders {
		all.Go(func() {
			for i := range files {
				a := asset(int64(f*files + i + 1))
				a.ObjectKey = fmt.Sprint("key", i)
				ok, err := s.Adopt(t.Context(), a)
				if err != nil {
					t.Error(err)
				}
				if ok {
					adopted.Add(1)
				}
			}
		})
	}
	all.Wait()
	page, err := s.SearchAssets(t.Context(), searchAll())
	if err != nil || page.Total != files || adopted.Load() != files {
		t.Error(page.Total, adopted.Load(), err)
	}
}

// BenchmarkPlaced is both sides of a comparison of 20000 files, as far as the database is concerned.
func BenchmarkPlaced(b *testing.B) {
	s := openAt(b, filepath.Join(b.TempDir(), "aircheck.db"))
	const files = 20_000
	for id := range int64(files) {
		a := asset(id + 1)
		if _, err := s.Adopt(b.Context(), a); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		n := 0
		for after := vod.FileID(0); ; {
			page, err := s.Placed(b.Context(), after, 100)
			if err != nil {
				b.Fatal(err)
			}
			keys := make([]string, len(page))
			for i, p := range page {
				keys[i] = p.ObjectKey
			}
			known, err := s.KnownKeys(b.Context(), "storage", keys)
			if err != nil || len(known) != len(page) {
				b.Fatal(len(known), err)
			}
			n += len(page)
			if len(page) < 100 {
				break
			}
			after = page[len(page)-1].ID
		}
		if n != files {
			b.Fatal(n)
		}
	}
}

// TestFinishedKeepsWhatPeopleSaid: what was changed of a recording before it was finished holds, and nothing else of it.
func TestFinishedKeepsWhatPeopleSaid(t *testing.T) {
	s := open(t)
	for id, edits := range map[int64]vod.Edits{
		1: 0, 2: vod.EditName, 3: vod.EditDescription, 4: vod.EditExpiry, 5: vod.EditName | vod.EditDescription | vod.EditClass | vod.EditExpiry,
	} {
		live, want := begun(id), asset(id)
		live.Edits, live.Tags, live.KeyFrames = edits, []string{"b", "a"}, []vod.KeyFrame{{At: time.Second, Content: "goal"}}
		live.Cover, live.Forbidden, live.Hold = "cover.jpg", true, vod.Hold{Since: at, Reason: "court", By: "somebody"}
		live.Description, live.SubAppID, live.ClassID, live.Note = "said", 5, 9, "why"
		live.ExpireTime = at.Add(1000 * time.Hour)
		must(t, s.AddRecording(t.Context(), live))
		add(t, s, want)
		want.Edits, want.Tags, want.KeyFrames, want.Cover, want.Forbidden = edits, live.Tags, live.KeyFrames, live.Cover, true
		want.Hold, want.SubAppID, want.ClassID, want.Note = live.Hold, live.SubAppID, live.ClassID, live.Note
		if edits&vod.EditName != 0 {
			want.Name = live.Name
		}
		if edits&vod.EditDescription != 0 {
			want.Description = live.Description
		}
		if edits&vod.EditExpiry != 0 {
			want.ExpireTime = live.ExpireTime
		}
		if d := cmp.Diff([]vod.Asset{want}, get(t, s, want.ID)); d != "" {
			t.Errorf("edits %d: %s", edits, d)
		}
	}
}
