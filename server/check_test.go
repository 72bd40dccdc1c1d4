package server

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"aircheck/configs"
	"aircheck/ingest/media/mediatest"
)

// TestCheckRefusesWhatTheServerRefuses compares both for configurations that are valid by themselves.
func TestCheckRefusesWhatTheServerRefuses(t *testing.T) {
	pull := func(p configs.Pull) func(*configs.Config) {
		return func(c *configs.Config) { c.Pull = []configs.Pull{p} }
	}
	for name, ca := range map[string]struct {
		change func(*configs.Config)
		want   string
	}{
		"scheme":      {pull(configs.Pull{From: "http://u:geheim@h/", To: "live/b"}), "pull[0].from: the scheme"},
		"nowhere":     {pull(configs.Pull{From: "rtmp://h/a/b"}), "pull[0].to: "},
		"reserved":    {pull(configs.Pull{From: "rtmp://h/a/b", To: "api/b"}), "pull[0].to: bad stream path"},
		"domain":      {pull(configs.Pull{From: "rtmp://h/a/b", To: "live/b", Domain: "nobody.example"}), "pull[0].domain:"},
		"transport":   {pull(configs.Pull{From: "rtsp://h/a/b", To: "live/b", Transport: "smoke"}), "pull[0].transport:"},
		"fingerprint": {pull(configs.Pull{From: "rtsps://h/a/b", To: "live/b", Fingerprint: "x"}), "pull[0].fingerprint:"},
		"twice": {func(c *configs.Config) {
			c.Pull = []configs.Pull{{From: "rtmp://h/a/b", To: "live/b"}, {From: "rtmp://h/a/c", To: "live/b"}}
		}, "pull[1]: the stream has a"},
		"name": {func(c *configs.Config) { c.Domains.Names = []string{"a_b"} }, `add domain "a_b"`},
		"no certificate": {func(c *configs.Config) {
			c.HTTP.TLSAddress = "127.0.0.1:0"
			c.TLS = configs.TLS{Certificate: filepath.Join(c.DataDir, "none.pem"), Key: filepath.Join(c.DataDir, "none.key")}
		}, "tls.certificate: "},
		"no key": {func(c *configs.Config) {
			c.HTTP.TLSAddress = "127.0.0.1:0"
			c.TLS.Certificate, c.TLS.Key, _ = mediatest.Certificate(t, c.DataDir, time.Hour, "localhost")
			if err := os.WriteFile(c.TLS.Key, []byte("nothing"), 0o600); err != nil {
				t.Fatal(err)
			}
		}, "tls.certificate: "},
	} {
		cfg := testConfig(t)
		ca.change(&cfg)
		if err := cfg.Validate(); err != nil {
			t.Errorf("%s is not valid by itself: %v", name, err)
		}
		check := Check(t.Context(), cfg)
		if _, err := os.Stat(filepath.Join(cfg.DataDir, databaseName)); err == nil {
			t.Errorf("%s: checking made a database", name)
		}
		_, start := New(t.Context(), cfg, "test", slog.New(slog.DiscardHandler))
		for who, err := range map[string]error{"check": check, "the server": start} {
			if err == nil || !strings.Contains(err.Error(), ca.want) || strings.Contains(err.Error(), "geheim") {
				t.Errorf("%s: %s says %v", name, who, err)
			}
		}
	}
}

// TestCheckTakesWhatTheServerTakes: a pull source may be of a domain that is yet to be made, or is in the database alone.
func TestCheckTakesWhatTheServerTakes(t *testing.T) {
	cfg := withTLS(t, t.TempDir())
	cfg.Domains.Names = []string{"Other.example"}
	cfg.Pull = []configs.Pull{{From: "rtmp://10.0.0.1/a/b", To: "live/a"}, {From: "rtsp://10.0.0.1/x", To: "b", Domain: "other.example"}}
	if err := Check(t.Context(), cfg); err != nil {
		t.Errorf("before the first start: %v", err)
	}
	run(t, cfg)
	cfg.Domains.Names = nil
	if err := Check(t.Context(), cfg); err != nil {
		t.Errorf("beside the server: %v", err)
	}
}
