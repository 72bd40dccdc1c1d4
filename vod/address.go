package vod

import (
	"cmp"
	"net/url"
	"path"
	"strings"
)

// FileOf returns the asset that a play address of ours means, and the extension in it with its dot: ".mp4", ".m3u8". The address is
// what PlayPath says, with or without scheme, host and query; ok is false for anything else. Nothing is ever fetched: what an address
// of another server means, if its path is like ours, is the file of our catalogue with that FileId.
func FileOf(address string) (id FileID, ext string, ok bool) {
	const longest = 4 << 10 // more than any address that PlayPath makes
	if len(address) > longest {
		return 0, "", false
	}
	u, err := url.Parse(address)
	if err != nil || u.Opaque != "" || u.User != nil {
		return 0, "", false
	}
	switch u.Scheme {
	case "", "http", "https":
	default:
		return 0, "", false
	}
	// A name may have slashes, which are escaped; what else is escaped is no matter.
	inside, ours := strings.CutPrefix(cmp.Or(u.RawPath, u.EscapedPath()), PlayPrefix)
	first, name, ok := strings.Cut(inside, "/")
	if !ours || !ok || strings.Contains(name, "/") {
		return 0, "", false
	}
	id, err = ParseFileID(first)
	if err != nil {
		return 0, "", false
	}
	ext = path.Ext(name)
	return id, ext, ext != "" && ext != "."
}

// HostOf returns the host of an address, with its port; empty for one without, and for what is none.
func HostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}
