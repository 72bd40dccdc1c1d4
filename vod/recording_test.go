package vod_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"mime"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"aircheck/vod"
)

// live is file while it is recorded.
func live(id vod.FileID, container string) vod.Asset {
	a := file(id)
	a.Status, a.Container, a.ObjectKey = vod.StatusRecording, container, fmt.Sprintf(".open/%d.%s", id, container)
	if container == "hls" {
		a.PlaylistKey = fmt.Sprintf(".open/%d.m3u8", id)
	}
	return a
}

// done is what becomes of live.
func done(id vod.FileID, container string) vod.Asset {
	a := file(id)
	a.Container, a.ObjectKey = container, fmt.Sprintf("localhost/live/cam%d/2026-01-02/clip.%s", id, container)
	if container == "hls" {
		a.ObjectKey = fmt.Sprintf("localhost/live/cam%d/2026-01-02/clip/media.ts", id)
		a.PlaylistKey = fmt.Sprintf("localhost/live/cam%d/2026-01-02/clip/index.m3u8", id)
	}
	return a
}

func (l *library) path(key string) string { return filepath.Join(l.dir, filepath.FromSlash(key)) }

// put appends to a file of the storage, as the recorder does.
func (l *library) put(t *testing.T, key, content string) {
	t.Helper()
	must(t, os.MkdirAll(filepath.Dir(l.path(key)), 0o755))
	f, err := os.OpenFile(l.path(key), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	must(t, err)
	_, err = f.WriteString(content)
	must(t, errors.Join(err, f.Close()))
}

// finish does what the recorder does at the end: the final names appear, the catalogue is told, the old names go.
func (l *library) finish(t *testing.T, from, to vod.Asset) {
	t.Helper()
	names := [][2]string{{from.ObjectKey, to.ObjectKey}}
	if from.PlaylistKey != "" {
		names = append(names, [2]string{from.PlaylistKey, to.PlaylistKey})
	}
	for _, n := range names {
		must(t, os.MkdirAll(filepath.Dir(l.path(n[1])), 0o755))
		must(t, os.Link(l.path(n[0]), l.path(n[1])))
	}
	info, err := os.Stat(l.path(to.ObjectKey))
	must(t, err)
	to.Size = info.Size()
	must(t, l.AddFile(t.Context(), to, ruleEvent))
	for _, n := range names {
		must(t, os.Remove(l.path(n[0])))
	}
}

func (l *library) record(t *testing.T, a vod.Asset) {
	t.Helper()
	must(t, l.AddRecording(t.Context(), a))
}

const (
	playlistHead  = "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-PLAYLIST-TYPE:EVENT\n"
	playlistEntry = "#EXTINF:6.000,\n#EXT-X-BYTERANGE:10@0\nmedia.ts\n"
)

func TestPlayHLS(t *testing.T) {
	l := newLibrary(t)
	server := newPlayer(t, l)
	const playlist = playlistHead + playlistEntry + "#EXT-X-ENDLIST\n"
	inMP4 := done(6, "hls")
	inMP4.ObjectKey = strings.TrimSuffix(inMP4.ObjectKey, ".ts") + ".mp4"
	for id, a := range map[vod.FileID]vod.Asset{1: done(1, "hls"), 2: live(2, "hls"), 6: inMP4} {
		l.put(t, a.PlaylistKey, playlist)
		l.put(t, a.ObjectKey, "0123456789")
		if a.Status == vod.StatusNormal {
			must(t, l.AddFile(t.Context(), a, ruleEvent))
		} else {
			l.record(t, a)
		}
		address := fmt.Sprintf("/vod/%d/clip%%20%d.m3u8", id, id)
		if got := vod.PlayPath(a); got != address {
			t.Errorf("PlayPath: %s, want %s", got, address)
		}
		shown, cache := playlist, "no-cache"
		if a.Status == vod.StatusRecording {
			shown, cache = playlistHead+playlistEntry, "no-store" // the end has not come
		}
		for _, c := range []struct{ name, kind, body string }{
			{fmt.Sprintf("clip%%20%d.m3u8", id), "application/vnd.apple.mpegurl", shown},
			{"media.ts", "video/mp2t", "0123456789"},
			{"media.mp4", "video/mp4", "0123456789"},
		} {
			if ext := path.Ext(c.name); a.Status == vod.StatusNormal && ext != ".m3u8" && ext != path.Ext(a.ObjectKey) {
				continue
			}
			url := fmt.Sprintf("%s/vod/%d/%s", server.URL, id, c.name)
			answer, body := ask(t, http.MethodGet, url)
			h := answer.Header
			if answer.StatusCode != http.StatusOK || body != c.body || h.Get("Content-Type") != c.kind || h.Get("Cache-Control") != cache {
				t.Errorf("%s: %s %q %q", url, answer.Status, body, h)
			}
			head, body := ask(t, http.MethodHead, url)
			if body != "" || head.Header.Get("Content-Length") != fmt.Sprint(len(c.body)) || head.Header.Get("ETag") != h.Get("ETag") {
				t.Errorf("HEAD %s: %q %q", url, body, head.Header)
			}
			answer, body = ask(t, http.MethodGet, url, "Range", "bytes=2-4")
			if answer.StatusCode != http.StatusPartialContent || body != c.body[2:5] {
				t.Errorf("%s: a part: %s %q", url, answer.Status, body)
			}
			answer, _ = ask(t, http.MethodGet, url+"?download=1")
			_, params, err := mime.ParseMediaType(answer.Header.Get("Content-Disposition"))
			if want := fmt.Sprintf("clip %d%s", id, filepath.Ext(c.name)); params["filename"] != want || err != nil {
				t.Errorf("%s is saved as %q (%v)", url, params["filename"], err)
			}
		}
		wrong := []string{"clip.hls", "clip.flv", "clip", "m3u8", "clip.M3U8"}
		if a.Status == vod.StatusNormal {
			wrong = append(wrong, map[string]string{".ts": "media.mp4", ".mp4": "media.ts"}[path.Ext(a.ObjectKey)])
		}
		for _, name := range wrong {
			answer, body := ask(t, http.MethodGet, fmt.Sprintf("%s/vod/%d/%s", server.URL, id, name))
			if answer.StatusCode != http.StatusNotFound || body != fmt.Sprintf("file %d is at %s\n", id, address) {
				t.Errorf("%s: %s %q", name, answer.Status, body)
			}
		}
	}
	for _, name := range []string{"clip.m3u8", "clip.ts"} {
		a := done(3, "mp4")
		l.add(t, a, "x")
		if answer, _ := ask(t, http.MethodGet, server.URL+"/vod/3/"+name); answer.StatusCode != http.StatusNotFound {
			t.Errorf("%s of an MP4: %s", name, answer.Status)
		}
	}
	sound := done(4, "hls")
	sound.ObjectKey = strings.TrimSuffix(sound.ObjectKey, ".ts") + ".mp4"
	sound.Tracks = []vod.Track{{Kind: "audio"}}
	l.add(t, sound, "x")
	if answer, _ := ask(t, http.MethodGet, server.URL+"/vod/4/media.mp4"); answer.Header.Get("Content-Type") != "audio/mp4" {
		t.Error("sound alone:", answer.Header)
	}
	bare := live(5, "hls")
	bare.PlaylistKey = ""
	l.record(t, bare)
	if answer, body := ask(t, http.MethodGet, server.URL+"/vod/5/x.m3u8"); answer.StatusCode != http.StatusNotFound {
		t.Error("without a playlist:", answer.Status, body)
	}
}

// TestPlayGrowingPlaylist: what is shown ends with an entry, whatever is being written behind it, and is never said to be as before.
func TestPlayGrowingPlaylist(t *testing.T) {
	l := newLibrary(t)
	server := newPlayer(t, l)
	a := live(1, "hls")
	l.put(t, a.ObjectKey, "x")
	l.record(t, a)
	address := server.URL + vod.PlayPath(a)
	long := playlistHead + strings.Repeat(playlistEntry, 1000)
	for _, base := range []string{playlistHead + playlistEntry, long, playlistHead + strings.Repeat(playlistEntry, 81)} {
		// Entry by entry is how it is written; a reader may see any number of bytes of it.
		for n := range len(playlistEntry) {
			must(t, os.MkdirAll(filepath.Dir(l.path(a.PlaylistKey)), 0o755))
			must(t, os.WriteFile(l.path(a.PlaylistKey), []byte(base+playlistEntry[:n]), 0o600))
			answer, body := ask(t, http.MethodGet, address,
				"If-None-Match", "*", "If-Modified-Since", time.Now().Add(time.Hour).UTC().Format(http.TimeFormat))
			if answer.StatusCode != http.StatusOK || body != base {
				t.Fatalf("%d bytes of an entry: %s, %d bytes, want %d", n, answer.Status, len(body), len(base))
			}
			if h := answer.Header; h.Get("ETag") != "" || h.Get("Last-Modified") != "" || h.Get("Cache-Control") != "no-store" {
				t.Fatal(h)
			}
		}
	}
	for content, want := range map[string]string{
		"":                                    "",
		"#EXT":                                "",
		playlistHead:                          playlistHead,
		playlistHead + "#EXTINF":              playlistHead,
		playlistHead + "\n\n":                 playlistHead + "\n\n",
		playlistHead + playlistEntry + "\n\n": playlistHead + playlistEntry,
	} {
		must(t, os.WriteFile(l.path(a.PlaylistKey), []byte(content), 0o600))
		if answer, body := ask(t, http.MethodGet, address); answer.StatusCode != http.StatusOK || body != want {
			t.Errorf("%q: %s %q, want %q", content, answer.Status, body, want)
		}
	}
}

// TestPlayGrowingMedia reads a file in pieces while it grows, and on when it is finished, as a player does.
func TestPlayGrowingMedia(t *testing.T) {
	l := newLibrary(t)
	server := newPlayer(t, l)
	from, to := live(1, "hls"), done(1, "hls")
	random := rand.New(rand.NewPCG(1, 2))
	var want, got []byte
	grow := func() {
		more := make([]byte, 1+random.IntN(300_000))
		for i := range more {
			more[i] = byte(random.Uint32())
		}
		want = append(want, more...)
		l.put(t, from.ObjectKey, string(more))
	}
	grow()
	l.put(t, from.PlaylistKey, playlistHead+playlistEntry)
	l.record(t, from)
	url := server.URL + "/vod/1/media.ts"
	first, _ := ask(t, http.MethodHead, url)
	tag := first.Header.Get("ETag")
	if tag == "" || first.Header.Get("Last-Modified") != "" || first.Header.Get("Accept-Ranges") != "bytes" {
		t.Error(first.Header)
	}
	read := func(status string) {
		t.Helper()
		for len(got) < len(want) {
			end := min(len(want), len(got)+1+random.IntN(100_000))
			answer, body := ask(t, http.MethodGet, url, "Range", fmt.Sprintf("bytes=%d-%d", len(got), end-1), "If-Range", tag)
			wantRange := fmt.Sprintf("bytes %d-%d/%d", len(got), end-1, len(want))
			h := answer.Header
			if answer.StatusCode != http.StatusPartialContent || h.Get("Content-Range") != wantRange || h.Get("ETag") != tag {
				t.Fatalf("%s: %s %q, want %s", status, answer.Status, answer.Header, wantRange)
			}
			got = append(got, body...)
		}
		beyond := fmt.Sprintf("bytes=%d-", len(want))
		if answer, _ := ask(t, http.MethodGet, url, "Range", beyond); answer.StatusCode != http.StatusRequestedRangeNotSatisfiable {
			t.Errorf("%s: beyond its end: %s", status, answer.Status)
		}
	}
	for range 10 {
		read("recording")
		grow()
	}
	// All of it is more than it was, whatever the tag says.
	if answer, body := ask(t, http.MethodGet, url, "If-None-Match", tag); answer.StatusCode != http.StatusOK || len(body) != len(want) {
		t.Error("asked for what is new:", answer.Status, len(body))
	}
	l.finish(t, from, to)
	read("finished")
	if !bytes.Equal(got, want) {
		t.Error("not the bytes that were written")
	}
	if answer, _ := ask(t, http.MethodGet, url, "If-None-Match", tag); answer.StatusCode != http.StatusNotModified {
		t.Error("finished, and still the same:", answer.Status)
	}
}

// TestPlayGrowingPatched: a file that is patched when it is finished is another one then, and another one each time it has grown.
func TestPlayGrowingPatched(t *testing.T) {
	for _, container := range []string{"mp4", "flv", "aac"} {
		l := newLibrary(t)
		server := newPlayer(t, l)
		from, to := live(1, container), done(1, container)
		l.put(t, from.ObjectKey, "01234")
		l.record(t, from)
		url := server.URL + vod.PlayPath(from)
		seen := map[string]bool{}
		var last string
		check := func(what, content, cache string) {
			t.Helper()
			answer, body := ask(t, http.MethodGet, url)
			h := answer.Header
			if answer.StatusCode != http.StatusOK || body != content || h.Get("Cache-Control") != cache {
				t.Fatalf("%s, %s: %s %q %q", container, what, answer.Status, body, h)
			}
			tag := h.Get("ETag")
			if seen[tag] || tag == "" {
				t.Errorf("%s, %s: the tag %q again", container, what, tag)
			}
			seen[tag] = true
			// Who holds some of the file as it was must not put the rest of another to it.
			answer, body = ask(t, http.MethodGet, url, "Range", "bytes=2-3", "If-Range", last)
			if last != "" && (answer.StatusCode != http.StatusOK || body != content) {
				t.Errorf("%s, %s: %s %q", container, what, answer.Status, body)
			}
			answer, body = ask(t, http.MethodGet, url, "Range", "bytes=2-3", "If-Range", tag)
			if answer.StatusCode != http.StatusPartialContent || body != content[2:4] {
				t.Errorf("%s, %s: %s %q", container, what, answer.Status, body)
			}
			last = tag
		}
		check("begun", "01234", "no-store")
		l.put(t, from.ObjectKey, "56789")
		check("grown", "0123456789", "no-store")
		must(t, os.WriteFile(l.path(from.ObjectKey), []byte("patched!!!"), 0o600))
		must(t, os.Chtimes(l.path(from.ObjectKey), time.Time{}, time.Now().Add(time.Second)))
		check("patched", "patched!!!", "no-store")
		l.finish(t, from, to)
		check("finished", "patched!!!", "no-cache")
	}
}

// meddling is a storage in which something happens before a file is opened.
type meddling struct {
	vod.Storage
	opening func(key string)
}

func (m *meddling) Open(key string) (*vod.Object, error) {
	m.opening(key)
	return m.Storage.Open(key)
}

// TestPlayFinishedMeanwhile: between reading the row and opening the file, the file is finished and moved, or comes to nothing.
func TestPlayFinishedMeanwhile(t *testing.T) {
	for _, c := range []struct {
		name, path string
		container  string
		happens    func(*testing.T, *library)
		status     int
		body       string
	}{
		{"media", "/vod/1/media.ts", "hls", func(t *testing.T, l *library) { l.finish(t, live(1, "hls"), done(1, "hls")) }, 200, "media"},
		{"playlist", "/vod/1/x.m3u8", "hls", func(t *testing.T, l *library) { l.finish(t, live(1, "hls"), done(1, "hls")) }, 200, playlistHead},
		{"mp4", "/vod/1/x.mp4", "mp4", func(t *testing.T, l *library) { l.finish(t, live(1, "mp4"), done(1, "mp4")) }, 200, "media"},
		{"gone", "/vod/1/x.mp4", "mp4", func(t *testing.T, l *library) {
			must(t, os.Remove(l.path(live(1, "mp4").ObjectKey)))
			must(t, l.RemoveRecordings(t.Context(), []vod.FileID{1}))
		}, 404, "there is no file 1: it was deleted, has expired, or never was\n"},
		{"lost", "/vod/1/x.mp4", "mp4", func(t *testing.T, l *library) {
			must(t, os.Remove(l.path(live(1, "mp4").ObjectKey)))
		}, 404, "file 1 is in the catalogue, but its storage does not have it now\n"},
		{"unmounted", "/vod/1/x.mp4", "mp4", func(t *testing.T, l *library) {
			must(t, os.Remove(l.path(live(1, "mp4").ObjectKey)))
			must(t, os.Remove(l.path(vod.IdentityFile)))
		}, 503, "file 1 is in the catalogue, but its storage does not have it now\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newLibrary(t)
			a := live(1, c.container)
			l.put(t, a.ObjectKey, "media")
			if a.PlaylistKey != "" {
				l.put(t, a.PlaylistKey, playlistHead)
			}
			l.record(t, a)
			var once sync.Once
			opened := 0
			l.Storages[storageID] = &meddling{l.local, func(string) { opened++; once.Do(func() { c.happens(t, l) }) }}
			server := newPlayer(t, l)
			answer, body := ask(t, http.MethodGet, server.URL+c.path)
			if answer.StatusCode != c.status || body != c.body {
				t.Errorf("%s %q, want %d %q", answer.Status, body, c.status, c.body)
			}
			if opened > 2 {
				t.Errorf("opened %d times", opened)
			}
			if log := l.log.String(); (log != "") != (c.name == "lost" || c.name == "unmounted") {
				t.Error("log:", log)
			}
		})
	}
}

