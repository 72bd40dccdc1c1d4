package vod

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// defaultInterval is how often the background jobs look for work.
const defaultInterval = time.Minute

// Retention deletes assets that have expired, and finishes deletions that were cut short: at once when it starts, then
// on every interval, and when it is woken. Where Room is set, it deletes the oldest ones while there is too little of it. An asset
// that is held or being recorded is never deleted. Set the exported fields before Start.
//
// When the clock has jumped forward by more than a day, nothing expires for an hour: somebody may set it right meanwhile. Whether it
// is wrong already when the server starts cannot be told.
type Retention struct {
	Catalog *Catalog
	// Interval is the time between two looks; 0 means a minute.
	Interval time.Duration
	// Room tells how many bytes are free in the storage StorageID, and the floor below which nothing is recorded there: below
	// 1.25 times the floor its oldest assets are deleted, until 1.5 times the floor is free. ok is false while that is not
	// known. nil: nothing is deleted for want of room.
	Room      func() (free, floor int64, ok bool)
	StorageID string
	// Written counts the bytes that recordings have written there, by which what deleting has freed is told from what they have taken
	// since. May be nil.
	Written func() int64
	// Now is the wall clock; nil means time.Now.
	Now func() time.Time
	Log *slog.Logger

	job   job
	clock clockGuard
	// watch looks for want of room in between, unless the last try to make some was in vain.
	watch job
	vain  atomic.Bool
	made  made
}

// Start starts the loop.
func (r *Retention) Start() {
	if r.Now == nil {
		r.Now = time.Now
	}
	r.job.start(r.Interval, r.look)
	if r.Room != nil {
		r.watch.start(watchRoom, func(context.Context) {
			if _, _, scarce := r.scarce(); scarce && !r.vain.Load() {
				r.Kick()
			}
		})
	}
}

// Kick makes it look now, such as when room has become scarce. It does not wait.
func (r *Retention) Kick() { r.job.kick() }

// Close ends the loop and waits for it.
func (r *Retention) Close() {
	r.watch.close()
	r.job.close()
}

func (r *Retention) look(ctx context.Context) {
	expire := r.expire(ctx)
	left, sweep := r.Catalog.sweep(ctx)
	room := r.makeRoom(ctx, left)
	r.vain.Store(room != nil)
	if err := errors.Join(expire, sweep, room); err != nil && ctx.Err() == nil {
		r.Log.Warn("files not deleted yet, will be tried again", "error", err)
	}
}

// expire deletes what has expired. What one file does not allow is tried again at the next look, after all others.
func (r *Retention) expire(ctx context.Context) error {
	now := r.Now()
	if jump, news := r.clock.jumped(now, time.Now()); jump != 0 {
		if news {
			r.Log.Warn("the clock has jumped forward: nothing expires until it is set right, or an hour has passed",
				"by", jump.Round(time.Second), "now", now.UTC())
		}
		return nil
	}
	for {
		ids, err := r.Catalog.Store.Expired(ctx, now, batch)
		if err != nil {
			return err
		}
		var failed error
		for _, id := range ids {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if _, _, err := r.Catalog.expel(ctx, id, "expired"); err != nil && !moot(err) {
				failed = cmp.Or(failed, err)
			}
		}
		if failed != nil || len(ids) < batch {
			return failed
		}
	}
}

// moot tells an error that only says that somebody else was faster: the asset was deleted or held meanwhile.
func moot(err error) bool { return errors.Is(err, ErrNotFound) || errors.Is(err, ErrHeld) }

// job is a goroutine that looks for work: at its start, on every interval, and when it is woken.
type job struct {
	mu     sync.Mutex
	wake   chan struct{} // nil until it starts
	cancel context.CancelFunc
	done   sync.WaitGroup
}

func (j *job) start(interval time.Duration, look func(context.Context)) {
	if interval == 0 {
		interval = defaultInterval
	}
	ctx, cancel := context.WithCancel(context.Background())
	j.cancel = cancel
	wake := make(chan struct{}, 1)
	j.mu.Lock()
	j.wake = wake
	j.mu.Unlock()
	j.done.Go(func() {
		tick := time.NewTicker(interval)
		defer tick.Stop()
		for {
			look(ctx)
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			case <-wake:
			}
		}
	})
}

// kick wakes the job; it does not wait. Before start it does nothing: what there is to do then is found at the start.
func (j *job) kick() {
	j.mu.Lock()
	defer j.mu.Unlock()
	select {
	case j.wake <- struct{}{}:
	default:
	}
}

// close ends the job, if it was started, and waits for it.
func (j *job) close() {
	if j.cancel != nil {
		j.cancel()
	}
	j.done.Wait()
}
