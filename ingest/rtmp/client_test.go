package rtmp

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/yutopp/go-rtmp/message"
)

// client is a publisher made by hand.
type client struct {
	net.Conn
	t     testing.TB
	chunk int
	// packed: headers are as short as they can be. Else all are of type 0.
	packed bool
	last   map[byte]lastHeader // by chunk stream
	held   []byte              // of atOnce

	mu   sync.Mutex
	said []rtmpMessage // by the server
	gone bool
}

// dial connects and does the handshake.
func (f *fixture) dial() *client {
	f.t.Helper()
	nc, err := net.Dial("tcp", f.Addr().String())
	if err != nil {
		f.t.Fatal(err)
	}
	return f.greet(nc)
}

// greet does the handshake.
func (f *fixture) greet(nc net.Conn) *client {
	f.t.Helper()
	c := &client{Conn: nc, t: f.t, chunk: 128}
	f.t.Cleanup(func() { _ = nc.Close() })
	hello := make([]byte, 1537)
	hello[0] = 3
	c.send(hello)
	answer := make([]byte, 1+2*1536)
	if _, err := io.ReadFull(nc, answer); err != nil {
		f.t.Fatal(err)
	}
	c.send(answer[1:1537])
	done := make(chan struct{})
	go func() { defer close(done); c.listen() }()
	f.t.Cleanup(func() { _ = nc.Close(); <-done })
	return c
}

// lastHeader is what a chunk stream's next header may leave out.
type lastHeader struct {
	ts, delta, streamID uint32
	size                int
	kind                byte
}

// listen reads what the server says, until it ends the connection.
func (c *client) listen() {
	r := chunkReader{limits: &Limits{MaxChunkStreams: 8, MaxPartialSize: 1 << 20}, total: &budget{max: 1 << 20}, size: 128}
	r.accepts = func(message.TypeID, int) (bool, error) { return true, nil }
	r.handle = func(m rtmpMessage) error {
		if m.kind == 1 {
			return r.setSize(binary.BigEndian.Uint32(m.body))
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.said = append(c.said, m)
		return nil
	}
	buf := make([]byte, 0, 64<<10)
	for {
		n, err := c.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		used, ferr := r.feed(buf)
		if ferr != nil {
			c.t.Errorf("the server sent what cannot be read: %v", ferr)
		}
		buf = buf[:copy(buf, buf[used:])]
		if err != nil || ferr != nil {
			break
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.gone = true
}

// heard reports whether the server sent a command whose text holds all of words.
func (c *client) heard(words ...string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, m := range c.said {
		all := m.kind == 20
		for _, w := range words {
			all = all && bytes.Contains(m.body, []byte(w))
		}
		if all {
			return true
		}
	}
	return false
}

func (c *client) expect(words ...string) {
	c.t.Helper()
	eventually(c.t, strings.Join(words, " "), func() bool { return c.heard(words...) })
}

func (c *client) closed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.gone
}

func (c *client) expectClosed() {
	c.t.Helper()
	eventually(c.t, "the server to close", c.closed)
}

// send sends bytes of any form.
func (c *client) send(parts ...[]byte) {
	c.t.Helper()
	c.write(parts...)
	c.last = nil // what was sent may have been a header
}

// atOnce sends what say says in one piece, so that the server cannot find anything between.
func (c *client) atOnce(say func()) {
	c.t.Helper()
	c.held = []byte{}
	say()
	all := c.held
	c.held = nil
	c.write(all)
}

func (c *client) write(parts ...[]byte) {
	c.t.Helper()
	if c.held != nil {
		c.held = append(c.held, bytes.Join(parts, nil)...)
		return
	}
	if _, err := c.Write(bytes.Join(parts, nil)); err != nil {
		c.t.Fatal(err)
	}
}

// amf encodes values.
func amf(values ...any) []byte { return appendAMF(nil, values...) }

func be32(v uint32) []byte { return binary.BigEndian.AppendUint32(nil, v) }

// header is a message header of type 0 with the basic header of one byte.
func header(cs byte, ts uint32, size int, kind byte, streamID uint32) []byte {
	t := min(ts, extendedTime)
	b := []byte{cs, byte(t >> 16), byte(t >> 8), byte(t), byte(size >> 16), byte(size >> 8), byte(size), kind}
	b = binary.LittleEndian.AppendUint32(b, streamID)
	if t == extendedTime {
		b = binary.BigEndian.AppendUint32(b, ts)
	}
	return b
}

// head is the first header of a message, and its extended timestamp as the other chunks repeat it.
func (c *client) head(cs byte, ts uint32, size int, kind byte, streamID uint32) (head, repeated []byte) {
	last, known := c.last[cs]
	now := lastHeader{ts, ts - last.ts, streamID, size, kind}
	if c.last == nil {
		c.last = map[byte]lastHeader{}
	}
	if !c.packed || !known || ts < last.ts || last.streamID != streamID {
		now.delta = extendedTime // so that no header of type 3 follows
		c.last[cs] = now
		if ts >= extendedTime {
			repeated = be32(ts)
		}
		return header(cs, ts, size, kind, streamID), repeated
	}
	c.last[cs] = now
	whole := header(cs, now.delta, size, kind, streamID)
	if now.delta >= extendedTime {
		repeated = be32(now.delta)
	}
	switch {
	case last.size != size || last.kind != kind:
		whole[0] |= 0x40
		return cat(whole[:8], repeated), repeated
	case last.delta != now.delta || len(repeated) > 0:
		whole[0] |= 0x80
		return cat(whole[:4], repeated), repeated
	}
	return []byte{0xc0 | cs}, nil
}

// chunks is a message. repeat puts the extended timestamp into all of its chunks.
func (c *client) chunks(cs byte, ts uint32, kind byte, streamID uint32, body []byte, repeat bool) []byte {
	out, repeated := c.head(cs, ts, len(body), kind, streamID)
	for i := 0; len(body) > 0; i++ {
		if i > 0 {
			out = append(out, 0xc0|cs)
			if repeat {
				out = append(out, repeated...)
			}
		}
		n := min(c.chunk, len(body))
		out = append(out, body[:n]...)
		body = body[n:]
	}
	return out
}

func (c *client) message(cs byte, ts uint32, kind byte, streamID uint32, body []byte) {
	c.t.Helper()
	c.write(c.chunks(cs, ts, kind, streamID, body, true))
}

func (c *client) command(streamID uint32, values ...any) {
	c.t.Helper()
	c.message(3, 0, 20, streamID, amf(values...))
}

func (c *client) setChunk(n int) {
	c.t.Helper()
	c.message(2, 0, 1, 0, be32(uint32(n)))
	c.chunk = min(n, maxChunkSize)
}

func (c *client) connect(more ...property) {
	c.t.Helper()
	args := append([]property{{"app", "live"}, {"tcUrl", "rtmp://example.com/live"}}, more...)
	c.command(0, "connect", 1.0, args)
	c.expect("_result", "NetConnection.Connect.Success")
}

func (c *client) publish(name string) {
	c.t.Helper()
	c.command(0, "createStream", 2.0, nil)
	c.command(1, "publish", 3.0, nil, name, "live")
}

// begin connects and publishes.
func (c *client) begin(name string) {
	c.t.Helper()
	c.connect()
	c.publish(name)
	c.expect("NetStream.Publish.Start")
}
