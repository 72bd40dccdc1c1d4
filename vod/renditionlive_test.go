package vod_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/recorder/container"
	"aircheck/recorder/hls"
	"aircheck/vod"
)

// tape writes an HLS recording into the library, step by step, as the recorder does.
type tape struct {
	t          *testing.T
	l          *library
	w          container.Writer
	tracks     []*media.Track
	size       int
	parts      [][]byte
	live, done vod.Asset
}

// newTape begins one. The catalogue has it while it is recorded.
func newTape(t *testing.T, l *library, tracks ...*media.Track) *tape {
	t.Helper()
	w, err := hls.Format{}.NewWriter(tracks)
	must(t, err)
	p := &tape{t: t, l: l, w: w, tracks: tracks, live: live(1, "hls"), done: done(1, "hls")}
	p.done.ObjectKey = path.Dir(p.done.ObjectKey) + "/" + hls.Format{}.MediaName(tracks)
	p.live.Tracks = nil
	for _, track := range tracks {
		p.live.Tracks = append(p.live.Tracks, vod.NewTrack(container.TrackSummary{Track: track}))
	}
	p.done.Tracks = slices.Clone(p.live.Tracks)
	p.put(w.Header(nil, 0))
	l.record(t, p.live)
	return p
}

// put writes the media, then the playlist.
func (p *tape) put(b []byte) {
	p.t.Helper()
	p.size += len(b)
	p.l.put(p.t, p.live.ObjectKey, string(b))
	p.l.put(p.t, p.live.PlaylistKey, string(p.w.(container.Lister).Playlist(nil)))
}

func (p *tape) add(units ...*media.Unit) {
	p.t.Helper()
	var b []byte
	var err error
	for _, u := range units {
		b, err = p.w.Append(b, u)
		must(p.t, err)
	}
	p.put(b)
}

// goOn goes on with other tracks.
func (p *tape) goOn(tracks ...*media.Track) {
	p.t.Helper()
	b, _, err := p.w.(container.Continuer).Continue(nil, tracks, 0, true)
	must(p.t, err)
	p.put(b)
}

// finish makes it a finished recording.
func (p *tape) finish() {
	p.t.Helper()
	p.put(p.w.Flush(nil))
	p.parts = append(p.parts, p.w.Index(nil))
	index := func(yield func([]byte, error) bool) {
		for _, part := range p.parts {
			if !yield(part, nil) {
				return
			}
		}
	}
	ending, err := hls.Format{}.Finish(container.Unfinished{Tracks: p.tracks, Size: int64(p.size), Index: index})
	must(p.t, err)
	var list bytes.Buffer
	must(p.t, ending.Playlist(&list))
	must(p.t, os.WriteFile(p.l.path(p.live.PlaylistKey), list.Bytes(), 0o600))
	p.l.finish(p.t, p.live, p.done)
}

// separateUnits are units of tracks that players want one by one, of so many seconds from a time on.
func separateUnits(tracks []*media.Track, from, to int64) []*media.Unit {
	var all [][]*media.Unit
	for _, track := range tracks {
		units := mediatest.Units(track, int(to-from)*100, from*1000)
		all = append(all, slices.DeleteFunc(units, func(u *media.Unit) bool { return u.Time().Seconds() >= float64(to) }))
	}
	return mediatest.Interleave(all...)
}

// addresses are what a playlist names.
func addresses(playlist string) (all []string) {
	for line := range strings.Lines(playlist) {
		line = strings.TrimSpace(line)
		if at, ok := strings.CutPrefix(line, "#EXT-X-MAP:URI="); ok {
			line = strings.Trim(at, `"`)
		}
		if line != "" && line[0] != '#' {
			all = append(all, line)
		}
	}
	return all
}

