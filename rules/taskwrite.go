package rules

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

const (
	// taskPruneEvery is how often tasks that are kept no longer are looked for, taskPruneSome how many go at once.
	taskPruneEvery = time.Hour
	taskPruneSome  = 500
)

// taskWriter tells the store what became of tasks, in order, until it has taken it.
type taskWriter struct {
	store  TaskStore
	log    *slog.Logger
	now    func() time.Time
	ctx    context.Context // of the store; cancelled when close gives up
	cancel context.CancelFunc
	wake   chan struct{}
	stop   chan struct{}
	done   chan struct{}

	mu     sync.Mutex
	queue  []TaskChange
	flying int // how many at the front of queue are being written
}

// taskBacklog is how many changes may wait before those of one task become one: publishers that come and go must not fill the memory
// while the store takes nothing.
const taskBacklog = 1000

func (w *taskWriter) open(t *Tasks) {
	w.store, w.log, w.now = t.Store, t.Log, t.now
	w.wake, w.stop, w.done = make(chan struct{}, 1), make(chan struct{}), make(chan struct{})
	w.ctx, w.cancel = context.WithCancel(context.Background())
}

// add puts a change into the queue. It does not wait.
func (w *taskWriter) add(c TaskChange) {
	w.mu.Lock()
	w.put(c)
	w.mu.Unlock()
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

func (w *taskWriter) put(c TaskChange) {
	if len(w.queue) >= taskBacklog {
		for i := len(w.queue) - 1; i >= w.flying; i-- {
			if q := &w.queue[i]; q.ID == c.ID && q.Event == nil && !q.Step.State.Over() {
				*q = c
				return
			}
		}
	}
	w.queue = append(w.queue, c)
}

// fresh adds to a task what the store has not been told yet.
func (w *taskWriter) fresh(task *Task) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.queue {
		if c.ID == task.ID {
			task.Enter(c.Step)
		}
	}
}

// waiting returns what the store has not been told of a task yet. It may be told twice.
func (w *taskWriter) waiting(id string) (out []TaskChange) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.queue {
		if c.ID == id {
			out = append(out, c)
		}
	}
	return out
}

// close writes what waits. If ctx ends first it gives up and returns ctx's error.
func (w *taskWriter) close(ctx context.Context) error {
	close(w.stop)
	defer w.cancel()
	select {
	case <-w.done:
		return nil
	case <-ctx.Done():
	}
	w.cancel()
	w.mu.Lock()
	n := len(w.queue)
	w.mu.Unlock()
	return fmt.Errorf("write %d changes of record tasks: %w", n, ctx.Err())
}

func (w *taskWriter) run() {
	defer close(w.done)
	prune := time.NewTicker(taskPruneEvery)
	defer prune.Stop()
	stop := w.stop
	w.prune()
	for {
		if w.some() {
			continue
		}
		if stop == nil || w.ctx.Err() != nil {
			return
		}
		select {
		case <-w.wake:
		case <-prune.C:
			w.prune()
		case <-stop:
			stop = nil
		}
	}
}

// some writes the changes that have waited longest, however long that takes. It reports false if there are none, or it gave up.
func (w *taskWriter) some() bool {
	w.mu.Lock()
	n := min(len(w.queue), maxEntries)
	batch := w.queue[:n:n]
	w.flying = n
	w.mu.Unlock()
	if n == 0 {
		return false
	}
	backoff, stop := firstChronicleBackoff, w.stop
	for failures := 0; ; failures++ {
		err := w.store.ChangeTasks(w.ctx, batch)
		if err == nil {
			w.mu.Lock()
			w.queue, w.flying = w.queue[n:], 0
			w.mu.Unlock()
			return true
		}
		if w.ctx.Err() != nil {
			return false
		}
		if failures == 0 {
			w.log.Error("what became of record tasks cannot be written; it is tried again", "error", err)
		}
		select {
		case <-time.After(backoff):
		case <-stop:
			stop = nil
		case <-w.ctx.Done():
			return false
		}
		backoff = min(2*backoff, longestChronicleBackoff)
		if stop == nil {
			backoff = closingChronicleBackoff
		}
	}
}

// prune forgets the tasks that are kept no longer. If it fails, the next one makes good for it.
func (w *taskWriter) prune() {
	for {
		n, err := w.store.PruneTasks(w.ctx, w.now().Add(-TaskKept), taskPruneSome)
		if err != nil && w.ctx.Err() == nil {
			w.log.Warn("old record tasks could not be removed", "error", err)
		}
		if err != nil || n < taskPruneSome {
			return
		}
	}
}
