package rtsp

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/bluenviron/gortsplib/v4"
	"github.com/bluenviron/gortsplib/v4/pkg/base"
	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/liberrors"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"aircheck/ingest/media"
	"aircheck/ingest/stream"
)

const (
	// playBytes and playTime are what a player may leave unread. Then it loses pictures up to the next random access point.
	playBytes = 16 << 20
	playTime  = 5 * time.Second
	// queuePause is how long to wait for room in the library's queue.
	queuePause = 5 * time.Millisecond
	// burst is how many packets over UDP may leave at once: the receiver's socket holds some hundred.
	burst = 32
	// reportEvery is how often a player is told how the tracks lie to each other.
	reportEvery = 5 * time.Second
)

// view is a stream as it was described to a player.
type view struct {
	path   string
	stream *stream.Stream
	desc   *description.Session
	tracks []*outTrack
}

// player sends a stream to one session.
type player struct {
	s       *Server
	session *gortsplib.ServerSession
	conn    *conn
	view    *view
	lib     *gortsplib.ServerStream
	udp     bool
	byID    map[int]*outTrack

	playing bool
	reader  *stream.Reader
	wake    chan struct{}
	done    chan struct{}
	begun   time.Time // the senders' time of origin, on the stream's time line
	origin  time.Duration
	sent    int // packets since the last pause
	skips   atomic.Int32
}

// reporting is when a track was last reported on.
type reporting struct{ at time.Time }

// OnDescribe tells a player what a stream has.
func (h *handler) OnDescribe(ctx *gortsplib.ServerHandlerOnDescribeCtx) (*base.Response, *gortsplib.ServerStream, error) {
	v, err := h.view(ctx.Conn, ctx.Request, ctx.Path, ctx.Query)
	if err != nil {
		res, err := answer(err)
		return res, nil, err
	}
	ctx.Conn.SetUserData(v)
	body, err := v.desc.Marshal(false)
	if err != nil {
		res, err := answer(err)
		return res, nil, err
	}
	return &base.Response{StatusCode: base.StatusOK, Body: body}, nil, nil
}

// view asks whether a player may play, and finds out what there is.
func (h *handler) view(sc *gortsplib.ServerConn, req *base.Request, path, query string) (*view, error) {
	r, err := h.request(sc, req, path, query)
	if err != nil {
		return nil, err
	}
	if h.s.Play == nil {
		return nil, errNoPlay
	}
	st, err := h.s.Play(r)
	if err == nil {
		v := &view{path: plainPath(path), stream: st}
		connOf(sc).settled()
		if v.desc, v.tracks = describe(st.Tracks()); len(v.tracks) > 0 {
			return v, nil
		}
		err = fmt.Errorf("%w: nothing has come yet that RTSP carries", stream.ErrNotLive)
	}
	connOf(sc).refuse(r, err, func() { h.s.refusePlayer(r, err) })
	return nil, err
}

// setupPlay makes the library's stream for a player: each has one of its own, as each begins with a picture of its own.
func (h *handler) setupPlay(ctx *gortsplib.ServerHandlerOnSetupCtx) (*base.Response, *gortsplib.ServerStream, error) {
	fail := func(err error) (*base.Response, *gortsplib.ServerStream, error) {
		res, err := answer(err)
		return res, nil, err
	}
	if t, _ := ctx.Session.UserData().(*task); t != nil {
		if t.player == nil {
			return fail(errNoPlay)
		}
		return &base.Response{StatusCode: base.StatusOK}, t.player.lib, nil
	}
	v, _ := ctx.Conn.UserData().(*view)
	if v == nil || v.path != plainPath(ctx.Path) || v.stream.Ended() != nil {
		var err error
		if v, err = h.view(ctx.Conn, ctx.Request, ctx.Path, ctx.Query); err != nil {
			return fail(err)
		}
	}
	ctx.Conn.SetUserData(nil)
	p := &player{
		s: h.s, session: ctx.Session, conn: connOf(ctx.Conn), view: v, lib: &gortsplib.ServerStream{Server: h.lib(), Desc: v.desc},
		udp: ctx.Transport != gortsplib.TransportTCP, byID: map[int]*outTrack{}, wake: make(chan struct{}, 1), done: make(chan struct{}),
	}
	if err := p.lib.Initialize(); err != nil {
		return fail(err)
	}
	ctx.Session.SetUserData(&task{player: p, conn: p.conn})
	return &base.Response{StatusCode: base.StatusOK}, p.lib, nil
}

// OnPlay begins to send.
func (h *handler) OnPlay(ctx *gortsplib.ServerHandlerOnPlayCtx) (*base.Response, error) {
	t, _ := ctx.Session.UserData().(*task)
	if t == nil || t.player == nil {
		return answer(errNoPlay)
	}
	p := t.player
	if p.playing {
		return &base.Response{StatusCode: base.StatusOK}, nil
	}
	if p.conn == nil || !h.s.establish(p.conn) {
		return answer(errDisplaced)
	}
	p.conn.apart.Store(true)
	p.begin()
	return &base.Response{StatusCode: base.StatusOK}, nil
}

