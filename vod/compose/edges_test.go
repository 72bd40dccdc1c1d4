package compose_test

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"aircheck/ingest/media/mediatest"
	"aircheck/vod/compose"
)

// like compares the first n pictures of a file with those of its source from a number on.
func like(t *testing.T, path, source string, from, n int) {
	t.Helper()
	stats := filepath.Join(t.TempDir(), "psnr")
	filter := fmt.Sprintf("[0:v]trim=end_frame=%d,setpts=N/25/TB[a];[1:v]trim=start_frame=%d:end_frame=%d,setpts=N/25/TB[b];[a][b]psnr=stats_file=%s",
		n, from, from+n, stats)
	mediatest.Run(t, "ffmpeg", "-v", "error", "-i", path, "-i", source, "-lavfi", filter, "-f", "null", "-")
	text, err := os.ReadFile(stats)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	if len(lines) != n {
		t.Errorf("%d pictures compared", len(lines))
	}
	for i, l := range lines {
		_, rest, _ := strings.Cut(l, "psnr_avg:")
		value, _, _ := strings.Cut(rest, " ")
		if value != "inf" && number(t, value) < 30 {
			t.Errorf("picture %d: %s dB", i, value)
		}
	}
}

// shownFor is how long the pictures of a file are shown, at 25 a second.
func shownFor(t *testing.T, path string) time.Duration {
	t.Helper()
	first, last := math.Inf(1), math.Inf(-1)
	for _, p := range packets(t, path, "v") {
		first, last = min(first, p.pts), max(last, p.pts)
	}
	return time.Duration((last - first + 0.04) * float64(time.Second))
}

// TestExactCuts: with Precision precise, a piece begins and ends at the picture asked for, and only what is around the cuts is encoded.
func TestExactCuts(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.start()
	source := clip(t, "a.mp4", "6")
	a := r.adopt(source, "mp4", 0, nil)
	own := map[string]bool{}
	for _, p := range packets(t, source, "v") {
		own[p.hash] = true
	}
	for _, container := range []string{"mp4", "hls"} {
		path, asset, out := r.compose(request(compose.ComposeMediaOutput{Precision: "precise", Container: container},
			track("Video", video(a, 1.4, 2.8), video(a, 0.2, 0.4), video(a, 5, 0))))
		if out.Method != compose.MethodEdges {
			t.Fatalf("%+v", out)
		}
		for i, want := range [][2]float64{{1.4, 4.2}, {0.2, 0.6}, {5, 6}} {
			if got := out.Items[i]; math.Abs(got.StartTime-want[0]) > 0.045 || math.Abs(got.EndTime-want[1]) > 0.045 {
				t.Errorf("%s: item %d: %+v", container, i, got)
			}
		}
		if container == "mp4" {
			made := packets(t, path, "v")
			copied := 0
			for _, p := range made {
				if own[p.hash] {
					copied++
				}
			}
			if len(made) != 70+10+25 || copied < 50+25 {
				t.Errorf("%d pictures, %d of them as they were", len(made), copied)
			}
			like(t, path, source, 35, 70)
			if keep := os.Getenv("COMPOSE_KEEP"); keep != "" {
				data, _ := os.ReadFile(path)
				_ = os.WriteFile(keep, data, 0o600)
			}
		}
		decodes(t, path)
		// Of fragmented MP4 ffprobe guesses how long it is: the pictures tell.
		if d := shownFor(t, path); (d-4200*time.Millisecond).Abs() > time.Millisecond || (asset.Duration-4200*time.Millisecond).Abs() > 60*time.Millisecond {
			t.Errorf("%s: %v of pictures, %v in the catalogue", container, d, asset.Duration)
		}
	}
}
