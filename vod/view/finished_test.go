package view_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"aircheck/vod"
)

// TestFinishedMeanwhile: a browser asks for an MP4 that is being recorded, and it is finished and put in its place before it is opened: the
// browser gets it with its index in front.
func TestFinishedMeanwhile(t *testing.T) {
	b := newBench(t)
	r := record(t, mp4Format, show(8, 90000, "h264", "aac"))
	live := r.asset(1, vod.StatusRecording)
	live.Duration, live.Size = 0, 0
	b.write(t, live.ObjectKey, r.growing)
	must(t, b.AddRecording(t.Context(), live))
	done := r.asset(1, vod.StatusNormal)
	done.ObjectKey, done.Size = "live/finished.mp4", int64(len(r.done))
	var once sync.Once
	b.player.Storages = map[string]vod.Storage{"s": &moving{b.player.Storages["s"], func(string) {
		once.Do(func() {
			b.write(t, done.ObjectKey, r.done)
			must(t, os.Remove(filepath.Join(b.dir, filepath.FromSlash(live.ObjectKey))))
			must(t, b.AddFile(t.Context(), done, ready(done)))
		})
	}}}
	answer, body := get(t, http.MethodGet, fmt.Sprintf("%s/vod/1/x.mp4", b.url), "Sec-Fetch-Dest", "video")
	if answer.StatusCode != http.StatusOK || len(body) != len(r.done) || string(body) == string(r.done) {
		t.Errorf("%s, %d bytes of %d", answer.Status, len(body), len(r.done))
	}
}
