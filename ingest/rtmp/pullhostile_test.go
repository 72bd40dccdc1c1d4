package rtmp

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/yutopp/go-rtmp/handshake"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/ingest/stream"
)

// far is a server made by hand. serve is called for each connection, before or behind the handshake.
func far(t testing.TB, greeted bool, serve func(*client)) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var work sync.WaitGroup
	work.Go(func() {
		for {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			work.Go(func() {
				defer nc.Close()
				serveFar(t, nc, greeted, serve)
			})
		}
	})
	t.Cleanup(func() { _ = l.Close(); work.Wait() })
	return "rtmp://" + l.Addr().String() + "/live/show?k=v"
}

// near is far without a network, for a bubble.
func near(t testing.TB, greeted bool, serve func(*client)) dialer {
	var work sync.WaitGroup
	t.Cleanup(work.Wait)
	return func(context.Context, string, string) (net.Conn, error) {
		ours, pipe := net.Pipe()
		theirs := &roomy{Conn: pipe, queue: make(chan []byte, 10_000), gone: make(chan struct{})}
		work.Go(theirs.send)
		work.Go(func() {
			defer theirs.Close()
			serveFar(t, theirs, greeted, serve)
		})
		return ours, nil
	}
}

// roomy is an end of a pipe that takes what is written, as a socket does, before the other end reads it.
type roomy struct {
	net.Conn
	queue   chan []byte
	gone    chan struct{} // closed when nothing can be sent any more
	closing sync.Once
}

func (r *roomy) Write(b []byte) (int, error) {
	select {
	case <-r.gone:
		return 0, net.ErrClosed
	case r.queue <- bytes.Clone(b):
		return len(b), nil
	}
}

// send sends what was written, and closes the pipe behind it.
func (r *roomy) send() {
	defer r.Conn.Close()
	defer close(r.gone)
	for b := range r.queue {
		if _, err := r.Conn.Write(b); err != nil {
			return
		}
	}
}

// Close has what was written sent first.
func (r *roomy) Close() error {
	r.closing.Do(func() { close(r.queue) })
	return nil
}

func serveFar(t testing.TB, nc net.Conn, greeted bool, serve func(*client)) {
	c := &client{Conn: nc, t: t, chunk: initialChunkSize}
	if greeted {
		if handshake.HandshakeWithClient(nc, nc, &handshake.Config{SkipHandshakeVerification: true}) != nil {
			return
		}
		var listening sync.WaitGroup
		listening.Go(c.listen)
		defer listening.Wait()
		defer nc.Close()
	}
	serve(c)
}

// agree answers up to play.
func agree(c *client) {
	c.expect("connect", "://127.0.0.1")
	c.command(0, "_result", 1.0, nil, []property{{"code", "NetConnection.Connect.Success"}})
	c.expect("createStream")
	c.command(0, "_result", 2.0, nil, 1.0)
	c.expect("play", "show?k=v")
	c.command(1, "onStatus", 0.0, nil, []property{{"level", "status"}, {"code", "NetStream.Play.Start"}})
}

// shows agrees and sends a picture.
func shows(c *client) {
	agree(c)
	c.message(4, 0, 18, 1, amf("onMetaData", []property{{"width", 64.0}, {"audiocodecid", 10.0}}))
	c.configs(0)
	c.message(6, 0, 9, 1, picture(nalu(true, 0, 300)))
}

// silent waits for the peer to go.
func silent(c *client) { c.expectClosed() }

