// Package rtmp takes live streams in over RTMP: handshake, chunks, commands and the media of FLV tags, plain and enhanced. It turns
// them into units and writes those to streams; it knows no file, rule or database.
//
//	accept ─▶ goroutine of the connection: handshake, connect, publish ─▶ gatherer: reads all publishing sockets on a tick
//	          ◀─────────────── unpublish, or the end ────────────────────    chunks ─▶ messages ─▶ units ─▶ stream.Write
package rtmp

import (
	"container/list"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/relay"
	"aircheck/ingest/stream"
)

// Defaults of Server's Tick and LiveTick.
const (
	DefaultTick     = 200 * time.Millisecond
	DefaultLiveTick = 40 * time.Millisecond
)

// PublishRequest is what a publisher asks for.
type PublishRequest struct {
	// Host of the URL, without port; App and Stream its path.
	Host, App, Stream string
	// Params is the URL's query, undecoded.
	Params string
	// Remote and Local are the ends of the connection.
	Remote, Local netip.AddrPort
}

// Permission is the answer to a PublishRequest.
type Permission struct {
	Key media.StreamKey
	// Credential names the key that signed the address; empty when none was needed.
	Credential string
	// Params is the query without its secrets.
	Params string
}

// Server is an RTMP listener and its connections. Set the exported fields before Listen.
type Server struct {
	// Address to listen on, as net.Listen takes it.
	Address string
	// TLSAddress is where the same is spoken over TLS (RTMPS), with TLS; empty: nowhere.
	TLSAddress string
	TLS        *tls.Config
	Hub        *stream.Hub
	// Authorize decides about a publisher. It runs on the connection's goroutine and must not touch the disk. An error's text is
	// shown to the publisher; one that wraps media.ErrBadPath is a bad name, all others are a denial.
	Authorize func(PublishRequest) (Permission, error)
	// Play decides about a player, and returns the live stream that it gets. It runs on the connection's goroutine. An error's text is shown
	// to the player; one that wraps stream.ErrNotLive is a stream that is not there, all others are a denial. Nil: nobody may play.
	Play   func(ViewRequest) (*stream.Stream, error)
	Limits Limits
	// Tick is how often publishing sockets are read; 0 means DefaultTick. LiveTick is for streams with a Prompt reader; 0 means
	// DefaultLiveTick, or Tick if that is shorter.
	Tick, LiveTick time.Duration
	Log            *slog.Logger

	listener            net.Listener
	secured             net.Listener // nil unless there is a TLSAddress
	gather              gatherer
	own                 gatherer // of connections over TLS: their sockets cannot be gathered
	portable            bool     // tests: use the gatherer of systems without raw sockets
	waiting, publishing budget
	memory              media.Slabs
	plays               relay.Relay
	work, accepting     sync.WaitGroup
	closing             chan struct{}
	stopped             time.Time // when; set before closing is closed

	full, refusals, denials rarely

	mu    sync.Mutex
	conns map[*conn]struct{}
	// guests are the connections that may not publish yet, or no more, longest first.
	guests list.List
	perIP  map[netip.Addr]int
	stats  Stats
	// refusedBy counts publishers that were refused, but for those that stats counts.
	refusedBy map[Refusal]int64
}

// Stats is a snapshot of a server.
type Stats struct {
	// Connections are open now. So far, Accepted were let in, Refused were not for want of room, and Displaced
	// had to make room without having published.
	Connections                  int
	Accepted, Refused, Displaced int64
	// Partial is what is set aside for unfinished messages, in bytes.
	Partial int64
}

// gatherer reads the sockets of publishers.
type gatherer interface {
	// read reads a connection until its stream is over, and returns why.
	read(c *conn) error
	// drain has every read, now and later, return errStopping once what has arrived is read.
	drain()
	// close waits for the gatherer's own goroutines, when nobody reads any more.
	close()
}

// Listen opens the port. Nobody is served before Start.
func (s *Server) Listen() (err error) {
	s.prepare()
	if s.listener, err = net.Listen("tcp", s.Address); err != nil {
		return fmt.Errorf("listen for RTMP: %w", err)
	}
	return s.listenTLS()
}

// prepare gives the fields their defaults and makes what connections share.
func (s *Server) prepare() {
	s.Limits = s.Limits.withDefaults()
	s.waiting.max, s.waiting.share = maxWaitingSize, waitingShare
	s.publishing.max, s.publishing.share = s.Limits.MaxTotalPartialSize, publishingShare
	s.full.lines, s.refusals.lines, s.denials.lines = 1, 10, 20
	if s.Tick == 0 {
		s.Tick = DefaultTick
	}
	if s.LiveTick == 0 {
		s.LiveTick = DefaultLiveTick
	}
	s.LiveTick = min(s.LiveTick, s.Tick)
	s.closing = make(chan struct{})
	s.plays.Encoding = chunkEncoding{}
	s.conns, s.perIP = map[*conn]struct{}{}, map[netip.Addr]int{}
}

// interval is how often a publisher's socket is read.
func (s *Server) interval(c *conn) time.Duration {
	if c.session.stream.Prompt() {
		return s.LiveTick
	}
	return s.Tick
}

