package rtsp

import (
	"testing"
	"time"
)

// TestReportsAlignTracks: sound that arrives late is put where the reports say, at once if they came first, and slowly otherwise.
func TestReportsAlignTracks(t *testing.T) {
	begin := time.Unix(1000, 0)
	for _, before := range []bool{true, false} {
		var s sessionClock
		video, audio := trackClock{rate: 90000}, trackClock{rate: 48000}
		// The numbers begin anywhere, and those of the pictures run over.
		v0, a0 := uint32(1<<32-45000), uint32(77)
		report := func() {
			s.report(&video, 5000*time.Second, v0)
			s.report(&audio, 5000*time.Second, a0)
		}
		if before {
			report()
		}
		if at := s.at(&video, v0, begin); at != 0 {
			t.Errorf("the first picture is at %d", at)
		}
		if at := s.at(&video, v0+90000, begin.Add(time.Second)); at != 90000 {
			t.Errorf("a second later it is %d", at)
		}
		// Sound of the time 0 arrives 200 ms late.
		first := s.at(&audio, a0, begin.Add(200*time.Millisecond))
		if before && first != 0 || !before && first != 9600 {
			t.Errorf("reports before: %v; the first sound is at %d", before, first)
		}
		if !before {
			report()
		}
		last := first
		for i := 1; i < 300; i++ {
			at := s.at(&audio, a0+uint32(i*1024), begin)
			if step := at - last; step < 1024-1024/slewing-1 || step > 1024+1024/slewing+1 {
				t.Fatalf("step %d is %d", i, step)
			}
			last = at
		}
		if want := int64(299 * 1024); last != want {
			t.Errorf("reports before: %v; the last sound is at %d, want %d", before, last, want)
		}
	}
}

// TestFoolishReports: reports that no session can have are not believed.
func TestFoolishReports(t *testing.T) {
	var s sessionClock
	now := time.Unix(1000, 0)
	video, audio := trackClock{rate: 90000}, trackClock{rate: 48000}
	s.report(&video, time.Hour, 0)
	s.report(&audio, 500*time.Hour, 0)
	s.at(&video, 0, now)
	if at := s.at(&audio, 0, now); at != 0 {
		t.Errorf("the sound is at %d", at)
	}
	s.report(&audio, 700*time.Hour, 48000)
	if at := s.at(&audio, 48000, now); at != 48000 {
		t.Errorf("the sound goes on at %d", at)
	}
}

func TestNTP(t *testing.T) {
	at := time.Date(2026, 11, 21, 12, 0, 0, 250_000_000, time.UTC)
	if got := ntpTime(ntpOf(at)); got != time.Duration(at.Unix()+secondsTo1970)*time.Second+250*time.Millisecond {
		t.Errorf("%s", got)
	}
}
