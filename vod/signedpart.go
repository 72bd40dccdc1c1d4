package vod

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// maxPartList is more than the playlist of any part has, or its WebVTT, in bytes.
const maxPartList = 16 << 20

// previewed refuses parts that would show more than a preview does: all but pictures and what says where they are.
func previewed(g Grant, f playable) error {
	if g.Preview == 0 || strings.HasPrefix(f.contentType, "image/") || strings.HasPrefix(f.contentType, "text/") {
		return nil
	}
	return refused("exper: the address is for the first %d seconds of the file itself", int64(g.Preview.Seconds()))
}

// carries reports whether a file names others, whose addresses are to carry the query of its own.
func (f playable) carries() bool {
	return f.part != 0 && f.grant.Query != "" && (f.webVTT() || strings.Contains(strings.ToLower(f.contentType), "mpegurl"))
}

func (f playable) webVTT() bool { return strings.HasPrefix(f.contentType, "text/vtt") }

// servePartList serves a list of parts among them, its addresses with the query.
func servePartList(w http.ResponseWriter, r *http.Request, f playable, object *Object) {
	text, err := io.ReadAll(io.LimitReader(object, maxPartList))
	if err != nil {
		http.Error(w, fmt.Sprintf("the playlist of file %s cannot be read", f.ID), http.StatusServiceUnavailable)
		return
	}
	list := PlaylistLine
	if f.webVTT() {
		list = webVTTLine
	}
	h := w.Header()
	h.Set("Cache-Control", "private, no-cache")
	h.Del("ETag")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(withQuery(text, f.grant.Query, list)))
}

// withQuery adds a query to every address in a list, in whose lines another function does it.
func withQuery(list []byte, query string, inLine func(line, query string) string) []byte {
	var out bytes.Buffer
	for line := range strings.Lines(string(list)) {
		out.WriteString(inLine(strings.TrimRight(line, "\r\n"), query) + "\n")
	}
	return out.Bytes()
}

// PlaylistLine adds a query to the address that a line of a playlist (RFC 8216) has: it is one, or a tag that may have one.
func PlaylistLine(line, query string) string {
	if line == "" {
		return line
	}
	if line[0] != '#' {
		return addQuery(line, query)
	}
	before, rest, ok := strings.Cut(line, `URI="`)
	if !ok {
		return line
	}
	uri, after, ok := strings.Cut(rest, `"`)
	if !ok {
		return line
	}
	return before + `URI="` + addQuery(uri, query) + `"` + after
}

// webVTTLine does so for a WebVTT of pictures, which are places in larger ones.
func webVTTLine(line, query string) string {
	if picture, place, ok := strings.Cut(line, "#xywh="); ok {
		return addQuery(picture, query) + "#xywh=" + place
	}
	return line
}

// addQuery adds a query, which may be empty, to an address, which may have one.
func addQuery(address, query string) string {
	if query != "" && strings.Contains(address, "?") {
		return address + "&" + strings.TrimPrefix(query, "?")
	}
	return address + query
}

// listWriter adds a query to every address of the playlist that is written to it. Flush comes last.
type listWriter struct {
	w     io.Writer
	query string
	rest  []byte // the line under way
}

// Write takes a piece of the playlist.
func (l *listWriter) Write(b []byte) (int, error) {
	l.rest = append(l.rest, b...)
	end := bytes.LastIndexByte(l.rest, '\n') + 1
	if _, err := l.w.Write(withQuery(l.rest[:end], l.query, PlaylistLine)); err != nil {
		return 0, err
	}
	l.rest = append(l.rest[:0], l.rest[end:]...)
	return len(b), nil
}

// Flush writes a last line without an end.
func (l *listWriter) Flush() error {
	if len(l.rest) == 0 {
		return nil
	}
	_, err := io.WriteString(l.w, PlaylistLine(string(l.rest), l.query))
	return err
}
