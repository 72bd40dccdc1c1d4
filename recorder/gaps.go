package recorder

import (
	"time"

	"aircheck/recorder/container"
)

// How gaps are kept few: those of one reason that lie within mergeGaps become one, and of one file there are no more than maxGaps. The last
// then counts all that follow.
const (
	mergeGaps = time.Second
	maxGaps   = 1000
)

// gaps are those of a file that have not been written to its journal.
type gaps struct {
	last *Gap
	// end is the place of the last one in it, written how many were written.
	end     time.Duration
	written int
}

// add takes a gap, and returns one that is complete, or nil.
func (g *gaps) add(next Gap) (done *Gap) {
	if l := g.last; l != nil {
		if g.full() || l.Reason == next.Reason && (next.At-g.end).Abs() <= mergeGaps {
			l.Units += next.Units
			l.Bytes += next.Bytes
			l.Length += next.Length
			g.end = max(g.end, next.At)
			return nil
		}
		done = g.take()
	}
	g.last, g.end = &next, next.At
	return done
}

// take returns the gap that is not complete yet, if there is one.
func (g *gaps) take() *Gap {
	last := g.last
	if g.last = nil; last != nil {
		g.written++
	}
	return last
}

// full reports whether the gap at hand is the last.
func (g *gaps) full() bool { return g.written >= maxGaps-1 }

// whySilent is the reason of a gap where no media came and the format holds no times.
const whySilent = "no media came; this format leaves the time out"

// gap notes media that the file lacks.
func (o *output) gap(g Gap) error { return o.noteGap(o.gaps.add(g)) }

// noteGap puts a gap into the journal.
func (o *output) noteGap(g *Gap) error {
	if g == nil {
		return nil
	}
	var err error
	o.journ, err = appendJSON(o.journ, recGap, g)
	o.unsaid = append(o.unsaid, *g)
	return err
}

// untold returns the gaps that the journal does not have.
func (o *output) untold() []Gap {
	out := o.unsaid
	if g := o.gaps.take(); g != nil {
		out = append(out, *g)
	}
	return out
}

// hole notes time that the file lacks, if its format holds no times.
func (o *output) hole() error {
	w, ok := o.writer.(container.Holed)
	if !ok {
		return nil
	}
	at, missing := w.Hole()
	if missing == 0 {
		return nil
	}
	return o.gap(Gap{At: at, Length: missing, Reason: whySilent})
}
