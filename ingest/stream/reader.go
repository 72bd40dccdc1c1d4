package stream

import (
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

// ReaderOptions bound what a reader may leave unread.
type ReaderOptions struct {
	// MaxBytes of payload, 256 bytes being added for each unit; default DefaultMaxBytes.
	MaxBytes int
	// MaxTime of wall time between the oldest unread unit and now; default DefaultMaxTime.
	MaxTime time.Duration
	// Notify is called when something is to be taken after nothing was, and at the end. It is called with locks held, on the
	// publisher's goroutine or in Take: it must not wait and not call back.
	Notify func()
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
	// Units in the order of arrival. The slice is the caller's.
	Units []*media.Unit
	// End is set once the stream has ended and Units are the last.
	End *End
}

// Reader is a bounded queue of units between a stream and one consumer. Notify and the writing side
// belong to the publisher's goroutine, Take and Close to the consumer's.
type Reader struct {
	stream *Stream
	opts   ReaderOptions

	mu       sync.Mutex
	queue    []*media.Unit
	bytes    int
	hasVideo bool
	dropping bool
	lost     Lost
	end      *End
	closed   bool
}

// push queues units, or counts them as lost when the consumer is behind its bounds. After a loss it
// goes on with a random access point once the consumer has caught up.
func (r *Reader) push(units []*media.Unit) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed || r.end != nil {
		return
	}
	idle := len(r.queue) == 0
	for _, u := range units {
		r.pushOne(u)
	}
	if idle && len(r.queue) > 0 {
		r.opts.Notify()
	}
}

func (r *Reader) pushOne(u *media.Unit) {
	isVideo := u.Track.Codec.Kind() == media.Video
	r.hasVideo = r.hasVideo || isVideo
	if !r.dropping && r.full(u) {
		r.dropping = true
	}
	if r.dropping {
		restart := u.RandomAccess && (isVideo || !r.hasVideo)
		if len(r.queue) > 0 || !restart {
			r.lost.Units++
			r.lost.Bytes += int64(len(u.Payload))
			return
		}
		r.dropping = false
	}
	r.queue = append(r.queue, u)
	r.bytes += len(u.Payload) + unitCost
}

// full reports whether the queue has no room for u. An empty queue has room for any one unit.
func (r *Reader) full(u *media.Unit) bool {
	if len(r.queue) == 0 {
		return false
	}
	return r.bytes+len(u.Payload)+unitCost > r.opts.MaxBytes || u.Wall.Sub(r.queue[0].Wall) > r.opts.MaxTime
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

// Take returns everything queued and empties the queue. It does not wait.
func (r *Reader) Take() Batch {
	r.mu.Lock()
	defer r.mu.Unlock()
	b := Batch{Units: r.queue, End: r.end}
	r.queue = nil
	r.bytes = 0
	if r.dropping && len(b.Units) > 0 {
		// What was lost comes behind these units: it is told with the unit that follows, or with the end.
		if b.End != nil {
			b.End = nil
			r.opts.Notify()
		}
		return b
	}
	if len(b.Units) > 0 || b.End != nil {
		b.Lost, r.lost = r.lost, Lost{}
	}
	return b
}

// Close detaches the reader from its stream. It is idempotent.
func (r *Reader) Close() {
	r.mu.Lock()
	r.closed = true
	r.queue = nil
	r.mu.Unlock()
	r.stream.detach(r)
}
