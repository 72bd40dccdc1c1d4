package rewind

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/ingest/stream"
)

// ringHub is a ring with the hub whose streams it holds.
type ringHub struct {
	*testing.T
	ring   *Ring
	hub    *stream.Hub
	closed bool
}

// newRing opens a ring of a minute in a folder of its own, or as set says.
func newRing(t *testing.T, set func(*Ring)) *ringHub {
	t.Helper()
	r := &Ring{Dir: filepath.Join(t.TempDir(), "rewind"), Window: time.Minute, Log: slog.New(slog.DiscardHandler)}
	if set != nil {
		set(r)
	}
	if err := r.Open(); err != nil {
		t.Fatal(err)
	}
	rh := &ringHub{T: t, ring: r, hub: &stream.Hub{Takeover: stream.TakeoverAlways, Attach: r.Attach}}
	t.Cleanup(rh.close)
	return rh
}

// close stops the hub and the ring, once.
func (rh *ringHub) close() {
	if rh.closed {
		return
	}
	rh.closed = true
	rh.hub.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := rh.ring.Close(ctx); err != nil {
		rh.Error(err)
	}
}

func ringKey(name string) media.StreamKey {
	return media.StreamKey{Domain: "localhost", App: "live", Stream: name}
}

func (rh *ringHub) publish(name string) *stream.Stream {
	rh.Helper()
	s, err := rh.hub.Publish(stream.Publisher{Key: ringKey(name), Protocol: "rtmp", Params: "a=b"})
	if err != nil {
		rh.Fatal(err)
	}
	return s
}

// cameAt moves units so that the first of mediatest's comes at a time.
func cameAt(begin time.Time, units []*media.Unit) []*media.Unit {
	out := make([]*media.Unit, len(units))
	for i, u := range units {
		c := *u
		c.Wall = begin.Add(u.Wall.Sub(mediatest.Wall))
		out[i] = &c
	}
	return out
}

// ringShow is so many seconds of pictures, with a random access point every 400 ms, and sound, from a media time on.
func ringShow(video, audio *media.Track, begin time.Time, from, seconds int) []*media.Unit {
	at := int64(from) * 1000
	return cameAt(begin, mediatest.Interleave(
		mediatest.Pictures(video, seconds*25, at, 40), mediatest.Sound(audio, seconds*mediatest.AACRate/mediatest.AACSamples, at)))
}

func ringTracks() (video, audio *media.Track) { return mediatest.H264(1, 1000), mediatest.AAC(2, 1000) }

// write sends units from memory that is used for something else as soon as everybody has released them.
func (rh *ringHub) write(s *stream.Stream, units []*media.Unit) {
	rh.Helper()
	for batch := range slices.Chunk(units, 30) {
		lent, done := mediatest.Lend(batch)
		if err := s.Write(lent); err != nil {
			rh.Fatal(err)
		}
		done()
		rh.settle()
	}
}

// settle waits until the ring has taken what was sent: without that, media that comes faster than it plays is lost.
func (rh *ringHub) settle() {
	for _, s := range rh.ring.live() {
		req := ringRequest{session: s, done: make(chan struct{})}
		select {
		case rh.ring.asked <- req:
			<-req.done
		case <-rh.ring.stopped:
		}
	}
}

// stretches are those of a stream at any time.
func (rh *ringHub) stretches(name string) []Stretch {
	rh.Helper()
	out, err := rh.ring.Stretches(ringKey(name), time.Time{}, time.Now().Add(1000*time.Hour))
	if err != nil {
		rh.Fatal(err)
	}
	return out
}

// only returns the one stretch of a stream.
func (rh *ringHub) only(name string) Stretch {
	rh.Helper()
	all := rh.stretches(name)
	if len(all) != 1 {
		rh.Fatalf("%d stretches of %s", len(all), name)
	}
	return all[0]
}

// heldBy collects what a stretch has.
func heldBy(t *testing.T, st Stretch, from time.Time) (out []*media.Unit) {
	t.Helper()
	for u, err := range st.Units(from) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, u)
	}
	return out
}

