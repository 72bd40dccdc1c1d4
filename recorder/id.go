package recorder

import (
	"sync"
	"time"
)

// A FileID has 63 bits: milliseconds since 2020 (41), node (8), counter (14).
const (
	idNodeBits    = 8
	idCounterBits = 14
	idEpoch       = 1577836800000 // 2020-01-01T00:00:00Z in Unix milliseconds
)

// idSource gives out FileIDs. They grow strictly, even when the clock steps back.
type idSource struct {
	node int64

	mu   sync.Mutex
	last int64 // milliseconds<<idCounterBits | counter
}

func (s *idSource) next(now time.Time) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	// A full counter carries over into the milliseconds, which is why one addition does for all cases.
	s.last = max(s.last+1, max(now.UnixMilli()-idEpoch, 1)<<idCounterBits)
	ms, counter := s.last>>idCounterBits, s.last&(1<<idCounterBits-1)
	return (ms<<idNodeBits|s.node)<<idCounterBits | counter
}

// goOnAfter makes all further FileIDs greater than one of an earlier run, whatever has become of the clock.
func (s *idSource) goOnAfter(id int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last = max(s.last, id>>(idNodeBits+idCounterBits)<<idCounterBits|id&(1<<idCounterBits-1))
}