func TestPullFromHostileServer(t *testing.T) {
	// limits are short for what is to be too late, and nothing else.
	limits := func(late string) func(*Client) {
		return func(c *Client) {
			c.Limits = Limits{MaxMessageSize: 64 << 10, MaxPartialSize: 64 << 10}
			switch late {
			case "handshake", "agreed in time":
				c.Limits.HandshakeTimeout = 200 * time.Millisecond
			case "no pictures and no sound":
				c.Limits.IdleTimeout = time.Second
			}
		}
	}
	onStatus := func(level, code string) func(*client) {
		return func(c *client) {
			c.command(1, "onStatus", 0.0, nil, []property{{"level", level}, {"code", code}, {"description", "so it is"}})
			silent(c)
		}
	}
	for _, ca := range []struct {
		name    string
		greeted bool
		serve   func(*client)
		want    string
		live    bool
		reason  stream.EndReason
	}{
		{"no handshake", false, func(c *client) { _, _ = io.Copy(io.Discard, c) }, "handshake", false, stream.EndLost},
		{"half a handshake", false, func(c *client) { c.send(make([]byte, 1000)); _, _ = io.Copy(io.Discard, c) }, "handshake", false, stream.EndLost},
		{"no answer", true, silent, "agreed in time", false, stream.EndProtocol},
		{"byte by byte", true, func(c *client) {
			tick := time.NewTicker(10 * time.Millisecond)
			defer tick.Stop()
			for _, b := range cat(header(3, 0, 5000, 20, 0), make([]byte, 5000)) {
				<-tick.C
				if _, err := c.Write([]byte{b}); err != nil {
					return
				}
			}
		}, "agreed in time", false, stream.EndProtocol},
		{"connect refused", true, func(c *client) {
			c.command(0, "_error", 1.0, nil, []property{{"code", "NetConnection.Connect.Rejected"}, {"description", "go away"}})
			silent(c)
		}, "go away", false, stream.EndProtocol},
		{"no stream id", true, func(c *client) {
			c.command(0, "_result", 1.0, nil, nil)
			c.command(0, "_result", 2.0, nil, "x")
			silent(c)
		}, "stream id", false, stream.EndProtocol},
		{"no such stream", true, func(c *client) { agree(c); onStatus("error", "NetStream.Play.StreamNotFound")(c) }, "StreamNotFound: so it is", false, stream.EndProtocol},
		{"no media", true, func(c *client) { agree(c); silent(c) }, "no pictures and no sound", false, stream.EndLost},
		{"pings alone", true, func(c *client) {
			shows(c)
			tick := time.NewTicker(10 * time.Millisecond)
			defer tick.Stop()
			for !c.closed() {
				<-tick.C
				if _, err := c.Write(c.chunks(2, 0, 4, 0, []byte{0, 6, 1, 2, 3, 4}, true)); err != nil {
					return
				}
			}
		}, "no pictures and no sound", true, stream.EndLost},
		{"unpublished", true, func(c *client) { shows(c); onStatus("status", "NetStream.Play.UnpublishNotify")(c) }, "stream is over", true, stream.EndClient},
		{"end of stream", true, func(c *client) { shows(c); c.message(2, 0, 4, 0, []byte{0, 1, 0, 0, 0, 1}); silent(c) }, "stream is over", true, stream.EndClient},
		{"closed", true, shows, "closed the connection", true, stream.EndClient},
		{"a large message", true, func(c *client) { shows(c); c.send(header(6, 40, 65<<10, 9, 1)); silent(c) }, "limit", true, stream.EndProtocol},
		{"many large messages", true, func(c *client) {
			shows(c)
			for i := range byte(40) {
				if _, err := c.Write(cat(header(10+i, 0, 60<<10, 9, 1), make([]byte, 128))); err != nil {
					return
				}
			}
			silent(c)
		}, "limit", true, stream.EndProtocol},
		{"nonsense", true, func(c *client) { c.send(bytes.Repeat([]byte{0xff}, 10_000)); silent(c) }, "", false, stream.EndProtocol},
	} {
		check := func(t *testing.T, dial dialer, address string) {
			p := pullOver(t.Context(), t, dial, address, limits(ca.want))
			if p.err == nil || !strings.Contains(p.err.Error(), ca.want) || p.reason != ca.reason || (p.recorded != nil) != ca.live {
				t.Fatalf("%s: %v; live %t", p.reason, p.err, p.recorded != nil)
			}
			if !ca.live {
				return
			}
			units, end := p.take()
			if len(units) != 1 || end == nil || end.Reason != ca.reason {
				t.Errorf("%d units, %+v", len(units), end)
			}
			if e := p.Expected(); !e.Known || !e.Video || !e.Audio {
				t.Errorf("expected %+v", e)
			}
		}
		t.Run(ca.name, func(t *testing.T) {
			switch ca.want {
			case "handshake", "agreed in time", "no pictures and no sound": // nothing else may be late
				synctest.Test(t, func(t *testing.T) { check(t, near(t, ca.greeted, ca.serve), "rtmp://127.0.0.1/live/show?k=v") })
			default:
				check(t, (&net.Dialer{}).DialContext, far(t, ca.greeted, ca.serve))
			}
		})
	}
}

