package rtsp

import (
	"context"
	"errors"
	"net"
	"os"
	"sync"
	"time"

	"aircheck/ingest/socket"
)

const (
	// drainTime is how long reading may go on as the server stops, drainBytes how much may be read of one connection: more than a kernel
	// keeps of it. Who goes on sending does not hold the stop up.
	drainTime  = 500 * time.Millisecond
	drainBytes = 16 << 20
	// lastRead is how long the last reads may wait. A deadline that has passed before a read begins has it return nothing at all, whatever
	// has come.
	lastRead = 50 * time.Millisecond
	// udpLook is how often it is looked whether packets wait to be read, udpLooks how many times in a row none must.
	udpLook  = 2 * time.Millisecond
	udpLooks = 10
)

var errStopping = errors.New("the server is stopping")

// drain has all read that has arrived, of those who publish and who are about to, and waits for that, but for nothing that is still to come. Who
// was not accepted yet cannot have sent any media: RECORD names a session, of which SETUP's answer tells.
func (s *Server) drain() {
	over, cancel := context.WithDeadline(context.Background(), s.readUntil)
	defer cancel()
	unread := s.unread()
	for _, c := range unread {
		c.hurry()
	}
	s.drainUDP(over)
	close(s.udpDrained)
	for _, c := range unread {
		select {
		case <-c.closed:
		case <-over.Done():
			return
		}
	}
}

// faces returns those that there are.
func (s *Server) faces() (out []*face) {
	for _, f := range []*face{s.plain, s.secure} {
		if f != nil {
			out = append(out, f)
		}
	}
	return out
}

// unread returns the connections that media may have come over.
func (s *Server) unread() (out []*conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		if !c.apart.Load() {
			out = append(out, c)
		}
	}
	return out
}

// drainUDP waits until the library has read the packets that have come. It reads them at any time, so no more than a look from time to time is
// needed; several in a row, as the last packet is read before it is taken in.
func (s *Server) drainUDP(over context.Context) {
	if s.plain == nil || s.plain.udp == nil {
		return
	}
	look := time.NewTicker(udpLook)
	defer look.Stop()
	for empty := 0; empty < udpLooks; {
		empty++
		for _, pc := range s.plain.udp {
			if socket.Readable(pc) {
				empty = 0
			}
		}
		select {
		case <-look.C:
		case <-over.Done():
			return
		}
	}
}

// hurry has reads wait for nothing any more, also one that waits already.
func (c *conn) hurry() { c.haste.begin(c.Conn, c.s.readUntil) }

// haste is for the end of a connection: what has arrived is read, and nobody is waited for.
type haste struct {
	// mu keeps deadlines in order: that of begin wakes the reader, and must not be the one after it.
	mu    sync.Mutex
	begun bool
	until time.Time // when reading ends

	// Of the reading goroutine.
	reads int
	bytes int
}

// begin has reads wait for nothing any more, also one that waits already.
func (h *haste) begin(nc net.Conn, until time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.begun, h.until = true, until
	_ = nc.SetReadDeadline(time.Unix(1, 0))
}

func (h *haste) isBegun() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.begun
}

// readBy sets the deadline of reads that may wait.
func (h *haste) readBy(nc net.Conn, at time.Time) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.begun {
		return nil
	}
	return nc.SetReadDeadline(at)
}

// read reads a socket. In haste it returns what has arrived, the end, or errStopping. media may still be on its way at the first time.
func (h *haste) read(nc net.Conn, p []byte, media bool) (int, error) {
	if !h.isBegun() {
		n, err := nc.Read(p)
		if n > 0 || !errors.Is(err, os.ErrDeadlineExceeded) || !h.isBegun() {
			return n, err
		}
	}
	now, first := time.Now(), h.reads == 0 && media
	h.reads++
	if h.bytes >= drainBytes || now.After(h.until) || !first && !socket.Readable(nc) {
		return 0, errStopping
	}
	if err := nc.SetReadDeadline(now.Add(lastRead)); err != nil {
		return 0, err
	}
	n, err := nc.Read(p)
	if h.bytes += n; n == 0 && errors.Is(err, os.ErrDeadlineExceeded) {
		err = errStopping
	}
	return n, err
}

// drain takes in what has arrived of a source that is given up, unless it is over before.
func (p *puller) drain(over <-chan error) {
	c := p.conn.Load()
	if c == nil || !p.playing.Load() || p.udp.Load() {
		return
	}
	most := time.NewTimer(p.client.Limits.drainTime)
	defer most.Stop()
	c.haste.begin(c.Conn, time.Now().Add(p.client.Limits.drainTime))
	close(c.hurried)
	select {
	case <-over:
	case <-most.C:
	}
}

// SetReadDeadline is net.Conn's.
func (c *pullConn) SetReadDeadline(at time.Time) error { return c.haste.readBy(c.Conn, at) }
