package rtmp

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/yutopp/go-rtmp/message"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/ingest/stream"
)

// chunked cuts messages into chunks of size, with type 0 headers.
func chunked(size int, messages ...rtmpMessage) []byte {
	c := &client{chunk: size}
	var out []byte
	for i, m := range messages {
		cs := byte(6)
		if m.kind == 8 {
			cs = 5
		}
		_ = i
		out = append(out, c.chunks(cs, m.time, byte(m.kind), m.streamID, m.body, true)...)
	}
	return out
}

// reader is a chunk reader that collects what it reads.
func reader(got *[]rtmpMessage) (*chunkReader, *budget) {
	l := Limits{}.withDefaults()
	total := &budget{max: l.MaxTotalPartialSize, share: publishingShare}
	return &chunkReader{
		limits: &l, total: total, size: initialChunkSize,
		accepts: func(kind message.TypeID, _ int) (bool, error) { return kind != 99, nil },
		handle:  func(m rtmpMessage) error { *got = append(*got, m); return nil },
	}, total
}

// TestChunkSizes sends messages of many sizes in chunks of many sizes, in pieces of any size.
func TestChunkSizes(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for _, size := range []int{1, 2, 127, 128, 129, 4096, 65536, 1 << 20, maxChunkSize} {
		var sent []rtmpMessage
		for i, n := range []int{1, 5, 127, 128, 129, 4095, 4096, 65536, 65537, 1_000_000} {
			if size < 128 && n > 5000 {
				continue
			}
			body := make([]byte, n)
			for k := range body {
				body[k] = byte(rnd.Uint32())
			}
			sent = append(sent, rtmpMessage{kind: 9, streamID: 1, time: uint32(i) * 0x1000000, body: body})
		}
		bytestream := chunked(size, sent...)
		for _, piece := range []int{len(bytestream), 100_000, 4096, 1000, 1} {
			if piece < 4096 && len(bytestream) > 100_000 && size != 4096 {
				continue
			}
			var got []rtmpMessage
			r, total := reader(&got)
			r.size = size
			var rest []byte
			for in := bytestream; len(in) > 0; {
				n := min(piece, len(in))
				rest = append(rest, in[:n]...)
				in = in[n:]
				used, err := r.feed(rest)
				if err != nil {
					t.Fatal(err)
				}
				rest = rest[used:]
				if len(rest) >= maxHeader && used == 0 {
					t.Fatalf("%d bytes left over", len(rest))
				}
			}
			if len(got) != len(sent) || len(rest) != 0 {
				t.Fatalf("chunk size %d, pieces of %d: %d of %d messages, %d bytes left", size, piece, len(got), len(sent), len(rest))
			}
			for i, m := range got {
				if m.time != sent[i].time || m.kind != 9 || m.streamID != 1 || !bytes.Equal(m.body, sent[i].body) || cap(m.body) != len(m.body) {
					t.Fatalf("chunk size %d, pieces of %d: message %d differs", size, piece, i)
				}
			}
			if total.used.Load() != 0 || r.partial != 0 {
				t.Errorf("%d bytes are still accounted for, %d of the connection", total.used.Load(), r.partial)
			}
		}
	}
}

// TestPromisesCostLittle checks that headers alone allocate nothing, and the first bytes little.
func TestPromisesCostLittle(t *testing.T) {
	var got []rtmpMessage
	r, total := reader(&got)
	r.size = 1000
	for i := range byte(30) {
		if _, err := r.feed(header(i+3, 0, maxChunkSize, 9, 1)); err != nil {
			t.Fatal(err)
		}
		if _, err := r.feed(make([]byte, 1000)); err != nil {
			t.Fatal(err)
		}
	}
	if n := total.used.Load(); n != 30*firstAllocation || r.partial != 30*firstAllocation {
		t.Errorf("%d bytes are set aside", n)
	}
	r.abort(3)
	r.close()
	if n := total.used.Load(); n != 0 || r.partial != 0 {
		t.Errorf("%d bytes are set aside after all", n)
	}
}

