package server

import (
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"

	"aircheck/configs"
)

// mostHosts is how many hosts are named at most: machines with containers have dozens of addresses.
const mostHosts = 16

// heard is the configuration with the ports that are really listened on: with port 0 the system chooses one.
func (s *Server) heard() configs.Config {
	cfg := s.cfg
	cfg.RTMP.Address = chosenPort(cfg.RTMP.Address, s.rtmp.Addr())
	cfg.RTMP.TLSAddress = chosenPort(cfg.RTMP.TLSAddress, s.rtmp.TLSAddr())
	cfg.HTTP.Address = chosenPort(cfg.HTTP.Address, s.listener.Addr())
	if s.secured != nil {
		cfg.HTTP.TLSAddress = chosenPort(cfg.HTTP.TLSAddress, s.secured.Addr())
	}
	if s.rtsp != nil {
		cfg.RTSP.Address = chosenPort(cfg.RTSP.Address, s.rtsp.Addr())
		cfg.RTSP.TLSAddress = chosenPort(cfg.RTSP.TLSAddress, s.rtsp.TLSAddr())
	}
	return cfg
}

// chosenPort is an address with the port that is listened on, where the system chose it.
func chosenPort(address string, at net.Addr) string {
	host, number, err := net.SplitHostPort(address)
	tcp, ok := at.(*net.TCPAddr)
	if err != nil || !ok || number != "0" {
		return address
	}
	return net.JoinHostPort(host, strconv.Itoa(tcp.Port))
}

// hosts are those by which others may reach this machine: the public URL's, and the addresses of its networks.
func (s *Server) hosts() []string {
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		s.log.Warn("the addresses of this machine cannot be read", "error", err)
	}
	return hostsOf(s.cfg, addresses)
}

// hostsOf are the hosts among a machine's addresses that something for streams listens on, IPv4 first, and before them the public URL's.
func hostsOf(cfg configs.Config, addresses []net.Addr) []string {
	var out, four, six []string
	if u, err := url.Parse(cfg.HTTP.PublicURL); err == nil && u.Host != "" {
		out = append(out, u.Hostname())
	}
	for _, a := range addresses {
		prefix, err := netip.ParsePrefix(a.String())
		ip := prefix.Addr().Unmap()
		switch {
		case err != nil || !ip.IsGlobalUnicast() || !listens(cfg, ip):
		case ip.Is4():
			four = append(four, ip.String())
		default:
			six = append(six, ip.String())
		}
	}
	for _, ip := range append(four, six...) {
		if len(out) < mostHosts && !slices.Contains(out, ip) {
			out = append(out, ip)
		}
	}
	return out
}

// listens tells whether publishers or players can come to an address of this machine.
func listens(cfg configs.Config, ip netip.Addr) bool {
	for _, address := range []string{cfg.RTMP.Address, cfg.RTMP.TLSAddress, cfg.RTSP.Address, cfg.RTSP.TLSAddress} {
		host, _, err := net.SplitHostPort(address)
		if err != nil {
			continue
		}
		at, err := netip.ParseAddr(host)
		if host == "" || err == nil && (at.IsUnspecified() && (at.Is6() || ip.Is4()) || at.Unmap() == ip) {
			return true
		}
	}
	return false
}
