package rtsp

import (
	"container/list"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bluenviron/gortsplib/v4"
)

const (
	// leastRead and mostRead are the sizes of the buffer into which a publisher's socket is read.
	leastRead = 16 << 10
	mostRead  = 256 << 10
	// holdStep is when it is looked at again whether a publisher that is held back may go on.
	holdStep = 2 * time.Millisecond
)

var errIdle = errors.New("nothing came for too long")

// listener takes connections in for the library. It never fails before it is closed, as the library stops at the first failure.
type listener struct {
	net.Listener
	s *Server
}

// Accept is net.Listener's.
func (l *listener) Accept() (net.Conn, error) {
	const shortest, longest = 5 * time.Millisecond, time.Second
	pause := shortest
	select {
	case <-l.s.open:
	case <-l.s.closing:
		return nil, net.ErrClosed
	}
	for {
		nc, err := l.Listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return nil, err
		}
		if err != nil {
			l.s.refusals.warn(l.s.Log, "connection not accepted", "face", "rtsp", "error", err)
			select {
			case <-time.After(pause):
			case <-l.s.closing:
				return nil, net.ErrClosed
			}
			pause = min(2*pause, longest)
			continue
		}
		pause = shortest
		c := &conn{
			Conn: nc, s: l.s, remote: addrOf(nc.RemoteAddr()), local: addrOf(nc.LocalAddr()), closed: make(chan struct{}),
			watched: make(chan struct{}, 1),
		}
		if l.s.enter(c) {
			return c, nil
		}
		_ = nc.Close()
	}
}

// conn is a connection as the library sees it. It has the deadlines that the library does not set, and reads the socket of a publisher
// on a tick: between two reads what has come lies in the kernel, which costs nothing.
type conn struct {
	net.Conn
	s             *Server
	remote, local netip.AddrPort
	closed        chan struct{}
	once          sync.Once

	// watched is told when somebody begins to watch what is published: the next read is then due at once.
	watched chan struct{}

	place *list.Element // among the guests, nil while it publishes or plays; Server.mu guards it
	feeds atomic.Pointer[publisher]
	// apart: media goes over other sockets, or the other way.
	apart atomic.Bool

	// complaint is what OnRequest found wrong with the request that is being answered.
	complaint error
	// asked tells of the refusal of a client that was asked for user and password and has not answered; nil for none.
	asked atomic.Pointer[func()]

	// Of the reading goroutine.
	buf   []byte
	r, w  int
	last  time.Time
	eager bool // the last read filled the buffer
	timer *time.Timer

	haste haste

	// gone is why reading ended.
	gone atomic.Pointer[error]
}

// connOf returns ours of one of the library's.
func connOf(sc *gortsplib.ServerConn) *conn {
	nc := sc.NetConn()
	if t, ok := nc.(*tls.Conn); ok {
		nc = t.NetConn()
	}
	c, _ := nc.(*conn)
	return c
}

// Close is net.Conn's.
func (c *conn) Close() error {
	c.once.Do(func() {
		close(c.closed)
		c.s.leave(c)
	})
	return c.Conn.Close()
}

// SetReadDeadline does nothing: see limit. The library sets none for most of the time, and one for each packet otherwise.
func (c *conn) SetReadDeadline(time.Time) error { return nil }

// SetDeadline sets that for writing.
func (c *conn) SetDeadline(t time.Time) error { return c.SetWriteDeadline(t) }

// limit has the connection end at a time unless it has come to publish or play by then; zero for no limit.
func (c *conn) limit(at time.Time) { _ = c.haste.readBy(c.Conn, at) }

// Read is net.Conn's.
func (c *conn) Read(p []byte) (n int, err error) {
	if c.r == c.w {
		if pub := c.feeds.Load(); pub != nil {
			err = c.gather(pub)
		} else {
			n, err = c.haste.read(c.Conn, p, false)
			c.note(err)
			return n, err
		}
	}
	n = copy(p, c.buf[c.r:c.w])
	c.r += n
	if n > 0 {
		return n, nil
	}
	c.note(err)
	return 0, err
}

func (c *conn) note(err error) {
	if err != nil {
		c.gone.CompareAndSwap(nil, &err)
	}
}

// gather reads the socket of a publisher at the next tick.
func (c *conn) gather(pub *publisher) error {
	pub.deliver()
	if err := c.pause(pub); err != nil {
		return err
	}
	if c.buf == nil {
		c.buf = make([]byte, leastRead)
	}
	c.r, c.w = 0, 0
	wait, err := c.patience(pub)
	if err != nil {
		return err
	}
	if err := c.haste.readBy(c.Conn, time.Now().Add(wait)); err != nil {
		return err
	}
	n, err := c.haste.read(c.Conn, c.buf, true)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		err = errIdle
	}
	c.w, c.last = n, time.Now()
	c.eager = n == len(c.buf)
	if n > 0 {
		pub.received(n, c.last)
		err = nil
	}
	if c.eager && len(c.buf) < mostRead {
		// The next read is into a larger one; these bytes are used up first.
		rest := c.buf[:n]
		c.buf = make([]byte, 2*len(rest))
		copy(c.buf, rest)
	}
	return err
}

// patience returns how long a publisher may go on sending no media: what else it sends, reports and requests that keep the session, does not count.
// After that it is errIdle, if all that had come was read.
func (c *conn) patience(pub *publisher) (time.Duration, error) {
	left := c.s.Limits.IdleTimeout - max(0, c.last.Sub(pub.heard()))
	if left <= 0 && !c.eager {
		return 0, errIdle
	}
	return max(left, lastRead), nil
}

// pause waits for the next tick, and for as long as the publisher is held back. Ticks are the same for all, so that the recorder has the units
// of all at once.
func (c *conn) pause(pub *publisher) error {
	every := c.s.interval(pub.stream)
	now := time.Now()
	wait := every - now.Sub(c.s.begun)%every
	if c.eager || now.Sub(c.last) >= every {
		wait = 0
	}
	for {
		if wait > 0 {
			if err := c.sleep(wait); err != nil {
				return err
			}
		}
		select {
		case <-c.s.closing:
			return nil
		default:
		}
		now = time.Now()
		if !pub.holds(now) {
			return nil
		}
		pub.received(0, now) // it is not silent
		pub.heardAt(now)
		wait = holdStep
	}
}

func (c *conn) sleep(d time.Duration) error {
	if c.timer == nil {
		c.timer = time.NewTimer(d)
	} else {
		c.timer.Reset(d)
	}
	select {
	case <-c.timer.C:
		return nil
	case <-c.watched:
		c.timer.Stop()
		return nil
	case <-c.s.closing:
		c.timer.Stop()
		return nil
	case <-c.closed:
		c.timer.Stop()
		return net.ErrClosed
	}
}

// leftBy returns why the peer is gone, nil if it is not known to be: io.EOF where it closed the connection.
func (c *conn) leftBy() error {
	if err := c.gone.Load(); err != nil {
		return *err
	}
	return nil
}

// wake has the socket read without waiting for the tick. It does not wait.
func (c *conn) wake() {
	select {
	case c.watched <- struct{}{}:
	default:
	}
}

func isEOF(err error) bool { return errors.Is(err, io.EOF) }
