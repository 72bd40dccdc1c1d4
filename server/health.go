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
	Ready bool `json:"ready"`
	// Failed names the checks that fail, Problems tells people what is wrong, in the same order.
	Failed   []string `json:"failed"`
	Problems []string `json:"problems"`
	// Warnings are what is to be seen to soon, although the server is ready.
	Warnings   []string   `json:"warnings"`
	Streams    int        `json:"streams"`
	Recordings int        `json:"recordings"`
	RTMPPort   int        `json:"rtmp_port"`
	RTSPPort   int        `json:"rtsp_port,omitempty"` // none if it is switched off
	Storage    roomAnswer `json:"storage"`
	// Folders are the other storage folders.
	Folders []rootAnswer `json:"folders,omitempty"`
	// Rewind says why the last minutes of streams are not held, if so. The server is ready all the same.
	Rewind  string `json:"rewind,omitempty"`
	Version string `json:"version"`
}

// healthz says that the process answers; it does not look further, so that an orchestrator does not kill a server whose disk
// is gone.
func healthz(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(w, "ok\n")
}

// readyz answers 200 when all checks of the monitor are passed, and 503 with the reasons otherwise.
func (s *Server) readyz(w http.ResponseWriter, r *http.Request) {
	a := readiness{
		Streams: len(s.hub.List()), Recordings: s.recording(),
		RTMPPort: port(s.rtmp.Addr()), RTSPPort: s.rtspPort(), Storage: newRoomAnswer(s.recorder.Room()), Rewind: s.rewindProblem(), Version: s.version,
		Folders: s.rootAnswers(),
	}
	a.Storage.WhenFull = s.cfg.Storage.WhenFull
	a.Failed, a.Problems = failing(s.monitor.checks(r.Context()))
	a.Ready, a.Warnings = len(a.Problems) == 0, s.warnings()
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if !a.Ready {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_ = json.NewEncoder(w).Encode(a)
}

// recording returns how many recordings are under way, without those that wait for their stream.
func (s *Server) recording() (n int) {
	for _, r := range s.recorder.Active() {
		if !r.Suspended {
			n++
		}
	}
	return n
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
