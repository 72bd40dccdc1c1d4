package vod

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxComponent bounds one component of a path on disk, in bytes; it leaves room for a number and an extension.
const maxComponent = 200

// component turns a name into one component of a path: all but letters, digits and "._-" is percent-escaped, as is a dot or dash in front
// and a dot at the end. What is too long is cut, and dots that would end what is left.
func component(name string) string {
	out := make([]byte, 0, maxComponent)
	for i, r := range name {
		size := utf8.RuneLen(r)
		if r == utf8.RuneError {
			_, size = utf8.DecodeRuneInString(name[i:])
		}
		here := name[i : i+size]
		plain := r == '.' && i > 0 && i+size < len(name) || r == '-' && i > 0 || r == '_' ||
			r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r))
		piece := here
		if !plain {
			piece = ""
			for _, b := range []byte(here) {
				piece += fmt.Sprintf("%%%02X", b)
			}
		}
		if len(out)+len(piece) > maxComponent {
			break
		}
		out = append(out, piece...)
	}
	if len(out) == 0 {
		return "file"
	}
	return strings.TrimRight(string(out), ".")
}
