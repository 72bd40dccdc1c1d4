package compose

import (
	"context"
	"errors"
	"fmt"

	"aircheck/vod"
)

// Reasons of a gap between pieces.
const (
	whyBetween = "nothing was recorded in that time"
	whyLeft    = "that time was left out"
)

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

// others finds what was recorded in a gap between files that were named; of a stream, all there is was taken. Of a gap in which far more was
// recorded than can be joined it only says that.
func (s *Service) others(ctx context.Context, q *Splice, gaps []SplicedGap) error {
	if len(q.FileIDs) == 0 {
		return nil
	}
	for i := range gaps {
		g := &gaps[i]
		found, err := s.Recordings(ctx, g.domain, g.app, g.stream, g.Start, g.End)
		if tooMany := (*vod.InvalidError)(nil); errors.As(err, &tooMany) {
			g.Reason = whyLeft
			continue
		}
		if err != nil {
			return fmt.Errorf("look for recordings: %w", err)
		}
		for _, r := range choose(found, &Splice{SubAppID: q.SubAppID, Start: g.Start, End: g.End}) {
			// Another format of a file that was named may be a little longer.
			if r.to.Sub(r.from) >= sameSeries {
				g.Others = append(g.Others, SplicedPiece{FileID: r.ID, Start: r.from, End: r.to})
				g.Reason = whyLeft
			}
		}
	}
	return nil
}
