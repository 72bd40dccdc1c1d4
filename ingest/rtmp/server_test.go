package rtmp

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/stream"
)

// TestRefusals checks that a refused publisher learns why, in a code on which OBS gives up, before it is disconnected.
func TestRefusals(t *testing.T) {
	for _, ca := range []struct {
		name, code, text string
		change           func(*Server)
		do               func(*client)
	}{
		{"denied", "NetStream.Publish.Denied", "no key", func(s *Server) {
			s.Authorize = func(PublishRequest) (Permission, error) { return Permission{}, errors.New("no key") }
		}, nil},
		{"bad name", "NetStream.Publish.BadName", "reserved", nil, func(c *client) {
			c.connect(property{"app", "vod"})
			c.publish("key")
		}},
		{"no name", "NetStream.Publish.BadName", "empty", nil, func(c *client) {
			c.connect(property{"app", ""}, property{"tcUrl", "rtmp://host"})
			c.publish("")
		}},
		{"an address of 9 KB", "NetStream.Publish.BadName", "8192", nil, func(c *client) {
			c.connect()
			c.publish("key?" + strings.Repeat("a", 9000))
		}},
		{"busy", "NetStream.Publish.BadName", "already being published", func(s *Server) {
			if _, err := s.Hub.Publish(stream.Publisher{Key: media.StreamKey{Domain: "d", App: "live", Stream: "key"}}); err != nil {
				t.Fatal(err)
			}
		}, nil},
		{"stopping", "NetConnection.Connect.AppShutdown", "stopping", func(s *Server) { s.Hub.Close() }, nil},
		{"play", "NetStream.Play.Failed", "not supported yet", nil, func(c *client) { c.connect(); c.command(1, "play", 3.0, nil, "key") }},
	} {
		t.Run(ca.name, func(t *testing.T) {
			f := start(t, ca.change)
			c := f.dial()
			if ca.do == nil {
				ca.do = func(c *client) { c.connect(); c.publish("key") }
			}
			ca.do(c)
			c.expect("onStatus", "error", ca.code, ca.text)
			c.expectClosed()
		})
	}
}

// TestProtocolErrors checks what ends a connection that does not publish, and that the log says why.
func TestProtocolErrors(t *testing.T) {
	for _, ca := range []struct {
		name, why string
		send      func(c *client) []byte
	}{
		{"publish before connect", "publish before connect", func(c *client) []byte {
			return c.chunks(3, 0, 20, 1, amf("publish", 1.0, nil, "key"), true)
		}},
		{"chunk size 0", "chunk size of 0", func(c *client) []byte { return c.chunks(2, 0, 1, 0, be32(0), true) }},
		{"type 3 first", "without a message header", func(*client) []byte { return []byte{0xc5, 1} }},
		{"a command of 1 MB", "at most 262144", func(*client) []byte { return header(3, 0, 1<<20, 20, 0) }},
		{"nested AMF", "deeper", func(c *client) []byte {
			return c.chunks(3, 0, 20, 0, cat(amf("x"), bytes.Repeat([]byte{10, 0, 0, 0, 1}, 50_000)), true)
		}},
		{"many chunk streams", "more than 64 chunk streams", func(*client) []byte {
			var b []byte
			for i := range byte(70) {
				b = append(append(b, 0, i), header(0, 0, 100, 20, 0)[1:]...)
				b = append(b, make([]byte, 100)...)
			}
			return b
		}},
		{"large unfinished messages", "unfinished messages", func(c *client) []byte {
			c.setChunk(1 << 20)
			var b []byte
			for i := range byte(40) {
				b = append(append(b, header(i+4, 0, 16<<20-1, 9, 1)...), make([]byte, 1<<20)...)
			}
			return b
		}},
	} {
		t.Run(ca.name, func(t *testing.T) {
			f := start(t, nil)
			c := f.dial()
			_, _ = c.Write(ca.send(c)) // the server may close before it has read all
			c.expectClosed()
			if !strings.Contains(f.log.String(), ca.why) {
				t.Errorf("log: %s", f.log)
			}
		})
	}
	t.Run("not RTMP", func(t *testing.T) {
		f := start(t, nil)
		nc, err := net.Dial("tcp", f.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = nc.Close() }()
		_, _ = io.WriteString(nc, "GET / HTTP/1.1\r\n\r\n")
		_, _ = io.Copy(io.Discard, nc)
		if !strings.Contains(f.log.String(), "not RTMP") {
			t.Errorf("log: %s", f.log)
		}
	})
}

