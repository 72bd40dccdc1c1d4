package auth

import (
	"net/netip"
	"strings"
)

// MaxDomainBytes is the length of a domain name (RFC 1035).
const MaxDomainBytes = 253

// CleanHost brings a host to the form in which domains are kept: lower case, without port, without the brackets of an
// IPv6 address and without the dot that ends a fully qualified name.
func CleanHost(host string) string {
	host = strings.ToLower(strings.TrimSpace(host))
	if rest, ok := strings.CutPrefix(host, "["); ok {
		host, _, _ = strings.Cut(rest, "]")
		return host
	}
	if strings.Count(host, ":") == 1 {
		host, _, _ = strings.Cut(host, ":")
	}
	return strings.TrimSuffix(host, ".")
}

// ValidDomain reports, as an *InvalidError, why a cleaned name is neither a host name (RFC 1123) nor an IP address.
func ValidDomain(name string) error {
	bad := func(reason string) error { return &InvalidError{Field: "DomainName", Reason: reason} }
	if name == "" {
		return bad("is empty")
	}
	if len(name) > MaxDomainBytes {
		return bad("is longer than 253 bytes")
	}
	if a, err := netip.ParseAddr(name); err == nil && a.Zone() == "" {
		return nil
	}
	for label := range strings.SplitSeq(name, ".") {
		if !validLabel(label) {
			return bad("is not a host name: letters, digits and hyphens in parts of 1 to 63 bytes, joined by dots")
		}
	}
	return nil
}

func validLabel(l string) bool {
	if l == "" || len(l) > 63 || l[0] == '-' || l[len(l)-1] == '-' {
		return false
	}
	return !strings.ContainsFunc(l, func(r rune) bool {
		return r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z')
	})
}
