package play

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"go.uber.org/goleak"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/ingest/stream"
	"aircheck/server/auth"
)

const patience = 30 * time.Second

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// eventually waits for a condition of another goroutine.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// fixture is a server with one live stream, d/live/room/show.
type fixture struct {
	*Server
	t      *testing.T
	web    *httptest.Server
	stream *stream.Stream
}

var shown = media.StreamKey{Domain: "d", App: "live/room", Stream: "show"}

func start(t *testing.T, change func(*Server)) *fixture {
	t.Helper()
	f := &fixture{t: t}
	f.Server = &Server{
		Hub: &stream.Hub{GOP: 8 << 20, TotalGOP: 8 << 20}, Origins: []string{"*"}, Log: slog.New(slog.DiscardHandler),
		HLS: HLSOptions{LowLatency: true, Segments: 7, Segment: 200 * time.Millisecond, Part: 100 * time.Millisecond, MaxSegment: 8 << 20, Idle: time.Hour},
		Authorize: func(r *http.Request, _, app, name string) (media.StreamKey, error) {
			key := media.StreamKey{Domain: "d", App: app, Stream: name}
			if r.URL.Query().Get("key") == "wrong" {
				return key, fmt.Errorf("%w: the key is wrong", auth.ErrPlayDenied)
			}
			return key, key.Validate()
		},
	}
	if change != nil {
		change(f.Server)
	}
	f.Start()
	f.web = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/play/status" {
			f.ServeStatus(w, r)
			return
		}
		f.ServeHTTP(w, r)
	}))
	var err error
	if f.stream, err = f.Hub.Publish(stream.Publisher{Key: shown}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		f.Hub.Close()
		f.Close()
		f.web.Close()
		http.DefaultClient.CloseIdleConnections()
	})
	return f
}

// programme returns n pictures at 25 a second with their sound.
func programme(n int) (units []*media.Unit) {
	pictures := mediatest.Pictures(mediatest.H264(1, 1000), n, 0, 40)
	sound := mediatest.Sound(mediatest.AAC(2, 1000), 2*n, 0)
	for i, p := range pictures {
		units = append(units, p, sound[2*i], sound[2*i+1])
	}
	return units
}

func (f *fixture) write(units ...*media.Unit) {
	f.t.Helper()
	lent, done := mediatest.Lend(units)
	defer done()
	if err := f.stream.Write(lent); err != nil {
		f.t.Fatal(err)
	}
}

// get asks, and returns the answer's status, head and body.
func (f *fixture) get(method, path string, header ...string) (int, http.Header, string) {
	f.t.Helper()
	ctx, cancel := context.WithTimeout(f.t.Context(), patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, f.web.URL+path, nil)
	if err != nil {
		f.t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		f.t.Fatal(err)
	}
	defer a.Body.Close()
	body, err := io.ReadAll(a.Body)
	if err != nil {
		f.t.Fatal(err)
	}
	return a.StatusCode, a.Header, string(body)
}

// TestAnswers: what is not a stream is told in words, with the status that fits.
func TestAnswers(t *testing.T) {
	f := start(t, nil)
	for _, c := range []struct {
		method, path string
		status       int
		text         string
	}{
		{"GET", "/live/none.flv", 404, "the stream is not live: live/none"},
		{"GET", "/live/none.m3u8", 404, "the stream is not live: live/none"},
		{"GET", "/none.flv", 404, "the stream is not live: live/none"},
		{"GET", "/live/room/show.flv?key=wrong", 403, "the key is wrong"},
		{"GET", "/live/room/show.m3u8?key=wrong", 403, "the key is wrong"},
		{"HEAD", "/live/room/show.flv?key=wrong", 403, ""},
		{"GET", "/vod/show.flv", 400, "reserved"},
		{"GET", "/a/b/c/d/e/show.flv", 400, "at most 4"},
		{"HEAD", "/live/room/show.flv", 200, ""},
		{"HEAD", "/live/room/show.m3u8", 200, ""},
		{"POST", "/live/room/show.flv", 405, "only GET"},
		{"GET", "/live/room/show.hls/" + strings.Repeat("a", 2*tokenSize) + "/index.m3u8", 404, "no longer good"},
		{"GET", "/live/room/show.hls/" + strings.Repeat("a", 2*tokenSize) + "/x.mp4", 404, "no longer good"},
	} {
		status, head, body := f.get(c.method, c.path)
		if status != c.status || !strings.Contains(body, c.text) {
			t.Errorf("%s %s: %d %q, want %d %q", c.method, c.path, status, body, c.status, c.text)
		}
		if head.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s %s: pages of other origins cannot read it", c.method, c.path)
		}
	}
	if status, head, _ := f.get("OPTIONS", "/live/room/show.flv"); status != 204 || head.Get("Access-Control-Allow-Methods") == "" {
		t.Errorf("OPTIONS: %d %v", status, head)
	}
	if _, _, body := f.get("GET", "/live/none.flv", "Accept", "application/json"); body != `{"Error":"the stream is not live: live/none"}`+"\n" {
		t.Errorf("JSON: %s", body)
	}
}

