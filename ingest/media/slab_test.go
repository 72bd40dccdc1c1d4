package media_test

import (
	"bytes"
	"testing"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
)

func TestSlabSizes(t *testing.T) {
	var slabs media.Slabs
	for _, n := range []int{0, 1, 16 << 10, 16<<10 + 1, 24 << 10, 24<<10 + 1, 32 << 10, 33 << 10, 100_000, 1 << 20, 1_600_000, 5 << 20, 33 << 20} {
		s := slabs.Get(n)
		room := s.Room()
		if room < n || room > max(2<<10, n+n*3/4+1) {
			t.Errorf("a slab for %d bytes has %d", n, room)
		}
		if b := s.Take(n); len(b) != n || cap(b) != n || s.Room() != room-n {
			t.Errorf("took %d of %d bytes, room is %d of %d", len(b), n, s.Room(), room)
		}
		s.Release()
	}
}

// TestSlabIsUsedAgain: what comes back is given out again, empty.
func TestSlabIsUsedAgain(t *testing.T) {
	var slabs media.Slabs
	again := 0
	last := slabs.Get(100)
	for range 100 {
		copy(last.Take(5), "bytes")
		for range 200 {
			if u := last.NewUnit(); u.Track != nil || u.Payload != nil || u.DTS != 0 {
				t.Fatalf("a new unit is %+v", u)
			} else {
				u.Track, u.DTS, u.Payload = &media.Track{}, 1, []byte("x")
			}
		}
		last.Release()
		next := slabs.Get(100)
		if next == last {
			again++
		}
		if next.Room() < 1<<10 || next.Room() > 2<<10 {
			t.Fatalf("a slab has room for %d bytes", next.Room())
		}
		last = next
	}
	if again == 0 { // the pool may forget some
		t.Error("no slab was used again")
	}
}

// TestSlabLivesAsLongAsItsUnits: it is given back when the last hold ends, no earlier.
func TestSlabLivesAsLongAsItsUnits(t *testing.T) {
	track := mediatest.H264(1, 1000)
	units, done := mediatest.Lend(mediatest.Pictures(track, 40, 0, 40))
	want := append([]byte(nil), units[39].Payload...)
	for _, u := range units {
		u.Retain()
	}
	done()
	for _, u := range units[:39] {
		u.Release()
		if !bytes.Equal(units[39].Payload, want) || units[39].Track != track {
			t.Fatal("a unit changed while it was held")
		}
	}
	payload := units[39].Payload
	units[39].Release()
	if bytes.Equal(payload, want) || units[39].Track != nil {
		t.Error("the slab was not given back with its last unit")
	}
	defer func() {
		if recover() == nil {
			t.Error("nobody noticed that a unit was released twice")
		}
	}()
	units[39].Release()
}

func TestUnitOnTheHeap(t *testing.T) {
	u := &media.Unit{Payload: []byte("x")}
	u.Retain()
	u.Release()
	u.Release()
	if string(u.Payload) != "x" {
		t.Error("it changed")
	}
}
