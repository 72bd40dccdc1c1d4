package rtmp

import (
	"bytes"
	"runtime"
	"testing"
	"time"

	"aircheck/ingest/media/mediatest"
)

// publishing is a session that publishes.
func publishing(t testing.TB) (*session, *client) {
	t.Helper()
	s, _, _ := testSession(t)
	c := &client{chunk: initialChunkSize}
	begin := cat(c.chunks(3, 0, 20, 0, amf("connect", 1.0, []property{{"app", "live"}}), true),
		c.chunks(3, 0, 20, 1, amf("publish", 3.0, nil, "key"), true))
	if _, err := s.feed(begin, time.Time{}); err != errPublished {
		t.Fatal(err)
	}
	return s, c
}

// TestManyTracksInOneMessage checks that a message which names a million tracks costs no more than one of a few.
func TestManyTracksInOneMessage(t *testing.T) {
	var r unitReader
	body := cat([]byte{0x96, 0x13}, []byte("av01"), bytes.Repeat([]byte{1, 0, 0, 0}, 1<<20))
	if got := r.read(nil, rtmpMessage{kind: videoKind, body: body}, time.Time{}); len(got) != 0 || cap(r.parts) > 4*maxTracks || r.bad != 1 {
		t.Errorf("%d units, room for %d parts, %d bad", len(got), cap(r.parts), r.bad)
	}
	for _, p := range r.parts[:cap(r.parts)] {
		if p.body != nil {
			t.Error("a part holds on to its message")
		}
	}
}

// TestManyMessagesInOneAggregate checks the same of an aggregate message of a million messages.
func TestManyMessagesInOneAggregate(t *testing.T) {
	s, c := publishing(t)
	if _, err := s.feed(c.chunks(2, 0, 1, 0, be32(maxChunkSize), true), time.Time{}); err != nil {
		t.Fatal(err)
	}
	c.chunk = maxChunkSize
	inner := []byte{9, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0x12, 1, 0, 0, 0, 13}
	if _, err := s.feed(c.chunks(6, 0, 22, 1, bytes.Repeat(inner, 900_000), true), time.Time{}); err != nil {
		t.Fatal(err)
	}
	if len(s.units) == 0 || len(s.units) > 10_000 {
		t.Errorf("%d units", len(s.units))
	}
}

// allocated is how many bytes f allocates, whether they are freed again or not.
func allocated(f func()) int64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return int64(after.TotalAlloc - before.TotalAlloc)
}

// TestMessagesBegunAnew checks that a publisher cannot have the server clear memory for ever: 13 bytes begin a picture of 1 MB, and the next
// 13 bytes begin it anew.
func TestMessagesBegunAnew(t *testing.T) {
	for _, ca := range []struct {
		name string
		anew func(c *client) []byte
	}{
		{"by a header", func(*client) []byte { return nil }},
		{"by an abort", func(c *client) []byte { return c.chunks(2, 0, 2, 0, be32(6), true) }},
	} {
		t.Run(ca.name, func(t *testing.T) {
			s, c := publishing(t)
			if _, err := s.feed(c.chunks(2, 0, 1, 0, be32(1), true), time.Time{}); err != nil {
				t.Fatal(err)
			}
			c.chunk = 1
			in := bytes.Repeat(cat(header(6, 0, 1<<20, 9, 1), []byte{0x27}, ca.anew(c)), 1<<14)
			grown := allocated(func() {
				if _, err := s.feed(in, time.Time{}); err != nil {
					t.Error(err)
				}
			})
			if t.Logf("%d bytes for each sent", grown/int64(len(in))); grown > 100*int64(len(in))+64<<20 {
				t.Errorf("%d MiB were allocated for %d bytes", grown>>20, len(in))
			}
			body := picture(nalu(false, 1, 500_000))
			out := cat(c.chunks(6, 0, 9, 1, videoConfig(), true), c.chunks(6, 40, 9, 1, body, true))
			if _, err := s.feed(out, time.Time{}); err != nil || len(s.units) != 1 || !bytes.Equal(s.units[0].Payload, body[5:]) {
				t.Errorf("%d units, error %v", len(s.units), err)
			}
		})
	}
}

// BenchmarkSmallestMessages is what a publisher can have the server do at most for a byte: messages of one byte, each of them bad.
func BenchmarkSmallestMessages(b *testing.B) {
	s, _ := publishing(b)
	in := append(header(6, 0, 1, 9, 1), 0x1f)
	in = append(in, bytes.Repeat([]byte{0xc6, 0x1f}, 1<<19)...)
	b.SetBytes(int64(len(in)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.feed(in, time.Time{}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkHostileMessages is what a publisher can have the server do for a byte in other ways: in chunks as large as a message.
func BenchmarkHostileMessages(b *testing.B) {
	c := &client{chunk: maxChunkSize}
	names := []byte{amfECMAArray, 0, 0, 0, 0}
	for i := range 30_000 {
		names = append(names, 0, 2, byte(i>>8), byte(i), amfNull)
	}
	avc, hevc := mediatest.H264(1, 1000).Codec.Config(), mediatest.H265(1, 1000).Codec.Config()
	var tracks []byte
	for i := range byte(maxTracks) {
		tracks = append(tracks, i, 0, 0, 1, 9)
	}
	tag := cat([]byte{9, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0}, []byte{0x12, 1, 0, 0, 0, 13}, be32(17))
	for _, ca := range []struct {
		name string
		in   []byte
	}{
		{"metadata of many names", c.chunks(5, 0, 18, 1, cat(amf("onMetaData"), names), true)},
		{"commands of many values", c.chunks(3, 0, 20, 1, cat(amf("x"), bytes.Repeat([]byte{amfNull}, maxAMFValues-2)), true)},
		{"small commands", bytes.Repeat(c.chunks(3, 0, 20, 1, amf("x", 0.0), true), 1000)},
		{"commands that are answered", bytes.Repeat(c.chunks(3, 0, 20, 1, amf("_checkbw", 0.0), true), 1000)},
		{"pings", bytes.Repeat(c.chunks(2, 0, 4, 0, []byte{0, 6, 1, 2, 3, 4}, true), 1000)},
		{"configurations", bytes.Repeat(cat(c.chunks(6, 0, 9, 1, cat([]byte{0x17, 0, 0, 0, 0}, avc), true),
			c.chunks(6, 0, 9, 1, cat([]byte{0x1c, 0, 0, 0, 0}, hevc), true)), 1000)},
		{"one codec after the other", bytes.Repeat(cat(c.chunks(5, 0, 8, 1, []byte{0x2f, 1}, true), c.chunks(5, 0, 8, 1, []byte{0x7f, 1}, true)), 1000)},
		{"tracks of one byte", bytes.Repeat(c.chunks(6, 0, 9, 1, cat([]byte{0x96, 0x11}, []byte("av01"), tracks), true), 100)},
		{"aggregates", c.chunks(6, 0, 22, 1, bytes.Repeat(tag, 8000), true)},
		{"messages begun anew", bytes.Repeat(cat(c.chunks(2, 0, 1, 0, be32(1), true), header(6, 0, 1<<20, 9, 1), []byte{1}), 1000)},
	} {
		b.Run(ca.name, func(b *testing.B) {
			s, _ := publishing(b)
			if _, err := s.feed((&client{chunk: 128}).chunks(2, 0, 1, 0, be32(maxChunkSize), true), time.Time{}); err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(len(ca.in)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := s.feed(ca.in, time.Time{}); err != nil {
					b.Fatal(err)
				}
				if err := s.deliver(); err != nil {
					b.Fatal(err)
				}
				s.out = s.out[:0]
			}
		})
	}
}
