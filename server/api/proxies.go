package api

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// Proxies are the networks of reverse proxies whose X-Forwarded-For and X-Forwarded-Proto are believed.
type Proxies []netip.Prefix

// ParseProxies reads addresses and networks such as "10.0.0.0/8".
func ParseProxies(list []string) (Proxies, error) {
	out := make(Proxies, 0, len(list))
	for _, s := range list {
		if a, err := netip.ParseAddr(s); err == nil {
			out = append(out, netip.PrefixFrom(a, a.BitLen()))
			continue
		}
		p, err := netip.ParsePrefix(s)
		if err != nil {
			return nil, fmt.Errorf("trusted proxy %q: neither an address nor a network such as 10.0.0.0/8", s)
		}
		out = append(out, p)
	}
	return out, nil
}

func (p Proxies) trust(a netip.Addr) bool {
	for _, n := range p {
		if n.Contains(a) {
			return true
		}
	}
	return false
}

// Client returns the address of the client: the peer, or what a trusted peer says.
func (p Proxies) Client(r *http.Request) netip.Addr {
	client := addrOf(r.RemoteAddr)
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for len(hops) > 0 && p.trust(client) {
		a, err := netip.ParseAddr(strings.TrimSpace(hops[len(hops)-1]))
		if err != nil {
			return client
		}
		client, hops = a.Unmap(), hops[:len(hops)-1]
	}
	return client
}

// Secure tells whether the client used TLS, up to a trusted proxy at least.
func (p Proxies) Secure(r *http.Request) bool {
	if r.TLS != nil {
		return true
	}
	values := r.Header.Values("X-Forwarded-Proto")
	if len(values) == 0 || !p.trust(addrOf(r.RemoteAddr)) {
		return false
	}
	for proto := range strings.SplitSeq(strings.Join(values, ","), ",") {
		if !strings.EqualFold(strings.TrimSpace(proto), "https") {
			return false
		}
	}
	return true
}

// Loopback tells whether the client is on this machine. A peer that forwards for others does not count, whether it is
// trusted or not.
func (p Proxies) Loopback(r *http.Request) bool {
	peer := addrOf(r.RemoteAddr)
	local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if !ok || !peer.IsLoopback() || !addrOf(local.String()).IsLoopback() || p.trust(peer) {
		return false
	}
	for _, h := range []string{"Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip"} {
		if r.Header.Get(h) != "" {
			return false
		}
	}
	return true
}

func addrOf(hostPort string) netip.Addr {
	a, err := netip.ParseAddrPort(hostPort)
	if err != nil {
		return netip.Addr{}
	}
	return a.Addr().Unmap()
}