// TestOrigins: only the origins that are listed may play, if there is a list.
func TestOrigins(t *testing.T) {
	f := start(t, func(s *Server) { s.Origins = []string{"https://good.example"} })
	for origin, want := range map[string]string{"https://good.example": "https://good.example", "https://bad.example": ""} {
		if _, head, _ := f.get("HEAD", "/live/room/show.flv", "Origin", origin); head.Get("Access-Control-Allow-Origin") != want {
			t.Errorf("%s is allowed as %q", origin, head.Get("Access-Control-Allow-Origin"))
		}
		r := http.Header{"Origin": {origin}}
		ws, _, err := websocket.Dial(t.Context(), f.web.URL+"/live/room/show.flv", &websocket.DialOptions{HTTPHeader: r})
		if (err == nil) != (want != "") {
			t.Errorf("WebSocket of %s: %v", origin, err)
		}
		if err == nil {
			_ = ws.CloseNow()
		}
	}
}

// TestSameOverAll: HTTP/1.1, HTTP/1.0 and WebSocket give the same bytes, and their end is told properly.
func TestSameOverAll(t *testing.T) {
	f := start(t, nil)
	all := programme(2 * mediatest.GOP)
	f.write(all[:3*mediatest.GOP+5]...)
	answers := make(chan []byte, 3)
	read := func(r io.Reader, err error) {
		b, rerr := io.ReadAll(r)
		if err = errors.Join(err, rerr); err != nil {
			t.Error(err)
		}
		answers <- b
	}
	a, err := http.Get(f.web.URL + "/live/room/show.flv")
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	if a.Header.Get("Content-Type") != contentTypeFLV || len(a.TransferEncoding) != 1 {
		t.Errorf("%v %v", a.Header, a.TransferEncoding)
	}
	go read(a.Body, nil)
	conn, err := dial(f.web.URL, "GET /live/room/show.flv HTTP/1.0\r\n\r\n")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	plain := bufio.NewReader(conn)
	for line := "-"; line != "\r\n"; {
		if line, err = plain.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
	}
	go read(plain, nil)
	ws, _, err := websocket.Dial(t.Context(), f.web.URL+"/live/room/show.flv", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer ws.CloseNow()
	go func() {
		var all bytes.Buffer
		for {
			kind, b, err := ws.Read(t.Context())
			if websocket.CloseStatus(err) == websocket.StatusNormalClosure {
				answers <- all.Bytes()
				return
			}
			if err != nil || kind != websocket.MessageBinary {
				t.Errorf("WebSocket: %v %v", kind, err)
				answers <- nil
				return
			}
			all.Write(b)
		}
	}()
	f.write(all[3*mediatest.GOP+5:]...)
	eventually(t, "three players", func() bool { return f.Players().Joined == 3 })
	f.stream.End(stream.EndClient, "done")
	first := <-answers
	for range 2 {
		if b := <-answers; !bytes.Equal(b, first) {
			t.Errorf("answers of %d and %d bytes differ", len(b), len(first))
		}
	}
	if n := bytes.Count(first, all[3*mediatest.GOP].Payload); n != 1 || !bytes.Contains(first, all[len(all)-1].Payload) {
		t.Errorf("the last key frame is in %d bytes %d times", len(first), n)
	}
}
