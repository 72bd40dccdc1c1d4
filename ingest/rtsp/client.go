package rtsp

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
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/bluenviron/gortsplib/v4"
	"github.com/bluenviron/gortsplib/v4/pkg/base"
	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/liberrors"

	"aircheck/ingest/media"
	"aircheck/ingest/stream"
)

// ErrSource is wrapped by what another server says, or describes, instead of sending a stream.
var ErrSource = errors.New("the source refuses")

var (
	errSourceGone = fmt.Errorf("the source closed the connection: %w", io.EOF)
	errNoMedia    = errors.New("the source sends no pictures and no sound")
	errNoAnswer   = fmt.Errorf("%w: it has not agreed in time to send the stream", ErrSource)
	errElsewhere  = fmt.Errorf("%w: it refers to another address, which is not followed", ErrSource)
)

// sayTime is how long the other server may take to read what it is told.
const sayTime = 10 * time.Second

// maxDials is how often a source is connected to for one try: the library does it again for another transport, and where it is referred to
// the address that it has.
const maxDials = 4

// longestSession is the longest timeout of a session that is believed, in seconds: a day.
const longestSession = 24 * 3600

// udpPatience is how long to wait for packets over UDP before TCP is tried, if both may be.
const udpPatience = 3 * time.Second

// Client plays streams of other servers and cameras. Set the exported fields, then call Prepare; Play may be called by any number of
// goroutines.
type Client struct {
	// Limits: HandshakeTimeout is for all until the other server agrees to send the stream, IdleTimeout for how long it may send no media.
	Limits Limits
	// Tick is how often a source is read over TCP; 0 means DefaultTick. LiveTick is for streams with a Prompt reader; 0 means DefaultLiveTick.
	Tick, LiveTick time.Duration

	slabs  media.Slabs
	begun  time.Time
	losses rarely

	packetsLost, framesLost, badPackets atomic.Int64
}

// PlayRequest is what a Client is to play, and where to.
type PlayRequest struct {
	// URL is one of rtsp or rtsps.
	URL *url.URL
	// Transport is "tcp", "udp", or "auto": UDP, and TCP where nothing arrives.
	Transport string
	// Dial connects. It decides what may be connected to.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// TLS is for rtsps; nil checks the certificate against the host of the URL.
	TLS *tls.Config
	// Publish opens the stream, once media has come. Its error ends Play. Ending the stream is up to the caller of Play.
	Publish func(remote, local netip.AddrPort) (*stream.Stream, error)
	// Log names the stream.
	Log *slog.Logger
}

// Prepare gives the fields their defaults.
func (c *Client) Prepare() {
	c.Limits = c.Limits.withDefaults()
	c.losses.lines, c.begun = 5, time.Now()
	if c.Tick == 0 {
		c.Tick = DefaultTick
	}
	if c.LiveTick == 0 {
		c.LiveTick = DefaultLiveTick
	}
	c.LiveTick = min(c.LiveTick, c.Tick)
}

// Stats returns what was lost and what could not be read, of all sources so far.
func (c *Client) Stats() (packetsLost, framesLost, badPackets int64) {
	return c.packetsLost.Load(), c.framesLost.Load(), c.badPackets.Load()
}

// Play asks another server for a stream and writes its media to what Publish opens, until either side ends it or ctx is done. It returns
// why, and what that means for the stream if there is one.
func (c *Client) Play(ctx context.Context, r PlayRequest) (stream.EndReason, error) {
	p := &puller{client: c, request: r, failed: make(chan struct{})}
	p.recv.slabs, p.recv.announce = &c.slabs, p.announce
	err := p.run(ctx)
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return sourceEnd(err), err
}

// run has the library play the source.
func (p *puller) run(ctx context.Context) error {
	p.lib = p.library()
	if err := p.lib.Start2(); err != nil {
		return err
	}
	defer p.settle()
	defer p.close()
	agreeBy, cancel := context.WithTimeoutCause(ctx, p.client.Limits.HandshakeTimeout, errNoAnswer)
	defer cancel()
	stop := context.AfterFunc(agreeBy, p.close)
	err := p.agree()
	if stop(); err != nil {
		if cause := context.Cause(agreeBy); cause != nil {
			return cause
		}
		return p.because(err)
	}
	return p.watch(ctx)
}

// close closes the library's client, which may still say that it leaves.
func (p *puller) close() {
	p.closing.Store(true)
	p.hurry()
	p.lib.Close()
}

// hurry ends what the library waits to read: while that is the other side of a TLS handshake, it cannot be closed.
func (p *puller) hurry() {
	if c := p.conn.Load(); c != nil {
		_ = c.SetReadDeadline(time.Unix(1, 0))
	}
}

// library makes one client of the library's.
func (p *puller) library() *gortsplib.Client {
	u := p.request.URL
	lib := &gortsplib.Client{
		Scheme: u.Scheme, Host: u.Host, TLSConfig: p.request.TLS.Clone(), ReadTimeout: p.client.Limits.IdleTimeout, WriteTimeout: sayTime,
		UserAgent: "aircheck", DialContext: p.dial, InitialUDPReadTimeout: udpPatience,
		OnResponse:    func(res *base.Response) { p.answered(res.Header) },
		OnPacketsLost: func(uint64) {}, // see receiver
		OnDecodeError: func(error) { p.client.badPackets.Add(1) },
		OnTransportSwitch: func(error) {
			p.udp.Store(false)
			p.request.Log.Warn("nothing comes over UDP; the source is asked for TCP")
		},
	}
	tcp, udp := gortsplib.TransportTCP, gortsplib.TransportUDP
	switch p.request.Transport {
	case "udp":
		lib.Transport = &udp
	case "auto":
	default:
		lib.Transport = &tcp
	}
	p.udp.Store(lib.Transport != &tcp)
	return lib
}

