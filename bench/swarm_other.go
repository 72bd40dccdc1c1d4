//go:build !linux

package main

import (
	"errors"
	"net"
)

func readNow(*net.TCPConn, []byte) (int, error) { return 0, errors.ErrUnsupported }
