//go:build unix

package socket

import (
	"errors"
	"syscall"

	"golang.org/x/sys/unix"
)

// Readable reports whether c, a connection or a listener, would not keep its reader waiting: something has come, or the end, or an error. It
// does not wait, and disturbs nobody who reads c at the same time. Of what is no socket it knows nothing, and says yes.
func Readable(c any) bool {
	sc, ok := c.(syscall.Conn)
	if !ok {
		return true
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return true
	}
	n := 0
	cerr := raw.Control(func(fd uintptr) {
		at := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
		for {
			if n, err = unix.Poll(at, 0); !errors.Is(err, unix.EINTR) {
				return
			}
		}
	})
	return n > 0 || err != nil || cerr != nil
}