// answered makes an answer one that the library may read.
func (p *puller) answered(h base.Header) {
	plainTransport(h)
	plainSession(h)
	for _, text := range h["Transport"] {
		if strings.Contains(text, "/TCP") { // it asks for that without saying so, where the address is one of rtsps
			p.udp.Store(false)
		}
	}
}

// plainSession takes out of an answer the session's timeout, unless it is of a length that sessions have: the library computes with it.
func plainSession(h base.Header) {
	for i, text := range h["Session"] {
		id, params, _ := strings.Cut(text, ";")
		for param := range strings.SplitSeq(params, ";") {
			name, value, _ := strings.Cut(strings.TrimSpace(param), "=")
			if n, err := strconv.Atoi(value); name == "timeout" && err == nil && n >= 1 && n <= longestSession {
				id += ";timeout=" + value
				break
			}
		}
		h["Session"][i] = id
	}
}

// plainTransport takes out of an answer to SETUP from where packets are said to come, and where they are said to be sent back: to any
// machine. What counts is who was connected to.
func plainTransport(h base.Header) {
	for i, text := range h["Transport"] {
		var kept []string
		for part := range strings.SplitSeq(text, ";") {
			if name := strings.ToLower(strings.TrimSpace(part)); !strings.HasPrefix(name, "source=") && !strings.HasPrefix(name, "destination=") {
				kept = append(kept, part)
			}
		}
		h["Transport"][i] = strings.Join(kept, ";")
	}
}

// dial connects for the library: to the address of the source, and to no other that it refers to.
func (p *puller) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if p.address == "" {
		p.address = address
	}
	if p.dials++; address != p.address || p.dials > maxDials {
		return nil, errElsewhere
	}
	nc, err := p.request.Dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	c := &pullConn{Conn: nc, p: p, closed: make(chan struct{}), hurried: make(chan struct{}), last: time.Now()}
	p.conn.Store(c)
	if p.closing.Load() {
		p.hurry()
	}
	return c, nil
}

// agree asks for the stream, up to its beginning.
func (p *puller) agree() error {
	desc, _, err := p.lib.Describe((*base.URL)(p.request.URL))
	if err != nil {
		return err
	}
	var wanted []*description.Media
	for _, m := range desc.Medias {
		if !m.IsBackChannel && p.take(m) {
			wanted = append(wanted, m)
		}
	}
	if p.leftOut > 0 {
		p.request.Log.Warn("tracks are left out: their formats are not known, or their descriptions are not complete", "tracks", p.leftOut,
			"first_format", p.firstLeft, "first_error", errText(p.firstError))
	}
	if len(wanted) == 0 {
		return fmt.Errorf("%w: it describes nothing that can be recorded", ErrSource)
	}
	for _, m := range wanted {
		if _, err := p.lib.Setup(desc.BaseURL, m, 0, 0); err != nil {
			return err
		}
		p.listen(m)
	}
	p.lastMedia.Store(time.Now().UnixNano())
	_, err = p.lib.Play(nil)
	p.playing.Store(err == nil)
	return err
}

// watch waits for the end.
func (p *puller) watch(ctx context.Context) error {
	over := make(chan error, 1)
	go func() {
		defer close(over)
		over <- p.lib.Wait()
	}()
	tick := time.NewTicker(max(time.Millisecond, p.client.Limits.IdleTimeout/8))
	defer tick.Stop()
	defer func() {
		p.close() // which ends Wait
		for range over {
			continue
		}
	}()
	for {
		select {
		case err := <-over:
			return p.because(err)
		case <-p.failed:
			return p.over
		case <-ctx.Done():
			p.drain(over)
			return context.Cause(ctx)
		case now := <-tick.C:
			if idle := p.client.Limits.IdleTimeout; now.Sub(time.Unix(0, p.lastMedia.Load())) > idle {
				return fmt.Errorf("%w for %s", errNoMedia, idle)
			}
		}
	}
}

// because puts an error of the library into words.
func (p *puller) because(err error) error {
	var status liberrors.ErrClientBadStatusCode
	switch {
	case p.overBy() != nil:
		return p.overBy()
	case errors.Is(err, io.EOF):
		return errSourceGone
	case errors.As(err, &status):
		return fmt.Errorf("%w: %d %s", ErrSource, status.Code, line(status.Message))
	}
	return err
}

// sourceEnd says what an error of Play means for its stream.
func sourceEnd(err error) stream.EndReason {
	var ne net.Error
	var udp liberrors.ErrClientUDPTimeout
	var tcp liberrors.ErrClientTCPTimeout
	switch {
	case errors.Is(err, io.EOF):
		return stream.EndClient
	case errors.Is(err, stream.ErrEnded), errors.Is(err, context.Canceled):
		return stream.EndDropped
	case errors.Is(err, errNoMedia), errors.As(err, &udp), errors.As(err, &tcp), errors.Is(err, net.ErrClosed), errors.As(err, &ne),
		errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, os.ErrDeadlineExceeded):
		return stream.EndLost
	}
	return stream.EndProtocol
}
