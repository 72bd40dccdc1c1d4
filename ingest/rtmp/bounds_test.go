package rtmp

import (
	"bytes"
	"testing"
	"time"
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
