package store

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"

	"gorm.io/gorm"
)

// Much of what a transaction costs is its commit: pages of many indexes go to the log, and the log to the disk. So writes that
// come while another one is under way share a commit. The first of them leads: it opens the transaction, does its own part,
// then those of all who wait, and commits. Who comes while the disk syncs waits for the next leader: who has waited longest.

// maxGroup is how many writes share a commit at most: the first of them waits for the last.
const maxGroup = 64

// errUnfinished is what the others get when the leader's goroutine ends amid the transaction.
var errUnfinished = errors.New("the transaction was not finished")

// queue holds the writes that wait for a leader. Its zero value is ready to be used.
type queue struct {
	mu      sync.Mutex
	led     bool // somebody leads, or has been told to
	waiting []*waiter
}

// waiter is a write in the queue. Whoever takes it out of there owes it a turn.
type waiter struct {
	ctx context.Context // of the call that waits
	do  func(tx *gorm.DB) error
	// turn says that the wait is over: this one has to lead (true), or has been carried out by another (false).
	turn     chan bool
	err      error
	panicked *panicError
}

// panicError is a panic on its way from the goroutine of the leader to the one whose function it was.
type panicError struct {
	value any
	stack []byte
}

func (p *panicError) Error() string { return fmt.Sprintf("%v\n\n%s", p.value, p.stack) }

// enter makes the caller the leader if there is none (nil), or puts it into the queue.
func (q *queue) enter(ctx context.Context, do func(tx *gorm.DB) error) *waiter {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.led {
		q.led = true
		return nil
	}
	w := &waiter{ctx: ctx, do: do, turn: make(chan bool, 1)}
	q.waiting = append(q.waiting, w)
	return w
}

// take takes the one out that waits longest. nil if there is none.
func (q *queue) take() *waiter {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.first()
}

func (q *queue) first() *waiter {
	if len(q.waiting) == 0 {
		return nil
	}
	w := q.waiting[0]
	q.waiting = slices.Delete(q.waiting, 0, 1)
	return w
}

// leave ends the leader's turn.
func (q *queue) leave() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if w := q.first(); w != nil {
		w.turn <- true
		return
	}
	q.led = false
}

// giveUp takes w out, and reports whether it was still waiting.
func (q *queue) giveUp(w *waiter) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	i := slices.Index(q.waiting, w)
	if i < 0 {
		return false
	}
	q.waiting = slices.Delete(q.waiting, i, i+1)
	return true
}

// wait returns when w has to lead, or with its result. If its context ends before somebody has taken it, nobody will.
func (q *queue) wait(w *waiter) (lead bool, err error) {
	select {
	case lead = <-w.turn:
	case <-w.ctx.Done():
		if q.giveUp(w) {
			return false, w.ctx.Err()
		}
		lead = <-w.turn
	}
	if w.panicked != nil {
		panic(w.panicked)
	}
	return lead, w.err
}

// write runs do in a transaction that can read what it is going to change, and returns when that is on the disk. ctx ends
// waiting for the writer; from then on the transaction runs to its end. Of a failed one nothing remains. do returns the errors
// of tx, and may run in another goroutine.
func (s *Store) write(ctx context.Context, do func(tx *gorm.DB) error) error {
	ctx, added := noteEvents(ctx)
	err := s.commit(ctx, do)
	if err != nil {
		return err
	}
	select {
	case s.written <- struct{}{}:
	default:
	}
	if added.Load() && s.OnEvent != nil {
		s.OnEvent()
	}
	return nil
}

func (s *Store) commit(ctx context.Context, do func(tx *gorm.DB) error) error {
	if w := s.queue.enter(ctx, do); w != nil {
		if lead, err := s.queue.wait(w); !lead {
			return err
		}
	}
	return s.lead(ctx, do)
}

// lead makes a transaction of do and of what waits in the queue. If do fails, the others have a transaction of their own.
func (s *Store) lead(ctx context.Context, do func(tx *gorm.DB) error) error {
	var others []*waiter
	err := errUnfinished
	defer func() {
		s.queue.leave()
		settle(others, err)
	}()
	err = s.writer.WithContext(ctx).Connection(func(conn *gorm.DB) error {
		return conn.WithContext(context.WithoutCancel(ctx)).Transaction(func(tx *gorm.DB) error {
			if err := do(tx); err != nil {
				return err
			}
			for len(others) < maxGroup-1 {
				w := s.queue.take()
				if w == nil {
					return nil
				}
				others = append(others, w)
				if err := w.run(tx); err != nil {
					return err
				}
			}
			return nil
		})
	})
	if tables := s.changes.take(); len(tables) > 0 && s.OnChange != nil {
		s.OnChange(tables)
	}
	return err
}

// settle tells the others of a group that their transaction has ended with err. Who failed before that keeps its own error.
func settle(others []*waiter, err error) {
	for _, w := range others {
		if w.err == nil {
			w.err = err
		}
		w.turn <- false
	}
}

// run does the part of w, of which nothing remains if it fails. It returns an error if the whole transaction is lost.
func (w *waiter) run(tx *gorm.DB) error {
	if w.err = w.ctx.Err(); w.err != nil {
		return nil
	}
	// gorm's own SavePoint would leave its error in tx.
	if err := tx.Exec("SAVEPOINT part").Error; err != nil {
		return fmt.Errorf("begin a part of a transaction: %w", err)
	}
	if w.err = w.call(tx.WithContext(context.WithoutCancel(w.ctx))); w.err != nil {
		// SQLite ends transactions by itself if, for example, the disk is full. The savepoint is gone then.
		if err := tx.Exec("ROLLBACK TO part").Error; err != nil {
			return fmt.Errorf("undo a part of a transaction: %w", err)
		}
	}
	if err := tx.Exec("RELEASE part").Error; err != nil {
		return fmt.Errorf("end a part of a transaction: %w", err)
	}
	return nil
}

// call calls the function of w. A panic is kept for the goroutine that waits for it.
func (w *waiter) call(tx *gorm.DB) (err error) {
	defer func() {
		if p := recover(); p != nil {
			w.panicked = &panicError{p, debug.Stack()}
			err = w.panicked
		}
	}()
	return w.do(tx)
}
