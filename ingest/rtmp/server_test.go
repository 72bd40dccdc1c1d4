package rtmp

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
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
		{"play", "NetStream.Play.Failed", "switched off", nil, func(c *client) { c.connect(); c.command(1, "play", 3.0, nil, "key") }},
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
			{"a chunk size of 0", "chunk size of 0", func(c *client) { c.message(2, 0, 1, 0, be32(0)) }},
			{"a chunk size of 2^31", "chunk size of 0", func(c *client) { c.message(2, 0, 1, 0, be32(1<<31)) }},
			{"type 3 first", "without a message header", func(c *client) { c.send([]byte{0xc9, 1}) }},
			{"type 2 first", "without a message header", func(c *client) { c.send([]byte{0x80, 9, 0, 0, 40, 1}) }},
			{"a command of 1 MB", "at most 262144", func(c *client) { c.send(header(3, 0, 1<<20, 17, 0)) }},
			{"nested AMF", "deeper", func(c *client) {
				_, _ = c.Write(c.chunks(3, 0, 20, 0, cat(amf("x"), bytes.Repeat([]byte{10, 0, 0, 0, 1}, 50_000)), true))
			}},
			{"many chunk streams", "more than 64 chunk streams", func(c *client) {
				var b []byte
				for i := range byte(70) {
					b = append(append(append(b, 0, i), header(0, 0, 1, 99, 0)[1:]...), i)
				}
				_, _ = c.Write(b)
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

// TestTooManyConnectionsFromOneAddress checks the cap for one address.
func TestTooManyConnectionsFromOneAddress(t *testing.T) {
	f := start(t, func(s *Server) { s.Limits.MaxConnectionsPerIP = 1 })
	f.dial()
	f.expectHangup(f.silent())
	if s := f.Stats(); s.Refused != 1 || s.Displaced != 0 {
		t.Errorf("%+v", s)
	}
}

// eager is all that a publisher says before media, without waiting for answers.
func eager(c *client, name string) []byte {
	return cat([]byte{3}, make([]byte, 2*1536), c.chunks(3, 0, 20, 0, amf("connect", 1.0, []property{{"app", "live"}}), true),
		c.chunks(4, 0, 20, 1, amf("publish", 3.0, nil, name, "live"), true))
}

// TestManyPublishers checks that what many send at once is not mixed up.
func TestManyPublishers(t *testing.T) {
	gatherers(t, func(t *testing.T, portable bool) {
		f := start(t, func(s *Server) { s.portable, s.Tick = portable, 20*time.Millisecond })
		const publishers, pictures = 50, 40
		var pushing sync.WaitGroup
		for i := range publishers {
			pushing.Go(func() {
				nc, err := net.Dial("tcp", f.Addr().String())
				if err != nil {
					t.Error(err)
					return
				}
				defer func() { _ = nc.Close() }()
				c := &client{Conn: nc, t: t, chunk: 128}
				out := cat(eager(c, fmt.Sprint("key", i)), c.chunks(6, 0, 9, 1, videoConfig(), true))
				for k := range pictures {
					out = append(out, c.chunks(6, uint32(k*40), 9, 1, picture(nalu(k == 0, i+k, 500+i)), true)...)
				}
				_, _ = nc.Write(out)
				_ = nc.(*net.TCPConn).CloseWrite()
				_, _ = io.Copy(io.Discard, nc)
			})
		}
		pushing.Wait()
		for i := range publishers {
			units, _ := f.named(fmt.Sprint("key", i)).ended(t)
			if len(units) != pictures {
				t.Fatalf("publisher %d: %d units", i, len(units))
			}
			for k, u := range units {
				if u.DTS != int64(k*40) || !bytes.Equal(u.Payload, nalu(k == 0, i+k, 500+i)) {
					t.Fatalf("publisher %d: unit %d differs", i, k)
				}
			}
		}
	})
}
