// Package relay hands one stream to many players. What they get is encoded once for all of them, in blocks of one delivery each, and sent
// by one goroutine per stream that never waits for a socket: a player costs one write per delivery, and no wake-up.
//
//	stream.Reader ─▶ feed: units ─ Encoding ─▶ blocks (a log since the last random access point) ─▶ each player's socket
//
// A player has a place in the log. One that is slower than its stream falls behind in it, and once its place is gone it goes on at the
// newest random access point; one that takes nothing at all is given up. Neither costs the publisher, a recording or another player
// anything: the log is bounded, and is the stream's alone.
package relay

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/stream"
)

// Defaults of Relay's fields.
const (
	DefaultMaxBytes = 16 << 20
	DefaultMaxDelay = 8 * time.Second
	DefaultStall    = 15 * time.Second
)

// Why a player is over, beside the end of its stream and the errors of its connection.
var (
	// ErrEnded: everything was sent, the end of the stream included.
	ErrEnded = errors.New("the stream has ended")
	// ErrStalled: the player took nothing for Relay.Stall.
	ErrStalled = errors.New("the player took nothing for too long")
	// ErrClosed: Player.Close or Relay.Close was called.
	ErrClosed = errors.New("the player was closed")
)

// Encoding turns units into bytes for players. Its methods append, keep nothing, and depend on nothing but their arguments, so that what they
// append is the same for all players. Times are milliseconds.
type Encoding interface {
	// Carries reports whether units of the codec can be sent. Others are left out.
	Carries(c media.Codec) bool
	// Begin appends what stands before everything else.
	Begin(dst []byte, tracks []*media.Track) []byte
	// Config appends what a decoder must know of the tracks, all of them.
	Config(dst []byte, tracks []*media.Track, ms uint32) []byte
	// Unit appends a unit; cts is how much later than ms it is shown.
	Unit(dst []byte, u *media.Unit, ms uint32, cts int32) []byte
}

// Relay serves the players of one encoding. Set the exported fields before the first Join.
type Relay struct {
	Encoding Encoding
	// MaxBytes and MaxDelay bound the log of a stream: what is older than MaxDelay is kept only since the newest random access point, and
	// nothing beyond MaxBytes. 0 means the defaults.
	MaxBytes int
	MaxDelay time.Duration
	// Stall is how long a player may take nothing at all; 0 means DefaultStall.
	Stall time.Duration

	memory media.Slabs
	work   sync.WaitGroup
	bytes  atomic.Int64
	skips  atomic.Int64

	mu     sync.Mutex
	feeds  map[*stream.Stream]*feed
	closed bool
	stats  Stats
}

// Stats is a snapshot of a relay.
type Stats struct {
	// Players are there now, Joined so far. Stalled were given up, and Skips is how often one was so slow that media was left out.
	Players                int
	Joined, Stalled, Skips int64
	// Bytes were handed to the network.
	Bytes int64
}

// Stats returns a snapshot.
func (r *Relay) Stats() Stats {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := r.stats
	out.Bytes, out.Skips = r.bytes.Load(), r.skips.Load()
	return out
}

// Join sends a stream to a connection, from its last random access point on. The connection's write deadline belongs to the player
// until Close. Of a stream that has ended the player gets ErrEnded.
func (r *Relay) Join(s *stream.Stream, to Conn, o Options) *Player {
	p := newPlayer(to, o, r.stall())
	r.mu.Lock()
	defer r.mu.Unlock()
	f := r.feeds[s]
	if f == nil {
		f = r.begin(s)
	}
	r.stats.Players++
	r.stats.Joined++
	f.join(p)
	return p
}

// begin makes the feed of a stream, with r.mu held. That of a relay that was closed is over from the start, since Close waits no more.
func (r *Relay) begin(s *stream.Stream) *feed {
	f := newFeed(r, s)
	if r.closed {
		f.close()
		return f
	}
	if r.feeds == nil {
		r.feeds = map[*stream.Stream]*feed{}
	}
	r.feeds[s] = f
	r.work.Go(f.run)
	return f
}

// leave takes a player away, and the feed of a stream that has no other.
func (r *Relay) leave(p *Player) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stats.Players--
	if errors.Is(p.err, ErrStalled) {
		r.stats.Stalled++
	}
	if f := p.feed; f.leave(p) == 0 && r.feeds[f.stream] == f {
		delete(r.feeds, f.stream)
		if !r.closed {
			close(f.stop)
		}
	}
}

// Close ends all players with ErrClosed and waits until nothing is sent any more; their owners still have to close them.
func (r *Relay) Close() {
	r.mu.Lock()
	if !r.closed {
		r.closed = true
		for _, f := range r.feeds {
			close(f.stop)
		}
	}
	r.mu.Unlock()
	r.work.Wait()
}

func (r *Relay) maxBytes() int           { return orDefault(r.MaxBytes, DefaultMaxBytes) }
func (r *Relay) maxDelay() time.Duration { return orDefault(r.MaxDelay, DefaultMaxDelay) }
func (r *Relay) stall() time.Duration    { return orDefault(r.Stall, DefaultStall) }

func orDefault[T int | time.Duration](v, otherwise T) T {
	if v == 0 {
		return otherwise
	}
	return v
}
