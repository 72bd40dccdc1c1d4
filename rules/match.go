package rules

import (
	"slices"

	"aircheck/ingest/media"
)

// Match returns the rules that apply to a stream, best first. The first is the one in force, the others are shadowed. A rule
// applies when each of its fields equals the stream's or is empty; the order is the specification's: domain, app
// and stream; domain and stream; domain and app; domain alone.
func Match(key media.StreamKey, rules []Rule) []Rule {
	var out []Rule
	for _, r := range rules {
		if r.applies(key) {
			out = append(out, r)
		}
	}
	slices.SortStableFunc(out, func(a, b Rule) int { return a.priority() - b.priority() })
	return out
}

func (k RuleKey) applies(key media.StreamKey) bool {
	return k.Domain == key.Domain && (k.App == "" || k.App == key.App) && (k.Stream == "" || k.Stream == key.Stream)
}

// priority is the specification's number: 1 is the strongest.
func (k RuleKey) priority() int {
	switch {
	case k.App != "" && k.Stream != "":
		return 1
	case k.Stream != "":
		return 2
	case k.App != "":
		return 3
	}
	return 4
}
