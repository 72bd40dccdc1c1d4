package rewind

import (
	"fmt"
	"strings"

	"aircheck/ingest/media"
)

// CoverPatterns returns a Ring's Covers for patterns of DOMAIN/APP/STREAM, where * stands for any run of characters; none cover all
// streams. An app may have slashes: the first part of a pattern is the domain, the last one the stream.
func CoverPatterns(patterns []string) (func(media.StreamKey) bool, error) {
	if len(patterns) == 0 {
		return func(media.StreamKey) bool { return true }, nil
	}
	keys := make([]media.StreamKey, len(patterns))
	for i, p := range patterns {
		domain, rest, _ := strings.Cut(p, "/")
		at := strings.LastIndexByte(rest, '/')
		if domain == "" || at < 1 || at == len(rest)-1 {
			return nil, fmt.Errorf("%q is not DOMAIN/APP/STREAM", p)
		}
		keys[i] = media.StreamKey{Domain: strings.ToLower(domain), App: rest[:at], Stream: rest[at+1:]}
	}
	return func(k media.StreamKey) bool {
		for _, p := range keys {
			if glob(p.Domain, k.Domain) && glob(p.App, k.App) && glob(p.Stream, k.Stream) {
				return true
			}
		}
		return false
	}, nil
}

// glob reports whether a text is what a pattern says.
func glob(pattern, text string) bool {
	head, rest, star := strings.Cut(pattern, "*")
	if !star {
		return text == pattern
	}
	text, ok := strings.CutPrefix(text, head)
	for ok && strings.Contains(rest, "*") {
		head, rest, _ = strings.Cut(rest, "*")
		_, text, ok = strings.Cut(text, head)
	}
	return ok && strings.HasSuffix(text, rest)
}
