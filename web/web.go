// Package web holds the pages that the server shows people, embedded in the binary.
package web

import (
	"compress/gzip"
	"embed"
	"errors"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
)

// dist is the console, as web/app is built; nothing but a placeholder in a program that was built without Node.js.
//
//go:embed all:dist
var dist embed.FS

// start is the page that stands in for the console then.
//
//go:embed start
var start embed.FS

// policy lets pages load what this server serves and nothing else: no script in a page, no frames. Components bring their styles with them,
// pictures made on the spot are blobs and data, media source extensions are blobs, WebSockets have a scheme of their own.
const policy = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; media-src 'self' blob:; " +
	"connect-src 'self' ws: wss:; worker-src 'self' blob:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"

// startPolicy is what the page that stands in for the console needs of it.
const startPolicy = "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"

// index is the page of the console: which view it shows is up to the address.
const index = "index.html"

// Handler serves the console below the prefix at which it is mounted, such as "/console/"; in its stead a page that says how to build it where
// it has not been.
func Handler(prefix string) http.Handler {
	if Built() {
		return http.StripPrefix(prefix, console{sub(dist, "dist")})
	}
	return http.StripPrefix(prefix, framed(http.FileServerFS(sub(start, "start")), startPolicy))
}

// Built reports whether the console is in this program.
func Built() bool {
	_, err := fs.Stat(dist, "dist/"+index+".gz")
	return err == nil
}

func sub(files fs.FS, dir string) fs.FS {
	pages, err := fs.Sub(files, dir)
	if err != nil {
		panic("web: the embedded pages are missing: " + err.Error())
	}
	return pages
}

// framed has the pages of h keep to a policy.
func framed(h http.Handler, policy string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		setHeaders(w.Header(), policy)
		w.Header().Set("Cache-Control", "no-cache")
		h.ServeHTTP(w, r)
	})
}

func setHeaders(h http.Header, policy string) {
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
}

// console serves files that were compressed when they were built.
type console struct{ files fs.FS }

// file reports whether an address is that of a file: it has an extension, and lies at the top or below assets. Others are addresses of the
// console's own, in which names of streams and domains may have dots.
func file(name string) bool {
	return path.Ext(name) != "" && (!strings.Contains(name, "/") || strings.HasPrefix(name, "assets/"))
}

// ServeHTTP answers GET and HEAD.
func (c console) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(path.Clean("/"+r.URL.Path), "/")
	if !file(name) {
		name = index
	}
	h := w.Header()
	setHeaders(h, policy)
	// By it this server knows that a page of the console asks for a recording; see console.Sessions.Asks.
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cache-Control", "no-cache")
	if strings.HasPrefix(name, "assets/") { // their names change with what is in them
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	f, packed, err := c.open(name)
	if err != nil {
		h.Set("Cache-Control", "no-cache")
		http.NotFound(w, r)
		return
	}
	defer f.Close()
	h.Set("Content-Type", mime.TypeByExtension(path.Ext(name)))
	if packed {
		h.Set("Vary", "Accept-Encoding")
	}
	if packed && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		packed = false
	}
	if r.Method == http.MethodHead {
		return
	}
	_ = send(w, f, packed) // who reads it has gone
}

// open opens a file, or its compressed form.
func (c console) open(name string) (f fs.File, packed bool, err error) {
	if f, err = c.files.Open(name + ".gz"); err == nil {
		return f, true, nil
	}
	f, err = c.files.Open(name)
	return f, false, err
}

func send(w io.Writer, f io.Reader, unpack bool) error {
	if !unpack {
		_, err := io.Copy(w, f)
		return err
	}
	z, err := gzip.NewReader(f)
	if err != nil {
		return err
	}
	_, err = io.Copy(w, z) //nolint:gosec // of our own making
	return errors.Join(err, z.Close())
}
