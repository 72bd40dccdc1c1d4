package server

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"aircheck/ingest/rtmp"
)

// TestPlayersLockOutPlayersOnly: with wrong keys of players, an address can push, and call the API, as before.
func TestPlayersLockOutPlayersOnly(t *testing.T) {
	ip := outside(t)
	cfg := testConfig(t)
	cfg.HTTP.Address, cfg.API.AllowPlainBasic = ip+":0", true
	cfg.API.SecretID, cfg.API.SecretKey = "an-example-of-an-id", "an-example-of-a-secret-key"
	s, _ := start(t, cfg, slog.New(slog.DiscardHandler))
	web := "http://" + s.listener.Addr().String()
	status := 0
	for i := 0; i < 20 && status != http.StatusTooManyRequests; i++ {
		status, _ = get(t, fmt.Sprintf("%s/live/show.flv?txSecret=%02d&txTime=FFFFFFFF", web, i))
	}
	if status != http.StatusTooManyRequests {
		t.Fatal("guessing goes on:", status)
	}
	q, err := http.NewRequest(http.MethodGet, web+"/?Action=DescribeLiveDomains&Version=2018-08-01", nil)
	if err != nil {
		t.Fatal(err)
	}
	q.SetBasicAuth(cfg.API.SecretID, cfg.API.SecretKey)
	answer, err := http.DefaultClient.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if text, err := io.ReadAll(answer.Body); err != nil || !strings.Contains(string(text), "DomainList") {
		t.Errorf("%s %v", text, err)
	}
	at := netip.AddrPortFrom(netip.MustParseAddr(ip), 5000)
	d, err := s.domains.Describe("localhost")
	if err != nil {
		t.Fatal(err)
	}
	push := rtmp.PublishRequest{Host: ip, App: "live", Stream: "show", Params: d.Push.Sign("show", time.Now().Add(time.Hour)), Remote: at, Local: at}
	if _, err := s.access.rtmpPublisher(push); err != nil {
		t.Error(err)
	}
}

// TestForeignPages: a browser on this machine does not let pages of other sites play what this machine may.
func TestForeignPages(t *testing.T) {
	cfg := testConfig(t)
	cfg.Domains.Names = []string{"push.example.com"}
	s, _ := start(t, cfg, slog.New(slog.DiscardHandler))
	own := s.listener.Addr().String()
	for _, c := range []struct {
		host, origin string
		want         int // 404: it may, but there is no such stream
	}{
		{own, "", 404},
		{own, "http://" + own, 404},
		{"localhost:8080", "http://localhost:3000", 404},
		{"push.example.com", "", 404},
		{"PUSH.example.com:8080", "http://push.example.com:8080", 404},
		{own, "https://other.example.com", 403},
		{own, "https://push.example.com", 403},
		{own, "null", 403},
		{"other.example.com", "", 403},
		{"other.example.com:8080", "http://other.example.com:8080", 403},
	} {
		for _, name := range []string{"show.flv", "show.m3u8"} {
			q, err := http.NewRequest(http.MethodGet, "http://"+own+"/live/"+name, nil)
			if err != nil {
				t.Fatal(err)
			}
			q.Host = c.host
			if c.origin != "" {
				q.Header.Set("Origin", c.origin)
			}
			answer, err := http.DefaultClient.Do(q)
			if err != nil {
				t.Fatal(err)
			}
			_ = answer.Body.Close()
			if answer.StatusCode != c.want {
				t.Errorf("%s of %s for a page of %q: %d, want %d", name, c.host, c.origin, answer.StatusCode, c.want)
			}
		}
	}
}
