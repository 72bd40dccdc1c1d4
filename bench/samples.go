package main

import (
	"fmt"
	"math"
	"slices"
)

// samples are measurements of one thing, one per run.
type samples []float64

// percentile is the least sample that p percent of the samples do not exceed (nearest rank).
func (s samples) percentile(p float64) float64 {
	if len(s) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(s))
	rank := int(math.Ceil(p / 100 * float64(len(sorted))))
	return sorted[min(max(rank, 1), len(sorted))-1]
}

// median is the middle, or the mean of the two in the middle.
func (s samples) median() float64 {
	if len(s) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(s))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// over divides each sample by the one of the same run.
func (s samples) over(o samples) samples {
	out := make(samples, 0, len(s))
	for i := range min(len(s), len(o)) {
		out = append(out, s[i]/o[i])
	}
	return out
}

// String is "median [least..most]", or the one sample there is.
func (s samples) String() string {
	switch len(s) {
	case 0:
		return "-"
	case 1:
		return number(s[0])
	}
	return fmt.Sprintf("%s [%s..%s]", number(s.median()), number(slices.Min(s)), number(slices.Max(s)))
}

// number writes three digits or so.
func number(f float64) string {
	switch a := math.Abs(f); {
	case math.IsNaN(f):
		return "-"
	case a < 10:
		return fmt.Sprintf("%.2f", f)
	case a < 100:
		return fmt.Sprintf("%.1f", f)
	}
	return fmt.Sprintf("%.0f", f)
}
