package server

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"aircheck/ingest/rtmp"
	"aircheck/server/api"
	"aircheck/server/auth"
	"aircheck/server/metrics"
)

// Who needs credentials for /metrics, as in the configuration's metrics.auth.
const (
	metricsRemote = "remote"
	metricsAlways = "always"
	metricsNever  = "never"
)

// openMetrics connects the series with what they show.
func (s *Server) openMetrics(context.Context) error {
	s.monitor = &monitor{server: s}
	s.connections = &connLimit{max: s.cfg.HTTP.MaxConnections, log: s.log}
	s.metrics = metrics.New(metrics.Sources{
		Version: s.version, Hub: s.hub, RTMP: s.rtmpStats, RTSP: s.rtspStats, Pulls: s.pulls.Stats, Recorder: s.recorder, Census: s.store.Census,
		Callbacks: s.callbackStats, Checks: s.failedChecks, Alarms: s.alarms, HTTP: s.httpStats, Rewind: s.rewindStats,
		Folders: s.folderStats, Players: s.playerStats, Tasks: s.longTasks.Stats, Access: s.accessStats, Certificate: s.certificate,
		PerStream: s.cfg.Metrics.PerStream, Log: s.log,
	})
	s.onClose(func() error { s.metrics.Close(); return nil })
	return nil
}

func (s *Server) rtmpStats() (rtmp.Stats, map[rtmp.Refusal]int64) {
	return s.rtmp.Stats(), s.rtmp.Refusals()
}

func (s *Server) callbackStats(ctx context.Context) (metrics.Callbacks, error) {
	st, err := s.outbox.Stats(ctx)
	return metrics.Callbacks{
		Pending: st.Pending, Parked: st.Parked, Oldest: st.Oldest, Delivered: st.Delivered, Failed: st.Failed,
	}, err
}

// failedChecks tells by name which checks of readiness fail.
func (s *Server) failedChecks() map[string]bool {
	out := map[string]bool{}
	for _, c := range s.monitor.checks(context.Background()) {
		out[c.name] = c.err != nil
	}
	return out
}

func (s *Server) alarms() metrics.Alarms {
	now := time.Now()
	return metrics.Alarms{Silent: len(silent(now, s.hub.List())), Stalled: len(s.monitor.stalled(now))}
}

func (s *Server) httpStats() metrics.HTTP {
	open, refused := s.connections.stats()
	return metrics.HTTP{Connections: open, Refused: refused}
}

// metricsHandler is the face that shows them.
func (s *Server) metricsHandler() (http.Handler, error) {
	proxies, err := api.ParseProxies(s.cfg.HTTP.TrustedProxies)
	if err != nil {
		return nil, fmt.Errorf("http.trusted_proxies: %w", err)
	}
	c := s.cfg.Metrics
	return &metricsFace{
		show: s.metrics, mode: c.Auth, username: c.Username, password: c.Password, verifier: s.newVerifier(), proxies: proxies,
		failures: s.access.failures,
	}, nil
}

// metricsFace asks for credentials, and lets whoever has them have the metrics.
type metricsFace struct {
	show http.Handler
	// mode is metricsRemote, metricsAlways or metricsNever.
	mode string
	// username and password, if set, are the credentials. Otherwise they are the API's key pair, on its conditions.
	username, password string
	verifier           *auth.Verifier
	proxies            api.Proxies
	failures           *auth.Failures // may be nil
}

// ServeHTTP answers GET and HEAD.
func (f *metricsFace) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if why := f.refusal(r); why != "" {
		w.Header().Set("WWW-Authenticate", `Basic realm="metrics"`)
		http.Error(w, why, http.StatusUnauthorized)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	f.show.ServeHTTP(w, r)
}

// refusal returns why somebody may not have the metrics, or nothing.
func (f *metricsFace) refusal(r *http.Request) string {
	if f.mode == metricsNever || f.mode == metricsRemote && f.proxies.Loopback(r) && loopbackHost(r.Host) {
		return ""
	}
	user, password, ok := r.BasicAuth()
	if !ok {
		return "the metrics need credentials, by HTTP Basic: metrics.username and metrics.password, or the API's key pair; see metrics.auth"
	}
	client := f.proxies.Client(r)
	if err := f.failures.Check(client); err != nil {
		return err.Error()
	}
	if f.username != "" {
		if same(user, f.username)&same(password, f.password) == 1 {
			return ""
		}
		f.failures.Note(client, &auth.Failure{Code: auth.CodeSignatureFailure, Message: "the credentials of the metrics are wrong"})
		return "the user name or the password is wrong"
	}
	_, err := f.verifier.Verify(&auth.Request{
		Method: r.Method, Path: r.URL.EscapedPath(), RawQuery: r.URL.RawQuery, Host: r.Host, Header: r.Header,
		Body: func() ([]byte, error) { return nil, nil }, Secure: f.proxies.Secure(r), Loopback: f.proxies.Loopback(r),
	})
	if err != nil {
		f.failures.Note(client, err)
		return err.Error() + "; metrics.username and metrics.password are taken without TLS"
	}
	return ""
}

// same compares in a time that does not tell how much of it is right.
func same(got, want string) int {
	a, b := sha256.Sum256([]byte(got)), sha256.Sum256([]byte(want))
	return subtle.ConstantTimeCompare(a[:], b[:])
}

// loopbackHost reports whether a Host header names this machine as only itself can. A page of another site can have its own name lead
// here, but not send this one.
func loopbackHost(hostPort string) bool {
	host := hostPort
	if h, _, err := net.SplitHostPort(hostPort); err == nil {
		host = h
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	ip, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && ip.Unmap().IsLoopback()
}
