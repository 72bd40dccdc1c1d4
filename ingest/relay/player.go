package relay

import (
	"errors"
	"os"
	"slices"
	"sync"
	"time"
)

// piece is how much is written at once to a connection that is written to by a goroutine of the player's, in bytes.
const piece = 64 << 10

// maxSaid is how much of what an owner says may be unsent, in bytes.
const maxSaid = 64 << 10

// Conn is where a player's bytes go. A TCP connection is written to without a goroutine, where the system allows it.
type Conn interface {
	Write(b []byte) (int, error)
	SetWriteDeadline(t time.Time) error
}

// Options are how a player is served.
type Options struct {
	// Chunked sends everything in HTTP's chunked coding, but Greeting.
	Chunked bool
	// Greeting goes first.
	Greeting []byte
	// Over is called once when nothing more will be sent but by Close; it must not wait, nor call the player. May be nil.
	Over func()
}

// Player is one connection that a stream is sent to.
type Player struct {
	feed    *feed
	to      Conn
	opts    Options
	stall   time.Duration
	direct  *directWriter // nil: the player has a goroutine
	wake    chan struct{}
	running sync.WaitGroup

	// Guarded by feed.mu.
	started bool   // it has a place in the log
	begun   bool   // it had one before
	next    uint64 // number of the next block, or before it started of the first that may be
	skips   int64

	said struct {
		sync.Mutex
		b []byte
	}

	// mu guards what follows, and is held while something is sent without waiting.
	mu       sync.Mutex
	rest     []byte // of what is being sent
	hold     *block // that it is of, or nil
	writing  bool   // rest is being written by the player's goroutine
	ending   bool   // the end of the stream was sent
	progress time.Time
	sent     int64
	err      error // why it is over
}

func newPlayer(to Conn, o Options, stall time.Duration) *Player {
	p := &Player{to: to, opts: o, stall: stall, wake: make(chan struct{}, 1), progress: time.Now()}
	p.rest = slices.Clone(o.Greeting)
	p.direct = newDirectWriter(to)
	return p
}

// Say sends bytes of the owner's between two blocks. A player that has left maxSaid of them unread ends with ErrStalled.
func (p *Player) Say(b []byte) {
	p.said.Lock()
	tooMuch := len(p.said.b)+len(b) > maxSaid
	if !tooMuch {
		p.said.b = append(p.said.b, b...)
	}
	p.said.Unlock()
	if tooMuch {
		p.end(ErrStalled)
		return
	}
	p.signal()
	p.feed.signal()
}

// Err returns why the player is over, nil while it is not.
func (p *Player) Err() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err
}

// Close ends the player: nothing is sent any more once it has returned. It reports whether what was sent is whole, so that something else
// can follow it. It must be called once.
func (p *Player) Close() (whole bool) {
	p.end(ErrClosed)
	p.running.Wait()
	p.feed.relay.leave(p)
	_ = p.to.SetWriteDeadline(time.Time{})
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.rest) == 0
}

// Sent returns how many bytes were handed to the network, and Skips how often media was left out because the player was too slow.
func (p *Player) Sent() (bytes, skips int64) {
	p.mu.Lock()
	bytes = p.sent
	p.mu.Unlock()
	p.feed.mu.Lock()
	defer p.feed.mu.Unlock()
	return bytes, p.skips
}

func (p *Player) signal() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// end has the player be over, unless it is.
func (p *Player) end(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.finish(err)
	if p.writing { // else nobody waits, and a deadline that passes makes HTTP/2 give up what was sent
		_ = p.to.SetWriteDeadline(time.Unix(1, 0))
	}
}

// finish is end with p.mu held.
func (p *Player) finish(err error) {
	if p.err != nil {
		return
	}
	p.err = err
	p.let()
	p.signal()
	if p.opts.Over != nil {
		p.opts.Over()
	}
}

// let gives up the block that was being sent.
func (p *Player) let() {
	if p.hold != nil && !p.writing {
		p.hold.unit.Release()
		p.hold = nil
	}
}

// serve sends what the socket takes, and returns how soon to try again; 0: when there is more.
func (p *Player) serve(now time.Time) (again time.Duration) {
	if p.direct == nil {
		return 0
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.err == nil {
		if len(p.rest) == 0 && !p.refill() {
			p.progress = now
			return 0
		}
		n, err := p.direct.write(p.rest)
		p.rest = p.rest[n:]
		p.count(n)
		if n > 0 {
			p.progress = now
		}
		switch idle := now.Sub(p.progress); {
		case err != nil:
			p.finish(err)
		case len(p.rest) == 0:
			p.let()
		case idle > p.stall:
			p.finish(ErrStalled)
		case idle > 10*hurry:
			return patient
		default:
			return hurry
		}
	}
	return 0
}

// run serves a connection that has to be waited for.
func (p *Player) run() {
	for {
		rest, over := p.more()
		if over {
			return
		}
		if len(rest) == 0 {
			<-p.wake
			continue
		}
		n, err := p.to.Write(rest)
		p.wrote(n, err)
	}
}

// more returns what is to be written next. It stays where it is until wrote is called.
func (p *Player) more() (rest []byte, over bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err == nil && len(p.rest) == 0 {
		p.refill()
	}
	if p.writing = p.err == nil && len(p.rest) > 0; p.writing {
		_ = p.to.SetWriteDeadline(time.Now().Add(p.stall)) // here, so that it does not replace that of end
	}
	return p.rest[:min(len(p.rest), piece)], p.err != nil
}

// wrote notes that n bytes of rest were written.
func (p *Player) wrote(n int, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.writing = false
	p.rest = p.rest[n:]
	p.count(n)
	if len(p.rest) == 0 || p.err != nil {
		p.let()
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		err = ErrStalled
	}
	if err != nil {
		p.finish(err)
	}
}

// count notes that the network took n bytes.
func (p *Player) count(n int) {
	p.sent += int64(n)
	p.feed.relay.bytes.Add(int64(n))
}

// refill finds what is to be sent next: what the owner says, what the stream has, the end.
func (p *Player) refill() bool {
	p.said.Lock()
	p.rest, p.said.b = p.said.b, nil
	p.said.Unlock()
	if len(p.rest) > 0 {
		return true
	}
	var over bool
	p.rest, p.hold, over = p.feed.next(p)
	switch {
	case !over:
	case p.opts.Chunked && !p.ending:
		p.ending = true
		p.rest = []byte("0\r\n\r\n")
	default:
		p.finish(ErrEnded)
	}
	return len(p.rest) > 0
}
