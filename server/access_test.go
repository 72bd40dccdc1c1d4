package server

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"aircheck/configs"
	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/ingest/stream"
)

const patient = time.Minute

// outside is an address of this machine that is not its loopback one: both ends of a connection to it have that, as one from another
// machine has.
func outside(t *testing.T) string {
	t.Helper()
	all, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range all {
		if n, ok := a.(*net.IPNet); ok && n.IP.IsGlobalUnicast() && n.IP.To4() != nil {
			return n.IP.String()
		}
	}
	t.Fatal("this machine has no address but its loopback one; the test needs another, such as: ip link add x type dummy")
	return ""
}

// ffmpeg runs it until ctx ends, and returns its exit error and what it complained of.
func ffmpeg(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "ffmpeg", append([]string{"-v", "error", "-nostdin", "-y"}, args...)...)
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	err := cmd.Run()
	return complaint.String(), err
}

// until waits for a condition.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.NewTimer(patient)
	defer deadline.Stop()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

func clip(t *testing.T, seconds string) string {
	return mediatest.Clip(t, "clip.flv", "25", "-t", seconds, "-c:v", "libx264", "-preset", "ultrafast", "-g", "25", "-pix_fmt", "yuv420p", "-c:a", "aac")
}

// background pushes until the test is over.
func background(t *testing.T, source, format, url string) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if text, err := ffmpeg(ctx, "-re", "-stream_loop", "-1", "-i", source, "-c", "copy", "-f", format, url); ctx.Err() == nil {
			t.Errorf("the push to %s ended: %v\n%s", url, err, text)
		}
	}()
	t.Cleanup(func() { cancel(); <-done })
}

// TestNobodyGetsInWithoutAKey: from an address that is not this machine's own, no protocol lets anybody push or play without a valid key,
// and each does with one. A new face is a new row.
func TestNobodyGetsInWithoutAKey(t *testing.T) {
	ip := outside(t)
	cfg := testConfig(t)
	cfg.RTMP.Address, cfg.HTTP.Address, cfg.RTSP.Address = ip+":0", ip+":0", ip+":0"
	s, _ := start(t, cfg, slog.New(slog.DiscardHandler))
	d, err := s.domains.Describe("localhost")
	if err != nil {
		t.Fatal(err)
	}
	source := clip(t, "2")
	overRTMP, overRTSP, web := "rtmp://"+s.rtmp.Addr().String(), "rtsp://"+s.rtsp.Addr().String(), "http://"+s.listener.Addr().String()
	late := time.Now().Add(time.Hour)

	for _, c := range []struct{ name, format, address string }{
		{"rtmp", "flv", overRTMP},
		{"rtsp", "rtsp", overRTSP},
	} {
		for key, query := range map[string]string{
			"none": "", "wrong": "?txSecret=00112233445566778899aabbccddeeff&txTime=FFFFFFFF", "of playing": "?" + d.Play.Sign("cam", late),
			"of another stream": "?" + d.Push.Sign("other", late), "expired": "?" + d.Push.Sign("cam", time.Now().Add(-time.Hour)),
		} {
			if c.name == "rtsp" && key != "none" && key != "wrong" {
				continue // too many wrong keys have an address wait
			}
			if _, err := ffmpeg(t.Context(), "-i", source, "-c", "copy", "-f", c.format, c.address+"/live/cam"+query); err == nil {
				t.Errorf("%s: pushed with the key %s", c.name, key)
			}
		}
		text, err := ffmpeg(t.Context(), "-i", source, "-c", "copy", "-f", c.format, c.address+"/live/cam?"+d.Push.Sign("cam", late))
		if err != nil {
			t.Errorf("%s: not pushed with a key: %v\n%s", c.name, err, text)
		}
	}
	if st := s.hub.Totals(); st.Begun != 2 {
		t.Errorf("%d streams have begun, want 2", st.Begun)
	}

	background(t, source, "flv", overRTMP+"/live/live?"+d.Push.Sign("live", late))
	key := media.StreamKey{Domain: "localhost", App: "live", Stream: "live"}
	until(t, "the stream", func() bool { st := s.hub.Get(key); return st != nil && st.Stats().Units > 50 })
	watch := func(address string) error {
		_, err := ffmpeg(t.Context(), "-i", address, "-t", "0.5", "-c", "copy", "-f", "null", "-")
		return err
	}
	for _, c := range []struct {
		name, address string
		play          func(address string) error
	}{
		{"rtmp", overRTMP + "/live/live", watch},
		{"rtsp", overRTSP + "/live/live", watch},
		{"http-flv", web + "/live/live.flv", fetch},
		{"hls", web + "/live/live.m3u8", fetch},
		{"ws-flv", web + "/live/live.flv", upgrade},
	} {
		if c.play(c.address) == nil {
			t.Errorf("%s: played without a key", c.name)
		}
		if c.play(c.address+"?"+d.Push.Sign("live", late)) == nil {
			t.Errorf("%s: played with the push key", c.name)
		}
		s.access.play.Failures.Forget() // they have been counted, and the next one is to be looked at
		if err := c.play(c.address + "?" + d.Play.Sign("live", late)); err != nil {
			t.Errorf("%s: not played with a key: %v", c.name, err)
		}
	}
}

// fetch gets the first bytes of an answer that must be a good one.
func fetch(address string) error {
	answer, err := http.Get(address)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return errors.New(answer.Status)
	}
	_, err = io.ReadFull(answer.Body, make([]byte, 13))
	return err
}

