package server

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"time"

	"aircheck/server/api"
	"aircheck/vod"
	"aircheck/web"
)

// openHTTP listens and mounts every face.
func (s *Server) openHTTP(ctx context.Context) error {
	if err := s.openAccounts(ctx); err != nil {
		return err
	}
	if err := s.openConsole(ctx); err != nil {
		return err
	}
	handler, err := s.apiHandler()
	if err != nil {
		return err
	}
	figures, err := s.metricsHandler()
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", healthz)
	mux.HandleFunc("GET /readyz", s.readyz)
	mux.Handle("GET /metrics", figures)
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodDelete} {
		mux.Handle(method+" /console/session", s.console)
	}
	mux.HandleFunc("GET /console/sessions", s.console.ServeSessions)
	mux.HandleFunc("DELETE /console/sessions", s.console.ServeSessions)
	mux.HandleFunc("POST /console/password", s.console.ServePassword)
	mux.Handle("GET /console/events", s.pages)
	mux.Handle("GET /console/preview", s.newPreviews())
	mux.Handle(vod.PlayPrefix, s.player())
	mux.Handle("GET /console/", web.Handler("/console/"))
	mux.Handle("GET /play/", web.Player("/play/"))
	mux.HandleFunc("GET /play/status", s.play.ServeStatus)
	mux.Handle(api.LegacyPath, handler)
	mux.Handle("/", s.withPlay(handler))
	if s.listener, err = net.Listen("tcp", s.cfg.HTTP.Address); err != nil {
		return unheard("http.address", err)
	}
	s.http = &http.Server{
		Handler: bounded(mux, s.connections), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute,
		ConnState: s.connections.note, ConnContext: withConn, MaxHeaderBytes: 64 << 10, ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	s.onClose(s.closeHTTP)
	return s.listenHTTPS()
}

// closeHTTP lets API calls under way have their answers. Who is fetching a recording is cut off: that may take hours.
func (s *Server) closeHTTP() error {
	s.pages.Close()        // who listens to it would do so for ever
	s.previews.Close()     // who waits for one need not
	_ = s.listener.Close() // closed already if it served
	ctx, cancel := context.WithTimeout(context.Background(), farewell)
	defer cancel()
	if s.http.Shutdown(ctx) == nil {
		return nil
	}
	return s.http.Close()
}

func (s *Server) apiHandler() (http.Handler, error) {
	zone, err := time.LoadLocation(s.cfg.API.Timezone)
	if err != nil {
		return nil, fmt.Errorf("api.timezone: %w", err)
	}
	verifier := s.newVerifier()
	verifier.Session = s.console.Principal
	if u, err := url.Parse(s.cfg.HTTP.PublicURL); err == nil && u.Host != "" {
		verifier.PublicHosts = []string{u.Host}
	}
	a := &api.API{
		Rules: s.rules, Tasks: s.tasks, Callbacks: s.callbacks, Domains: s.domains, Hub: s.hub, Pulls: s.pulls, Verifier: verifier,
		Proxies: s.access.proxies, Forbids: s.access.forbids, Pushes: s.chronicle.Pushes, Addresses: s.addresses, Failures: s.access.failures,
		Catalog: s.catalog, WantHash: s.hasher.Want, Reconciler: s.reconciler, Guard: s.guard, Events: s.events,
		LongTasks: s.longTasks, Flows: s.flows, Compose: s.composer,
		SubApps: s.subApps, Classes: s.classes, Mover: s.mover, Move: s.queueMove, Usage: s.store,
		PublicURL: s.cfg.HTTP.PublicURL, OwnHost: s.knownAs, Hosts: s.hosts, Location: zone, Strict: s.cfg.API.Strict, Observe: s.metrics.Observe, Log: s.log,
		AccessKeys: s.accessKeys, Audit: s.audit.Add, Audited: s.store.Audit,
	}
	return a.Handler(), nil
}
