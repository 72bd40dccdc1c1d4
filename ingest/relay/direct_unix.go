//go:build unix

package relay

import (
	"errors"
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// directWriter writes to a TCP socket without waiting, and without a goroutine of its own.
type directWriter struct {
	raw  syscall.RawConn
	step func(fd uintptr) bool
	b    []byte
	n    int
	err  error
}

// newDirectWriter returns nil for what is no TCP socket.
func newDirectWriter(to Conn) *directWriter {
	tcp, ok := to.(*net.TCPConn)
	if !ok {
		return nil
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return nil
	}
	w := &directWriter{raw: raw}
	w.step = func(fd uintptr) bool { w.attempt(int(fd)); return true }
	return w
}

// write writes what the socket takes.
func (w *directWriter) write(b []byte) (int, error) {
	w.b, w.n, w.err = b, 0, nil
	err := w.raw.Write(w.step)
	w.b = nil
	return w.n, errors.Join(err, w.err)
}

func (w *directWriter) attempt(fd int) {
	for len(w.b) > w.n {
		n, err := unix.Write(fd, w.b[w.n:])
		switch {
		case errors.Is(err, unix.EINTR):
		case errors.Is(err, unix.EAGAIN):
			return
		case err != nil:
			w.err = err
			return
		default:
			w.n += n
		}
	}
}
