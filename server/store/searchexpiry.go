package store

import "strconv"

// When a file expires is in the index as one word per length of time, each four times as long as the one before: a minute, four of them, up
// to 136 years. So any range is a few dozens of words, and only what lies near its ends has to be looked at: to be simple, all is.
const (
	expiryShift  = 6  // the shortest is 2^6 seconds
	expiryStep   = 2  // four times
	expiryLast   = 32 // the longest is 2^32 seconds
	expiryMost   = 1<<(expiryLast+expiryStep) - 1
	expiryNever  = "n"
	microseconds = 1_000_000
)

// expirySeconds is a time in the stored form as one that words know: what lies outside counts as the first or last of them.
func expirySeconds(micro int64) int64 { return min(max(micro/microseconds, 0), expiryMost) }

func expiryWord(shift int, n int64) string {
	return string(rune('a'+(shift-expiryShift)/expiryStep)) + strconv.FormatInt(n, 36)
}

// expiryWords are those of a file that expires at that time.
func expiryWords(micro int64) []string {
	if micro == never {
		return []string{expiryNever}
	}
	var out []string
	for shift := expiryShift; shift <= expiryLast; shift += expiryStep {
		out = append(out, expiryWord(shift, expirySeconds(micro)>>shift))
	}
	return out
}

// expiryRange are the words of which each file between two times has one; some others have one, too.
func expiryRange(from, to int64) []string {
	var out []string
	lo, hi := expirySeconds(from)>>expiryShift, expirySeconds(to)>>expiryShift
	if to > never {
		out = append(out, expiryNever)
	}
	for shift := expiryShift; shift <= expiryLast; shift += expiryStep {
		for ; lo <= hi && (lo&3 != 0 || shift == expiryLast); lo++ {
			out = append(out, expiryWord(shift, lo))
		}
		for ; lo <= hi && hi&3 != 3; hi-- {
			out = append(out, expiryWord(shift, hi))
		}
		if lo > hi {
			break
		}
		lo, hi = lo>>expiryStep, hi>>expiryStep
	}
	return out
}
