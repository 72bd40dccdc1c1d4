package server

import (
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/ingest/stream"
	"aircheck/recorder/rewind"
)

// lastMinutes returns what the ring has of a stream.
func lastMinutes(t *testing.T, s *Server, name string) []rewind.Stretch {
	t.Helper()
	held, err := s.ring.Stretches(media.StreamKey{Domain: "localhost", App: "live", Stream: name}, time.Time{}, time.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	return held
}

// TestRewind: the streams that are configured are held, again after a restart, and not when there is to be no ring any more.
func TestRewind(t *testing.T) {
	cfg := testConfig(t)
	cfg.Rewind.Window, cfg.Rewind.Streams = time.Hour, []string{"localhost/live/he*"}
	s, stop := start(t, cfg, slog.New(slog.DiscardHandler))
	const pictures = 100
	for _, name := range []string{"held", "other"} {
		st, err := s.hub.Publish(stream.Publisher{Key: media.StreamKey{Domain: "localhost", App: "live", Stream: name}})
		if err != nil {
			t.Fatal(err)
		}
		now := time.Now()
		units := mediatest.Pictures(mediatest.H264(1, 1000), pictures, 0, 40)
		for _, u := range units {
			u.Wall = now
		}
		if err := st.Write(units); err != nil {
			t.Fatal(err)
		}
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	s, stop = start(t, cfg, slog.New(slog.DiscardHandler))
	await(t, s, want{"aircheck_rewind_bytes", nil, atLeast(1)}, want{"aircheck_rewind_lost_units_total", nil, is(0)})
	held := lastMinutes(t, s, "held")
	if len(held) != 1 || len(lastMinutes(t, s, "other")) != 0 {
		t.Fatalf("%d stretches", len(held))
	}
	n := 0
	for _, err := range held[0].Units(time.Time{}) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if n != pictures {
		t.Errorf("%d units of %d", n, pictures)
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	cfg.Rewind.Window = 0
	_, stop = start(t, cfg, slog.New(slog.DiscardHandler))
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(cfg.DataDir, "rewind")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the ring's folder is left: %v", err)
	}
}

// TestRewindProblem: a ring that cannot be written keeps nothing else from working, and /readyz says so.
func TestRewindProblem(t *testing.T) {
	cfg := testConfig(t)
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	cfg.Rewind.Window, cfg.Rewind.Dir = time.Hour, filepath.Join(file, "rewind")
	s, _ := start(t, cfg, slog.New(slog.DiscardHandler))
	status, body := get(t, "http://"+s.listener.Addr().String()+"/readyz")
	var a readiness
	if err := json.Unmarshal(body, &a); err != nil || status != http.StatusOK || !a.Ready || !strings.Contains(a.Rewind, "folder") {
		t.Errorf("%d %s: %v", status, body, err)
	}
}
