package rtmp

import (
	"errors"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"aircheck/ingest/socket"
)

const (
	// drainTime is how long reading may go on as the server stops, drainBytes how much may be read of one connection: more than a kernel
	// keeps of it. Who goes on sending does not hold the stop up.
	drainTime  = 500 * time.Millisecond
	drainBytes = 16 << 20
	// holdTime is how long a publisher may still be held back as the server stops: what has arrived is read then, whether or not the readers of
	// its stream have caught up.
	holdTime = drainTime / 2
	// lastRead is how long a read may wait that is to find something there. A deadline that has passed before a read begins has it return
	// nothing at all, whatever has come.
	lastRead = 50 * time.Millisecond
)

// rest bounds what is read of a connection once the server stops: what has arrived is recorded, and nobody is waited for. It belongs to whoever
// reads the connection.
type rest struct {
	since    time.Time
	most     time.Duration
	left     int // bytes
	extended bool
}

func (l *Limits) newRest(since time.Time) *rest {
	return &rest{since: since, most: l.drainTime, left: drainBytes}
}

func (r *rest) by() time.Time { return r.since.Add(r.most) }

// over reports whether it is enough.
func (r *rest) over(now time.Time) bool { return r.left <= 0 || now.After(r.by()) }

// late reports whether there is no time left to hold a publisher back.
func (r *rest) late(now time.Time) bool { return r != nil && now.Sub(r.since) > holdTime }

// extend gives a publisher all of the time: it may have taken long to let it in. It does so once.
func (r *rest) extend(now time.Time) {
	if !r.extended {
		r.extended, r.since = true, now
	}
}

// arrivedConn is a connection that can be told to wait for nothing any more. Then a read returns what has arrived, the end, or errStopping.
type arrivedConn struct {
	net.Conn
	// mu keeps deadlines in order: that of drain wakes the reader, and must not be the one after it.
	mu   sync.Mutex
	rest atomic.Pointer[rest] // nil while reads may wait
}

// drain has reads wait no more, also one that waits already.
func (c *arrivedConn) drain(r *rest) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rest.Store(r)
	_ = c.Conn.SetReadDeadline(time.Unix(1, 0))
	_ = c.Conn.SetWriteDeadline(r.by())
}

// resume has reads wait again, until a deadline. It is for who reads the connection.
func (c *arrivedConn) resume(deadline time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rest.Store(nil)
	return c.Conn.SetDeadline(deadline)
}

// SetDeadline is net.Conn's. While nothing is waited for it does nothing.
func (c *arrivedConn) SetDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.rest.Load() != nil {
		return nil
	}
	return c.Conn.SetDeadline(t)
}

// SetWriteDeadline is net.Conn's. While nothing is waited for it does nothing.
func (c *arrivedConn) SetWriteDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.rest.Load() != nil {
		return nil
	}
	return c.Conn.SetWriteDeadline(t)
}

// Read is net.Conn's.
func (c *arrivedConn) Read(b []byte) (n int, err error) {
	if c.rest.Load() == nil {
		n, err = c.Conn.Read(b)
		if n > 0 || !errors.Is(err, os.ErrDeadlineExceeded) || c.rest.Load() == nil {
			return n, err
		}
	}
	r := c.rest.Load()
	now := time.Now()
	if r.over(now) || !socket.Readable(c.Conn) {
		return 0, errStopping
	}
	c.mu.Lock()
	err = c.Conn.SetReadDeadline(now.Add(lastRead))
	c.mu.Unlock()
	if err != nil {
		return 0, err
	}
	n, err = c.Conn.Read(b)
	if r.left -= n; n == 0 && errors.Is(err, os.ErrDeadlineExceeded) {
		err = errStopping
	}
	return n, err
}

// CloseWrite says that nothing will be sent any more.
func (c *arrivedConn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return errors.ErrUnsupported
}
