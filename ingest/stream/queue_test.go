package stream

import (
	"math"
	"sync"
	"testing"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
)

// audience is a hub with one stream and readers.
func audience(t testing.TB, total, readers int) (*Hub, *Stream, []*Reader) {
	t.Helper()
	h := &Hub{TotalQueue: total}
	s, err := h.Publish(publisher("192.0.2.1:1", ""))
	if err != nil {
		t.Fatal(err)
	}
	var out []*Reader
	for range readers {
		out = append(out, s.NewReader(ReaderOptions{}))
	}
	return h, s, out
}

// TestTotalQueue: readers that take nothing do not have more than TotalQueue together, each has its share, what they lose is counted,
// and one that keeps up loses nothing.
func TestTotalQueue(t *testing.T) {
	const total, stuck = 1 << 20, 7
	h, s, readers := audience(t, total, stuck+1)
	video := mediatest.H264(1, 1000)
	prompt := readers[stuck]
	seen, pushed := 0, 0
	for i := range 400 {
		units := mediatest.Pictures(video, 5, int64(i)*200, 40)
		write(t, s, units...)
		pushed += len(units)
		b := prompt.Take()
		if seen += len(b.Units); b.Lost.Units > 0 {
			t.Fatalf("the reader that keeps up lost %d units", b.Lost.Units)
		}
		if n := h.queued.Load(); n > total {
			t.Fatalf("%d bytes are queued", n)
		}
	}
	if seen != pushed {
		t.Errorf("the reader that keeps up saw %d of %d units", seen, pushed)
	}
	if n := h.queued.Load(); n < total/4*3-stuck*8<<10 {
		t.Errorf("only %d bytes are queued of %d", n, total)
	}
	s.End(EndClient, "")
	for _, r := range readers[:stuck] {
		if r.bytes < total/4/(stuck+1)-8<<10 {
			t.Errorf("a reader has %d bytes, less than its share", r.bytes)
		}
		got := 0
		for end := false; !end; {
			b := r.Take()
			got += len(b.Units) + b.Lost.Units
			end = b.End != nil
		}
		if got != pushed {
			t.Errorf("%d units taken or lost, %d were pushed", got, pushed)
		}
		r.Close()
	}
	prompt.Close()
	if h.queued.Load() != 0 || h.readers.Load() != 0 {
		t.Errorf("%d bytes and %d readers are left", h.queued.Load(), h.readers.Load())
	}
}

// TestClosedReadersGiveRoomBack closes readers with much unread.
func TestClosedReadersGiveRoomBack(t *testing.T) {
	h, s, readers := audience(t, 1<<20, 3)
	for i := range 100 {
		write(t, s, mediatest.Pictures(mediatest.H264(1, 1000), 5, int64(i)*200, 40)...)
	}
	if h.queued.Load() == 0 {
		t.Fatal("nothing is queued")
	}
	for _, r := range readers {
		r.Close()
		r.Close()
	}
	if h.queued.Load() != 0 || h.readers.Load() != 0 {
		t.Errorf("%d bytes and %d readers are left", h.queued.Load(), h.readers.Load())
	}
}

// TestTotalQueueOfManyStreams: the bound holds, but for a batch each, when many publishers write at once.
func TestTotalQueueOfManyStreams(t *testing.T) {
	const total, streams = 1 << 20, 8
	h := &Hub{TotalQueue: total}
	var work sync.WaitGroup
	batch := 0
	for _, u := range mediatest.Pictures(mediatest.H264(1, 1000), 5, 0, 40) {
		batch += len(u.Payload) + unitCost
	}
	for i := range streams {
		p := publisher("192.0.2.1:1", "")
		p.Key.Stream = string(rune('a' + i))
		s, err := h.Publish(p)
		if err != nil {
			t.Fatal(err)
		}
		s.NewReader(ReaderOptions{})
		work.Go(func() {
			video := mediatest.H264(1, 1000)
			for i := range 200 {
				if err := s.Write(mediatest.Pictures(video, 5, int64(i)*200, 40)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	work.Wait()
	if n := h.queued.Load(); n > total+int64(streams*2*batch) || n < total/2 {
		t.Errorf("%d bytes are queued of %d", n, total)
	}
}

// TestUrgency: a publisher that can wait is asked to where much is unread, before anything is lost.
func TestUrgency(t *testing.T) {
	h, s, readers := audience(t, 1<<20, 1)
	held := s.NewReader(ReaderOptions{HoldsBack: true})
	u := mediatest.Pictures(mediatest.H264(1, 1000), 1, 0, 40)[0]
	write(t, s, u)
	one := s.Behind()
	if one != len(u.Payload)+unitCost {
		t.Errorf("behind by %d", one)
	}
	for h.queued.Load() <= int64(h.TotalQueue)/2 {
		write(t, s, u)
		held.Take()
	}
	write(t, s, u)
	if n := s.Behind(); n != 16*one {
		t.Errorf("behind by %d", n)
	}
	readers[0].Take()
	if n := s.Behind(); n != one {
		t.Errorf("behind by %d afterwards", n)
	}
}

// TestNoTotal: without TotalQueue each reader has its own bounds only.
func TestNoTotal(t *testing.T) {
	h := &Hub{}
	h.queued.Store(1 << 40)
	if n := h.room(0); n != math.MaxInt || h.urgency() != 1 {
		t.Errorf("room for %d", n)
	}
}

// BenchmarkWriteToReaders is what a tick of one stream costs with three recordings.
func BenchmarkWriteToReaders(b *testing.B) {
	_, s, readers := audience(b, 512<<20, 3)
	units := mediatest.Pictures(mediatest.H264(1, 1000), 5, 0, 40)
	b.ReportAllocs()
	for b.Loop() {
		if err := s.Write(units); err != nil {
			b.Fatal(err)
		}
		for _, r := range readers {
			for _, u := range r.Take().Units {
				release(u)
			}
		}
	}
}

func release(u *media.Unit) { u.Release() }
