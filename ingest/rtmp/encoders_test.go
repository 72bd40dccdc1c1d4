package rtmp

import (
	"fmt"
	"net"
	"testing"

	"aircheck/ingest/stream"
)

// TestPublishAgain ends a stream in the ways of encoders and publishes again on the same connection.
func TestPublishAgain(t *testing.T) {
	endings := []struct {
		name string
		do   func(c *client, key string)
	}{
		{"closeStream", func(c *client, _ string) { c.command(1, "closeStream", 0.0, nil) }},
		{"closeStream on stream 0", func(c *client, _ string) { c.command(0, "closeStream", 0.0, nil) }},
		{"deleteStream", func(c *client, _ string) { c.command(0, "deleteStream", 7.0, nil, 1.0) }},
		{"deleteStream on the stream itself", func(c *client, _ string) { c.command(1, "deleteStream", 7.0, nil, 1.0) }},
		{"deleteStream with a name", func(c *client, key string) { c.command(0, "deleteStream", 7.0, nil, key) }},
		{"deleteStream of nothing", func(c *client, _ string) { c.command(0, "deleteStream", 7.0) }},
		{"FCUnpublish, deleteStream", func(c *client, key string) { // OBS, ffmpeg
			c.command(0, "FCUnpublish", 6.0, nil, key)
			c.command(0, "deleteStream", 7.0, nil, 1.0)
		}},
		{"FCUnpublish with a query", func(c *client, key string) { c.command(0, "FCUnpublish", 6.0, nil, key+"?token=1") }},
		{"FCUnpublish without a name", func(c *client, _ string) { c.command(0, "FCUnpublish", 6.0, nil) }},
		{"FCUnpublish, closeStream, deleteStream", func(c *client, key string) { // Flash Media Live Encoder
			c.command(0, "FCUnpublish", 6.0, nil, key)
			c.command(1, "closeStream", 0.0, nil)
			c.command(0, "deleteStream", 7.0, nil, 1.0)
		}},
		{"closeStream, deleteStream", func(c *client, _ string) {
			c.command(1, "closeStream", 0.0, nil)
			c.command(0, "deleteStream", 0.0, nil, 1.0)
		}},
		{"unpublish", func(c *client, key string) { c.command(1, "unpublish", 0.0, nil, key) }},
		{"publish false", func(c *client, _ string) { c.command(1, "publish", 0.0, nil, false) }},
		{"AMF3", func(c *client, key string) {
			c.flash(0, "FCUnpublish", 6.0, nil, key)
			c.flash(1, "closeStream", 0.0, nil)
		}},
		{"a picture that is cut short", func(c *client, _ string) {
			c.send(header(6, 80, 1000, 9, 1), make([]byte, 128))
			c.command(1, "closeStream", 0.0, nil)
		}},
	}
	for _, ca := range endings {
		for _, name := range []string{"key", "other"} {
			t.Run(ca.name+", then "+name, func(t *testing.T) {
				t.Parallel()
				gatherers(t, func(t *testing.T, portable bool) {
					f := start(t, func(s *Server) { s.portable = portable })
					c := f.dial()
					c.begin("key")
					c.configs(0)
					c.message(6, 40, 9, 1, picture(nalu(true, 1, 300)))
					ca.do(c, "key")
					c.message(6, 80, 9, 1, picture(nalu(true, 2, 300))) // to nobody
					c.command(0, "releaseStream", 8.0, nil, name)
					c.command(0, "FCPublish", 9.0, nil, name)
					c.publish(name)
					c.configs(0)
					c.message(6, 5, 9, 1, picture(nalu(true, 3, 300)))
					units, end := f.stream(0).ended(t)
					if len(units) != 1 || end.Reason != stream.EndClient {
						t.Errorf("the first stream ended with %+v after %d units", end, len(units))
					}
					compare(t, units, []wanted{{1, 40, nalu(true, 1, 300)}})
					next := f.stream(1)
					compare(t, next.await(t, 1), []wanted{{1, 5, nalu(true, 3, 300)}})
					if next.Key().Stream != name || c.closed() {
						t.Errorf("the second is %s, the connection is closed: %v", next.Key(), c.closed())
					}
					_ = c.Conn.(*net.TCPConn).CloseWrite()
					if _, end := next.ended(t); end.Reason != stream.EndClient {
						t.Errorf("the second stream ended with %+v", end)
					}
				})
			})
		}
	}
}

// TestPublishManyTimes publishes on one connection again and again.
func TestPublishManyTimes(t *testing.T) {
	gatherers(t, func(t *testing.T, portable bool) {
		const times = 30
		f := start(t, func(s *Server) { s.portable = portable })
		c := f.dial()
		c.connect()
		for i := range times {
			c.publish(fmt.Sprint("key", i%3))
			c.configs(uint32(i) * 1000)
			c.message(6, uint32(i)*1000+5, 9, 1, picture(nalu(true, i, 300)))
			c.command(0, "deleteStream", 7.0, nil, 1.0)
		}
		for i := range times {
			units, _ := f.stream(i).ended(t)
			compare(t, units, []wanted{{1, int64(i)*1000 + 5, nalu(true, i, 300)}})
			if len(units) != 1 {
				t.Errorf("%d units of stream %d", len(units), i)
			}
		}
		if c.closed() {
			t.Error("the publisher was disconnected")
		}
	})
}

// TestHandshakes shakes hands in the ways of encoders.
func TestHandshakes(t *testing.T) {
	body := func(version ...byte) []byte {
		b := make([]byte, 1536)
		for i := range b[8:] {
			b[8+i] = byte(i * 31)
		}
		copy(b[4:], version)
		return b
	}
	for _, ca := range []struct {
		name   string
		pieces func() [][]byte
	}{
		{"all at once", func() [][]byte { return [][]byte{cat([]byte{3}, body(), body())} }},
		{"with the version of a player", func() [][]byte { return [][]byte{cat([]byte{3}, body(0x80, 0, 7, 2)), body()} }},
		{"with an answer of zeros", func() [][]byte { return [][]byte{cat([]byte{3}, body()), make([]byte, 1536)} }},
		{"byte by byte", func() (out [][]byte) {
			for _, b := range cat([]byte{3}, body(), body()) {
				out = append(out, []byte{b})
			}
			return out
		}},
	} {
		t.Run(ca.name, func(t *testing.T) {
			f := start(t, nil)
			nc := f.silent()
			c := &client{Conn: nc, t: t, chunk: 128}
			for _, b := range ca.pieces() {
				c.send(b)
			}
			c.send(eager(c, "key")[1+2*1536:], c.chunks(6, 0, 9, 1, videoConfig(), true))
			c.lastPicture()
			compare(t, f.named("key").await(t, 1), []wanted{lastPicture()})
		})
	}
}
