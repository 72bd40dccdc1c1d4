package vod

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"
)

// defaultInterval is how often the background jobs look for work.
const defaultInterval = time.Minute

// Retention deletes assets that have expired, and finishes deletions that were cut short: at once when it starts, and then
// on every interval. Set the exported fields before Start.
type Retention struct {
	Catalog *Catalog
	// Interval is the time between two looks; 0 means a minute.
	Interval time.Duration
	Log      *slog.Logger

	job job
}

// Start starts the loop.
func (r *Retention) Start() { r.job.start(r.Interval, r.look) }

// Close ends the loop and waits for it.
func (r *Retention) Close() { r.job.close() }

func (r *Retention) look(ctx context.Context) {
	if err := errors.Join(r.expire(ctx), r.Catalog.Sweep(ctx)); err != nil && ctx.Err() == nil {
		r.Log.Warn("files not deleted yet, will be tried again", "error", err)
	}
}

func (r *Retention) expire(ctx context.Context) error {
	for {
		ids, err := r.Catalog.Store.Expired(ctx, time.Now(), batch)
		if err != nil {
			return err
		}
		for _, id := range ids {
			// Somebody else may have deleted it since.
			if err := r.Catalog.Delete(ctx, id); err != nil && !errors.Is(err, ErrNotFound) {
				return err
			}
		}
		if len(ids) < batch {
			return nil
		}
	}
}

// job is a goroutine that looks for work: at its start, on every interval, and when it is woken.
type job struct {
	wake   chan struct{}
	cancel context.CancelFunc
	done   sync.WaitGroup
}

func (j *job) start(interval time.Duration, look func(context.Context)) {
	if interval == 0 {
		interval = defaultInterval
	}
	ctx, cancel := context.WithCancel(context.Background())
	j.cancel = cancel
	j.wake = make(chan struct{}, 1)
	j.done.Go(func() {
		tick := time.NewTicker(interval)
		defer tick.Stop()
		for {
			look(ctx)
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			case <-j.wake:
			}
		}
	})
}

// kick wakes the job; it does not wait. Before start it does nothing.
func (j *job) kick() {
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
