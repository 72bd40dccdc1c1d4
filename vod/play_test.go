package vod_test

import (
	"io"
	"log/slog"
	"mime"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"aircheck/rules"
	"aircheck/vod"
)

var ruleEvent = rules.Event{Type: rules.EventFileReady}

func newPlayer(t *testing.T, l *library) *httptest.Server {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle(vod.PlayPrefix, &vod.Player{Store: l.Store, Storages: l.Storages, Log: slog.New(slog.NewTextHandler(&l.log, nil))})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server
}

// ask returns the answer with its body.
func ask(t *testing.T, method, url string, header ...string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	must(t, err)
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	transport := &http.Transport{DisableKeepAlives: true}
	answer, err := transport.RoundTrip(req)
	must(t, err)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	must(t, err)
	return answer, string(body)
}

func TestPlayPath(t *testing.T) {
	for name, want := range map[string]string{
		"cam_2026": "/vod/7/cam_2026.mp4",
		"a b/c?d":  "/vod/7/a%20b%2Fc%3Fd.mp4",
		"日本%#":     "/vod/7/%E6%97%A5%E6%9C%AC%25%23.mp4",
		"..":       "/vod/7/...mp4",
	} {
		if got := vod.PlayPath(vod.Asset{ID: 7, Name: name, Container: "mp4"}); got != want {
			t.Errorf("%q: %s, want %s", name, got, want)
		}
	}
}

