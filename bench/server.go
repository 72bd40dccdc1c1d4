package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"time"
)

// target is something to be measured.
type target struct {
	name string
	// format is that of the files it writes; "raw" for the floor.
	format string
	// start starts it in an empty folder.
	start func(ctx context.Context, dir string) (*server, error)
}

// server is a target that was started.
type server struct {
	*process
	dir string
	// address takes RTMP, host:port; from the floor, anything.
	address string
	// raw: it does not speak RTMP.
	raw bool
	// recorded is a pattern of the finished files of a stream, below dir; %s stands for the stream.
	recorded string
	// api is that of our own server.
	api *api
}

// files are those recorded of a stream.
func (s *server) files(stream string) ([]string, error) {
	return filepath.Glob(filepath.Join(s.dir, fmt.Sprintf(s.recorded, stream)))
}

// launch starts a target in a folder of its own below the bench's.
func (b *bench) launch(ctx context.Context, t target) (*server, error) {
	dir, err := os.MkdirTemp(b.dir, "run-")
	if err != nil {
		return nil, err
	}
	s, err := t.start(ctx, dir)
	if err != nil {
		_ = os.RemoveAll(dir)
		return nil, fmt.Errorf("%s: %w", t.name, err)
	}
	return s, nil
}

// close stops it and removes everything it wrote.
func (s *server) close() {
	s.stop()
	_ = os.RemoveAll(s.dir)
}

// freeAddress is one of this machine on which nobody listens. Its port is below those that systems give to outgoing connections, one of
// which could take it before the server does.
func freeAddress() (string, error) {
	const first, count, tries = 20000, 10000, 50
	var last error
	for range tries {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", first+rand.IntN(count)))
		if err == nil {
			return l.Addr().String(), l.Close()
		}
		last = err
	}
	return "", last
}

// startTime is how long a server may take to start.
const startTime = 20 * time.Second

// await waits until ready reports true, and stops the process if that does not happen.
func (p *process) await(ctx context.Context, what string, ready func() bool) error {
	for end := time.Now().Add(startTime); ; {
		err := p.alive()
		if err != nil {
			return err
		}
		if ready() {
			return nil
		}
		if err = sleep(ctx, 5*time.Millisecond); err == nil && time.Now().After(end) {
			err = fmt.Errorf("%s: no %s after %v, see %s", p.cmd.Path, what, startTime, p.log)
		}
		if err != nil {
			p.kill()
			return err
		}
	}
}

// listens tells whether a connection is accepted.
func listens(address string) func() bool {
	return func() bool {
		c, err := net.DialTimeout("tcp", address, time.Second)
		if err != nil {
			return false
		}
		return c.Close() == nil
	}
}
