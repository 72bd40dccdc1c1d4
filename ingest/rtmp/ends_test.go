package rtmp

import (
	"bytes"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"aircheck/ingest/media/mediatest"
	"aircheck/ingest/stream"
)

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
				c.connect()
				c.atOnce(func() { // that it is not silent before
					c.publish("key")
					c.configs(0)
					c.message(6, 5, 9, 1, picture(nalu(true, 1, 50)))
				})
				c.expect("NetStream.Publish.Start")
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

// TestTakeover checks that a publisher whose packets stopped without a FIN is soon replaced.
func TestTakeover(t *testing.T) {
	gatherers(t, func(t *testing.T, portable bool) {
		f := start(t, func(s *Server) {
			s.portable = portable
			s.Hub.Takeover, s.Hub.Stale = stream.TakeoverStale, 300*time.Millisecond
		})
		first := f.dial()
		first.ordinary()
		idle := mediatest.Idle()
		var second *client
		eventually(t, "the second publisher", func() bool {
			second = f.dial()
			second.connect()
			second.publish("key")
			eventually(t, "an answer", func() bool { return second.heard("NetStream.Publish") })
			return second.heard("NetStream.Publish.Start")
		})
		if waited := idle(); waited > 5*time.Second {
			t.Errorf("let in after %s", waited)
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
		begin, idle := time.Now(), mediatest.Idle()
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
		t.Logf("%.0f MB/s", float64(n*size)/time.Since(begin).Seconds()/1e6)
		if waited := idle(); waited > 5*time.Second {
			t.Errorf("everybody waited for %s: the publisher was slowed down", waited)
		}
	})
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
		idle := mediatest.Idle()
		for range 2 {
			if err := f.Close(); err != nil {
				t.Error(err)
			}
		}
		if waited := idle(); waited > 3*time.Second {
			t.Errorf("it waited for %s", waited)
		}
		pushing.Wait()
		for i := range 4 {
			if _, end := f.stream(i).ended(t); end.Reason != stream.EndShutdown {
				t.Errorf("end: %+v", end)
			}
		}
	})
}