// sameAsSent checks that units are the same in every respect. sameTracks asks for the same tracks, not only such as mean the same.
func sameAsSent(t *testing.T, got, want []*media.Unit, sameTracks bool) {
	t.Helper()
	for i := range min(len(got), len(want)) {
		g, w := got[i], want[i]
		if g.PTS != w.PTS || g.DTS != w.DTS || !g.Wall.Equal(w.Wall) || g.RandomAccess != w.RandomAccess ||
			!bytes.Equal(g.Payload, w.Payload) || g.Track.ID != w.Track.ID || g.Track.Timescale != w.Track.Timescale ||
			!media.SameParameters(g.Track.Codec, w.Track.Codec) || sameTracks && g.Track != w.Track {
			t.Fatalf("unit %d of %d: track %d at %d, %v, %d bytes; want track %d at %d, %v, %d bytes", i, len(want),
				g.Track.ID, g.DTS, g.Wall, len(g.Payload), w.Track.ID, w.DTS, w.Wall, len(w.Payload))
		}
	}
	if len(got) != len(want) {
		t.Fatalf("%d units, want %d", len(got), len(want))
	}
}

// beginAt returns the place of the last random access point of the pictures that came at a time or before, or 0.
func beginAt(units []*media.Unit, at time.Time) (place int) {
	for i, u := range units {
		if u.RandomAccess && u.Track.Codec.Kind() == media.Video && !u.Wall.After(at) {
			place = i
		}
	}
	return place
}

// files returns the sizes of the pages on the disk.
func (rh *ringHub) files() (n int, size int64) {
	rh.Helper()
	err := filepath.WalkDir(rh.ring.Dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		st, err := d.Info()
		if err == nil {
			n, size = n+1, size+st.Size()
		}
		return err
	})
	if err != nil {
		rh.Fatal(err)
	}
	return n, size
}

// TestRingHolds: what comes out is what went in, up to the newest unit, from wherever it is asked for.
func TestRingHolds(t *testing.T) {
	rh := newRing(t, nil)
	video, audio := ringTracks()
	begin := time.Now().Add(-50 * time.Second)
	units := ringShow(video, audio, begin, 0, 40)
	s := rh.publish("a")
	rh.write(s, units)
	st := rh.only("a")
	if !st.Growing || st.SessionID != s.ID || st.Params != "a=b" || len(st.Gaps) > 0 || !st.Begin.Equal(units[0].Wall) {
		t.Errorf("%+v", st)
	}
	sameAsSent(t, heldBy(t, st, time.Time{}), units, true)
	if st = rh.only("a"); !st.End.Equal(units[len(units)-1].Wall) {
		t.Errorf("it ends at %v", st.End)
	}
	for _, at := range []time.Duration{0, time.Second, 1399 * time.Millisecond, 1400 * time.Millisecond, 20123 * time.Millisecond, time.Hour} {
		from := begin.Add(at)
		sameAsSent(t, heldBy(t, st, from), units[beginAt(units, from):], true)
	}
	more := ringShow(video, audio, begin, 40, 5)
	rh.write(s, more)
	sameAsSent(t, heldBy(t, st, units[len(units)-1].Wall), append(slices.Clone(units[beginAt(units, begin.Add(time.Hour)):]), more...), true)
	for u := range st.Units(time.Time{}) {
		u.Payload[0]++ // it is ours
		break
	}
	s.End(stream.EndClient, "")
	all := append(units, more...)
	sameAsSent(t, heldBy(t, st, time.Time{}), all, true)
	if st = rh.only("a"); st.Growing || !st.End.Equal(all[len(all)-1].Wall) {
		t.Errorf("after its end: %+v", st)
	}
}

// TestRingSound: a stream without pictures begins at any unit.
func TestRingSound(t *testing.T) {
	rh := newRing(t, nil)
	begin := time.Now().Add(-30 * time.Second)
	units := cameAt(begin, mediatest.Sound(mediatest.AAC(1, 48000), 1000, 0))
	s := rh.publish("a")
	rh.write(s, units)
	sameAsSent(t, heldBy(t, rh.only("a"), units[333].Wall.Add(time.Millisecond)), units[333:], true)
}

