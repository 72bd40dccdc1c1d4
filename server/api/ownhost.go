package api

import (
	"fmt"
	"net/netip"

	"aircheck/server/auth"
	"aircheck/vod"
)

// checkHost refuses the play address of another server: *vod.InvalidError with that field.
func (a *API) checkHost(c *Caller, field, text string) error {
	if reason := a.foreign(c, text); reason != "" {
		return &vod.InvalidError{Field: field, Reason: reason}
	}
	return nil
}

// foreign says why an address is none of this server, as far as its host tells; empty if it may be. Its hosts are those that its answers and
// callbacks name, that of the request, its domains, and the machine itself; the port does not matter, since a proxy may have another. A FileId and
// a path have no host.
func (a *API) foreign(c *Caller, text string) string {
	host := auth.CleanHost(vod.HostOf(text))
	if host == "" || host == "localhost" || host == playHost(c) || host == auth.CleanHost(c.Host) || a.OwnHost != nil && a.OwnHost(host) {
		return ""
	}
	if ip, err := netip.ParseAddr(host); err == nil && ip.IsLoopback() {
		return ""
	}
	if _, err := a.Domains.Describe(host); err == nil {
		return ""
	}
	return fmt.Sprintf("this server is not known as %.100q, and nothing is fetched from others; "+
		"for a file of its own give the FileId, or the address from %s on", host, vod.PlayPrefix)
}
