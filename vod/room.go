package vod

import (
	"context"
	"fmt"
	"time"
)

// watchRoom is how often it is asked whether room is scarce. What was deleted has an effect by then.
const watchRoom = 5 * time.Second

// scarce reports whether there is too little room.
func (r *Retention) scarce() (free, floor int64, scarce bool) {
	if r.Room == nil {
		return 0, 0, false
	}
	free, floor, ok := r.Room()
	return free, floor, ok && floor > 0 && free < floor+floor/4
}

const (
	// maxStuck is how many files that cannot be removed are tolerated when room is made. With more of them something is wrong with the
	// storage, and giving up assets would make no room.
	maxStuck = 10
	// maxFutile is how often in a row deleting may free nothing to speak of, as where snapshots keep the blocks, and resignation how
	// long no room is made then.
	maxFutile   = 3
	resignation = time.Hour
)

// made is what is known of the last time that room was made.
type made struct {
	at time.Time
	// free and written are what Room and Written said before, freed the size of what was deleted.
	free, written, freed int64
	// futile counts how often in a row it had no effect.
	futile int
	// until is when it is tried again.
	until time.Time
}

// judge tells whether it makes sense to make room now that so much is free. It is asked before each time.
func (r *Retention) judge(free int64) error {
	m, now := &r.made, time.Now()
	var written int64
	if r.Written != nil {
		written = r.Written()
	}
	if m.freed > 0 {
		gained := free - m.free + written - m.written
		if m.futile++; gained >= m.freed/10 {
			m.futile = 0
		}
		if m.futile >= maxFutile {
			m.futile, m.until = 0, now.Add(resignation)
		}
	}
	m.at, m.free, m.written, m.freed = now, free, written, 0
	if now.Before(m.until) {
		return fmt.Errorf("make room: deleting files frees nothing; do snapshots keep them, or does something else fill the disk? "+
			"It is tried again at %s", m.until.UTC().Format(time.TimeOnly))
	}
	return nil
}

// makeRoom deletes the oldest assets if room is scarce; stuck is how many deleted ones could not be removed so far. Beside the room
// itself it counts the sizes of what it deletes: what is free is shown with some delay.
func (r *Retention) makeRoom(ctx context.Context, stuck int) error {
	free, floor, scarce := r.scarce()
	if !scarce || time.Since(r.made.at) < watchRoom {
		return nil
	}
	if _, err := reachable(r.Catalog.Storages, r.StorageID); err != nil {
		return fmt.Errorf("make room: %w", err)
	}
	if err := r.judge(free); err != nil {
		return err
	}
	deleted, err := r.deleteOldest(ctx, floor+floor/2, stuck)
	if deleted > 0 {
		r.Log.Warn("room was scarce: the oldest files were deleted", "files", deleted, "bytes", r.made.freed, "free_before", free, "floor", floor)
	}
	return err
}

// deleteOldest deletes until enough is free, or should be.
func (r *Retention) deleteOldest(ctx context.Context, enough int64, stuck int) (deleted int, err error) {
	most := enough - r.made.free
	for {
		ids, err := r.Catalog.Store.Oldest(ctx, r.StorageID, batch)
		if err != nil {
			return deleted, fmt.Errorf("make room: %w", err)
		}
		before := deleted
		for _, id := range ids {
			if stuck >= maxStuck {
				return deleted, fmt.Errorf("make room: %d deleted files cannot be removed; no more are given up", stuck)
			}
			if ctx.Err() != nil {
				return deleted, ctx.Err()
			}
			freed, gone, err := r.Catalog.expel(ctx, id, "room")
			switch {
			case err != nil && moot(err):
				continue
			case err != nil:
				return deleted, fmt.Errorf("make room: %w", err)
			case !gone:
				stuck++
				continue
			}
			deleted++
			r.made.freed += freed
			if now, _, ok := r.Room(); !ok || now > enough || r.made.freed >= most {
				return deleted, nil
			}
		}
		if deleted == before {
			return deleted, fmt.Errorf("make room: %d bytes are wanted, and nothing is left that may be deleted", most)
		}
	}
}
