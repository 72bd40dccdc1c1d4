package compose

import (
	"cmp"
	"slices"
	"time"

	"aircheck/vod"
)

// choose picks of each session the recording that holds the most, and cuts where sessions overlap.
func choose(found []vod.Asset, q *Splice) (out []recording) {
	groups := map[series][]recording{}
	for _, a := range found {
		if a.SubAppID != q.SubAppID || a.SourceType != vod.SourceRecord && a.SourceType != "" || a.Forbidden || a.Status == vod.StatusLost ||
			a.ObjectKey == "" {
			continue
		}
		r := recording{Asset: a, from: later(a.Start, q.Start), to: earlier(a.End, q.End)}
		if r.from.Before(r.to) {
			groups[r.series()] = append(groups[r.series()], r)
		}
	}
	best := map[string]series{}
	for k, g := range groups {
		have, ok := best[k.session]
		if !ok || better(g, groups[have]) {
			best[k.session] = k
		}
	}
	for _, k := range best {
		out = append(out, groups[k]...)
	}
	slices.SortFunc(out, func(a, b recording) int { return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.ID, b.ID)) })
	return disjoin(out)
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// better reports whether a recording of a session is to be taken rather than another: with pictures rather than without, then the one that
// holds more, then by what the format keeps of the media and its times.
func better(a, b []recording) bool {
	if x, y := pictures(a), pictures(b); x != y {
		return x
	}
	if d := covers(a) - covers(b); d.Abs() > sameSeries {
		return d > 0
	}
	if x, y := rank(a), rank(b); x != y {
		return x < y
	}
	return a[0].ID < b[0].ID
}

func pictures(g []recording) bool {
	return slices.ContainsFunc(g, func(r recording) bool {
		return slices.ContainsFunc(r.Tracks, func(t vod.Track) bool { return t.Kind == "video" })
	})
}

func covers(g []recording) (sum time.Duration) {
	for _, r := range g {
		sum += r.to.Sub(r.from)
	}
	return sum
}

func rank(g []recording) int {
	i := slices.Index([]string{"mp4", "hls", "flv", "aac"}, g[0].Container)
	if i < 0 {
		return 9
	}
	return i
}

// disjoin ends a file where the next one begins, and leaves out what lies in another one whole. Files of one recording only seem to overlap.
func disjoin(files []recording) (out []recording) {
	for _, r := range files {
		if n := len(out); n > 0 {
			last := &out[n-1]
			related := last.series() == r.series() && last.to.Sub(r.from) < roughly
			switch {
			case !last.to.After(r.from) || related:
			case !r.to.After(last.to):
				continue
			case !r.from.After(last.from):
				out = out[:n-1]
			default:
				last.to = r.from
			}
		}
		out = append(out, r)
	}
	return out
}
