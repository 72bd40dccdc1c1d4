package recorder

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"path"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"aircheck/ingest/media"
)

// DefaultFileName is the VodFileName pattern in force when a template has none.
const DefaultFileName = "{StreamID}_{StartYear}-{StartMonth}-{StartDay}-{StartHour}-{StartMinute}-{StartSecond}" +
	"_{EndYear}-{EndMonth}-{EndDay}-{EndHour}-{EndMinute}-{EndSecond}"

// MaxFileName is the length of a VodFileName pattern, in bytes.
const MaxFileName = 255

// ErrBadFileName is wrapped by ValidateFileName.
var ErrBadFileName = errors.New("bad VodFileName")

// maxComponent bounds one component of a path on disk, in bytes; it leaves room for "-2" and an extension.
const maxComponent = 200

// timeFields are the placeholders that follow Start and End, and how time.Format writes them.
var timeFields = map[string]string{
	"Year": "2006", "Month": "01", "Day": "02", "Hour": "15", "Minute": "04", "Second": "05", "Millisecond": ".000",
}

// ValidateFileName reports what is wrong with a VodFileName pattern, wrapped in ErrBadFileName: an unknown
// placeholder, a path separator, a control character, or too great a length. Empty is valid: DefaultFileName.
func ValidateFileName(pattern string) error {
	switch {
	case len(pattern) > MaxFileName:
		return fmt.Errorf("%w: it has %d bytes, at most %d are allowed", ErrBadFileName, len(pattern), MaxFileName)
	case !utf8.ValidString(pattern):
		return fmt.Errorf("%w: it is not UTF-8", ErrBadFileName)
	case strings.ContainsAny(pattern, `/\`):
		return fmt.Errorf("%w: it holds a path separator; folders are made from domain, app and stream", ErrBadFileName)
	case strings.ContainsFunc(pattern, unicode.IsControl):
		return fmt.Errorf("%w: it holds a control character", ErrBadFileName)
	}
	_, err := expandName(pattern, "", time.Time{}, time.Time{})
	return err
}

// expandName replaces the placeholders of a pattern. The times are written in their own location.
func expandName(pattern, streamID string, start, end time.Time) (string, error) {
	if pattern == "" {
		pattern = DefaultFileName
	}
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(pattern, "{")
		out.WriteString(before)
		if !found {
			return out.String(), nil
		}
		name, rest, closed := strings.Cut(rest, "}")
		if !closed {
			return "", fmt.Errorf("%w: a { is not closed", ErrBadFileName)
		}
		value, ok := placeholder(name, streamID, start, end)
		if !ok {
			return "", fmt.Errorf("%w: unknown placeholder {%s}; known are {StreamID} and {StartYear} to {EndMillisecond}",
				ErrBadFileName, name)
		}
		out.WriteString(value)
		pattern = rest
	}
}

func placeholder(name, streamID string, start, end time.Time) (string, bool) {
	if name == "StreamID" {
		return streamID, true
	}
	at := start
	field, ok := strings.CutPrefix(name, "Start")
	if !ok {
		at = end
		if field, ok = strings.CutPrefix(name, "End"); !ok {
			return "", false
		}
	}
	layout, ok := timeFields[field]
	return strings.TrimPrefix(at.Format(layout), "."), ok
}

// component turns any text into one path component, injectively: all but letters, digits and "._-" is
// percent-escaped, as is a dot or dash in front and a dot at the end. What is longer than maxComponent is cut and
// ends in "~" and a hash of the whole; "~" occurs nowhere else.
func component(s string) string {
	var out strings.Builder
	for i, r := range s {
		size := utf8.RuneLen(r)
		if r == utf8.RuneError {
			_, size = utf8.DecodeRuneInString(s[i:])
		}
		switch {
		case r == '.' && i > 0 && i < len(s)-1, r == '-' && i > 0, r == '_',
			r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r)):
			out.WriteString(s[i : i+size])
		default:
			for _, b := range []byte(s[i : i+size]) {
				fmt.Fprintf(&out, "%%%02X", b)
			}
		}
	}
	name := out.String()
	if len(name) <= maxComponent {
		return name
	}
	cut := maxComponent - 17
	for !utf8.RuneStart(name[cut]) {
		cut--
	}
	sum := sha256.Sum256([]byte(s))
	return fmt.Sprintf("%s~%x", name[:cut], sum[:8])
}

// folder is where finished files of a stream lie: domain, app, stream and the day of their start.
func folder(key media.StreamKey, start time.Time) string {
	parts := []string{component(key.Domain)}
	for _, p := range strings.Split(key.App, "/") {
		parts = append(parts, component(p))
	}
	return path.Join(append(parts, component(key.Stream), start.Format(time.DateOnly))...)
}

// bundle is the name of the folder of a file that comes with a playlist. The FileID makes it one of its own.
func bundle(name string, id int64) string {
	return component(name) + "_" + strconv.FormatInt(id, 10)
}

// candidate is the nth choice of an object key: the name itself, then with "-2", "-3" and so on.
func candidate(folder, name, ext string, n int) string {
	suffix := ""
	if n > 1 {
		suffix = fmt.Sprintf("-%d", n)
	}
	return path.Join(folder, component(name)+suffix+"."+ext)
}
