package media

import (
	"math/bits"
	"time"
)

// Duration turns ticks of a clock rate into a duration, rounded to the nearest nanosecond. It does not
// overflow for any time a stream can reach.
func Duration(ticks int64, timescale uint32) time.Duration {
	return time.Duration(Rescale(ticks, timescale, uint32(time.Second)))
}

// Rescale converts ticks from one clock rate to another, rounded to the nearest tick, halves
// up. The product is formed in 128 bits, so it overflows only when the result does.
func Rescale(ticks int64, from, to uint32) int64 {
	if from == to || from == 0 {
		return ticks
	}
	neg := ticks < 0
	abs := uint64(ticks)
	if neg {
		abs = -abs
	}
	hi, lo := bits.Mul64(abs, uint64(to))
	lo, carry := bits.Add64(lo, uint64(from)/2, 0)
	q, _ := bits.Div64((hi+carry)%uint64(from), lo, uint64(from))
	if neg {
		return -int64(q)
	}
	return int64(q)
}

// Unwrapper extends a 32-bit millisecond timestamp, as RTMP and FLV carry it, to 64 bits. A step
// of less than 2^31 in either direction is taken as such, so a push may run for years and may also step back. Publishers that
// keep only 31 bits, as ffmpeg does, are known by a step of nearly 2^31, and go on as well.
// The zero value starts at the first timestamp.
type Unwrapper struct {
	last    int64
	started bool
}

// wrap31 is how near to 2^31 ms a step must be to count as the wrap of a 31-bit clock: 70 minutes.
const wrap31 = 1 << 22

// Unwrap returns the extended form of ts.
func (w *Unwrapper) Unwrap(ts uint32) int64 {
	if !w.started {
		w.started = true
		w.last = int64(ts)
		return w.last
	}
	step := int64(int32(ts - uint32(w.last)))
	switch {
	case step < wrap31-1<<31:
		step += 1 << 31
	case step > 1<<31-wrap31:
		step -= 1 << 31
	}
	w.last += step
	return w.last
}
