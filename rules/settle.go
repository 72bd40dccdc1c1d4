package rules

import (
	"context"
	"time"

	"aircheck/ingest/media"
)

// Settle waits until what happened to a stream before a time has been written, so that events which others write come behind it. It
// returns ctx's error if that ends first.
func (c *Chronicle) Settle(ctx context.Context, key media.StreamKey, before time.Time) error {
	for {
		written := c.awaited(key, before)
		if written == nil {
			return nil
		}
		select {
		case <-written:
		case <-ctx.Done():
			return ctx.Err()
		case <-c.done:
			return nil
		}
	}
}

// awaited returns what is closed when entries are written, nil if none of them waits that Settle is about.
func (c *Chronicle) awaited(key media.StreamKey, before time.Time) <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range c.queue {
		e := &c.queue[i].Event
		if e.Stream == key.Stream && e.App == key.App && e.Domain == key.Domain && e.At.Before(before) {
			if c.written == nil {
				c.written = make(chan struct{})
			}
			return c.written
		}
	}
	return nil
}
