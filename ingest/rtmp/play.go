package rtmp

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"time"

	"github.com/yutopp/go-rtmp/message"

	"aircheck/ingest/relay"
	"aircheck/ingest/stream"
)

// Status codes of playing that go-rtmp has no names for.
const (
	codePlayReset       message.NetStreamOnStatusCode = "NetStream.Play.Reset"
	codePlayStop        message.NetStreamOnStatusCode = "NetStream.Play.Stop"
	codePlayNotFound    message.NetStreamOnStatusCode = "NetStream.Play.StreamNotFound"
	codePlayUnpublished message.NetStreamOnStatusCode = "NetStream.Play.UnpublishNotify"
	codePause           message.NetStreamOnStatusCode = "NetStream.Pause.Notify"
	codeUnpause         message.NetStreamOnStatusCode = "NetStream.Unpause.Notify"
)

// publishersPart is what of Limits.MaxConnections players leave to publishers: one in publishersPart.
const publishersPart = 4

// What stops session.feed of a player, and why players end.
var (
	errPlaying  = errors.New("playing")
	errUnplayed = errors.New("the player stopped")
	errPlayed   = errors.New("the stream that was played has ended")
	errNoPlay   = errors.New("playing over RTMP is switched off")
	errCrowded  = errors.New("there are too many players")
)

// ViewRequest is what a player asks for.
type ViewRequest struct {
	// Host of the URL, without port; App and Stream its path.
	Host, App, Stream string
	// Params is the URL's query, undecoded.
	Params string
	// Remote and Local are the ends of the connection.
	Remote, Local netip.AddrPort
	// Closing is closed when the server stops.
	Closing <-chan struct{}
}

// Plays returns a snapshot of those who play.
func (s *Server) Plays() relay.Stats { return s.plays.Stats() }

// play begins to play.
func (s *session) play(streamID uint32, name string) error {
	if !s.connected {
		return fmt.Errorf("%w: play before connect", errCommand)
	}
	if s.stream != nil || s.viewed != nil {
		s.status(streamID, message.NetStreamOnStatusLevelError, message.NetStreamOnStatusCodePlayFailed,
			"this connection is in use already; open another one")
		return nil
	}
	a, err := parseAddress(s.tcURL, s.app, name)
	if err == nil {
		s.viewed, err = s.view(a)
	}
	if err != nil {
		code := message.NetStreamOnStatusCodePlayFailed
		if errors.Is(err, stream.ErrNotLive) {
			code = codePlayNotFound
		}
		s.status(streamID, message.NetStreamOnStatusLevelError, code, err.Error())
		return fmt.Errorf("%w: %w", errRefused, err)
	}
	s.streamID = streamID
	what := "playing " + s.viewed.Key().String()
	s.control(&message.UserCtrl{Event: &message.UserCtrlEventStreamBegin{StreamID: ownStream}})
	s.status(streamID, message.NetStreamOnStatusLevelStatus, codePlayReset, what)
	s.status(streamID, message.NetStreamOnStatusLevelStatus, message.NetStreamOnStatusCodePlayStart, what)
	s.message(dataChunks, message.TypeIDDataMessageAMF0, ownStream, appendAMF(nil, "|RtmpSampleAccess", true, true))
	return errPlaying
}

// playCommand reads what a player may ask for while it plays. Seeking, and what is to be left out, are passed over: it is live.
func (s *session) playCommand(name string, values []any) error {
	switch name {
	case "closeStream", "deleteStream":
		if s.viewed != nil {
			return errUnplayed
		}
	case "pause":
		code := codeUnpause
		if on, _ := argument(values, 3).(bool); on {
			code = codePause
		}
		if s.viewed != nil {
			s.status(s.streamID, message.NetStreamOnStatusLevelStatus, code, "it is live: what is not taken is left out")
		}
	case "FCSubscribe":
		s.command(0, "onFCSubscribe", 0.0, nil, []property{
			{"level", string(message.NetStreamOnStatusLevelStatus)}, {"code", string(message.NetStreamOnStatusCodePlayStart)},
		})
	}
	return nil
}

// admitPlayer asks for a stream to play.
func (c *conn) admitPlayer(a address) (*stream.Stream, error) {
	s := c.server
	if s.Play == nil {
		return nil, errNoPlay
	}
	if s.plays.Stats().Players >= s.Limits.MaxConnections-s.Limits.MaxConnections/publishersPart {
		return nil, errCrowded
	}
	st, err := s.Play(ViewRequest{
		Host: a.host, App: a.app, Stream: a.stream, Params: a.params, Remote: c.remote, Local: c.local, Closing: s.closing,
	})
	if err == nil {
		err = s.establish(c)
	}
	if err != nil {
		s.denials.warn(s.Log, "player refused", "face", "rtmp", "remote", c.remote.String(), "host", shorten(a.host),
			"app", shorten(a.app), "name", shorten(a.stream), "error", shorten(err.Error()))
		return nil, err
	}
	return st, nil
}

// watch sends the session its stream until one of them ends. It returns nil if the player stopped and may go on with something else.
func (c *conn) watch() error {
	st, nc := c.session.viewed, c.nc
	if _, plain := nc.(*arrivedConn); plain {
		nc = c.bottom.Conn // the relay knows sockets
	}
	log := c.server.Log.With("face", "rtmp", "stream", st.Key().String(), "remote", c.remote.String())
	log.Info("player joined")
	p := c.server.plays.Join(st, nc, relay.Options{Over: func() { _ = nc.SetReadDeadline(time.Unix(1, 0)) }})
	err := c.listen(p)
	whole, over := p.Close(), p.Err()
	sent, skips := p.Sent()
	log.Info("player left", "bytes", sent, "skips", skips, "reason", errors.Join(over, err).Error())
	c.session.viewed = nil
	if !whole {
		c.session.out = nil
		return errPlayed
	}
	c.session.unplay(over)
	if !errors.Is(err, errUnplayed) {
		return errPlayed
	}
	c.server.demote(c)
	return errors.Join(c.await(), c.flush())
}

// unplay tells a player that it is over.
func (s *session) unplay(why error) {
	if errors.Is(why, relay.ErrEnded) {
		s.control(&message.UserCtrl{Event: &message.UserCtrlEventStreamEOF{StreamID: ownStream}})
		s.status(s.streamID, message.NetStreamOnStatusLevelStatus, codePlayUnpublished, "the stream has ended")
	}
	s.status(s.streamID, message.NetStreamOnStatusLevelStatus, codePlayStop, "stopped")
}

// listen reads what a player says while it plays.
func (c *conn) listen(p *relay.Player) error {
	buf := make([]byte, commandBuffer)
	in := c.tail
	for {
		rest, err := c.feed(in, time.Now())
		if len(c.session.out) > 0 {
			p.Say(c.session.out)
			c.session.out = c.session.out[:0]
		}
		if err != nil {
			c.tail = append([]byte(nil), rest...)
			return err
		}
		k := copy(buf, rest)
		n, err := c.nc.Read(buf[k:])
		in = buf[:k+n]
		c.tail = append(c.tail[:0], in...)
		c.session.count(n, time.Now())
		if p.Err() != nil {
			return nil
		}
		if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			return err
		}
		if errors.Is(err, net.ErrClosed) {
			return err
		}
	}
}
