package stream

import (
	"slices"
	"sync"
	"time"

	"aircheck/ingest/media"
)

// Defaults of ReaderOptions.
const (
	DefaultMaxBytes = 64 << 20
	DefaultMaxTime  = time.Minute
)

// unitCost is what a unit costs beside its payload, in bytes, so that millions of tiny ones are bounded too.
const unitCost = 256

// restartWait is how long after a loss a reader waits for a random access point. Then it goes on with what comes: the pictures
// may have stopped for good, and the sound must not stop with them.
const restartWait = 10 * time.Second

// maxKept is the largest queue, in units, that is used again.
const maxKept = 4096

// ReaderOptions bound what a reader may leave unread.
type ReaderOptions struct {
	// MaxBytes of payload, 256 bytes being added for each unit; default DefaultMaxBytes. One unit of any size is always let in. See
	// also Hub.TotalQueue.
	MaxBytes int
	// MaxTime of wall time between the oldest unread unit and the newest; default DefaultMaxTime.
	MaxTime time.Duration
	// Notify is called when something is to be taken after nothing was, and at the end. It is called with locks held, on the
	// publisher's goroutine, in NewReader or in Take: it must not wait, and not call back the stream or the reader.
	Notify func()
	// Backlog begins with what the stream remembers (see Hub.GOP), so that the consumer has a picture at once. It goes before the
	// first unit written from now on, with nothing lost or doubled between them. It counts for neither bound, which hold for what
	// comes behind it: it is old by nature, and Hub.GOP bounds it.
	Backlog bool
	// HoldsBack tells that a publisher which sends faster than its media plays is to wait for the consumer: see Stream.Behind.
	HoldsBack bool
	// Spare leaves room for others: all such readers together have no more than a quarter of Hub.TotalQueue unread.
	Spare bool
	// Prompt asks for units as they come rather than cheaply: somebody is watching.
	Prompt bool
}

func (o ReaderOptions) withDefaults() ReaderOptions {
	if o.MaxBytes == 0 {
		o.MaxBytes = DefaultMaxBytes
	}
	if o.MaxTime == 0 {
		o.MaxTime = DefaultMaxTime
	}
	if o.Notify == nil {
		o.Notify = func() {}
	}
	return o
}

// Lost counts what a reader was too slow for.
type Lost struct {
	Units int
	Bytes int64
}

// Batch is what Take returns.
type Batch struct {
	// Lost happened before the first of Units.
	Lost Lost
	// Units in the order of arrival. The slice is the caller's until the next Take. Each unit is to be released once it is used up.
	Units []*media.Unit
	// End is set once the stream has ended, Units are the last and nothing was lost behind them.
	End *End
}

// Reader is a bounded queue of units between a stream and one consumer. Take and Close belong to the consumer's goroutine.
type Reader struct {
	stream *Stream
	opts   ReaderOptions
	whole  bool

	mu       sync.Mutex
	queue    []*media.Unit
	taken    []*media.Unit // what the last Take returned
	backlog  int           // how many units at the front of queue are the backlog
	bytes    int           // of those behind it
	told     int           // how many of them the hub knows of
	room     int           // what bytes may come to, as far as the other readers leave room; of this push
	hasVideo bool
	// dropping is set by a loss, until the queue is empty and a unit comes with which the consumer can go on. waiting is when
	// the first unit came that it cannot go on with.
	dropping bool
	waiting  time.Time
	// lost stands before the first unit of queue, behind after its last.
	lost, behind Lost
	end          *End
	closed       bool
}

// Whole reports whether the reader began with a backlog whose first unit is a random access point of the pictures, or of the sound
// of a stream without pictures: decoding can start there. Otherwise the consumer has to look for one.
func (r *Reader) Whole() bool { return r.whole }

