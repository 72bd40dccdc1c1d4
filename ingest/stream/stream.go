// Package stream is the meeting place of publishers and readers: who publishes which key, and who gets its units. It
// knows no protocol, no file and no rule.
//
//	ingest/rtmp ─ Publish ─▶ Hub ─ Attach(stream) ─▶ rules.Engine ─ NewReader ─┐
//	     │                    │ one Stream per key                             │
//	     └─ Write(units) ────▶ Stream ─ pointer to each unit ─▶ Reader (bounded) ─ Notify, Take ─▶ recorder
//
// The goroutine that reads sockets calls Write once per tick and never waits: a reader that is too slow loses units,
// counted, and learns of it before the next unit it gets. A reader that joins can begin with what the stream remembers, see gop.
package stream

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"aircheck/ingest/media"
)

// ErrEnded is returned by Write once the stream has ended.
var ErrEnded = errors.New("the stream has ended")

// EndReason says why a stream ended.
type EndReason string

// The reasons.
const (
	// EndClient: the publisher stopped, or closed its connection.
	EndClient EndReason = "client"
	// EndLost: the connection broke or fell silent.
	EndLost EndReason = "lost"
	// EndReplaced: another publisher took the key over.
	EndReplaced EndReason = "replaced"
	// EndDropped: an operator cut it (DropLiveStream).
	EndDropped EndReason = "dropped"
	// EndProtocol: the publisher sent what cannot be read.
	EndProtocol EndReason = "protocol"
	// EndShutdown: the server stops.
	EndShutdown EndReason = "shutdown"
)

// End is why and when a stream ended.
type End struct {
	Reason EndReason
	// Detail is for people.
	Detail string
	At     time.Time
}

// Stream is one publish session of a key, from the publisher's permission to its end.
type Stream struct {
	// ID is unique over time and servers.
	ID string
	// Publisher is who sends.
	Publisher Publisher
	// Start is when publishing was permitted.
	Start time.Time

	hub      *Hub
	attached chan struct{} // closed once Hub.Attach has returned
	ended    chan struct{} // closed once the key is free
	bytes    atomic.Int64
	units    atomic.Int64
	prompt   atomic.Int32 // readers that are
	lastByte atomic.Int64 // nanoseconds after Start, so that setting the machine's clock makes nobody stale
	settled  bool         // counted in Hub.totals, whose mutex guards it

	mu       sync.Mutex
	expected Expected
	tracks   []*media.Track
	counts   []int64 // of units, by the place in tracks
	lastUnit time.Time
	readers  []*Reader
	gop      gop
	end      *End
	onPrompt func()
}

// Expected is what a publisher's metadata promised to send; see also Stream.Announce. The zero value: it has said nothing.
type Expected struct {
	Known        bool
	Video, Audio bool
	// Videos and Audios are how many tracks of each there will be, as far as that is known; fewer than there are do no harm.
	Videos, Audios int
}

// Key returns the key under which the stream is published.
func (s *Stream) Key() media.StreamKey { return s.Publisher.Key }

// Expect stores what the publisher's metadata promises, so that a recording can wait for a late track.
func (s *Stream) Expect(e Expected) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.expected = e
}

// Expected returns what the publisher's metadata promised.
func (s *Stream) Expected() Expected {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.expected
}

// Received counts bytes read from the publisher's socket at a time that time.Now returned; n may be 0.
func (s *Stream) Received(n int, at time.Time) {
	s.bytes.Add(int64(n))
	s.lastByte.Store(int64(at.Sub(s.Start)))
}

// Write hands units over to all readers. Only the publisher's goroutine calls it. Each reader retains the units and their payloads,
// which must not change any more; the slice stays the caller's. It never waits; its only error is ErrEnded, and then the units went
// nowhere.
func (s *Stream) Write(units []*media.Unit) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.end != nil {
		return ErrEnded
	}
	s.units.Add(int64(len(units)))
	for _, u := range units {
		s.counts[s.noteTrack(u.Track)]++
	}
	if len(units) > 0 {
		s.lastUnit = units[len(units)-1].Wall
	}
	s.gop.write(s.hub, units)
	for _, r := range s.readers {
		r.push(units)
	}
	return nil
}

