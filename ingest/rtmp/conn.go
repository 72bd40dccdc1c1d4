package rtmp

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/yutopp/go-rtmp/handshake"

	"aircheck/ingest/stream"
)

const (
	// maxUnsent is how much a peer may leave unread of what the server says.
	maxUnsent   = 64 << 10
	sendTimeout = 5 * time.Second
)

var errKicked = errors.New("disconnected by the server")

// conn is one connection.
type conn struct {
	server        *Server
	nc            net.Conn
	remote, local netip.AddrPort
	session       session
	kicked        atomic.Pointer[string]
	// tail is the start of a chunk header that has not come whole.
	tail []byte
	last time.Time
}

func newConn(s *Server, nc net.Conn) *conn {
	c := &conn{server: s, nc: nc, remote: addrPort(nc.RemoteAddr()), local: addrPort(nc.LocalAddr())}
	c.session = session{server: s, conn: c}
	c.session.chunks = newChunkReader(&s.Limits, &s.total, c.session.handle)
	return c
}

func addrPort(a net.Addr) netip.AddrPort {
	if tcp, ok := a.(*net.TCPAddr); ok {
		p := tcp.AddrPort()
		return netip.AddrPortFrom(p.Addr().Unmap(), p.Port())
	}
	return netip.AddrPort{}
}

// kick has the connection closed at the next tick; it does not wait.
func (c *conn) kick(detail string) { c.kicked.CompareAndSwap(nil, &detail) }

// interrupt makes a waiting read return.
func (c *conn) interrupt() { _ = c.nc.SetDeadline(time.Unix(1, 0)) }

// serve takes the connection up to its permission to publish, and hands it to the gatherer.
func (c *conn) serve() {
	s := c.server
	_ = c.nc.SetDeadline(time.Now().Add(s.Limits.HandshakeTimeout))
	if err := c.greet(); err != nil {
		c.end(err)
		return
	}
	if err := s.gather.adopt(c); err != nil {
		c.end(err)
	}
}

// greet runs the handshake and the commands until the session publishes.
func (c *conn) greet() error {
	// Some encoders answer the handshake wrongly; nothing depends on it.
	err := handshake.HandshakeWithClient(c.nc, c.nc, &handshake.Config{SkipHandshakeVerification: true})
	if err != nil {
		return fmt.Errorf("handshake: %w", err)
	}
	buf := make([]byte, 0, 4096)
	for c.session.stream == nil {
		n, err := c.nc.Read(buf[len(buf):cap(buf)])
		if err != nil {
			return err
		}
		now := time.Now()
		c.session.count(n, now)
		rest, err := c.session.consume(buf[:len(buf)+n], now)
		if werr := c.flush(); err == nil {
			err = werr
		}
		if err != nil {
			return err
		}
		buf = buf[:copy(buf[:cap(buf)], rest)]
	}
	c.tail = append([]byte(nil), buf...)
	c.last = time.Now()
	return nil
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

// end closes a connection that the conn goroutine still has.
func (c *conn) end(err error) {
	c.finish(err)
	_ = c.nc.Close()
}

// finish ends the connection's stream and takes it off the books; the socket is the caller's to close.
func (c *conn) finish(err error) {
	reason := reasonOf(err)
	if st := c.session.stream; st != nil {
		st.End(reason, err.Error())
		c.logEnd(st, reason, err.Error())
		c.session.stream = nil
	} else if reason == stream.EndProtocol {
		c.server.Log.Warn("connection refused", "face", "rtmp", "remote", c.remote.String(), "error", err)
	}
	c.session.chunks.close()
	c.server.leave(c)
}

func (c *conn) logEnd(st *stream.Stream, reason stream.EndReason, detail string) {
	log := c.server.Log.With("stream", st.Key().String(), "session", st.ID)
	if x := &c.session; x.complaint != nil || x.reader.early > 0 {
		log = log.With("first_bad_message", x.complaint, "units_before_their_configuration", x.reader.early)
	}
	stats := st.Stats()
	log.Info("stream ended", "reason", string(reason), "detail", detail, "bytes", stats.Bytes, "units", stats.Units,
		"took", time.Since(st.Start).Round(time.Millisecond))
}

func reasonOf(err error) stream.EndReason {
	var ne net.Error
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, errUnpublished):
		return stream.EndClient
	case errors.Is(err, errKicked), errors.Is(err, stream.ErrEnded):
		return stream.EndDropped
	case errors.Is(err, net.ErrClosed), errors.As(err, &ne), errors.Is(err, errIdle), isReset(err):
		return stream.EndLost
	}
	return stream.EndProtocol
}

var errIdle = errors.New("nothing was received for too long")

// check reports why a connection that has delivered nothing must end.
func (c *conn) check(now time.Time) error {
	if detail := c.kicked.Load(); detail != nil {
		c.session.status("error", "NetStream.Publish.Denied", *detail)
		return fmt.Errorf("%w: %s", errKicked, *detail)
	}
	if now.Sub(c.last) > c.server.Limits.IdleTimeout {
		return errIdle
	}
	return nil
}
