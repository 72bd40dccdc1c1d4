package rtmp

import (
	"net"
	"net/url"
	"strings"

	"aircheck/ingest/media"
)

// address is where a publisher wants to publish.
type address struct {
	host, app, stream, params string
}

// parseAddress reads what connect and publish said. The app may hold slashes, and the query may be on the app, on the tcUrl or on the
// stream name: encoders differ in where they cut a URL.
func parseAddress(tcURL, app, name string) address {
	var a address
	var queries []string
	cut := func(s string) string {
		path, query, found := strings.Cut(s, "?")
		if found && query != "" {
			queries = append(queries, query)
		}
		return path
	}
	name = cut(name)
	app = cut(app)
	path := cut(tcURL)
	if _, rest, found := strings.Cut(path, "://"); found {
		host, fromURL, _ := strings.Cut(rest, "/")
		if _, after, found := strings.Cut(host, "@"); found {
			host = after
		}
		a.host = host
		if app == "" {
			app = fromURL
		}
	}
	if h, _, err := net.SplitHostPort(a.host); err == nil {
		a.host = h
	}
	full := strings.Trim(app, "/") + "/" + strings.Trim(name, "/")
	if strings.Trim(name, "/") == "" { // rtmp://host/stream: the encoder took the stream for the app
		full = app
	}
	a.app, a.stream = media.SplitPath(full)
	a.app, a.stream = unescape(a.app), unescape(a.stream)
	if len(queries) > 1 && queries[0] == queries[len(queries)-1] {
		queries = queries[:1]
	}
	a.params = strings.Join(queries, "&")
	return a
}

func unescape(s string) string {
	if plain, err := url.PathUnescape(s); err == nil && strings.Contains(s, "%") {
		return plain
	}
	return s
}