// TestPullStops ends when its context does.
func TestPullStops(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("enough")
	p := pull(ctx, t, far(t, true, func(c *client) { shows(c); cancel(why); silent(c) }), nil)
	if !errors.Is(p.err, why) {
		t.Errorf("%v", p.err)
	}
}

// TestPullWithPassword answers the challenge as the method asks for it; the numbers are computed apart.
func TestPullWithPassword(t *testing.T) {
	const ask = "[ AccessManager.Reject ] : [ code=403 need auth; authmod=adobe ] : "
	const challenge = "[ AccessManager.Reject ] : [ authmod=adobe ] : ?reason=needauth&user=me&salt=salz&challenge=frage&opaque=undurch"
	refuse := func(c *client, why string) {
		c.command(0, "_error", 1.0, nil, []property{{"code", "NetConnection.Connect.Rejected"}, {"description", why}})
		silent(c)
	}
	for _, right := range []bool{true, false} {
		var mu sync.Mutex
		n := 0
		address := far(t, true, func(c *client) {
			mu.Lock()
			n++
			step := n
			mu.Unlock()
			switch {
			case step == 1:
				c.expect("connect")
				refuse(c, ask)
			case step == 2:
				c.expect("connect", "?authmod=adobe&user=me")
				refuse(c, challenge)
			case right:
				c.expect("connect", "?authmod=adobe&user=me&challenge=", "&response=", "&opaque=undurch")
				shows(c)
			default:
				c.expect("connect")
				refuse(c, "[ AccessManager.Reject ] : [ authmod=adobe ] : ?reason=authfailed&opaque=x")
			}
			if c.heard("hidden") {
				t.Error("the password was sent")
			}
		})
		p := pull(t.Context(), t, strings.Replace(address, "//", "//me:hidden@", 1), nil)
		if (p.recorded != nil) != right || !right && !errors.Is(p.err, ErrSource) {
			t.Errorf("right %t: %v", right, p.err)
		}
	}
	// base64(md5(base64(md5("mesalzhidden")) + "undurch" + "c0ffee"))
	if got := digest64(digest64("mesalzhidden") + "undurch" + "c0ffee"); got != adobeResponse {
		t.Errorf("%s, want %s", got, adobeResponse)
	}
}

// TestPullSecurely takes a certificate only if it is good.
func TestPullSecurely(t *testing.T) {
	certificate, key, _ := mediatest.Certificate(t, t.TempDir(), 0, "127.0.0.1")
	own, err := tls.LoadX509KeyPair(certificate, key)
	if err != nil {
		t.Fatal(err)
	}
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{own}})
	if err != nil {
		t.Fatal(err)
	}
	var work sync.WaitGroup
	work.Go(func() {
		for {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			work.Go(func() {
				defer nc.Close()
				serveFar(t, nc, true, shows)
			})
		}
	})
	t.Cleanup(func() { _ = l.Close(); work.Wait() })
	u, err := url.Parse("rtmps://" + l.Addr().String() + "/live/show?k=v")
	if err != nil {
		t.Fatal(err)
	}
	c := &Client{Tick: 5 * time.Millisecond}
	c.Prepare()
	for _, ca := range []struct {
		config *tls.Config
		want   string
	}{
		{nil, "certificate"},
		{&tls.Config{InsecureSkipVerify: true}, "closed the connection"},
	} {
		_, err := c.Play(t.Context(), PlayRequest{
			URL: u, TLS: ca.config, Dial: (&net.Dialer{}).DialContext, Log: slog.New(slog.DiscardHandler),
			Publish: func(remote, local netip.AddrPort) (*stream.Stream, error) {
				return (&stream.Hub{}).Publish(stream.Publisher{Key: media.StreamKey{Domain: "d", App: "a", Stream: "s"}})
			},
		})
		if err == nil || !strings.Contains(err.Error(), ca.want) {
			t.Errorf("want %s: %v", ca.want, err)
		}
	}
}

const adobeResponse = "E4pW7gNinuNHOkUBDz5V8g=="
