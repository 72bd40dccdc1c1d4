package rewind

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/stream"
)

// BenchmarkRingEvict gives up all of many sessions at once, as after a change of the bounds; the lock is held for most of it.
func BenchmarkRingEvict(b *testing.B) {
	for name, streams := range map[string]int{"one stream": 1, "a stream each": 10000} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				r := &Ring{Dir: b.TempDir(), Window: time.Hour, MaxBytes: 1, TotalBytes: 1, base: time.Now(), sessions: map[media.StreamKey][]*ringSession{}}
				r.out.now = r.base
				for i := range 10000 {
					s := &ringSession{ring: r, key: ringKey(fmt.Sprint(i % streams)), ended: true, done: true}
					s.pages = []*ringPage{{path: fmt.Sprintf("%s/%d/1.page", r.Dir, i), bytes: 1000, opened: time.Duration(i)}}
					r.sessions[s.key] = append(r.sessions[s.key], s)
					r.held += 1000
				}
				t := time.Now()
				if streams > 1 {
					r.MaxBytes = 1 << 20
				}
				r.evict(1)
				b.ReportMetric(time.Since(t).Seconds(), "s")
			}
		})
	}
}

// TestRingManyStreams: many streams within a bound that is small for them all have their last moments held.
func TestRingManyStreams(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rh := newRing(t, func(r *Ring) { r.Window, r.TotalBytes = time.Hour, 3<<20 })
		video, audio := ringTracks()
		var live []*stream.Stream
		for i := range 30 {
			live = append(live, rh.publish(fmt.Sprint(i)))
		}
		for i := range 60 {
			for _, s := range live {
				rh.write(s, ringShow(video, audio, s.Start, i, 1))
			}
			time.Sleep(time.Second)
		}
		synctest.Wait()
		for i := range live {
			all := rh.stretches(fmt.Sprint(i))
			if len(all) != 1 || len(all[0].Gaps) > 0 || all[0].End.Sub(all[0].Begin) < 5*time.Second {
				t.Errorf("of stream %d is held: %+v", i, all)
			}
		}
		if stats := rh.ring.Stats(); stats.Lost > 0 || stats.Bytes > 4<<20 {
			t.Errorf("%+v", stats)
		}
		rh.close()
	})
}
