package server

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"aircheck/ingest/media"
	"aircheck/ingest/rtmp"
	"aircheck/server/api"
	"aircheck/server/auth"
	"aircheck/server/hook"
	"aircheck/server/outbound"
)

// access is who may push and play. Every face asks it: those for publishers Publish.Authorize, those for players Play.Authorize, the HTTP
// ones by way of httpPlayer.
type access struct {
	publish *auth.Publish
	play    *auth.Play
	// failures are those of callers of the API and the metrics; publishers and players have their own, so that a player with a wrong key
	// does not keep out who publishes or administers from behind the same address.
	failures *auth.Failures
	forbids  *auth.Forbids
	proxies  api.Proxies
}

// openAccess reads what is forbidden, and connects those who decide. The hub is there later.
func (s *Server) openAccess(ctx context.Context) error {
	proxies, err := api.ParseProxies(s.cfg.HTTP.TrustedProxies)
	if err != nil {
		return fmt.Errorf("http.trusted_proxies: %w", err)
	}
	a := &access{failures: &auth.Failures{Of: "callers", Log: s.log}, forbids: &auth.Forbids{Store: s.store}, proxies: proxies}
	a.publish = &auth.Publish{
		Domains: s.domains, Mode: auth.Mode(s.cfg.Push.Auth), Failures: &auth.Failures{Of: "publishers", Log: s.log},
	}
	a.play = &auth.Play{
		Domains: s.domains, Mode: auth.Mode(s.cfg.Play.Auth), Failures: &auth.Failures{Of: "players", Log: s.log},
		Live: func(app, stream string) []media.StreamKey { return s.hub.Named(app, stream) },
	}
	if a.publish.Hook, err = s.hook("push.hook", s.cfg.Push.Hook); err != nil {
		return err
	}
	if a.play.Hook, err = s.hook("play.hook", s.cfg.Play.Hook); err != nil {
		return err
	}
	s.access = a
	return a.forbids.Load(ctx)
}

// hook returns what asks a URL of the configuration, nil for none. The operator names it, so that it may be this machine.
func (s *Server) hook(key, address string) (auth.Hook, error) {
	if address == "" {
		return nil, nil
	}
	u, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", key, err)
	}
	policy, err := outbound.New(append([]string{u.Hostname()}, s.cfg.Outbound.Allow...), s.cfg.Outbound.Private, false)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", key, err)
	}
	client := policy.Client(hook.Timeout)
	s.onClose(func() error { client.CloseIdleConnections(); return nil })
	caller := &hook.Caller{URL: address, Client: client, ServerID: strconv.Itoa(s.cfg.Node), Log: s.log}
	return caller.Ask, nil
}

// rtmpPublisher is rtmp.Server's Authorize.
func (a *access) rtmpPublisher(r rtmp.PublishRequest) (rtmp.Permission, error) {
	granted, err := a.publish.Authorize(auth.PushRequest{
		Protocol: "rtmp", Host: r.Host, App: r.App, Stream: r.Stream, Params: r.Params, Remote: r.Remote, Local: r.Local,
	})
	return rtmp.Permission(granted), err
}

// httpPlayer asks whether a request over HTTP may play a stream: protocol is "http-flv", "ws-flv" or "hls". It believes trusted proxies
// about who the client is. What the errors mean says auth.Play.Authorize.
func (a *access) httpPlayer(r *http.Request, protocol, app, stream string) (auth.Permission, error) {
	return a.play.Authorize(auth.PlayRequest{
		Protocol: protocol, Host: r.Host, App: app, Stream: stream, Params: r.URL.RawQuery,
		Remote: netip.AddrPortFrom(a.proxies.Client(r), 0), Local: localAddr(r), Forwarded: !a.proxies.Loopback(r) || a.foreignPage(r),
	})
}

// foreignPage reports whether a request may come from a page of another site that a browser on this machine shows: one that tells another
// origin than this machine, or that uses a name that the page's owner may have made lead here.
func (a *access) foreignPage(r *http.Request) bool {
	if o := r.Header.Get("Origin"); o != "" {
		if u, err := url.Parse(o); err != nil || !strings.EqualFold(u.Host, r.Host) && !loopbackHost(u.Host) {
			return true
		}
	}
	if loopbackHost(r.Host) {
		return false
	}
	_, err := a.publish.Domains.Describe(r.Host)
	return err != nil
}

// localAddr is where a request came in.
func localAddr(r *http.Request) netip.AddrPort {
	local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if !ok {
		return netip.AddrPort{}
	}
	at, err := netip.ParseAddrPort(local.String())
	if err != nil {
		return netip.AddrPort{}
	}
	return at
}
