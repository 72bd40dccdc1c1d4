package rtmp

import (
	"bytes"
	"container/list"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/yutopp/go-rtmp/handshake"

	"aircheck/ingest/stream"
)

const (
	// commandBuffer is how much is read at once before publishing.
	commandBuffer = 4096
	// maxUnsent is how much a peer may leave unread of what it is told.
	maxUnsent = 64 << 10
	// lingerTime is what a peer gets to read why it is disconnected.
	lingerTime = time.Second
	version    = 3
)

// Why connections end, beside the session's own reasons.
var (
	errKicked   = errors.New("disconnected by the server")
	errStopping = errors.New("the server is stopping")
	errIdle     = errors.New("nothing was received for too long")
	errVersion  = errors.New("this is not RTMP")
	errDeaf     = fmt.Errorf("%w: the publisher does not read what it is told", errLimit)
	errPanic    = errors.New("what was received makes the server's parser fail; please report this")
	// errDisplaced: others needed the room, and the connection did not publish.
	errDisplaced = errors.New("there are too many connections")
)

// conn is one connection. Its goroutine takes it through handshake and commands, leaves it to the gatherer while it publishes,
// and ends it.
type conn struct {
	server        *Server
	remote, local netip.AddrPort
	session       *session
	// kicked is set when the stream is taken away; each stream has its own.
	kicked *atomic.Pointer[string]
	// tail has come and is not parsed yet.
	tail []byte
	// buf is what the portable gatherer reads into.
	buf []byte
	// last is when bytes came last.
	last time.Time
	// broken is why nothing can be sent any more.
	broken error
	// complaints tells the connection's goroutine what the gatherer's must not log.
	complaints chan error
	complained bool
	// admitting: a panic would be that of others, who may not have finished what they had begun.
	admitting bool

	place *list.Element // among the server's guests, guarded by the server's mutex

	mu sync.Mutex
	// nc is what is talked over, nil while the gatherer has the socket; bottom is it below TLS.
	nc        net.Conn
	bottom    *arrivedConn
	waiting   bool // reads of nc may be interrupted
	stopping  bool
	rest      *rest // once it is stopping and read
	displaced bool
}

func newConn(s *Server, nc net.Conn) *conn {
	bottom := &arrivedConn{Conn: nc}
	c := &conn{
		server: s, nc: bottom, bottom: bottom, remote: addrPort(nc.RemoteAddr()), local: addrPort(nc.LocalAddr()),
		complaints: make(chan error, 1),
	}
	c.session = newSession(&s.Limits, &s.memory, &s.waiting, &s.publishing, c.admit)
	c.session.view = c.admitPlayer
	return c
}

func addrPort(a net.Addr) netip.AddrPort {
	if tcp, ok := a.(*net.TCPAddr); ok {
		p := tcp.AddrPort()
		return netip.AddrPortFrom(p.Addr().Unmap(), p.Port())
	}
	return netip.AddrPort{}
}

// run serves the connection until it ends.
func (c *conn) run() {
	defer c.server.leave(c)
	defer c.goodbye()
	err := c.greet()
	for err == nil {
		if err = c.negotiate(); err == nil {
			err = c.gatherer().read(c)
		}
		if errors.Is(err, errPlaying) {
			err = c.watch()
			continue
		}
		if c.session.stream == nil {
			break
		}
		c.ended(err)
		if !errors.Is(err, errUnpublished) {
			return
		}
		c.server.demote(c)
		err = c.await()
	}
	select {
	case err = <-c.complaints: // a panic, with its stack
	default:
	}
	c.server.logRefusal(c, err)
}

// await sets the deadline for what comes before publishing.
func (c *conn) await() error {
	if err := c.exposed(); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.nc.SetDeadline(time.Now().Add(c.server.Limits.HandshakeTimeout))
}

// exposed lets reads of nc be interrupted. If they were to be already, nothing is waited for from now on.
func (c *conn) exposed() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.displaced:
		return errDisplaced
	case c.nc == nil:
		return net.ErrClosed
	}
	c.waiting = true
	if !c.stopping {
		return nil
	}
	if c.rest != nil && c.rest.over(time.Now()) {
		return errStopping
	}
	c.drain()
	return nil
}

// displace ends the connection without a word. It must be one that does not publish.
func (c *conn) displace() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.displaced = true
	if c.nc != nil {
		_ = c.nc.SetDeadline(time.Unix(1, 0))
	}
}

