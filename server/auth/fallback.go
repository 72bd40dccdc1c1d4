package auth

import (
	"slices"
	"strings"
)

// form is what of a request a client may have signed in another form than it was sent.
type form struct {
	host, path, query string
	// lowered: header values were trimmed and lower-cased.
	lowered bool
	// dotted: "_" in parameter names was written as ".".
	dotted bool
}

// fallback is one known way in which clients sign something else than they send. apply returns the forms to be tried
// beside f.
type fallback struct {
	name  string
	apply func(v *Verifier, f form) []form
}

// The rows are independent, so each also applies to what the rows above it yield.
var (
	hostWithoutPort = fallback{"host without its port", func(_ *Verifier, f form) []form {
		f.host = withoutPort(f.host)
		return []form{f}
	}}
	publicHost = fallback{"a public host, behind a proxy", func(v *Verifier, f form) []form {
		var out []form
		for _, h := range v.PublicHosts {
			f.host = h
			out = append(out, f)
			f.host = withoutPort(h)
			out = append(out, f)
		}
		return out
	}}
	rootPath = fallback{"path / whatever the path", func(_ *Verifier, f form) []form {
		f.path = "/"
		return []form{f}
	}}
	sortedQuery = fallback{"query in sorted order", func(_ *Verifier, f form) []form {
		parts := strings.Split(f.query, "&")
		slices.Sort(parts)
		f.query = strings.Join(parts, "&")
		return []form{f}
	}}
	loweredValues = fallback{"header values trimmed and lower-cased", func(_ *Verifier, f form) []form {
		f.lowered = true
		return []form{f}
	}}
	dottedNames = fallback{"_ in parameter names as .", func(_ *Verifier, f form) []form {
		f.dotted = true
		return []form{f}
	}}
)

// tc3Fallbacks and v1Fallbacks are tried after the request as it was sent.
func tc3Fallbacks() []fallback {
	return []fallback{hostWithoutPort, publicHost, rootPath, sortedQuery, loweredValues}
}

func v1Fallbacks() []fallback { return []fallback{hostWithoutPort, publicHost, rootPath, dottedNames} }

// forms lists what may have been signed, without duplicates, the request as sent first.
func (v *Verifier) forms(sent form, rows []fallback) []form {
	all := []form{sent}
	for _, row := range rows {
		for _, f := range slices.Clone(all) {
			for _, other := range row.apply(v, f) {
				if !slices.Contains(all, other) {
					all = append(all, other)
				}
			}
		}
	}
	return all
}

func withoutPort(host string) string {
	i := strings.LastIndexByte(host, ':')
	if i < 0 || strings.HasSuffix(host, "]") {
		return host
	}
	return host[:i]
}