// TestFinishWhilePlaying: players that fetch a file all the time get it at every moment of its being finished.
func TestFinishWhilePlaying(t *testing.T) {
	l := newLibrary(t)
	server := newPlayer(t, l)
	const files, each, players = 20, 10, 4
	content := strings.Repeat("0123456789abcdef", each*64)
	for n := range files {
		id := vod.FileID(n + 1)
		container := []string{"hls", "mp4"}[n%2]
		from, to := live(id, container), done(id, container)
		l.put(t, from.ObjectKey, content[:1024])
		if from.PlaylistKey != "" {
			l.put(t, from.PlaylistKey, playlistHead+playlistEntry)
		}
		l.record(t, from)
		ended := make(chan struct{})
		var playing sync.WaitGroup
		for range players {
			playing.Go(func() {
				for {
					last := false
					select {
					case <-ended:
						last = true
					default:
					}
					if from.PlaylistKey != "" {
						answer, body := ask(t, http.MethodGet, server.URL+vod.PlayPath(from))
						if answer.StatusCode != http.StatusOK || body != playlistHead+playlistEntry {
							t.Errorf("playlist %d: %s %q", id, answer.Status, body)
						}
					}
					url := fmt.Sprintf("%s/vod/%d/media.%s", server.URL, id, map[string]string{"hls": "ts", "mp4": "mp4"}[container])
					answer, body := ask(t, http.MethodGet, url, "Range", "bytes=500-")
					if answer.StatusCode != http.StatusPartialContent || !strings.HasPrefix(content[500:], body) || len(body) < 524 {
						t.Errorf("media %d: %s, %d bytes", id, answer.Status, len(body))
					}
					if last {
						if len(body) != len(content)-500 {
							t.Errorf("media %d: %d bytes in the end", id, len(body))
						}
						return
					}
				}
			})
		}
		for at := 1024; at < len(content); at += 1024 {
			l.put(t, from.ObjectKey, content[at:at+1024])
		}
		l.finish(t, from, to)
		close(ended)
		playing.Wait()
	}
	if log := l.log.String(); log != "" {
		t.Error("log:", log)
	}
}

