package recorder

import (
	"errors"
	"time"

	"aircheck/ingest/media"
	"aircheck/recorder/container"
)

// whyAway is the reason of a gap where the stream was interrupted.
const whyAway = "the publisher was away"

// Supersede tells which recordings a stream that begins is going to have for causes of that kind, before Record is called for any of
// them. Files that wait for the stream, and in which none of them goes on, are finished at once; so is what still records an earlier
// session of it, once that ends. It waits for nothing.
func (m *Manager) Supersede(key media.StreamKey, causeKind string, specs []Spec) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.usable() != nil {
		return
	}
	goesOn := func(before Spec) bool {
		for _, s := range specs {
			if m.normal(s).continues(before) {
				return true
			}
		}
		return before.Key != key || before.Cause.Kind != causeKind
	}
	for k, s := range m.suspended {
		if !goesOn(s.output.spec) {
			delete(m.suspended, k)
			m.Log.Info("the stream comes back to be recorded in another way", "file", s.output.id, "stream", key.String())
			m.conclude(s)
		}
	}
	for rec := range m.active {
		if !goesOn(rec.spec) {
			rec.superseded.Store(true)
		}
	}
}

// normal is a spec as recordings have it.
func (m *Manager) normal(s Spec) Spec {
	if _, ok := m.formats[s.Format].(container.Playlisted); ok {
		s.Interval = 0
	}
	return s
}

// claim takes over the file that an earlier session left, once this one has delivered something. What that session delivered last may
// still be to be written.
func (rec *recording) claim() {
	rec.claimed = true
	if rec.spec.FlowContinueDuration <= 0 {
		return
	}
	m, k := rec.m, rec.spec.suspensionKey()
	for _, other := range m.recordings() {
		if other.number < rec.number && other.spec.suspensionKey() == k {
			other.drain(rec.now)
		}
	}
	s := m.take(k)
	switch {
	case s == nil:
	case !s.over(rec.now) && rec.spec.continues(s.output.spec):
		rec.splicing = s
	default:
		m.mu.Lock()
		m.conclude(s)
		m.mu.Unlock()
	}
}

// disclaim leaves a file that was taken over, and not gone on with, to the next session.
func (rec *recording) disclaim() {
	if s := rec.splicing; s != nil {
		rec.splicing, rec.claimed = nil, false
		rec.leave(s)
	}
}

// splice goes on with the first part of a session in the file of an earlier one. It reports false if there is none, or if it cannot go on;
// then it is finished. err is why nothing can be recorded at all.
func (rec *recording) splice(p *part, tracks []*media.Track, err error) bool {
	s := rec.splicing
	if s == nil {
		return false
	}
	rec.splicing = nil
	o := s.output
	var gap Gap
	if err == nil {
		gap, err = o.splice(tracks, p, rec.spec.Interval, rec.now)
	}
	if errors.Is(err, container.ErrUnsupported) {
		rec.log.Info("the stream has come back, and does not fit into the file it left", "file", o.id, "reason", err)
		rec.m.mu.Lock()
		rec.m.conclude(s)
		rec.m.mu.Unlock()
		return false
	}
	rec.told, rec.begun = s.told.of(o.spec), true
	rec.recorded.Store(true)
	rec.outputs[p] = o
	p.elapsed = p.base - o.base
	if err != nil {
		rec.fail(err)
		return true
	}
	rec.log.Info("the stream has come back and goes on in its file", "file", o.id, "at", gap.At, "away", gap.Length)
	for _, g := range p.gaps {
		rec.gap(p, g)
	}
	return true
}

// errInterval ends a file that is as long as it may be.
var errInterval = errors.New("RecordInterval has passed")

// splice goes on with another session, and notes the time that it was away as a gap. It returns container.ErrUnsupported, wrapped, with
// nothing changed, if the file has reached the interval or cannot go on with the tracks.
func (o *output) splice(tracks []*media.Track, p *part, interval time.Duration, now time.Time) (Gap, error) {
	w := o.writer.(container.Splicer)
	end := w.End()
	// The clock may have been set back meanwhile. Of a file that was cut back the end is before what came last.
	gap := Gap{At: end, Length: max(0, p.wall.Sub(o.wall.Add(end-o.at))), Reason: whyAway}
	if interval > 0 && end+gap.Length >= interval {
		return gap, errors.Join(container.ErrUnsupported, errInterval)
	}
	buf, zero, err := w.Splice(o.pool.get(), tracks, p.base, gap.Length)
	o.buf = buf
	if err != nil {
		return gap, err
	}
	o.base, o.wall, o.at = zero, p.wall, p.base-zero
	o.use(tracks)
	if err := errors.Join(o.noteGap(o.gaps.add(gap)), o.noteGap(o.gaps.take())); err != nil {
		return gap, err
	}
	// This group makes the gap, and that the wait is over, known for good. What the container has to tell of the splice belongs to bytes that
	// are not written yet.
	g := group{length: o.written.Load(), synced: o.synced.Load(), sum: o.sum, wall: o.wall, at: o.at, last: o.last}
	o.journ = g.append(o.journ, nil)
	o.sum, o.grouped = 0, now
	if o.journ, err = appendJSON(o.journ, recTracks, newJournalTracks(tracks)); err != nil {
		return gap, err
	}
	if err := o.writeJournal(); err != nil {
		o.unsaid = nil // there will be nothing behind that gap
		return gap, err
	}
	return gap, nil
}