// TestFairShare checks that a publisher within its share is not refused because others hold too much.
func TestFairShare(t *testing.T) {
	var got []rtmpMessage
	r, total := reader(&got)
	total.add(int(total.max))
	small := chunked(128, rtmpMessage{kind: 9, streamID: 1, body: make([]byte, 100_000)})
	if _, err := r.feed(small); err != nil || len(got) != 1 {
		t.Errorf("%d messages, %v", len(got), err)
	}
	large := chunked(128, rtmpMessage{kind: 9, streamID: 1, body: make([]byte, 1_000_000)})
	if _, err := r.feed(large); err == nil {
		t.Error("no error")
	}
	r.close()
	if total.used.Load() != total.max {
		t.Errorf("%d bytes are set aside", total.used.Load())
	}
}

// TestSessionSwitchesBudgets checks that what is held moves from one budget to the other, and that media which nobody wants any more is let go.
func TestSessionSwitchesBudgets(t *testing.T) {
	s, waiting, publishing := testSession(t)
	c := &client{chunk: 128}
	feed := func(b []byte, want error) {
		t.Helper()
		if n, err := s.feed(b, time.Time{}); err != want || n != len(b) {
			t.Fatalf("%d of %d bytes, %v", n, len(b), err)
		}
	}
	feed(c.chunks(3, 0, 20, 0, amf("connect", 1.0, []property{{"app", "live"}}), true), nil)
	feed(cat(header(8, 0, 1000, 20, 0), make([]byte, 128)), nil)
	if waiting.used.Load() != 1000 || publishing.used.Load() != 0 {
		t.Errorf("waiting %d, publishing %d", waiting.used.Load(), publishing.used.Load())
	}
	feed(c.chunks(3, 0, 20, 1, amf("publish", 1.0, nil, "key"), true), errPublished)
	feed(cat(header(6, 0, 50_000, 9, 1), make([]byte, 128)), nil)
	if waiting.used.Load() != 0 || publishing.used.Load() != 51_000 {
		t.Errorf("waiting %d, publishing %d", waiting.used.Load(), publishing.used.Load())
	}
	feed(c.chunks(3, 0, 20, 1, amf("closeStream", 1.0, nil), true), errUnpublished)
	s.stream.End(stream.EndClient, "")
	s.close()
	if waiting.used.Load() != 1000 || publishing.used.Load() != 0 || s.chunks.partial != 51_000 {
		t.Errorf("waiting %d, publishing %d, partial %d", waiting.used.Load(), publishing.used.Load(), s.chunks.partial)
	}
	s.chunks.close()
	if waiting.used.Load() != 0 || s.chunks.partial != 0 {
		t.Errorf("waiting %d, partial %d", waiting.used.Load(), s.chunks.partial)
	}
}

// testSession is a session without a connection; everybody may publish.
func testSession(t testing.TB) (s *session, waiting, publishing *budget) {
	t.Helper()
	l := Limits{}.withDefaults()
	waiting, publishing = &budget{max: maxWaitingSize}, &budget{max: l.MaxTotalPartialSize}
	hub := &stream.Hub{Takeover: stream.TakeoverAlways}
	t.Cleanup(hub.Close)
	s = newSession(&l, &media.Slabs{Poison: true}, waiting, publishing, func(a address) (*stream.Stream, error) {
		p, err := allow(PublishRequest{App: a.app, Stream: a.stream})
		if err != nil {
			return nil, err
		}
		return hub.Publish(stream.Publisher{Key: p.Key})
	})
	return s, waiting, publishing
}

