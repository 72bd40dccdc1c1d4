package main

import (
	"errors"
	"io"
	"net"
	"syscall"
)

// readNow reads what a socket has, and returns EAGAIN if that is nothing.
func readNow(conn *net.TCPConn, b []byte) (n int, err error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return 0, err
	}
	cerr := raw.Control(func(fd uintptr) { n, err = syscall.Read(int(fd), b) })
	if err == nil && n == 0 {
		err = io.EOF
	}
	return max(n, 0), errors.Join(cerr, err)
}
