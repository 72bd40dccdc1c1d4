//go:build unix

package rtmp

import (
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// detach takes the connection's socket out of Go's poller.
func (c *conn) detach() (fd int, err error) {
	sc, ok := c.bottom.Conn.(syscall.Conn)
	if !ok {
		return -1, fmt.Errorf("take a socket over: %T has none", c.bottom.Conn)
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return -1, fmt.Errorf("take a socket over: %w", err)
	}
	var derr error
	err = raw.Control(func(p uintptr) { fd, derr = unix.FcntlInt(p, unix.F_DUPFD_CLOEXEC, 0) })
	if err := errors.Join(err, derr); err != nil {
		return -1, fmt.Errorf("take a socket over: %w", err)
	}
	c.replace(nil)
	return fd, nil
}

// attach gives the socket back to Go.
func (c *conn) attach(fd int) error {
	f := os.NewFile(uintptr(fd), "rtmp")
	nc, err := net.FileConn(f)
	_ = f.Close() // nc has a duplicate
	if err != nil {
		return fmt.Errorf("give a socket back: %w", err)
	}
	c.replace(nc)
	return nil
}

// replace makes nc the connection, and closes the one before.
func (c *conn) replace(nc net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.nc != nil {
		_ = c.nc.Close()
	}
	c.nc = nil
	if nc != nil {
		c.bottom = &arrivedConn{Conn: nc}
		c.nc = c.bottom
	}
}
