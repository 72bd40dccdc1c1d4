package web

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestRefused shows a page to whoever opened a link in a browser, and leaves players, programs and pages what they are told.
func TestRefused(t *testing.T) {
	const browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
	for _, x := range []struct {
		accept, dest, language string
		status                 int
		want                   string // empty: none
	}{
		{browser, "", "", http.StatusForbidden, "Ask whoever sent it for a new one."},
		{browser, "document", "en-GB,en;q=0.9", http.StatusForbidden, `<html lang="en">`},
		{browser, "document", "zh-CN,zh;q=0.9,en;q=0.8", http.StatusForbidden, "请向分享者索取新的链接"},
		{browser, "", "", http.StatusNotFound, "This recording is not there any more"},
		{browser, "", "", http.StatusInternalServerError, ""},
		{browser, "video", "", http.StatusForbidden, ""},
		{"*/*", "", "", http.StatusForbidden, ""},
		{"", "", "", http.StatusForbidden, ""},
	} {
		r := httptest.NewRequest("GET", "/vod/7/a.mp4", nil)
		r.Header.Set("Accept", x.accept)
		r.Header.Set("Sec-Fetch-Dest", x.dest)
		r.Header.Set("Accept-Language", x.language)
		w := httptest.NewRecorder()
		done := Refused(w, r, x.status)
		body := w.Body.String()
		if done != (x.want != "") || done && (w.Code != x.status || !strings.Contains(body, x.want) || strings.Contains(body, "<script")) {
			t.Errorf("%+v: %v, %d, %s", x, done, w.Code, body)
		}
		if csp := w.Header().Get("Content-Security-Policy"); done && !strings.Contains(csp, "default-src 'none'") {
			t.Errorf("%+v: policy %q", x, csp)
		}
	}
}
