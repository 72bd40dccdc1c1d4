package store

import (
	"testing"
	"time"

	"aircheck/vod"
)

// TestStoredBytes counts what occupies room: finished files and those that are yet to be removed, of one storage.
func TestStoredBytes(t *testing.T) {
	s := open(t)
	want := func(n int64) {
		t.Helper()
		if got, err := s.StoredBytes(t.Context(), "storage"); err != nil || got != n {
			t.Errorf("%d bytes, %v; want %d", got, err, n)
		}
	}
	want(0)
	for i, size := range []int64{1, 20, 300, 4000} {
		a := asset(int64(i + 1))
		a.Size = size
		add(t, s, a)
	}
	elsewhere, growing := asset(5), asset(6)
	elsewhere.StorageID = "other"
	growing.Status = vod.StatusRecording
	add(t, s, elsewhere)
	must(t, s.AddRecording(t.Context(), growing))
	want(4321)
	must(t, s.MarkDeleting(t.Context(), 2))
	want(4321)
	must(t, s.PurgeAsset(t.Context(), 2))
	want(4301)
	if _, err := s.MarkLost(t.Context(), []vod.FileID{3}, time.Now()); err != nil {
		t.Fatal(err)
	}
	want(4001)
}
