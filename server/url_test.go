package server

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"aircheck/ingest/media"
	"aircheck/server/auth"
)

// printed returns the addresses that are printed, by heading and name, such as "Play/HLS".
func printed(text string) map[string]string {
	out, heading := map[string]string{}, ""
	for line := range strings.Lines(text) {
		name, address, _ := strings.Cut(strings.TrimSpace(line), "  ")
		if !strings.HasPrefix(line, " ") {
			heading = name
			continue
		}
		out[heading+"/"+name] = strings.TrimSpace(address)
	}
	return out
}

// TestPrintURLsOfEveryFace: what is to be pushed to is signed with the push key, and what is to be played from with the play key.
func TestPrintURLsOfEveryFace(t *testing.T) {
	cfg := testConfig(t)
	_, stop := run(t, cfg)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	cfg.HTTP.Address, cfg.RTMP.Address, cfg.RTSP.Address = ":8080", ":1935", ":8554"
	push := map[string]string{
		"Push/RTSP": "rtsp://h.example:8554/live/a%20b?", "Push/RTMPS": "rtmps://h.example:1936/live/a%20b?",
		"Push/RTSPS": "rtsps://h.example:8322/live/a%20b?",
	}
	play := map[string]string{
		"Play/Page": "http://h.example:8080/play/?stream=live/a+b&", "Play/HTTP-FLV": "http://h.example:8080/live/a%20b.flv?",
		"Play/WebSocket": "ws://h.example:8080/live/a%20b.flv?", "Play/HLS": "http://h.example:8080/live/a%20b.m3u8?",
		"Play/RTMP": "rtmp://h.example/live/a%20b?", "Play/RTSP": "rtsp://h.example:8554/live/a%20b?",
		"Play over TLS/Page": "https://h.example:8443/play/?stream=live/a+b&", "Play over TLS/HTTP-FLV": "https://h.example:8443/live/a%20b.flv?",
		"Play over TLS/WebSocket": "wss://h.example:8443/live/a%20b.flv?", "Play over TLS/HLS": "https://h.example:8443/live/a%20b.m3u8?",
		"Play over TLS/RTMPS": "rtmps://h.example:1936/live/a%20b?", "Play over TLS/RTSPS": "rtsps://h.example:8322/live/a%20b?",
	}
	domains, err := readDomains(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	remote := netip.MustParseAddrPort("192.0.2.7:5")
	publisher, player := &auth.Publish{Domains: domains}, &auth.Play{Domains: domains, Live: func(string, string) []media.StreamKey { return nil }}
	var out bytes.Buffer
	print := func() map[string]string {
		out.Reset()
		if err := PrintURLs(t.Context(), &out, cfg, "live/a b", URLOptions{Host: "h.example", Valid: time.Hour}); err != nil {
			t.Fatal(err)
		}
		return printed(out.String())
	}
	if all := print(); len(all) != 4+1+6 || strings.Contains(out.String(), "TLS") {
		t.Errorf("without TLS:\n%s", out.String())
	}
	cfg.HTTP.TLSAddress, cfg.RTMP.TLSAddress, cfg.RTSP.TLSAddress = ":8443", ":1936", ":8322"
	all := print()
	if len(all) != 4+len(push)+len(play) {
		t.Errorf("%d lines:\n%s", len(all), out.String())
	}
	query := func(name, begin string) string {
		u, err := url.Parse(all[name])
		if err != nil || !strings.HasPrefix(all[name], begin) {
			t.Errorf("%s is %q: %v", name, all[name], err)
			return ""
		}
		return u.RawQuery
	}
	for name, begin := range push {
		r := auth.PushRequest{Host: "h.example", App: "live", Stream: "a b", Params: query(name, begin), Remote: remote, Local: remote}
		if _, err := publisher.Authorize(r); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, begin := range play {
		r := auth.PlayRequest{Host: "h.example", App: "live", Stream: "a b", Params: query(name, begin), Remote: remote, Local: remote}
		if _, err := player.Authorize(r); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	cfg.HTTP.PublicURL, cfg.RTSP.Address = "https://public.example/air/", ""
	all = print()
	for name, begin := range map[string]string{
		"Play/Page": "https://public.example/air/play/?stream=live/a+b&", "Play/WebSocket": "wss://public.example/air/live/a%20b.flv?",
	} {
		query(name, begin)
	}
	if all["Push/RTSP"] != "" || all["Play/RTSP"] != "" {
		t.Errorf("RTSP is switched off:\n%s", out.String())
	}
}

// TestReadyzNamesThePorts: the start page makes its addresses of them.
func TestReadyzNamesThePorts(t *testing.T) {
	for _, on := range []bool{true, false} {
		cfg := testConfig(t)
		if !on {
			cfg.RTSP.Address = ""
		}
		s, _ := start(t, cfg, slog.New(slog.DiscardHandler))
		_, body := get(t, "http://"+s.listener.Addr().String()+"/readyz")
		want := map[string]int{"rtmp_port": port(s.rtmp.Addr())}
		if on {
			want["rtsp_port"] = port(s.rtsp.Addr())
		}
		for name, n := range want {
			if !strings.Contains(string(body), fmt.Sprintf("%q:%d,", name, n)) {
				t.Errorf("no %s %d in %s", name, n, body)
			}
		}
		if !on && strings.Contains(string(body), "rtsp_port") {
			t.Errorf("RTSP is switched off: %s", body)
		}
	}
}

// TestAddressesForEncoders: what OBS is to be told makes up the address, and a host that is another domain's, or none's, names the stream's.
func TestAddressesForEncoders(t *testing.T) {
	cfg := testConfig(t)
	cfg.Domains.Names = []string{"push.example"}
	s, _ := start(t, cfg, slog.New(slog.DiscardHandler))
	d, err := s.domains.Describe("push.example")
	if err != nil {
		t.Fatal(err)
	}
	for host, vhost := range map[string]string{"": "", "push.example": "", "192.0.2.7": "push.example"} {
		for _, a := range s.addresses(d, "tv/news", "a'b", host, time.Now().Add(time.Hour)) {
			u, err := url.Parse(a.Url)
			if err != nil || u.Query().Get("vhost") != vhost || u.Query().Get("txSecret") == "" {
				t.Errorf("host %q: %+v: %v", host, a, err)
			}
			encoder := a.Purpose == "push" && strings.HasPrefix(a.Protocol, "rtmp")
			if (a.Server != "") != encoder || encoder && (a.Server+"/"+a.StreamKey != a.Url || !strings.HasSuffix(a.Server, "/tv/news")) {
				t.Errorf("%+v", a)
			}
		}
	}
}
