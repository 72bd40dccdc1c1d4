package recorder

import (
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/stream"
)

// windowGrace is how long after the end of a window a stream from which nothing comes any more is waited for: what was received before the
// end may still be on its way from the publisher's goroutine.
const windowGrace = tickEvery

// heldCost is what a unit that is kept back costs beside its payload, in bytes.
const heldCost = 256

// whyUndecodable is the reason of the gap with which a file of a window begins that does not begin with a random access point.
const whyUndecodable = "it begins amid a group of pictures: what comes before the next random access point may not be decodable"

// Window is the stretch of a stream that a recording is of, in wall time: a unit's time is when it was received.
type Window struct {
	// Since is the beginning. Units received before it are left out, but for the random access point at or before it and what follows that, as
	// far as the recording has seen them. Zero: from now on.
	Since time.Time
	// Until is the end: the first unit received then or later is not recorded any more. Zero: there is none.
	Until time.Time
	// Backlog begins with what the stream remembers: the random access point at or before the call. If the stream's memory does not reach back
	// that far, the recording begins with the oldest unit it holds, and says so in its gap list.
	Backlog bool
	// Replayed tells that units come later than they were received, or may: the recording ends with the first unit received at Until or
	// later, or with its stream, but not because the clock has passed Until.
	Replayed bool
	// Gaps are those known of the window.
	Gaps []WindowGap
}

// Handle is a recording with a window.
type Handle struct{ rec *recording }

// RecordWindow is Record for a window of a stream. The recording ends with its stream, or with its window, whichever is first; a file that
// waits for the stream to come back waits no longer than the window lasts, also in a later run. Any number of windows of a stream may be
// recorded at once, also beside what Record was called for: their causes must differ.
func (m *Manager) RecordWindow(spec Spec, s *stream.Stream, w Window) (*Handle, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.usable(); err != nil {
		m.noticeRefused(spec, err)
		return nil, fmt.Errorf("record a window of %s: %w", spec.Key, err)
	}
	format := m.formats[spec.Format]
	if format == nil {
		return nil, fmt.Errorf("record a window of %s: %w %q", spec.Key, ErrUnknownFormat, spec.Format)
	}
	rec := newRecording(m, spec, format, s)
	rec.window = newSpan(w)
	m.begin(rec)
	return &Handle{rec: rec}, nil
}

// Stop ends the recording as if at were the end of its window, unless that comes first; zero means now. A file of it that waits for the
// stream to come back is finished at once. It waits for nothing: the end is told like any other. Only the first call counts.
func (h *Handle) Stop(at time.Time) {
	if at.IsZero() {
		at = time.Now()
	}
	at = at.Round(0)
	if h.rec.window.stop.CompareAndSwap(nil, &at) {
		h.rec.m.notify(h.rec)
	}
}

// FinishWaiting has the files finished at once that wait for a stream on behalf of a cause, such as one that was stopped while its publisher
// was away, or before a kill of the server that had not ended the recording yet. What is still being recorded on behalf of it goes on, and
// does not wait for its stream afterwards. It waits for nothing.
func (m *Manager) FinishWaiting(cause Cause) {
	m.mu.Lock()
	for rec := range m.active {
		if rec.spec.Cause == cause {
			rec.superseded.Store(true)
		}
	}
	m.mu.Unlock()
	m.finishWaiting(func(k suspensionKey) bool { return k.cause == cause })
}

func (m *Manager) finishWaiting(which func(suspensionKey) bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for k, s := range m.suspended {
		if which(k) {
			delete(m.suspended, k)
			m.conclude(s)
		}
	}
}

// span is a recording's window. All but stop belongs to the writer goroutine.
type span struct {
	backlog      bool
	since, until time.Time // without monotonic clock: windows follow the wall clock
	// reason is why the recording ends at until; stopped tells that stop has been taken over.
	reason  CutReason
	stopped bool
	stop    atomic.Pointer[time.Time]
	// begun: a unit has come since since. held are those before it since the last random access point.
	begun bool
	held  []*media.Unit
	bytes int
	// lead is the track of pictures that counts, 0 while there is none; looked: the tracks announced have been asked for it.
	lead   int
	looked bool
	// pictured: the first picture has been looked at.
	pictured bool
	past     pastSpan
}

func newSpan(w Window) *span {
	s := &span{
		backlog: w.Backlog, since: w.Since.Round(0), until: w.Until.Round(0), reason: CutWindowEnd, begun: w.Since.IsZero(),
	}
	s.past.replayed, s.past.over = w.Replayed, make(chan struct{})
	s.past.miss(w.Gaps...)
	return s
}

// mind takes over what Stop said.
func (w *span) mind() {
	if w == nil || w.stopped {
		return
	}
	if at := w.stop.Load(); at != nil {
		w.stopped = true
		if w.until.IsZero() || at.Before(w.until) {
			w.until, w.reason = *at, CutStopped
		}
	}
}

