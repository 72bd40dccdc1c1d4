package rewind

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/stream"
)

// Defaults of Ring.
const (
	DefaultMaxBytes   = 4 << 30
	DefaultTotalBytes = 32 << 30
)

const (
	// upkeepEvery is how often it is looked what has aged out, and how much room there is.
	upkeepEvery = time.Second
	// queueBytes and queueTime bound what a stream has waiting for the disk of the ring. All streams together have a quarter of what is for
	// all readers: recordings need the memory.
	queueBytes = 16 << 20
	queueTime  = 3 * time.Second
	// pageBytes and pageTime are when a page is full, at the next place to begin at; they are no more than the bounds, of which
	// TotalBytes is for as many as are live, and the window by pageShare. late is how many times as large or long a page becomes where
	// there is no such place.
	pageBytes = 16 << 20
	pageTime  = 30 * time.Second
	pageShare = 8
	late      = 4
	// stuck is after how long a disk that does not answer is told of.
	stuck = 10 * time.Second
	// patience is how long the disk is waited for by who can go on without it.
	patience = 500 * time.Millisecond
)

// Ring holds the last minutes of streams on disk. It is a cache: nothing is made durable, a disk that is slow or full costs what the ring
// should hold and nothing else, and what is there is found again after a restart. Set the exported fields before Open; the other methods
// may then be called from any goroutine.
//
//	Stream ─ Notify ─▶ ready list ─▶ writer goroutine: Take, one write per stream and round ─▶ Dir/SESSION/NUMBER.page
//	                                   │ index of each page, in memory          ▲
//	                                   ▼                                        │
//	                                 Stretches ─ Units ─ reads pages ───────────┘
type Ring struct {
	// Dir is the ring's folder. Only pages in it are ever removed.
	Dir string
	// Window is how long units are held, by when they were received.
	Window time.Duration
	// Covers tells which streams are held; nil: all.
	Covers func(media.StreamKey) bool
	// MaxBytes bounds what is held of one stream, TotalBytes what is held at all; defaults DefaultMaxBytes, DefaultTotalBytes. A bound is
	// exceeded by what comes in a second, at most.
	MaxBytes, TotalBytes int64
	// Room tells how much room there is on the disk of Dir. It is asked on the writer goroutine. nil, and false: the bounds alone count.
	Room func() (RingRoom, bool)
	// Log is where losses and failures go; nil means slog.Default.
	Log *slog.Logger

	closing chan struct{}
	stopped chan struct{} // closed when the writer has ended
	loading chan struct{} // closed when what an earlier run left was found
	loops   sync.WaitGroup
	wake    chan struct{}
	asked   chan ringRequest
	found   chan []*ringSession
	out     ringOutput // of the writer goroutine

	readyMu sync.Mutex
	ready   []*ringSession

	// mu guards what the fields say, and is never held while the disk is waited for. The writer alone changes them, but for Attach, which adds
	// sessions.
	mu       sync.Mutex
	open     bool
	sessions map[media.StreamKey][]*ringSession
	held     int64

	lost    atomic.Int64
	problem atomic.Pointer[string]
	base    time.Time
	busy    atomic.Int64 // since how long after base the writer does what it is doing; 0: it waits

	// before is called before each access to the disk that writes, and may refuse it or take its time. For tests.
	before func(op, path string) error
}

// RingRoom is how much room there is for the ring, in bytes.
type RingRoom struct {
	// Free is what the disk has. As much of the ring is given up, the oldest first, as it takes for Keep to be free; where all of it is
	// not enough, nothing is written.
	Free, Keep int64
}

// ringRequest asks the writer to take what has come.
type ringRequest struct {
	session *ringSession
	done    chan struct{}
}

// Open starts the writer. A folder that cannot be made is tried again, see Problem; a disk that does not answer is not waited for. What an
// earlier run left there is found beside it, which may take some seconds; streams can be attached at once.
func (r *Ring) Open() error {
	if r.Window <= 0 {
		return errors.New("open the ring: there is no window")
	}
	if r.MaxBytes <= 0 {
		r.MaxBytes = DefaultMaxBytes
	}
	if r.TotalBytes <= 0 {
		r.TotalBytes = DefaultTotalBytes
	}
	if r.Log == nil {
		r.Log = slog.Default()
	}
	r.closing, r.stopped, r.loading = make(chan struct{}), make(chan struct{}), make(chan struct{})
	r.wake, r.asked, r.found = make(chan struct{}, 1), make(chan ringRequest), make(chan []*ringSession)
	r.base = time.Now()
	r.mu.Lock()
	r.open, r.sessions = true, map[media.StreamKey][]*ringSession{}
	r.mu.Unlock()
	tried := make(chan struct{})
	r.loops.Go(r.load)
	r.loops.Go(func() { r.writeLoop(tried) })
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-tried: // Problem tells of it from the start
	case <-timer.C:
	}
	return nil
}

