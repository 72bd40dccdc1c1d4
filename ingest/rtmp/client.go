package rtmp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"time"

	"github.com/yutopp/go-rtmp/handshake"

	"aircheck/ingest/media"
	"aircheck/ingest/stream"
)

// Ports of addresses that name none.
const (
	plainPort  = "1935"
	securePort = "443"
)

// ErrSource is wrapped by what another server says instead of sending a stream.
var ErrSource = errors.New("the source refuses")

var (
	errNoMedia    = errors.New("the source sends no pictures and no sound")
	errSourceGone = fmt.Errorf("the source closed the connection: %w", io.EOF)
	errSourceEnd  = errors.New("the source says that the stream is over")
	errNoAnswer   = fmt.Errorf("%w: it has not agreed in time to send the stream", ErrSource)
)

// Client plays streams of other servers. Set the exported fields and call Prepare before Play, which any number of goroutines may call.
type Client struct {
	// Limits are those of messages and chunk streams, as for publishers; HandshakeTimeout is for all until the other server agrees to
	// send the stream, IdleTimeout for how long it may send no media.
	Limits Limits
	// Tick is how often a source is read; 0 means DefaultTick. LiveTick is for streams with a Prompt reader; 0 means DefaultLiveTick.
	Tick, LiveTick time.Duration

	memory media.Slabs
	budget budget
}

// PlayRequest is what a Client is to play, and where to.
type PlayRequest struct {
	// URL is one of rtmp or rtmps.
	URL *url.URL
	// Dial connects. It decides what may be connected to.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// TLS is for rtmps; nil checks the certificate against the host of the URL.
	TLS *tls.Config
	// Publish opens the stream, once media has come. Its error ends Play. Ending the stream is up to the caller of Play.
	Publish func(remote, local netip.AddrPort) (*stream.Stream, error)
	// Log names the stream.
	Log *slog.Logger
}

// Prepare gives the fields their defaults.
func (c *Client) Prepare() {
	c.Limits = c.Limits.withDefaults()
	c.budget.max, c.budget.share = c.Limits.MaxTotalPartialSize, publishingShare
	if c.Tick == 0 {
		c.Tick = DefaultTick
	}
	if c.LiveTick == 0 {
		c.LiveTick = DefaultLiveTick
	}
	c.LiveTick = min(c.LiveTick, c.Tick)
}

// Partial returns what is set aside for unfinished messages, in bytes.
func (c *Client) Partial() int64 { return c.budget.used.Load() }

// Play asks another server for a stream and writes its media to what Publish opens, until either side ends it or ctx is done. It returns
// why, and what that means for the stream if there is one.
func (c *Client) Play(ctx context.Context, r PlayRequest) (stream.EndReason, error) {
	err := c.play(ctx, r)
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return sourceEnd(err), err
}

func (c *Client) play(ctx context.Context, r PlayRequest) error {
	cred := credentials{}
	for {
		err := c.attempt(ctx, r, &cred)
		if !errors.Is(err, errAgain) {
			return err
		}
	}
}

// attempt is one connection.
func (c *Client) attempt(ctx context.Context, r PlayRequest, cred *credentials) error {
	agreeBy := time.Now().Add(c.Limits.HandshakeTimeout)
	nc, bottom, err := c.dial(ctx, r, agreeBy)
	if err != nil {
		return err
	}
	defer nc.Close()
	// What has arrived is still taken in.
	defer context.AfterFunc(ctx, func() { bottom.drain(c.Limits.newRest(time.Now())) })()
	p := newPuller(c, r, nc, agreeBy, cred)
	defer p.session.chunks.close()
	return p.run(ctx)
}

// dial connects and does the handshakes of TLS and RTMP. bottom is below TLS.
func (c *Client) dial(ctx context.Context, r PlayRequest, by time.Time) (nc net.Conn, bottom *arrivedConn, err error) {
	ctx, cancel := context.WithDeadline(ctx, by)
	defer cancel()
	port := r.URL.Port()
	switch {
	case port != "":
	case r.URL.Scheme == "rtmps":
		port = securePort
	default:
		port = plainPort
	}
	plain, err := r.Dial(ctx, "tcp", net.JoinHostPort(r.URL.Hostname(), port))
	if err != nil {
		return nil, nil, err
	}
	// Before ctx can end: the last one counts.
	if err := plain.SetDeadline(by); err != nil {
		return nil, nil, errors.Join(err, plain.Close())
	}
	bottom = &arrivedConn{Conn: plain}
	nc = bottom
	defer context.AfterFunc(ctx, func() { _ = plain.SetDeadline(time.Unix(1, 0)) })()
	if r.URL.Scheme == "rtmps" {
		cfg := r.TLS
		if cfg == nil {
			cfg = &tls.Config{ServerName: r.URL.Hostname(), MinVersion: tls.VersionTLS12}
		}
		over := secureClient(bottom, cfg)
		if err := over.HandshakeContext(ctx); err != nil {
			return nil, nil, errors.Join(fmt.Errorf("TLS: %w", err), plain.Close())
		}
		nc = over
	}
	// Some servers answer the handshake wrongly; nothing depends on it.
	if err := handshake.HandshakeWithServer(nc, nc, &handshake.Config{SkipHandshakeVerification: true}); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("handshake: %w", err), plain.Close())
	}
	return nc, bottom, nil
}

// sourceEnd says what an error of Play means for its stream.
func sourceEnd(err error) stream.EndReason {
	var ne net.Error
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, errSourceEnd):
		return stream.EndClient
	case errors.Is(err, stream.ErrEnded), errors.Is(err, context.Canceled):
		return stream.EndDropped
	case errors.Is(err, errNoMedia), errors.Is(err, net.ErrClosed), errors.As(err, &ne), isReset(err), errors.Is(err, io.ErrUnexpectedEOF):
		return stream.EndLost
	}
	return stream.EndProtocol
}
