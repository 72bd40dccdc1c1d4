package rtmp

import (
	"bytes"
	"encoding/binary"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/yutopp/go-rtmp/message"
	"go.uber.org/goleak"

	"aircheck/ingest/media"
	"aircheck/ingest/stream"
)

const patience = 10 * time.Second

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// eventually waits for a condition of another goroutine.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// gatherers runs a test with both ways of reading sockets.
func gatherers(t *testing.T, f func(t *testing.T, portable bool)) {
	t.Run("tick", func(t *testing.T) { f(t, false) })
	t.Run("portable", func(t *testing.T) { f(t, true) })
}

// allow lets everybody publish under the domain "d".
func allow(r PublishRequest) (Permission, error) {
	key := media.StreamKey{Domain: "d", App: r.App, Stream: r.Stream}
	return Permission{Key: key, Params: r.Params}, key.Validate()
}

// logged collects a server's log.
type logged struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logged) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func (l *logged) count(s string) int { return strings.Count(l.String(), s) }

// fixture is a running server and what its streams received.
type fixture struct {
	*Server
	t   testing.TB
	log *logged

	mu      sync.Mutex
	streams []*recorded
}

// recorded is a stream with a reader from its start.
type recorded struct {
	*stream.Stream
	reader *stream.Reader
	mu     sync.Mutex
	units  []*media.Unit
	end    *stream.End
}

// take takes what has arrived.
func (r *recorded) take() ([]*media.Unit, *stream.End) {
	r.mu.Lock()
	defer r.mu.Unlock()
	b := r.reader.Take()
	r.units = append(r.units, b.Units...)
	if b.End != nil {
		r.end = b.End
	}
	return r.units, r.end
}

// start starts a server; change may set it up.
func start(t testing.TB, change func(*Server)) *fixture {
	t.Helper()
	f := &fixture{t: t, log: &logged{}}
	f.Server = &Server{
		Address: "127.0.0.1:0", Authorize: allow, Tick: 5 * time.Millisecond,
		Hub: &stream.Hub{Takeover: stream.TakeoverNever},
		Log: slog.New(slog.NewTextHandler(f.log, nil)),
	}
	f.Hub.Attach = func(s *stream.Stream) {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.streams = append(f.streams, &recorded{Stream: s, reader: s.NewReader(stream.ReaderOptions{})})
	}
	if change != nil {
		change(f.Server)
	}
	if err := f.Listen(); err != nil {
		t.Fatal(err)
	}
	f.Start()
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
		if n := f.Stats().Connections; n != 0 {
			t.Errorf("%d connections left", n)
		}
		if n := f.Stats().Partial; n != 0 {
			t.Errorf("%d bytes of unfinished messages left", n)
		}
	})
	return f
}

// stream waits for the n-th stream.
func (f *fixture) stream(n int) *recorded {
	f.t.Helper()
	var r *recorded
	eventually(f.t, "a stream", func() bool {
		f.mu.Lock()
		defer f.mu.Unlock()
		if len(f.streams) > n {
			r = f.streams[n]
		}
		return r != nil
	})
	return r
}

// named waits for the stream of that name.
func (f *fixture) named(name string) *recorded {
	f.t.Helper()
	var found *recorded
	eventually(f.t, "the stream "+name, func() bool {
		f.mu.Lock()
		defer f.mu.Unlock()
		for _, r := range f.streams {
			if r.Key().Stream == name {
				found = r
			}
		}
		return found != nil
	})
	return found
}

// await waits for n units and returns them.
func (r *recorded) await(t testing.TB, n int) []*media.Unit {
	t.Helper()
	var units []*media.Unit
	eventually(t, "units", func() bool { units, _ = r.take(); return len(units) >= n })
	if len(units) != n {
		t.Errorf("%d units, want %d", len(units), n)
	}
	return units
}

// ended waits for the end of the stream.
func (r *recorded) ended(t testing.TB) ([]*media.Unit, stream.End) {
	t.Helper()
	var units []*media.Unit
	var end *stream.End
	eventually(t, "the end of the stream", func() bool { units, end = r.take(); return end != nil })
	return units, *end
}

// client is a publisher made by hand.
type client struct {
	net.Conn
	t     testing.TB
	chunk int

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

func (c *client) send(parts ...[]byte) {
	c.t.Helper()
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

// chunks is a message with a type 0 header. repeat puts the extended timestamp into the other chunks too.
func (c *client) chunks(cs byte, ts uint32, kind byte, streamID uint32, body []byte, repeat bool) []byte {
	out := header(cs, ts, len(body), kind, streamID)
	for i := 0; len(body) > 0; i++ {
		if i > 0 {
			out = append(out, 0xc0|cs)
			if ts >= extendedTime && repeat {
				out = append(out, be32(ts)...)
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
	c.send(c.chunks(cs, ts, kind, streamID, body, true))
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
