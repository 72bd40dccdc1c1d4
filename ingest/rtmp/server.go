// Package rtmp takes live streams in over RTMP: handshake, chunks, commands and the media of FLV tags, plain and enhanced. It turns
// them into units and writes those to streams; it knows no file, rule or database.
//
//	accept ─▶ conn goroutine: handshake, connect, publish ─▶ gatherer: reads all publishing sockets on a tick ─▶ stream.Write
package rtmp

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/stream"
)

// DefaultTick is the Tick of a Server that sets none.
const DefaultTick = 100 * time.Millisecond

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
	// Address to listen on.
	Address string
	Hub     *stream.Hub
	// Authorize decides about a publisher. It must not touch the disk. An error's text is shown to the publisher;
	// one that wraps media.ErrBadPath is a bad name, all others are a denial.
	Authorize func(PublishRequest) (Permission, error)
	Limits    Limits
	// Tick is how often publishing sockets are read; 0 means DefaultTick.
	Tick time.Duration
	Log  *slog.Logger

	listener net.Listener
	gather   gatherer
	portable bool // tests: use the gatherer of systems without raw sockets
	total    budget
	work     sync.WaitGroup
	closing  chan struct{}

	mu    sync.Mutex
	conns map[*conn]struct{}
	perIP map[netip.Addr]int
	over  int // connections refused since the last log line
	told  time.Time
}

// gatherer reads the sockets of publishers.
type gatherer interface {
	// adopt takes a connection over. On an error the connection is still the caller's.
	adopt(c *conn) error
	// close ends all its connections and waits for its goroutines.
	close()
}

// Listen opens the port. Nobody is served before Start.
func (s *Server) Listen() (err error) {
	s.Limits = s.Limits.withDefaults()
	s.total.max = s.Limits.MaxTotalPartialSize
	if s.Tick == 0 {
		s.Tick = DefaultTick
	}
	s.closing = make(chan struct{})
	s.conns, s.perIP = map[*conn]struct{}{}, map[netip.Addr]int{}
	if s.listener, err = net.Listen("tcp", s.Address); err != nil {
		return fmt.Errorf("listen for RTMP: %w", err)
	}
	return nil
}

// Addr returns the address listened on.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// Start serves until Close.
func (s *Server) Start() {
	s.gather = newGatherer(s)
	s.work.Go(s.accept)
}

// Close stops listening, ends all connections and waits for them.
func (s *Server) Close() error {
	err := s.listener.Close()
	s.mu.Lock()
	select {
	case <-s.closing:
		s.mu.Unlock()
		return nil
	default:
	}
	close(s.closing)
	for c := range s.conns {
		c.interrupt()
	}
	s.mu.Unlock()
	s.work.Wait()
	if s.gather != nil {
		s.gather.close()
	}
	return err
}

func (s *Server) accept() {
	pause := time.NewTimer(0)
	defer pause.Stop()
	<-pause.C
	wait := 5 * time.Millisecond
	for {
		nc, err := s.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			s.Log.Warn("connection not accepted", "face", "rtmp", "error", err)
			pause.Reset(wait)
			wait = min(2*wait, time.Second)
			select {
			case <-pause.C:
			case <-s.closing:
				return
			}
			continue
		}
		wait = 5 * time.Millisecond
		c := newConn(s, nc)
		if !s.enter(c) {
			_ = nc.Close()
			continue
		}
		s.work.Go(c.serve)
	}
}

// enter registers a connection, unless there are too many.
func (s *Server) enter(c *conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	ip := c.remote.Addr()
	perIP := s.Limits.MaxConnectionsPerIP
	select {
	case <-s.closing:
		return false
	default:
	}
	if len(s.conns) >= s.Limits.MaxConnections || perIP > 0 && s.perIP[ip] >= perIP {
		if s.over++; time.Since(s.told) > 10*time.Second {
			s.Log.Warn("connections refused; raise rtmp.max_connections or rtmp.max_connections_per_ip if they are legitimate",
				"refused", s.over, "connections", len(s.conns), "remote", c.remote.String())
			s.over, s.told = 0, time.Now()
		}
		return false
	}
	s.conns[c] = struct{}{}
	s.perIP[ip]++
	return true
}

func (s *Server) leave(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
	ip := c.remote.Addr()
	if s.perIP[ip]--; s.perIP[ip] == 0 {
		delete(s.perIP, ip)
	}
}

// admit asks for permission and opens the stream.
func (s *Server) admit(x *session, a address) (*stream.Stream, error) {
	c := x.conn
	log := s.Log.With("remote", c.remote.String(), "host", a.host, "app", a.app, "name", a.stream)
	p, err := s.Authorize(PublishRequest{
		Host: a.host, App: a.app, Stream: a.stream, Params: a.params, Remote: c.remote, Local: c.local,
	})
	if err != nil {
		log.Warn("publisher refused", "error", err)
		return nil, err
	}
	st, err := s.Hub.Publish(stream.Publisher{
		Key: p.Key, Protocol: "rtmp", Remote: c.remote, Params: p.Params, Credential: p.Credential, Kick: c.kick,
	})
	if err != nil {
		log.Warn("publisher refused", "error", err)
		return nil, err
	}
	s.Log.Info("publishing", "stream", p.Key.String(), "session", st.ID, "remote", c.remote.String())
	return st, nil
}
