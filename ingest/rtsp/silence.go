package rtsp

import (
	"time"

	"aircheck/ingest/media"
)

const (
	// hearMost is how long a publisher waits for what the one before it has sent to be read. It is more than that takes, on a machine that keeps up.
	hearMost = 200 * time.Millisecond
	// hearStep is how often the socket is read meanwhile: one read need not be all.
	hearStep = 10 * time.Millisecond
)

// heard returns when the last packet of media came; before the first, when publishing began.
func (p *publisher) heard() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.came
}

// heardAt notes a time at which the publisher was not silent.
func (p *publisher) heardAt(now time.Time) {
	p.mu.Lock()
	p.came = now
	p.mu.Unlock()
}

// expire ends a session over UDP that goes on reporting but has sent no media for too long. The library sees to one that sends nothing at all, and
// the connection to one over TCP.
func (p *publisher) expire(now time.Time) {
	if !p.udp {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over == nil && now.Sub(p.came) >= p.s.Limits.IdleTimeout {
		p.over = errIdle
		p.session.Close()
	}
}

// hearOut has what was sent by the publisher of a key read now, and waits a moment for its end: an encoder that is stopped and started again comes
// before its farewell is read at the next tick, and must not replace a stream that is complete.
func (s *Server) hearOut(key media.StreamKey) {
	old := s.Hub.Get(key)
	if old == nil {
		return
	}
	s.mu.Lock()
	var of *publisher
	for c := range s.conns {
		if p := c.feeds.Load(); p != nil && p.stream == old {
			of = p
		}
	}
	s.mu.Unlock()
	if of == nil {
		return
	}
	most, again := time.NewTimer(s.hear), time.NewTicker(hearStep)
	defer most.Stop()
	defer again.Stop()
	for {
		of.conn.wake()
		select {
		case <-again.C:
		case <-of.left:
			return
		case <-most.C:
			return
		case <-s.closing:
			return
		}
	}
}
