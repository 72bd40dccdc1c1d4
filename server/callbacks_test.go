package server

import (
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"aircheck/configs"
	"aircheck/rules"
	"aircheck/server/outbound"
)

func TestHTTPHost(t *testing.T) {
	for _, c := range []struct {
		address, domain string
		port            int
		want            string
	}{
		{":8080", "live.example.com", 8080, "live.example.com:8080"},
		{":80", "live.example.com", 80, "live.example.com"},
		{"0.0.0.0:80", "2001:db8::1", 80, "[2001:db8::1]"},
		{"[::]:8080", "2001:db8::1", 8080, "[2001:db8::1]:8080"},
		{"127.0.0.1:0", "live.example.com", 1234, "127.0.0.1:1234"},
		{"media.example.com:80", "localhost", 80, "media.example.com"},
		{":8080", "localhost", 8080, "192.0.2.7:8080"},
		{":8080", "", 8080, "192.0.2.7:8080"},
	} {
		cfg := configs.Default()
		cfg.HTTP.Address, cfg.RTMP.Address = c.address, "192.0.2.7:1935"
		if got := httpHost(cfg, c.domain, c.port); got != c.want {
			t.Errorf("%s of %s: %s, want %s", c.domain, c.address, got, c.want)
		}
	}
}

// TestCallbacksToThisMachine: allowed while the API is reached from this machine only, or if the configuration lists it.
func TestCallbacksToThisMachine(t *testing.T) {
	for address, loopback := range map[string]bool{
		"127.0.0.1:0": true, "localhost:0": true, "[::1]:0": true, "[::ffff:127.0.0.1]:1": true, ":0": false, "0.0.0.0:0": false,
		"192.0.2.1:80": false, "nonsense": false,
	} {
		if isLoopback(address) != loopback {
			t.Errorf("%s: not %v", address, loopback)
		}
	}
	cfg := testConfig(t)
	s, stop := start(t, cfg, slog.New(slog.DiscardHandler))
	receiver := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer receiver.Close()
	template := rules.CallbackTemplate{Name: "t", URLs: rules.CallbackURLs{Record: receiver.URL}}
	if _, err := s.callbacks.CreateTemplate(t.Context(), template); err != nil {
		t.Error(err)
	}
	resp, err := s.outbox.Client.Get(receiver.URL)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	_, err = s.outbox.Client.Get("http://169.254.169.254/")
	var refused *outbound.RefusedError
	if !errors.As(err, &refused) {
		t.Errorf("the metadata service: %v", err)
	}
	template.URLs.Record = "http://169.254.169.254/"
	var invalid *rules.InvalidError
	if _, err := s.callbacks.CreateTemplate(t.Context(), template); !errors.As(err, &invalid) {
		t.Errorf("a template for it: %v", err)
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
}
