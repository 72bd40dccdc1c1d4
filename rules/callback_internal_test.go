package rules

import (
	"net/http"
	"testing"
)

// FuzzCallbackURL: what is accepted as a receiver can be sent to, and the host that was checked is the one that is connected to.
func FuzzCallbackURL(f *testing.F) {
	for _, seed := range []string{
		"http://a", "https://a.example:8443/x?y#z", "http://[2001:db8::1%25eth0]:80/", "http://a@b/", "http://a\\@b/", "HTTP://A", "http://a:/",
		"http://%31%32%37.0.0.1/", "http://a b/", "http:a",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		checked := ""
		s := &Callbacks{CheckHost: func(host string) error { checked = host; return nil }}
		if s.validURL("RecordNotifyUrl", text) != nil {
			return
		}
		r, err := http.NewRequest(http.MethodPost, text, nil)
		if err != nil {
			t.Fatalf("%q was accepted: %v", text, err)
		}
		if r.URL.Hostname() != checked || checked == "" || r.URL.User != nil || r.Header.Get("Authorization") != "" {
			t.Errorf("%q: checked %q, goes to %q", text, checked, r.URL.Host)
		}
	})
}
