package audit

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	// MaxText is the length of Entry.Params and Entry.Answer, in bytes.
	MaxText = 2048
	// hidden stands for what is left out.
	hidden = "***"
	// maxValue, maxFields and maxDeep are what is shown of a text, of a list or structure, and of what is nested.
	maxValue  = 512
	maxFields = 64
	maxDeep   = 8
)

// Text writes a tree of maps, lists, texts, numbers and booleans as JSON without secrets: what stands in fields that are named like one, and
// in addresses. What is long is cut, the whole at MaxText.
func Text(tree any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(clean(tree, 0)); err != nil {
		return ""
	}
	return cut(strings.TrimSpace(b.String()), MaxText)
}

func cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	const mark = "…"
	end := most - len(mark)
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + mark
}

// Secret reports whether a field holds something that must not be seen, by its name.
func Secret(name string) bool {
	name = strings.ToLower(name)
	if slices.Contains([]string{"auth", "pass", "pw", "sig", "sign"}, name) { // short ones, which are parts of harmless words
		return true
	}
	for _, harmless := range []string{"accesskeyid", "tagkey", "keyframe", "attributekey"} {
		if strings.Contains(name, harmless) {
			return false
		}
	}
	for _, part := range []string{"key", "secret", "passw", "pwd", "token", "signature", "credential"} {
		if strings.Contains(name, part) {
			return true
		}
	}
	return false
}

func clean(v any, deep int) any {
	if deep > maxDeep {
		return "…"
	}
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		names := slices.Sorted(maps.Keys(v))
		for _, name := range names[:min(len(names), maxFields)] {
			value := clean(v[name], deep+1)
			if _, structure := value.(map[string]any); Secret(name) && !structure && value != nil && value != "" {
				value = hidden // a structure hides what has to be hidden in it
			}
			out[cut(name, maxValue)] = value
		}
		return out
	case []any:
		out := []any{}
		for _, value := range v[:min(len(v), maxFields)] {
			out = append(out, clean(value, deep+1))
		}
		return out
	case string:
		return cut(address(v), maxValue)
	}
	return v
}

var (
	// userinfo is what stands before the host of an address.
	userinfo = regexp.MustCompile(`(?i)([a-z][a-z0-9+.-]*://)[^/?#\s]*@`)
	// pairs are the parameters of an address.
	pairs = regexp.MustCompile(`([?&;])([^=&;#\s]+)=([^&;#\s]+)`)
)

// address hides passwords and signatures in addresses.
func address(text string) string {
	if !strings.Contains(text, "://") && !strings.Contains(text, "?") {
		return text
	}
	text = text[:min(len(text), 4*maxValue)]
	text = userinfo.ReplaceAllString(text, "${1}"+hidden+"@")
	return pairs.ReplaceAllStringFunc(text, func(pair string) string {
		m := pairs.FindStringSubmatch(pair)
		name, err := url.QueryUnescape(m[2])
		if err == nil && !Secret(name) {
			return pair
		}
		return m[1] + m[2] + "=" + hidden
	})
}
