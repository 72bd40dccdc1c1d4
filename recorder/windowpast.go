package recorder

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"aircheck/ingest/media"
)

// WindowGap is media that is known to be missing in what a window is recorded of.
type WindowGap struct {
	// At is where, by when it would have been received; Length how much time is missing, 0 if it is not known; Units how many units.
	At     time.Time
	Length time.Duration
	Units  int
	// Reason is for people.
	Reason string
}

// pastSpan is what a window has that is recorded of the past.
type pastSpan struct {
	// replayed is Window.Replayed.
	replayed bool
	// over is closed at the end of the recording.
	over chan struct{}

	mu sync.Mutex
	// gaps are those that no file has been told of, by their time; many is how many there are.
	gaps []WindowGap
	many atomic.Int32
}

// Over is closed once the recording has ended. Its last file may still be being finished.
func (h *Handle) Over() <-chan struct{} { return h.rec.window.past.over }

// Recorded reports whether there is a file of the recording, or was. If not by the time that it is over there never will be one.
func (h *Handle) Recorded() bool { return h.rec.recorded.Load() }

// Miss notes a gap in the file that holds the place, if the recording has not come there yet.
func (h *Handle) Miss(g WindowGap) { h.rec.window.past.miss(g) }

// WaitForNone has the recording's file finished at the end of the stream even if its spec says that it waits for the next session.
func (h *Handle) WaitForNone() { h.rec.superseded.Store(true) }

func (p *pastSpan) miss(gaps ...WindowGap) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.gaps = append(p.gaps, gaps...)
	slices.SortStableFunc(p.gaps, func(a, b WindowGap) int { return a.At.Compare(b.At) })
	p.many.Store(int32(len(p.gaps)))
}

// passed takes the gaps that lie before a time.
func (p *pastSpan) passed(at time.Time) (out []WindowGap) {
	if p.many.Load() == 0 {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	n := 0
	for n < len(p.gaps) && !p.gaps[n].At.After(at) {
		n++
	}
	out, p.gaps = p.gaps[:n:n], p.gaps[n:]
	p.many.Store(int32(len(p.gaps)))
	return out
}

// tellGaps notes the gaps that lie before a unit.
func (rec *recording) tellGaps(u *media.Unit) {
	if rec.window == nil || !rec.retry.IsZero() {
		return
	}
	for _, g := range rec.window.past.passed(u.Wall) {
		rec.seg.miss(Gap{Length: g.Length, Units: g.Units, Reason: g.Reason})
		rec.lost.Units += g.Units
	}
}

// miss notes a gap before the next unit.
func (s *segmenter) miss(g Gap) {
	if len(s.parts) == 0 {
		s.early = append(s.early, g)
		return
	}
	p := s.parts[len(s.parts)-1]
	if !p.begun {
		p.gaps = append(p.gaps, g)
		return
	}
	g.At = p.newest - p.base
	s.sink.gap(p, g)
}

// Reasons of gaps that stand for time which an HLS or an AAC file does not have.
const (
	WhyAway   = whyAway
	WhySilent = whySilent
)

// UnfinishedKey is the object key of a file while it is recorded.
func UnfinishedKey(id int64, format string) string { return mediaName(id, format) }