// Announce makes a track known that has no units yet, or new parameters of one. Only the publisher's goroutine calls it.
func (s *Stream) Announce(t *media.Track) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.noteTrack(t)
}

// noteTrack returns the place of a track in s.tracks.
func (s *Stream) noteTrack(t *media.Track) int {
	for i, have := range s.tracks {
		if have == t {
			return i
		}
		if have.ID == t.ID {
			s.tracks[i] = t
			return i
		}
	}
	s.tracks, s.counts = append(s.tracks, t), append(s.counts, 0)
	return len(s.tracks) - 1
}

// Tracks returns the tracks announced or seen so far with the parameters in force, in order of appearance.
func (s *Stream) Tracks() []*media.Track {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]*media.Track(nil), s.tracks...)
}

// NewReader attaches a reader that gets every unit written from now on, with ReaderOptions.Backlog also what the stream
// remembers; of a stream that has ended, only the end. Close it when done.
func (s *Stream) NewReader(o ReaderOptions) *Reader {
	r := &Reader{stream: s, opts: o.withDefaults()}
	s.mu.Lock()
	defer s.mu.Unlock()
	if o.Backlog {
		r.begin(s.gop.held(), s.gop.whole())
	}
	s.readers = append(s.readers, r)
	s.hub.readers.Add(1)
	if o.Prompt && s.prompt.Add(1) == 1 && s.onPrompt != nil {
		s.onPrompt()
	}
	if s.end != nil {
		r.finish(*s.end)
	}
	return r
}

func (s *Stream) detach(r *Reader) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, have := range s.readers {
		if have == r {
			s.readers = append(s.readers[:i:i], s.readers[i+1:]...)
			s.hub.readers.Add(-1)
			if r.opts.Prompt {
				s.prompt.Add(-1)
			}
			return
		}
	}
}

// Behind returns how much the slowest of the readers that hold the publisher back has not taken, in bytes as ReaderOptions counts
// them, or many times that where all readers together have left much: see Hub.TotalQueue.
func (s *Stream) Behind() (most int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.readers {
		if r.opts.HoldsBack {
			most = max(most, r.behindBy())
		}
	}
	return most * s.hub.urgency()
}

// Prompt reports whether a reader wants units as they come.
func (s *Stream) Prompt() bool { return s.prompt.Load() > 0 }

// OnPrompt has f called whenever Prompt becomes true, so that the first player does not wait for the publisher's next turn. There is one f; it must
// not wait, nor call the stream.
func (s *Stream) OnPrompt(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.onPrompt = f
}

// End ends the stream: readers get what is queued and then the end; what was remembered is released. The key is free
// afterwards. Only the first call counts; it reports whether this was it.
func (s *Stream) End(reason EndReason, detail string) bool {
	s.mu.Lock()
	if s.end != nil {
		s.mu.Unlock()
		return false
	}
	s.end = &End{Reason: reason, Detail: detail, At: time.Now()}
	for _, r := range s.readers {
		r.finish(*s.end)
	}
	s.gop.end(s.hub)
	s.mu.Unlock()
	if s.hub.Ended != nil {
		s.hub.Ended(s)
	}
	s.hub.remove(s)
	close(s.ended)
	return true
}

// Ended returns why the stream ended, or nil while it is live. Must not be modified.
func (s *Stream) Ended() *End {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.end
}

// Drop ends the stream and has its publisher disconnected, unless it has ended already.
func (s *Stream) Drop(reason EndReason, detail string) {
	if s.End(reason, detail) && s.Publisher.Kick != nil {
		s.Publisher.Kick(detail)
	}
}
