package rules

import (
	"time"

	"github.com/google/uuid"

	"aircheck/recorder"
	"aircheck/recorder/rewind"
)

// slowStart is how long after a session began its first media may come without any being missing.
const slowStart = 3 * time.Second

// Reasons of gaps and notes.
const (
	whyNotHeld    = "that far back nothing is held of the stream"
	whyNoneHeld   = "nothing is held of the stream before the call: it is recorded from now on"
	whyBeganLater = "the stream began later than that"
)

// Created is what became of a call that made a task.
type Created struct {
	ID string
	// Actual is when what is recorded begins, as far as that is known: later than asked for if no more is held of the past. Note says for
	// people why; it is empty if what was asked for is what is recorded.
	Actual time.Time
	Note   string
}

// past is what is held of a task's window when the task is created.
type past struct {
	held []rewind.Held
	// actual and note are Created's; missing is how much the first recording lacks at its beginning, and why.
	actual  time.Time
	note    string
	missing *recorder.WindowGap
}

// lookBack finds what is held of a new task's window. It reads no media, but it may ask the store. *InvalidError if the task is of the
// past only, and nothing of that is held.
func (t *Tasks) lookBack(task *Task, at time.Time) (past, error) {
	p := past{actual: task.Start}
	if task.RealTime || !task.Start.Before(at) {
		return p, nil
	}
	p.held = t.held(task, at)
	if len(p.held) == 0 {
		if !task.End.After(at) {
			return p, invalid("EndTime", "is not in the future, and nothing is held of the stream between StartTime and then")
		}
		p.actual, p.note = at, whyNoneHeld
		return p, nil
	}
	if first := p.held[0]; first.Begin.After(task.Start) {
		p.actual, p.note = first.Begin, whyBeganLater
		if missing := first.Begin.Sub(later(task.Start, began(first.SessionID))); missing > slowStart {
			p.note = whyNotHeld
			p.missing = &recorder.WindowGap{At: task.Start, Length: missing, Reason: whyNotHeld}
		}
	}
	return p, nil
}

// held returns what is held of the part of a task's window that has passed.
func (t *Tasks) held(task *Task, at time.Time) []rewind.Held {
	if t.Rewind == nil {
		return nil
	}
	if task.End.Before(at) {
		at = task.End
	}
	held, err := t.Rewind.Find(task.Key, task.Start, at)
	if err != nil {
		t.Log.Error("what is held of the past cannot be looked up", "stream", task.Key.String(), "error", err)
	}
	return held
}

// began is when a session began, by its ID; zero if that does not tell.
func began(session string) time.Time {
	id, err := uuid.Parse(session)
	if err != nil || id.Version() != 7 {
		return time.Time{}
	}
	sec, nsec := id.Time().UnixTime()
	return time.Unix(sec, nsec)
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// enlist puts a new task into the schedule, and begins it if its window has begun. mu is held.
func (t *Tasks) enlist(task Task, found past) {
	at := t.now()
	p := t.plan.add(task)
	if len(found.held) > 0 {
		t.plan.begin(p)
		t.replay(p, found, at)
		if s := t.Live(task.Key); s != nil && p.live == nil && task.End.After(at) {
			t.take(p, s, at, true)
		}
	}
	t.advance(at)
}

// replay records what is held of a task's window, and what comes of the session that is live if that is the last of it. mu is held.
func (t *Tasks) replay(p *planned, found past, at time.Time) {
	log := t.Log.With("task", p.task.ID, "stream", p.task.Key.String())
	specs, err := t.specs(&p.task, p.task.Key)
	if err != nil {
		p.failure = err.Error()
		log.Error("record task cannot record", "error", err)
		return
	}
	live := t.Live(p.task.Key)
	if live != nil && (live.Ended() != nil || found.held[len(found.held)-1].SessionID != live.ID) {
		live = nil
	}
	job := rewind.Job{
		Key: p.task.Key, Specs: specs, From: p.task.Start, Until: p.task.End, Held: found.held, Live: live,
		Done: func() { t.replayed(p) },
	}
	if found.missing != nil {
		job.Gaps = []recorder.WindowGap{*found.missing}
	}
	play, err := t.Rewind.Play(job)
	if err != nil {
		p.failure = err.Error()
		log.Error("the past is not recorded", "error", err)
		return
	}
	p.play, p.recorded = play, true
	if live != nil {
		p.session, p.live = live.ID, live
	}
	log.Info("record task records the past", "from", found.actual, "sessions", len(found.held), "goes_on", live != nil, "end", p.task.End)
	t.enter(p, TaskRecording, found.note, at)
}

// replayed notes that what was held of the past has been recorded, and the session that followed it has ended.
func (t *Tasks) replayed(p *planned) {
	t.mu.Lock()
	defer t.mu.Unlock()
	p.filed, p.play = p.filed || p.play.Recorded(), nil
	if t.closed || t.plan.byID[p.task.ID] != p {
		return
	}
	at := t.now()
	switch {
	case !p.task.End.After(at):
		if !t.underWay(p, at) {
			t.expire(p, at, "")
		}
	case p.live == nil || p.live.Ended() != nil:
		t.leave(p, at)
	}
}
