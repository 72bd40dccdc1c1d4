package play

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/ingest/stream"
	"aircheck/recorder/flv"
)

// TestHTTP2: over HTTP/2 the same is sent, and its end is an end and no error.
func TestHTTP2(t *testing.T) {
	f := start(t, nil)
	secure := httptest.NewUnstartedServer(f.Server)
	secure.EnableHTTP2 = true
	secure.StartTLS()
	t.Cleanup(secure.Close)
	all := programme(2 * mediatest.GOP)
	f.write(all[:3*mediatest.GOP]...)
	answer, err := secure.Client().Get(secure.URL + "/live/room/show.flv")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	f.write(all[3*mediatest.GOP:]...)
	f.stream.End(stream.EndClient, "done")
	body, err := io.ReadAll(answer.Body)
	if answer.ProtoMajor != 2 || err != nil || !bytes.Contains(body, all[0].Payload) || !bytes.Contains(body, all[len(all)-1].Payload) {
		t.Errorf("HTTP/%d: %d bytes, %v", answer.ProtoMajor, len(body), err)
	}
}

// TestParameterChange: over HTTP-FLV, other parameters stand in front of the first unit that needs them, for who is there and who comes later.
func TestParameterChange(t *testing.T) {
	f := start(t, nil)
	all := programme(2 * mediatest.GOP)
	first, other := all[1].Track, mediatest.OtherAAC(2, 1000)
	const changed = 4*mediatest.GOP + 1
	for _, u := range all[changed:] {
		if u.Track.ID == 2 {
			u.Track = other
		}
	}
	f.write(all[:changed]...)
	early := f.listen("/live/room/show.flv")
	eventually(t, "the first player", func() bool { return f.Players().Bytes > 0 })
	f.write(all[changed:]...)
	late := f.listen("/live/room/show.flv")
	eventually(t, "the other player", func() bool { return f.Players().Joined == 2 })
	f.stream.End(stream.EndClient, "done")
	for _, body := range []io.Reader{early, late} {
		b, err := io.ReadAll(body)
		if err != nil {
			t.Fatal(err)
		}
		n := 3 * mediatest.GOP // where they begin
		for u, err := range (flv.Format{}).Read(bytes.NewReader(b), int64(len(b))) {
			if err != nil {
				t.Fatal(err)
			}
			want := all[n].Track
			if !bytes.Equal(u.Payload, all[n].Payload) || !media.SameParameters(u.Track.Codec, want.Codec) {
				t.Fatalf("unit %d: %x, its parameters %x, want %x", n, u.Payload[:4], u.Track.Codec.Config(), want.Codec.Config())
			}
			n++
		}
		if n != len(all) {
			t.Errorf("ends after unit %d of %d", n, len(all))
		}
	}
	if media.SameParameters(first.Codec, other.Codec) {
		t.Error("nothing changed")
	}
}

// listen begins to play.
func (f *fixture) listen(path string) io.Reader {
	f.t.Helper()
	answer, err := http.Get(f.web.URL + path)
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { _ = answer.Body.Close() })
	return answer.Body
}

// TestPlaylistsAreNotKept: no playlist may be cached, whichever address it has; and neither may an error.
func TestPlaylistsAreNotKept(t *testing.T) {
	for _, lowLatency := range []bool{true, false} {
		f := start(t, func(s *Server) { s.HLS.LowLatency = lowLatency })
		f.prepare()
		f.write(programme(6 * mediatest.GOP)...)
		_, head, main := f.get("GET", "/live/room/show.m3u8")
		if head.Get("Cache-Control") != "no-store" {
			t.Errorf("%v", head)
		}
		dir := "/live/room/" + addresses(main)[0]
		dir = dir[:strings.LastIndexByte(dir, '/')+1]
		files := []string{"index.m3u8", "none.mp4", "none.m3u8"}
		for _, a := range addresses(main) {
			files = append(files, a[strings.LastIndexByte(a, '/')+1:])
		}
		if lowLatency {
			files = append(files, files[len(files)-1]+"?_HLS_msn=x", files[len(files)-1]+"?_HLS_msn=999999")
		}
		for _, file := range files {
			if status, head, _ := f.get("GET", dir+file); head.Get("Cache-Control") != "no-store" {
				t.Errorf("%s: %d %v", file, status, head)
			}
		}
	}
}

