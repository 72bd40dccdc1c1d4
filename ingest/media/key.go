// Package media is the vocabulary that every other package shares: stream keys, codecs, tracks and
// units. It is a leaf: it knows no protocol, no container, no clock and no goroutine.
package media

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits of a stream key.
const (
	// MaxAppDepth is how many path components an app may have.
	MaxAppDepth = 4
	// MaxNameBytes is the length of one path component, in bytes.
	MaxNameBytes = 255
	// DefaultApp is the app of an address with one path component.
	DefaultApp = "live"
)

// reservedApps are first path components that belong to the server's own HTTP faces. A stream named
// so could never be played, which is why it is refused when it is published.
var reservedApps = []string{"api", "console", "healthz", "metrics", "play", "readyz", "vod"}

// ErrBadPath is wrapped by every error of ParsePath and StreamKey.Validate.
var ErrBadPath = errors.New("bad stream path")

// StreamKey names a live stream. Two streams that differ in any field are live side by side.
type StreamKey struct {
	// Domain is the push domain: lower case, no port.
	Domain string
	// App is the push path (Tencent's AppName): one to MaxAppDepth components joined by "/".
	App string
	// Stream is the stream name: one component, without query.
	Stream string
}

// String returns "domain/app/stream".
func (k StreamKey) String() string { return k.Domain + "/" + k.App + "/" + k.Stream }

// Validate reports the first field that no stream may have, wrapped in ErrBadPath.
func (k StreamKey) Validate() error {
	if k.Domain == "" {
		return fmt.Errorf("%w: the domain is empty", ErrBadPath)
	}
	parts := strings.Split(k.App, "/")
	if len(parts) > MaxAppDepth {
		return fmt.Errorf("%w: app %q has %d components, at most %d are allowed", ErrBadPath, k.App, len(parts), MaxAppDepth)
	}
	if slices.Contains(reservedApps, parts[0]) {
		return fmt.Errorf("%w: app %q is reserved for the server's own pages; use another, such as %q",
			ErrBadPath, parts[0], DefaultApp)
	}
	for _, p := range append(parts, k.Stream) {
		if err := validName(p); err != nil {
			return err
		}
	}
	return nil
}

func validName(p string) error {
	switch {
	case p == "":
		return fmt.Errorf("%w: a component is empty", ErrBadPath)
	case len(p) > MaxNameBytes:
		return fmt.Errorf("%w: a component has %d bytes, at most %d are allowed", ErrBadPath, len(p), MaxNameBytes)
	case !utf8.ValidString(p):
		return fmt.Errorf("%w: %q is not UTF-8", ErrBadPath, p)
	case strings.ContainsRune(p, '/'):
		return fmt.Errorf("%w: %q has a slash", ErrBadPath, p)
	case p == "." || p == "..":
		return fmt.Errorf("%w: a component is %q", ErrBadPath, p)
	case strings.ContainsFunc(p, unicode.IsControl):
		return fmt.Errorf("%w: %q has a control character", ErrBadPath, p)
	}
	return nil
}

// SplitPath splits "app/stream" at the last slash: the stream is the last component, the app all
// before it. One component alone belongs to DefaultApp. Leading and trailing slashes are ignored.
// The result is not validated.
func SplitPath(path string) (app, stream string) {
	path = strings.Trim(path, "/")
	i := strings.LastIndexByte(path, '/')
	if i < 0 {
		return DefaultApp, path
	}
	return strings.TrimRight(path[:i], "/"), path[i+1:]
}