// begin queues the backlog.
func (r *Reader) begin(units []*media.Unit, whole bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(units) == 0 {
		return
	}
	r.queue, r.backlog, r.whole = slices.Clone(units), len(units), whole
	for _, u := range units {
		u.Retain()
		r.hasVideo = r.hasVideo || u.Track.Codec.Kind() == media.Video
	}
	r.opts.Notify()
}

// push queues units, or counts them as lost when the consumer is behind its bounds.
func (r *Reader) push(units []*media.Unit) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed || r.end != nil {
		return
	}
	idle := len(r.queue) == 0
	r.room = min(r.opts.MaxBytes, r.stream.hub.room(r.bytes))
	if r.opts.Spare {
		r.room = min(r.room, r.stream.hub.spareRoom(r.bytes))
	}
	if !r.dropping {
		r.queue = slices.Grow(r.queue, len(units))
	}
	for _, u := range units {
		r.pushOne(u)
	}
	r.settle()
	if idle && len(r.queue) > 0 {
		r.opts.Notify()
	}
}

func (r *Reader) pushOne(u *media.Unit) {
	isVideo := u.Track.Codec.Kind() == media.Video
	r.hasVideo = r.hasVideo || isVideo
	r.dropping = r.dropping || r.full(u)
	if r.dropping && !r.goesOn(u, isVideo) {
		lost := &r.lost
		if len(r.queue) > 0 {
			lost = &r.behind
		}
		lost.Units++
		lost.Bytes += int64(len(u.Payload))
		return
	}
	r.dropping, r.waiting = false, time.Time{}
	u.Retain()
	r.queue = append(r.queue, u)
	r.bytes += len(u.Payload) + unitCost
}

// goesOn reports whether u ends a loss: once the consumer has caught up, a random access point does.
func (r *Reader) goesOn(u *media.Unit, isVideo bool) bool {
	if len(r.queue) > 0 {
		return false
	}
	if r.waiting.IsZero() {
		r.waiting = u.Wall
	}
	return u.RandomAccess && (isVideo || !r.hasVideo) || u.Wall.Sub(r.waiting) >= restartWait
}

// full reports whether the queue has no room for u. With nothing in it but the backlog it has room for any one unit.
func (r *Reader) full(u *media.Unit) bool {
	if len(r.queue) == r.backlog {
		return false
	}
	return r.bytes+len(u.Payload)+unitCost > r.room || u.Wall.Sub(r.queue[r.backlog].Wall) > r.opts.MaxTime
}

func (r *Reader) finish(e End) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.end != nil || r.closed {
		return
	}
	r.end = &e
	r.opts.Notify()
}

// behindBy returns what is queued.
func (r *Reader) behindBy() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.bytes
}

// Take returns everything queued and empties the queue. It does not wait. A loss is told with the unit that follows it, or
// with the end.
func (r *Reader) Take() Batch {
	r.mu.Lock()
	defer r.mu.Unlock()
	b := Batch{Units: r.queue}
	if cap(r.taken) > maxKept {
		r.taken = nil // a burst's
	}
	clear(r.taken)
	r.queue, r.taken = r.taken[:0], r.queue
	r.backlog, r.bytes = 0, 0
	r.settle()
	if len(b.Units) > 0 || r.end != nil {
		b.Lost = r.lost
		r.lost, r.behind = r.behind, Lost{}
	}
	switch {
	case r.end == nil:
	case r.lost.Units > 0:
		r.opts.Notify() // the next batch tells of it, and of the end
	default:
		b.End = r.end
	}
	return b
}

// Close detaches the reader from its stream: Notify is not called again once it has returned. It is idempotent.
func (r *Reader) Close() {
	r.mu.Lock()
	r.closed = true
	for _, u := range r.queue {
		u.Release()
	}
	r.queue, r.taken, r.backlog, r.bytes, r.lost, r.behind = nil, nil, 0, 0, Lost{}, Lost{}
	r.settle()
	r.mu.Unlock()
	r.stream.detach(r)
}
