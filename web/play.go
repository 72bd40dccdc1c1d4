package web

import (
	"embed"
	"io/fs"
	"net/http"
)

// play holds the page that plays live streams, and under vendor the libraries it uses, as published, with their licences.
//
//go:embed play
var play embed.FS

// playPolicy is policy, with the addresses that media comes from: media source extensions are blobs, WebSockets have a scheme of their own.
const playPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self' blob:; " +
	"connect-src 'self' ws: wss:; base-uri 'none'; frame-ancestors 'self'; form-action 'self'"

// Player serves the page that plays live streams below the prefix at which it is mounted.
func Player(prefix string) http.Handler {
	pages, err := fs.Sub(play, "play")
	if err != nil {
		panic("web: the embedded pages are missing: " + err.Error())
	}
	files := http.StripPrefix(prefix, http.FileServerFS(pages))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", playPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-cache")
		files.ServeHTTP(w, r)
	})
}
