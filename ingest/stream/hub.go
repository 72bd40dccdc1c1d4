package stream

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"aircheck/ingest/media"
)

// ErrBusy is returned by Publish when the key has a publisher that is not to be replaced.
var ErrBusy = errors.New("the stream is already being published")

// ErrClosed is returned by Publish once the server stops.
var ErrClosed = errors.New("the server is stopping")

// Takeover says when a second publisher of a key replaces the first.
type Takeover string

// The policies.
const (
	// TakeoverStale: when the first has delivered no byte for Hub.Stale, or when both come from the same address
	// with the same valid push key.
	TakeoverStale Takeover = "stale"
	// TakeoverAlways: the newest wins.
	TakeoverAlways Takeover = "always"
	// TakeoverNever: the first stays until its connection is gone.
	TakeoverNever Takeover = "never"
)

// Publisher describes who publishes.
type Publisher struct {
	// Key is the validated stream key.
	Key media.StreamKey
	// Protocol is "rtmp" or "rtsp", or that with PulledSuffix.
	Protocol string
	// Remote is the peer's address.
	Remote netip.AddrPort
	// Local is the address that it was reached at.
	Local netip.AddrPort
	// Params is the query of the push URL, undecoded, without its secrets.
	Params string
	// Credential tells publishers with the same valid push key apart from others; empty when none was needed.
	Credential string
	// Kick has the connection closed; it must not wait. May be nil.
	Kick func(detail string)
}

// Hub holds the live streams. Set the exported fields before the first Publish.
type Hub struct {
	// Takeover is the policy; empty means TakeoverStale.
	Takeover Takeover
	// Stale is how long a publisher may deliver nothing before TakeoverStale lets another in; 0 lets it in at once.
	Stale time.Duration
	// Grace is how long a publisher that is to be refused waits for the one before it to end: an encoder that is stopped and started
	// again connects before its goodbye has been read.
	Grace time.Duration
	// GOP and TotalGOP bound what each stream and what all together remember for readers that begin with a backlog, in bytes of
	// payload, 256 bytes being added for each unit; the memory that this keeps is more, see gop. A stream remembers its units since
	// the last random access point; where they do not fit, the newest of them. Nothing is remembered unless both are above 0.
	GOP, TotalGOP int
	// TotalQueue bounds what all readers together leave unread, in bytes as ReaderOptions.MaxBytes counts them; 0: each has its own
	// bounds only. Of that, a quarter is set apart: a reader with little unread has room whatever the others do, see room.
	TotalQueue int
	// Refuse is asked about each new stream, and returns why it must not be published; it must not wait. Who drops a stream after Refuse
	// has begun to refuse its key leaves none live. May be nil.
	Refuse func(media.StreamKey) error
	// Attach is called for each new stream before its first unit can be written, so that a reader
	// attached in it sees everything, and before another publisher or Close can end the stream; only an operator's Drop
	// may have ended it already. It runs on the publisher's goroutine and must not touch the disk or a database, nor call
	// Publish or Close.
	Attach func(*Stream)
	// Ended is called once for each stream after it has ended, on the goroutine that ended it; it must not wait. It may come while
	// Attach is still being called for the stream, and the key may have another stream already. May be nil.
	Ended func(*Stream)

	cached  atomic.Int64 // what all streams remember, as TotalGOP counts
	queued  atomic.Int64 // what all readers have unread, as TotalQueue counts
	spare   atomic.Int64 // of that, what ReaderOptions.Spare is about
	readers atomic.Int64

	mu     sync.Mutex
	live   map[media.StreamKey]*Stream
	closed bool
	totals Totals // of the streams that have ended, and how many were begun
}

// Publish opens the key for a publisher, ending the stream that it replaces. It returns ErrBusy or ErrClosed, wrapped, or
// Refuse's error. Kick may be called before Publish returns, if a third publisher is as quick.
func (h *Hub) Publish(p Publisher) (*Stream, error) {
	now := time.Now()
	s := &Stream{
		ID: uuid.Must(uuid.NewV7()).String(), Publisher: p, Start: now, hub: h,
		attached: make(chan struct{}), ended: make(chan struct{}),
	}
	defer close(s.attached)
	grace := time.NewTimer(h.Grace)
	defer grace.Stop()
	for {
		old, err := h.claim(s, now)
		if errors.Is(err, ErrBusy) {
			select {
			case <-old.ended:
				now = time.Now()
				s.ID, s.Start = uuid.Must(uuid.NewV7()).String(), now
				continue
			case <-grace.C:
			}
		}
		if err != nil {
			return nil, err
		}
		if old == nil {
			break
		}
		<-old.attached
		old.Drop(EndReplaced, fmt.Sprintf("replaced by a publisher from %s", p.Remote))
	}
	if h.Attach != nil {
		h.Attach(s)
	}
	return s, nil
}

// claim registers s, or returns the stream to be ended first, with ErrBusy the one that is in the way.
func (h *Hub) claim(s *Stream, now time.Time) (*Stream, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil, ErrClosed
	}
	if h.Refuse != nil {
		if err := h.Refuse(s.Key()); err != nil {
			return nil, err
		}
	}
	old := h.live[s.Key()]
	// An ended stream holds its key for a moment longer, until it is removed.
	if old == nil || old.Ended() != nil {
		if old != nil {
			h.settle(old)
		}
		h.totals.Begun++
		if h.live == nil {
			h.live = map[media.StreamKey]*Stream{}
		}
		h.live[s.Key()] = s
		return nil, nil
	}
	if !h.replaces(s.Publisher, old, now) {
		return old, fmt.Errorf("%w: %s, from %s since %s", ErrBusy, s.Key(),
			old.Publisher.Remote, old.Start.UTC().Format(time.RFC3339))
	}
	return old, nil
}

func (h *Hub) replaces(p Publisher, old *Stream, now time.Time) bool {
	if p.Pulled() != old.Publisher.Pulled() {
		return old.Publisher.Pulled()
	}
	switch h.Takeover {
	case TakeoverAlways:
		return true
	case TakeoverNever:
		return false
	}
	if now.Sub(old.Stats().LastByte) >= h.Stale {
		return true
	}
	was := old.Publisher
	return p.Credential != "" && p.Credential == was.Credential && p.Remote.Addr() == was.Remote.Addr()
}

func (h *Hub) remove(s *Stream) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.settle(s)
	if h.live[s.Key()] == s {
		delete(h.live, s.Key())
	}
}

// Get returns the live stream of a key, or nil.
func (h *Hub) Get(key media.StreamKey) *Stream {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.live[key]
}

// List returns the live streams ordered by key.
func (h *Hub) List() []*Stream {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := make([]*Stream, 0, len(h.live))
	for _, s := range h.live {
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b *Stream) int { return strings.Compare(a.Key().String(), b.Key().String()) })
	return out
}

// Close refuses new publishers and ends every stream with EndShutdown. It is idempotent.
func (h *Hub) Close() {
	h.mu.Lock()
	h.closed = true
	h.mu.Unlock()
	for _, s := range h.List() {
		<-s.attached
		s.Drop(EndShutdown, "the server is stopping")
	}
}
