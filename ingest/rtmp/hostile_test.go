package rtmp

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestPeerThatNeverReads checks that a publisher which does not read what it asks for is dropped, and that others do not wait for it.
func TestPeerThatNeverReads(t *testing.T) {
	gatherers(t, func(t *testing.T, portable bool) {
		f := start(t, func(s *Server) { s.portable = portable })
		nc, err := net.Dial("tcp", f.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = nc.Close() }()
		c := &client{Conn: nc, t: t, chunk: 128}
		hello := make([]byte, 1537)
		hello[0] = 3
		c.send(hello, make([]byte, 1536), c.chunks(3, 0, 20, 0, amf("connect", 1.0, []property{{"app", "live"}}), true),
			c.chunks(4, 0, 20, 1, amf("publish", 3.0, nil, "deaf", "live"), true))
		deaf := f.stream(0)
		pings := bytes.Repeat(c.chunks(2, 0, 4, 0, []byte{0, 6, 1, 2, 3, 4}, true), 10_000)
		var sending sync.WaitGroup
		sending.Go(func() {
			for range 1000 {
				if _, err := nc.Write(pings); err != nil {
					return
				}
			}
		})
		other := f.dial()
		other.ordinary()
		other.message(6, 5, 9, 1, picture(nalu(true, 1, 50)))
		f.named("key").await(t, 1)
		_, end := deaf.ended(t)
		t.Logf("%+v", end)
		sending.Wait()
		if other.closed() {
			t.Error("the other publisher was disconnected")
		}
	})
}

// TestSilentConnections checks that connections which say nothing end in time, cost little, and that publishers do not notice.
func TestSilentConnections(t *testing.T) {
	f := start(t, func(s *Server) { s.Limits.HandshakeTimeout, s.Limits.MaxConnections = time.Second, 2000 })
	victim := f.dial()
	victim.ordinary()
	before := heap()
	var conns [500]net.Conn
	for i := range conns {
		nc, err := net.Dial("tcp", f.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		conns[i] = nc
	}
	eventually(t, "the connections", func() bool { return f.Stats().Connections == len(conns)+1 })
	if grown := heap() - before; grown > 16<<20 {
		t.Errorf("%d MiB", grown>>20)
	} else {
		t.Logf("%d KiB per connection", grown/int64(len(conns))>>10)
	}
	for i := range 10 {
		victim.message(6, uint32(i), 9, 1, picture(nalu(true, 1, 500)))
	}
	f.stream(0).await(t, 10)
	for _, nc := range conns {
		_, _ = io.Copy(io.Discard, nc)
		_ = nc.Close()
	}
	eventually(t, "the connections to end", func() bool { return f.Stats().Connections == 1 })
	if victim.closed() {
		t.Error("the publisher was disconnected")
	}
}

// heap is what the process has from the system for goroutines and memory, after a collection.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapInuse + m.StackInuse)
}

// peak returns by how much the heap was larger at most while f ran.
func peak(f func()) int64 {
	before := heap()
	var most int64
	done := make(chan struct{})
	var watch sync.WaitGroup
	watch.Go(func() {
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most = max(most, int64(m.HeapInuse+m.StackInuse))
			select {
			case <-tick.C:
			case <-done:
				return
			}
		}
	})
	f()
	close(done)
	watch.Wait()
	return most - before
}

// TestHostileMemory checks what one hostile connection can cost: it begins messages of 16 MB on 60 chunk streams, and sends nearly
// all of each.
func TestHostileMemory(t *testing.T) {
	for _, ca := range []struct {
		name  string
		begin func(*client)
		kind  byte
	}{
		{"pictures of a publisher", func(c *client) { c.begin("hostile") }, 9},
		{"unknown messages of a publisher", func(c *client) { c.begin("hostile") }, 99},
		{"pictures of a stranger", func(c *client) { c.connect() }, 9},
		{"commands", func(*client) {}, 20},
	} {
		t.Run(ca.name, func(t *testing.T) {
			f := start(t, nil)
			other := f.dial()
			other.ordinary()
			var c *client
			grown := peak(func() {
				c = f.dial()
				ca.begin(c)
				c.setChunk(maxChunkSize - 1)
				piece := make([]byte, 1<<20)
				for i := range byte(60) {
					var err error
					_, err = c.Write(header(i+4, 0, maxChunkSize, ca.kind, 1))
					for left := maxChunkSize - 1; left > 0 && err == nil; left -= len(piece) {
						_, err = c.Write(piece[:min(left, len(piece))])
					}
					if err != nil {
						break
					}
				}
				c.expectClosed()
			})
			t.Logf("the heap grew by %.1f MiB", float64(grown)/(1<<20))
			if grown > 64<<20 {
				t.Error("that is more than 64 MiB")
			}
			other.message(6, 5, 9, 1, picture(nalu(true, 1, 50)))
			f.stream(0).await(t, 1)
		})
	}
}

// TestParserPanic checks that a panic while a publisher's bytes are parsed ends this publisher alone, and is logged.
func TestParserPanic(t *testing.T) {
	s, _, _ := testSession(t)
	s.chunks.handle = func(rtmpMessage) error { panic("oh") }
	c := &conn{session: s, complaints: make(chan error, 1)}
	w := &client{chunk: 128}
	for range 2 {
		if _, err := c.feed(w.chunks(3, 0, 20, 0, amf("x"), true), time.Time{}); !errors.Is(err, errPanic) {
			t.Error(err)
		}
	}
	if err := <-c.complaints; !strings.Contains(err.Error(), "TestParserPanic") {
		t.Errorf("no stack in %v", err)
	}
}

// TestParserPanicBeforePublishing checks the same of a connection that does not publish yet.
func TestParserPanicBeforePublishing(t *testing.T) {
	var log logged
	s := &Server{Log: slog.New(slog.NewTextHandler(&log, nil))}
	s.prepare()
	near, far := net.Pipe()
	c := newConn(s, far)
	c.session.chunks.handle = func(rtmpMessage) error { panic("oh") }
	if _, crowded := s.enter(c); crowded != nil {
		t.Fatal("not let in")
	}
	var serving sync.WaitGroup
	serving.Go(c.run)
	serving.Go(func() { _, _ = io.Copy(io.Discard, near) })
	w := &client{Conn: near, t: t, chunk: 128}
	w.write(eager(w, "key"))
	serving.Wait()
	if n := s.Stats().Connections; n != 0 || log.count("please report this") != 1 || log.count("TestParserPanicBeforePublishing") == 0 {
		t.Errorf("%d connections are left; log: %s", n, &log)
	}
}
