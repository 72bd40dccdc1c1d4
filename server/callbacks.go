package server

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"aircheck/configs"
	"aircheck/rules"
	"aircheck/server/auth"
	"aircheck/server/callback"
	"aircheck/server/outbound"
	"aircheck/vod"
)

// openCallbacks loads callback templates and rules, and connects the outbox with the events of the database. It comes before whatever writes
// events, so that it is closed after that.
func (s *Server) openCallbacks(ctx context.Context) error {
	policy, err := outbound.New(s.cfg.Outbound.Allow, s.cfg.Outbound.Private, isLoopback(s.cfg.HTTP.Address))
	if err != nil {
		return fmt.Errorf("outbound.allow: %w", err)
	}
	c := s.cfg.Callbacks
	s.callbacks = &rules.Callbacks{
		Store: s.store, CleanDomain: cleanDomain, CheckHost: policy.CheckHost, Changed: s.domains.Reload,
	}
	s.outbox = &callback.Outbox{
		Store: s.store, Find: s.callbacks.Find, Client: policy.Client(c.Timeout), BaseURL: s.baseURL, Address: s.guard.Address, File: s.fileReadyOf,
		AppID: c.AppID, Tries: c.Tries, Interval: c.Interval, Keep: c.Keep, Log: s.log,
	}
	if err := s.openEvents(ctx, policy); err != nil {
		return err
	}
	s.callbacks.Wake, s.callbacks.Send = s.outbox.Reload, s.outbox.Send
	s.store.OnEvent = func() { s.outbox.Wake(); s.vodOutbox.Wake(); s.events.Wake() }
	s.onClose(func() error { s.outbox.Close(); return nil })
	return s.callbacks.Reload(ctx)
}

// isLoopback tells whether nobody but this machine reaches what listens at an address.
func isLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.Unmap().IsLoopback()
}

// fileReadyOf tells of a file of the catalogue. rules.ErrNotFound.
func (s *Server) fileReadyOf(ctx context.Context, id string) (rules.FileReady, error) {
	n, err := vod.ParseFileID(id)
	if err != nil {
		return rules.FileReady{}, fmt.Errorf("%w: %w", rules.ErrNotFound, err)
	}
	found, err := s.store.AssetsByID(ctx, []vod.FileID{n})
	if err != nil {
		return rules.FileReady{}, err
	}
	if len(found) == 0 {
		return rules.FileReady{}, fmt.Errorf("file %s: %w", id, rules.ErrNotFound)
	}
	return rules.NewFileReady(found[0]), nil
}

// baseURL is what the addresses of files start with where nobody has asked for them at an address of this server.
func (s *Server) baseURL(domain string) string {
	if u := s.cfg.HTTP.PublicURL; u != "" {
		return strings.TrimSuffix(u, "/")
	}
	return "http://" + httpHost(s.cfg, domain, port(s.listener.Addr()))
}

// knownAs tells whether a host, without its port, is that of the addresses in callbacks and events.
func (s *Server) knownAs(host string) bool {
	u, err := url.Parse(s.baseURL(""))
	return err == nil && (auth.CleanHost(u.Host) == host || auth.CleanHost(ownHost(s.cfg)) == host)
}

// httpHost is the host, with its port unless that is HTTP's own, by which others reach a server that listens on a port: the address that it
// listens on, or else the domain, or this machine's address for the built-in one and for none.
func httpHost(cfg configs.Config, domain string, port int) string {
	host, _, err := net.SplitHostPort(cfg.HTTP.Address)
	ip, parseErr := netip.ParseAddr(host)
	switch {
	case err == nil && host != "" && (parseErr != nil || !ip.IsUnspecified()):
	case domain != "" && domain != auth.CleanHost(cfg.Domains.BuiltIn):
		host = domain
	default:
		host = ownHost(cfg)
	}
	if port != 80 {
		return net.JoinHostPort(host, strconv.Itoa(port))
	}
	if strings.Contains(host, ":") {
		return "[" + host + "]"
	}
	return host
}
