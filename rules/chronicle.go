package rules

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/stream"
)

const (
	// DefaultChronicleLimit is Chronicle.Limit where none is set: at less than a kilobyte each, far more than a store that works ever
	// leaves waiting.
	DefaultChronicleLimit = 20000
	// maxEntries is how many entries share a transaction.
	maxEntries = 64
	// seenEvery is how often the store is told which streams are still live, so that it is known after a crash.
	seenEvery = time.Minute
	// How long a Chronicle waits before it tries again what failed.
	firstChronicleBackoff   = 100 * time.Millisecond
	longestChronicleBackoff = 15 * time.Second
	closingChronicleBackoff = 250 * time.Millisecond
)

// Session is a push, as it is kept while it is live.
type Session struct {
	// ID is the stream's.
	ID    string
	Key   media.StreamKey
	Start time.Time
	// Seen is when it was last known to be live.
	Seen time.Time
	// Remote and Local are addresses with ports, empty when unknown. Params is the query of the push URL without its secrets.
	Remote, Local, Params string
}

// Entry is an event, together with the session that begins or ends with it, if one does.
type Entry struct {
	// Begin is the session that begins, End the ID of the one that ends, Push what is kept of that.
	Begin *Session
	End   string
	Push  *Push
	Event Event
}

// Chronicle writes down what happens to streams and recordings: the events of pushes that begin and end, and of what becomes of
// recordings. Nobody who tells it of something waits for the store, which has a goroutine of its own; so nothing on the path of
// the media ever does.
//
//	Hub.Attach ─ Begin ─▶ ┐
//	Hub.Ended  ─ End   ─▶ ├ queue, in order, bounded ─▶ goroutine: up to 64 entries in one transaction, until it succeeds
//	recorder   ─ Notice ▶ ┘
//
// Set the exported fields, then call Open once.
type Chronicle struct {
	Store SessionStore
	// Silence is after how long without a byte a lost publisher counts as silent rather than cut off.
	Silence time.Duration
	// Limit bounds how many entries wait for the store; 0 means DefaultChronicleLimit. Beyond it a push that begins is not written
	// down, and then not its end either, beyond half of it no notice is. Ends are always let in.
	Limit int
	Log   *slog.Logger

	ctx    context.Context // of the store; cancelled when Close gives up
	cancel context.CancelFunc
	wake   chan struct{}
	stop   chan struct{}
	done   chan struct{}

	mu     sync.Mutex
	queue  []Entry
	live   map[media.StreamKey]*stream.Stream // whose begin is written down, or waits
	merged map[mergeKey]*merge
	// written is closed when entries have been written, and made anew.
	written chan struct{}
	// full tells that entries were lost since there was room last, untold that this is to be logged.
	full, untold bool
	closed       bool
	stats        ChronicleStats
}

// ChronicleStats is a snapshot of a Chronicle.
type ChronicleStats struct {
	// Queued entries wait for the store; so far Written were written, and Dropped found no room.
	Queued           int
	Written, Dropped int64
}

