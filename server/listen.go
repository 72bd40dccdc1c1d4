package server

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
)

// unheard says which key of the configuration names an address that cannot be listened on, and how to choose another one.
func unheard(key string, err error) error {
	remedy := ""
	if errors.Is(err, syscall.EADDRINUSE) {
		variable := "AIRCHECK_" + strings.ToUpper(strings.ReplaceAll(key, ".", "_"))
		remedy = fmt.Sprintf("; stop what listens there, or choose another one by %s in the configuration file or by %s", key, variable)
	}
	return fmt.Errorf("%s: %w%s", key, err, remedy)
}

// whichKey returns the second key if its address is the one that err is about, otherwise the first.
func whichKey(err error, first, second, address string) string {
	var op *net.OpError
	_, port, bad := net.SplitHostPort(address)
	if errors.As(err, &op) && op.Addr != nil && bad == nil {
		if _, at, _ := net.SplitHostPort(op.Addr.String()); at == port {
			return second
		}
	}
	return first
}

// rtspKey returns the key of the address of RTSP that err is about.
func rtspKey(err error, tlsAddress string) string {
	var op *net.OpError
	if errors.As(err, &op) && op.Net == "udp" {
		return "rtsp.udp_rtp_address"
	}
	return whichKey(err, "rtsp.address", "rtsp.tls_address", tlsAddress)
}
