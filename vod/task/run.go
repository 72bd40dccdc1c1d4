package task

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"aircheck/vod/event"
)

// do does a task from its begin to its end.
func (q *Queue) do(ctx context.Context, r *run) {
	defer signal(q.wake)
	log := q.Log.With("task", r.ID)
	if err := q.begin(ctx, r); err != nil {
		retry := !errors.Is(err, ErrNotWaiting) && ctx.Err() == nil
		q.forget(r.ID)
		if retry {
			log.Error("a task cannot be begun yet", "error", err)
			time.AfterFunc(patience, q.Poke)
		}
		return
	}
	t := q.copyOf(r)
	if t.Attempts > MaxAttempts {
		t.Attempts--
		q.end(ctx, t, nil, &Failure{Code: CodeInternal, Err: fmt.Errorf(
			"it was begun %d times, and each time the server was stopped or killed before its end; create it again", MaxAttempts)})
		return
	}
	log.Info("task begun", "type", string(t.Type), "attempt", t.Attempts)
	output, err := q.call(ctx, t, r)
	if err != nil && ctx.Err() != nil {
		log.Info("a task is cut short by the stop; it begins again at the next start")
		q.forget(t.ID)
		return
	}
	q.end(ctx, q.copyOf(r), output, err)
}

// begin stores that a task is under way. One that was begun too often already is not begun any more, but its Attempts show it.
func (q *Queue) begin(ctx context.Context, r *run) error {
	q.mu.Lock()
	r.Attempts++
	r.Status, r.BeginTime = Processing, now()
	t := r.Task
	q.mu.Unlock()
	if t.Attempts > MaxAttempts {
		return nil
	}
	return q.Store.BeginTask(ctx, t)
}

func now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

// call calls the job. A panic is an error.
func (q *Queue) call(ctx context.Context, t Task, r *run) (output any, err error) {
	job := q.Jobs[t.Type]
	if job == nil {
		return nil, &Failure{Code: CodeInput, Err: fmt.Errorf("this server does no tasks of type %s", t.Type)}
	}
	defer func() {
		if p := recover(); p != nil {
			q.Log.Error("a task panicked", "task", t.ID, "panic", p, "stack", string(debug.Stack()))
			err = errors.New("an internal error; the server's log has it under this TaskId")
		}
	}()
	return job(ctx, t, func(percent int, output any) { q.report(r, percent, output) })
}

// report is the Report of a task.
func (q *Queue) report(r *run, percent int, output any) {
	text, err := marshal(output)
	if err != nil {
		q.Log.Error("the output of a task cannot be shown", "task", r.ID, "error", err)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if percent = min(max(percent, 0), 100); percent != r.Progress {
		r.Progress, r.dirty = percent, true
	}
	if text != nil && !bytes.Equal(text, r.Output) {
		r.Output, r.dirty, r.told = text, true, false
	}
}

// save stores how far the tasks under way are.
func (q *Queue) save(ctx context.Context) {
	type change struct {
		Task
		tell bool
	}
	var changed []change
	q.mu.Lock()
	for _, r := range q.running {
		if r.dirty {
			changed = append(changed, change{r.Task, r.Notify == NotifyChange && r.Output != nil && !r.told})
			r.dirty, r.told = false, true
		}
	}
	q.mu.Unlock()
	for _, c := range changed {
		var events []event.Event
		if c.tell {
			events = q.events(c.Task)
		}
		// Should it fail, the next change or the end makes up for it.
		if err := q.Store.SaveTask(ctx, c.Task, events); err != nil && ctx.Err() == nil {
			q.Log.Warn("the progress of a task is not stored", "task", c.ID, "error", err)
		}
	}
}

func (q *Queue) events(t Task) []event.Event {
	if q.Events == nil || t.Notify == NotifyNone {
		return nil
	}
	return q.Events(t)
}

// end stores the end of a task, and tries until it succeeds or the server stops: then it is done again.
func (q *Queue) end(ctx context.Context, t Task, output any, err error) {
	text, encodeErr := marshal(output)
	if err == nil {
		err = encodeErr
	}
	if text != nil {
		t.Output = text
	}
	t.Status, t.FinishTime = Finished, now()
	if t.Code, t.Message = outcome(err); t.Code == 0 {
		t.Progress = 100
	}
	log := q.Log.With("task", t.ID, "took", t.FinishTime.Sub(t.BeginTime).Round(time.Millisecond))
	for {
		storeErr := q.Store.FinishTask(context.WithoutCancel(ctx), t, q.events(t))
		if storeErr == nil {
			break
		}
		log.Error("the end of a task cannot be stored yet", "error", storeErr)
		select {
		case <-time.After(patience):
		case <-ctx.Done():
			q.forget(t.ID)
			return
		}
	}
	if err != nil {
		q.fail(t.Type)
		log.Warn("task failed", "code", t.Code, "error", err)
	} else {
		log.Info("task done")
	}
	q.forget(t.ID)
	if q.OnFinish != nil {
		q.OnFinish(t)
	}
}

// outcome is how the error of a job is shown.
func outcome(err error) (code int, message string) {
	if err == nil {
		return 0, ""
	}
	var f *Failure
	if errors.As(err, &f) && f.Code != 0 {
		return f.Code, f.Error()
	}
	return CodeInternal, err.Error()
}

// forget drops a task that is not under way any more.
func (q *Queue) forget(id string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.running, id)
	delete(q.known, id)
}

func (q *Queue) copyOf(r *run) Task {
	q.mu.Lock()
	defer q.mu.Unlock()
	return r.Task
}
