package recorder

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/ingest/stream"
)

// BenchmarkManager records 200 streams of 1 Mbit/s that arrive in ticks of 200 ms, as fast as the recorder can. One
// operation is one unit.
func BenchmarkManager(b *testing.B) {
	for _, format := range []string{"flv", "mp4"} {
		b.Run(format, func(b *testing.B) { benchmarkManager(b, format) })
	}
}

func benchmarkManager(b *testing.B, format string) {
	const streams, perTick = 200, 14
	var c catalogue
	m := newManager(b.TempDir(), &c)
	m.SyncInterval = 5 * time.Second
	open(b, m)
	var h stream.Hub
	var live []*stream.Stream
	for i := range streams {
		sp := spec(format)
		sp.Key.Stream, sp.Interval = fmt.Sprint("s", i), time.Hour
		live = append(live, publish(b, m, &h, sp))
	}
	video, audio := mediatest.H264(1, 1000), mediatest.AAC(2, 1000)
	picture := mediatest.Grow(mediatest.Pictures(video, 1, 0, 40)[0], 4700)
	frame := mediatest.Sound(audio, 1, 0)[0]
	tick := func(at int64) []*media.Unit {
		batch := make([]*media.Unit, 0, perTick)
		units := make([]media.Unit, perTick)
		for i := range units {
			u, dts := frame, at+int64(i-5)*21
			if i < 5 {
				u, dts = picture, at+int64(i)*40
			}
			units[i] = media.Unit{Track: u.Track, DTS: dts, PTS: dts, RandomAccess: true, Payload: u.Payload, Wall: mediatest.Wall.Add(time.Duration(dts) * time.Millisecond)}
			batch = append(batch, &units[i])
		}
		return batch
	}
	b.SetBytes(int64(5*len(picture.Payload)+9*len(frame.Payload)) / perTick)
	b.ReportAllocs()
	b.ResetTimer()
	at := int64(0)
	for n := 0; n < b.N; at += 200 {
		for _, s := range live {
			if err := s.Write(tick(at)); err != nil {
				b.Fatal(err)
			}
			n += perTick
		}
		for behind(m) {
			runtime.Gosched()
		}
	}
	b.StopTimer()
	closeManager(b, m)
	if n := len(c.list()); n < streams {
		b.Errorf("%d files", n)
	}
}

// behind reports whether the writer has something to do.
func behind(m *Manager) bool {
	m.readyMu.Lock()
	defer m.readyMu.Unlock()
	return len(m.ready) > 0
}
