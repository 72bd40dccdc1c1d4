package play

import (
	"bytes"
	"log/slog"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/ingest/stream"
)

var address = regexp.MustCompile(`(?m)(?:URI="([^"]+)"|^([^#\n].*)$)`)

// addresses returns what a playlist names.
func addresses(playlist string) (out []string) {
	for _, m := range address.FindAllStringSubmatch(playlist, -1) {
		out = append(out, m[1]+m[2])
	}
	return out
}

// prepare starts the muxer before anything is written, so that it has segments at once.
func (f *fixture) prepare() {
	f.t.Helper()
	if _, err := f.hls.muxer(f.stream); err != nil {
		f.t.Fatal(err)
	}
}

// TestHLS follows the playlists to a segment, without the key that the first address had.
func TestHLS(t *testing.T) {
	f := start(t, nil)
	f.prepare()
	all := programme(6 * mediatest.GOP)
	f.write(all...)
	status, head, body := f.get("GET", "/live/room/show.m3u8?key=good")
	if status != 200 || head.Get("Content-Type") != "application/vnd.apple.mpegurl" || head.Get("Cache-Control") != "no-store" {
		t.Fatalf("%d %v %s", status, head, body)
	}
	found := addresses(body)
	if len(found) != 2 || strings.Contains(body, "key=") || !strings.Contains(body, "avc1.") || !strings.Contains(body, "mp4a.") {
		t.Fatalf("playlist:\n%s", body)
	}
	dir := "/live/room/"
	for _, playlist := range found {
		status, _, body := f.get("GET", dir+playlist)
		media := addresses(body)
		if status != 200 || len(media) < 2 {
			t.Fatalf("%s: %d\n%s", playlist, status, body)
		}
		at := dir + playlist[:strings.LastIndexByte(playlist, '/')+1]
		for _, m := range media {
			if strings.Contains(body, `TYPE=PART,URI="`+m) || strings.Contains(m, "part") || strings.Contains(m, "gap") {
				continue
			}
			if status, _, body := f.get("GET", at+m); status != 200 || len(body) == 0 {
				t.Errorf("%s: %d, %d bytes", m, status, len(body))
			}
		}
		if status, _, body := f.get("GET", at+"nothing.mp4"); status != 404 || !strings.Contains(body, "no longer good") {
			t.Errorf("what does not exist: %d %s", status, body)
		}
	}
	f.stream.End(stream.EndClient, "done")
	eventually(t, "the muxer to stop", func() bool {
		status, _, _ := f.get("GET", dir+found[0])
		return status == 404
	})
}

// TestHLSParameterChange: other parameters make another edition; addresses of the one before are no longer good.
func TestHLSParameterChange(t *testing.T) {
	f := start(t, nil)
	f.prepare()
	all := programme(8 * mediatest.GOP)
	half := len(all) / 2
	f.write(all[:half]...)
	_, _, before := f.get("GET", "/live/room/show.m3u8")
	other := mediatest.OtherAAC(2, 1000)
	for _, u := range all[half:] {
		if u.Track.ID == 2 {
			u.Track = other
		}
	}
	f.write(all[half:]...)
	eventually(t, "a new edition", func() bool {
		status, _, _ := f.get("GET", "/live/room/"+addresses(before)[0])
		return status == 404
	})
	if status, _, after := f.get("GET", "/live/room/show.m3u8"); status != 200 || after == before {
		t.Errorf("%d %s", status, after)
	}
}

// TestHLSOther: codecs that HLS does not know are left out, and if there is no other that is said.
func TestHLSOther(t *testing.T) {
	f := start(t, nil)
	track := &media.Track{ID: 1, Codec: media.Opaque{FourCC: "spex", Of: media.Audio}, Timescale: 1000}
	f.write(&media.Unit{Track: track, Payload: []byte{1}, RandomAccess: true, Wall: time.Now()})
	if status, _, body := f.get("GET", "/live/room/show.m3u8"); status != 404 || !strings.Contains(body, "none of the stream's codecs") {
		t.Errorf("%d %s", status, body)
	}
	if _, _, body := f.get("GET", "/play/status?stream=live/room/show"); !strings.Contains(body, `"HLS":false`) || !strings.Contains(body, `"live"`) {
		t.Errorf("status: %s", body)
	}
}

// TestTokens: a token is good for its stream and edition, for a time.
func TestTokens(t *testing.T) {
	f := start(t, nil)
	f.prepare()
	f.write(programme(6 * mediatest.GOP)...)
	if status, _, _ := f.get("GET", "/live/room/show.m3u8"); status != 200 {
		t.Fatal(status)
	}
	m, err := f.hls.muxer(f.stream)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	token := f.hls.token(m.now.Load().id, now)
	if f.hls.find("live/room/show", token, now) == nil || f.hls.find("live/room/show", token, now.Add(tokenLife-time.Minute)) == nil {
		t.Error("a good token is refused")
	}
	flipped := []byte(token)
	flipped[len(flipped)-1] ^= 1
	for what, nothing := range map[string]*edition{
		"another stream": f.hls.find("live/show", token, now), "too old": f.hls.find("live/room/show", token, now.Add(tokenLife+time.Minute)),
		"changed": f.hls.find("live/room/show", string(flipped), now), "another edition's": f.hls.find("live/room/show", f.hls.token("x", now), now),
	} {
		if nothing != nil {
			t.Errorf("a token is taken: %s", what)
		}
	}
}

// FuzzSession reads addresses of any form.
func FuzzSession(f *testing.F) {
	f.Add("/live/show.hls/" + strings.Repeat("0", 2*tokenSize) + "/index.m3u8")
	f.Add("/.hls//")
	f.Fuzz(func(t *testing.T, p string) {
		key, token, file, ok := splitSession(p)
		if ok && (!strings.Contains(key, "/") || len(token) != 2*tokenSize || file == "" || strings.Contains(file, "/")) {
			t.Errorf("%q: %q %q %q", p, key, token, file)
		}
	})
}

// TestUnevenParts: pictures that are now 30 ms and now 34 ms apart make parts of different lengths, again and again. That is told once for a
// stream, as no warning, and with what can be done.
func TestUnevenParts(t *testing.T) {
	var mu sync.Mutex
	var out bytes.Buffer
	log := slog.New(slog.NewTextHandler(writer(func(b []byte) (int, error) { mu.Lock(); defer mu.Unlock(); return out.Write(b) }), nil))
	f := start(t, func(s *Server) { s.Log = log })
	f.prepare()
	pictures := mediatest.Pictures(mediatest.H264(1, 1000), 48*mediatest.GOP, 0, 30)
	later := int64(0)
	for i, u := range pictures {
		if i/(8*mediatest.GOP)%2 == 1 {
			later += 4
		}
		u.DTS, u.PTS = u.DTS+later, u.PTS+later
	}
	f.write(pictures...)
	eventually(t, "the pictures to be taken", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return strings.Contains(out.String(), "set hls.low_latency to false")
	})
	f.stream.End(stream.EndClient, "done")
	f.hls.close()
	mu.Lock()
	defer mu.Unlock()
	if text := out.String(); strings.Count(text, "hls.low_latency") != 1 || strings.Contains(text, "WARN") {
		t.Errorf("the log:\n%s", text)
	}
}

type writer func([]byte) (int, error)

func (w writer) Write(b []byte) (int, error) { return w(b) }
