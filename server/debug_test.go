package server

import (
	"bytes"
	"compress/gzip"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
)

func TestProfiles(t *testing.T) {
	cfg := testConfig(t)
	cfg.Debug.Address = "127.0.0.1:0"
	var log bytes.Buffer
	s, stop := start(t, cfg, slog.New(slog.NewTextHandler(&log, nil)))
	address := s.debug.listener.Addr().String()
	base := "http://" + address + "/debug/pprof/"
	status, body := get(t, base+"goroutine?debug=1")
	if status != http.StatusOK || !bytes.HasPrefix(body, []byte("goroutine profile: total ")) ||
		!bytes.Contains(body, []byte("server.(*Server).Run")) {
		t.Errorf("goroutines: %d %.200s", status, body)
	}
	status, body = get(t, base+"profile?seconds=1")
	wantCPUProfile(t, status, body)
	for path, want := range map[string]string{"": "full goroutine stack dump", "cmdline": "test", "heap": "", "symbol": "num_symbols: 1"} {
		if status, body := get(t, base+path); status != http.StatusOK || !bytes.Contains(body, []byte(want)) {
			t.Errorf("%s: %d %.200s", path, status, body)
		}
	}
	// One face each.
	if _, body := get(t, "http://"+s.listener.Addr().String()+"/debug/pprof/"); bytes.Contains(body, []byte("goroutine")) {
		t.Errorf("profiles for everybody: %.200s", body)
	}
	for _, path := range []string{"/", "/healthz", "/console/"} {
		if status, body := get(t, "http://"+address+path); status != http.StatusNotFound {
			t.Errorf("%s: %d %.200s", path, status, body)
		}
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if want := "face=debug address=" + address; !strings.Contains(log.String(), want) {
		t.Errorf("no %q in the log:\n%s", want, log.String())
	}
	if c, err := net.Dial("tcp", address); err == nil {
		t.Error("still listening", c.Close())
	}
}

func wantCPUProfile(t *testing.T, status int, body []byte) {
	t.Helper()
	packed, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		t.Fatalf("CPU profile: %d %v %.200s", status, err, body)
	}
	profile, err := io.ReadAll(packed)
	if err != nil || status != http.StatusOK || !bytes.Contains(profile, []byte("nanoseconds")) {
		t.Errorf("CPU profile: %d %v, %d bytes", status, err, len(profile))
	}
}

// TestStopEndsProfiles: a profile that would take minutes does not hold up a stop, and is not lost.
func TestStopEndsProfiles(t *testing.T) {
	cfg := testConfig(t)
	cfg.Debug.Address = "127.0.0.1:0"
	s, stop := start(t, cfg, slog.New(slog.DiscardHandler))
	base := "http://" + s.debug.listener.Addr().String() + "/debug/pprof/"
	type result struct {
		status int
		body   []byte
		err    error
	}
	taken := make(chan result, 1)
	go func() {
		answer, err := http.Get(base + "profile?seconds=600")
		if err != nil {
			taken <- result{err: err}
			return
		}
		body, err := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		taken <- result{answer.StatusCode, body, err}
	}()
	for begun := false; !begun; {
		_, body := get(t, base+"goroutine?debug=1")
		begun = bytes.Contains(body, []byte("net/http/pprof.Profile"))
		select {
		case r := <-taken:
			t.Fatalf("it ended at once: %d %v %.200s", r.status, r.err, r.body)
		default:
		}
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	r := <-taken
	if r.err != nil {
		t.Fatal(r.err)
	}
	wantCPUProfile(t, r.status, r.body)
}

func TestNoProfilesUnlessConfigured(t *testing.T) {
	s, stop := start(t, testConfig(t), slog.New(slog.DiscardHandler))
	if s.debug != nil {
		t.Error("listening on", s.debug.listener.Addr())
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
}

// TestProfilesAreForThisMachine: a page of another site can have its name lead to a loopback address, but not send that address's.
func TestProfilesAreForThisMachine(t *testing.T) {
	cfg := testConfig(t)
	cfg.Debug.Address = "127.0.0.1:0"
	s, _ := start(t, cfg, slog.New(slog.DiscardHandler))
	_, port, err := net.SplitHostPort(s.debug.listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	for host, want := range map[string]int{
		"localhost:" + port: 200, "LOCALHOST": 200, "127.0.0.1:" + port: 200, "[::1]:" + port: 200, "[::1]": 200, "127.9.9.9": 200,
		"evil.example": 403, "evil.example:" + port: 403, "localhost.evil.example": 403, "127.0.0.1.evil.example": 403,
		"192.0.2.1:" + port: 403, "0.0.0.0": 403,
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1:"+port+"/debug/pprof/cmdline", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = host
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		if answer.StatusCode != want {
			t.Errorf("%s: %d, want %d", host, answer.StatusCode, want)
		}
	}
}
