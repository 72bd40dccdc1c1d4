// Package audit writes down who changed what, and who logged in. What it is told it writes in the background: nobody waits for it, and what it
// cannot write keeps nothing from being done.
package audit

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// What is done at the console without the API, under the product Console.
const (
	Console           = "console"
	ConsoleLogin      = "ConsoleLogin"
	ConsoleLogout     = "ConsoleLogout"
	ConsolePassword   = "ConsolePassword"
	ConsoleSessionEnd = "ConsoleSessionEnd"
)

const (
	// Keep is how long entries are kept, MaxEntries how many at most.
	Keep       = 90 * 24 * time.Hour
	MaxEntries = 100_000

	// queueSize is how many entries may wait to be written, batch how many are written at once.
	queueSize = 1000
	batch     = 200
	// sweepEvery is how often what is over is removed, sweepAfter after how many new entries.
	sweepEvery = time.Hour
	sweepAfter = 1000
	// sweepStep is how many entries are removed at once.
	sweepStep = 1000
	// retry is how long it takes until writing is tried again that has failed.
	retry = time.Second
	// farewell is how long Close tries to write what is left.
	farewell = 2 * time.Second
)

// Entry is something that somebody did.
type Entry struct {
	// ID counts up.
	ID   int64
	Time time.Time
	// Scheme is how the caller proved who it is, KeyID the access key; empty for the console.
	Scheme, KeyID string
	// Remote is the address of the caller, Agent its program.
	Remote, Agent string
	// Product and Action name what was done.
	Product, Action string
	// Params and Answer are what it was done with and what came of it: see Text.
	Params, Answer string
	// Code is that of the error; empty: it was done.
	Code      string
	RequestID string
}

// Filter chooses entries. Empty fields choose all.
type Filter struct {
	From, To time.Time
	// Before chooses entries with a smaller ID; 0: all.
	Before int64
	ID     int64
	// Actions are some of them.
	Actions []string
	Product string
	KeyID   string
	// Console chooses what was done by the console's login, Failed what failed, Done what did not.
	Console, Failed, Done bool
	Code, RequestID       string
	Remote                string
	Limit                 int
}

// Store keeps entries. Every method is one transaction.
type Store interface {
	AddAudit(ctx context.Context, entries []Entry) error
	// Audit returns those that fit, the newest first, and how many there are with whatever ID.
	Audit(ctx context.Context, f Filter) (page []Entry, total int, err error)
	// SweepAudit removes at most limit of the entries from before that time and of those beyond the newest keep. It returns how many it were.
	SweepAudit(ctx context.Context, before time.Time, keep, limit int) (n int, err error)
}

// Stats is how many entries were Written, and how many were Lost because too many waited.
type Stats struct{ Written, Lost int64 }

// Log takes entries and writes them. Call Start, and Close at the end. A nil *Log takes entries and forgets them.
type Log struct {
	Store Store
	Log   *slog.Logger

	mu     sync.Mutex // of what follows
	queue  chan Entry
	closed bool
	stats  Stats
	done   sync.WaitGroup

	// Of run: entries since the last sweep, and until when is tried what fails, after Close.
	since int
	until time.Time
}

// Start begins to write.
func (l *Log) Start() {
	l.queue = make(chan Entry, queueSize)
	l.done.Go(l.run)
}

// Close writes what waits, and returns. What is added later is lost.
func (l *Log) Close() error {
	l.mu.Lock()
	l.closed = true
	close(l.queue)
	l.mu.Unlock()
	l.done.Wait()
	return nil
}

// Add takes an entry. It does not wait: if too much does already, the entry is lost, and counted.
func (l *Log) Add(e Entry) {
	if l == nil {
		return
	}
	if e.Time.IsZero() {
		e.Time = time.Now()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.closed {
		select {
		case l.queue <- e:
			return
		default:
		}
	}
	l.lose(1)
}

// lose counts entries that are not written. mu is held.
func (l *Log) lose(n int64) {
	if before := l.stats.Lost; before/queueSize != (before+n)/queueSize || before == 0 {
		l.Log.Warn("the audit log cannot be written as fast as it grows; entries are lost", "lost", before+n)
	}
	l.stats.Lost += n
}

// Stats returns how much was written and lost since the start.
func (l *Log) Stats() Stats {
	if l == nil {
		return Stats{}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.stats
}

// run writes until the queue is closed and empty.
func (l *Log) run() {
	l.sweep()
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			l.sweep()
		case e, ok := <-l.queue:
			if !ok {
				return
			}
			l.write(l.more(e))
			if l.since >= sweepAfter {
				l.sweep()
			}
		}
	}
}

// more adds to an entry what else waits.
func (l *Log) more(first Entry) []Entry {
	out := []Entry{first}
	for len(out) < batch {
		select {
		case e, ok := <-l.queue:
			if !ok {
				return out
			}
			out = append(out, e)
		default:
			return out
		}
	}
	return out
}

// write writes entries, and tries again for as long as that fails; after Close for a moment only.
func (l *Log) write(entries []Entry) {
	for tries := 1; ; tries++ {
		err := l.Store.AddAudit(context.Background(), entries)
		if err == nil {
			l.mu.Lock()
			l.stats.Written += int64(len(entries))
			l.mu.Unlock()
			l.since += len(entries)
			return
		}
		if tries == 1 {
			l.Log.Warn("the audit log cannot be written; it is tried again", "error", err)
		}
		if l.over() && l.until.IsZero() {
			l.until = time.Now().Add(farewell)
		}
		if !l.until.IsZero() && !time.Now().Before(l.until) {
			l.mu.Lock()
			l.lose(int64(len(entries)))
			l.mu.Unlock()
			return
		}
		time.Sleep(retry)
	}
}

func (l *Log) over() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.closed
}

// sweep removes what is over.
func (l *Log) sweep() {
	l.since = 0
	for !l.over() {
		n, err := l.Store.SweepAudit(context.Background(), time.Now().Add(-Keep), MaxEntries, sweepStep)
		if err != nil {
			l.Log.Warn("old entries of the audit log were not removed", "error", err)
		}
		if err != nil || n < sweepStep {
			return
		}
	}
}
