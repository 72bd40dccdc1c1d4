package rtmp

import (
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"

	"aircheck/ingest/media"
)

// maxAddress is the length of a push address, query included, in bytes.
const maxAddress = 8 << 10

// address is where a publisher wants to publish.
type address struct {
	host, app, stream, params string
}

// parseAddress reads what connect and publish said. Encoders differ in where they cut a URL: the app may hold slashes, the query may
// be on the stream name, on the app or on tcUrl, and rtmp://host/name makes the name the app.
func parseAddress(tcURL, app, name string) (address, error) {
	if len(tcURL)+len(app)+len(name) > maxAddress {
		return address{}, fmt.Errorf("%w: the address has more than %d bytes", media.ErrBadPath, maxAddress)
	}
	var a address
	var queries []string
	cut := func(s string) string {
		path, query, _ := strings.Cut(s, "?")
		if query != "" && !slices.Contains(queries, query) {
			queries = append(queries, query)
		}
		return path
	}
	name, app, tcURL = cut(name), cut(app), cut(tcURL)
	if _, rest, found := strings.Cut(tcURL, "://"); found {
		host, path, _ := strings.Cut(rest, "/")
		a.host = hostOf(host)
		if app == "" {
			app = path
		}
	}
	app, name = strings.Trim(app, "/"), strings.Trim(name, "/")
	full := app + "/" + name
	if name == "" {
		full = app
	}
	// Some encoders escape the question mark as well: what follows it is no part of a name, and must not be logged as one.
	a.app, a.stream = media.SplitPath(cut(unescape(full)))
	a.params = strings.Join(queries, "&")
	return a, nil
}

// hostOf returns the host of an authority: user, password, port and the brackets of IPv6 are left out.
func hostOf(authority string) string {
	host := authority[strings.LastIndexByte(authority, '@')+1:]
	if h, _, err := net.SplitHostPort(host); err == nil {
		return h
	}
	return strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
}

func unescape(s string) string {
	if plain, err := url.PathUnescape(s); err == nil {
		return plain
	}
	return s
}

// shorten keeps what a stranger sent from filling the log.
func shorten(s string) string {
	const most = 200
	if len(s) > most {
		return s[:most] + "..."
	}
	return s
}