// upgrade asks for a WebSocket.
func upgrade(address string) error {
	q, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	for name, value := range map[string]string{
		"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
	} {
		q.Header.Set(name, value)
	}
	answer, err := http.DefaultClient.Do(q)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusSwitchingProtocols {
		return errors.New(answer.Status)
	}
	return nil
}

// withTLS gives a configuration a certificate and addresses over TLS.
func withTLS(t *testing.T, dir string) configs.Config {
	t.Helper()
	cfg := testConfig(t)
	cfg.TLS.Certificate, cfg.TLS.Key, _ = mediatest.Certificate(t, dir, time.Hour, "localhost", "127.0.0.1")
	cfg.HTTP.TLSAddress, cfg.RTMP.TLSAddress, cfg.RTSP.TLSAddress = "127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0"
	return cfg
}

// serial is that of the certificate that a face shows.
func serial(t *testing.T, a net.Addr) string {
	t.Helper()
	nc, err := tls.Dial("tcp", a.String(), &tls.Config{InsecureSkipVerify: true}) //nolint:gosec // what is shown is what is asked for
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	return nc.ConnectionState().PeerCertificates[0].SerialNumber.String()
}

// TestNewCertificate: another certificate comes into force on every face while pushes over TLS go on.
func TestNewCertificate(t *testing.T) {
	dir := t.TempDir()
	cfg := withTLS(t, dir)
	s, _ := start(t, cfg, slog.New(slog.DiscardHandler))
	source := clip(t, "2")
	background(t, source, "flv", "rtmps://"+s.rtmp.TLSAddr().String()+"/live/a")
	background(t, source, "rtsp", "rtsps://"+s.rtsp.TLSAddr().String()+"/live/b")
	live := func(name string) *stream.Stream {
		return s.hub.Get(media.StreamKey{Domain: "localhost", App: "live", Stream: name})
	}
	for _, name := range []string{"a", "b"} {
		until(t, "the stream "+name, func() bool { st := live(name); return st != nil && st.Stats().Units > 20 })
	}
	a, b := live("a"), live("b")
	faces := map[string]net.Addr{"https": s.secured.Addr(), "rtmps": s.rtmp.TLSAddr(), "rtsps": s.rtsp.TLSAddr()}
	before := map[string]string{}
	for name, at := range faces {
		before[name] = serial(t, at)
	}
	mediatest.Certificate(t, dir, time.Hour, "localhost", "127.0.0.1")
	until(t, "the new certificate", func() bool { return s.certs.Status().Reloads == 1 })
	for name, at := range faces {
		if serial(t, at) == before[name] {
			t.Errorf("%s shows the old certificate", name)
		}
	}
	for _, st := range []*stream.Stream{a, b} {
		n := st.Stats().Units
		until(t, "more units", func() bool { return st.Stats().Units > n+20 })
		if st.Ended() != nil || live(st.Key().Stream) != st {
			t.Errorf("%s has ended: %+v", st.Key(), st.Ended())
		}
	}

	// A stream is played over HTTP/2 as well.
	client := overTLS(t)
	flv, err := client.Get("https://" + s.secured.Addr().String() + "/live/a.flv")
	if err != nil {
		t.Fatal(err)
	}
	defer flv.Body.Close()
	if _, err := io.ReadFull(flv.Body, make([]byte, 10000)); err != nil || flv.ProtoMajor != 2 || flv.StatusCode != http.StatusOK {
		t.Errorf("%s %s %v", flv.Proto, flv.Status, err)
	}

	// One that cannot be used is told of by /readyz, which stays good.
	if err := os.WriteFile(cfg.TLS.Key, []byte("nonsense"), 0o600); err != nil {
		t.Fatal(err)
	}
	until(t, "the complaint", func() bool { s.certs.Poll(); return s.certs.Status().Broken != nil })
	status, text := get(t, "http://"+s.listener.Addr().String()+"/readyz")
	if status != http.StatusOK || !strings.Contains(string(text), "certificate cannot be used") {
		t.Errorf("%d %s", status, text)
	}
	if serial(t, faces["https"]) == before["https"] {
		t.Error("the first certificate is back")
	}
}

// overTLS returns a client that believes every certificate and speaks HTTP/2.
func overTLS(t *testing.T) *http.Client {
	client := &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: true, //nolint:gosec // the certificate signs itself
	}}
	t.Cleanup(client.CloseIdleConnections)
	return client
}

// TestHTTPS: HTTP/2 is spoken, and HTTP Basic is taken over it.
func TestHTTPS(t *testing.T) {
	s, _ := start(t, withTLS(t, t.TempDir()), slog.New(slog.DiscardHandler))
	client := overTLS(t)
	answer, err := client.Get("https://" + s.secured.Addr().String() + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.ProtoMajor != 2 || answer.StatusCode != http.StatusOK {
		t.Errorf("%s %s", answer.Proto, answer.Status)
	}
	for range 20 { // more than one request on a connection, also at once
		r, err := client.Get("https://" + s.secured.Addr().String() + "/readyz")
		if err != nil {
			t.Fatal(err)
		}
		_, err = io.Copy(io.Discard, r.Body)
		if err = errors.Join(err, r.Body.Close()); err != nil || r.StatusCode != http.StatusOK {
			t.Fatal(r.Status, err)
		}
	}
}
