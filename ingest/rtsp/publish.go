package rtsp

import (
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"github.com/bluenviron/gortsplib/v4"
	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/liberrors"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"aircheck/ingest/media"
	"aircheck/ingest/stream"
)

// publisher is a session that publishes.
type publisher struct {
	s       *Server
	session *gortsplib.ServerSession
	stream  *stream.Stream
	conn    *conn
	udp     bool

	// mu guards what follows: over UDP, packets and reports come on goroutines of their own.
	mu     sync.Mutex
	recv   receiver
	pacing stream.Pacing
	told   receiverCounts
	came   time.Time // when the last packet of media came
	over   error     // why no more packets are taken

	left chan struct{} // closed when the stream has ended
}

const (
	// quiet is how long no packet must come over UDP before a farewell counts, settleMost how long that may take: packets that were sent before
	// it may be read after it, as they come by another socket.
	quiet      = 30 * time.Millisecond
	settleMost = 500 * time.Millisecond
)

// settle waits for the last packets of a session that publishes over UDP.
func settle(session *gortsplib.ServerSession) {
	if session == nil {
		return
	}
	t, _ := session.UserData().(*task)
	if t == nil || t.publisher == nil || !t.publisher.udp {
		return
	}
	p := t.publisher
	for begun := time.Now(); time.Since(begun) < settleMost; {
		select {
		case <-time.After(quiet):
		case <-p.s.udpDrained:
			return
		}
		p.mu.Lock()
		silent := time.Since(p.came) >= quiet
		p.mu.Unlock()
		if silent {
			return
		}
	}
}

// publishable reports whether anything of a description can be recorded.
func publishable(desc *description.Session) (err error) {
	defer recovered(&err)
	probe := receiver{slabs: &media.Slabs{}}
	for _, m := range desc.Medias {
		for _, f := range m.Formats {
			if _, err := probe.add(f); errors.Is(err, errManyTracks) {
				return err
			}
		}
	}
	if len(probe.tracks) == 0 {
		return errNoTracks
	}
	return nil
}

// publish opens the stream of a session that was granted one.
func (s *Server) publish(session *gortsplib.ServerSession, c *conn, t *task) (*publisher, error) {
	s.hearOut(t.granted.Key)
	if c == nil || !s.establish(c) {
		return nil, errDisplaced
	}
	p := &publisher{s: s, session: session, conn: c, came: time.Now(), left: make(chan struct{}), udp: *session.SetuppedTransport() == gortsplib.TransportUDP}
	c.apart.Store(p.udp)
	st, err := s.Hub.Publish(stream.Publisher{
		Key: t.granted.Key, Protocol: "rtsp", Remote: c.remote, Local: c.local, Params: t.granted.Params, Credential: t.granted.Credential,
		Kick: func(string) { session.Close() },
	})
	if err != nil {
		return nil, err
	}
	log := s.Log.With("stream", t.granted.Key.String(), "session", st.ID)
	log.Info("publishing", "remote", c.remote.String(), "face", "rtsp", "transport", session.SetuppedTransport().String())
	p.stream = st
	p.recv.slabs, p.recv.announce = &s.slabs, st.Announce
	var promised stream.Expected
	for _, m := range t.desc.Medias {
		promised = p.listen(m, promised, log)
	}
	promised.Known = true
	st.Expect(promised)
	if !p.udp {
		st.OnPrompt(c.wake)
		c.last = time.Now() // media may have come with RECORD; whoever reads waits for the answer
		c.feeds.Store(p)
	}
	return p, nil
}