// TestLimitsWhilePublishing checks that a publisher which exceeds a limit is told and dropped.
func TestLimitsWhilePublishing(t *testing.T) {
	gatherers(t, func(t *testing.T, portable bool) {
		for _, ca := range []struct {
			name, why string
			send      func(c *client)
		}{
			{"a message", "at most 1000000", func(c *client) { c.send(header(6, 0, 2_000_000, 9, 1)) }},
			{"unfinished messages", "unfinished messages", func(c *client) {
				c.setChunk(600_000)
				for i := range byte(10) {
					_, _ = c.Write(cat(header(i+4, 0, 900_000, 9, 1), make([]byte, 600_000)))
				}
			}},
		} {
			t.Run(ca.name, func(t *testing.T) {
				f := start(t, func(s *Server) {
					s.portable = portable
					s.Limits.MaxMessageSize, s.Limits.MaxPartialSize = 1_000_000, 4_000_000
				})
				c := f.dial()
				c.ordinary()
				ca.send(c)
				if _, end := f.stream(0).ended(t); end.Reason != stream.EndProtocol || !strings.Contains(end.Detail, ca.why) {
					t.Errorf("end: %+v", end)
				}
				c.expect("NetStream.Failed", ca.why)
				c.expectClosed()
			})
		}
	})
}

// TestEnds checks the reason that each end of a stream gets, and what the publisher is told.
func TestEnds(t *testing.T) {
	gatherers(t, func(t *testing.T, portable bool) {
		for _, ca := range []struct {
			name   string
			reason stream.EndReason
			tells  string
			do     func(f *fixture, c *client)
		}{
			{"deleteStream", stream.EndClient, "NetStream.Unpublish.Success", func(_ *fixture, c *client) {
				c.command(0, "deleteStream", 9.0, nil, 1.0)
			}},
			{"deleteStream with a name", stream.EndClient, "NetStream.Unpublish.Success", func(_ *fixture, c *client) {
				c.command(0, "deleteStream", 9.0, nil, "key")
			}},
			{"FCUnpublish", stream.EndClient, "NetStream.Unpublish.Success", func(_ *fixture, c *client) {
				c.command(0, "FCUnpublish", 9.0, nil, "key")
			}},
			{"close", stream.EndClient, "", func(_ *fixture, c *client) { _ = c.Close() }},
			{"reset", stream.EndLost, "", func(_ *fixture, c *client) {
				_ = c.Conn.(*net.TCPConn).SetLinger(0)
				_ = c.Close()
			}},
			{"silence", stream.EndLost, "", func(*fixture, *client) {}},
			{"drop", stream.EndDropped, "NetStream.Publish.Denied", func(f *fixture, _ *client) {
				f.Hub.List()[0].Drop(stream.EndDropped, "by the operator")
			}},
			{"hub closed", stream.EndShutdown, "AppShutdown", func(f *fixture, _ *client) { f.Hub.Close() }},
			{"server closed", stream.EndShutdown, "AppShutdown", func(f *fixture, _ *client) { _ = f.Close() }},
		} {
			t.Run(ca.name, func(t *testing.T) {
				f := start(t, func(s *Server) {
					s.portable = portable
					if ca.name == "silence" {
						s.Limits.IdleTimeout = 50 * time.Millisecond
					}
				})
				c := f.dial()
				c.ordinary()
				c.message(6, 5, 9, 1, picture(nalu(true, 1, 50)))
				r := f.stream(0)
				r.await(t, 1)
				ca.do(f, c)
				units, end := r.ended(t)
				if end.Reason != ca.reason || len(units) != 1 {
					t.Errorf("end %+v after %d units", end, len(units))
				}
				if ca.tells != "" {
					c.expect(ca.tells)
				}
				eventually(t, "the log", func() bool { return f.log.count("stream ended") == 1 })
				if line := f.log.String(); !strings.Contains(line, "reason="+string(ca.reason)) {
					t.Errorf("log: %s", line)
				}
			})
		}
	})
}

// TestTakeover checks that a publisher whose packets stopped without a FIN is replaced, and one that is alive is not.
func TestTakeover(t *testing.T) {
	gatherers(t, func(t *testing.T, portable bool) {
		f := start(t, func(s *Server) {
			s.portable = portable
			s.Hub.Takeover, s.Hub.Stale = stream.TakeoverStale, 300*time.Millisecond
		})
		first := f.dial()
		first.ordinary()
		early := f.dial()
		early.connect()
		early.publish("key")
		early.expect("NetStream.Publish.BadName", "already being published")
		begin := time.Now()
		var second *client
		eventually(t, "the second publisher", func() bool {
			second = f.dial()
			second.connect()
			second.publish("key")
			eventually(t, "an answer", func() bool { return second.heard("NetStream.Publish") })
			return second.heard("NetStream.Publish.Start")
		})
		if took := time.Since(begin); took < 200*time.Millisecond || took > 2*time.Second {
			t.Errorf("let in after %s", took)
		}
		if _, end := f.stream(0).ended(t); end.Reason != stream.EndReplaced {
			t.Errorf("the first ended with %+v", end)
		}
		first.expect("NetStream.Publish.Denied", "replaced by")
		first.expectClosed()
		second.configs(0)
		second.message(6, 5, 9, 1, picture(nalu(true, 1, 50)))
		f.stream(1).await(t, 1)
	})
}

