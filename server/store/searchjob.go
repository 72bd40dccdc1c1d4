package store

import (
	"context"
	"log/slog"
	"time"
)

const (
	// indexDelay is how long a change waits for others that are indexed with it.
	indexDelay = 500 * time.Millisecond
	// indexTurn is how long the writer is busy indexing at once: a recording that ends waits for it.
	indexTurn = 20 * time.Millisecond
	// indexLeast and indexMost are how many files are indexed at once.
	indexLeast, indexMost = 4, 512
	// indexRetry is how long the index is left alone after an error.
	indexRetry = 10 * time.Second
	// indexMany is how many files are worth telling about, indexPeriod how often.
	indexMany   = 10_000
	indexPeriod = 30 * time.Second
)

// Indexer brings the search index up to date after each write, a little at a time. Searches are right without it, too, but take longer
// the more files the index does not know.
type Indexer struct {
	Store *Store
	Log   *slog.Logger

	cancel context.CancelFunc
	done   chan struct{}
	size   int // how many files are indexed at once
}

// Start begins, with what a former run has left. Call Close before the Store's.
func (x *Indexer) Start() {
	ctx, cancel := context.WithCancel(context.Background())
	x.cancel, x.done, x.size = cancel, make(chan struct{}), indexLeast
	go x.run(ctx)
}

// Close ends it. What is left is for the next time.
func (x *Indexer) Close() {
	x.cancel()
	<-x.done
}

func (x *Indexer) run(ctx context.Context) {
	defer close(x.done)
	for {
		wait := indexDelay
		if err := x.catchUp(ctx); err != nil && ctx.Err() == nil {
			x.Log.Error("search index not updated, will be tried again", "error", err)
			wait = indexRetry
		} else if !x.changed(ctx) {
			return
		}
		if !pause(ctx, wait) {
			return
		}
	}
}

// changed waits for a write, and reports false if there is none any more.
func (x *Indexer) changed(ctx context.Context) bool {
	select {
	case <-x.Store.written:
		return true
	case <-ctx.Done():
		return false
	}
}

// catchUp indexes until nothing is left. It leaves the writer to others for as long as it has used it.
func (x *Indexer) catchUp(ctx context.Context) error {
	left, err := x.Store.Pending(ctx, indexMany)
	if err != nil || left == 0 {
		return err
	}
	report := newIndexReport(x.Log, left)
	for {
		began := time.Now()
		n, err := x.Store.IndexPending(ctx, x.size)
		if err != nil {
			return err
		}
		report.add(n)
		if n < x.size {
			report.end()
			return nil
		}
		took := time.Since(began)
		x.size = nextSize(x.size, took)
		if !pause(ctx, took) {
			return nil
		}
	}
}

// nextSize is how many files to index at once if so many took so long.
func nextSize(size int, took time.Duration) int {
	if took > indexTurn {
		return max(size/2, indexLeast)
	}
	return min(size+size/4, indexMost)
}

func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// indexReport tells how far a long way is.
type indexReport struct {
	log         *slog.Logger
	done        int
	began, last time.Time
}

// newIndexReport begins one, which says nothing if there is little to do.
func newIndexReport(log *slog.Logger, left int) *indexReport {
	r := &indexReport{began: time.Now(), last: time.Now()}
	if left >= indexMany {
		r.log = log
		log.Info("search index is being built; searches take longer until it is done")
	}
	return r
}

func (r *indexReport) add(n int) {
	r.done += n
	if r.log != nil && time.Since(r.last) >= indexPeriod {
		r.last = time.Now()
		r.log.Info("search index is being built", "files", r.done)
	}
}

func (r *indexReport) end() {
	if r.log != nil {
		r.log.Info("search index built", "files", r.done, "took", time.Since(r.began).Round(time.Second))
	}
}
