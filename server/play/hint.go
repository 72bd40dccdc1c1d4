package play

import (
	"fmt"
	"net/http"
	"strings"

	"aircheck/ingest/media"
)

// Hinted reports whether a request reads an address APP/STREAM that could be a stream's, but for its extension.
func Hinted(r *http.Request) bool {
	app, name := media.SplitPath(r.URL.Path)
	reads := r.Method == http.MethodGet || r.Method == http.MethodHead
	return reads && strings.Contains(strings.Trim(r.URL.Path, "/"), "/") &&
		media.StreamKey{Domain: "x", App: app, Stream: name}.Validate() == nil
}

// ServeHint answers what is Hinted: where the stream would play. Whether there is one is not told, as nobody has been asked for a key.
func (s *Server) ServeHint(w http.ResponseWriter, r *http.Request) {
	s.allowOrigin(w.Header(), r)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	p := shorten(strings.TrimSuffix(r.URL.EscapedPath(), "/"))
	s.fail(w, r, http.StatusNotFound, fmt.Errorf("nothing is at this address; a live stream plays at %s%s (HTTP-FLV) and %s%s (HLS)", p, extFLV, p, extHLS))
}