// TestRenditionsGrow plays a recording while it grows, and on when it is finished: playlists only grow, and what they named stays as it was.
func TestRenditionsGrow(t *testing.T) {
	l := newLibrary(t)
	server := newPlayer(t, l)
	tracks := []*media.Track{mediatest.Track("vp9", 1, 1000), mediatest.Track("opus", 2, 1000), mediatest.Track("mp3", 3, 1000)}
	p := newTape(t, l, tracks...)
	base := server.URL + "/vod/1/"
	before := map[int]string{}
	parts := map[string][2]string{}
	check := func(status string) {
		t.Helper()
		answer, master := ask(t, http.MethodGet, server.URL+vod.PlayPath(p.live))
		if answer.StatusCode != http.StatusOK || strings.Count(master, "TYPE=AUDIO") != 2 || answer.Header.Get("Cache-Control") != "no-store" {
			t.Fatalf("%s: %s %q\n%s", status, answer.Status, answer.Header, master)
		}
		for n := range len(tracks) {
			_, list := ask(t, http.MethodGet, base+fmt.Sprintf("media.m3u8?rendition=%d", n+1))
			list = strings.Replace(list, "TYPE:VOD", "TYPE:EVENT", 1)
			if !strings.HasPrefix(list, before[n]) || strings.HasSuffix(list, "#EXT-X-ENDLIST\n") != (status == "finished") {
				t.Errorf("%s: rendition %d was\n%s\nand is\n%s", status, n+1, before[n], list)
			}
			before[n] = list
			for _, at := range addresses(list) {
				answer, body := ask(t, http.MethodGet, base+at)
				now := [2]string{answer.Header.Get("ETag"), body}
				if was, ok := parts[at]; answer.StatusCode != http.StatusOK || ok && was != now || body == "" {
					t.Errorf("%s: %s: %s, %d bytes", status, at, answer.Status, len(body))
				}
				parts[at] = now
			}
		}
	}
	for at := int64(0); at < 32; at += 16 {
		p.add(separateUnits(tracks, at, at+16)...)
		check("recording")
	}
	if len(parts) < 3*3+2 {
		t.Errorf("%d parts", len(parts))
	}
	p.finish()
	check("finished")
}

// TestRenditionsOfSilentTrack: a finished recording has a track in its file that the catalogue does not tell of, since nothing of it came.
func TestRenditionsOfSilentTrack(t *testing.T) {
	l := newLibrary(t)
	server := newPlayer(t, l)
	tracks := []*media.Track{mediatest.Track("vp9", 1, 1000), mediatest.Track("opus", 2, 1000), mediatest.Track("mp3", 3, 1000)}
	p := newTape(t, l, tracks...)
	p.add(separateUnits(tracks[:2], 0, 16)...)
	p.done.Tracks = p.done.Tracks[:2]
	p.finish()
	_, master := ask(t, http.MethodGet, server.URL+vod.PlayPath(p.done))
	if !strings.Contains(master, "media.m3u8?rendition=2") {
		t.Error(master)
	}
	_, list := ask(t, http.MethodGet, server.URL+"/vod/1/media.m3u8?rendition=2")
	if !strings.Contains(list, "media.mp4?track=2&") {
		t.Error(list)
	}
}

// TestPlainUnchanged: what needs no renditions is served byte for byte, with its tag, and has none.
func TestPlainUnchanged(t *testing.T) {
	for _, names := range []string{"h264 aac", "h265 aac", "h264 mp3", "h264 aac aac", "opus"} {
		l := newLibrary(t)
		server := newPlayer(t, l)
		var tracks []*media.Track
		for i, name := range strings.Fields(names) {
			tracks = append(tracks, mediatest.Track(name, 1+i, 1000))
		}
		p := newTape(t, l, tracks...)
		p.add(separateUnits(tracks, 0, 16)...)
		stored, err := os.ReadFile(l.path(p.live.PlaylistKey))
		must(t, err)
		if _, list := ask(t, http.MethodGet, server.URL+vod.PlayPath(p.live)); list != string(stored) || list == "" {
			t.Errorf("%s, while it is recorded: %q, want %q", names, list, stored)
		}
		p.finish()
		stored, err = os.ReadFile(l.path(p.done.PlaylistKey))
		must(t, err)
		address := server.URL + vod.PlayPath(p.done)
		answer, list := ask(t, http.MethodGet, address)
		tag := answer.Header.Get("ETag")
		if list != string(stored) || tag != fmt.Sprintf(`"1-%d"`, len(stored)) || answer.Header.Get("Cache-Control") != "no-cache" {
			t.Errorf("%s: %q, want %q", names, list, stored)
		}
		if answer, _ := ask(t, http.MethodGet, address, "If-None-Match", tag); answer.StatusCode != http.StatusNotModified {
			t.Errorf("%s: %s, although it is known", names, answer.Status)
		}
		if answer, rest := ask(t, http.MethodGet, address, "Range", "bytes=10-99"); rest != string(stored[10:100]) {
			t.Errorf("%s: a range: %s, %d bytes", names, answer.Status, len(rest))
		}
		if answer, _ := ask(t, http.MethodGet, address+"?rendition=1"); answer.StatusCode != http.StatusNotFound {
			t.Errorf("%s: a rendition: %s", names, answer.Status)
		}
		size := answer.Header.Get("Content-Length")
		if answer, _ := ask(t, http.MethodHead, address); answer.Header.Get("Content-Length") != size || answer.Header.Get("ETag") != tag {
			t.Errorf("%s: HEAD: %q", names, answer.Header)
		}
	}
}

