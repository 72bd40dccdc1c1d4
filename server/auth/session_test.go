package auth

import (
	"errors"
	"net/http"
	"testing"
)

// TestVerifySession checks what a call with the console's login must look like.
func TestVerifySession(t *testing.T) {
	v := &Verifier{Session: func(h http.Header, csrf string) (string, bool) {
		return "console", h.Get("Cookie") == "aircheck_session=good" && csrf == "token"
	}}
	request := func(change func(*Request)) *Request {
		r := &Request{Method: "POST", Path: "/", Host: "aircheck.example.com:8080", Header: http.Header{
			"Content-Type": {"application/json; charset=utf-8"}, "Cookie": {"aircheck_session=good"}, CSRFHeader: {"token"},
			"Origin": {"http://aircheck.example.com:8080"}, "Sec-Fetch-Site": {"same-origin"},
		}}
		if change != nil {
			change(r)
		}
		return r
	}
	who, err := v.Verify(request(nil))
	if want := (Principal{SecretID: "console", Scheme: SchemeSession}); who != want || err != nil {
		t.Errorf("%+v, %v", who, err)
	}
	proxied := request(func(r *Request) { r.Host = "127.0.0.1:8080" })
	if _, err := v.Verify(proxied); err != nil {
		t.Errorf("behind a proxy that hands on another Host: %v", err)
	}
	set := func(name, value string) func(*Request) { return func(r *Request) { r.Header.Set(name, value) } }
	// An old browser, or one that was not reached over TLS, does not say whose page it is.
	origin := func(value string) func(*Request) {
		return func(r *Request) { r.Header.Del("Sec-Fetch-Site"); r.Header.Set("Origin", value) }
	}
	for name, c := range map[string]struct {
		change func(*Request)
		code   string
	}{
		"GET":                 {func(r *Request) { r.Method = "GET" }, CodeUnauthorized},
		"a form":              {set("Content-Type", "application/x-www-form-urlencoded"), CodeUnauthorized},
		"text":                {set("Content-Type", "text/plain"), CodeUnauthorized},
		"no type":             {func(r *Request) { r.Header.Del("Content-Type") }, CodeUnauthorized},
		"another site's page": {set("Sec-Fetch-Site", "cross-site"), CodeUnauthorized},
		"a sister site's":     {set("Sec-Fetch-Site", "same-site"), CodeUnauthorized},
		"another origin":      {origin("http://evil.example.com"), CodeUnauthorized},
		"another port":        {origin("http://aircheck.example.com:8081"), CodeUnauthorized},
		"no origin at all":    {origin("null"), CodeUnauthorized},
		"what is not known":   {set("Sec-Fetch-Site", "same-planet"), CodeUnauthorized},
		"another token":       {set(CSRFHeader, "tokem"), CodeTokenFailure},
		"another cookie":      {set("Cookie", "aircheck_session=bad"), CodeTokenFailure},
	} {
		var f *Failure
		if _, err := v.Verify(request(c.change)); !errors.As(err, &f) || f.Code != c.code {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
	}
	// Without the header the cookie counts for nothing: the request is one with a signature of version 1, which it lacks.
	if who, err := v.Verify(request(func(r *Request) { r.Header.Del(CSRFHeader) })); err == nil {
		t.Errorf("a cookie alone: %+v", who)
	}
	if who, err := (&Verifier{}).Verify(request(nil)); err == nil {
		t.Errorf("without a console: %+v", who)
	}
}
