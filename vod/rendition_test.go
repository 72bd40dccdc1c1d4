package vod_test

import (
	"cmp"
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/vod"
)

// heard is what ffprobe finds: the hashes of the packets of each codec, in order.
func heard(t *testing.T, input string) map[string][]string {
	t.Helper()
	var found struct {
		Streams []struct {
			Index int
			Codec string `json:"codec_name"`
		}
		Packets []struct {
			Stream int    `json:"stream_index"`
			Hash   string `json:"data_hash"`
		}
	}
	out := mediatest.Run(t, "ffprobe", "-v", "error", "-show_packets", "-show_streams", "-show_data_hash", "md5", "-of", "json", input)
	must(t, json.Unmarshal(out, &found))
	hashes := map[string][]string{}
	for _, s := range found.Streams {
		if hashes[s.Codec] != nil {
			t.Errorf("%s: %s twice", input, s.Codec)
		}
		hashes[s.Codec] = []string{}
		for _, p := range found.Packets {
			if p.Stream == s.Index {
				hashes[s.Codec] = append(hashes[s.Codec], p.Hash)
			}
		}
	}
	return hashes
}

// TestRenditions records two pictures and three sounds that a transport stream cannot carry, and reads them with ffmpeg through their master
// playlist: every packet of every track is that of the encoder. So it is in what lies on disk.
func TestRenditions(t *testing.T) {
	var units [][]*media.Unit
	for i, codec := range []string{"av1", "vp9", "opus", "mp3", "ac3"} {
		units = append(units, mediatest.Encode(t, codec, 1+i, 1000, "-t", "2"))
	}
	want := map[string]int{}
	for _, u := range units {
		want[u[0].Track.Codec.Name()] = len(u)
	}
	l := newLibrary(t)
	found := recordUnits(t, l, mediatest.Interleave(units...))
	a := found[slices.IndexFunc(found, func(a vod.Asset) bool { return a.Container == "hls" })]
	server := newPlayer(t, l)
	byPath := heard(t, filepath.Join(l.dir, filepath.FromSlash(a.PlaylistKey)))
	byAddress := heard(t, server.URL+vod.PlayPath(a))
	for codec, n := range want {
		if got := byPath[codec]; len(got) != n {
			t.Errorf("%s: %d packets on disk, want %d", codec, len(got), n)
		}
		if !slices.Equal(byPath[codec], byAddress[codec]) {
			t.Errorf("%s: %d packets are served, %d lie on disk, or they are others", codec, len(byAddress[codec]), len(byPath[codec]))
		}
	}
	if len(byAddress) != len(want) {
		t.Errorf("tracks %v", slices.Sorted(maps.Keys(byAddress)))
	}
	checkParts(t, l, server.URL, a)
}

// checkParts asks for what the playlists of renditions name, and for what none does.
func checkParts(t *testing.T, l *library, server string, a vod.Asset) {
	t.Helper()
	base := server + "/vod/" + a.ID.String() + "/"
	answer, master := ask(t, http.MethodGet, server+vod.PlayPath(a))
	if answer.Header.Get("Content-Type") != "application/vnd.apple.mpegurl" || strings.Count(master, "URI=") != 4 {
		t.Fatal(answer.Header, master)
	}
	for n, want := range []string{1: "media.mp4?track=1&", 4: "media.mp3?track=4&"} {
		if want == "" {
			continue
		}
		_, list := ask(t, http.MethodGet, base+"media.m3u8?rendition="+strconv.Itoa(n))
		var part string
		for line := range strings.Lines(list) {
			if strings.HasPrefix(line, want) {
				part = base + strings.TrimSpace(line)
			}
		}
		answer, body := ask(t, http.MethodGet, part)
		kind := "video/mp4"
		if n == 4 {
			kind = "audio/mpeg"
		}
		if answer.StatusCode != http.StatusOK || answer.Header.Get("Content-Type") != kind || len(body) < 1000 {
			t.Errorf("%s: %s, %d bytes, %q", part, answer.Status, len(body), answer.Header)
		}
		tag := answer.Header.Get("ETag")
		if answer, rest := ask(t, http.MethodGet, part, "Range", "bytes=100-299", "If-Range", tag); rest != body[100:300] {
			t.Errorf("%s: a range: %s, %d bytes", part, answer.Status, len(rest))
		}
		if answer, _ := ask(t, http.MethodGet, part, "If-None-Match", tag); answer.StatusCode != http.StatusNotModified {
			t.Errorf("%s: %s, although it is known", part, answer.Status)
		}
	}
	info, err := os.Stat(l.path(a.ObjectKey))
	must(t, err)
	for path, want := range map[string]int{
		"media.m3u8?rendition=5": 200, "media.m3u8?rendition=6": 404, "media.m3u8?rendition=0": 404, "media.m3u8?rendition=x": 404,
		"media.mp4?track=1": 404, "media.mp4?track=1&range=10": 404, "media.mp4?track=1&map=0@0": 404, "media.mp3": 404,
		"media.mp4?track=9&map=" + strconv.FormatInt(cmp.Or(info.Size(), 1), 10) + "@0": 503,
		"media.mp4?track=1&range=10@" + strconv.FormatInt(info.Size(), 10):              404,
	} {
		if answer, body := ask(t, http.MethodGet, base+path); answer.StatusCode != want {
			t.Errorf("%s: %s, want %d: %s", path, answer.Status, want, body)
		}
	}
	if answer, body := ask(t, http.MethodHead, server+vod.PlayPath(a)); answer.StatusCode != http.StatusOK || body != "" {
		t.Error(answer.Status, body)
	}
}
