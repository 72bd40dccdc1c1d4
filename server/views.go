package server

import (
	"context"
	"net/http"

	"aircheck/vod"
	"aircheck/vod/view"
	"aircheck/web"
)

// openGuard loads who may play recordings.
func (s *Server) openGuard(ctx context.Context) error {
	c := s.cfg.Catalog
	s.guard = &vod.Guard{
		Store: s.store, SubApps: s.subApps, Client: s.access.proxies.Client,
		Primary: vod.Protection{Signed: c.PlayKey != "", Key: c.PlayKey, Lifetime: c.PlayLifetime},
		Insider: func(r *http.Request) bool { return s.pages.Sessions.Asks(r) },
	}
	return s.guard.Reload(ctx)
}

// player serves recordings, and what is made of them while it is asked for.
func (s *Server) player() *vod.Player {
	return &vod.Player{
		Store: s.store, Storages: s.catalog.Storages, Guard: s.guard, Views: &view.Server{Log: s.log}, Refused: web.Refused, Log: s.log,
	}
}
