package stream

import (
	"sync"
	"testing"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
)

// TestNotifyOnce checks that a reader is woken once for all that it has not taken, and not for what it loses.
func TestNotifyOnce(t *testing.T) {
	units := mediatest.Pictures(mediatest.H264(1, 1000), 2*mediatest.GOP, 0, 40)
	s, r, notified := live(t, ReaderOptions{MaxTime: 100 * time.Millisecond})
	for _, step := range []struct {
		units []*media.Unit
		take  int // -1: nothing is taken
		lost  int
		want  int
	}{
		{nil, -1, 0, 0},
		{units[:1], -1, 0, 1},
		{units[1:3], -1, 0, 1},
		{units[3:6], 3, 0, 1}, // three too many, told later
		{units[6:9], 0, 0, 1}, // nothing but losses: nothing to take, no notice
		{units[9:11], 1, 7, 2},
		{nil, 0, 0, 2},
		{units[11:12], -1, 0, 3},
	} {
		write(t, s, step.units...)
		if step.take >= 0 {
			take(t, r, step.take, step.lost, "")
		}
		if *notified != step.want {
			t.Errorf("notified %d times, want %d", *notified, step.want)
		}
	}
	s.End(EndClient, "")
	if *notified != 4 {
		t.Errorf("notified %d times at the end", *notified)
	}
}

// TestTakeAfterNotifyAlwaysEnds takes only when notified, as the recorder does, for every place where losses can stand when
// the stream ends: all units are taken or told lost, and the end is seen.
func TestTakeAfterNotifyAlwaysEnds(t *testing.T) {
	units := mediatest.Pictures(mediatest.H264(1, 1000), 3*mediatest.GOP, 0, 40)
	for n := range len(units) + 1 {
		for every := 1; every <= n+1; every++ {
			h := &Hub{}
			s, err := h.Publish(publisher("192.0.2.1:1", ""))
			if err != nil {
				t.Fatal(err)
			}
			woken := false
			r := s.NewReader(ReaderOptions{MaxTime: 130 * time.Millisecond, Notify: func() { woken = true }})
			seen, lost, ends := 0, 0, 0
			serve := func() {
				for woken {
					woken = false
					b := r.Take()
					lost += b.Lost.Units
					if len(b.Units) > 0 && b.Units[0] != units[seen+lost] {
						t.Fatalf("%d units by %d: %d seen and %d lost before another unit", n, every, seen, lost)
					}
					seen += len(b.Units)
					if b.End != nil {
						ends++
					}
				}
			}
			for i := range n {
				write(t, s, units[i])
				if (i+1)%every == 0 {
					serve()
				}
			}
			s.End(EndClient, "")
			serve()
			if seen+lost != n || ends != 1 {
				t.Fatalf("%d units, taken every %d: %d seen, %d lost, %d ends", n, every, seen, lost, ends)
			}
		}
	}
}

// TestLossAtTheEndWithNothingQueued ends the stream while the reader waits for an access point.
func TestLossAtTheEndWithNothingQueued(t *testing.T) {
	units := mediatest.Pictures(mediatest.H264(1, 1000), 5, 0, 40)
	s, r, notified := live(t, ReaderOptions{MaxTime: 40 * time.Millisecond})
	write(t, s, units[:3]...)
	take(t, r, 2, 0, "")
	write(t, s, units[3:]...)
	s.End(EndLost, "")
	b := take(t, r, 0, 3, EndLost)
	var bytes int64
	for _, u := range units[2:] {
		bytes += int64(len(u.Payload))
	}
	if b.Lost.Bytes != bytes || *notified != 2 {
		t.Errorf("%d bytes lost, want %d; notified %d times", b.Lost.Bytes, bytes, *notified)
	}
	take(t, r, 0, 0, EndLost) // told once
}

// TestTimeBound checks MaxTime to the nanosecond.
func TestTimeBound(t *testing.T) {
	for _, ca := range []struct {
		late time.Duration
		fits int
	}{{time.Second, 2}, {time.Second + 1, 1}, {-time.Hour, 2}} {
		s, r, _ := live(t, ReaderOptions{MaxTime: time.Second})
		u := mediatest.Intra(mediatest.H264(1, 1000), 1, 0, 40)[0]
		next := *u
		next.Wall = u.Wall.Add(ca.late)
		write(t, s, u, &next)
		take(t, r, ca.fits, 0, "")
	}
}

