package rtmp

import (
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"aircheck/ingest/stream"
)

// silent connects and says nothing.
func (f *fixture) silent() net.Conn {
	f.t.Helper()
	nc, err := net.Dial("tcp", f.Addr().String())
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { _ = nc.Close() })
	return nc
}

// expectHangup waits for the server to close a connection.
func (f *fixture) expectHangup(nc net.Conn) {
	f.t.Helper()
	_ = nc.SetReadDeadline(time.Now().Add(patience))
	if _, err := io.Copy(io.Discard, nc); errors.Is(err, net.ErrClosed) || isTimeout(err) {
		f.t.Errorf("the connection stays: %v", err)
	}
}

func isTimeout(err error) bool {
	var ne net.Error
	return errors.As(err, &ne) && ne.Timeout()
}

// TestSilentConnectionsMakeRoom checks that a publisher gets in while others hold every connection and say nothing, and that
// those who publish are never sent away for it.
func TestSilentConnectionsMakeRoom(t *testing.T) {
	gatherers(t, func(t *testing.T, portable bool) {
		f := start(t, func(s *Server) {
			s.portable = portable
			s.Limits.MaxConnections, s.Limits.HandshakeTimeout = 8, time.Minute
		})
		first := f.dial()
		first.begin("first")
		first.configs(0)
		var guests []net.Conn
		for range 7 {
			guests = append(guests, f.silent())
		}
		eventually(t, "the connections", func() bool { return f.Stats().Connections == 8 })
		for i, name := range []string{"second", "third"} {
			c := f.dial()
			c.begin(name)
			f.expectHangup(guests[i]) // the oldest go first
		}
		if s := f.Stats(); s.Connections != 8 || s.Displaced != 2 || s.Refused != 0 {
			t.Errorf("%+v", s)
		}
		// One that stopped publishing is the youngest guest.
		first.command(1, "closeStream", 5.0, nil)
		first.expect("NetStream.Unpublish.Success")
		eventually(t, "the end of the stream", func() bool { return len(f.Hub.List()) == 2 })
		for i := range 5 {
			f.silent()
			f.expectHangup(guests[2+i])
		}
		if first.closed() {
			t.Error("the youngest was disconnected")
		}
		f.silent()
		first.expectClosed()
		if n := len(f.Hub.List()); n != 2 {
			t.Errorf("%d streams", n)
		}
	})
}

// TestPublishersDoNotMakeRoom checks that a connection is refused where all others publish, and that the log is not flooded.
func TestPublishersDoNotMakeRoom(t *testing.T) {
	f := start(t, func(s *Server) { s.Limits.MaxConnections = 2 })
	for _, name := range []string{"one", "two"} {
		f.dial().begin(name)
	}
	for range 20 {
		f.expectHangup(f.silent())
	}
	if s := f.Stats(); s.Connections != 2 || s.Accepted != 2 || s.Refused != 20 || s.Displaced != 0 {
		t.Errorf("%+v", s)
	}
	if n := f.log.count("too many"); n != 1 {
		t.Errorf("%d lines in the log: %s", n, f.log)
	}
}

// TestTooLateToPublish checks a connection that has to make room while its publisher is being judged.
func TestTooLateToPublish(t *testing.T) {
	judge := make(chan struct{})
	f := start(t, func(s *Server) {
		s.Limits.MaxConnections = 1
		s.Authorize = func(r PublishRequest) (Permission, error) {
			if r.Stream == "late" {
				judge <- struct{}{}
				<-judge
			}
			return allow(r)
		}
	})
	late := f.dial()
	late.connect()
	late.publish("late")
	<-judge
	c := f.dial()
	if s := f.Stats(); s.Connections != 1 || s.Displaced != 1 {
		t.Errorf("%+v", s)
	}
	judge <- struct{}{}
	late.expectClosed()
	if late.heard("onStatus") {
		t.Error("it was told not to come again")
	}
	c.begin("early")
	if n := f.log.count("msg=publishing"); n != 1 {
		t.Errorf("%d streams were opened", n)
	}
}

// TestGoneBeforeItIsAnswered checks that the key is free again after a publisher that resets its connection before it learns that it
// may publish.
func TestGoneBeforeItIsAnswered(t *testing.T) {
	gatherers(t, func(t *testing.T, portable bool) {
		judge := make(chan struct{})
		f := start(t, func(s *Server) {
			s.portable = portable
			s.Authorize = func(r PublishRequest) (Permission, error) {
				judge <- struct{}{}
				<-judge
				return allow(r)
			}
		})
		c := f.dial()
		c.connect()
		c.publish("key")
		<-judge
		_ = c.Conn.(*net.TCPConn).SetLinger(0)
		_ = c.Close()
		judge <- struct{}{}
		if _, end := f.stream(0).ended(t); end.Reason != stream.EndLost {
			t.Errorf("end: %+v", end)
		}
		if n := len(f.Hub.List()); n != 0 {
			t.Errorf("%d streams left", n)
		}
	})
}

// TestRefusalReachesAHastyPublisher checks that a publisher which did not wait for an answer before it sent its media
// still learns why it is refused.
func TestRefusalReachesAHastyPublisher(t *testing.T) {
	f := start(t, func(s *Server) {
		s.Authorize = func(PublishRequest) (Permission, error) { return Permission{}, errors.New("no key") }
	})
	nc := f.silent()
	c := &client{Conn: nc, t: t, chunk: initialChunkSize}
	c.send(eager(c, "key"), c.chunks(6, 0, 9, 1, picture(nalu(true, 1, 100_000)), true))
	_ = nc.SetReadDeadline(time.Now().Add(patience))
	said, err := io.ReadAll(nc)
	if err != nil || !strings.Contains(string(said), string(codeDenied)) || !strings.Contains(string(said), "no key") {
		t.Errorf("it was told %q, and then: %v", said[min(len(said), 3073):], err)
	}
}

// TestStatusOnThePublishersStream checks that what a publisher is told comes on the message stream that it used.
func TestStatusOnThePublishersStream(t *testing.T) {
	f := start(t, nil)
	c := f.dial()
	c.connect()
	c.command(0, "createStream", 2.0, nil)
	c.command(9, "publish", 3.0, nil, "key", "live")
	c.expect("NetStream.Publish.Start")
	c.command(9, "closeStream", 4.0, nil)
	c.expect("NetStream.Unpublish.Success")
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, m := range c.said {
		if status := m.kind == 20 && strings.Contains(string(m.body), "onStatus"); status && m.streamID != 9 {
			t.Errorf("a status on stream %d", m.streamID)
		}
	}
}

// TestStrangersShareLittle checks that a command of an ordinary size is read while other connections that do not publish hold too much,
// and that none of those may hold more than its share.
func TestStrangersShareLittle(t *testing.T) {
	s, waiting, _ := testSession(t)
	waiting.max, waiting.share = 0, waitingShare
	c := &client{chunk: 128}
	long := []property{{"app", "live"}, {"pageUrl", strings.Repeat("x", waitingShare-100)}}
	if _, err := s.feed(c.chunks(3, 0, 20, 0, amf("connect", 1.0, long), true), time.Time{}); err != nil || !s.connected {
		t.Error(err)
	}
	if _, err := s.feed(cat(header(4, 0, maxAMFSize, 20, 0), []byte{2}), time.Time{}); !errors.Is(err, errLimit) {
		t.Errorf("error: %v", err)
	}
	s.chunks.close()
	if n := waiting.used.Load(); n != 0 {
		t.Errorf("%d bytes are still accounted for", n)
	}
}
