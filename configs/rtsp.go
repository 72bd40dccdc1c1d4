package configs

import (
	"net"
	"strconv"
	"time"
)

// RTSP is the rtsp section.
type RTSP struct {
	Address             string        `yaml:"address"`
	TLSAddress          string        `yaml:"tls_address"`
	UDPRTPAddress       string        `yaml:"udp_rtp_address"`
	UDPRTCPAddress      string        `yaml:"udp_rtcp_address"`
	MaxConnections      int           `yaml:"max_connections"`
	MaxConnectionsPerIP int           `yaml:"max_connections_per_ip"`
	HandshakeTimeout    time.Duration `yaml:"handshake_timeout"`
	IdleTimeout         time.Duration `yaml:"idle_timeout"`
	WriteTimeout        time.Duration `yaml:"write_timeout"`
	Tick                time.Duration `yaml:"tick"`
	LiveTick            time.Duration `yaml:"live_tick"`
}

// validateRTSP checks the rtsp section, but for its address over TLS: see validateAccess.
func (c *Config) validateRTSP(bad func(key, format string, args ...any)) {
	r := c.RTSP
	if r.Address != "" {
		if _, _, err := net.SplitHostPort(r.Address); err != nil {
			bad("rtsp.address", "%q is not host:port; write for example :8554, or nothing to switch it off", r.Address)
		}
	}
	if (r.UDPRTPAddress == "") != (r.UDPRTCPAddress == "") {
		bad("rtsp.udp_rtp_address", "udp_rtp_address and udp_rtcp_address go together: set both or none")
	} else if r.UDPRTPAddress != "" {
		rtp, rtcp := udpPort(r.UDPRTPAddress), udpPort(r.UDPRTCPAddress)
		if (rtp != 0 || rtcp != 0) && (rtp < 0 || rtp%2 != 0 || rtcp != rtp+1) {
			bad("rtsp.udp_rtp_address", "the port for RTP must be even and that for RTCP the next; write for example :8000 and :8001")
		}
	}
	if r.MaxConnections < 1 {
		bad("rtsp.max_connections", "%d is less than 1", r.MaxConnections)
	}
	if r.MaxConnectionsPerIP < 0 {
		bad("rtsp.max_connections_per_ip", "%d is less than 0", r.MaxConnectionsPerIP)
	}
	for _, v := range []struct {
		key       string
		d         time.Duration
		low, high time.Duration
	}{
		{"rtsp.handshake_timeout", r.HandshakeTimeout, time.Second, 10 * time.Minute},
		{"rtsp.idle_timeout", r.IdleTimeout, time.Second, 24 * time.Hour},
		{"rtsp.write_timeout", r.WriteTimeout, time.Second, 10 * time.Minute},
		{"rtsp.tick", r.Tick, 10 * time.Millisecond, 2 * time.Second},
		{"rtsp.live_tick", r.LiveTick, 10 * time.Millisecond, 2 * time.Second},
	} {
		if v.d < v.low || v.d > v.high {
			bad(v.key, "%s is not between %s and %s", v.d, v.low, v.high)
		}
	}
}

// udpPort returns the port of an address, -1 if it has none.
func udpPort(address string) int {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return -1
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return -1
	}
	return int(n)
}
