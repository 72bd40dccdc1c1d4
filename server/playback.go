package server

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/relay"
	"aircheck/ingest/rtmp"
	"aircheck/ingest/stream"
	"aircheck/server/auth"
	"aircheck/server/metrics"
	"aircheck/server/play"
)

// openPlay connects live playback with who may watch.
func (s *Server) openPlay(context.Context) error {
	c := s.cfg.Play
	s.play = &play.Server{
		Hub: s.hub, Origins: c.AllowOrigins, MaxPlayers: c.MaxPlayers, Wait: c.Wait, RTMPPort: unusual(s.cfg.RTMP.Address, "1935"), Log: s.log,
		Authorize: func(r *http.Request, protocol, app, name string) (media.StreamKey, error) {
			granted, err := s.access.httpPlayer(r, protocol, app, name)
			return granted.Key, err
		},
		HLS: play.HLSOptions{
			LowLatency: s.cfg.HLS.LowLatency, Segments: s.cfg.HLS.Segments, Segment: s.cfg.HLS.SegmentDuration, Part: s.cfg.HLS.PartDuration,
			MaxSegment: int(s.cfg.HLS.MaxSegmentSize), Idle: s.cfg.HLS.Idle, Always: s.cfg.HLS.Always,
		},
	}
	s.play.Start()
	s.onClose(func() error { s.play.Close(); return nil })
	return nil
}

// unusual returns the port of an address to listen on, or nothing if it is the usual one or chosen by the system.
func unusual(address, usual string) string {
	if _, port, err := net.SplitHostPort(address); err == nil && port != usual && port != "0" {
		return port
	}
	return ""
}

// withPlay has live playback answer its addresses, and next all others.
func (s *Server) withPlay(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if play.Owns(r.URL.Path) {
			s.play.ServeHTTP(w, r)
			return
		}
		if play.Hinted(r) {
			s.play.ServeHint(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// rtmpPlayer is rtmp.Server's Play.
func (s *Server) rtmpPlayer(r rtmp.ViewRequest) (*stream.Stream, error) {
	return s.awaitLive(auth.PlayRequest{
		Protocol: "rtmp", Host: r.Host, App: r.App, Stream: r.Stream, Params: r.Params, Remote: r.Remote, Local: r.Local,
	}, r.Closing, func(*stream.Stream) bool { return true })
}

// awaitLive returns the live stream that a player may play, and waits a little for one that is about to come and to be ready. Whether it may
// is asked first, and again if its address comes to mean another stream.
func (s *Server) awaitLive(r auth.PlayRequest, closing <-chan struct{}, ready func(*stream.Stream) bool) (*stream.Stream, error) {
	const step = 100 * time.Millisecond
	deadline := time.Now().Add(s.cfg.Play.Wait)
	granted, err := s.access.play.Authorize(r)
	for err == nil {
		if st := s.hub.Get(granted.Key); st != nil && ready(st) {
			return st, nil
		}
		if time.Until(deadline) < step {
			return nil, fmt.Errorf("%w: %s/%s", stream.ErrNotLive, r.App, r.Stream)
		}
		select {
		case <-time.After(step):
		case <-closing:
			return nil, stream.ErrClosed
		}
		var now auth.Permission
		if now, err = s.access.play.Resolve(r); err == nil && now.Key != granted.Key {
			granted, err = s.access.play.Authorize(r)
		}
	}
	return nil, err
}

// playerStats is what the metrics show.
func (s *Server) playerStats() metrics.Players {
	relayed := func(p relay.Stats) metrics.PlayerFigures {
		return metrics.PlayerFigures{
			Now: p.Players, Relayed: true, Joined: p.Joined, Stalled: p.Stalled, Skips: p.Skips, Bytes: p.Bytes,
		}
	}
	overRTSP, _ := s.rtspStats()
	return metrics.Players{HLS: s.play.Muxers(), ByProtocol: map[string]metrics.PlayerFigures{
		"http-flv": relayed(s.play.Players()), "rtmp": relayed(s.rtmp.Plays()), "rtsp": {Now: overRTSP.Players},
	}}
}