// TestRingBeginsWithPictures: sound that comes shortly before the first pictures is no place to begin at.
func TestRingBeginsWithPictures(t *testing.T) {
	rh := newRing(t, nil)
	video, audio := ringTracks()
	begin := time.Now().Add(-30 * time.Second)
	units := append(cameAt(begin, mediatest.Sound(audio, 100, 0)), ringShow(video, audio, begin, 3, 4)...)
	rh.write(rh.publish("a"), units)
	heldBy(t, Stretch{Units: rh.only("a").Units}, time.Time{}) // has it all written
	if st := rh.only("a"); !st.Begin.Equal(units[100].Wall) {
		t.Errorf("it begins at %v, want %v", st.Begin, units[100].Wall)
	}
	sameAsSent(t, heldBy(t, rh.only("a"), time.Time{}), units[100:], true)
}

// live sends media as it comes, for so long.
func (rh *ringHub) live(s *stream.Stream, from int, d time.Duration) {
	rh.Helper()
	video, audio := ringTracks()
	for i := range int(d / time.Second) {
		rh.write(s, ringShow(video, audio, s.Start, from+i, 1))
		time.Sleep(time.Second)
	}
}

// TestRingWindow: what is older than the window goes, and no more than that.
func TestRingWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rh := newRing(t, nil)
		s := rh.publish("a")
		for i := range 10 {
			rh.live(s, i*30, 30*time.Second)
			synctest.Wait()
			st := rh.only("a")
			age, most := time.Since(st.Begin), rh.ring.Window+rh.ring.pageTime()+5*time.Second
			if n := i*30 + 30; age > most || age < min(rh.ring.Window, time.Duration(n)*time.Second) {
				t.Errorf("after %d s the oldest is %v old", n, age)
			}
			_, size := rh.files()
			if stats := rh.ring.Stats(); stats.Bytes != size || stats.Lost != 0 {
				t.Errorf("%d bytes on the disk: %+v", size, stats)
			}
		}
		s.End(stream.EndClient, "")
		time.Sleep(30 * time.Second)
		if st := rh.only("a"); time.Since(st.End) > 32*time.Second || st.Growing {
			t.Errorf("it goes on to be held after its end: %+v", st)
		}
		time.Sleep(rh.ring.Window)
		synctest.Wait()
		if n, _ := rh.files(); n > 0 || len(rh.stretches("a")) > 0 || rh.ring.Stats() != (RingStats{}) {
			t.Errorf("%d pages of what is over: %+v", n, rh.ring.Stats())
		}
		if left, err := os.ReadDir(rh.ring.Dir); err != nil || len(left) > 0 {
			t.Errorf("left: %v, %v", left, err)
		}
		rh.close()
	})
}

// TestRingBytes: the bounds of a stream and of all hold, and all streams give way alike.
func TestRingBytes(t *testing.T) {
	for name, bound := range map[string]func(*Ring){
		"each": func(r *Ring) { r.MaxBytes = 400 << 10 },
		"all":  func(r *Ring) { r.TotalBytes = 1200 << 10 },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				rh := newRing(t, func(r *Ring) { r.Window = time.Hour; bound(r) })
				video, audio := ringTracks()
				var live []*stream.Stream
				for i := range 3 {
					live = append(live, rh.publish(fmt.Sprint(i)))
				}
				for i := range 300 {
					for _, s := range live {
						rh.write(s, ringShow(video, audio, s.Start, i, 1))
					}
					time.Sleep(time.Second)
				}
				synctest.Wait()
				stats := rh.ring.Stats()
				if stats.Bytes > 1300<<10 || stats.Bytes < 800<<10 || stats.Lost > 0 {
					t.Errorf("%+v", stats)
				}
				var ages []time.Duration
				for i, s := range live {
					st := rh.only(fmt.Sprint(i))
					ages = append(ages, time.Since(st.Begin))
					var sent []*media.Unit
					for i := range 300 {
						sent = append(sent, ringShow(video, audio, s.Start, i, 1)...)
					}
					got := heldBy(t, st, time.Time{})
					sameAsSent(t, got, sent[len(sent)-len(got):], false)
				}
				if slices.Max(ages)-slices.Min(ages) > 15*time.Second || slices.Min(ages) < 20*time.Second {
					t.Errorf("the streams' last %v are held", ages)
				}
				rh.close()
			})
		})
	}
}

