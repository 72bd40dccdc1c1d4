// Package rtsp takes live streams in over RTSP (ANNOUNCE, RECORD; over TCP, UDP or TLS) and shows them (DESCRIBE, PLAY). The protocol is gortsplib's,
// which no other package knows. What that leaves open is here: deadlines and caps, reading sockets on a tick, losses, a time line.
//
//	accept ─▶ conn ─▶ the library's goroutine: requests ─▶ handler ─▶ Authorize, Hub.Publish
//	                     packets, a tick's at once ─▶ receiver: access units, time line ─▶ stream.Write
//	stream.Reader ─▶ player: packets ─▶ the library's queue ─▶ socket
package rtsp

import (
	"container/list"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bluenviron/gortsplib/v4"

	"aircheck/ingest/media"
	"aircheck/ingest/stream"
)

// Defaults of Server's Tick and LiveTick.
const (
	DefaultTick     = 200 * time.Millisecond
	DefaultLiveTick = 40 * time.Millisecond
)

const (
	// udpBuffer is the socket buffer that is asked for, in bytes: a key frame comes at once. The system may give less.
	udpBuffer = 4 << 20
	// writeQueue is how many packets may wait for a player's socket. A power of two.
	writeQueue = 512
)

// Permission is the answer to a publisher's Request.
type Permission struct {
	Key media.StreamKey
	// Credential names the key that signed the address; empty when none was needed.
	Credential string
	// Params is the query without its secrets.
	Params string
}

// Server is an RTSP listener, with or without TLS beside it, and its connections. Set the exported fields before Listen.
type Server struct {
	// Address to listen on, as net.Listen takes it; empty for none. TLSAddress is the same for RTSPS, with TLS as its configuration.
	Address, TLSAddress string
	TLS                 *tls.Config
	// RTPAddress and RTCPAddress are those for packets over UDP, the ports an even number and the next; empty for TCP alone.
	RTPAddress, RTCPAddress string
	Hub                     *stream.Hub
	// Authorize decides about a publisher. An error's text is shown to the publisher; one that wraps media.ErrBadPath is a bad
	// name, after one that wraps ErrUnauthorized it is asked for user and password, all others are a denial.
	Authorize func(Request) (Permission, error)
	// Play decides about a player, and returns the live stream that it gets. Its errors are those of Authorize, and stream.ErrNotLive. Nil:
	// nobody may play.
	Play   func(Request) (*stream.Stream, error)
	Limits Limits
	// Tick is how often publishing sockets are read; 0 means DefaultTick. LiveTick is for streams with a Prompt reader; 0 means
	// DefaultLiveTick, or Tick if that is shorter.
	Tick, LiveTick time.Duration
	Log            *slog.Logger

	plain, secure *face
	slabs         media.Slabs
	hear          time.Duration // hearMost, but in tests
	begun         time.Time
	open, closing chan struct{}
	closeOnce     sync.Once
	readUntil     time.Time     // as the server stops; set before closing is closed
	udpDrained    chan struct{} // closed when, as the server stops, the packets that have come over UDP are taken in
	players       sync.WaitGroup

	full, refusals, denials, losses rarely

	mu     sync.Mutex
	conns  map[*conn]struct{}
	guests list.List // the connections that neither publish nor play, longest first
	perIP  map[netip.Addr]int
	stats  Stats
	// refusedBy counts publishers that were refused, but for those that stats counts.
	refusedBy map[Refusal]int64

	packetsLost, framesLost, badPackets atomic.Int64
	playing                             atomic.Int64
}

// face is one of the library's servers with its listener.
type face struct {
	lib      *gortsplib.Server
	listener net.Listener
	udp      []net.PacketConn
	started  bool
}

// Stats is a snapshot of a server.
type Stats struct {
	// Connections are open now, Players those that play. So far, Accepted were let in, Refused were not for want of room, and
	// Displaced had to make room without having published or played.
	Connections, Players         int
	Accepted, Refused, Displaced int64
	// PacketsLost did not arrive, FramesLost were left out for that, BadPackets could not be read.
	PacketsLost, FramesLost, BadPackets int64
}

// Listen opens the ports. Nobody is served before Start.
func (s *Server) Listen() (err error) {
	s.prepare()
	if s.Address != "" {
		if s.plain, err = s.openFace(s.Address, nil, s.RTPAddress, s.RTCPAddress); err != nil {
			return err
		}
	}
	if s.TLSAddress != "" {
		if s.secure, err = s.openFace(s.TLSAddress, s.TLS, "", ""); err != nil {
			return errors.Join(err, s.Close())
		}
	}
	return nil
}

