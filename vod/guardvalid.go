package vod

import (
	"fmt"
	"net/url"
	"strings"
)

// Validate reports, as an *InvalidError, what is wrong with it.
func (p *Protection) Validate() error {
	for _, k := range []struct{ field, text string }{{"EncryptedKey", p.Key}, {"BackupKey", p.BackupKey}} {
		if k.text != "" && !validKey(k.text) {
			return &InvalidError{Field: k.field, Reason: fmt.Sprintf("must have %d to %d letters and digits", minKey, maxKey)}
		}
	}
	switch {
	case p.Signed && p.Key == "":
		return &InvalidError{Field: "EncryptedKey", Reason: "is needed where addresses are to be signed"}
	case p.Lifetime < 0 || p.Lifetime > MaxLifetime:
		return &InvalidError{Field: "Lifetime", Reason: "must be 0 to 315360000 seconds"}
	case p.RefererMode != RefererAny && p.RefererMode != RefererWhite && p.RefererMode != RefererBlack:
		return &InvalidError{Field: "AuthType", Reason: "must be Black or White"}
	case len(p.Referers) > MaxReferers:
		return &InvalidError{Field: "Referers", Reason: fmt.Sprintf("must have at most %d elements", MaxReferers)}
	case len(p.Origins) > MaxOrigins:
		return &InvalidError{Field: "Origins", Reason: fmt.Sprintf("must have at most %d elements", MaxOrigins)}
	}
	for _, r := range p.Referers {
		host := strings.TrimPrefix(r, "*.")
		if r != "*" && (host == "" || len(r) > 253 || strings.ContainsAny(host, "/:*?#@, \t\r\n")) {
			return &InvalidError{Field: "Referers", Reason: fmt.Sprintf("has %q, which is neither a host name nor one behind \"*.\"", r)}
		}
	}
	for i, o := range p.Origins {
		u, err := url.Parse(o)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.Scheme+"://"+u.Host != o {
			return &InvalidError{Field: "Origins", Reason: fmt.Sprintf("has %q, which is no origin such as https://example.com", o)}
		}
		p.Origins[i] = strings.ToLower(o)
	}
	return nil
}

func validKey(k string) bool {
	if len(k) < minKey || len(k) > maxKey {
		return false
	}
	return !strings.ContainsFunc(k, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	})
}
