package rules

import (
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/stream"
	"aircheck/recorder"
)

// clockCheck is how long after the clock was set it is noticed.
const clockCheck = time.Second

// run is the goroutine of the schedule.
func (t *Tasks) run() {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
		case <-t.wake:
		case <-t.stop:
			return
		}
		timer.Stop()
		if wait, any := t.turn(); any {
			timer.Reset(wait)
		}
	}
}

// turn does what is due, and returns how long to wait for more; not any if there are no tasks.
func (t *Tasks) turn() (wait time.Duration, any bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.advance(t.now())
	if len(t.plan.queue) == 0 {
		return 0, false
	}
	// Not less than the schedule's resolution: the time that now returns may have been rounded down.
	return min(max(t.plan.queue[0].next.Sub(t.Now()), time.Millisecond), clockCheck), true
}

// advance begins and ends the tasks whose moment has come, with mu held.
func (t *Tasks) advance(at time.Time) {
	for p := t.plan.due(at); p != nil; p = t.plan.due(at) {
		if !p.task.End.After(at) {
			if !t.underWay(p, at) {
				t.expire(p, at, "")
			}
			continue
		}
		t.plan.begin(p)
		if s := t.Live(p.task.Key); s != nil {
			t.take(p, s, at, true)
		}
	}
}

// ripen begins and ends the tasks of one stream whose moment has come, with the timer being late. Those of others have to wait: a publisher
// does.
func (t *Tasks) ripen(key media.StreamKey, at time.Time) {
	for _, p := range t.plan.of(key) {
		switch {
		case p.next.After(at):
		case !p.task.End.After(at):
			if !t.underWay(p, at) {
				t.expire(p, at, "")
			}
		default:
			t.plan.begin(p)
		}
	}
}

// Attach starts the recordings of a new stream for the tasks whose window has begun. It is the Hub's, beside Engine's: it runs on the
// publisher's goroutine before the first unit, and waits for nothing.
func (t *Tasks) Attach(s *stream.Stream) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return
	}
	at := t.now()
	t.ripen(s.Key(), at)
	if t.Supersede != nil {
		t.Supersede(s.Key(), CauseTask, t.goOn(s.Key()))
	}
	for _, p := range t.plan.begun(s.Key()) {
		t.take(p, s, at, false)
	}
}

// Ended notes that a stream has ended. It is the Hub's, and does not wait.
func (t *Tasks) Ended(s *stream.Stream) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.plan == nil {
		return
	}
	for _, p := range t.plan.begun(s.Key()) {
		if p.live == s {
			t.leave(p, t.now())
		}
	}
}

// take starts the recordings of a stream for a task, once per session. late tells that the stream was live before.
func (t *Tasks) take(p *planned, s *stream.Stream, at time.Time, late bool) {
	// Who has ended holds its key for a moment longer; the end of a window may be over, and the task not.
	if p.gone || p.session == s.ID || t.closed || s.Ended() != nil || !p.task.End.After(at) {
		return
	}
	p.session, p.live, p.running = s.ID, s, nil
	log := t.Log.With("task", p.task.ID, "stream", s.Key().String(), "session", s.ID)
	// Of a stream that was live before, what it remembers holds the random access point at or before the moment of the call, or of the start.
	w := recorder.Window{Until: p.task.End, Backlog: late}
	if p.task.Start.After(p.task.CreateTime) {
		w.Since = p.task.Start
	}
	specs, err := t.sessionSpecs(&p.task, s)
	if err != nil {
		p.failure = err.Error()
		log.Error("record task cannot record", "error", err)
	}
	for _, spec := range specs {
		r, err := t.Record(spec, s, w)
		if err != nil {
			p.failure = err.Error()
			log.Error("recording not started", "format", spec.Format, "error", err)
			continue
		}
		p.running = append(p.running, r)
	}
	if len(p.running) == 0 {
		p.live = nil
		return
	}
	p.recording(p.running...)
	log.Info("record task records", "formats", len(p.running), "end", p.task.End)
	t.enter(p, TaskRecording, "", at)
	if s.Ended() != nil { // before it was known whose it is
		t.leave(p, at)
	}
}

// leave notes that the stream of a task is gone.
func (t *Tasks) leave(p *planned, at time.Time) {
	p.live, p.running = nil, nil
	if p.gone {
		t.drop(p)
		return
	}
	if p.play != nil {
		return // what the stream delivered last is still to be recorded
	}
	t.enter(p, TaskInterrupted, "the stream was interrupted", at)
}

// expire ends a task at the end of its window. down says why nothing was recorded, if that is known.
func (t *Tasks) expire(p *planned, at time.Time, down string) {
	state, reason := p.outcome(down)
	t.enter(p, state, reason, at)
	t.drop(p)
}

// enter changes the state of a task, and has the store told.
func (t *Tasks) enter(p *planned, state TaskState, reason string, at time.Time) {
	step := p.task.step(state, reason, at)
	if !p.task.Enter(step) {
		return
	}
	change := TaskChange{ID: p.task.ID, Step: step}
	say := t.Log.Debug
	if (state == TaskMissed || state == TaskFailed) && !p.gone {
		e := taskEvent(&p.task, at)
		change.Event, say = &e, t.Log.Error
	}
	say("record task changes", "task", p.task.ID, "stream", p.task.Key.String(), "state", string(state), "reason", reason)
	t.writer.add(change)
}

// drop takes a task out of the schedule. A file of it that waits for the stream is finished.
func (t *Tasks) drop(p *planned) {
	t.plan.remove(p)
	if (p.recorded || p.loaded) && t.FinishWaiting != nil {
		t.FinishWaiting(p.task.cause())
	}
}