// Addr returns the address listened on.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// Start serves until Close.
func (s *Server) Start() {
	s.gather, s.own = newGatherer(s), newPortableGatherer(s)
	s.serve(s.listener, func(nc net.Conn) net.Conn { return nc })
	if s.secured != nil {
		s.serve(s.secured, func(nc net.Conn) net.Conn { return secure(nc, s.TLS) })
	}
}

// Stats returns a snapshot.
func (s *Server) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.stats
	st.Connections = len(s.conns)
	st.Partial = s.waiting.used.Load() + s.publishing.used.Load()
	return st
}

func (s *Server) serve(l net.Listener, dress func(net.Conn) net.Conn) {
	s.accepting.Add(1)
	s.work.Go(func() {
		defer s.accepting.Done()
		s.accept(l, dress)
	})
}

// accept serves whoever comes to l; dress makes the connection that is talked over.
func (s *Server) accept(l net.Listener, dress func(net.Conn) net.Conn) {
	const shortest, longest = 5 * time.Millisecond, time.Second
	pause := shortest
	for {
		nc, err := s.next(l)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			s.refusals.warn(s.Log, "connection not accepted", "face", "rtmp", "error", err)
			select {
			case <-time.After(pause):
			case <-s.closing:
			}
			pause = min(2*pause, longest)
			continue
		}
		pause = shortest
		c := newConn(s, nc)
		c.nc = dress(c.bottom)
		n, crowded := s.enter(c)
		if crowded != nil {
			s.full.warn(s.Log, "too many connections; raise rtmp.max_connections or rtmp.max_connections_per_ip if they are legitimate",
				"connections", n, "disconnected", crowded.remote.String())
		}
		if crowded == c {
			_ = nc.Close()
			continue
		}
		s.work.Go(c.run)
	}
}

// enter registers a connection. Where there are too many, the one that has not published for longest makes room, lest a thousand
// silent ones keep publishers out; crowded is that one, or c if it cannot be let in.
func (s *Server) enter(c *conn) (connections int, crowded *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ip, perIP := c.remote.Addr(), s.Limits.MaxConnectionsPerIP
	if s.stopping() {
		c.interrupt()
	}
	oldest := s.guests.Front()
	full := len(s.conns) >= s.Limits.MaxConnections
	if full && oldest == nil || perIP > 0 && s.perIP[ip] >= perIP {
		s.stats.Refused++
		return len(s.conns), c
	}
	if full {
		crowded = oldest.Value.(*conn)
		crowded.displace()
		s.remove(crowded)
		s.stats.Displaced++
	}
	s.stats.Accepted++
	s.conns[c] = struct{}{}
	s.perIP[ip]++
	c.place = s.guests.PushBack(c)
	return len(s.conns), crowded
}

// leave forgets a connection, unless it had to make room before.
func (s *Server) leave(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, here := s.conns[c]; here {
		s.remove(c)
	}
}

func (s *Server) remove(c *conn) {
	s.unlist(c)
	delete(s.conns, c)
	ip := c.remote.Addr()
	if s.perIP[ip]--; s.perIP[ip] == 0 {
		delete(s.perIP, ip)
	}
}

// unlist takes a connection off the guests.
func (s *Server) unlist(c *conn) {
	if c.place != nil {
		s.guests.Remove(c.place)
		c.place = nil
	}
}

// establish keeps a connection that may publish from having to make room. It fails if it had to already.
func (s *Server) establish(c *conn) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, here := s.conns[c]; !here {
		return errDisplaced
	}
	s.unlist(c)
	return nil
}

// demote makes a connection a guest again that has stopped publishing.
func (s *Server) demote(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.place = s.guests.PushBack(c)
}

// admit asks for permission and opens the stream.
func (s *Server) admit(c *conn, a address, kick func(string)) (*stream.Stream, error) {
	p, err := s.Authorize(PublishRequest{
		Host: a.host, App: a.app, Stream: a.stream, Params: a.params, Remote: c.remote, Local: c.local,
	})
	var st *stream.Stream
	if err == nil {
		err = s.establish(c)
	}
	if err == nil {
		st, err = s.Hub.Publish(stream.Publisher{
			Key: p.Key, Protocol: "rtmp", Remote: c.remote, Local: c.local, Params: p.Params, Credential: p.Credential, Kick: kick,
		})
	}
	if err != nil {
		s.refused(refusalOf(err))
		s.denials.warn(s.Log, "publisher refused", "remote", c.remote.String(), "host", shorten(a.host), "app", shorten(a.app),
			"name", shorten(a.stream), "error", shorten(err.Error()))
		return nil, err
	}
	s.Log.Info("publishing", "stream", p.Key.String(), "session", st.ID, "remote", c.remote.String())
	return st, nil
}

// logRefusal tells why a connection did not come to publish, unless that is its own business or was told already.
func (s *Server) logRefusal(c *conn, err error) {
	var ne net.Error
	quiet := errors.Is(err, errPlayed) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &ne) || isReset(err) ||
		errors.Is(err, errStopping) || errors.Is(err, errRefused)
	if quiet {
		s.Log.Debug("connection ended before publishing", "remote", c.remote.String(), "error", err)
		return
	}
	s.refused(protocolOr(err))
	text := err.Error()
	if !errors.Is(err, errPanic) {
		text = shorten(text)
	}
	s.refusals.warn(s.Log, "connection refused", "face", "rtmp", "remote", c.remote.String(), "error", text)
}