// TestRenditionThatEnds plays a sound that is not there any more from some time on, with ffmpeg, which asks for gaps, too.
func TestRenditionThatEnds(t *testing.T) {
	l := newLibrary(t)
	server := newPlayer(t, l)
	var tracks []*media.Track
	var units [][]*media.Unit
	for i, codec := range []string{"vp9", "opus", "ac3", "mp3"} {
		units = append(units, mediatest.Encode(t, codec, 1+i, 1000, "-t", "2"))
		tracks = append(tracks, units[i][0].Track)
	}
	p := newTape(t, l, tracks...)
	p.add(mediatest.Interleave(units...)...)
	p.goOn(tracks[:2]...)
	p.add(mediatest.Interleave(units[:2]...)...)
	p.goOn(tracks...)
	p.add(mediatest.Interleave(units...)...)
	p.finish()
	for n, track := range tracks {
		times := 3
		if n > 1 {
			times = 2
		}
		list := server.URL + "/vod/1/media.m3u8?rendition=" + fmt.Sprint(1+n)
		got := heard(t, list)
		if name := track.Codec.Name(); len(got) != 1 || len(got[name]) != times*len(units[n]) {
			t.Errorf("%s: %d packets, want %d", name, len(got[name]), times*len(units[n]))
		}
		_, text := ask(t, http.MethodGet, list)
		for _, at := range addresses(text) {
			if answer, _ := ask(t, http.MethodGet, server.URL+"/vod/1/"+at); answer.StatusCode != http.StatusOK {
				t.Errorf("%s: %s", at, answer.Status)
			}
		}
	}
}

// TestRenditionsOfDamaged: a recording whose playlist or media cannot be read for renditions is served as it is stored.
func TestRenditionsOfDamaged(t *testing.T) {
	for _, damaged := range []string{"playlist", "media"} {
		l := newLibrary(t)
		server := newPlayer(t, l)
		tracks := []*media.Track{mediatest.Track("vp9", 1, 1000), mediatest.Track("mp3", 2, 1000)}
		p := newTape(t, l, tracks...)
		p.add(separateUnits(tracks, 0, 16)...)
		p.finish()
		path, from, to := l.path(p.done.PlaylistKey), "BYTERANGE=\"", "BYTERANGE=\"x"
		if damaged == "media" {
			path, from, to = l.path(p.done.ObjectKey), "moov", "xxxx"
		}
		content, err := os.ReadFile(path)
		must(t, err)
		must(t, os.WriteFile(path, bytes.Replace(content, []byte(from), []byte(to), 1), 0o600))
		stored, err := os.ReadFile(l.path(p.done.PlaylistKey))
		must(t, err)
		answer, list := ask(t, http.MethodGet, server.URL+vod.PlayPath(p.done))
		if answer.StatusCode != http.StatusOK || list != string(stored) {
			t.Errorf("%s: %s %q", damaged, answer.Status, list)
		}
		if answer, list := ask(t, http.MethodGet, server.URL+"/vod/1/media.m3u8?rendition=1"); answer.StatusCode != http.StatusServiceUnavailable {
			t.Errorf("%s: %s %q", damaged, answer.Status, list)
		}
	}
}

// TestRenditionsAdopted loses the database: what comes back has its renditions.
func TestRenditionsAdopted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		old := newLibrary(t)
		tracks := []*media.Track{mediatest.Track("vp9", 1, 1000), mediatest.Track("opus", 2, 1000), mediatest.Track("aac", 3, 1000)}
		recordUnits(t, old, separateUnits(tracks, 0, 3))
		l := newLibrary(t)
		must(t, os.RemoveAll(l.dir))
		must(t, os.Rename(old.dir, l.dir))
		must(t, os.MkdirAll(old.dir, 0o755))
		l.compare(t, l.reconciler())
		page, err := l.Search(t.Context(), vod.Filter{Limit: 100})
		must(t, err)
		a := page.Assets[slices.IndexFunc(page.Assets, func(a vod.Asset) bool { return a.Container == "hls" })]
		answer := httptest.NewRecorder()
		player := &vod.Player{Store: l.Store, Storages: l.Storages, Log: l.Log}
		player.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, vod.PlayPath(a), nil))
		if strings.Count(answer.Body.String(), "rendition=") != 3 {
			t.Error(answer.Body)
		}
	})
}