// TestByteBound checks MaxBytes to the byte.
func TestByteBound(t *testing.T) {
	unit := func(n int) *media.Unit {
		return &media.Unit{Track: mediatest.AAC(1, 1000), RandomAccess: true, Payload: make([]byte, n)}
	}
	for _, ca := range []struct{ last, fits int }{{100, 2}, {101, 1}} {
		s, r, _ := live(t, ReaderOptions{MaxBytes: 200 + 2*unitCost})
		write(t, s, unit(100), unit(ca.last))
		take(t, r, ca.fits, 0, "")
		write(t, s, unit(100), unit(100)) // what was taken counts no more
		take(t, r, 2, 2-ca.fits, "")
	}
	s, r, _ := live(t, ReaderOptions{})
	write(t, s, unit(DefaultMaxBytes/2), unit(DefaultMaxBytes/2-2*unitCost), unit(1))
	take(t, r, 2, 0, "")
}

// TestSoundGoesOnWhenPicturesStop takes the pictures away while a reader waits for one: it must not stay silent for ever.
func TestSoundGoesOnWhenPicturesStop(t *testing.T) {
	picture := mediatest.Pictures(mediatest.H264(1, 1000), 3, 0, 40)
	sound := mediatest.Sound(mediatest.AAC(2, 1000), 1200, 100) // 25.6 s
	s, r, _ := live(t, ReaderOptions{MaxTime: 40 * time.Millisecond})
	write(t, s, picture...)
	take(t, r, 2, 0, "")
	lost := 1
	for i, u := range sound {
		write(t, s, u)
		b := r.Take()
		if len(b.Units) == 0 {
			lost++
			continue
		}
		if wait := u.Wall.Sub(sound[0].Wall); wait < restartWait || wait > restartWait+30*time.Millisecond || b.Lost.Units != lost || b.Units[0] != sound[i] {
			t.Errorf("goes on after %s with %d lost, want %d", wait, b.Lost.Units, lost)
		}
		return
	}
	t.Error("stays silent")
}

// TestClosedReader checks that a closed reader holds nothing and hears nothing.
func TestClosedReader(t *testing.T) {
	units := mediatest.Pictures(mediatest.H264(1, 1000), 4, 0, 40)
	s, r, notified := live(t, ReaderOptions{})
	other := s.NewReader(ReaderOptions{})
	write(t, s, units[0])
	r.Close()
	write(t, s, units[1:]...)
	s.End(EndClient, "")
	take(t, r, 0, 0, "")
	r.push(units) // as a publisher does that is writing while the reader is closed
	take(t, r, 0, 0, "")
	r.Close()
	take(t, other, 4, 0, EndClient)
	other.Close()
	if *notified != 1 || len(s.readers) != 0 {
		t.Errorf("notified %d times, %d readers left", *notified, len(s.readers))
	}
}

// TestClosedReaderForgetsItsLosses closes a reader that has units and losses to tell when the stream ends.
func TestClosedReaderForgetsItsLosses(t *testing.T) {
	units := mediatest.Pictures(mediatest.H264(1, 1000), 5, 0, 40)
	s, r, notified := live(t, ReaderOptions{MaxTime: 40 * time.Millisecond})
	write(t, s, units...)
	s.End(EndClient, "")
	r.Close()
	take(t, r, 0, 0, EndClient)
	if *notified != 2 {
		t.Errorf("notified %d times", *notified)
	}
}

// TestReaderOfAnEndedStream checks that one who comes late hears the end at once.
func TestReaderOfAnEndedStream(t *testing.T) {
	s, _, _ := live(t, ReaderOptions{})
	s.End(EndDropped, "why")
	notified := 0
	r := s.NewReader(ReaderOptions{Notify: func() { notified++ }})
	if b := take(t, r, 0, 0, EndDropped); notified != 1 || b.End.Detail != "why" {
		t.Errorf("notified %d times: %+v", notified, b.End)
	}
}

// TestReadersComeAndGo attaches and closes readers while units are written and the stream ends.
func TestReadersComeAndGo(t *testing.T) {
	s, _, _ := live(t, ReaderOptions{})
	units := mediatest.Pictures(mediatest.H264(1, 1000), 200, 0, 40)
	var work sync.WaitGroup
	for range 8 {
		work.Go(func() {
			for range 50 {
				wake := make(chan struct{}, 1)
				r := s.NewReader(ReaderOptions{Notify: func() {
					select {
					case wake <- struct{}{}:
					default:
					}
				}})
				<-wake
				var last *media.Unit
				for _, u := range r.Take().Units {
					if last != nil && u.DTS != last.DTS+40 {
						t.Errorf("%d after %d", u.DTS, last.DTS)
					}
					last = u
				}
				r.Close()
			}
		})
	}
	for _, u := range units {
		write(t, s, u)
	}
	s.End(EndClient, "")
	work.Wait()
	if len(s.readers) != 1 {
		t.Errorf("%d readers left", len(s.readers))
	}
}
