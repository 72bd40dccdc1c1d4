package task

import (
	"context"
	"fmt"
	"slices"
	"time"

	"aircheck/vod"
)

// Limits of a list of tasks (DescribeTasks).
const (
	DefaultLimit = 10
	MaxLimit     = 100
)

// Filter selects tasks; the zero value selects all of the primary application.
type Filter struct {
	SubAppID int64
	Status   Status
	FileID   vod.FileID
	// Created and Finished: From inclusive, To exclusive.
	Created, Finished vod.TimeRange
	// ByFinish sorts by FinishTime, otherwise by CreateTime. Ties are broken by ID.
	ByFinish, Ascending bool
	// After is where the list goes on: behind the task of that ID, which had that time. Zero: at its beginning.
	After Cursor
	Limit int
}

// Cursor is a place in a list of tasks.
type Cursor struct {
	At time.Time
	ID string
}

// Next is the place behind a task.
func (f *Filter) Next(t *Task) Cursor {
	if f.ByFinish {
		return Cursor{At: t.FinishTime, ID: t.ID}
	}
	return Cursor{At: t.CreateTime, ID: t.ID}
}

// List lists tasks without their Input and Output. *vod.InvalidError.
func (q *Queue) List(ctx context.Context, f Filter) ([]Task, error) {
	if f.Limit == 0 {
		f.Limit = DefaultLimit
	}
	statuses := []Status{"", Waiting, Processing, Finished, Aborted}
	switch {
	case f.Limit < 0 || f.Limit > MaxLimit:
		return nil, &vod.InvalidError{Field: "Limit", Reason: fmt.Sprintf("must be from 1 to %d", MaxLimit)}
	case !slices.Contains(statuses, f.Status):
		return nil, &vod.InvalidError{Field: "Status", Reason: fmt.Sprintf("%.20q is not one of WAITING, PROCESSING, FINISH, ABORTED", f.Status)}
	}
	return q.Store.ListTasks(ctx, f)
}

// Task returns a task of the last three days, with the progress of this moment. ErrNotFound.
func (q *Queue) Task(ctx context.Context, subApp int64, id string) (Task, error) {
	q.once.Do(q.prepare)
	t, err := q.Store.Task(ctx, subApp, id)
	if err != nil {
		return Task{}, err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if r := q.running[id]; r != nil && t.Status == Processing {
		t.Progress, t.Output = r.Progress, r.Output
	}
	return t, nil
}

// Abort ends a task that waits. ErrNotFound, ErrNotWaiting.
func (q *Queue) Abort(ctx context.Context, subApp int64, id string) error {
	q.once.Do(q.prepare)
	// A worker that takes it meanwhile cannot begin it.
	if err := q.Store.AbortTask(ctx, subApp, id, now()); err != nil {
		return fmt.Errorf("abort task %.*q: %w", maxShownID, id, err)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.waiting = slices.DeleteFunc(q.waiting, func(t Task) bool { return t.ID == id })
	if q.running[id] == nil {
		delete(q.known, id)
	}
	return nil
}

// Waiting returns how many tasks wait, and how many are under way.
func (q *Queue) Waiting() (waiting, running int) {
	q.once.Do(q.prepare)
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.waiting), len(q.running)
}
