package rules

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/stream"
	"aircheck/recorder"
	"aircheck/recorder/rewind"
)

// Tasks keeps record tasks, and starts what they ask for when their time has come and their stream is there. What there is to do next is
// in memory, so neither a stream nor a task that begins waits for the store; it is told afterwards.
//
//	CreateRecordTask ─ Create ─▶ store ─▶ ┐
//	Hub.Attach ──────── Attach ─────────▶ ├ schedule ─▶ recorder       one goroutine, one timer: whose turn is next
//	Hub.Ended ───────── Ended ──────────▶ ┘     └─▶ queue ─▶ store     another writes what became of them
//
// Windows follow the wall clock, which is read at least every second: it may be set. Set the exported fields, then call Open once.
type Tasks struct {
	Service *Service
	Store   TaskStore
	// Record starts a recording of a stream that ends by itself at the window's end. It neither waits nor touches the disk.
	Record func(recorder.Spec, *stream.Stream, recorder.Window) (TaskHandle, error)
	// Supersede is told, before Record is called for a new stream, which recordings of tasks it may have: files of earlier sessions of it
	// that wait for something else are finished. May be nil.
	Supersede func(key media.StreamKey, causeKind string, specs []recorder.Spec)
	// FinishWaiting has the files finished that wait for a stream on behalf of a task that is over. May be nil.
	FinishWaiting func(recorder.Cause)
	// Rewind finds and records what lies in the past; nil: nothing of it is held.
	Rewind *rewind.Feeder
	// Live returns the live stream of a key, or nil.
	Live func(media.StreamKey) *stream.Stream
	// Changed is called after a task was created, which may have registered a domain. May be nil.
	Changed func(ctx context.Context) error
	// DefaultFormat is what a task without a template records; empty means DefaultTaskFormat.
	DefaultFormat string
	// MaxPerStream is how many tasks of a stream may run at once; 0 means DefaultTasksPerStream.
	MaxPerStream int
	// MP4Splice is Engine's.
	MP4Splice time.Duration
	// Now reads the wall clock; nil means time.Now.
	Now func() time.Time
	Log *slog.Logger

	// creating is held while a task is checked against the others and stored.
	creating sync.Mutex
	wake     chan struct{}
	stop     chan struct{}
	loops    sync.WaitGroup
	writer   taskWriter

	mu     sync.Mutex
	plan   *schedule
	closed bool
}

