package rtmp

import (
	"errors"
	"os"
	"sync"
	"time"
)

// portableGatherer reads each socket by a goroutine of its own, for systems without raw sockets. It pauses after each read, so that what
// comes in between is read at once.
type portableGatherer struct {
	server *Server
	work   sync.WaitGroup
	mu     sync.Mutex
	conns  map[*conn]struct{}
	closed bool
}

func newPortableGatherer(s *Server) *portableGatherer {
	return &portableGatherer{server: s, conns: map[*conn]struct{}{}}
}

func (g *portableGatherer) adopt(c *conn) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return errKicked
	}
	g.conns[c] = struct{}{}
	g.work.Go(func() { g.read(c) })
	return nil
}

func (g *portableGatherer) close() {
	g.mu.Lock()
	g.closed = true
	for c := range g.conns {
		c.kick("the server is stopping")
	}
	g.mu.Unlock()
	g.work.Wait()
}

func (g *portableGatherer) read(c *conn) {
	buf := make([]byte, 64<<10)
	n := copy(buf, c.tail)
	var err error
	for err == nil {
		var got int
		_ = c.nc.SetReadDeadline(time.Now().Add(g.server.Tick))
		got, err = c.nc.Read(buf[n:])
		now := time.Now()
		if got > 0 {
			c.last = now
			c.session.count(got, now)
			rest, cerr := c.session.consume(buf[:n+got], now)
			n = copy(buf, rest)
			err = cerr
		}
		if errors.Is(err, os.ErrDeadlineExceeded) {
			err = nil
		}
		if cerr := c.check(now); err == nil {
			err = cerr
		}
		_ = c.nc.SetWriteDeadline(now.Add(sendTimeout))
		if werr := c.flush(); err == nil {
			err = werr
		}
	}
	g.mu.Lock()
	delete(g.conns, c)
	g.mu.Unlock()
	c.end(err)
}