// Open writes down that the sessions which a crash has left are over, and starts the goroutine. Close it when done, even after an
// error.
func (c *Chronicle) Open(ctx context.Context) error {
	if c.Limit == 0 {
		c.Limit = DefaultChronicleLimit
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	c.wake, c.stop, c.done = make(chan struct{}, 1), make(chan struct{}), make(chan struct{})
	c.live, c.merged = map[media.StreamKey]*stream.Stream{}, map[mergeKey]*merge{}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	left, err := c.Store.LiveSessions(ctx)
	if err != nil {
		close(c.done)
		return fmt.Errorf("read which streams were live: %w", err)
	}
	at := time.Now()
	for i := range left {
		was := Push{Session: left[i], End: left[i].Seen, Reason: interruptedText(&left[i]), Media: true}
		c.queue = append(c.queue, Entry{End: was.ID, Push: &was, Event: interruptedEvent(&left[i], at)})
	}
	if len(left) > 0 {
		c.Log.Warn("the server was interrupted while streams were live", "streams", len(left))
	}
	go c.run()
	return nil
}

// Begin notes that a push has begun. It does not wait.
func (c *Chronicle) Begin(s *stream.Stream) {
	c.mu.Lock()
	defer c.unlock()
	// Who comes next may be quicker than the one who ended the last.
	if before := c.live[s.Key()]; before != nil {
		c.end(before)
	}
	session := newSession(s)
	if !c.add(Entry{Begin: &session, Event: beginEvent(&session)}, c.Limit) {
		return
	}
	c.live[s.Key()] = s
	c.end(s) // it may be over by now
}

// End notes that a push has ended. It does nothing if Begin has not been called for it yet, which then sees to it, and does not wait.
func (c *Chronicle) End(s *stream.Stream) {
	c.mu.Lock()
	defer c.unlock()
	if c.live[s.Key()] == s {
		c.end(s)
	}
}

// end adds the end of a stream, with mu held, unless it has not ended.
func (c *Chronicle) end(s *stream.Stream) {
	end := s.Ended()
	if end == nil {
		return
	}
	delete(c.live, s.Key())
	c.flushStream(s.ID, end.At)
	session := newSession(s)
	_, text := endCodeOf(s, end, c.Silence)
	c.queue = append(c.queue, Entry{
		End: s.ID, Push: newPush(&session, s, end, text), Event: endEvent(&session, s, end, c.Silence),
	})
	c.kick()
}

// add adds an entry, with mu held, unless too many are waiting.
func (c *Chronicle) add(e Entry, limit int) bool {
	if c.closed || len(c.queue) >= limit {
		c.stats.Dropped++
		if !c.full {
			c.full, c.untold = true, true
		}
		return false
	}
	c.queue = append(c.queue, e)
	c.kick()
	return true
}

// unlock gives mu back. What there is to say is said then: it may take time.
func (c *Chronicle) unlock() {
	untold, queued := c.untold, len(c.queue)
	c.untold = false
	c.mu.Unlock()
	if untold {
		c.Log.Error("the database is too slow, or cannot be written: events are lost", "queued", queued)
	}
}

func (c *Chronicle) kick() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// Stats returns a snapshot.
func (c *Chronicle) Stats() ChronicleStats {
	c.mu.Lock()
	defer c.mu.Unlock()
	st := c.stats
	st.Queued = len(c.queue)
	return st
}

// Close writes what waits, and takes nothing from then on. If ctx ends first it gives up and returns ctx's error: sessions whose end is
// not written then are ended by the next Open.
func (c *Chronicle) Close(ctx context.Context) error {
	c.mu.Lock()
	if c.done == nil || c.closed {
		c.mu.Unlock()
		return nil
	}
	c.flushAll(time.Now())
	c.closed = true
	c.unlock()
	close(c.stop)
	defer c.cancel()
	select {
	case <-c.done:
		return nil
	case <-ctx.Done():
	}
	c.cancel()
	select {
	case <-c.done:
	case <-time.After(time.Second): // only a hung disk keeps it longer
	}
	if n := c.Stats().Queued; n > 0 {
		return fmt.Errorf("write %d events: %w", n, ctx.Err())
	}
	return nil
}

// run is the goroutine that writes.
func (c *Chronicle) run() {
	defer close(c.done)
	seen := time.NewTicker(seenEvery)
	defer seen.Stop()
	stop := c.stop
	var pruned time.Time
	for {
		due, wait := c.mergeDue(time.Now())
		if due {
			continue
		}
		if c.writeSome() {
			continue
		}
		if stop == nil || c.ctx.Err() != nil {
			return
		}
		select {
		case <-c.wake:
		case <-wait:
		case now := <-seen.C:
			c.see()
			if now.Sub(pruned) >= pruneEvery && !c.prune(now) {
				pruned = now
			}
		case <-stop:
			stop = nil
		}
	}
}

// writeSome writes the entries that have waited longest, however long that takes. It reports false if there are none, or it gave up.
func (c *Chronicle) writeSome() bool {
	batch := c.next()
	if len(batch) == 0 {
		return false
	}
	backoff, stop := firstChronicleBackoff, c.stop
	for failures := 0; ; failures++ {
		err := c.Store.AddEntries(c.ctx, batch)
		if err == nil {
			c.wrote(len(batch))
			if failures > 0 {
				c.Log.Info("events are written again", "failures", failures)
			}
			return true
		}
		if c.ctx.Err() != nil {
			return false
		}
		if failures == 0 {
			c.Log.Error("events cannot be written; it is tried again", "error", err)
		}
		select {
		case <-time.After(backoff):
		case <-stop:
			stop = nil
		case <-c.ctx.Done():
			return false
		}
		backoff = min(2*backoff, longestChronicleBackoff)
		if stop == nil {
			backoff = closingChronicleBackoff
		}
	}
}

// next returns the first entries of the queue, which stay there.
func (c *Chronicle) next() []Entry {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := min(len(c.queue), maxEntries)
	return c.queue[:n:n]
}

// wrote takes the first entries off the queue.
func (c *Chronicle) wrote(n int) {
	c.mu.Lock()
	clear(c.queue[:n])
	c.queue = c.queue[n:]
	if len(c.queue) == 0 {
		c.queue = nil // a burst's
	}
	c.stats.Written += int64(n)
	if c.written != nil {
		close(c.written)
		c.written = nil
	}
	again, dropped := c.full && len(c.queue) < c.Limit/4, c.stats.Dropped
	c.full = c.full && !again
	c.mu.Unlock()
	if again {
		c.Log.Warn("events are taken again", "lost_so_far", dropped)
	}
}

// see has the store note which sessions are live. If it fails, the next one makes good for it.
func (c *Chronicle) see() {
	c.mu.Lock()
	live := len(c.live)
	c.mu.Unlock()
	if live == 0 {
		return
	}
	if err := c.Store.SeeSessions(c.ctx, time.Now()); err != nil && c.ctx.Err() == nil {
		c.Log.Warn("the live streams could not be noted", "error", err)
	}
}