// FuzzChunks feeds a whole session, before, while and after it publishes, in pieces of any size.
func FuzzChunks(f *testing.F) {
	c := &client{chunk: 128}
	connect := c.chunks(3, 0, 20, 0, amf("connect", 1.0, []property{{"app", "live"}, {"fourCcList", []any{"*"}}}), true)
	publish := c.chunks(4, 0, 20, 1, amf("publish", 3.0, nil, "key", "live"), true)
	video := c.chunks(6, 1<<24, 9, 1, cat([]byte{0x17, 0, 0, 0, 0}, mediatest.H264(1, 1000).Codec.Config()), true)
	frame := c.chunks(6, 1<<24+40, 9, 1, picture(nalu(true, 1, 300)), false)
	f.Add(cat(connect, publish, video, frame), uint16(7), true)
	f.Add(cat(connect, publish, c.chunks(5, 0, 8, 1, audioConfig(), true), []byte{0xc5}, sound(1, 2, 3)), uint16(1000), true)
	f.Add(cat(connect, publish, c.chunks(6, 9, 22, 1, cat([]byte{9, 0, 0, 9, 0, 0, 1, 0, 0, 0, 0}, make([]byte, 13)), true)), uint16(1), true)
	f.Add(cat(video, frame, c.chunks(3, 0, 20, 1, amf("closeStream", 0.0, nil), true), publish, video), uint16(50), false)
	f.Add(cat(c.chunks(2, 0, 1, 0, be32(1<<31-1), true), header(6, 0, 16<<20-1, 9, 1), make([]byte, 2000)), uint16(99), false)
	f.Add(cat(c.chunks(5, 0, 18, 1, amf("@setDataFrame", "onMetaData", []property{{"width", 1.0}}), true)), uint16(99), false)
	for _, ca := range []string{"deleteStream", "play", "createStream", "FCUnpublish"} {
		f.Add(c.chunks(3, 0, 20, 1, amf(ca, 2.0, nil, 1.0), true), uint16(9), false)
	}
	f.Fuzz(func(t *testing.T, b []byte, piece uint16, fresh bool) {
		s, waiting, publishing := testSession(t)
		var rest []byte
		if !fresh {
			b = append(cat(connect, publish), b...)
		}
		for len(b) > 0 {
			n := min(int(piece)+1, len(b))
			rest = append(rest, b[:n]...)
			b = b[n:]
			s.count(n, time.Time{})
			again := true
			for again {
				used, err := s.feed(rest, time.Time{})
				if s.chunks.lent != 0 {
					t.Fatalf("%d messages are still in the slab", s.chunks.lent)
				}
				rest = rest[used:]
				if derr := s.deliver(); derr != nil {
					t.Fatal(derr)
				}
				if again = err == errPublished || err == errUnpublished; err == errUnpublished {
					s.stream.End(stream.EndClient, "")
					s.close()
				}
				if err != nil && !again {
					s.chunks.close()
					rest, b = nil, nil
				}
			}
			if s.chunks.partial < 0 || s.chunks.partial > s.chunks.limits.MaxPartialSize {
				t.Fatalf("%d bytes of unfinished messages", s.chunks.partial)
			}
			if len(rest) >= maxHeader {
				t.Fatalf("%d bytes left over", len(rest))
			}
			s.out = s.out[:0]
		}
		s.chunks.close()
		if a, b := waiting.used.Load(), publishing.used.Load(); a != 0 || b != 0 {
			t.Errorf("%d and %d bytes are still accounted for", a, b)
		}
	})
}

// BenchmarkSession is the cost of everything between the socket's buffer and the stream, in real sizes: pictures of 20 KB, every 50th of
// 200 KB, and two frames of sound for each.
func BenchmarkSession(b *testing.B) {
	for _, size := range []int{128, 4096, 65536} {
		b.Run(fmt.Sprint("chunks of ", size), func(b *testing.B) {
			s, _, _ := testSession(b)
			c := &client{chunk: 128}
			begin := cat(c.chunks(3, 0, 20, 0, amf("connect", 1.0, []property{{"app", "live"}}), true),
				c.chunks(4, 0, 20, 1, amf("publish", 3.0, nil, "key", "live"), true))
			if _, err := s.feed(begin, time.Now()); err != errPublished {
				b.Fatal(err)
			}
			_, err := s.feed(cat(c.chunks(2, 0, 1, 0, be32(uint32(size)), true)), time.Now())
			if err != nil {
				b.Fatal(err)
			}
			c.chunk = size
			in := cat(c.chunks(6, 0, 9, 1, videoConfig(), true), c.chunks(5, 0, 8, 1, audioConfig(), true))
			for i := range 50 {
				n := 20_000
				if i == 0 {
					n = 200_000
				}
				in = append(in, c.chunks(6, uint32(i*40), 9, 1, picture(nalu(i == 0, i, n)), true)...)
				for range 2 {
					in = append(in, c.chunks(5, uint32(i*40), 8, 1, sound(make([]byte, 250)...), true)...)
				}
			}
			b.SetBytes(int64(len(in)))
			b.ReportAllocs()
			buf := make([]byte, 256<<10)
			for b.Loop() {
				rest := 0
				for left := in; len(left) > 0; {
					n := copy(buf[rest:], left)
					left = left[n:]
					used, err := s.feed(buf[:rest+n], time.Now())
					if err != nil {
						b.Fatal(err)
					}
					rest = copy(buf, buf[used:rest+n])
					if err := s.deliver(); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}
