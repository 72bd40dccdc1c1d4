package play

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestHint: an address without its extension is answered with those that play, escaped as it was asked for; no other address is.
func TestHint(t *testing.T) {
	for _, c := range []struct {
		method, target string
		want           string
	}{
		{http.MethodGet, "/live/show", "/live/show.flv"},
		{http.MethodHead, "/live/show", ""},
		{http.MethodGet, "/a/b/c%20%3Cd/", "/a/b/c%20%3Cd.m3u8"},
		{http.MethodGet, "/favicon.ico", "no"},
		{http.MethodGet, "/", "no"},
		{http.MethodPost, "/live/show", "no"},
		{http.MethodGet, "/console/x", "no"},
		{http.MethodGet, "/live/" + strings.Repeat("x", 10000), "no"},
	} {
		r := httptest.NewRequest(c.method, c.target, nil)
		if got, want := Hinted(r), c.want != "no"; got != want {
			t.Errorf("%s %.40s: hinted %v, want %v", c.method, c.target, got, want)
			continue
		} else if !want {
			continue
		}
		w := httptest.NewRecorder()
		(&Server{}).ServeHint(w, r)
		if w.Code != http.StatusNotFound || !strings.Contains(w.Body.String(), c.want) {
			t.Errorf("%s %s: got %d %q, want %q", c.method, c.target, w.Code, w.Body, c.want)
		}
	}
}
