package configs

import (
	"net"
	"net/url"
)

// validateAccess checks the hooks and TLS.
func (c *Config) validateAccess(bad func(key, format string, args ...any)) {
	for key, address := range map[string]string{"push.hook": c.Push.Hook, "play.hook": c.Play.Hook} {
		u, err := url.Parse(address)
		if address != "" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
			bad(key, "is not a URL such as http://127.0.0.1:9000/hook")
		}
	}
	if (c.TLS.Certificate == "") != (c.TLS.Key == "") {
		bad("tls.certificate", "certificate and key go together: set both or none")
	}
	faces := c.TLSAddresses()
	listens := false
	for key, address := range faces {
		if address == "" {
			continue
		}
		listens = true
		if _, _, err := net.SplitHostPort(address); err != nil {
			bad(key, "%q is not host:port; write for example :8443", address)
		}
		if c.TLS.Certificate == "" {
			bad(key, "needs tls.certificate and tls.key")
		}
	}
	if c.TLS.Certificate != "" && !listens {
		bad("tls.certificate", "is of no use: set http.tls_address, rtmp.tls_address or rtsp.tls_address")
	}
}

// TLSAddresses returns the addresses of the faces over TLS, empty where there is none, by their keys.
func (c *Config) TLSAddresses() map[string]string {
	return map[string]string{"http.tls_address": c.HTTP.TLSAddress, "rtmp.tls_address": c.RTMP.TLSAddress, "rtsp.tls_address": c.RTSP.TLSAddress}
}
