package console

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// TestAsks tells the console's pages from an address that somebody opens who is logged in, and from pages of whoever is not.
func TestAsks(t *testing.T) {
	b := newBrowser(t)
	const file, ours = "https://live.example.com/vod/7/show.mp4", "https://live.example.com/console/media/7"
	asks := func(referer string, cookie *http.Cookie) bool {
		r := httptest.NewRequest(http.MethodGet, file, nil)
		if referer != "" {
			r.Header.Set("Referer", referer)
		}
		if cookie != nil {
			r.AddCookie(cookie)
		}
		return b.Sessions.Asks(r)
	}
	b.ask(t, "POST", `{"Password": "correct horse"}`)
	if !asks(ours, b.cookie) {
		t.Error("a page of the console is not known")
	}
	// The last ones get the cookie, too, and an old browser, or one without TLS, says no more than this.
	for _, referer := range []string{
		"", "https://live.example.com/", "https://live.example.com/play/?a=/console/", "://console/",
		"https://live.example.com:9000/console/", "https://www.example.com/console/", "/console/",
	} {
		if asks(referer, b.cookie) {
			t.Errorf("%q counts as a page of the console", referer)
		}
	}
	if asks(ours, nil) || asks(ours, &http.Cookie{Name: CookieName, Value: "x"}) {
		t.Error("nobody is logged in")
	}
	for site, own := range map[string]bool{"same-origin": true, "same-site": false, "cross-site": false} {
		r := httptest.NewRequest(http.MethodGet, "http://127.0.0.1:8080/vod/7/show.mp4", nil) // behind a proxy that hands on another Host
		r.Header.Set("Referer", ours)
		r.Header.Set("Sec-Fetch-Site", site)
		r.AddCookie(b.cookie)
		if b.Sessions.Asks(r) != own {
			t.Errorf("a page that is %s counts as one of the console: %v", site, !own)
		}
	}
	cookie := *b.cookie
	b.ask(t, "DELETE", "")
	if asks(ours, &cookie) {
		t.Error("the session is over")
	}
}
