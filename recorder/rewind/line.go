package rewind

import (
	"slices"
	"time"

	"aircheck/recorder"
)

// line is how times in a file are related to real ones: some formats leave out time that passes without media.
type line []recorder.Gap

func newLine(f Source) (out line) {
	for _, g := range f.Gaps {
		if g.At > 0 && g.Length > 0 && (f.Format == "aac" && g.Reason == recorder.WhySilent || f.Format == "hls" && g.Reason == recorder.WhyAway) {
			out = append(out, g)
		}
	}
	return out
}

// real is when something comes that is at a time in the file.
func (l line) real(at time.Duration) time.Duration {
	sum := time.Duration(0)
	for _, g := range l {
		if g.At <= at {
			sum += g.Length
		}
	}
	return at + sum
}

// of returns a place in the file at or before a real time.
func (l line) of(real time.Duration) time.Duration {
	for _, g := range slices.Backward(l) {
		if at := l.real(g.At); at <= real {
			return g.At + real - at
		} else if at-g.Length <= real {
			return g.At - 1
		}
	}
	return real
}
