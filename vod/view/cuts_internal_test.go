package view

import (
	"testing"
	"time"
)

// TestCutsAreBounded: a file whose times jump with every unit does not take more memory the longer it is.
func TestCutsAreBounded(t *testing.T) {
	var c cutter
	at := time.Duration(0)
	for range maxCuts + 1000 {
		if c.see(at, true) {
			c.begin(at, place{})
		}
		c.add(at, true)
		at += 2 * slow
	}
	if len(c.cuts) != maxCuts || c.end < at-2*slow {
		t.Errorf("%d cuts, up to %v of %v", len(c.cuts), c.end, at)
	}
}
