package api

import (
	"context"
	"sync"
	"time"

	"aircheck/server/auth"
)

// Bounds of what is remembered of answered requests.
const (
	maxReplays     = 32768
	maxReplayBytes = 32 << 20
)

// replayLife is how long a signature can be repeated: its timestamp may be Window ahead of the clock when it comes
// first and Window behind it at the end.
const replayLife = 2*auth.Window + time.Second

// replay answers a repeated request with the answer its first got, without doing it again. The zero value is ready.
type replay struct {
	mu      sync.Mutex
	entries map[string]*replayEntry
	// order has the keys as they came, the oldest first.
	order []string
	bytes int
}

type replayEntry struct {
	key  string
	born time.Time
	// done is closed once answer is there.
	done   chan struct{}
	answer []byte
	// size is what the answer adds to replay.bytes.
	size int
}

// do returns the answer that make gave for that key the first time. A repetition that comes while the first is under way
// waits for it, at most until ctx ends; then ok is false. make must not panic.
func (r *replay) do(ctx context.Context, key string, answer func() []byte) (out []byte, ok bool) {
	e, first := r.claim(key, time.Now())
	if first {
		e.answer = answer()
		close(e.done)
		r.account(e)
		return e.answer, true
	}
	select {
	case <-e.done:
		return e.answer, true
	case <-ctx.Done():
		return nil, false
	}
}

func (r *replay) claim(key string, now time.Time) (e *replayEntry, first bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.forget(now)
	if e := r.entries[key]; e != nil {
		return e, false
	}
	if r.entries == nil {
		r.entries = map[string]*replayEntry{}
	}
	e = &replayEntry{key: key, born: now, done: make(chan struct{})}
	r.entries[key] = e
	r.order = append(r.order, key)
	return e, true
}

// account adds the answer's size, unless the entry is gone already.
func (r *replay) account(e *replayEntry) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.entries[e.key] == e {
		e.size = len(e.answer)
		r.bytes += e.size
	}
}

// forget drops what can no longer be repeated, and the oldest beyond the bounds. Those under way stay.
func (r *replay) forget(now time.Time) {
	for len(r.order) > 0 {
		e := r.entries[r.order[0]]
		old := now.Sub(e.born) > replayLife
		if !old && len(r.order) < maxReplays && r.bytes <= maxReplayBytes {
			return
		}
		select {
		case <-e.done:
		default:
			return
		}
		delete(r.entries, e.key)
		r.bytes -= e.size
		r.order = r.order[1:]
	}
}
