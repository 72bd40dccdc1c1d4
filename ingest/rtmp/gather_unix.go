//go:build unix

package rtmp

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	gatherBuffer = 256 << 10
	// perRound is how much of one socket is read before the next has its turn.
	perRound = 1 << 20
	// socketBuffer is asked for, so that a tick's worth of a fast stream fits.
	socketBuffer = 1 << 20
)

// tickGatherer reads all sockets by one goroutine, without blocking, once per tick: in real time, wake-ups and small reads are
// what a server spends its time on. The sockets are taken out of Go's poller, which would wake for every segment.
type tickGatherer struct {
	server *Server
	work   sync.WaitGroup // the goroutine that reads
	ends   sync.WaitGroup // goroutines that it leaves the end of a connection to
	wake   chan struct{}
	buf    []byte

	mu      sync.Mutex
	arrived []*rawConn
	closed  bool
}

// rawConn is a connection whose socket belongs to the gatherer.
type rawConn struct {
	*conn
	fd int
}

func newGatherer(s *Server) gatherer {
	if s.portable {
		return newPortableGatherer(s)
	}
	g := &tickGatherer{server: s, wake: make(chan struct{}, 1), buf: make([]byte, gatherBuffer)}
	g.work.Go(g.run)
	return g
}

func (g *tickGatherer) adopt(c *conn) error {
	sc, ok := c.nc.(syscall.Conn)
	if !ok {
		return fmt.Errorf("take the socket over: not a socket but %T", c.nc)
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return fmt.Errorf("take the socket over: %w", err)
	}
	fd := -1
	var derr error
	if err := raw.Control(func(p uintptr) { fd, derr = unix.FcntlInt(p, unix.F_DUPFD_CLOEXEC, 0) }); err != nil {
		return fmt.Errorf("take the socket over: %w", err)
	}
	if derr != nil {
		return fmt.Errorf("take the socket over: %w", derr)
	}
	tune(fd, g.server.Limits.IdleTimeout)
	g.mu.Lock()
	if g.closed {
		g.mu.Unlock()
		_ = unix.Close(fd)
		return errKicked
	}
	_ = c.nc.Close() // the duplicate stays
	g.arrived = append(g.arrived, &rawConn{conn: c, fd: fd})
	g.mu.Unlock()
	return nil
}

func tune(fd int, idle time.Duration) {
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, socketBuffer) // best effort
	setUserTimeout(fd, idle)
}

func (g *tickGatherer) close() {
	g.mu.Lock()
	g.closed = true
	g.mu.Unlock()
	select {
	case g.wake <- struct{}{}:
	default:
	}
	g.work.Wait()
	g.ends.Wait()
}

func (g *tickGatherer) run() {
	var conns []*rawConn
	tick := time.NewTicker(g.server.Tick)
	defer tick.Stop()
	for {
		g.mu.Lock()
		conns = append(conns, g.arrived...)
		g.arrived = nil
		closed := g.closed
		g.mu.Unlock()
		busy := false
		for i := 0; i < len(conns); {
			more, err := g.read(conns[i])
			if err == nil && closed {
				err = fmt.Errorf("%w: the server is stopping", errKicked)
			}
			if err == nil {
				busy = busy || more
				i++
				continue
			}
			g.drop(conns[i], err)
			last := len(conns) - 1
			conns[i], conns[last] = conns[last], nil
			conns = conns[:last]
		}
		if closed {
			return
		}
		if busy {
			continue
		}
		select {
		case <-tick.C:
		case <-g.wake:
		}
	}
}

// read takes what the kernel has of one socket; more tells that there may be more.
func (g *tickGatherer) read(c *rawConn) (more bool, err error) {
	now := time.Now()
	n := copy(g.buf, c.tail)
	got := 0
	for got < perRound {
		var k int
		k, err = unix.Read(c.fd, g.buf[n:])
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if k > 0 && err == nil {
			full := k == len(g.buf)-n
			got += k
			c.session.count(k, now)
			var rest []byte
			rest, err = c.session.consume(g.buf[:n+k], now)
			n = copy(g.buf, rest)
			if err != nil || !full {
				break
			}
			continue
		}
		if k == 0 && err == nil {
			err = io.EOF
		}
		break
	}
	c.tail = append(c.tail[:0], g.buf[:n]...)
	if errors.Is(err, unix.EAGAIN) {
		err = nil
	}
	if got > 0 {
		c.last = now
	}
	if err == nil {
		err = c.check(now)
	}
	if serr := c.sendNow(); err == nil {
		err = serr
	}
	return got >= perRound, err
}

// sendNow sends what the socket takes without waiting.
func (c *rawConn) sendNow() error {
	out := c.session.out
	for len(out) > 0 {
		n, err := unix.Write(c.fd, out)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if errors.Is(err, unix.EAGAIN) {
			break
		}
		if err != nil {
			return err
		}
		out = out[n:]
	}
	c.session.out = append(c.session.out[:0], out...)
	if len(c.session.out) > maxUnsent {
		return limitError("the publisher reads nothing of what it is told")
	}
	return nil
}

// drop ends a connection. Logging may wait for a slow terminal, so that is left to a goroutine.
func (g *tickGatherer) drop(c *rawConn, err error) {
	_ = unix.Close(c.fd)
	if st := c.session.stream; st != nil {
		st.End(reasonOf(err), err.Error())
	}
	g.ends.Go(func() { c.finish(err) })
}

func isReset(err error) bool {
	return errors.Is(err, unix.ECONNRESET) || errors.Is(err, unix.EPIPE) || errors.Is(err, unix.ETIMEDOUT)
}
