package rtsp

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"

	"github.com/bluenviron/gortsplib/v4/pkg/base"

	"aircheck/ingest/media"
)

// maxAddress is the length of an address, query included, in bytes.
const maxAddress = 8 << 10

// Request is what a publisher or a player asks for.
type Request struct {
	// Host of the URL, without port; App and Stream its path.
	Host, App, Stream string
	// Params is the URL's query, undecoded.
	Params string
	// Credentials are the user and password that came with the request; nil if none did.
	Credentials *Credentials
	// Remote and Local are the ends of the connection.
	Remote, Local netip.AddrPort
	// Closing is closed when the server stops.
	Closing <-chan struct{}
}

// Credentials are those of Basic or Digest authentication.
type Credentials struct {
	User string
	// Matches reports whether the client proved to know a password. It must not be called after the request was decided.
	Matches func(password string) bool
}

// ErrUnauthorized is wrapped by the refusals after which a client may try again with a user and a password.
var ErrUnauthorized = errors.New("user and password are needed")

// parseAddress reads a request's path and query.
func parseAddress(u *base.URL, path, query string) (Request, error) {
	if u == nil || len(path)+len(query)+len(u.Host) > maxAddress {
		return Request{}, fmt.Errorf("%w: the address has more than %d bytes", media.ErrBadPath, maxAddress)
	}
	r := Request{Host: hostOf(u.Host), Params: query}
	// Some encoders escape the question mark: what follows it is no part of a name, and must not be logged as one.
	path, more, _ := strings.Cut(path, "?")
	if more != "" && query == "" {
		r.Params = more
	}
	r.App, r.Stream = media.SplitPath(path)
	return r, nil
}

// hostOf returns the host of an authority: port and the brackets of IPv6 are left out.
func hostOf(authority string) string {
	if h, _, err := net.SplitHostPort(authority); err == nil {
		return h
	}
	return strings.TrimSuffix(strings.TrimPrefix(authority, "["), "]")
}

// addrOf returns an address of the net package as a value; zero if it is none.
func addrOf(a net.Addr) netip.AddrPort {
	if t, ok := a.(*net.TCPAddr); ok {
		at := t.AddrPort()
		return netip.AddrPortFrom(at.Addr().Unmap(), at.Port())
	}
	return netip.AddrPort{}
}

// shorten keeps what a stranger sent from filling the log.
func shorten(s string) string {
	const most = 200
	if len(s) > most {
		return s[:most] + "..."
	}
	return s
}

// line makes a text fit for a status line.
func line(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, shorten(s))
}

// plainPath returns a path as parseAddress takes it, for comparing those of two requests.
func plainPath(p string) string {
	if plain, err := url.PathUnescape(p); err == nil {
		p = plain
	}
	return strings.Trim(p, "/")
}