func TestPlayAnyName(t *testing.T) {
	l := newLibrary(t)
	server := newPlayer(t, l)
	for i, name := range []string{"cam", "a b/c?d", "日本%#", "..", ".", "a\\b", `"quoted"`, "a//b", "", "a\nb", "../../etc/passwd"} {
		a := file(vod.FileID(i + 1))
		a.Name = name
		l.add(t, a, "content")
		for _, path := range []string{vod.PlayPath(a), "/vod/" + a.ID.String() + "/any.thing.mp4"} {
			answer, body := ask(t, http.MethodGet, server.URL+path)
			if answer.StatusCode != http.StatusOK || body != "content" {
				t.Errorf("%q at %s: %s %q", name, path, answer.Status, body)
			}
		}
		answer, _ := ask(t, http.MethodGet, server.URL+vod.PlayPath(a)+"?download=1")
		kind, params, err := mime.ParseMediaType(answer.Header.Get("Content-Disposition"))
		want := strings.NewReplacer("/", "_", `\`, "_").Replace(name) + ".mp4"
		if kind != "attachment" || params["filename"] != want || err != nil {
			t.Errorf("%q is saved as %q, want %q (%v)", name, params["filename"], want, err)
		}
	}
}

func TestPlayHeaders(t *testing.T) {
	l := newLibrary(t)
	server := newPlayer(t, l)
	a := file(7)
	l.add(t, a, "0123456789")
	answer, body := ask(t, http.MethodGet, server.URL+vod.PlayPath(a))
	if answer.StatusCode != http.StatusOK || body != "0123456789" {
		t.Fatal(answer.Status, body)
	}
	for name, want := range map[string]string{
		"Content-Type": "video/mp4", "Content-Length": "10", "Accept-Ranges": "bytes", "ETag": `"7-10"`,
		"X-Content-Type-Options": "nosniff", "Access-Control-Allow-Origin": "*", "Content-Disposition": "",
		"Cache-Control": "no-cache",
	} {
		if got := answer.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	exposed := answer.Header.Get("Access-Control-Expose-Headers")
	if answer.Header.Get("Last-Modified") == "" || !strings.Contains(exposed, "Content-Length, Content-Range") {
		t.Error(answer.Header)
	}
	for _, c := range []struct {
		method string
		header []string
		status int
		body   string
		name   string
		value  string
	}{
		{http.MethodHead, nil, 200, "", "Content-Length", "10"},
		{http.MethodGet, []string{"Range", "bytes=2-4"}, 206, "234", "Content-Range", "bytes 2-4/10"},
		{http.MethodGet, []string{"Range", "bytes=-3"}, 206, "789", "Content-Range", "bytes 7-9/10"},
		{http.MethodGet, []string{"Range", "bytes=8-"}, 206, "89", "Content-Length", "2"},
		{http.MethodGet, []string{"Range", "bytes=20-"}, 416, "", "Content-Range", "bytes */10"},
		{http.MethodGet, []string{"If-None-Match", `"7-10"`}, 304, "", "ETag", `"7-10"`},
		{http.MethodGet, []string{"If-Modified-Since", answer.Header.Get("Last-Modified")}, 304, "", "ETag", `"7-10"`},
		{http.MethodGet, []string{"Range", "bytes=2-4", "If-Range", `"other"`}, 200, "0123456789", "ETag", `"7-10"`},
		{http.MethodGet, []string{"If-Match", `"other"`}, 412, "", "ETag", `"7-10"`},
		{http.MethodPost, nil, 405, "", "Allow", "GET, HEAD, OPTIONS"},
		{http.MethodPut, nil, 405, "", "Allow", "GET, HEAD, OPTIONS"},
		{http.MethodDelete, nil, 405, "", "X-Content-Type-Options", "nosniff"},
		{http.MethodOptions, []string{"Origin", "https://a.example"}, 204, "", "Access-Control-Allow-Methods", "GET, HEAD, OPTIONS"},
	} {
		answer, body := ask(t, c.method, server.URL+vod.PlayPath(a), c.header...)
		if answer.StatusCode != c.status || c.body != "" && body != c.body || answer.Header.Get(c.name) != c.value {
			t.Errorf("%s %q: %s %q %q", c.method, c.header, answer.Status, body, answer.Header)
		}
		if answer.Header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s %q: no CORS", c.method, c.header)
		}
	}
	answer, _ = ask(t, http.MethodOptions, server.URL+vod.PlayPath(a))
	if got := answer.Header.Get("Access-Control-Allow-Headers"); !strings.Contains(got, "Range") {
		t.Error(got)
	}
}

func TestPlayContentTypes(t *testing.T) {
	l := newLibrary(t)
	server := newPlayer(t, l)
	sound := []vod.Track{{Kind: "audio"}}
	both := []vod.Track{{Kind: "audio"}, {Kind: "video"}}
	for i, c := range []struct {
		container string
		tracks    []vod.Track
		want      string
	}{
		{"flv", both, "video/x-flv"},
		{"flv", sound, "video/x-flv"},
		{"mp4", both, "video/mp4"},
		{"mp4", sound, "audio/mp4"},
		{"xyz", both, "application/octet-stream"},
	} {
		a := file(vod.FileID(i + 1))
		a.Container, a.Tracks = c.container, c.tracks
		l.add(t, a, "<html>")
		if answer, _ := ask(t, http.MethodHead, server.URL+vod.PlayPath(a)); answer.Header.Get("Content-Type") != c.want {
			t.Errorf("%s: %s, want %s", c.container, answer.Header.Get("Content-Type"), c.want)
		}
	}
}

func TestPlayNotFound(t *testing.T) {
	l := newLibrary(t)
	server := newPlayer(t, l)
	for id := range vod.FileID(4) {
		l.add(t, file(id+1), "content")
	}
	must(t, l.MarkDeleting(t.Context(), 2))
	must(t, os.Remove(filepath.Join(l.dir, filepath.FromSlash(file(3).ObjectKey))))
	for path, want := range map[string]string{
		"/vod/":                           "recordings are at /vod/{FileId}/{name}.{ext}",
		"/vod/1":                          "recordings are at /vod/{FileId}/{name}.{ext}",
		"/vod/1/":                         "recordings are at /vod/{FileId}/{name}.{ext}",
		"/vod/abc/x.mp4":                  `"abc" is not a FileId`,
		"/vod/0/x.mp4":                    `"0" is not a FileId`,
		"/vod/99999999999999999999/x.mp4": "is not a FileId",
		"/vod/77/x.mp4":                   "there is no file 77",
		"/vod/2/clip%202.mp4":             "there is no file 2",
		"/vod/1/clip%201.flv":             "file 1 is at /vod/1/clip%201.mp4",
		"/vod/1/clip":                     "file 1 is at /vod/1/clip%201.mp4",
		"/vod/1/mp4":                      "file 1 is at /vod/1/clip%201.mp4",
		"/vod/3/clip%203.mp4":             "file 3 is in the catalogue, but its storage does not have it now",
	} {
		answer, body := ask(t, http.MethodGet, server.URL+path)
		if answer.StatusCode != http.StatusNotFound || !strings.Contains(body, want) {
			t.Errorf("%s: %s %q, want %q", path, answer.Status, body, want)
		}
		if got := answer.Header.Get("Cache-Control"); got != "" {
			t.Errorf("%s: may be cached: %s", path, got)
		}
	}
	must(t, os.Remove(filepath.Join(l.dir, vod.IdentityFile)))
	if answer, body := ask(t, http.MethodGet, server.URL+"/vod/3/x.mp4"); answer.StatusCode != http.StatusServiceUnavailable {
		t.Error("storage out of reach:", answer.Status, body)
	}
	must(t, l.Store.Close())
	answer, body := ask(t, http.MethodGet, server.URL+"/vod/1/x.mp4")
	if answer.StatusCode != http.StatusInternalServerError || strings.Contains(body, "sql") {
		t.Error("database out of reach:", answer.Status, body)
	}
}
