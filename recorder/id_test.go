package recorder

import (
	"testing"
	"time"
)

func TestFileID(t *testing.T) {
	src := idSource{node: 200}
	at := time.Date(2026, 11, 20, 0, 0, 0, 5e6, time.UTC)
	last := int64(0)
	next := func(at time.Time) int64 {
		t.Helper()
		id := src.next(at)
		if id <= last {
			t.Fatalf("%d after %d", id, last)
		}
		if node := id >> idCounterBits & (1<<idNodeBits - 1); node != 200 {
			t.Fatalf("node %d", node)
		}
		last = id
		return id
	}
	if ms := next(at)>>(idNodeBits+idCounterBits) + idEpoch; ms != at.UnixMilli() {
		t.Errorf("time %d, want %d", ms, at.UnixMilli())
	}
	for range 3 << idCounterBits { // more than a millisecond holds
		next(at)
	}
	for _, step := range []time.Duration{time.Second, -time.Hour, -time.Hour, 0, 50 * 365 * 24 * time.Hour} {
		at = at.Add(step)
		next(at)
		next(at)
	}
}

func TestFileIDBeforeEpoch(t *testing.T) {
	var src idSource
	if id := src.next(time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC)); id <= 0 {
		t.Errorf("id %d", id)
	}
}

// TestFileIDAfterEarlierRun: machines without a battery for their clock start with the same time again and again.
func TestFileIDAfterEarlierRun(t *testing.T) {
	boot := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	last := int64(0)
	for range 3 {
		src := idSource{node: 200}
		src.goOnAfter(last)
		for range 1<<idCounterBits + 10 {
			id := src.next(boot)
			if id <= last {
				t.Fatalf("%d after %d", id, last)
			}
			last = id
		}
	}
}
