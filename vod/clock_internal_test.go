package vod

import (
	"testing"
	"time"
)

// TestClockGuard walks two clocks through jumps.
func TestClockGuard(t *testing.T) {
	start := time.Now()
	var g clockGuard
	var off, at time.Duration
	for i, c := range []struct {
		pass, jump time.Duration
		by         time.Duration
		news       bool
	}{
		{0, 0, 0, false},
		{30 * 24 * time.Hour, 0, 0, false},
		{time.Minute, 12 * time.Hour, 0, false},
		{time.Minute, 13 * time.Hour, 25 * time.Hour, true}, // several small ones are a great one
		{59 * time.Minute, 0, 25 * time.Hour, false},
		{time.Minute, 0, 0, false}, // believed
		{time.Minute, 24 * time.Hour, 0, false},
		{time.Minute, time.Second, 24*time.Hour + time.Second, true},
		{time.Minute, -time.Hour, 0, false}, // set right
		{time.Minute, 2 * time.Hour, 25*time.Hour + time.Second, true},
		{time.Hour - 1, 0, 25*time.Hour + time.Second, false},
		{time.Minute, -9000 * time.Hour, 0, false},
	} {
		at += c.pass
		off += c.jump
		by, news := g.jumped(start.Add(at+off), start.Add(at))
		if by != c.by || news != c.news {
			t.Errorf("step %d: %v %v, want %v %v", i, by, news, c.by, c.news)
		}
	}
}
