package rtmp

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime/debug"
	"time"

	"github.com/yutopp/go-rtmp/message"
)

const (
	// sayTime is how long the other server may take to read what it is told.
	sayTime = 5 * time.Second
	// leastPulled and mostPulled are the sizes of the buffer that a source is read into: what comes within a tick should fit.
	leastPulled = 32 << 10
	mostPulled  = 512 << 10
)

// puller is one connection to another server. What it sends goes the way of a publisher's bytes, so that the same limits hold; only the
// commands are the other way round.
type puller struct {
	client  *Client
	request PlayRequest
	nc      net.Conn
	session *session
	cred    *credentials
	// asked: play was sent. agreed: the server answered, or media came.
	asked, agreed bool
	agreeBy       time.Time
	lastMedia     time.Time
	// promise is onMetaData that came before the media.
	promise    []byte
	complained bool
	// opening: a panic would be that of others, who may not have finished what they had begun.
	opening bool
}

func newPuller(c *Client, r PlayRequest, nc net.Conn, agreeBy time.Time, cred *credentials) *puller {
	p := &puller{client: c, request: r, nc: nc, agreeBy: agreeBy, cred: cred}
	p.session = newSession(&c.Limits, &c.memory, &c.budget, &c.budget, nil)
	p.session.chunks.accepts, p.session.chunks.handle = p.accepts, p.handle
	return p
}

// run reads until the stream is over, or ctx is and what had arrived by then is read. Once media comes, it pauses for a tick between reads: the
// number of reads is what costs.
func (p *puller) run(ctx context.Context) error {
	p.connect()
	buf := make([]byte, leastPulled)
	kept := 0
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		now := time.Now()
		if ctx.Err() == nil && p.holds(now) {
			p.lastMedia = now
			wait(ctx, timer, holdStep)
			continue
		}
		n, readErr := p.some(buf[kept:])
		now = time.Now()
		p.session.count(n, now)
		full := kept+n == len(buf)
		rest, err := p.feed(buf[:kept+n], now)
		if full && len(buf) < mostPulled {
			buf = make([]byte, 2*len(buf))
		}
		kept = copy(buf, rest)
		if err = errors.Join(err, p.deliver(now)); err != nil {
			return err
		}
		if err := errors.Join(readErr, p.overdue(now)); err != nil {
			return err
		}
		if p.session.stream != nil && !full {
			wait(ctx, timer, p.interval())
		}
	}
}

// wait waits, but no longer than until ctx is done: reads wait for nothing then, see arrivedConn.
func wait(ctx context.Context, timer *time.Timer, d time.Duration) {
	timer.Reset(d)
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// holds reports whether the source sends faster than its media plays while a reader is behind.
func (p *puller) holds(now time.Time) bool { return p.session.stream != nil && p.session.holds(now) }

func (p *puller) interval() time.Duration {
	if st := p.session.stream; st != nil && !st.Prompt() {
		return p.client.Tick
	}
	return p.client.LiveTick
}

// some sends what there is to say and reads what there is, waiting for at most a tick.
func (p *puller) some(buf []byte) (int, error) {
	if len(p.session.out) > 0 {
		if err := p.nc.SetWriteDeadline(time.Now().Add(sayTime)); err != nil {
			return 0, err
		}
		_, err := p.nc.Write(p.session.out)
		if p.session.out = p.session.out[:0]; err != nil {
			return 0, err
		}
	}
	if err := p.nc.SetReadDeadline(time.Now().Add(p.interval())); err != nil {
		return 0, err
	}
	n, err := p.nc.Read(buf)
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		err = nil
	case errors.Is(err, io.EOF):
		err = errSourceGone
	}
	return n, err
}

// overdue returns an error when the server has taken too long to agree, or to send media.
func (p *puller) overdue(now time.Time) error {
	switch {
	case !p.agreed && now.After(p.agreeBy):
		return errNoAnswer
	case p.agreed && now.Sub(p.lastMedia) > p.client.Limits.IdleTimeout:
		return fmt.Errorf("%w for %s", errNoMedia, p.client.Limits.IdleTimeout)
	case len(p.session.out) > maxUnsent:
		return errDeaf
	}
	return nil
}

// feed reads what has come; rest is to come again. Should the parser panic, this source ends and no other.
func (p *puller) feed(b []byte, now time.Time) (rest []byte, err error) {
	defer func() {
		if x := recover(); x != nil {
			if p.opening {
				panic(x)
			}
			p.request.Log.Error("a source cannot be read", "error", fmt.Errorf("%w: %v\n%s", errPanic, x, debug.Stack()))
			err = errPanic
		}
	}()
	n, err := p.session.feed(b, now)
	if x := p.session.reader.complaint; x != nil && !p.complained {
		p.complained = true
		p.request.Log.Warn("media of a source cannot be read; the rest is taken", "first_bad_message", x)
	}
	return b[n:], err
}

// deliver writes the units that were read to the stream.
func (p *puller) deliver(now time.Time) error {
	if len(p.session.units) > 0 {
		p.lastMedia = now
	}
	return p.session.deliver()
}

// accepts is that of the session, and opens the stream when the first media comes: a server may agree to play what nobody publishes.
func (p *puller) accepts(kind message.TypeID, size int) (bool, error) {
	switch kind {
	case message.TypeIDAudioMessage, message.TypeIDVideoMessage, message.TypeIDAggregateMessage:
		if p.asked && p.session.stream == nil {
			if err := p.open(); err != nil {
				return false, err
			}
		}
	case message.TypeIDDataMessageAMF0, message.TypeIDDataMessageAMF3:
		return p.asked && size <= maxAMFSize, nil
	}
	return p.session.accepts(kind, size)
}

// open opens the stream.
func (p *puller) open() error {
	p.opening = true
	st, err := p.request.Publish(addrPort(p.nc.RemoteAddr()), addrPort(p.nc.LocalAddr()))
	p.opening = false
	if err != nil {
		return err
	}
	p.session.stream, p.session.reader = st, unitReader{announce: st.Announce, promise: p.session.promise}
	p.agreed, p.lastMedia = true, time.Now()
	if p.promise != nil {
		p.session.metadata(p.promise)
		p.promise = nil
	}
	return nil
}

func (p *puller) handle(m rtmpMessage) error {
	switch m.kind {
	case message.TypeIDCommandMessageAMF0, message.TypeIDCommandMessageAMF3:
		return p.onCommand(plainAMF0(m))
	case message.TypeIDDataMessageAMF0, message.TypeIDDataMessageAMF3:
		if p.session.stream == nil {
			if body := plainAMF0(m); bytes.Contains(body[:min(len(body), 64)], []byte("onMetaData")) {
				p.promise = bytes.Clone(body)
			}
			return nil
		}
	case message.TypeIDUserCtrl:
		const streamEOF = 1 // RTMP 1.0, 7.1.7
		if p.session.stream != nil && len(m.body) >= 2 && m.body[0] == 0 && m.body[1] == streamEOF {
			return errSourceEnd
		}
	}
	return p.session.handle(m)
}
