package store

import (
	"slices"
	"strings"

	"aircheck/vod"
)

// textFilter is what a filter demands of names and descriptions, for those who have to look at the files themselves. Its texts are
// folded.
type textFilter struct {
	names, descriptions []string
	text                string
}

func newTextFilter(f vod.Filter) textFilter {
	return textFilter{names: texts(f.Names, fold), descriptions: texts(f.Descriptions, fold), text: fold(f.Text)}
}

// needed reports whether there is anything to look at.
func (t textFilter) needed() bool { return len(t.names)+len(t.descriptions) > 0 || t.text != "" }

func (t textFilter) matches(name, description string) bool {
	if !t.needed() {
		return true
	}
	name, description = fold(name), fold(description)
	return inOne(name, t.names) && inOne(description, t.descriptions) &&
		(strings.Contains(name, t.text) || strings.Contains(description, t.text))
}

// inOne reports whether one of the parts is in the text; no parts are in any.
func inOne(text string, parts []string) bool {
	return len(parts) == 0 || slices.ContainsFunc(parts, func(p string) bool { return strings.Contains(text, p) })
}
