package stream

import (
	"testing"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
)

// live returns a stream and a reader that counts what it is notified of.
func live(t *testing.T, o ReaderOptions) (*Stream, *Reader, *int) {
	t.Helper()
	h := &Hub{}
	s, err := h.Publish(publisher("192.0.2.1:1", ""))
	if err != nil {
		t.Fatal(err)
	}
	notified := new(int)
	o.Notify = func() { *notified++ }
	return s, s.NewReader(o), notified
}

func write(t *testing.T, s *Stream, units ...*media.Unit) {
	t.Helper()
	if err := s.Write(units); err != nil {
		t.Fatal(err)
	}
}

// take takes a batch and checks it.
func take(t *testing.T, r *Reader, units, lost int, end EndReason) Batch {
	t.Helper()
	b := r.Take()
	got := EndReason("")
	if b.End != nil {
		got = b.End.Reason
	}
	if len(b.Units) != units || b.Lost.Units != lost || got != end {
		t.Errorf("%d units, %d lost, end %q; want %d, %d, %q", len(b.Units), b.Lost.Units, got, units, lost, end)
	}
	return b
}

func TestReaderGetsEverything(t *testing.T) {
	s, r, notified := live(t, ReaderOptions{})
	units := mediatest.Interleave(mediatest.Pictures(mediatest.H264(1, 1000), 20, 0, 40), mediatest.Sound(mediatest.AAC(2, 1000), 30, 0))
	take(t, r, 0, 0, "")
	write(t, s, units[:10]...)
	write(t, s, units[10:20]...)
	if *notified != 1 {
		t.Errorf("notified %d times before anything was taken", *notified)
	}
	b := take(t, r, 20, 0, "")
	for i, u := range b.Units {
		if u != units[i] {
			t.Fatalf("unit %d is another", i)
		}
	}
	late := s.NewReader(ReaderOptions{})
	write(t, s, units[20:]...)
	if !s.End(EndClient, "x") || s.End(EndLost, "y") {
		t.Error("the first end must count, and no other")
	}
	take(t, r, 30, 0, EndClient)
	take(t, late, 30, 0, EndClient)
	take(t, late, 0, 0, EndClient)
	if s.Write(units) != ErrEnded || *notified != 3 {
		t.Errorf("written after the end, or notified %d times", *notified)
	}
	after := s.NewReader(ReaderOptions{})
	take(t, after, 0, 0, EndClient)
	if got := s.Tracks(); len(got) != 2 || got[0].ID != 1 || got[1].ID != 2 || s.Stats().Units != 50 {
		t.Errorf("%d tracks, %+v", len(got), s.Stats())
	}
	after.Close()
	late.Close()
	r.Close()
	r.Close()
	take(t, r, 0, 0, EndClient)
}

// TestReaderTooSlow checks that a slow reader loses units up to a random access point, and is told how many and where.
func TestReaderTooSlow(t *testing.T) {
	units := mediatest.Pictures(mediatest.H264(1, 1000), 3*mediatest.GOP, 0, 40)
	s, r, _ := live(t, ReaderOptions{MaxTime: 40 * 4 * time.Millisecond})
	write(t, s, units[:8]...) // five fit
	take(t, r, 5, 0, "")
	write(t, s, units[8:12]...) // two more are lost, then comes an access point
	b := take(t, r, 2, 5, "")
	if !b.Units[0].RandomAccess || b.Lost.Bytes == 0 {
		t.Errorf("goes on with %+v", b.Units[0])
	}
	write(t, s, units[12:20]...)
	s.End(EndLost, "")
	take(t, r, 5, 0, "") // what was lost lies behind these
	take(t, r, 0, 3, EndLost)
}

// TestReaderBytes checks the bound of bytes, which counts units too, and that one unit always fits.
func TestReaderBytes(t *testing.T) {
	big := mediatest.Grow(mediatest.Intra(mediatest.H264(1, 1000), 1, 0, 40)[0], 1<<20)
	s, r, _ := live(t, ReaderOptions{MaxBytes: 1000})
	write(t, s, big, big)
	take(t, r, 1, 0, "")
	write(t, s, big)
	take(t, r, 1, 1, "")
	tiny := &media.Unit{Track: mediatest.AAC(2, 1000), RandomAccess: true, Payload: []byte{1}}
	sound, small, _ := live(t, ReaderOptions{MaxBytes: 1000})
	for range 100 {
		write(t, sound, tiny)
	}
	take(t, small, 3, 0, "")
	write(t, sound, tiny) // sound goes on anywhere
	take(t, small, 1, 97, "")
}

// TestReaderWithPicturesWaitsForOne checks that after a loss sound alone does not start a reader which had pictures.
func TestReaderWithPicturesWaitsForOne(t *testing.T) {
	pictures := mediatest.Pictures(mediatest.H264(1, 1000), 2*mediatest.GOP, 0, 40)
	sound := mediatest.Sound(mediatest.AAC(2, 1000), 5, 0)
	s, r, _ := live(t, ReaderOptions{MaxTime: time.Millisecond})
	write(t, s, pictures[0], pictures[1])
	take(t, r, 1, 0, "")
	write(t, s, sound[0], pictures[2], pictures[mediatest.GOP])
	if b := take(t, r, 1, 3, ""); b.Units[0] != pictures[mediatest.GOP] {
		t.Errorf("goes on with %+v", b.Units[0])
	}
}

// TestParameterChangeShowsInTracks checks that a new Track of an old ID takes its place.
func TestParameterChangeShowsInTracks(t *testing.T) {
	s, _, _ := live(t, ReaderOptions{})
	a, b := mediatest.AAC(2, 1000), mediatest.OtherAAC(2, 1000)
	write(t, s, &media.Unit{Track: a, Payload: []byte{1}}, &media.Unit{Track: b, Payload: []byte{1}})
	if got := s.Tracks(); len(got) != 1 || got[0] != b {
		t.Errorf("%v", got)
	}
	s.Expect(Expected{Known: true, Video: true})
	if !s.Expected().Video {
		t.Error("the promise is forgotten")
	}
}
