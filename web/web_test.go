package web

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

func packed(t *testing.T, text string) *fstest.MapFile {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = io.WriteString(z, text)
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return &fstest.MapFile{Data: b.Bytes()}
}

// TestConsole checks what is served at which address, compressed or not, and how long it may be kept.
func TestConsole(t *testing.T) {
	c := http.StripPrefix("/console/", console{fstest.MapFS{
		"index.html.gz":      packed(t, "<!doctype html>"),
		"assets/a-1.js.gz":   packed(t, "let a"),
		"assets/sound.woff2": {Data: []byte("font")},
		"icon.svg.gz":        packed(t, "<svg>"),
	}})
	for _, x := range []struct {
		path, kind, text string
		kept             bool
	}{
		{"", "text/html", "<!doctype html>", false},
		{"index.html", "text/html", "<!doctype html>", false},
		{"media/123", "text/html", "<!doctype html>", false},
		{"settings/domains/push.example.com", "text/html", "<!doctype html>", false},
		{"streams/push.example.com/live/part.2", "text/html", "<!doctype html>", false},
		{"../../etc/passwd", "text/html", "<!doctype html>", false},
		{"assets/a-1.js", "text/javascript", "let a", true},
		{"assets/sound.woff2", "", "font", true},
		{"icon.svg", "image/svg+xml", "<svg>", false},
	} {
		for _, encoding := range []string{"", "br", "gzip, br"} {
			r := httptest.NewRequest("GET", "/console/"+x.path, nil)
			r.Header.Set("Accept-Encoding", encoding)
			w := httptest.NewRecorder()
			c.ServeHTTP(w, r)
			body := io.Reader(w.Body)
			if w.Header().Get("Content-Encoding") == "gzip" {
				if !strings.Contains(encoding, "gzip") {
					t.Errorf("%s: compressed for %q", x.path, encoding)
				}
				body, _ = gzip.NewReader(w.Body)
			}
			text, err := io.ReadAll(body)
			if w.Code != 200 || err != nil || string(text) != x.text || !strings.HasPrefix(w.Header().Get("Content-Type"), x.kind) {
				t.Errorf("%s (%s): %d, %q, %v, %v", x.path, encoding, w.Code, text, w.Header(), err)
			}
			if got := strings.Contains(w.Header().Get("Cache-Control"), "immutable"); got != x.kept {
				t.Errorf("%s: %v", x.path, w.Header())
			}
			policy := w.Header().Get("Content-Security-Policy")
			if !strings.HasPrefix(policy, "default-src 'self';") || strings.Contains(strings.Split(policy, "style-src")[0], "unsafe") {
				t.Errorf("%s: policy %q", x.path, policy)
			}
		}
	}
	for _, missing := range []string{"assets/b-2.js", "x.html", "assets/.."} {
		w := httptest.NewRecorder()
		c.ServeHTTP(w, httptest.NewRequest("GET", "/console/"+missing, nil))
		if missing != "assets/.." && (w.Code != 404 || strings.Contains(w.Header().Get("Cache-Control"), "immutable")) {
			t.Errorf("%s: %d, %v", missing, w.Code, w.Header())
		}
	}
}

// TestUnbuilt checks that there is a page in any case.
func TestUnbuilt(t *testing.T) {
	w := httptest.NewRecorder()
	Handler("/console/").ServeHTTP(w, httptest.NewRequest("GET", "/console/", nil))
	if w.Code != 200 || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
		t.Errorf("%d, %v", w.Code, w.Header())
	}
}