func TestLive(t *testing.T) {
	l := newLibrary(t)
	l.add(t, file(1), "x")
	l.record(t, live(2, "mp4"))
	l.record(t, live(3, "hls"))
	all := []vod.FileID{1, 2, 3}
	got, err := l.Get(t.Context(), all)
	if err != nil || len(got) != 3 || got[1].Duration != 0 {
		t.Error("without Live:", got, err)
	}
	end := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	asked := 0
	l.Live = func() map[vod.FileID]vod.Progress {
		asked++
		p := vod.Progress{Size: 100, Duration: time.Minute, End: end}
		return map[vod.FileID]vod.Progress{1: p, 2: p, 9: p}
	}
	got, err = l.Get(t.Context(), all)
	must(t, err)
	page, err := l.Search(t.Context(), vod.Filter{})
	must(t, err)
	if asked != 2 {
		t.Errorf("asked %d times for two answers", asked)
	}
	for _, assets := range [][]vod.Asset{got, page.Assets} {
		for _, a := range assets {
			follows := a.Size == 100 && a.Duration == time.Minute && a.End.Equal(end)
			if follows != (a.ID == 2) {
				t.Errorf("%+v", a)
			}
		}
	}
	if _, err := l.Get(t.Context(), []vod.FileID{1}); asked != 2 || err != nil {
		t.Error("asked, though nothing is being recorded:", err)
	}
}