// TestKickIsForOneStream checks that a late kick of a connection's earlier stream does not end its next one.
func TestKickIsForOneStream(t *testing.T) {
	f := start(t, nil)
	c := f.dial()
	c.begin("one")
	old := f.stream(0)
	c.command(1, "closeStream", 5.0, nil)
	old.ended(t)
	c.command(1, "publish", 6.0, nil, "two", "live")
	next := f.stream(1)
	old.Publisher.Kick("late")
	c.configs(0)
	c.message(6, 5, 9, 1, picture(nalu(true, 1, 50)))
	next.await(t, 1)
	if c.closed() {
		t.Error("kicked")
	}
}

// TestNothingIsLostAtTheEnd pushes as fast as it can and closes: all that was sent must arrive.
func TestNothingIsLostAtTheEnd(t *testing.T) {
	gatherers(t, func(t *testing.T, portable bool) {
		f := start(t, func(s *Server) { s.portable, s.Tick = portable, 50*time.Millisecond })
		const n, size = 2000, 20_000
		c := f.dial()
		c.begin("key")
		c.setChunk(4096)
		c.configs(0)
		body := picture(nalu(false, 3, size))
		begin := time.Now()
		for i := range n {
			c.message(6, uint32(i*40), 9, 1, body)
		}
		_ = c.Conn.(*net.TCPConn).CloseWrite()
		units, end := f.stream(0).ended(t)
		if len(units) != n || end.Reason != stream.EndClient {
			t.Errorf("%d of %d units, end %+v", len(units), n, end)
		}
		for i, u := range units {
			if u.DTS != int64(i*40) || !bytes.Equal(u.Payload, body[5:]) {
				t.Fatalf("unit %d: DTS %d, %d bytes", i, u.DTS, len(u.Payload))
			}
		}
		stats := f.stream(0).Stats()
		if want := int64(n * (size + 9)); stats.Bytes < want || stats.Bytes > want+want/50+10_000 {
			t.Errorf("%d bytes counted, %d sent", stats.Bytes, want)
		}
		took := time.Since(begin)
		t.Logf("%.0f MB/s", float64(n*size)/took.Seconds()/1e6)
		if took > 5*time.Second {
			t.Errorf("40 MB took %s: the publisher was slowed down", took)
		}
	})
}

// TestAcknowledgements checks that bytes are acknowledged by the peer's window, and that a peer which never reads what it is
// told is dropped without holding others up.
func TestAcknowledgements(t *testing.T) {
	gatherers(t, func(t *testing.T, portable bool) {
		f := start(t, func(s *Server) { s.portable = portable })
		c := f.dial()
		c.ordinary()
		c.message(2, 0, 5, 0, be32(10_000))
		c.message(6, 5, 9, 1, picture(nalu(false, 1, 20_000)))
		eventually(t, "an acknowledgement", func() bool {
			c.mu.Lock()
			defer c.mu.Unlock()
			for _, m := range c.said {
				if m.kind == 3 {
					return true
				}
			}
			return false
		})
	})
}

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

// TestTooManyConnections checks the caps, and that the log is not flooded.
func TestTooManyConnections(t *testing.T) {
	f := start(t, func(s *Server) { s.Limits.MaxConnections = 3 })
	c := f.dial()
	c.begin("key")
	for range 2 {
		f.dial()
	}
	for range 20 {
		nc, err := net.Dial("tcp", f.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, nc); err != nil && !isReset(err) {
			t.Error(err)
		}
		_ = nc.Close()
	}
	if s := f.Stats(); s.Connections != 3 || s.Accepted != 3 || s.Refused != 20 {
		t.Errorf("%+v", s)
	}
	if n := f.log.count("too many"); n != 1 {
		t.Errorf("%d lines in the log: %s", n, f.log)
	}
	perIP := start(t, func(s *Server) { s.Limits.MaxConnectionsPerIP = 1 })
	perIP.dial()
	nc, err := net.Dial("tcp", perIP.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, nc)
	_ = nc.Close()
	if s := perIP.Stats(); s.Refused != 1 {
		t.Errorf("%+v", s)
	}
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

// TestCloseWhilePublishing checks that Close ends everything in the middle of full speed pushes, and that it may be called again.
func TestCloseWhilePublishing(t *testing.T) {
	gatherers(t, func(t *testing.T, portable bool) {
		f := start(t, func(s *Server) { s.portable = portable })
		body := picture(nalu(false, 3, 5000))
		var pushing sync.WaitGroup
		for i := range 4 {
			c := f.dial()
			c.begin(fmt.Sprint("key", i))
			c.setChunk(65536)
			c.configs(0)
			message := c.chunks(6, 0, 9, 1, body, true)
			pushing.Go(func() {
				for {
					if _, err := c.Write(message); err != nil {
						return
					}
				}
			})
		}
		silent, err := net.Dial("tcp", f.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = silent.Close() }()
		begin := time.Now()
		for range 2 {
			if err := f.Close(); err != nil {
				t.Error(err)
			}
		}
		if took := time.Since(begin); took > 3*time.Second {
			t.Errorf("took %s", took)
		}
		pushing.Wait()
		for i := range 4 {
			if _, end := f.stream(i).ended(t); end.Reason != stream.EndShutdown {
				t.Errorf("end: %+v", end)
			}
		}
	})
}
