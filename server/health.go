package server

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"aircheck/configs"
)

// readiness is the answer of /readyz.
type readiness struct {
	Ready      bool     `json:"ready"`
	Problems   []string `json:"problems"`
	Streams    int      `json:"streams"`
	Recordings int      `json:"recordings"`
	RTMPPort   int      `json:"rtmp_port"`
	Version    string   `json:"version"`
}

// healthz says that the process answers; it does not look further, so that an orchestrator does not kill a server whose disk
// is gone.
func healthz(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(w, "ok\n")
}

// readyz answers 200 when the database and the storage are there, and 503 with the reasons otherwise.
func (s *Server) readyz(w http.ResponseWriter, r *http.Request) {
	a := readiness{
		Problems: s.problems(r.Context()), Streams: len(s.hub.List()), Recordings: len(s.recorder.Active()),
		RTMPPort: port(s.rtmp.Addr()), Version: s.version,
	}
	a.Ready = len(a.Problems) == 0
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if !a.Ready {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_ = json.NewEncoder(w).Encode(a)
}

func (s *Server) problems(ctx context.Context) []string {
	out := []string{}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	if err := s.store.Ping(ctx); err != nil {
		out = append(out, fmt.Sprintf("database: %v", err))
	}
	if err := s.recorder.Ready(); err != nil {
		out = append(out, fmt.Sprintf("storage: %v", err))
	}
	return out
}

func port(a net.Addr) int {
	if tcp, ok := a.(*net.TCPAddr); ok {
		return tcp.Port
	}
	return 0
}

// CheckHealth asks the server that cfg describes whether it is ready, and returns its problems as an error.
func CheckHealth(ctx context.Context, cfg configs.Config) error {
	host, p, err := net.SplitHostPort(cfg.HTTP.Address)
	if err != nil {
		return fmt.Errorf("http.address: %w", err)
	}
	if ip := net.ParseIP(host); host == "" || ip.IsUnspecified() {
		host = "localhost"
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, p)+"/readyz", nil)
	if err != nil {
		return fmt.Errorf("ask the server: %w", err)
	}
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("ask the server: %w", err)
	}
	defer answer.Body.Close()
	var ready readiness
	if err := json.NewDecoder(io.LimitReader(answer.Body, 1<<20)).Decode(&ready); err != nil {
		return fmt.Errorf("read the server's answer: %w", err)
	}
	if !ready.Ready {
		return fmt.Errorf("not ready: %s", strings.Join(ready.Problems, "; "))
	}
	return nil
}