// settle replaces the deadline once nothing before publishing is awaited any more.
func (c *conn) settle(deadline time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waiting = false
	switch {
	case c.displaced:
		return errDisplaced
	case c.nc == nil:
		return net.ErrClosed
	}
	return c.bottom.resume(deadline)
}

// greet does the handshake.
func (c *conn) greet() error {
	if err := c.await(); err != nil {
		return err
	}
	var first [1]byte
	if _, err := io.ReadFull(c.nc, first[:]); err != nil {
		return err
	}
	if first[0] != version {
		return fmt.Errorf("%w: its first byte is 0x%02x", errVersion, first[0])
	}
	r := io.MultiReader(bytes.NewReader(first[:]), c.nc)
	// Some encoders answer the handshake wrongly; nothing depends on it.
	if err := handshake.HandshakeWithClient(r, teller{c}, &handshake.Config{SkipHandshakeVerification: true}); err != nil {
		return fmt.Errorf("handshake: %w", err)
	}
	return nil
}

// negotiate reads commands until the session publishes.
func (c *conn) negotiate() error {
	buf := make([]byte, commandBuffer)
	in := c.tail
	for {
		rest, err := c.feed(in, time.Now())
		in = rest
		published, plays := errors.Is(err, errPublished), errors.Is(err, errPlaying)
		if err != nil && !published && !plays {
			return err // goodbye sends what there is to say about it
		}
		if err = c.tell(); published || plays {
			c.tail = append([]byte(nil), in...)
			if err = errors.Join(err, c.settle(time.Time{})); err == nil && plays {
				err = errPlaying
			}
			return err
		}
		if err != nil {
			return err
		}
		k := copy(buf, in)
		n, err := c.nc.Read(buf[k:])
		if err != nil {
			return err
		}
		c.session.count(n, time.Now())
		in = buf[:k+n]
	}
}

// flush sends what the session has to say, and waits for it to be sent.
func (c *conn) flush() error {
	if len(c.session.out) == 0 {
		return nil
	}
	_, err := c.nc.Write(c.session.out)
	c.session.out = c.session.out[:0]
	return err
}

// teller writes to a peer that need not listen.
type teller struct{ *conn }

// Write is io.Writer's. A peer that has left is no failure: what it sent before is to be read.
func (t teller) Write(b []byte) (int, error) {
	_, err := t.nc.Write(b)
	if err != nil && isReset(err) {
		t.unheard(err)
		err = nil
	}
	return len(b), err
}

// tell is flush, for a peer that need not listen.
func (c *conn) tell() error {
	if len(c.session.out) == 0 {
		return nil
	}
	_, err := teller{c}.Write(c.session.out)
	c.session.out = c.session.out[:0]
	return err
}

// admit asks the server for permission to publish.
func (c *conn) admit(a address) (*stream.Stream, error) {
	c.kicked = &atomic.Pointer[string]{}
	kicked := c.kicked
	c.admitting = true
	st, err := c.server.admit(c, a, func(detail string) { kicked.CompareAndSwap(nil, &detail) })
	c.admitting = false
	c.extend(time.Now())
	return st, err
}

// feed reads what has come; rest is to come again. It does not wait. Should the parser panic, this connection ends and
// no other.
func (c *conn) feed(b []byte, now time.Time) (rest []byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			if c.admitting {
				panic(p)
			}
			err = fmt.Errorf("%w: %v", errPanic, p)
			c.complain(fmt.Errorf("%w\n%s", err, debug.Stack()))
		}
	}()
	n, err := c.session.feed(b, now)
	if x := c.session.reader.complaint; x != nil && !c.complained {
		c.complained = true
		c.complain(x)
	}
	return b[n:], err
}

// complain has the connection's goroutine log an error, unless it has not come to log the one before.
func (c *conn) complain(err error) {
	select {
	case c.complaints <- err:
	default:
	}
}

// verdict writes to the stream what was read, and returns why the publisher must be given up: err, or what others or
// time have done.
func (c *conn) verdict(err error, now time.Time) error {
	if derr := c.session.deliver(); err == nil {
		err = derr
	}
	if c.kicked.Load() != nil {
		return errKicked
	}
	if err == nil && now.Sub(c.last) > c.server.Limits.IdleTimeout {
		return errIdle
	}
	return err
}

// unheard notes that nothing can be sent any more. What has come before is read first; then reading tells that the connection is
// over, but no more that it was reset.
func (c *conn) unheard(err error) {
	if !isClosed(err) {
		c.broken = err
	}
}

// over is what the end of what a publisher has sent means.
func (c *conn) over() error {
	if c.broken != nil {
		return c.broken
	}
	return io.EOF
}
