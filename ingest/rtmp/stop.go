package rtmp

import (
	"errors"
	"net"
	"os"
	"time"

	"aircheck/ingest/socket"
)

// Close stops listening and ends all connections, and waits for that. What has arrived is read, parsed and recorded before: of those who publish,
// who are about to, and who were not accepted yet. It may be called again.
func (s *Server) Close() error {
	if !s.beginStop() {
		s.work.Wait()
		return nil
	}
	if s.gather != nil {
		s.gather.drain()
		s.own.drain()
	}
	err := s.closeListeners()
	s.plays.Close()
	s.work.Wait()
	if s.gather != nil {
		s.gather.close()
		s.own.close()
	}
	return err
}

// beginStop has nobody waited for any more. It reports false if that was so before.
func (s *Server) beginStop() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopping() {
		return false
	}
	s.stopped = time.Now()
	close(s.closing)
	for _, l := range s.listeners() {
		if l, ok := l.(hasDeadline); ok {
			_ = l.SetDeadline(time.Unix(1, 0))
		}
	}
	for c := range s.conns {
		c.interrupt()
	}
	return true
}

// hasDeadline is a listener that can be told to return from Accept. All but those of tests are.
type hasDeadline interface{ SetDeadline(time.Time) error }

func (s *Server) listeners() []net.Listener {
	if s.secured == nil {
		return []net.Listener{s.listener}
	}
	return []net.Listener{s.listener, s.secured}
}

// closeListeners closes the listeners when those who have come are accepted.
func (s *Server) closeListeners() (err error) {
	var last []net.Listener
	for _, l := range s.listeners() {
		if _, ok := l.(hasDeadline); ok {
			last = append(last, l)
			continue
		}
		err = errors.Join(err, l.Close())
	}
	s.accepting.Wait()
	for _, l := range last {
		err = errors.Join(err, l.Close())
	}
	return err
}

func (s *Server) stopping() bool {
	select {
	case <-s.closing:
		return true
	default:
		return false
	}
}

// next accepts a connection. Once the server stops it takes those who have come already, and then returns net.ErrClosed.
func (s *Server) next(l net.Listener) (net.Conn, error) {
	if !s.stopping() {
		nc, err := l.Accept()
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return nc, err
		}
	}
	s.mu.Lock() // so that the deadline which woke this goroutine comes before its own
	now, over := time.Now(), true
	if d, ok := l.(hasDeadline); ok && now.Sub(s.stopped) < s.Limits.drainTime && socket.Readable(l) {
		over = d.SetDeadline(now.Add(lastRead)) != nil
	}
	s.mu.Unlock()
	if over {
		return nil, net.ErrClosed
	}
	nc, err := l.Accept()
	if err != nil {
		err = net.ErrClosed
	}
	return nc, err
}

// interrupt has the connection end once what has arrived is read.
func (c *conn) interrupt() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stopping = true
	if c.waiting {
		c.drain()
	}
}

// drain has nothing waited for. The mutex is held.
func (c *conn) drain() { c.bottom.drain(c.bounds()) }

// bounds returns what may be read as the server stops. The mutex is held.
func (c *conn) bounds() *rest {
	if c.rest == nil {
		c.rest = c.server.Limits.newRest(c.server.stopped)
	}
	return c.rest
}

// extend gives a publisher that is let in as the server stops the time that others had, also to be told of it.
func (c *conn) extend(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopping {
		c.bounds().extend(now)
		if c.waiting {
			c.drain()
		}
	}
}
