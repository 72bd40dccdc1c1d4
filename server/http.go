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
	"aircheck/server/auth"
	"aircheck/vod"
	"aircheck/web"
)

// openHTTP listens and mounts every face.
func (s *Server) openHTTP(context.Context) error {
	key, err := s.data.apiKey(s.cfg.API.SecretID, s.cfg.API.SecretKey)
	if err != nil {
		return err
	}
	handler, err := s.apiHandler(key)
	if err != nil {
		return err
	}
	figures, err := s.metricsHandler(key)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", healthz)
	mux.HandleFunc("GET /readyz", s.readyz)
	mux.Handle("GET /metrics", figures)
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
	_ = s.listener.Close() // closed already if it served
	ctx, cancel := context.WithTimeout(context.Background(), farewell)
	defer cancel()
	if s.http.Shutdown(ctx) == nil {
		return nil
	}
	return s.http.Close()
}

func (s *Server) apiHandler(key keyPair) (http.Handler, error) {
	zone, err := time.LoadLocation(s.cfg.API.Timezone)
	if err != nil {
		return nil, fmt.Errorf("api.timezone: %w", err)
	}
	verifier := &auth.Verifier{AllowPlainBasic: s.cfg.API.AllowPlainBasic}
	verifier.SecretKey = func(id string) (string, bool) { return key.key, id == key.id }
	if u, err := url.Parse(s.cfg.HTTP.PublicURL); err == nil && u.Host != "" {
		verifier.PublicHosts = []string{u.Host}
	}
	a := &api.API{
		Rules: s.rules, Tasks: s.tasks, Callbacks: s.callbacks, Domains: s.domains, Hub: s.hub, Pulls: s.pulls, Verifier: verifier,
		Proxies: s.access.proxies, Forbids: s.access.forbids, Pushes: s.chronicle.Pushes, Failures: s.access.failures,
		Catalog: s.catalog, WantHash: s.hasher.Want, Reconciler: s.reconciler, Guard: s.guard, Events: s.events,
		LongTasks: s.longTasks, Flows: s.flows, Compose: s.composer,
		SubApps: s.subApps, Classes: s.classes, Mover: s.mover, Move: s.queueMove, Usage: s.store,
		PublicURL: s.cfg.HTTP.PublicURL, OwnHost: s.knownAs, Location: zone, Strict: s.cfg.API.Strict, Observe: s.metrics.Observe, Log: s.log,
	}
	return a.Handler(), nil
}
