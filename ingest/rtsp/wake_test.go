package rtsp

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestWatchedWakes: who begins to watch has the socket read before its tick, and from then on at its tick.
func TestWatchedWakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &conn{s: &Server{closing: make(chan struct{})}, closed: make(chan struct{}), watched: make(chan struct{}, 1)}
		begun := time.Now()
		time.AfterFunc(10*time.Millisecond, c.wake)
		for _, want := range []time.Duration{10 * time.Millisecond, 210 * time.Millisecond} {
			if err := c.sleep(200 * time.Millisecond); err != nil {
				t.Fatal(err)
			}
			if got := time.Since(begun); got != want {
				t.Errorf("woken after %v, want %v", got, want)
			}
		}
	})
}
