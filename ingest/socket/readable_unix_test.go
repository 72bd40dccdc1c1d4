//go:build unix

package socket

import (
	"testing"
	"time"
)

// soon waits for what the kernel still has to do.
func soon(t *testing.T, what string, c any) {
	t.Helper()
	deadline := time.NewTimer(10 * time.Second)
	defer deadline.Stop()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !Readable(c) {
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatalf("not readable: %s", what)
		}
	}
}

// TestReadable: bytes, an end and a connection are each something to read.
func TestReadable(t *testing.T) {
	l, dial := listen(t)
	if Readable(l) {
		t.Error("a listener is readable that nobody has come to")
	}
	peer := dial()
	soon(t, "a listener that somebody waits at", l)
	c := accept(t, l)
	if Readable(c) || Readable(l) {
		t.Error("nothing has come, and something is readable")
	}
	if _, err := peer.Write([]byte("ab")); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		soon(t, "what has come", c)
		if _, err := c.Read(make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
	}
	if Readable(c) {
		t.Error("readable after all was read")
	}
	_ = peer.Close()
	soon(t, "the end", c)
	_ = c.Close()
	if !Readable(c) {
		t.Error("a closed connection would keep its reader waiting")
	}
}
