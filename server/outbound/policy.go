// Package outbound is how the server connects to addresses that its users name, such as those of callbacks: it refuses what only the
// machine itself should reach. What counts is the address that is dialled, after names were resolved.
package outbound

import (
	"fmt"
	"net/netip"
	"strings"
)

// RefusedError tells why an address is not connected to.
type RefusedError struct {
	// Host is as it was named, Addr what it stands for, Kind what that is.
	Host string
	Addr netip.Addr
	Kind string
	// Fix says which key of the configuration lets it through.
	Fix string
}

// Error says what is refused, and what would let it through.
func (e *RefusedError) Error() string {
	what := e.Addr.String()
	if e.Host != what && e.Host != "" {
		what = e.Host + " (" + what + ")"
	}
	return fmt.Sprintf("connecting to %s is refused: %s; %s", what, e.Kind, e.Fix)
}

// Policy says what may be connected to. Make it with New; its methods may be called from any goroutine.
type Policy struct {
	hosts    map[string]bool
	networks []netip.Prefix
	private  bool
	loopback bool
}

// New makes a policy. allow lists hosts, addresses and networks (CIDR) that may be connected to whatever they are; private lets private
// networks through, loopback this machine.
func New(allow []string, private, loopback bool) (*Policy, error) {
	p := &Policy{hosts: map[string]bool{}, private: private, loopback: loopback}
	for _, s := range allow {
		if n, err := netip.ParsePrefix(s); err == nil {
			p.networks = append(p.networks, n.Masked())
			continue
		}
		if a, err := netip.ParseAddr(strings.Trim(s, "[]")); err == nil {
			a = plain(a)
			p.networks = append(p.networks, netip.PrefixFrom(a, a.BitLen()))
			continue
		}
		if !validHost(s) {
			return nil, fmt.Errorf("%q is neither a host nor an address nor a network such as 10.0.0.0/8", s)
		}
		p.hosts[cleanHost(s)] = true
	}
	return p, nil
}

func validHost(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return r != '-' && r != '.' && r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	})
}

func cleanHost(s string) string { return strings.TrimSuffix(strings.ToLower(s), ".") }

// Check reports, as a *RefusedError, why a host may not be connected to at that address.
func (p *Policy) Check(host string, addr netip.Addr) error {
	addr = plain(addr)
	if p.hosts[cleanHost(host)] {
		return nil
	}
	for _, n := range p.networks {
		if n.Contains(addr) {
			return nil
		}
	}
	refuse := func(kind, fix string) error { return &RefusedError{Host: host, Addr: addr, Kind: kind, Fix: fix} }
	const list = "list it under outbound.allow if that is intended"
	switch {
	case !addr.IsValid():
		return refuse("it is no address", list)
	case in(addr, metadata()):
		return refuse("it is where clouds keep a machine's secrets", list)
	case addr.IsLoopback():
		if p.loopback {
			return nil
		}
		return refuse("it is this machine, which is reached by default only while http.address is a loopback address", list)
	case addr.IsLinkLocalUnicast():
		return refuse("it is a link-local address", list)
	case in(addr, unspecified()):
		return refuse("it is an unspecified address", list)
	case addr.IsMulticast() || addr == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
		return refuse("it is an address of many machines", list)
	case addr.IsPrivate() || in(addr, shared()):
		if p.private {
			return nil
		}
		return refuse("it is in a private network", "set outbound.private to true, or "+list)
	}
	return nil
}

// CheckHost does what can be told of a host without resolving its name.
func (p *Policy) CheckHost(host string) error {
	if a, err := netip.ParseAddr(host); err == nil {
		return p.Check(host, a)
	}
	if name := cleanHost(host); name == "localhost" || strings.HasSuffix(name, ".localhost") {
		return p.Check(host, netip.AddrFrom4([4]byte{127, 0, 0, 1}))
	}
	return nil
}

// plain brings the forms in which IPv6 writes an IPv4 address to that address: mapped (RFC 4291), and that of a NAT64 (RFC 6052).
func plain(a netip.Addr) netip.Addr {
	a = a.Unmap().WithZone("")
	if a.Is6() && netip.MustParsePrefix("64:ff9b::/96").Contains(a) {
		b := a.As16()
		return netip.AddrFrom4([4]byte(b[12:]))
	}
	return a
}

func in(a netip.Addr, networks []netip.Prefix) bool {
	for _, n := range networks {
		if n.Contains(a) {
			return true
		}
	}
	return false
}

// metadata are the addresses of cloud metadata services that lie in networks which are let through otherwise.
func metadata() []netip.Prefix {
	return []netip.Prefix{
		netip.MustParsePrefix("169.254.169.254/32"),
		netip.MustParsePrefix("fd00:ec2::254/128"),
		netip.MustParsePrefix("fd20:ce::254/128"),
		netip.MustParsePrefix("fd00:42::42/128"),
		netip.MustParsePrefix("100.100.100.200/32"),
		netip.MustParsePrefix("192.0.0.192/32"),
		netip.MustParsePrefix("168.63.129.16/32"),
	}
}

// unspecified are the addresses of "this network" (RFC 1122), which connect to this machine.
func unspecified() []netip.Prefix {
	return []netip.Prefix{netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("::/128")}
}

// shared is the space between a provider and its customers (RFC 6598).
func shared() []netip.Prefix { return []netip.Prefix{netip.MustParsePrefix("100.64.0.0/10")} }
