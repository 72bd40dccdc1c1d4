package vod

import (
	"mime"
	"net/http"
	"strings"
	"unicode/utf8"
)

// exposedHeaders are what pages of other origins may read of an answer.
const exposedHeaders = "Accept-Ranges, Content-Length, Content-Range, Content-Disposition, ETag, " + HeaderStart + ", " + HeaderEnd

// HeaderStart and HeaderEnd tell where what was cut out of a recording really begins and ends, in seconds of the recording.
const (
	HeaderStart = "Aircheck-Start"
	HeaderEnd   = "Aircheck-End"
)

// longestName is how long the name of a file may be in the file systems that there are, in bytes.
const longestName = 255

// DownloadName returns the name under which a file is to be saved, and "" if it is to be played: with "download=1" its own, with
// anything else that, with the extension.
func DownloadName(r *http.Request, a Asset, ext string) string {
	name := r.URL.Query().Get("download")
	switch name {
	case "", "0":
		return ""
	case "1", "true":
		return a.Name + ext
	}
	name = strings.Map(func(c rune) rune {
		if c < ' ' || c == 0x7f || c == utf8.RuneError {
			return '_'
		}
		return c
	}, strings.TrimSuffix(name, ext))
	for len(name) > longestName-len(ext) {
		_, size := utf8.DecodeLastRuneInString(name)
		name = name[:len(name)-size]
	}
	return name + ext
}

// Attachment is the Content-Disposition (RFC 6266) that makes a browser save a file under this name.
func Attachment(name string) string {
	name = strings.Map(func(r rune) rune {
		if r == '/' || r == '\\' {
			return '_'
		}
		return r
	}, name)
	return mime.FormatMediaType("attachment", map[string]string{"filename": name})
}

// preflight answers a page that asks whether it may read.
func (p *Player) preflight(h http.Header, r *http.Request) {
	if p.Guard == nil {
		return
	}
	inside, _ := strings.CutPrefix(r.URL.Path, PlayPrefix)
	first, _, _ := strings.Cut(inside, "/")
	id, err := ParseFileID(first)
	if err != nil {
		return
	}
	if found, err := p.Store.AssetsByID(r.Context(), []FileID{id}); err == nil && len(found) > 0 {
		Grant{Origins: p.Guard.Of(found[0].SubAppID).Origins}.cors(h, r)
	}
}
