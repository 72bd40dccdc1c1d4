package recorder

import (
	"errors"
	"time"

	"aircheck/ingest/media"
	"aircheck/recorder/container"
)

// suspension is a file whose stream was interrupted, and that goes on if the stream comes back in time. Whoever takes it out of
// Manager.suspended owns it.
type suspension struct {
	output *output
	reason CutReason
	// until is when the file is finished if nobody came. It is in no case later than ends, the end of the recording's window: that is by
	// the wall clock, the wait by how time passes. Zero: there is no window.
	until, ends time.Time
	told        told
}

// deadline is when the file is finished if nobody comes.
func (s *suspension) deadline() time.Time {
	if !s.ends.IsZero() && s.ends.Before(s.until) {
		return s.ends
	}
	return s.until
}

// over reports whether the file has waited long enough.
func (s *suspension) over(now time.Time) bool {
	return !now.Before(s.until) || !s.ends.IsZero() && !now.Before(s.ends)
}

// suspensionKey is what the next session must have in common with the one before to be asked whether it goes on in its file.
type suspensionKey struct {
	key    media.StreamKey
	cause  Cause
	format string
}

func (s Spec) suspensionKey() suspensionKey { return suspensionKey{s.Key, s.Cause, s.Format} }

// continues reports whether a session of one spec may go on in the file of another: all but the session is the same.
func (s Spec) continues(before Spec) bool {
	before.SessionID, before.Params = s.SessionID, s.Params
	return s == before
}

// journalSuspend is a suspended file's record: its stream was interrupted at a time for a reason, and another session may go on in it
// until another time.
type journalSuspend struct {
	Reason    CutReason
	At, Until time.Time
	// Recovered is output's.
	Recovered bool `json:",omitempty"`
}

// suspend keeps a file for the next session instead of ending it, if its spec says so and its container can. It reports false if the
// file is to be ended. A file that cannot be written is ended here.
func (rec *recording) suspend(o *output, reason CutReason) bool {
	w, ok := o.writer.(container.Splicer)
	if !ok || rec.spec.FlowContinueDuration <= 0 || rec.superseded.Load() || o.fed.Units == 0 || rec.window.over(rec.now) ||
		reason != CutStreamEnd && reason != CutShutdown {
		return false
	}
	s := &suspension{output: o, reason: reason, until: rec.now.Add(rec.spec.FlowContinueDuration), ends: rec.window.end()}
	if err := o.suspend(w, reason, s.deadline(), rec.now); err != nil {
		rec.log.Warn("a recording cannot wait for its publisher", "file", o.id, "error", err)
		rec.ended(o, errors.Join(err, o.close()))
		return true
	}
	if o.playable() {
		rec.m.announce(o, rec.now)
	}
	rec.notice(NoticePaused, whyAway, 1)
	s.told, rec.told.phase = rec.told, phaseOver
	rec.log.Info("recording waits for its publisher", "file", o.id, "until", s.deadline(), "reason", reason)
	rec.leave(s)
	rec.m.syncSoon(o)
	return true
}

// leave holds a file for the next session, unless that is to be recorded in another way: then it is finished.
func (rec *recording) leave(s *suspension) {
	m := rec.m
	m.mu.Lock()
	defer m.mu.Unlock()
	if rec.superseded.Load() {
		m.conclude(s)
		return
	}
	m.hold(s)
}

// suspend writes all there is, and a record that says how long to wait.
func (o *output) suspend(w container.Splicer, reason CutReason, until, now time.Time) error {
	o.flush()
	w.Suspend()
	if err := o.writeMedia(); err != nil {
		return err
	}
	if err := o.writePlaylist(); err != nil {
		return err
	}
	if err := o.noteGap(o.gaps.take()); err != nil {
		return err
	}
	o.group(now)
	return o.noteSuspended(reason, until, now)
}

// noteSuspended writes the record of a suspended file.
func (o *output) noteSuspended(reason CutReason, until, now time.Time) (err error) {
	body := journalSuspend{Reason: reason, At: now.UTC(), Until: until.UTC(), Recovered: o.recovered}
	o.journ, err = appendJSON(o.journ, recSuspend, body)
	if err != nil {
		return err
	}
	return o.writeJournal()
}

// hold keeps a suspended file. One that was held for the same recording is finished. mu is held.
func (m *Manager) hold(s *suspension) {
	k := s.output.spec.suspensionKey()
	if old := m.suspended[k]; old != nil {
		m.conclude(old)
	}
	m.suspended[k] = s
}

// take returns the suspended file of a recording, which is the caller's then, or nil.
func (m *Manager) take(k suspensionKey) *suspension {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.suspended[k]
	delete(m.suspended, k)
	return s
}

// expire finishes the files that have waited long enough.
func (m *Manager) expire(now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for k, s := range m.suspended {
		if s.over(now) {
			delete(m.suspended, k)
			m.conclude(s)
		}
	}
}

// conclude finishes a suspended file in the background. It waits for nothing; mu is held.
func (m *Manager) conclude(s *suspension) {
	o := s.output
	if m.OnNotice != nil {
		m.OnNotice(Notice{
			Kind: NoticeEnded, Spec: o.spec, Session: s.told.of(o.spec).session, Detail: string(s.reason), Count: 1, At: time.Now(),
		})
	}
	j := &job{
		id: o.id, ext: o.spec.Format, trusted: o.broken.Load() == nil, reason: CutWriteError, fed: o.fed, recovered: o.recovered,
	}
	m.jobs.Go(func() {
		_ = o.close()
		m.persist(j)
	})
}

// syncSoon makes a suspended file durable in the background: nothing else of it is going to be written for a while.
func (m *Manager) syncSoon(o *output) {
	m.jobs.Go(func() {
		select {
		case m.slots <- struct{}{}:
			defer func() { <-m.slots }()
		case <-m.ctx.Done():
			return
		}
		o.sync()
		if err := m.disk.syncDir(openDir); err != nil {
			m.Log.Error("unfinished files are not yet safe against a power loss", "dir", openDir, "error", err)
		}
	})
}

// closeSuspended closes the files that still wait when the server stops: the next start goes on with them, or finishes them.
func (m *Manager) closeSuspended() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for k, s := range m.suspended {
		delete(m.suspended, k)
		_ = s.output.close()
	}
}

// status describes a suspended file.
func (s *suspension) status() Status {
	o := s.output
	return Status{
		Spec: o.spec, FileID: o.id, Start: o.start, Bytes: o.written.Load(), Duration: o.at, LastWrite: o.grouped,
		Suspended: true, Until: s.deadline(),
	}
}
