package auth

import (
	"mime"
	"net/http"
	"net/url"
	"strings"
)

// CSRFHeader is the header in which the console's pages send what they were told at the login. Pages of other sites can neither know it nor
// send it.
const CSRFHeader = "X-Aircheck-Csrf"

// verifySession accepts calls of the console's own pages: POST with a body of JSON, which no form of another site can send.
func (v *Verifier) verifySession(r *Request) (Principal, error) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if r.Method != http.MethodPost || err != nil || kind != "application/json" {
		return Principal{}, fail(CodeUnauthorized, "a call with the console's login is a POST of application/json")
	}
	if err := ownPage(r); err != nil {
		return Principal{}, err
	}
	if v.Session != nil {
		if who, ok := v.Session(r.Header, r.Header.Get(CSRFHeader)); ok {
			return Principal{SecretID: who, Scheme: SchemeSession}, nil
		}
	}
	return Principal{}, fail(CodeTokenFailure, "the login to the console is over; log in again")
}

// ownPage refuses calls that a page of another site has a browser make.
func ownPage(r *Request) error {
	if !OwnPage(r.Header, r.Host) {
		return fail(CodeUnauthorized, "the request comes from a page of another site")
	}
	return nil
}

// OwnPage reports whether a request comes from a page of this server, or from no page. Where a browser says so itself (Fetch Metadata, which no
// page can set) that decides: behind a proxy, Host may be another than the one in the address bar.
func OwnPage(h http.Header, host string) bool {
	switch h.Get("Sec-Fetch-Site") {
	case "same-origin", "none":
		return true
	case "":
		origin := h.Get("Origin")
		if origin == "" {
			return true
		}
		u, err := url.Parse(origin)
		return err == nil && u.Host != "" && strings.EqualFold(u.Host, host)
	}
	return false
}
