//go:build unix

package rtmp

import (
	"errors"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

const (
	gatherBuffer = 256 << 10
	// perRound and turn are how much of one socket is read, and for how long, before the next has its turn.
	perRound = 1 << 20
	turn     = 5 * time.Millisecond
	// hurry is when a socket is read again that was found so full that its publisher may be waiting for room. Each time it is found
	// emptier, twice as long goes by until the next.
	hurry = time.Millisecond
	// maxWindow is the largest receive window that is asked for: 100 Mbit/s for a tick of 200 ms are 2.5 MB.
	maxWindow = 4 << 20
)

// tickGatherer reads all sockets by one goroutine, without blocking, once per tick: in real time, wake-ups and small reads are
// what a server spends its time on. The sockets are taken out of Go's poller, which would wake for every segment. Their receive
// buffers are left to the kernel, which grows them with what it sees being read at once; asking for a size would end that.
type tickGatherer struct {
	server *Server
	work   sync.WaitGroup
	wake   chan struct{}
	buf    []byte
	round  int // bytes of one socket before the next has its turn
	start  time.Time
	// hangups tells of peers that have closed; nil where nobody does.
	hangups *hangups

	mu      sync.Mutex
	arrived []*rawConn
	gone    []int // sockets whose peer has closed
	// draining: nothing is waited for. closed: nobody is read any more.
	draining, closed bool
}

// rawConn is a connection whose socket belongs to the gatherer.
type rawConn struct {
	*conn
	fd   int
	done chan error
	// full: the last read left something behind, held: all of it. hung: the peer has closed, so that reading on finds the end.
	full, held, hung bool
	// ending is nil unless the server stops.
	ending *rest
	// prompt: somebody was watching when it was due last.
	prompt bool
	// pace is how soon it is read again, 0 if with the others.
	pace time.Duration
	due  time.Time
	// room is that of the socket's receive buffer, when last asked for, asked the window that was asked for.
	room, asked int
}

func newGatherer(s *Server) gatherer {
	if s.portable {
		return newPortableGatherer(s)
	}
	g := &tickGatherer{server: s, wake: make(chan struct{}, 1), buf: make([]byte, gatherBuffer), round: perRound, start: time.Now()}
	var err error
	if g.hangups, err = newHangups(g.left); err != nil {
		s.Log.Warn("the end of a stream is noticed at the next tick", "error", err)
	}
	g.work.Go(g.run)
	return g
}

// left is told of sockets whose peer has closed: they are read at once.
func (g *tickGatherer) left(fds []int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.gone = append(g.gone, fds...)
	g.signal()
}

// read leaves the connection to the gatherer's goroutine until its stream is over.
func (g *tickGatherer) read(c *conn) error {
	fd, err := c.detach()
	if err != nil {
		return err
	}
	setUserTimeout(fd, g.server.Limits.IdleTimeout)
	r := &rawConn{conn: c, fd: fd, done: make(chan error, 1)}
	c.last = time.Now()
	err = g.add(r)
	for waiting := err == nil; waiting; {
		select {
		case complaint := <-c.complaints:
			c.logComplaint(complaint)
		case err = <-r.done:
			waiting = false
		}
	}
	if aerr := c.attach(fd); aerr != nil && errors.Is(err, errUnpublished) {
		return aerr
	}
	return err
}

func (g *tickGatherer) add(r *rawConn) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return errStopping
	}
	r.session.stream.OnPrompt(g.signal)
	g.arrived = append(g.arrived, r)
	g.hangups.add(r.fd)
	g.signal()
	return nil
}

func (g *tickGatherer) signal() {
	select {
	case g.wake <- struct{}{}:
	default:
	}
}

func (g *tickGatherer) drain() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.draining = true
	g.signal()
}

func (g *tickGatherer) close() {
	g.mu.Lock()
	g.draining, g.closed = true, true
	g.signal()
	g.mu.Unlock()
	g.work.Wait()
	g.hangups.close()
}

// arrivals returns the connections that have come since the last call, and the sockets whose peers have gone.
func (g *tickGatherer) arrivals() (arrived []*rawConn, gone []int, draining, closed bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	arrived, g.arrived = g.arrived, nil
	gone, g.gone = g.gone, nil
	return arrived, gone, g.draining, g.closed
}