// prepare gives the fields their defaults and makes what connections share.
func (s *Server) prepare() {
	s.Limits = s.Limits.withDefaults()
	s.full.lines, s.refusals.lines, s.denials.lines, s.losses.lines = 1, 10, 20, 5
	if s.Tick == 0 {
		s.Tick = DefaultTick
	}
	if s.LiveTick == 0 {
		s.LiveTick = DefaultLiveTick
	}
	s.LiveTick = min(s.LiveTick, s.Tick)
	if s.hear == 0 {
		s.hear = hearMost
	}
	s.begun, s.open, s.closing, s.udpDrained = time.Now(), make(chan struct{}), make(chan struct{}), make(chan struct{})
	s.conns, s.perIP = map[*conn]struct{}{}, map[netip.Addr]int{}
}

// openFace opens the ports of one face.
func (s *Server) openFace(address string, config *tls.Config, rtp, rtcp string) (*face, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen for RTSP: %w", err)
	}
	f := &face{listener: &listener{Listener: l, s: s}}
	if rtp != "" {
		if f.udp, err = listenUDP(rtp, rtcp); err != nil {
			f.close()
			return nil, err
		}
		rtp, rtcp = f.udp[0].LocalAddr().String(), f.udp[1].LocalAddr().String()
	}
	taken := 0
	f.lib = &gortsplib.Server{
		Handler: &handler{s: s, face: f}, RTSPAddress: l.Addr().String(), UDPRTPAddress: rtp, UDPRTCPAddress: rtcp, TLSConfig: config,
		ReadTimeout: s.Limits.IdleTimeout, WriteTimeout: s.Limits.WriteTimeout, WriteQueueSize: writeQueue, DisableRTCPSenderReports: true,
		Listen: func(string, string) (net.Listener, error) { return f.listener, nil },
		ListenPacket: func(string, string) (net.PacketConn, error) {
			taken++
			return f.udp[taken-1], nil
		},
	}
	if err := f.lib.Start(); err != nil { // nobody is let in before Start
		f.close()
		return nil, fmt.Errorf("serve RTSP: %w", err)
	}
	f.started = true
	return f, nil
}

// listenUDP opens the ports for packets: where the first is 0 any pair, the first of them even, as RTP wants it.
func listenUDP(rtp, rtcp string) ([]net.PacketConn, error) {
	const tries = 100
	for try := 1; ; try++ {
		a, err := net.ListenPacket("udp", rtp)
		if err != nil {
			return nil, fmt.Errorf("listen for RTP: %w", err)
		}
		at := a.LocalAddr().(*net.UDPAddr)
		host, _, _ := net.SplitHostPort(rtcp)
		b, err := net.ListenPacket("udp", net.JoinHostPort(host, strconv.Itoa(at.Port+1)))
		if err == nil && at.Port%2 == 0 {
			_ = a.(*net.UDPConn).SetReadBuffer(udpBuffer) // the system may give less
			return []net.PacketConn{a, b}, nil
		}
		_ = a.Close()
		if err == nil {
			_ = b.Close()
			err = errors.New("the port for RTP must be even")
		}
		if _, port, _ := net.SplitHostPort(rtp); port != "0" || try == tries {
			return nil, fmt.Errorf("listen for RTCP: %w", err)
		}
	}
}

// interval is how often a publisher's socket is read.
func (s *Server) interval(st *stream.Stream) time.Duration {
	if st.Prompt() {
		return s.LiveTick
	}
	return s.Tick
}

// Addr returns the address listened on, nil for none; TLSAddr that for TLS.
func (s *Server) Addr() net.Addr { return s.plain.addr() }

// TLSAddr returns the address listened on for TLS, nil for none.
func (s *Server) TLSAddr() net.Addr { return s.secure.addr() }

func (f *face) addr() net.Addr {
	if f == nil {
		return nil
	}
	return f.listener.Addr()
}

// Start serves until Close.
func (s *Server) Start() { close(s.open) }

// Close stops listening, ends all streams with what has arrived, and waits for connections to end. It may be called again.
func (s *Server) Close() error {
	s.closeOnce.Do(func() {
		s.readUntil = time.Now().Add(s.Limits.drainTime)
		close(s.closing)
		s.drain()
	})
	for _, f := range s.faces() {
		f.close()
	}
	s.players.Wait()
	return nil
}

func (f *face) close() {
	if f.started {
		f.lib.Close()
		return
	}
	_ = f.listener.Close()
	for _, pc := range f.udp {
		_ = pc.Close()
	}
}

// Stats returns a snapshot.
func (s *Server) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.stats
	st.Connections, st.Players = len(s.conns), int(s.playing.Load())
	st.PacketsLost, st.FramesLost, st.BadPackets = s.packetsLost.Load(), s.framesLost.Load(), s.badPackets.Load()
	return st
}
