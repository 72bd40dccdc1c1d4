package rtmp

import (
	"time"

	"golang.org/x/sys/unix"
)

// setUserTimeout has the kernel give up on a peer that acknowledges nothing.
func setUserTimeout(fd int, d time.Duration) {
	_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(d.Milliseconds())) // best effort
}