// Open loads the tasks that are not over, notes which of them have passed meanwhile, and starts the goroutines. Close it when done.
func (t *Tasks) Open(ctx context.Context) error {
	if t.Now == nil {
		t.Now = time.Now
	}
	if t.Log == nil {
		t.Log = slog.Default()
	}
	t.DefaultFormat = cmp.Or(t.DefaultFormat, DefaultTaskFormat)
	t.MaxPerStream = cmp.Or(t.MaxPerStream, DefaultTasksPerStream)
	open, err := t.Store.OpenTasks(ctx)
	if err != nil {
		return fmt.Errorf("read the record tasks: %w", err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.plan = newSchedule()
	t.wake, t.stop = make(chan struct{}, 1), make(chan struct{})
	t.writer.open(t)
	at := t.now()
	for _, task := range open {
		p := t.plan.add(task)
		p.loaded = true
		switch {
		case !task.End.After(at):
			t.expire(p, at, "the server was down")
		case task.State == TaskRecording:
			t.enter(p, TaskInterrupted, "the server was stopped", at)
		}
	}
	if len(open) > 0 {
		t.Log.Info("record tasks loaded", "tasks", len(t.plan.byID), "over", len(open)-len(t.plan.byID))
	}
	t.loops.Go(t.run)
	t.loops.Go(t.writer.run)
	return nil
}

// Close writes what became of the tasks, and starts nothing from then on. If ctx ends first it gives up and returns ctx's error.
func (t *Tasks) Close(ctx context.Context) error {
	t.mu.Lock()
	first := t.plan != nil && !t.closed
	t.closed = true
	t.mu.Unlock()
	if !first {
		return nil
	}
	close(t.stop)
	err := t.writer.close(ctx)
	done := make(chan struct{})
	go func() {
		t.loops.Wait()
		close(done)
	}()
	select {
	case <-done:
		return err
	case <-time.After(time.Second): // only a hung disk keeps them longer; it must not keep the recordings of others
		return cmp.Or(err, errors.New("record tasks: what became of them is still being written"))
	}
}

// now is the wall clock without the part that does not follow when it is set.
func (t *Tasks) now() time.Time { return t.Now().UTC().Truncate(time.Millisecond) }

func (t *Tasks) kick() {
	select {
	case t.wake <- struct{}{}:
	default:
	}
}

// Create stores a task; if its window has begun and its stream is live, or something of the window is held, it records when this returns.
// Kind, Key, End and what else is asked for must be set; a zero Start begins now. *InvalidError, ErrTaskLimit.
func (t *Tasks) Create(ctx context.Context, task Task) (Created, error) {
	at := t.now()
	if err := t.prepareTask(&task, at); err != nil {
		return Created{}, err
	}
	found, err := t.lookBack(&task, at)
	if err != nil {
		return Created{}, err
	}
	t.creating.Lock()
	defer t.creating.Unlock()
	open, n := t.overlap(&task, at)
	switch {
	case open >= MaxOpenTasks:
		return Created{}, fmt.Errorf("%w: %d tasks are not over, and no more may be", ErrTaskLimit, open)
	case n >= t.MaxPerStream:
		return Created{}, fmt.Errorf("%w: %d tasks of the stream run within that time, and no more may", ErrTaskLimit, n)
	}
	id, err := t.Store.CreateTask(ctx, task)
	if err != nil {
		return Created{}, fmt.Errorf("create a task of %s: %w", task.Key, err)
	}
	task.ID = id
	t.Log.Info("record task created", "task", id, "stream", task.Key.String(), "start", task.Start, "end", task.End,
		"template", task.TemplateID, "real_time", task.RealTime)
	t.mu.Lock()
	if !t.closed {
		t.enlist(task, found)
	}
	t.mu.Unlock()
	t.kick()
	if t.Changed != nil {
		if err := t.Changed(context.WithoutCancel(ctx)); err != nil {
			t.Log.Error("the domains could not be read again", "task", id, "error", err) // the task is there nevertheless
		}
	}
	return Created{ID: id, Actual: found.actual, Note: found.note}, nil
}

// overlap returns how many tasks are not over, and how many of the same stream run at once within the task's window. One of the past runs
// now.
func (t *Tasks) overlap(task *Task, at time.Time) (open, most int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.plan.byID), t.plan.overlap(task.Key, task.Start, later(task.End, at.Add(time.Millisecond)))
}

// task returns a task of one kind, as far as it is. ErrTaskNotFound.
func (t *Tasks) task(ctx context.Context, kind TaskKind, id string) (Task, error) {
	task, err := t.Store.Task(ctx, id)
	if err == nil && task.Kind != kind {
		err = ErrTaskNotFound
	}
	if err != nil {
		return task, fmt.Errorf("task %.64q: %w", id, err)
	}
	t.fresh(&task)
	return task, nil
}

// fresh brings what the store said up to date: it is told of changes afterwards.
func (t *Tasks) fresh(task *Task) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if p := t.plan.byID[task.ID]; p != nil && !task.State.Over() {
		task.State, task.Reason, task.History = p.task.State, p.task.Reason, slices.Clone(p.task.History)
		return
	}
	t.writer.fresh(task)
}

