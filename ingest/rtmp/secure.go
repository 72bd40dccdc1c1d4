package rtmp

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
)

const (
	// smallAhead is how much is read ahead of a connection over TLS; once that is not enough, largeAhead.
	smallAhead = 4 << 10
	largeAhead = 64 << 10
)

// listenTLS opens the port for RTMPS, if there is to be one.
func (s *Server) listenTLS() (err error) {
	if s.TLSAddress == "" {
		return nil
	}
	if s.secured, err = net.Listen("tcp", s.TLSAddress); err != nil {
		return errors.Join(fmt.Errorf("listen for RTMPS: %w", err), s.listener.Close())
	}
	return nil
}

// TLSAddr returns the address listened on over TLS, nil if there is none.
func (s *Server) TLSAddr() net.Addr {
	if s.secured == nil {
		return nil
	}
	return s.secured.Addr()
}

// gatherer is what reads the connection while it publishes.
func (c *conn) gatherer() gatherer {
	if _, secure := c.nc.(*secureConn); secure {
		return c.server.own
	}
	return c.server.gather
}

// secureConn is a connection over TLS (RTMPS). A read yields all that has come, like one of a plain socket, where tls.Conn yields one
// record: whoever reads on a tick would otherwise get 16 KiB for each.
type secureConn struct {
	*tls.Conn
	ahead *aheadConn
}

// secure puts TLS on a connection that was accepted.
func secure(nc net.Conn, cfg *tls.Config) net.Conn {
	ahead := &aheadConn{Conn: nc}
	return &secureConn{Conn: tls.Server(ahead, cfg), ahead: ahead}
}

// secureClient puts TLS on a connection that was made.
func secureClient(nc net.Conn, cfg *tls.Config) *secureConn {
	ahead := &aheadConn{Conn: nc}
	return &secureConn{Conn: tls.Client(ahead, cfg), ahead: ahead}
}

// Read is net.Conn's. It waits for the first record only.
func (c *secureConn) Read(b []byte) (n int, err error) {
	n, err = c.Conn.Read(b)
	if err == nil {
		c.ahead.dry = true
		for err == nil && n > 0 && n < len(b) {
			var more int
			more, err = c.Conn.Read(b[n:])
			n += more
		}
		c.ahead.dry = false
	}
	switch {
	case n > 0:
		return n, nil // an error comes again, unless it is that there is no more
	case errors.Is(err, io.ErrUnexpectedEOF):
		return 0, io.EOF // many close without TLS's goodbye
	}
	return 0, err
}

// aheadConn reads more than it is asked for, in few calls.
type aheadConn struct {
	net.Conn
	buf  []byte
	from int // what of buf is not given away yet begins
	// dry has Read fail with os.ErrDeadlineExceeded, which TLS survives, where it would have to wait.
	dry bool
}

// Read is net.Conn's.
func (c *aheadConn) Read(b []byte) (int, error) {
	if c.from == len(c.buf) {
		if c.dry {
			return 0, os.ErrDeadlineExceeded
		}
		switch {
		case c.buf == nil:
			c.buf = make([]byte, 0, smallAhead)
		case len(c.buf) == smallAhead:
			c.buf = make([]byte, 0, largeAhead)
		}
		n, err := c.Conn.Read(c.buf[:cap(c.buf)])
		c.buf, c.from = c.buf[:n], 0
		if n == 0 {
			return 0, err
		}
	}
	n := copy(b, c.buf[c.from:])
	c.from += n
	return n, nil
}
