// Package web holds the pages that the server shows people, embedded in the binary.
package web

import (
	"embed"
	"io/fs"
	"net/http"
)

//go:embed dist
var dist embed.FS

// policy lets pages load what this server serves and nothing else; no inline script, no frames.
const policy = "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"

// Handler serves the pages below the prefix at which it is mounted, such as "/console/".
func Handler(prefix string) http.Handler {
	pages, err := fs.Sub(dist, "dist")
	if err != nil {
		panic("web: the embedded pages are missing: " + err.Error())
	}
	files := http.StripPrefix(prefix, http.FileServerFS(pages))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-cache")
		files.ServeHTTP(w, r)
	})
}