func (g *tickGatherer) run() {
	var conns []*rawConn
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		arrived, gone, draining, closed := g.arrivals()
		conns = append(conns, arrived...)
		now := time.Now()
		for _, c := range conns {
			if slices.Contains(gone, c.fd) {
				c.due, c.hung = now, true
			}
			c.watched(now)
		}
		wait := g.server.Tick
		kept := conns[:0]
		for _, c := range conns {
			if draining {
				c.drain(now)
			}
			if !now.Before(c.due) {
				if err := g.visit(c, now, closed); err != nil {
					g.hangups.remove(c.fd)
					c.done <- err
					continue
				}
				c.due = g.next(c, now)
			}
			kept = append(kept, c)
			wait = min(wait, c.due.Sub(now))
		}
		clear(conns[len(kept):])
		conns = kept
		if closed {
			return
		}
		g.sleep(timer, wait, len(conns) == 0)
	}
}

// watched has a connection be read at once when somebody begins to watch, rather than when it was due as one that is only recorded.
func (c *rawConn) watched(now time.Time) {
	before := c.prompt
	if c.prompt = c.session.stream.Prompt(); c.prompt && !before && now.Before(c.due) {
		c.due = now
	}
}

// next returns when a connection is due again: at the same moment as all others of its interval, so that they cost one wake-up, unless
// it is in a hurry.
func (g *tickGatherer) next(c *rawConn, now time.Time) time.Time {
	if c.full {
		return now
	}
	every := g.server.interval(c.conn)
	due := g.start.Add((now.Sub(g.start)/every + 1) * every)
	if hasty := now.Add(c.pace); c.pace > 0 && hasty.Before(due) {
		return hasty
	}
	return due
}

// sleep waits until the next round, and if there is nobody to read for somebody to come.
func (g *tickGatherer) sleep(timer *time.Timer, wait time.Duration, empty bool) {
	if empty {
		<-g.wake
		return
	}
	timer.Reset(max(wait, 0))
	select {
	case <-timer.C:
	case <-g.wake:
	}
}

// visit reads a connection, sends what it has to say, and reports why it must be given back.
func (g *tickGatherer) visit(c *rawConn, now time.Time, closed bool) error {
	err := c.verdict(g.take(c, now), now)
	if serr := c.sendNow(); err == nil {
		err = serr
	}
	if err == nil && (closed || c.drained(now)) {
		err = errStopping
	}
	return err
}

// take reads what the kernel has of a connection.
func (g *tickGatherer) take(c *rawConn, now time.Time) (err error) {
	rest := c.tail
	if len(rest) > 0 {
		rest, err = c.feed(rest, now)
	}
	got := 0
	c.full, c.held = false, !c.ending.late(now) && c.session.holds(now)
	if c.held {
		c.tail = append(c.tail[:0], rest...)
		c.last, c.pace = now, holdStep
		c.session.count(0, now) // it is not silent
		return err
	}
	for err == nil {
		if c.full = got >= g.round || got > 0 && time.Since(now) > turn; c.full {
			break
		}
		n := copy(g.buf, rest)
		rest = g.buf[:n]
		var k int
		if k, err = unix.Read(c.fd, g.buf[n:]); errors.Is(err, unix.EINTR) {
			err = nil
			continue
		}
		if k <= 0 && err == nil {
			err = c.over()
		}
		if err != nil {
			break
		}
		got += k
		c.last = now
		c.session.count(k, now)
		rest, err = c.feed(g.buf[:n+k], now)
		if n+k < len(g.buf) && !c.hung && c.ending == nil {
			break
		}
	}
	if c.ending != nil {
		c.ending.left -= got
	}
	if errors.Is(err, unix.EAGAIN) {
		err = nil
	}
	c.tail = append(c.tail[:0], rest...)
	switch {
	case c.full || c.crowded(got):
		c.pace = hurry
	case c.pace > g.server.Tick:
		c.pace = 0
	default:
		c.pace *= 2
	}
	return err
}

// crowded reports whether n bytes are most of what the socket can hold. The kernel fills about half of its receive buffer with
// payload. If they are much of it, it is to hold more.
func (c *rawConn) crowded(n int) bool {
	const part = 5
	if n*part <= c.room || n == 0 {
		return false
	}
	c.room, _ = unix.GetsockoptInt(c.fd, unix.SOL_SOCKET, unix.SO_RCVBUF) // it may have grown
	if window := min(4*n, maxWindow); n*part > c.room && window > c.asked {
		widen(c.fd, window)
		c.asked = window
	}
	return n*part > c.room*2
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
			c.unheard(err)
			out = nil
			break
		}
		out = out[n:]
	}
	c.session.out = append(c.session.out[:0], out...)
	if len(c.session.out) > maxUnsent {
		return errDeaf
	}
	return nil
}

// isClosed reports whether a write failed because the peer had closed before: that is no news to a reader.
func isClosed(err error) bool { return errors.Is(err, unix.EPIPE) }

func isReset(err error) bool {
	return errors.Is(err, unix.ECONNRESET) || errors.Is(err, unix.EPIPE) || errors.Is(err, unix.ETIMEDOUT)
}