// listen takes in the packets of a medium.
func (p *publisher) listen(m *description.Media, promised stream.Expected, log logger) stream.Expected {
	var tracks []*rtpTrack
	for _, f := range m.Formats {
		t, err := p.recv.add(f)
		if t == nil {
			log.Warn("a track is left out: its format is not known, or its description is not complete", "format", f.Codec(),
				"error", errText(err))
			continue
		}
		tracks = append(tracks, t)
		if t.kind == media.Video {
			promised.Video, promised.Videos = true, promised.Videos+1
		} else {
			promised.Audio, promised.Audios = true, promised.Audios+1
		}
		first := p.udp
		p.session.OnPacketRTP(m, f, func(pkt *rtp.Packet) {
			if first {
				first = false
				passThrough(p.session, m, f)
			}
			p.packet(t, pkt)
		})
	}
	p.session.OnPacketRTCP(m, func(pkt rtcp.Packet) {
		p.expire(time.Now())
		sr, ok := pkt.(*rtcp.SenderReport)
		if !ok {
			return
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, t := range tracks {
			t.report(sr)
		}
	})
	return promised
}

type logger interface{ Warn(string, ...any) }

func errText(err error) string {
	if err == nil {
		return ""
	}
	return shorten(err.Error())
}

// packet takes a packet in. Over TCP the units are delivered when all that was read is taken in, see conn; over UDP at once.
func (p *publisher) packet(t *rtpTrack, pkt *rtp.Packet) {
	p.mu.Lock()
	defer p.mu.Unlock()
	defer p.survive()
	if p.over != nil {
		return
	}
	if !p.udp {
		if p.conn.last.After(p.came) {
			p.came = p.conn.last
		}
		t.packet(pkt, p.conn.last)
		return
	}
	now := time.Now()
	p.came = now
	p.stream.Received(pkt.MarshalSize(), now)
	t.arrive(pkt, now)
	p.recv.expire(now)
	if len(p.recv.units) > 0 {
		p.deliverLocked(now)
	}
}

// survive ends the stream after a panic: what a stranger sent must not end the program.
func (p *publisher) survive() {
	if x := recover(); x != nil {
		p.over = fmt.Errorf("packets cannot be read: %v", x)
		p.s.Log.Error("packets of a stream cannot be read", "stream", p.stream.Key().String(), "error", x, "stack", string(debug.Stack()))
		p.session.Close()
	}
}

// received notes that bytes came over TCP.
func (p *publisher) received(n int, now time.Time) {
	p.stream.Received(n, now)
	p.mu.Lock()
	p.recv.expect = n
	p.mu.Unlock()
}

// deliver hands what was read so far to the stream.
func (p *publisher) deliver() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.deliverLocked(p.conn.last)
}

func (p *publisher) deliverLocked(now time.Time) {
	p.pacing.Note(p.recv.units, now)
	if err := p.recv.deliver(p.stream.Write); err != nil && p.over == nil {
		p.over = err
		p.session.Close()
	}
	p.tell()
}

// holds reports whether nothing more is to be read for now: the publisher sends faster than its media plays and a reader cannot keep up.
func (p *publisher) holds(now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.over == nil && p.pacing.Holds(now, p.stream.Behind)
}

// tell counts and logs what was lost since it was last called.
func (p *publisher) tell() {
	now := p.recv.receiverCounts
	if now == p.told {
		return
	}
	was := p.told
	p.told = now
	p.s.packetsLost.Add(now.packets - was.packets)
	p.s.framesLost.Add(now.frames - was.frames)
	p.s.badPackets.Add(now.bad - was.bad)
	switch {
	case now.packets != was.packets:
		p.s.losses.warn(p.s.Log, "packets were lost on the network", "stream", p.stream.Key().String(), "session", p.stream.ID,
			"packets", now.packets, "frames_left_out", now.frames)
	case now.bad != was.bad && was.bad == 0:
		p.s.losses.warn(p.s.Log, "packets of a stream cannot be read; the rest is recorded", "stream", p.stream.Key().String(),
			"session", p.stream.ID, "first_error", errText(p.recv.complaint))
	}
}

// close ends the stream, whatever took it away, and logs that. No packets come any more.
func (p *publisher) close(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.conn.feeds.Store(nil)
	func() {
		defer p.survive()
		p.recv.finish(time.Now())
	}()
	p.deliverLocked(time.Now())
	reason, detail := p.reasonOf(err)
	p.stream.End(reason, detail)
	close(p.left)
	end, stats := p.stream.Ended(), p.stream.Stats()
	log := p.s.Log.With("stream", p.stream.Key().String(), "session", p.stream.ID)
	if c := p.recv.receiverCounts; c != (receiverCounts{}) {
		log = log.With("packets_lost", c.packets, "frames_left_out", c.frames, "bad_packets", c.bad, "units_before_their_configuration", c.early)
	}
	log.Info("stream ended", "reason", string(end.Reason), "detail", end.Detail, "bytes", stats.Bytes, "units", stats.Units,
		"took", time.Since(p.stream.Start).Round(time.Millisecond))
	p.s.demote(p.conn)
}

// reasonOf says what the session's end means for the stream.
func (p *publisher) reasonOf(err error) (stream.EndReason, string) {
	var torn liberrors.ErrServerSessionTornDown
	var late liberrors.ErrServerSessionTimedOut
	select {
	case <-p.s.closing:
		return stream.EndShutdown, "the server is stopping"
	default:
	}
	gone := p.conn.leftBy()
	switch {
	case errors.Is(p.over, errIdle):
		return stream.EndLost, errIdle.Error()
	case errors.Is(p.over, stream.ErrEnded):
		return stream.EndDropped, p.over.Error()
	case p.over != nil:
		return stream.EndProtocol, p.over.Error()
	case errors.As(err, &torn):
		return stream.EndClient, "the publisher sent TEARDOWN"
	case errors.As(err, &late), errors.Is(gone, errIdle):
		return stream.EndLost, errIdle.Error()
	case isEOF(gone):
		return stream.EndClient, "the publisher closed the connection"
	case gone != nil:
		return stream.EndLost, gone.Error()
	}
	return stream.EndProtocol, errText(err)
}
