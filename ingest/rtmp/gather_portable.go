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

func (g *portableGatherer) close() { close(g.stop) }

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
	rest, err := c.feed(c.tail, c.last)
	for {
		if err = c.verdict(err, time.Now()); err != nil {
			c.tail = append([]byte(nil), rest...)
			return err
		}
		n := copy(buf, rest)
		rest = buf[:n]
		if now := time.Now(); c.session.holds(now) {
			c.last = now
			c.session.count(0, now) // it is not silent
			err = g.hold()
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
		if err == nil {
			err = g.pause(tick, watched, got)
		}
	}
}

// pause waits for the next tick or for somebody to begin to watch, but not after a read that shows a publisher in a hurry.
func (g *portableGatherer) pause(tick *time.Ticker, watched <-chan struct{}, got int) error {
	if got > portableBuffer/2 {
		select {
		case <-g.stop:
			return errStopping
		default:
			return nil
		}
	}
	select {
	case <-tick.C:
		return nil
	case <-watched:
		return nil
	case <-g.stop:
		return errStopping
	}
}

// hold waits for a reader to get on.
func (g *portableGatherer) hold() error {
	select {
	case <-time.After(holdStep):
		return nil
	case <-g.stop:
		return errStopping
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
