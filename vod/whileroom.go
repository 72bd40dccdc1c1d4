package vod

import (
	"context"
	"sync"
	"time"
)

// roomEvery is how often it is looked whether there still is room.
const roomEvery = 2 * time.Second

// WhileRoom returns a context that ends, with ErrNoRoom for its cause, when what room is left in a storage is for recordings: for who writes
// without asking in between. Call stop when done.
func (in *Intake) WhileRoom(ctx context.Context, storageID string) (run context.Context, stop func()) {
	run, cancel := context.WithCancelCause(ctx)
	if in.Room == nil {
		return run, func() { cancel(nil) }
	}
	var wait sync.WaitGroup
	wait.Go(func() {
		tick := time.NewTicker(roomEvery)
		defer tick.Stop()
		for {
			select {
			case <-run.Done():
				return
			case <-tick.C:
				if err := in.Room(storageID); err != nil {
					cancel(err)
				}
			}
		}
	})
	return run, func() { cancel(nil); wait.Wait() }
}
