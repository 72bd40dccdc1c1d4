package media

import (
	"math"
	"testing"
	"time"
)

func TestRescale(t *testing.T) {
	for _, ca := range []struct {
		ticks    int64
		from, to uint32
		want     int64
	}{
		{0, 1000, 90000, 0},
		{1, 1000, 90000, 90},
		{44, 90000, 1000, 0},
		{45, 90000, 1000, 1},
		{-45, 90000, 1000, -1},
		{1024, 44100, 1000, 23},
		{math.MaxInt64 / 1000, 1000, 1_000_000, math.MaxInt64 / 1000 * 1000},
		{5, 0, 1000, 5},
	} {
		if got := Rescale(ca.ticks, ca.from, ca.to); got != ca.want {
			t.Errorf("Rescale(%d, %d, %d) = %d, want %d", ca.ticks, ca.from, ca.to, got, ca.want)
		}
	}
}

func TestUnwrapperFollowsEveryClock(t *testing.T) {
	const day = 24 * 60 * 60 * 1000
	for _, ca := range []struct {
		name  string
		start int64
		mask  uint32
	}{
		{"32 bits", 0, math.MaxUint32},
		{"32 bits, near 2^24", 1<<24 - 1000, math.MaxUint32},
		{"32 bits, near 2^31", 1<<31 - 1000, math.MaxUint32},
		{"32 bits, near 2^32", 1<<32 - 1000, math.MaxUint32},
		{"31 bits, near 2^31", 1<<31 - 1000, math.MaxInt32},
	} {
		var w Unwrapper
		first := w.Unwrap(uint32(ca.start) & ca.mask)
		// Sound runs 40 ms behind the picture, so the clock steps back and forth across each wrap; for 120 days.
		for at := ca.start; at < ca.start+120*day; at += 4001 {
			for _, back := range []int64{0, 40} {
				want := first + at - ca.start - back
				if got := w.Unwrap(uint32(at-back) & ca.mask); got != want {
					t.Fatalf("%s, after %s: %d, want %d", ca.name, time.Duration(at-ca.start)*time.Millisecond, got, want)
				}
			}
		}
	}
}

func TestUnwrapperStepsBack(t *testing.T) {
	var w Unwrapper
	for _, ts := range []int64{5_000_000, 1000, 2_000_000_000, 500} {
		if got := w.Unwrap(uint32(ts)); got != ts {
			t.Errorf("Unwrap(%d) = %d", ts, got)
		}
	}
}
