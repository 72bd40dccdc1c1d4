package stream

import (
	"slices"
	"strings"

	"aircheck/ingest/media"
)

// Named returns the keys of the live streams of an app and a name, on whatever domain, ordered.
func (h *Hub) Named(app, name string) []media.StreamKey {
	h.mu.Lock()
	defer h.mu.Unlock()
	var out []media.StreamKey
	for k := range h.live {
		if k.App == app && k.Stream == name {
			out = append(out, k)
		}
	}
	slices.SortFunc(out, func(a, b media.StreamKey) int { return strings.Compare(a.Domain, b.Domain) })
	return out
}
