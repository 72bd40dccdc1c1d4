package server

import (
	"log/slog"
	"strings"
	"testing"

	"aircheck/configs"
	"aircheck/ingest/pull"
)

// TestPullConfiguration: the configuration may name this machine, and what is wrong with a source is told by its key.
func TestPullConfiguration(t *testing.T) {
	cfg := testConfig(t)
	cfg.Pull = []configs.Pull{{From: "rtmp://u:geheim@127.0.0.1:1/a/b", To: "live/a"}, {From: "rtsp://10.0.0.1/x", To: "b", Domain: "Other.example"}}
	cfg.Domains.Names = []string{"other.example"}
	cfg.HTTP.Address, cfg.Outbound.Private = "0.0.0.0:0", false
	s, err := New(t.Context(), cfg, "test", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	all := s.pulls.List()
	if len(all) != 2 || all[0].Key.String() != "localhost/live/a" || all[1].Key.String() != "other.example/live/b" || all[0].State != pull.Waiting {
		t.Errorf("%+v", all)
	}
	if err := s.close(); err != nil {
		t.Error(err)
	}
	for want, bad := range map[string]configs.Pull{
		"pull[1].from: the scheme":    {From: "http://u:geheim@h/", To: "live/b"},
		"pull[1].to: bad stream path": {From: "rtmp://h/a/b", To: "api/b"},
		"pull[1].domain:":             {From: "rtmp://h/a/b", To: "live/b", Domain: "nobody.example"},
		"pull[1].transport:":          {From: "rtmp://h/a/b", To: "live/b", Transport: "smoke"},
		"pull[1].fingerprint:":        {From: "rtmp://h/a/b", To: "live/b", Fingerprint: "x"},
		"pull[1]: the stream has a":   {From: "rtmp://h/a/b", To: "live/a"},
	} {
		cfg.Pull[1] = bad
		_, err := New(t.Context(), cfg, "test", slog.New(slog.DiscardHandler))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "geheim") {
			t.Errorf("want %s: %v", want, err)
		}
	}
}