// TestRingSessions: each session of a stream has a stretch of its own.
func TestRingSessions(t *testing.T) {
	rh := newRing(t, func(r *Ring) { r.Covers = func(k media.StreamKey) bool { return k.Stream == "a" } })
	video, audio := ringTracks()
	begin := time.Now().Add(-40 * time.Second)
	var want [][]*media.Unit
	var live []*stream.Stream
	for i := range 3 {
		s := rh.publish("a")
		units := ringShow(video, audio, begin.Add(time.Duration(i)*10*time.Second), 0, 8)
		rh.write(s, units)
		want, live = append(want, units), append(live, s)
	}
	rh.write(rh.publish("b"), want[0])
	if len(rh.stretches("b")) > 0 {
		t.Error("a stream is held that is not covered")
	}
	for i, st := range rh.stretches("a") {
		sameAsSent(t, heldBy(t, st, time.Time{}), want[i], true)
		if st.SessionID != live[i].ID || st.Growing != (i == 2) {
			t.Errorf("session %d: %+v", i, st)
		}
	}
	for _, ca := range []struct {
		from, to time.Duration
		n        int
	}{{0, 40, 3}, {8, 9, 0}, {9, 11, 1}, {5, 12, 2}, {30, 40, 0}} {
		got, err := rh.ring.Stretches(ringKey("a"), begin.Add(ca.from*time.Second), begin.Add(ca.to*time.Second))
		if err != nil || len(got) != ca.n {
			t.Errorf("from %d to %d: %d stretches, %v", ca.from, ca.to, len(got), err)
		}
	}
}

// TestRingTrackChanges: parameters that change in the middle are in force from there on, also for who begins behind.
func TestRingTrackChanges(t *testing.T) {
	rh := newRing(t, nil)
	video, audio := ringTracks()
	other := mediatest.OtherAAC(2, 1000)
	begin := time.Now().Add(-40 * time.Second)
	units := slices.Concat(ringShow(video, audio, begin, 0, 6), ringShow(mediatest.H265(1, 1000), audio, begin, 6, 6),
		ringShow(video, other, begin, 12, 12))
	rh.write(rh.publish("a"), units)
	for at := range 24 {
		from := begin.Add(time.Duration(at) * time.Second)
		sameAsSent(t, heldBy(t, rh.only("a"), from), units[beginAt(units, from):], true)
	}
}

// TestRingReadersWhileEvicting: who reads what goes away gets all of it or less, in order and undamaged.
func TestRingReadersWhileEvicting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rh := newRing(t, func(r *Ring) { r.Window = 20 * time.Second })
		s := rh.publish("a")
		rh.live(s, 0, 20*time.Second)
		st := rh.only("a")
		var work sync.WaitGroup
		for _, pace := range []time.Duration{20 * time.Millisecond, 400 * time.Millisecond} {
			work.Go(func() {
				last := int64(-1)
				for u, err := range st.Units(time.Time{}) {
					if err != nil || u.Track.Codec.Kind() == media.Video && u.DTS <= last {
						t.Errorf("unit at %d after %d: %v", u.DTS, last, err)
					}
					if u.Track.Codec.Kind() == media.Video {
						last = u.DTS
						time.Sleep(pace) // twice as fast as it ages, or ten times slower
					}
				}
				if whole := last >= 19960; whole != (pace < 40*time.Millisecond) {
					t.Errorf("with %v for each picture it ended at %d", pace, last)
				}
			})
		}
		rh.live(s, 20, 120*time.Second)
		work.Wait()
		if len(rh.only("a").Gaps) > 0 {
			t.Error("what aged out is no gap")
		}
		rh.close()
	})
}

// TestRingCloseWithWork: what came before Close is held after it.
func TestRingCloseWithWork(t *testing.T) {
	rh := newRing(t, nil)
	video, audio := ringTracks()
	begin := time.Now().Add(-40 * time.Second)
	units := ringShow(video, audio, begin, 0, 10)
	var work sync.WaitGroup
	for i := range 8 {
		s := rh.publish(fmt.Sprint(i))
		work.Go(func() { rh.write(s, units) })
	}
	work.Wait()
	if err := rh.ring.Close(t.Context()); err != nil {
		t.Error(err)
	}
	rh.closed = true
	rh.hub.Close()
	for i := range 8 {
		sameAsSent(t, heldBy(t, rh.only(fmt.Sprint(i)), time.Time{}), units, true)
	}
}
