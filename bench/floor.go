package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
)

// floorTarget is the least a recorder must do: a process that writes what comes over TCP to a file.
func (b *bench) floorTarget() target {
	return target{name: "TCP to file", format: "raw", start: func(ctx context.Context, dir string) (*server, error) {
		address, err := freeAddress()
		if err != nil {
			return nil, err
		}
		self, err := os.Executable()
		if err != nil {
			return nil, err
		}
		p, err := startProcess(dir, nil, self, sinkArg, address, filepath.Join(dir, "sink"))
		if err != nil {
			return nil, err
		}
		s := &server{process: p, dir: dir, address: address, raw: true, recorded: "sink*"}
		return s, p.await(ctx, "listening socket", listens(address))
	}}
}

// sinkSize is how much the floor reads and writes at once, in bytes.
const sinkSize = 256 << 10

// sinkMain is the main function of the floor: each connection goes to a file of its own.
func sinkMain(address, name string) error {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	buf := make([]byte, sinkSize)
	for n := 0; ; n++ {
		conn, err := l.Accept()
		if err != nil {
			return err
		}
		if err := sink(conn, fmt.Sprint(name, n), buf); err != nil {
			return err
		}
	}
}

// sink copies with read and write: io.Copy would have the kernel do it, which a recorder cannot, as it must look at what it writes.
func sink(conn net.Conn, name string, buf []byte) error {
	defer func() { _ = conn.Close() }()
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	for {
		n, err := conn.Read(buf)
		if _, err := f.Write(buf[:n]); err != nil {
			return err
		}
		if err == io.EOF {
			return f.Close()
		}
		if err != nil {
			return err
		}
	}
}
