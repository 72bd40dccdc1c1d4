package server

import (
	"context"
	"fmt"

	"aircheck/ingest/rtsp"
	"aircheck/ingest/stream"
	"aircheck/server/auth"
)

// openRTSP listens for cameras, encoders and players, unless RTSP is switched off.
func (s *Server) openRTSP(context.Context) error {
	c := s.cfg.RTSP
	if c.Address == "" && c.TLSAddress == "" {
		return nil
	}
	face := &rtsp.Server{
		Address: c.Address, TLSAddress: c.TLSAddress, TLS: s.tlsConfig(), RTPAddress: c.UDPRTPAddress, RTCPAddress: c.UDPRTCPAddress,
		Hub: s.hub, Tick: c.Tick, LiveTick: c.LiveTick, Log: s.log, Authorize: s.access.rtspPublisher, Play: s.rtspPlayer,
		Limits: rtsp.Limits{
			MaxConnections: c.MaxConnections, MaxConnectionsPerIP: c.MaxConnectionsPerIP, HandshakeTimeout: c.HandshakeTimeout,
			IdleTimeout: c.IdleTimeout, WriteTimeout: c.WriteTimeout,
		},
	}
	if err := face.Listen(); err != nil {
		return unheard(rtspKey(err, c.TLSAddress), err)
	}
	s.rtsp = face
	s.onClose(face.Close)
	return nil
}

// startRTSP serves those who come, and says where.
func (s *Server) startRTSP() {
	if s.rtsp == nil {
		return
	}
	s.rtsp.Start()
	if at := s.rtsp.Addr(); at != nil {
		s.log.Info("listening", "face", "rtsp", "address", at.String())
	}
	if at := s.rtsp.TLSAddr(); at != nil {
		s.log.Info("listening", "face", "rtsps", "address", at.String())
	}
}

// rtspPort is where publishers and players come without TLS; 0 if they cannot.
func (s *Server) rtspPort() int {
	if s.rtsp == nil || s.rtsp.Addr() == nil {
		return 0
	}
	return port(s.rtsp.Addr())
}

// closeRTSP ends all that RTSP has begun.
func (s *Server) closeRTSP() error {
	if s.rtsp == nil {
		return nil
	}
	return s.rtsp.Close()
}

// rtspStats is what the metrics show.
func (s *Server) rtspStats() (rtsp.Stats, map[rtsp.Refusal]int64) {
	if s.rtsp == nil {
		return rtsp.Stats{}, nil
	}
	return s.rtsp.Stats(), s.rtsp.Refusals()
}

// rtspPublisher is rtsp.Server's Authorize.
func (a *access) rtspPublisher(r rtsp.Request) (rtsp.Permission, error) {
	granted, err := a.publish.Authorize(auth.PushRequest{
		Protocol: "rtsp", Host: r.Host, App: r.App, Stream: r.Stream, Params: r.Params, Remote: r.Remote, Local: r.Local,
		Credentials: credentials(r.Credentials),
	})
	return rtsp.Permission(granted), challenged(err)
}

func credentials(c *rtsp.Credentials) *auth.Credentials {
	if c == nil {
		return nil
	}
	return &auth.Credentials{User: c.User, Matches: c.Matches}
}

// challenged has a client asked for user and password that may have them.
func challenged(err error) error {
	if err != nil && auth.Challenge(err) {
		return fmt.Errorf("%w: %w", rtsp.ErrUnauthorized, err)
	}
	return err
}

// rtspPlayer is rtsp.Server's Play. A stream must have told what it consists of.
func (s *Server) rtspPlayer(r rtsp.Request) (*stream.Stream, error) {
	st, err := s.awaitLive(auth.PlayRequest{
		Protocol: "rtsp", Host: r.Host, App: r.App, Stream: r.Stream, Params: r.Params, Remote: r.Remote, Local: r.Local,
		Credentials: credentials(r.Credentials),
	}, r.Closing, func(st *stream.Stream) bool { return len(st.Tracks()) > 0 })
	return st, challenged(err)
}
