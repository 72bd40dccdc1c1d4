package rtsp

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/ingest/stream"
)

// pullBench is a server to be played from, and a hub to be played into.
type pullBench struct {
	server *Server
	near   *stream.Hub
	client *Client
	log    *pullLog
	logger *slog.Logger
	tls    *tls.Config // for rtsps

	mu      sync.Mutex
	readers map[*stream.Stream]*stream.Reader
	units   map[*stream.Stream][]*media.Unit
}

// pullLog is a log that can be read while it is written.
type pullLog struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write is io.Writer's.
func (l *pullLog) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

func newPullBench(t *testing.T) *pullBench {
	t.Helper()
	b := &pullBench{log: &pullLog{}, readers: map[*stream.Stream]*stream.Reader{}, units: map[*stream.Stream][]*media.Unit{}}
	log := slog.New(slog.NewTextHandler(b.log, nil))
	attach := func(s *stream.Stream) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.readers[s] = s.NewReader(stream.ReaderOptions{})
	}
	far := &stream.Hub{Attach: attach, GOP: 8 << 20, TotalGOP: 8 << 20}
	b.near = &stream.Hub{Attach: attach}
	b.server = &Server{
		Address: "127.0.0.1:0", RTPAddress: "127.0.0.1:0", RTCPAddress: "127.0.0.1:0", Hub: far, Tick: 20 * time.Millisecond, Log: log,
		Authorize: func(r Request) (Permission, error) {
			return Permission{Key: media.StreamKey{Domain: "d", App: r.App, Stream: r.Stream}}, nil
		},
		Play: func(r Request) (*stream.Stream, error) {
			if r.Credentials == nil || r.Credentials.User != "u" || !r.Credentials.Matches("pass") {
				return nil, fmt.Errorf("%w, and these are wrong", ErrUnauthorized)
			}
			if st := far.Get(media.StreamKey{Domain: "d", App: r.App, Stream: r.Stream}); st != nil {
				return st, nil
			}
			return nil, stream.ErrNotLive
		},
	}
	certificate, key, _ := mediatest.Certificate(t, t.TempDir(), 0, "127.0.0.1")
	own, err := tls.LoadX509KeyPair(certificate, key)
	if err != nil {
		t.Fatal(err)
	}
	b.server.TLSAddress, b.server.TLS = "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{own}}
	b.server.RTPAddress, b.server.RTCPAddress = evenPorts(t)
	if err := b.server.Listen(); err != nil {
		t.Fatal(err)
	}
	b.server.Start()
	t.Cleanup(func() { _ = b.server.Close() })
	b.client, b.logger = &Client{Tick: 20 * time.Millisecond}, log
	b.client.Prepare()
	return b
}

// evenPorts are two ports of this machine that are free for UDP, an even number and the next.
func evenPorts(t *testing.T) (rtp, rtcp string) {
	t.Helper()
	for range 100 {
		a, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		port := a.LocalAddr().(*net.UDPAddr).Port
		_ = a.Close()
		if port%2 == 1 {
			continue
		}
		next := fmt.Sprintf("127.0.0.1:%d", port+1)
		if b, err := net.ListenPacket("udp", next); err == nil {
			_ = b.Close()
			return fmt.Sprintf("127.0.0.1:%d", port), next
		}
	}
	t.Fatal("no two free ports")
	return "", ""
}

// take takes what a stream's reader has.
func (b *pullBench) take(s *stream.Stream) []*media.Unit {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.units[s] = append(b.units[s], b.readers[s].Take().Units...)
	return b.units[s]
}

// play plays an address until it ends.
func (b *pullBench) play(ctx context.Context, t *testing.T, address, transport string) (*stream.Stream, stream.EndReason, error) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	var st *stream.Stream
	reason, err := b.client.Play(ctx, PlayRequest{
		URL: u, Transport: transport, TLS: b.tls, Dial: (&net.Dialer{}).DialContext, Log: b.logger,
		Publish: func(remote, local netip.AddrPort) (*stream.Stream, error) {
			opened, err := b.near.Publish(stream.Publisher{
				Key: media.StreamKey{Domain: "d", App: u.Scheme, Stream: transport}, Protocol: "rtsp" + stream.PulledSuffix, Remote: remote, Local: local,
			})
			st = opened
			return opened, err
		},
	})
	if st != nil {
		st.End(reason, err.Error())
	}
	return st, reason, err
}

func pullEventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.NewTimer(30 * time.Second)
	defer deadline.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// pullable makes a file with sound and pictures.
func pullable(t *testing.T) string {
	return mediatest.Clip(t, "pullable.mp4", "25", "-t", "2", "-c:v", "libx264", "-preset", "veryfast", "-bf", "2", "-g", "25",
		"-pix_fmt", "yuv420p", "-c:a", "aac", "-b:a", "64k")
}

// hashes returns the payloads of one kind.
func hashes(units []*media.Unit, kind media.Kind) (out []string) {
	for _, u := range units {
		if u.Track.Codec.Kind() == kind {
			out = append(out, fmt.Sprintf("%x", sha256.Sum256(u.Payload)))
		}
	}
	return out
}

// TestPull plays what another server has, which ffmpeg pushes to it, in all ways at once, and compares every unit.
func TestPull(t *testing.T) {
	b := newPullBench(t)
	address, secure := b.server.Addr().String(), b.server.TLSAddr().String()
	if st, _, err := b.play(t.Context(), t, "rtsps://u:pass@"+secure+"/live/show", "tcp"); st != nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("a bad certificate: %v", err)
	}
	push := exec.CommandContext(t.Context(), "ffmpeg", "-v", "error", "-re", "-i", pullable(t), "-c", "copy", "-f", "rtsp",
		"-rtsp_transport", "tcp", "rtsp://"+address+"/live/show")
	if err := push.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = push.Wait() }()
	var far *stream.Stream
	pullEventually(t, "the push", func() bool {
		if all := b.server.Hub.List(); len(all) > 0 {
			far = all[0]
		}
		return far != nil && len(b.take(far)) > 0
	})
	b.tls = &tls.Config{InsecureSkipVerify: true}
	var work sync.WaitGroup
	for _, c := range [][]string{{"rtsp", "tcp"}, {"rtsp", "udp"}, {"rtsp", "auto"}, {"rtsps", "tcp"}, {"rtsps", "auto"}} {
		from := address
		if c[0] == "rtsps" {
			from = secure
		}
		work.Go(func() { b.compare(t, far, c[0], from, c[1]) })
	}
	work.Wait()
}

// compare plays what is pushed to far, until that ends.
func (b *pullBench) compare(t *testing.T, far *stream.Stream, scheme, from, transport string) {
	st, reason, err := b.play(t.Context(), t, scheme+"://u:pass@"+from+"/live/show", transport)
	if st == nil {
		t.Errorf("%s, %s: nothing came: %v", scheme, transport, err)
		return
	}
	if reason != stream.EndClient && reason != stream.EndLost {
		t.Errorf("%s, %s: it ended with %s: %v", scheme, transport, reason, err)
	}
	want, got := b.take(far), b.take(st)
	if st.Publisher.Remote.String() != from || !st.Expected().Video || !st.Expected().Audio || len(st.Tracks()) != 2 {
		t.Errorf("%+v, %+v", st.Publisher, st.Expected())
	}
	for _, kind := range []media.Kind{media.Video, media.Audio} {
		have, all := hashes(got, kind), hashes(want, kind)
		if len(have) < max(1, len(all)/2) {
			t.Errorf("%s, %s: %d of %d units of %s", scheme, transport, len(have), len(all), kind)
			continue
		}
		if at := slices.Index(all, have[0]); at < 0 || !slices.Equal(have, all[at:min(len(all), at+len(have))]) {
			t.Errorf("%s, %s: the %d units of %s are not those of the source from %d on", scheme, transport, len(have), kind, at)
		}
	}
}

// TestPullRefused: wrong passwords, and streams that are not live.
func TestPullRefused(t *testing.T) {
	b := newPullBench(t)
	for _, c := range []struct{ user, want string }{{"u:pass@", "404"}, {"u:wrong@", "401"}, {"", "401"}} {
		st, _, err := b.play(t.Context(), t, "rtsp://"+c.user+b.server.Addr().String()+"/live/none", "tcp")
		if st != nil || !errors.Is(err, ErrSource) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v", c.user, err)
		}
	}
}
