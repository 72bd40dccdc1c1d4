package compose

// maxGaps is how many gaps are told of.
const maxGaps = 1000

// gapsInside are the interruptions over which a file went on, as far as they touch what is taken of it: by the clock, though some formats leave
// out the time that passed.
func (r *recording) gapsInside() (out []SplicedGap) {
	l := newLine(&r.Asset)
	for _, g := range r.Gaps {
		if g.Length <= 0 || g.At <= 0 {
			continue
		}
		begin := l.wall(int64(g.At) - 1).Add(1) // at that place itself the gap has passed
		if end := begin.Add(g.Length); end.After(r.from) && begin.Before(r.to) {
			out = append(out, SplicedGap{Start: begin, End: end, Reason: g.Reason})
		}
	}
	return out
}