// over reports whether the window has ended at a time.
func (w *span) over(at time.Time) bool { return w != nil && !w.until.IsZero() && !at.Before(w.until) }

// end is the end of the window; zero if there is none.
func (w *span) end() time.Time {
	if w == nil {
		return time.Time{}
	}
	return w.until
}

// within leaves out of a batch what is not of the window. It returns why the recording ends with the batch, or an empty reason.
func (rec *recording) within(b *stream.Batch) (over CutReason) {
	w := rec.window
	w.mind()
	for i, u := range b.Units {
		if w.over(u.Wall) {
			release(b.Units[i:])
			b.Units, over = b.Units[:i], w.reason
			break
		}
	}
	if over == "" && b.End != nil && w.over(b.End.At) {
		over = w.reason
	}
	if !w.begun {
		if b.Lost.Units > 0 {
			b.Lost = stream.Lost{} // nobody wanted it
			w.drop()
		}
		b.Units = rec.sinceBegin(b.Units)
	}
	rec.lookAtFirst(b.Units)
	return over
}

// sinceBegin keeps back units before the window begins. With the first unit that is in it, it returns all from the random access point
// at or before the beginning on.
func (rec *recording) sinceBegin(units []*media.Unit) []*media.Unit {
	w := rec.window
	for i, u := range units {
		if !u.Wall.After(w.since) && rec.startsAt(u) {
			w.drop()
		}
		if !u.Wall.Before(w.since) {
			w.begun = true
			units = append(w.held, units[i:]...)
			w.held = nil
			return units
		}
		w.keep(u)
	}
	return nil
}

// startsAt reports whether a recording can start with a unit: it is a random access point of the pictures, or of the sound of a stream
// without pictures. Of several tracks of pictures the one with the lowest ID counts.
func (rec *recording) startsAt(u *media.Unit) bool {
	w := rec.window
	if u.Track.Codec.Kind() == media.Video {
		if w.lead == 0 || u.Track.ID < w.lead {
			w.lead = u.Track.ID
		}
		return u.RandomAccess && u.Track.ID == w.lead
	}
	if !w.looked {
		w.looked = true
		for _, t := range rec.stream.Tracks() {
			if t.Codec.Kind() == media.Video && (w.lead == 0 || t.ID < w.lead) {
				w.lead = t.ID
			}
		}
	}
	return u.RandomAccess && w.lead == 0
}

// keep keeps a unit back, as many as a file may hold back; the oldest make room.
func (w *span) keep(u *media.Unit) {
	w.held = append(w.held, u)
	w.bytes += len(u.Payload) + heldCost
	n := 0
	for ; w.bytes > maxHeld && n < len(w.held)-1; n++ {
		w.bytes -= len(w.held[n].Payload) + heldCost
	}
	if n > 0 {
		release(w.held[:n])
		w.held = slices.Delete(w.held, 0, n)
	}
}

// drop lets go what is kept back.
func (w *span) drop() {
	release(w.held)
	w.held, w.bytes = w.held[:0], 0
}

func release(units []*media.Unit) {
	for i, u := range units {
		u.Release()
		units[i] = nil
	}
}

// lookAtFirst notes if the first picture recorded is not one that decoding can start with.
func (rec *recording) lookAtFirst(units []*media.Unit) {
	w := rec.window
	if w.pictured {
		return
	}
	for _, u := range units {
		if u.Track.Codec.Kind() != media.Video || !rec.carries(u.Track) {
			continue
		}
		w.pictured = true
		if !u.RandomAccess {
			rec.seg.lose(stream.Lost{}, whyUndecodable)
		}
		return
	}
}

// expire ends the recording if its window is over and nothing comes that shows it. It reports whether it did.
func (rec *recording) expire() bool {
	w := rec.window
	if w == nil {
		return false
	}
	w.mind()
	if w.past.replayed || !w.over(rec.now.Add(-windowGrace)) {
		return false
	}
	rec.round(rec.now)
	if rec.seg != nil {
		rec.finish(w.reason)
	}
	return true
}

// leaveWindow lets go what the window kept back. At its end nothing waits for the stream any more.
func (rec *recording) leaveWindow(reason CutReason) {
	if rec.window == nil {
		return
	}
	rec.window.drop()
	close(rec.window.past.over)
	if reason == CutWindowEnd || reason == CutStopped {
		rec.m.finishWaiting(func(k suspensionKey) bool { return k == rec.spec.suspensionKey() })
	}
}

// stopWaiting is what is left of Stop once the recording is over: its file may wait for the stream.
func (rec *recording) stopWaiting() {
	if rec.window != nil && rec.window.stop.Load() != nil {
		rec.m.finishWaiting(func(k suspensionKey) bool { return k == rec.spec.suspensionKey() })
	}
}
