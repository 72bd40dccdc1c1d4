package store

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// TestExpiryRange: a range has few words, one of each file within it, and none of a file that is further away than a minute.
func TestExpiryRange(t *testing.T) {
	const far = 1 << 36 * microseconds
	base := toMicro(at)
	random := rand.New(rand.NewPCG(3, 4))
	some := func() int64 { return base + random.Int64N([]int64{1e6, 1e9, 1e12, 1e15}[random.IntN(4)]) }
	for range 20_000 {
		from, to := some(), some()
		if random.IntN(4) == 0 {
			from = 0
		}
		if random.IntN(4) == 0 {
			to = math.MaxInt64
		}
		words := expiryRange(from, to)
		if len(words) > 100 {
			t.Fatalf("[%d, %d) has %d words", from, to, len(words))
		}
		for _, v := range []int64{some(), from, to - 1, from + 1, never, 0, far, -5, base} {
			found := slices.ContainsFunc(expiryWords(v), func(w string) bool { return slices.Contains(words, w) })
			in := v >= from && v < to
			const near = int64(time.Minute/time.Microsecond) * 64 / 60
			close := v >= from-near && (to == math.MaxInt64 || v < to+near)
			if in && !found || found && !close && v != far && v > 0 {
				t.Fatalf("[%d, %d): %d is in: %v, found: %v", from, to, v, in, found)
			}
		}
	}
}
