package server

import (
	"net/url"
	"strings"
	"time"

	"aircheck/configs"
	"aircheck/server/api"
	"aircheck/server/auth"
)

// addresses are those of a stream, for the API.
func (s *Server) addresses(d auth.Domain, app, stream, host string, expiry time.Time) []api.StreamAddress {
	all := addressesOf(s.heard(), s.domains, d, app, stream, host, expiry)
	return append(append(all.push, all.play...), all.playTLS...)
}

// streamAddresses are those of one stream, to push to and to play from.
type streamAddresses struct{ push, play, playTLS []api.StreamAddress }

// addressesOf makes the addresses of a stream in a domain, good until expiry, at a host; without one at that by which the domain is reached.
func addressesOf(cfg configs.Config, domains *auth.Domains, d auth.Domain, app, stream, host string, expiry time.Time) streamAddresses {
	host = reachedAt(cfg, d, host)
	var vhost []string
	if to, err := domains.Resolve(host, ""); err != nil || to != d.Name {
		vhost = []string{"vhost=" + d.Name}
	}
	m := addressMaker{
		cfg: cfg, host: host, path: "/" + escapePath(app) + "/", name: url.PathEscape(stream), stream: escapeQuery(app) + "/" + url.QueryEscape(stream),
		push: signed(d.Push, stream, expiry, vhost), play: signed(d.Play, stream, expiry, vhost),
	}
	var all streamAddresses
	all.push = m.pushes()
	all.play, all.playTLS = m.plays()
	return all
}

// addressMaker makes the addresses of one stream. Its texts are escaped, as they stand in addresses: path, which is the app between slashes, and name
// in paths, stream, which is both, in a query, push and play as the queries that sign.
type addressMaker struct {
	cfg                      configs.Config
	host, path, name, stream string
	push, play               string
}

func (m *addressMaker) pushes() (all []api.StreamAddress) {
	c := &m.cfg
	all = m.face(all, "push", "rtmp", c.RTMP.Address, "1935")
	all = m.face(all, "push", "rtsp", c.RTSP.Address, "554")
	all = m.face(all, "push", "rtmps", c.RTMP.TLSAddress, "443")
	return m.face(all, "push", "rtsps", c.RTSP.TLSAddress, "322")
}

func (m *addressMaker) plays() (plain, overTLS []api.StreamAddress) {
	c := &m.cfg
	if root := strings.TrimSuffix(c.HTTP.PublicURL, "/"); root != "" {
		plain = m.web(plain, root)
	} else {
		plain = m.web(plain, "http://"+atPort(m.host, c.HTTP.Address, "80"))
	}
	plain = m.face(plain, "play", "rtmp", c.RTMP.Address, "1935")
	plain = m.face(plain, "play", "rtsp", c.RTSP.Address, "554")
	if c.HTTP.TLSAddress != "" {
		overTLS = m.web(overTLS, "https://"+atPort(m.host, c.HTTP.TLSAddress, "443"))
	}
	overTLS = m.face(overTLS, "play", "rtmps", c.RTMP.TLSAddress, "443")
	return plain, m.face(overTLS, "play", "rtsps", c.RTSP.TLSAddress, "322")
}

// face appends the address at one that listens there, unless it listens nowhere. The port is left out where it is the scheme's usual one.
func (m *addressMaker) face(all []api.StreamAddress, purpose, scheme, listen, usual string) []api.StreamAddress {
	if listen == "" {
		return all
	}
	root, query := scheme+"://"+atPort(m.host, listen, usual), m.play
	if purpose == "push" {
		query = m.push
	}
	a := api.StreamAddress{Purpose: purpose, Protocol: scheme, Url: root + m.path + m.name + query}
	if purpose == "push" && strings.HasPrefix(scheme, "rtmp") {
		a.Server, a.StreamKey = root+strings.TrimSuffix(m.path, "/"), m.name+query
	}
	return append(all, a)
}

// web appends the addresses to play from below root, which begins with "http".
func (m *addressMaker) web(all []api.StreamAddress, root string) []api.StreamAddress {
	for _, a := range []api.StreamAddress{
		{Protocol: "page", Url: root + "/play/?stream=" + m.stream + strings.Replace(m.play, "?", "&", 1)},
		{Protocol: "http-flv", Url: root + m.path + m.name + ".flv" + m.play},
		{Protocol: "ws-flv", Url: "ws" + strings.TrimPrefix(root, "http") + m.path + m.name + ".flv" + m.play},
		{Protocol: "hls", Url: root + m.path + m.name + ".m3u8" + m.play},
	} {
		a.Purpose = "play"
		all = append(all, a)
	}
	return all
}
