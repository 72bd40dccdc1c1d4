package server

import (
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"aircheck/configs"
)

// TestAddressesHaveThePortListenedOn: with port 0 the system chooses one, and that is the one to push to.
func TestAddressesHaveThePortListenedOn(t *testing.T) {
	s, _ := start(t, testConfig(t), slog.New(slog.DiscardHandler))
	d, err := s.domains.Describe(s.cfg.Domains.BuiltIn)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]int{"rtmp": port(s.rtmp.Addr()), "rtsp": port(s.rtsp.Addr()), "page": port(s.listener.Addr()), "hls": port(s.listener.Addr())}
	for _, a := range s.addresses(d, "live", "show", "", time.Now().Add(time.Hour)) {
		u, err := url.Parse(a.Url)
		if err != nil {
			t.Fatal(err)
		}
		if n, known := want[a.Protocol]; known && u.Port() != fmt.Sprint(n) || u.Port() == "0" {
			t.Errorf("%s, not port %d", a.Url, n)
		}
	}
}

// TestHosts: those are named at which publishers can come, the public URL's first, and no more than a few.
func TestHosts(t *testing.T) {
	network := func(prefixes ...string) (all []net.Addr) {
		for _, p := range prefixes {
			ip, n, err := net.ParseCIDR(p)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, &net.IPNet{IP: ip, Mask: n.Mask})
		}
		return all
	}
	usual := network("127.0.0.1/8", "2001:db8::7/64", "192.0.2.7/24", "::1/128", "fe80::1/64", "10.0.0.7/8")
	var many []string
	for i := range 40 {
		many = append(many, fmt.Sprintf("10.1.0.%d/16", i+1))
	}
	for name, c := range map[string]struct {
		rtmp, rtsp, public string
		has                []net.Addr
		want               string
	}{
		"everywhere":           {":1935", "", "", usual, "192.0.2.7 10.0.0.7 2001:db8::7"},
		"with a public URL":    {":1935", "", "https://live.example.com/x", usual, "live.example.com 192.0.2.7 10.0.0.7 2001:db8::7"},
		"IPv4":                 {"0.0.0.0:1935", "", "", usual, "192.0.2.7 10.0.0.7"},
		"this machine alone":   {"127.0.0.1:1935", "localhost:554", "", usual, ""},
		"one address":          {"127.0.0.1:1935", "10.0.0.7:554", "", usual, "10.0.0.7"},
		"the public URL's own": {":1935", "", "http://192.0.2.7:8080", usual, "192.0.2.7 10.0.0.7 2001:db8::7"},
	} {
		cfg := configs.Default()
		cfg.RTMP.Address, cfg.RTSP.Address, cfg.HTTP.PublicURL = c.rtmp, c.rtsp, c.public
		if got := strings.Join(hostsOf(cfg, c.has), " "); got != c.want {
			t.Errorf("%s: %q, not %q", name, got, c.want)
		}
	}
	if got := hostsOf(configs.Default(), network(many...)); len(got) != mostHosts || slices.Contains(got, "10.1.0.40") {
		t.Errorf("%d hosts: %v", len(got), got)
	}
}