// Attach begins to hold a stream, if it is one to be held. It is to be called before the stream's first unit; it neither waits nor touches
// the disk.
func (r *Ring) Attach(s *stream.Stream) {
	if r.Covers != nil && !r.Covers(s.Key()) {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.open {
		return
	}
	rs := &ringSession{
		ring: r, id: s.ID, key: s.Key(), params: s.Publisher.Params, begun: s.Start, log: r.Log.With("stream", s.Key().String(), "session", s.ID),
	}
	r.sessions[rs.key] = append(r.sessions[rs.key], rs)
	rs.reader = s.NewReader(stream.ReaderOptions{Spare: true, MaxBytes: queueBytes, MaxTime: queueTime, Notify: func() {
		if rs.attached.Load() {
			r.notify(rs)
		}
	}})
	rs.attached.Store(true)
	r.notify(rs) // makes up for what was said before the reader was known
}

// notify puts a session on the ready list and wakes the writer. It is called by publishers and does not wait.
func (r *Ring) notify(s *ringSession) {
	r.readyMu.Lock()
	if !s.queued {
		s.queued = true
		r.ready = append(r.ready, s)
	}
	r.readyMu.Unlock()
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// takeReady empties the ready list into dst.
func (r *Ring) takeReady(dst []*ringSession) []*ringSession {
	r.readyMu.Lock()
	defer r.readyMu.Unlock()
	dst = append(dst[:0], r.ready...)
	for _, s := range dst {
		s.queued = false
	}
	clear(r.ready)
	r.ready = r.ready[:0]
	return dst
}

// writeLoop is the writer goroutine. It alone writes and removes pages, and changes what is known of them. It closes tried once it has
// seen to the folder.
func (r *Ring) writeLoop(tried chan<- struct{}) {
	defer close(r.stopped)
	r.begin()
	r.house()
	r.busy.Store(0)
	close(tried)
	tick := time.NewTicker(upkeepEvery)
	defer tick.Stop()
	for open := true; open; {
		open = r.wait(tick.C)
		r.busy.Store(0)
	}
	r.finish()
}

// wait does what is to be done next. It reports false once the ring is to be closed.
func (r *Ring) wait(tick <-chan time.Time) bool {
	select {
	case <-r.wake:
		r.begin()
		r.out.ready = r.takeReady(r.out.ready)
		for _, s := range r.out.ready {
			s.round(r.out.now)
		}
		clear(r.out.ready)
	case req := <-r.asked:
		r.begin()
		req.session.round(r.out.now)
		close(req.done)
	case found := <-r.found:
		r.begin()
		r.adopt(found)
	case <-tick:
		r.begin()
		r.upkeep()
	case <-r.closing:
		return false
	}
	return true
}

// begin notes that the writer does something.
func (r *Ring) begin() {
	r.out.now = time.Now()
	r.busy.Store(max(1, int64(r.out.now.Sub(r.base))))
}

// finish ends all pages with what has come.
func (r *Ring) finish() {
	r.begin()
	defer r.busy.Store(0)
	for _, s := range r.live() {
		s.round(r.out.now)
		if !s.done {
			s.end(r.out.now)
		}
	}
}

// live returns the sessions that have not ended.
func (r *Ring) live() (out []*ringSession) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, list := range r.sessions {
		for _, s := range list {
			if !s.ended {
				out = append(out, s)
			}
		}
	}
	return out
}

// Close ends what is written and waits for the goroutines until ctx ends. What is held stays on the disk, for the next run; Stretches
// goes on to find it. It is to be called once.
func (r *Ring) Close(ctx context.Context) error {
	r.mu.Lock()
	r.open = false
	r.mu.Unlock()
	close(r.closing)
	done := make(chan struct{})
	go func() { r.loops.Wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("close the ring: its disk does not answer: %w", ctx.Err())
	}
}

// settle has the writer take what has come of a session, unless that takes too long.
func (r *Ring) settle(s *ringSession) {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	req := ringRequest{session: s, done: make(chan struct{})}
	select {
	case r.asked <- req:
	case <-r.stopped:
		return
	case <-timer.C:
		return
	}
	select {
	case <-req.done:
	case <-timer.C:
	}
}

// RingStats are what a ring holds, and what it has lost since Open.
type RingStats struct {
	// Bytes on the disk.
	Bytes int64
	// Lost counts units that should be held and are not, because the disk was slow, full or failed.
	Lost int64
	// Streams are held now, or were and still are in part.
	Streams int
}

// Stats returns a snapshot.
func (r *Ring) Stats() RingStats {
	r.mu.Lock()
	defer r.mu.Unlock()
	return RingStats{Bytes: r.held, Lost: r.lost.Load(), Streams: len(r.sessions)}
}

// Problem returns for people why nothing is being held, or nothing.
func (r *Ring) Problem() string {
	if since := r.busy.Load(); since > 0 {
		if silent := time.Since(r.base) - time.Duration(since); silent >= stuck {
			return fmt.Sprintf("the disk of the ring has not answered for %s", silent.Round(time.Second))
		}
	}
	if p := r.problem.Load(); p != nil {
		return *p
	}
	return ""
}

// setProblem notes what Problem is to return, and tells it once.
func (r *Ring) setProblem(why string) {
	was := r.problem.Load()
	switch {
	case why == "" && was != nil:
		r.problem.Store(nil)
		r.Log.Info("the last minutes of streams are held again")
	case why != "":
		r.problem.Store(&why)
		if was == nil {
			r.Log.Warn("the last minutes of streams are not held", "error", why)
		}
	}
}