// begin starts the player's goroutine.
func (p *player) begin() {
	p.playing = true
	stats := p.session.Stats()
	for _, o := range p.view.tracks {
		m, setup := stats.Medias[o.media]
		if !setup {
			continue
		}
		o.ssrc = m.Formats[o.format].LocalSSRC
		p.byID[o.track.ID] = o
	}
	p.s.Log.Info("player joined", "face", "rtsp", "stream", p.view.stream.Key().String(), "remote", p.conn.remote.String())
	p.reader = p.view.stream.NewReader(stream.ReaderOptions{
		MaxBytes: playBytes, MaxTime: playTime, Backlog: true, Prompt: true,
		Notify: func() {
			select {
			case p.wake <- struct{}{}:
			default:
			}
		},
	})
	p.s.playing.Add(1)
	p.s.players.Go(p.run)
}

// run sends until stream or session end.
func (p *player) run() {
	defer p.s.playing.Add(-1)
	defer p.reader.Close()
	waiting := !p.reader.Whole()
	for {
		select {
		case <-p.wake:
		case <-p.done:
			return
		}
		b := p.reader.Take()
		if b.Lost.Units > 0 {
			p.skips.Add(1)
		}
		over := false
		for _, u := range b.Units {
			if waiting && !over {
				waiting = !p.startsAt(u)
			}
			if !waiting && !over {
				over = !p.send(u)
			}
			u.Release()
		}
		if over || b.End != nil {
			p.drain()
			p.session.Close()
			return
		}
	}
}

// startsAt reports whether a player can begin with a unit: a random access point of pictures, or of sound where there are none.
func (p *player) startsAt(u *media.Unit) bool {
	if p.byID[u.Track.ID] == nil || !u.RandomAccess {
		return false
	}
	for _, o := range p.byID {
		if o.track.Codec.Kind() == media.Video {
			return u.Track.Codec.Kind() == media.Video
		}
	}
	return true
}

// send sends a unit. It reports false when the player cannot go on: the parameters are others than described, or it has left.
func (p *player) send(u *media.Unit) bool {
	o := p.byID[u.Track.ID]
	if o == nil {
		return true
	}
	if u.Track != o.track && (u.Track.Timescale != o.track.Timescale || !media.SameParameters(u.Track.Codec, o.track.Codec)) {
		return false
	}
	packets, err := o.packed(u)
	if err != nil {
		return true // a unit that its codec cannot be told apart in
	}
	at := media.Duration(u.PTS, u.Track.Timescale)
	if p.begun.IsZero() {
		p.begun, p.origin = time.Now(), at
	}
	ts := o.base + uint32(media.Rescale(u.PTS, u.Track.Timescale, uint32(o.format.ClockRate())))
	if now := time.Now(); now.Sub(o.report.at) >= reportEvery {
		o.report.at = now
		p.report(o, at, ts)
	}
	for _, pkt := range packets {
		pkt.Timestamp += ts
		o.packets++
		o.bytes += uint32(len(pkt.Payload))
		if !p.write(o, pkt) {
			return false
		}
	}
	return true
}

// report sends a sender report: how the track's time lies to that of all.
func (p *player) report(o *outTrack, at time.Duration, ts uint32) {
	_ = p.session.WritePacketRTCP(o.media, &rtcp.SenderReport{
		SSRC: o.ssrc, NTPTime: ntpOf(p.begun.Add(at - p.origin)), RTPTime: ts, PacketCount: o.packets, OctetCount: o.bytes,
	})
}

// ntpOf returns a time as sender reports have it.
func ntpOf(t time.Time) uint64 {
	return uint64(t.Unix()+secondsTo1970)<<32 | uint64(t.Nanosecond())<<32/uint64(time.Second)
}

// write puts a packet into the library's queue, and waits for room in it. It reports false if the player has left.
func (p *player) write(o *outTrack, pkt *rtp.Packet) bool {
	if p.udp {
		if p.sent++; p.sent >= burst {
			p.sent = 0
			if !p.pause(time.Millisecond) {
				return false
			}
		}
	}
	for {
		err := p.session.WritePacketRTP(o.media, pkt)
		var full liberrors.ErrServerWriteQueueFull
		if err == nil {
			return true
		}
		if !errors.As(err, &full) {
			return true // a packet that is too large; it is lost
		}
		if !p.pause(queuePause) {
			return false
		}
	}
}

func (p *player) pause(d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-p.done:
		return false
	}
}

// drain gives what is queued a moment to leave.
func (p *player) drain() { p.pause(100 * time.Millisecond) }

// close ends the player, whose session is over.
func (p *player) close(err error) {
	close(p.done)
	p.lib.Close()
	if !p.playing {
		return
	}
	p.s.Log.Info("player left", "face", "rtsp", "stream", p.view.stream.Key().String(), "remote", p.conn.remote.String(),
		"skips", p.skips.Load(), "reason", errText(err))
	p.s.demote(p.conn)
}
