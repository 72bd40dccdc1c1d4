package rtmp

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"aircheck/ingest/stream"
)

// lateConn sets deadlines ahead when nobody else has anything left to do.
type lateConn struct{ net.Conn }

// SetDeadline is net.Conn's.
func (c lateConn) SetDeadline(t time.Time) error {
	if t.After(time.Now()) {
		synctest.Wait()
	}
	return c.Conn.SetDeadline(t)
}

// TestPullGivenUpAsItConnects ends at once, and not when the handshake would have to be over.
func TestPullGivenUpAsItConnects(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin, why := time.Now(), errors.New("enough")
		for range 3 {
			ctx, cancel := context.WithCancelCause(t.Context())
			near, away := net.Pipe()
			var work sync.WaitGroup
			work.Go(func() { _, _ = io.Copy(io.Discard, away) })
			c := &Client{}
			c.Prepare()
			_, err := c.Play(ctx, PlayRequest{
				URL: &url.URL{Scheme: "rtmp", Host: "h", Path: "/a/b"}, Log: slog.New(slog.DiscardHandler),
				Dial: func(context.Context, string, string) (net.Conn, error) {
					cancel(why)
					return lateConn{near}, nil
				},
				Publish: func(netip.AddrPort, netip.AddrPort) (*stream.Stream, error) { return nil, errors.New("it is over") },
			})
			if !errors.Is(err, why) {
				t.Fatal(err)
			}
			work.Wait()
		}
		if d := time.Since(begin); d != 0 {
			t.Errorf("it took %s", d)
		}
	})
}