// Stop ends a task before its end; its file is finished. It does nothing to one that is over. ErrTaskNotFound.
func (t *Tasks) Stop(ctx context.Context, kind TaskKind, id string) error {
	task, err := t.task(ctx, kind, id)
	if err != nil || task.State.Over() {
		return err
	}
	// On the disk first: a task that was stopped must not begin again after a crash.
	step := task.step(TaskStopped, "it was stopped", t.now())
	if err := t.Store.ChangeTasks(ctx, append(t.writer.waiting(id), TaskChange{ID: id, Step: step})); err != nil {
		return fmt.Errorf("stop task %s: %w", id, err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if p := t.plan.byID[id]; p != nil {
		if !p.task.Enter(step) {
			// Its stream has ended meanwhile, and the store may have taken that step for this one.
			t.enter(p, TaskStopped, step.Reason, step.At)
		}
		for _, r := range p.running {
			r.Stop(step.At)
		}
		if p.play != nil {
			p.play.Stop(step.At)
		}
		t.drop(p)
	}
	t.Log.Info("record task stopped", "task", id, "stream", task.Key.String())
	return nil
}

// StopOf is Stop for a task of a stream of that name. ErrTaskNotFound, ErrTaskStream.
func (t *Tasks) StopOf(ctx context.Context, kind TaskKind, id, stream string) error {
	if err := t.checkStream(ctx, kind, id, stream); err != nil {
		return err
	}
	return t.Stop(ctx, kind, id)
}

func (t *Tasks) checkStream(ctx context.Context, kind TaskKind, id, stream string) error {
	task, err := t.task(ctx, kind, id)
	if err == nil && task.Key.Stream != stream {
		err = fmt.Errorf("task %s: %w, %q", id, ErrTaskStream, task.Key.Stream)
	}
	return err
}

// Delete forgets a task. What it records goes on to its end, and is not begun again when its stream is interrupted. ErrTaskNotFound.
func (t *Tasks) Delete(ctx context.Context, kind TaskKind, id string) error {
	task, err := t.task(ctx, kind, id)
	if err != nil {
		return err
	}
	if err := t.Store.DeleteTask(ctx, id, t.now()); err != nil {
		return fmt.Errorf("delete task %s: %w", id, err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if p := t.plan.byID[id]; p != nil {
		p.gone = true
		if p.live == nil {
			t.drop(p)
		}
	}
	t.Log.Info("record task deleted", "task", id, "stream", task.Key.String())
	return nil
}

// DeleteOf is Delete for a task of a stream of that name that is not recording. ErrTaskNotFound, ErrTaskStream, ErrTaskRunning.
func (t *Tasks) DeleteOf(ctx context.Context, kind TaskKind, id, stream string) error {
	if err := t.checkStream(ctx, kind, id, stream); err != nil {
		return err
	}
	task, err := t.task(ctx, kind, id)
	if err == nil && task.State == TaskRecording {
		err = fmt.Errorf("task %s: %w", id, ErrTaskRunning)
	}
	if err != nil {
		return err
	}
	return t.Delete(ctx, kind, id)
}

// Task returns a task of TaskCurrent. ErrTaskNotFound.
func (t *Tasks) Task(ctx context.Context, id string) (Task, error) {
	return t.task(ctx, TaskCurrent, id)
}

// List lists tasks of TaskCurrent by start and ID: those whose window lies within at most 7 days that begin at most 90 days ago.
// *InvalidError.
func (t *Tasks) List(ctx context.Context, f TaskFilter) ([]Task, error) {
	switch {
	case !f.To.After(f.From):
		return nil, invalid("EndTime", "is not after StartTime")
	case f.To.Sub(f.From) > MaxTaskEnd:
		return nil, invalid("EndTime", "is more than 7 days after StartTime")
	case f.From.Before(t.now().Add(-TaskKept)):
		return nil, invalid("StartTime", "is more than 90 days ago")
	}
	if f.Domain != "" {
		domain, err := t.Service.CleanDomain(f.Domain)
		if err != nil {
			return nil, err
		}
		f.Domain = domain
	}
	found, err := t.Store.Tasks(ctx, f)
	if err != nil {
		return nil, fmt.Errorf("list tasks: %w", err)
	}
	for i := range found {
		t.fresh(&found[i])
	}
	return found, nil
}

// Of returns the tasks of a stream that are not over, by start and ID. It does not touch the store, so they come without their files.
func (t *Tasks) Of(key media.StreamKey) []Task {
	t.mu.Lock()
	defer t.mu.Unlock()
	var out []Task
	for _, p := range t.plan.of(key) {
		if !p.gone {
			out = append(out, p.task)
			out[len(out)-1].History = slices.Clone(p.task.History)
		}
	}
	return out
}