// TestOldAddressesAreNoAttempts: addresses of HLS that are no longer good are answered without asking who may play, since they carry no key:
// a player that polls them would be taken for one that guesses.
func TestOldAddressesAreNoAttempts(t *testing.T) {
	var asked atomic.Int64
	f := start(t, func(s *Server) {
		authorize := s.Authorize
		s.Authorize = func(r *http.Request, protocol, app, name string) (media.StreamKey, error) {
			asked.Add(1)
			return authorize(r, protocol, app, name)
		}
	})
	for _, file := range []string{"index.m3u8", "video1_stream.m3u8", "x.mp4", "x.flv"} {
		if status, _, body := f.get("GET", "/live/room/show.hls/"+strings.Repeat("a", 2*tokenSize)+"/"+file); status != 404 {
			t.Errorf("%s: %d %s", file, status, body)
		}
	}
	if n := asked.Load(); n != 0 {
		t.Errorf("asked %d times", n)
	}
}

// TestOddNames: whatever a stream is called, the addresses in its playlists lead somewhere, and its pictures are found.
func TestOddNames(t *testing.T) {
	f := start(t, nil)
	for _, name := range []string{"50%#1?é", "a:b", `"quoted" <b>`, "x.hls", "y.flv", "%2e%2e", "a+b&c=d;e", "\u202egnp"} {
		key := media.StreamKey{Domain: "d", App: "live/a b", Stream: name}
		if err := key.Validate(); err != nil {
			t.Fatalf("%q: %v", name, err)
		}
		var err error
		if f.stream, err = f.Hub.Publish(stream.Publisher{Key: key}); err != nil {
			t.Fatal(err)
		}
		f.prepare()
		f.write(programme(6 * mediatest.GOP)...)
		base := (&url.URL{Path: "/live/a b/" + name + ".m3u8"})
		status, _, main := f.get("GET", base.EscapedPath())
		found := addresses(main)
		if status != 200 || len(found) == 0 {
			t.Errorf("%q: %d %s", name, status, main)
			continue
		}
		for _, a := range found {
			to, err := base.Parse(a)
			if err != nil {
				t.Fatalf("%q: %s: %v", name, a, err)
			}
			if status, _, body := f.get("GET", to.EscapedPath()); status != 200 || !strings.HasPrefix(body, "#EXTM3U") {
				t.Errorf("%q: %s: %d %s", name, to, status, body)
			}
		}
		if status, _, body := f.get("HEAD", (&url.URL{Path: "/live/a b/" + name + ".flv"}).EscapedPath()); status != 200 {
			t.Errorf("%q: %d %s", name, status, body)
		}
	}
}

// TestIdleMuxer: who asks for the first playlist of a stream without key frames has an answer in the end, and nothing is left of it.
func TestIdleMuxer(t *testing.T) {
	f := start(t, func(s *Server) { s.HLS.Idle = time.Millisecond })
	f.write(programme(mediatest.GOP)[1:3]...)
	pictures := mediatest.Pictures(mediatest.H264(1, 1000), 4, 0, 40)
	f.write(pictures[1:]...)
	f.stream.Expect(stream.Expected{Known: true, Video: true, Audio: true})
	if status, _, body := f.get("GET", "/live/room/show.m3u8"); status != 404 {
		t.Errorf("%d %s", status, body)
	}
	if n := f.Muxers(); n != 0 {
		t.Errorf("%d muxers are left", n)
	}
}
