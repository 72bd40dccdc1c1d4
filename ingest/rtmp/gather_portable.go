package rtmp

import (
	"errors"
	"io"
	"os"
	"time"
)

// portableGatherer reads each socket by its connection's own goroutine, for systems without raw sockets. It pauses for a tick
// between reads, unless a read shows that the publisher is in a hurry.
type portableGatherer struct {
	server *Server
	stop   chan struct{}
}

const portableBuffer = 64 << 10

func newPortableGatherer(s *Server) *portableGatherer {
	return &portableGatherer{server: s, stop: make(chan struct{})}
}

func (g *portableGatherer) drain() { close(g.stop) }

func (g *portableGatherer) close() {}

func (g *portableGatherer) read(c *conn) error {
	if c.buf == nil {
		c.buf = make([]byte, portableBuffer)
	}
	buf := c.buf
	watched := make(chan struct{}, 1)
	c.session.stream.OnPrompt(func() {
		select {
		case watched <- struct{}{}:
		default:
		}
	})
	every := g.server.interval(c)
	tick := time.NewTicker(every)
	defer tick.Stop()
	c.last = time.Now()
	if err := c.exposed(); err != nil {
		return err
	}
	rest, err := c.feed(c.tail, c.last)
	for {
		if err = c.verdict(err, time.Now()); err != nil {
			c.tail = append([]byte(nil), rest...)
			return err
		}
		n := copy(buf, rest)
		rest = buf[:n]
		if now := time.Now(); !c.bottom.rest.Load().late(now) && c.session.holds(now) {
			c.last = now
			c.session.count(0, now) // it is not silent
			time.Sleep(holdStep)
			continue
		}
		var got int
		got, err = g.some(c, buf[n:])
		rest = buf[:n+got]
		if got > 0 {
			c.last = time.Now()
			c.session.count(got, c.last)
			var ferr error
			if rest, ferr = c.feed(rest, c.last); ferr != nil {
				err = ferr
			}
		}
		if now := g.server.interval(c); now != every {
			every = now
			tick.Reset(every)
		}
		if err == nil && got <= portableBuffer/2 { // more shows a publisher in a hurry
			g.pause(tick, watched)
		}
	}
}

// pause waits for the next tick, for somebody to begin to watch or for the server to stop: reads wait for nothing then, see arrivedConn.
func (g *portableGatherer) pause(tick *time.Ticker, watched <-chan struct{}) {
	select {
	case <-tick.C:
	case <-watched:
	case <-g.stop:
	}
}

// some reads what there is, waiting for at most a tick, and sends what there is to say.
func (g *portableGatherer) some(c *conn, buf []byte) (int, error) {
	if err := c.nc.SetDeadline(time.Now().Add(g.server.interval(c))); err != nil {
		return 0, err
	}
	if err := c.flush(); errors.Is(err, os.ErrDeadlineExceeded) {
		return 0, errDeaf
	} else if err != nil {
		c.unheard(err)
	}
	n, err := c.nc.Read(buf)
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		err = nil
	case errors.Is(err, io.EOF):
		err = c.over()
	}
	return n, err
}
