package rtmp

import (
	"time"

	"golang.org/x/sys/unix"
)

// setUserTimeout has the kernel give up on a peer that acknowledges nothing.
func setUserTimeout(fd int, d time.Duration) {
	_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(d.Milliseconds())) // best effort
}

// widen asks for a receive window of that many bytes. Setting SO_RCVBUF would end the kernel's own growth of the buffer and be capped at
// net.core.rmem_max; a low-water mark grows it as well, up to half of what net.ipv4.tcp_rmem allows, and the buffer stays when the
// mark goes.
func widen(fd, window int) {
	if unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVLOWAT, window) == nil {
		_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVLOWAT, 1)
	}
}
