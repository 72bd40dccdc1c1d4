package rewind

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/ingest/stream"
)

// benchRing is a ring that holds streams of 4.2 Mbit/s, whose media comes in ticks of 200 ms.
type benchRing struct {
	*ringHub
	live []*stream.Stream
	tick []*media.Unit
	at   time.Duration
}

func newBenchRing(t testing.TB, streams int) *benchRing {
	t.Helper()
	r := &Ring{Dir: filepath.Join(t.TempDir(), "rewind"), Window: time.Minute, TotalBytes: 1 << 30}
	if err := r.Open(); err != nil {
		t.Fatal(err)
	}
	b := &benchRing{ringHub: &ringHub{ring: r, hub: &stream.Hub{Attach: r.Attach}}}
	for i := range streams {
		s, err := b.hub.Publish(stream.Publisher{Key: ringKey(fmt.Sprint(i)), Protocol: "rtmp"})
		if err != nil {
			t.Fatal(err)
		}
		b.live = append(b.live, s)
	}
	video, audio := ringTracks()
	picture := mediatest.Grow(mediatest.Pictures(video, 1, 0, 40)[0], 20400)
	for i := range 5 {
		u := *picture
		u.DTS, u.RandomAccess = int64(i)*40, i == 0
		b.tick = append(b.tick, &u)
	}
	b.tick = append(b.tick, mediatest.Sound(audio, 9, 0)...)
	return b
}

// round sends a tick of all streams and waits until it is held.
func (b *benchRing) round(t testing.TB) {
	now := time.Now().Add(b.at - time.Hour)
	for _, u := range b.tick {
		u.Wall = now
	}
	for _, s := range b.live {
		if err := s.Write(b.tick); err != nil {
			t.Fatal(err)
		}
	}
	b.at += 200 * time.Millisecond
	for waiting := true; waiting; {
		b.ring.readyMu.Lock()
		waiting = len(b.ring.ready) > 0
		b.ring.readyMu.Unlock()
		// The writer does one thing at a time: what it had begun is done when it has answered.
		req := ringRequest{session: &ringSession{}, done: make(chan struct{})}
		b.ring.asked <- req
		<-req.done
	}
}

func (b *benchRing) close(t testing.TB) {
	b.hub.Close()
	if err := b.ring.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if b.ring.Stats().Lost > 0 {
		t.Fatalf("%+v", b.ring.Stats())
	}
}

// BenchmarkRing holds 40 streams of 4.2 Mbit/s, as fast as it can. One operation is one unit.
func BenchmarkRing(b *testing.B) {
	r := newBenchRing(b, 40)
	size := 0
	for _, u := range r.tick {
		size += len(u.Payload)
	}
	b.SetBytes(int64(size / len(r.tick)))
	b.ReportAllocs()
	b.ResetTimer()
	for n := 0; n < b.N; n += len(r.live) * len(r.tick) {
		r.round(b)
	}
	b.StopTimer()
	r.close(b)
}

// TestRingAllocations: what a page and a round cost is not multiplied by units.
func TestRingAllocations(t *testing.T) {
	r := newBenchRing(t, 10)
	for range 20 {
		r.round(t)
	}
	per := testing.AllocsPerRun(100, func() { r.round(t) }) / float64(len(r.live)*len(r.tick))
	if per > 0.2 {
		t.Errorf("%.2f allocations per unit", per)
	}
	r.close(t)
}

// BenchmarkRingRead reads what is held of a stream. One operation is one unit.
func BenchmarkRingRead(b *testing.B) {
	r := newBenchRing(b, 1)
	for range 250 {
		r.round(b)
	}
	all, err := r.ring.Stretches(r.live[0].Key(), time.Time{}, time.Now())
	if err != nil || len(all) != 1 {
		b.Fatal(len(all), err)
	}
	size := 0
	for _, u := range r.tick {
		size += len(u.Payload)
	}
	b.SetBytes(int64(size / len(r.tick)))
	b.ReportAllocs()
	b.ResetTimer()
	for n := 0; n < b.N; {
		for _, err := range all[0].Units(time.Time{}) {
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
	}
	b.StopTimer()
	r.close(b)
}
