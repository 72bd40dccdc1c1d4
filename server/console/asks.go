package console

import (
	"net/http"
	"net/url"
	"strings"

	"aircheck/server/auth"
)

// Asks reports whether a page of the console, opened by somebody who is logged in, asks for something outside of it, such as a recording
// that it plays. The cookie goes with no request of other sites; the Referer tells the console's own pages from an address that is opened
// by itself, which is to behave as it does for everybody, and from pages of other ports and hosts of the site where the browser does not.
func (s *Sessions) Asks(r *http.Request) bool {
	from, err := url.Parse(r.Header.Get("Referer"))
	if err != nil || !strings.HasPrefix(from.Path, "/console/") || !auth.OwnPage(r.Header, r.Host) {
		return false
	}
	// Nothing but the Referer says where pictures and videos come from without TLS: they have no Origin either.
	if r.Header.Get("Sec-Fetch-Site") == "" && !strings.EqualFold(from.Host, r.Host) {
		return false
	}
	return s.Check(r.Context(), Token(r))
}
