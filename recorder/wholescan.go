package recorder

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"
	"time"
)

const (
	// recoverers is how many files are repaired at once: they wait for the disk as finishers do. Those that must be read as a whole
	// come one after the other.
	recoverers = finishers
	// tellEvery is how often the log tells how far reading a whole file is.
	tellEvery = 10 * time.Second
	// longScan is how much of a file may lie behind what its journal knows, in bytes, before it counts as one to be read as a whole.
	longScan = 256 << 20
)

var (
	// errLongScan: a file has to be read as a whole, or most of it, and that was not to be done.
	errLongScan = errors.New("the file has to be read as a whole")
	// errStopped: reading a file as a whole was broken off, because the server stops.
	errStopped = errors.New("the server stops")
)

// rescue is one run of Recover.
type rescue struct {
	m *Manager
	// whole: files may be read as a whole. Otherwise they are put aside into later.
	whole bool

	mu     sync.Mutex
	done   int
	failed []error
	later  []leftover
}

// run recovers files, so many at once.
func (r *rescue) run(ctx context.Context, todo []leftover, workers int) {
	queue := make(chan leftover, len(todo))
	for _, l := range todo {
		queue <- l
	}
	close(queue)
	var all sync.WaitGroup
	for range min(workers, len(todo)) {
		all.Go(func() {
			for l := range queue {
				r.one(ctx, l)
			}
		})
	}
	all.Wait()
}

func (r *rescue) one(ctx context.Context, l leftover) {
	n, err := r.m.recoverOne(ctx, l, r.whole)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.done += n
	switch {
	case errors.Is(err, errLongScan):
		r.later = append(r.later, l)
	case err != nil:
		r.failed = append(r.failed, err)
	}
}

// putOff leaves a file to the next call of Recover.
func (m *Manager) putOff(l leftover) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.leftover = append(m.leftover, l)
}

// stopped is why a long scan is to be broken off, or nil.
func (m *Manager) stopped(ctx context.Context) error {
	select {
	case <-m.closing:
		return errStopped
	default:
		return ctx.Err()
	}
}

// scan is a file that is being scanned. It tells the log how far that is, and fails when it is to be broken off.
type scan struct {
	io.ReaderAt
	from, size int64
	stop       func() error
	log        *slog.Logger
	told       time.Time
}

func newScan(f io.ReaderAt, from, size int64, stop func() error, log *slog.Logger) *scan {
	return &scan{ReaderAt: f, from: from, size: size, stop: stop, log: log, told: time.Now()}
}

// ReadAt implements io.ReaderAt.
func (s *scan) ReadAt(p []byte, off int64) (int, error) {
	if s.size-s.from > longScan {
		if err := s.stop(); err != nil {
			return 0, err
		}
		if now := time.Now(); now.Sub(s.told) >= tellEvery {
			s.told = now
			s.log.Info("reading a recording as a whole", "percent", (off-s.from)*100/(s.size-s.from), "bytes", s.size)
		}
	}
	return s.ReaderAt.ReadAt(p, off)
}
