package rtmp

import (
	"bytes"
	"io"
	"log/slog"
	"net"
	"runtime/metrics"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/stream"
)

// pipes is a listener whose connections are in memory.
type pipes struct {
	arriving chan net.Conn
	closed   chan struct{}
}

// Accept waits for dial.
func (p *pipes) Accept() (net.Conn, error) {
	select {
	case nc := <-p.arriving:
		return nc, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

// Close ends Accept.
func (p *pipes) Close() error { close(p.closed); return nil }

// Addr is nowhere.
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

// dial returns a client of a new connection that says nothing yet. What the server says is read, and not kept.
func (p *pipes) dial(t testing.TB, listening *sync.WaitGroup) *client {
	near, far := net.Pipe()
	p.arriving <- far
	listening.Go(func() { _, _ = io.Copy(io.Discard, near) })
	return &client{Conn: near, t: t, chunk: initialChunkSize}
}

// beside is a whole server in memory with a publisher that is to be left alone, "good", and another one.
type beside struct {
	server    *Server
	good, bad *client
	reader    *stream.Reader
	sent      int
	got       []*media.Unit
	listening sync.WaitGroup
}

// newBeside starts the server, and both publishers with a configuration and a picture.
func newBeside(t *testing.T) *beside {
	b := &beside{}
	l := &pipes{arriving: make(chan net.Conn), closed: make(chan struct{})}
	b.server = &Server{
		Hub: &stream.Hub{Takeover: stream.TakeoverNever}, Authorize: allow, Tick: 5 * time.Millisecond,
		Log: slog.New(slog.DiscardHandler), portable: true,
	}
	b.server.Hub.Attach = func(s *stream.Stream) {
		if b.reader == nil {
			b.reader = s.NewReader(stream.ReaderOptions{})
		}
	}
	b.server.prepare()
	b.server.listener = l
	b.server.Start()
	b.good, b.bad = l.dial(t, &b.listening), l.dial(t, &b.listening)
	for i, c := range []*client{b.good, b.bad} {
		c.write(eager(c, []string{"good", "bad"}[i]))
		c.configs(0)
	}
	b.picture()
	b.bad.message(6, 5, 9, 1, picture(nalu(true, 1, 300)))
	return b
}

// picture sends a picture of the good publisher.
func (b *beside) picture() {
	b.good.message(6, uint32(b.sent)*40, 9, 1, picture(nalu(true, b.sent, 300)))
	b.sent++
	b.got = append(b.got, b.reader.Take().Units...)
}

// end ends both publishers and the server, and checks what the good one got through, and that nothing is left.
func (b *beside) end(t *testing.T) {
	b.picture()
	_ = b.bad.Close()
	_ = b.good.Close()
	eventually(t, "the connections to end", func() bool { return b.server.Stats().Connections == 0 })
	if err := b.server.Close(); err != nil {
		t.Error(err)
	}
	b.listening.Wait()
	b.got = append(b.got, b.reader.Take().Units...)
	want := make([]wanted, b.sent)
	for i := range want {
		want[i] = wanted{1, int64(i) * 40, nalu(true, i, 300)}
	}
	compare(t, b.got, want)
	if len(b.got) != b.sent {
		t.Errorf("%d of %d pictures of the other publisher", len(b.got), b.sent)
	}
	if st := b.server.Stats(); st.Partial != 0 {
		t.Errorf("%d bytes of unfinished messages are still accounted for", st.Partial)
	}
}

// everAllocated is how many bytes the process has allocated so far.
func everAllocated() int64 {
	s := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(s)
	return int64(s[0].Value.Uint64())
}

// FuzzPublisher sends anything after a true beginning of a push, to a whole server, while another publisher goes on. The server must
// live, whatever it allocates must be in proportion to what was sent, the other publisher must not notice, and no goroutine may be left.
func FuzzPublisher(f *testing.F) {
	c := &client{chunk: initialChunkSize}
	again := cat(c.chunks(3, 0, 20, 1, amf("closeStream", 0.0, nil), true),
		c.chunks(3, 0, 20, 1, amf("publish", 3.0, nil, "next", "live"), true))
	f.Add(wholePush(), uint16(20_000))
	f.Add(cat(again, c.chunks(6, 0, 9, 1, videoConfig(), true), c.chunks(6, 40, 9, 1, picture(nalu(true, 1, 300)), false)), uint16(9))
	f.Add(cat(again, again, again, again, again, again, again, again), uint16(500))
	small := c.chunks(2, 0, 1, 0, be32(1), true)
	f.Add(cat(small, []byte{0xc6, 1, 0xc6, 2}, header(6, 1<<24, 1<<20, 9, 1), []byte{0x27}, header(6, 1<<24, 9, 9, 1)), uint16(3))
	f.Add(cat(small, bytes.Repeat(cat(header(6, 0, 1<<20, 9, 1), []byte{0x27}), 3000)), uint16(9000))
	f.Add(cat(c.chunks(6, 9, 22, 1, cat([]byte{9, 0, 0, 9, 0, 0, 1, 0, 0, 0, 0}, make([]byte, 13)), true),
		c.chunks(2, 0, 2, 0, be32(6), true)), uint16(1))
	f.Add(cat(c.chunks(2, 0, 5, 0, be32(1024), true), c.chunks(2, 0, 4, 0, []byte{0, 6, 1, 2, 3, 4}, true), make([]byte, 3000)),
		uint16(700))
	f.Add(cat(c.chunks(5, 0, 15, 1, cat([]byte{0}, amf("@setDataFrame", "onMetaData", []property{{"width", 1.0}})), true),
		c.chunks(6, 0, 9, 1, cat([]byte{0x96, 0x10}, []byte("avc1"), []byte{0, 0, 0, 2, 1, 2}), true)), uint16(99))
	for _, name := range []string{"deleteStream", "play", "createStream", "FCUnpublish", "publish", "connect"} {
		f.Add(c.chunks(3, 0, 17, 1, amf(name, 2.0, nil, "bad"), true), uint16(9))
	}
	f.Fuzz(func(t *testing.T, in []byte, piece uint16) {
		before, sent := everAllocated(), len(in)
		synctest.Test(t, func(t *testing.T) {
			b := newBeside(t)
			for n := 0; len(in) > 0; in = in[n:] {
				n = min(len(in), max(int(piece), len(in)/16, 1))
				if _, err := b.bad.Write(in[:n]); err != nil {
					break
				}
				b.picture()
				if st := b.server.Stats(); st.Partial > int64(b.server.Limits.MaxPartialSize) {
					t.Errorf("%d bytes of unfinished messages", st.Partial)
				}
			}
			b.end(t)
		})
		if grown := everAllocated() - before; grown > 16<<20+int64(sent)*500 {
			t.Errorf("%d KiB were allocated for %d bytes", grown>>10, sent)
		}
	})
}
