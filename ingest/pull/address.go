package pull

import (
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// maxURL is how many bytes an address may have.
const maxURL = 10 << 10

// Hidden stands where a secret is not shown.
const Hidden = "***"

// schemes that can be fetched.
func schemes() []string { return []string{"rtsp", "rtsps", "rtmp", "rtmps"} }

// ParseURL reads the address of a source (*InvalidError). The error does not hold the address, which may have secrets.
func ParseURL(text string) (*url.URL, error) {
	bad := func(format string, args ...any) error {
		return &InvalidError{Field: "FromUrl", Reason: fmt.Sprintf(format, args...)}
	}
	text = strings.TrimSpace(text)
	switch {
	case text == "":
		return nil, bad("is empty; write for example rtsp://user:password@192.168.1.20/stream1")
	case len(text) > maxURL:
		return nil, bad("has %d bytes, at most %d are allowed", len(text), maxURL)
	case len(strings.Fields(text)) > 1:
		return nil, bad("holds more than one address, or a space; give one, with %%20 for spaces")
	case strings.ContainsFunc(text, unicode.IsControl):
		return nil, bad("has a control character")
	}
	scheme, _, found := strings.Cut(text, "://")
	if scheme = strings.ToLower(scheme); !found || !slices.Contains(schemes(), scheme) {
		return nil, bad("the scheme %.20q cannot be fetched; those are %s", scheme, strings.Join(schemes(), ", "))
	}
	u, err := url.Parse(text)
	if err != nil {
		return nil, bad("is no URL; in user and password write %%40 for @, %%3A for :, %%2F for /, %%23 for # and %%25 for %%")
	}
	if u.Hostname() == "" {
		return nil, bad("names no host")
	}
	if p := u.Port(); p != "" || strings.HasSuffix(u.Host, ":") {
		if n, err := strconv.Atoi(p); err != nil || n < 1 || n > 65535 {
			return nil, bad("the port %.10q is not between 1 and 65535", p)
		}
	}
	if strings.HasPrefix(scheme, "rtmp") && strings.Trim(u.Path, "/") == "" {
		return nil, bad("names no stream; write for example rtmp://host/app/stream")
	}
	u.Fragment, u.RawFragment = "", ""
	return u, nil
}

// Mask returns an address without its secrets: the password, the values of the query, and passwords in the path as some cameras have them.
func Mask(text string) string {
	u, err := url.Parse(strings.TrimSpace(text))
	if err != nil {
		return Hidden
	}
	var b strings.Builder
	b.WriteString(u.Scheme + "://")
	if u.User != nil {
		b.WriteString(url.User(u.User.Username()).String())
		if _, has := u.User.Password(); has {
			b.WriteString(":" + Hidden)
		}
		b.WriteString("@")
	}
	b.WriteString(u.Host + maskPath(u.EscapedPath()))
	if u.RawQuery == "" {
		return b.String()
	}
	for i, pair := range strings.Split(u.RawQuery, "&") {
		b.WriteString([]string{"?", "&"}[min(i, 1)])
		name, _, valued := strings.Cut(pair, "=")
		switch {
		case valued:
			b.WriteString(name + "=" + Hidden)
		case pair != "":
			b.WriteString(Hidden)
		}
	}
	return b.String()
}

// maskPath hides what follows "password=" and the like in a path or a text, up to the next separator.
func maskPath(text string) string {
	for _, word := range []string{"password", "passwd", "pwd", "pass", "token"} {
		small, done := lower(text), 0
		var b strings.Builder
		for at := 0; ; {
			i := strings.Index(small[at:], word)
			if i < 0 {
				break
			}
			at += i + len(word)
			is := equals(small[at:])
			if is == 0 {
				continue
			}
			at += is
			b.WriteString(text[done:at] + Hidden)
			at += valueEnd(text[at:])
			done = at
		}
		text = b.String() + text[done:]
	}
	return text
}

// lower makes the letters of ASCII small, and leaves the number of bytes as it is.
func lower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] += 'a' - 'A'
		}
	}
	return string(b)
}

// equals is how many bytes of a text in small letters are its beginning "=", as it is or escaped; 0 for none.
func equals(text string) int {
	switch {
	case strings.HasPrefix(text, "="):
		return 1
	case strings.HasPrefix(text, "%3d"):
		return 3
	}
	return 0
}

// valueEnd is where the value ends that a text begins with. Cameras put "_" between their parameters, which passwords may have too: it
// ends a value only where another parameter follows.
func valueEnd(text string) int {
	const ends = "&/;, \t\r\n\"'<>?"
	for i := range len(text) {
		if strings.IndexByte(ends, text[i]) >= 0 {
			return i
		}
		if text[i] != '_' {
			continue
		}
		next := text[i+1:]
		if to := strings.IndexAny(next, "_"+ends); to >= 0 {
			next = next[:to]
		}
		if name, _, is := strings.Cut(next, "="); is && name != "" {
			return i
		}
	}
	return len(text)
}

// scrub takes what of an address is secret out of a text, such as an error that quotes it, in whatever form it does.
func scrub(text string, u *url.URL) string {
	secrets := []string{u.String(), u.RawQuery}
	add := func(raw, plain string) {
		secrets = append(secrets, raw, plain)
		for _, form := range []string{url.QueryEscape(plain), url.PathEscape(plain)} {
			secrets = append(secrets, form, strings.ToLower(form))
		}
		quoted := strconv.Quote(plain)
		secrets = append(secrets, quoted[1:len(quoted)-1])
	}
	if p, ok := u.User.Password(); ok {
		both := u.User.String()
		_, raw, _ := strings.Cut(both, ":")
		secrets = append(secrets, both, strings.ToLower(raw))
		add(raw, p)
	}
	for pair := range strings.SplitSeq(u.RawQuery, "&") {
		_, value, _ := strings.Cut(pair, "=")
		plain, err := url.QueryUnescape(value)
		if err != nil {
			plain = value
		}
		secrets = append(secrets, strings.ToLower(value))
		add(value, plain)
	}
	slices.SortFunc(secrets, func(a, b string) int { return len(b) - len(a) })
	for _, s := range secrets {
		if len(s) > 2 {
			text = strings.ReplaceAll(text, s, Hidden)
		}
	}
	return maskPath(text)
}

// cleanFingerprint brings a SHA-256 to 64 hexadecimal digits, or returns an *InvalidError.
func cleanFingerprint(s string) (string, error) {
	s = strings.ToLower(strings.Map(func(r rune) rune {
		if r == ':' || r == ' ' {
			return -1
		}
		return r
	}, s))
	if _, err := hex.DecodeString(s); err != nil || len(s) != 0 && len(s) != 2*sha256.Size {
		return "", &InvalidError{Field: "Fingerprint", Reason: "is not the SHA-256 of a certificate: 64 hexadecimal digits, with or without colons"}
	}
	return s, nil
}

// tlsConfig says which certificates are good.
func (c *Config) tlsConfig(host string) *tls.Config {
	cfg := &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	switch {
	case c.Fingerprint != "":
		cfg.InsecureSkipVerify = true // what the certificate must be is known better
		cfg.VerifyConnection = func(s tls.ConnectionState) error {
			if len(s.PeerCertificates) == 0 {
				return errors.New("the source has no certificate")
			}
			if have := fmt.Sprintf("%x", sha256.Sum256(s.PeerCertificates[0].Raw)); have != c.Fingerprint {
				return fmt.Errorf("the certificate of the source has the fingerprint %s, not the one that is configured", have)
			}
			return nil
		}
	case c.Insecure:
		cfg.InsecureSkipVerify = true // as configured
	}
	return cfg
}
