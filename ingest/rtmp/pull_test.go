package rtmp

import (
	"context"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os/exec"
	"slices"
	"sync"
	"testing"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/stream"
)

// pulled is a source being played into a stream of its own.
type pulled struct {
	*recorded
	log    *logged
	reason stream.EndReason
	err    error
}

// pull plays an address until it ends. change may set the client up.
func pull(ctx context.Context, t testing.TB, address string, change func(*Client)) *pulled {
	t.Helper()
	return pullOver(ctx, t, (&net.Dialer{}).DialContext, address, change)
}

type dialer func(ctx context.Context, network, address string) (net.Conn, error)

func pullOver(ctx context.Context, t testing.TB, dial dialer, address string, change func(*Client)) *pulled {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	c := &Client{Tick: 5 * time.Millisecond}
	if change != nil {
		change(c)
	}
	c.Prepare()
	out := &pulled{log: &logged{}}
	var mu sync.Mutex
	hub := &stream.Hub{Attach: func(s *stream.Stream) {
		mu.Lock()
		defer mu.Unlock()
		out.recorded = &recorded{Stream: s, reader: s.NewReader(stream.ReaderOptions{})}
	}}
	key := media.StreamKey{Domain: "d", App: "live", Stream: "pulled"}
	var st *stream.Stream
	out.reason, out.err = c.Play(ctx, PlayRequest{
		URL: u, Dial: dial, Log: slog.New(slog.NewTextHandler(out.log, nil)),
		Publish: func(remote, local netip.AddrPort) (*stream.Stream, error) {
			st, err = hub.Publish(stream.Publisher{Key: key, Protocol: "rtmp" + stream.PulledSuffix, Remote: remote, Local: local})
			return st, err
		},
	})
	if st != nil {
		st.End(out.reason, out.err.Error())
	}
	if n := c.Partial(); n != 0 {
		t.Errorf("%d bytes of unfinished messages left", n)
	}
	return out
}

// freePort is a port of this machine that nobody listens on.
func freePort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

// TestPullFromFFmpeg plays what ffmpeg serves and compares every packet.
func TestPullFromFFmpeg(t *testing.T) {
	source := clip(t, "4")
	want := probe(t, source)
	address := "rtmp://127.0.0.1:" + freePort(t) + "/live/show?token=secret"
	cmd := exec.Command("ffmpeg", "-v", "error", "-i", source, "-c", "copy", "-f", "flv", "-listen", "1", address)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	var p *pulled
	eventually(t, "the source to listen", func() bool {
		p = pull(t.Context(), t, address, nil)
		return p.recorded != nil
	})
	units, end := p.take()
	if end == nil || end.Reason != stream.EndClient {
		t.Errorf("end %+v: %v", end, p.err)
	}
	got := received(units, 0)
	for _, kind := range []string{"video", "audio"} {
		if !slices.Equal(got[kind], want[kind]) {
			t.Errorf("%s: got %d packets, want %d; first %v, want %v", kind, len(got[kind]), len(want[kind]),
				got[kind][:min(3, len(got[kind]))], want[kind][:3])
		}
	}
}
