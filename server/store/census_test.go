package store

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"aircheck/vod"
)

// TestCensus counts assets in every state.
func TestCensus(t *testing.T) {
	s := open(t)
	check := func(want ...vod.Count) {
		t.Helper()
		got, err := s.Census(t.Context())
		must(t, err)
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
	}
	check()
	mine := func(id int64, container string, size int64) vod.Asset {
		a := asset(id)
		a.Container, a.Size = container, size
		return a
	}
	add(t, s, mine(1, "mp4", 10), mine(2, "mp4", 1<<40), mine(3, "hls", 5), mine(4, "flv", 7))
	begun := mine(5, "hls", 3)
	begun.Status, begun.SHA256 = vod.StatusRecording, ""
	must(t, s.AddRecording(t.Context(), begun))
	must(t, s.MarkDeleting(t.Context(), 4))
	if _, err := s.MarkLost(t.Context(), []vod.FileID{1}, at); err != nil {
		t.Fatal(err)
	}
	check(vod.Count{Status: vod.StatusDeleting, Container: "flv", Assets: 1, Bytes: 7},
		vod.Count{Status: vod.StatusLost, Container: "mp4", Assets: 1, Bytes: 10},
		vod.Count{Status: vod.StatusNormal, Container: "hls", Assets: 1, Bytes: 5},
		vod.Count{Status: vod.StatusNormal, Container: "mp4", Assets: 1, Bytes: 1 << 40},
		vod.Count{Status: vod.StatusRecording, Container: "hls", Assets: 1, Bytes: 3})
}