func TestDeleteHLS(t *testing.T) {
	l := newLibrary(t)
	for _, missing := range []string{"", "playlist", "media"} {
		for id := range vod.FileID(2) {
			a := done(id+1, "hls")
			a.ID += vod.FileID(10 * len(missing))
			l.put(t, a.ObjectKey, "media")
			l.put(t, a.PlaylistKey, playlistHead)
			must(t, l.AddFile(t.Context(), a, ruleEvent))
		}
		a := done(1, "hls")
		switch missing {
		case "playlist":
			must(t, os.Remove(l.path(a.PlaylistKey)))
		case "media":
			must(t, os.Remove(l.path(a.ObjectKey)))
		}
		must(t, l.Delete(t.Context(), 1+vod.FileID(10*len(missing))))
		wantIDs(t, "pending", l.pending(t))
		if _, err := os.Stat(filepath.Join(l.dir, "localhost/live/cam1")); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("without %s: the folder is still there", missing)
		}
		for _, key := range []string{done(2, "hls").ObjectKey, done(2, "hls").PlaylistKey} {
			if _, err := os.Stat(l.path(key)); err != nil {
				t.Error("another file went too:", err)
			}
		}
	}
}

// TestRecordingIsNotDeleted: neither on demand nor, if its row said so, because it has expired.
func TestRecordingIsNotDeleted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLibrary(t)
		a := live(1, "hls")
		a.ExpireTime = time.Now().Add(-time.Hour)
		l.put(t, a.ObjectKey, "media")
		l.put(t, a.PlaylistKey, playlistHead)
		l.record(t, a)
		wantError(t, l.Delete(t.Context(), 1), vod.ErrRecording)
		r := &vod.Retention{Catalog: l.Catalog, Log: l.Log}
		r.Start()
		synctest.Wait()
		r.Close()
		wantIDs(t, "visible", l.visible(t), 1)
		if got := l.files(t); len(got) != 3 {
			t.Error("files:", got)
		}
		finished := done(1, "hls")
		l.finish(t, a, finished)
		must(t, l.Delete(t.Context(), 1))
		wantIDs(t, "visible", l.visible(t))
	})
}

// TestHasherAndRecordings: a file is hashed when it is finished; of HLS it is the media.
func TestHasherAndRecordings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLibrary(t)
		a := live(1, "hls")
		l.put(t, a.ObjectKey, "media")
		l.put(t, a.PlaylistKey, playlistHead)
		l.record(t, a)
		h := newHasher(l)
		h.Start()
		synctest.Wait()
		if got := sum(t, l, 1); got != "" {
			t.Error("hashed while it is recorded:", got)
		}
		l.put(t, a.ObjectKey, ", more of it")
		l.finish(t, a, done(1, "hls"))
		h.Kick()
		synctest.Wait()
		h.Close()
		if got := sum(t, l, 1); got != sumOf("media, more of it") || l.log.String() != "" {
			t.Error(got, l.log.String())
		}
	})
}
