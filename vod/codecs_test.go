package vod_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"aircheck/ingest/media/mediatest"
	"aircheck/vod"
)

// TestCodecsInCatalogue records every codec, looks at what the catalogue says of its tracks and how they are served, and loses the database: what is
// read from the files says the same.
func TestCodecsInCatalogue(t *testing.T) {
	picture := vod.Track{Kind: "video", Width: 64, Height: 48, FrameRate: 25}
	sound := vod.Track{Kind: "audio", SampleRate: 48000, Channels: 2}
	phone := vod.Track{Kind: "audio", SampleRate: 8000, Channels: 1}
	for _, test := range []struct {
		video, audio string
		heard        vod.Track
		files        string // the containers, with how many tracks they have
	}{
		{"av1", "opus", sound, "flv 2 hls 2 mp4 2"},
		{"vp9", "aac", sound, "aac 1 flv 2 hls 2 mp4 2"},
		{"vp8", "g711a", phone, "flv 2 mp4 2"},
		{"h264", "mp3", sound, "flv 2 hls 2 mp4 2"},
		{"h264", "ac3", sound, "flv 2 hls 2 mp4 2"},
		{"h265", "g711u", phone, "flv 2 hls 1 mp4 2"},
		{"", "opus", sound, "flv 1 hls 1 mp4 1"},
	} {
		t.Run(test.video+" "+test.audio, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				units := mediatest.Units(mediatest.Track(test.audio, 2, 1000), 250, 0)
				if test.video != "" {
					units = mediatest.Interleave(mediatest.Units(mediatest.Track(test.video, 1, 1000), 13*mediatest.GOP, 0), units)
				}
				old := newLibrary(t)
				var files []string
				before := recordUnits(t, old, units)
				for _, a := range before {
					files = append(files, a.Container, string('0'+rune(len(a.Tracks))))
					checkTracks(t, a, map[string]vod.Track{test.video: picture, test.audio: test.heard})
					checkType(t, old, a, test.video != "" && a.Container != "aac")
				}
				if got := strings.Join(files, " "); got != test.files {
					t.Errorf("%s, want %s", got, test.files)
				}
				l := newLibrary(t)
				must(t, os.RemoveAll(l.dir))
				must(t, os.Rename(old.dir, l.dir))
				must(t, os.MkdirAll(old.dir, 0o755))
				n := len(before)
				wantReport(t, l.compare(t, l.reconciler()), vod.ReconcileReport{Files: n, Adopted: n})
				page, err := l.Search(t.Context(), vod.Filter{Limit: 100})
				must(t, err)
				slices.SortFunc(page.Assets, func(a, b vod.Asset) int { return strings.Compare(a.Container, b.Container) })
				for i, a := range page.Assets {
					for j := range a.Tracks { // the transport stream counts a little otherwise
						a.Tracks[j].Bytes = before[i].Tracks[j].Bytes
					}
					if d := cmp.Diff(before[i].Tracks, a.Tracks); d != "" {
						t.Errorf("%s: %s", a.Container, d)
					}
				}
			})
		})
	}
}

// checkTracks compares what is said of tracks, but for their names and sizes, with what is expected of each codec. H.265 is made of 64x64.
func checkTracks(t *testing.T, a vod.Asset, want map[string]vod.Track) {
	t.Helper()
	for _, track := range a.Tracks {
		w, ok := want[track.Codec]
		if w.Codec, w.Units, w.Bytes = track.Codec, track.Units, track.Bytes; track.Codec == "h265" {
			w.Height = 64
		}
		if d := cmp.Diff(w, track); d != "" || !ok || track.Units == 0 || track.Bytes == 0 {
			t.Errorf("%s: %s %+v", a.Container, d, track)
		}
	}
}

// checkType plays a file, and looks at its media type.
func checkType(t *testing.T, l *library, a vod.Asset, pictures bool) {
	t.Helper()
	w := httptest.NewRecorder()
	player := vod.Player{Store: l.Store, Storages: l.Storages, Log: l.Log}
	player.ServeHTTP(w, httptest.NewRequest(http.MethodGet, vod.PlayPath(a), nil))
	want := map[string]string{"flv": "video/x-flv", "hls": "application/vnd.apple.mpegurl", "aac": "audio/aac", "mp4": "audio/mp4"}[a.Container]
	if a.Container == "mp4" && pictures {
		want = "video/mp4"
	}
	if got := w.Header().Get("Content-Type"); w.Code != http.StatusOK || got != want || w.Body.Len() == 0 {
		t.Errorf("%s: %d, %s, want %s", a.Container, w.Code, got, want)
	}
}
