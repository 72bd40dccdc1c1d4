package view_test

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"aircheck/ingest/media"
	"aircheck/recorder/container"
	"aircheck/vod"
)

// TestStartBehindGap: the same start means the same media in a file with a pause and in its HLS view, which a player shows without the pause; who
// asks to begin inside the pause begins with what follows it.
func TestStartBehindGap(t *testing.T) {
	b := newBench(t)
	for _, f := range []container.Format{flvFormat, mp4Format} {
		units := show(15, 1000, "h264", "aac")
		tracks := map[int]*media.Track{}
		for _, u := range units {
			tracks[u.Track.ID] = u.Track
		}
		for _, u := range show(15, 1000, "h264", "aac") {
			later := *u
			later.Track, later.DTS, later.PTS = tracks[u.Track.ID], u.DTS+45_000, u.PTS+45_000
			units = append(units, &later)
		}
		a := b.add(t, record(t, f, slices.Clone(units)), func(a *vod.Asset) { a.Gaps = []vod.Gap{{At: 15 * time.Second, Length: 30 * time.Second}} })
		file := strings.TrimSuffix(b.m3u8(a), "m3u8") + f.Name()
		for _, address := range []string{b.m3u8(a), file} {
			answer, _ := get(t, http.MethodGet, address+"?start=46.5&end=50")
			if from, _ := strconv.ParseFloat(answer.Header.Get(vod.HeaderStart), 64); answer.StatusCode != http.StatusOK || from < 44.9 || from > 46.5 {
				t.Errorf("%s: %s from %v", address, answer.Status, from)
			}
		}
		_, text := get(t, http.MethodGet, b.m3u8(a)+"?start=40")
		first, offset := number(t, string(text), "#EXTINF:"), number(t, string(text), "#EXT-X-START:TIME-OFFSET=")
		if offset < first-0.001 || offset > first+0.001 {
			t.Errorf("%s begins at %v, and the pause begins at %v:\n%s", f.Name(), offset, first, text)
		}
	}
}

// number is the first number in a playlist behind a name.
func number(t *testing.T, playlist, name string) float64 {
	t.Helper()
	_, rest, _ := strings.Cut(playlist, name)
	n, err := strconv.ParseFloat(rest[:max(strings.IndexAny(rest, ",\n"), 0)], 64)
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, playlist)
	}
	return n
}
