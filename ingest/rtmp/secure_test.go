package rtmp

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/ingest/stream"
)

// withTLS has a server listen over TLS as well.
func withTLS(t testing.TB, s *Server) (trust *x509.CertPool) {
	t.Helper()
	cert, key, trust := mediatest.Certificate(t, t.TempDir(), time.Hour, "localhost", "127.0.0.1")
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	s.TLSAddress, s.TLS = "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	return trust
}

// TestFFmpegOverTLS pushes over TLS what is played over TLS at the same time, and compares every packet. Nothing of the sending is in real
// time: at a tick of 200 ms, a server that reads one record per tick would take minutes.
func TestFFmpegOverTLS(t *testing.T) {
	f := start(t, func(s *Server) {
		withTLS(t, s)
		s.Tick, s.LiveTick = 200*time.Millisecond, 200*time.Millisecond
	})
	source := mediatest.Clip(t, "large.flv", "25", "-t", "8", "-c:v", "libx264", "-preset", "ultrafast", "-b:v", "8M", "-minrate", "8M",
		"-maxrate", "8M", "-bufsize", "8M", "-x264-params", "nal-hrd=cbr", "-g", "25", "-pix_fmt", "yuv420p", "-c:a", "aac")
	want := probe(t, source)
	push(t, source, "rtmps://"+f.TLSAddr().String()+"/live/cam", "-i", source, "-c", "copy")
	r := f.stream(0)
	eventually(t, "the end", func() bool { _, end := r.take(); return end != nil })
	units, end := r.take()
	if end.Reason != stream.EndClient {
		t.Errorf("%+v", end)
	}
	if d := cmp.Diff(len(want["video"]), len(received(units, 0)["video"])); d != "" {
		t.Error(d)
	}
	got := received(units, 0)
	for kind := range want {
		for i := range min(len(want[kind]), len(got[kind])) {
			if got[kind][i].hash != want[kind][i].hash || got[kind][i].pts != want[kind][i].pts {
				t.Fatalf("%s %d: %+v, want %+v", kind, i, got[kind][i], want[kind][i])
			}
		}
		if len(got[kind]) != len(want[kind]) {
			t.Errorf("%d of %s, want %d", len(got[kind]), kind, len(want[kind]))
		}
	}
}

// TestPlayOverTLS plays with ffmpeg over TLS while ffmpeg pushes over TLS.
func TestPlayOverTLS(t *testing.T) {
	f := start(t, func(s *Server) {
		withTLS(t, s)
		s.Hub.GOP, s.Hub.TotalGOP = 8<<20, 8<<20
		s.Play = func(r ViewRequest) (*stream.Stream, error) {
			if st := s.Hub.Get(media.StreamKey{Domain: "d", App: r.App, Stream: r.Stream}); st != nil {
				return st, nil
			}
			return nil, stream.ErrNotLive
		}
	})
	source, address := clip(t, "2"), "rtmps://"+f.TLSAddr().String()+"/live/cam"
	out := filepath.Join(t.TempDir(), "played.flv")
	pushing := exec.Command("ffmpeg", "-v", "error", "-nostdin", "-re", "-stream_loop", "-1", "-i", source, "-c", "copy", "-f", "flv", address)
	if err := pushing.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = pushing.Process.Kill()
		_ = pushing.Wait()
	}()
	f.stream(0)
	mediatest.Run(t, "ffmpeg", "-v", "error", "-y", "-i", address, "-t", "2", "-c", "copy", out)
	if got := probe(t, out); len(got["video"]) < 40 || len(got["audio"]) < 60 {
		t.Errorf("played %d pictures, %d frames of sound", len(got["video"]), len(got["audio"]))
	}
}

// TestDropOverTLS: who is dropped is told why, as without TLS.
func TestDropOverTLS(t *testing.T) {
	var trust *x509.CertPool
	f := start(t, func(s *Server) { trust = withTLS(t, s) })
	nc, err := tls.Dial("tcp", f.TLSAddr().String(), &tls.Config{RootCAs: trust, MinVersion: tls.VersionTLS12})
	if err != nil {
		t.Fatal(err)
	}
	c := f.greet(nc)
	c.begin("cam")
	f.stream(0).Drop(stream.EndDropped, "disconnected by the test")
	c.expect("disconnected by the test")
	c.expectClosed()
}

// TestSecureReadIsWhole: one read yields what has come, however many records that is, and waits for none of what has not.
func TestSecureReadIsWhole(t *testing.T) {
	cert, key, trust := mediatest.Certificate(t, t.TempDir(), time.Hour, "localhost")
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	sent := bytes.Repeat([]byte("0123456789abcdef"), 3<<10) // 48 KiB: three records at least
	failed := make(chan error, 1)
	go func() {
		nc, err := tls.Dial("tcp", l.Addr().String(), &tls.Config{RootCAs: trust, ServerName: "localhost", MinVersion: tls.VersionTLS12})
		if err == nil {
			defer nc.Close()
			_, err = nc.Write(sent)
		}
		failed <- err
	}()
	plain, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	nc := secure(plain, &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12})
	defer nc.Close()
	if err := nc.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	var got []byte
	buf := make([]byte, 64<<10)
	most, sending := 0, true
	for {
		n, err := nc.Read(buf)
		got = append(got, buf[:n]...)
		most = max(most, n)
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if sending { // all has been sent after the first read
			sending = false
			if err := <-failed; err != nil {
				t.Fatal(err)
			}
		}
	}
	if !bytes.Equal(got, sent) || most <= 16<<10 {
		t.Errorf("got %d bytes, %d with one read", len(got), most)
	}
}
