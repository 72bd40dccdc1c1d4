// Package play shows live streams over HTTP: HTTP-FLV, the same over WebSocket, HLS, and what the page under /play/ asks.
//
//	/APP/STREAM.flv      flv.go, websocket.go on ingest/relay: one encoding for all players of a stream
//	/APP/STREAM.m3u8     hls.go, hlsmuxer.go: one muxer for each stream that somebody watches
//	/play/status         status.go
//
// Each face asks Authorize before anything of the stream is told.
package play

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/relay"
	"aircheck/ingest/stream"
	"aircheck/server/auth"
)

// Protocols, as Authorize is told them.
const (
	ProtocolFLV       = "http-flv"
	ProtocolWebSocket = "ws-flv"
	ProtocolHLS       = "hls"
)

// Extensions of addresses.
const (
	extFLV = ".flv"
	extHLS = ".m3u8"
)

// errFull is what a player is told that there is no room for.
var errFull = errors.New("there are too many players")

// Server is the handler of live playback. Set the exported fields, then call Start; Close when done.
type Server struct {
	Hub *stream.Hub
	// Authorize decides about a player, and returns which stream its address means, live or not: see auth.Play for its errors. It is asked
	// once for a player of HTTP-FLV or WebSocket, and for each request for a stream's first playlist or status.
	Authorize func(r *http.Request, protocol, app, stream string) (media.StreamKey, error)
	// Origins are the origins whose pages may play ("https://example.com"); "*" is every one.
	Origins []string
	// MaxPlayers of HTTP-FLV and WebSocket there may be at once; 0 is no limit.
	MaxPlayers int
	// Wait is how long a player of HTTP-FLV, WebSocket or HLS waits for its stream to begin.
	Wait time.Duration
	HLS  HLSOptions
	// RTMPPort is shown on the page, empty for the usual one.
	RTMPPort string
	Log      *slog.Logger

	flv  relay.Relay
	hls  hls
	stop chan struct{}
	work sync.WaitGroup

	mu      sync.Mutex
	players int
	closed  bool
}

// Start begins to serve.
func (s *Server) Start() {
	s.stop = make(chan struct{})
	s.flv.Encoding = relay.FLV{}
	s.hls.start(s)
}

// Close ends every player, and waits for that.
func (s *Server) Close() {
	s.mu.Lock()
	if !s.closed {
		s.closed = true
		close(s.stop)
	}
	s.mu.Unlock()
	s.flv.Close()
	s.hls.close()
	s.work.Wait()
}

// Players returns a snapshot of those of HTTP-FLV and WebSocket.
func (s *Server) Players() relay.Stats { return s.flv.Stats() }

// Muxers returns how many streams HLS is being made of.
func (s *Server) Muxers() int {
	s.hls.mu.Lock()
	defer s.hls.mu.Unlock()
	return len(s.hls.muxers)
}

// Owns reports whether a path is one of live playback.
func Owns(p string) bool {
	ext := path.Ext(p)
	if ext == extFLV || ext == extHLS {
		return true
	}
	_, _, _, ok := splitSession(p)
	return ok
}

// ServeHTTP answers what Owns.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.allowOrigin(w.Header(), r)
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	switch r.Method {
	case http.MethodOptions:
		h.Set("Access-Control-Allow-Methods", "GET, HEAD, OPTIONS")
		h.Set("Access-Control-Allow-Headers", "Range, Cache-Control, Pragma")
		h.Set("Access-Control-Max-Age", "86400")
		w.WriteHeader(http.StatusNoContent)
		return
	case http.MethodGet, http.MethodHead:
	default:
		h.Set("Allow", "GET, HEAD, OPTIONS")
		s.fail(w, r, http.StatusMethodNotAllowed, errors.New("only GET, HEAD and OPTIONS are answered here"))
		return
	}
	if key, token, file, ok := splitSession(r.URL.Path); ok {
		s.hls.file(w, r, key, token, file)
		return
	}
	if path.Ext(r.URL.Path) == extFLV {
		s.serveFLV(w, r)
		return
	}
	s.serveHLS(w, r)
}

// allowOrigin has pages of other origins play.
func (s *Server) allowOrigin(h http.Header, r *http.Request) {
	origin := r.Header.Get("Origin")
	switch {
	case slices.Contains(s.Origins, "*"):
		origin = "*"
	case len(s.Origins) == 0:
		return
	default:
		h.Set("Vary", "Origin")
		if !slices.Contains(s.Origins, origin) {
			return
		}
	}
	h.Set("Access-Control-Allow-Origin", origin)
	h.Set("Access-Control-Expose-Headers", "Content-Length, Content-Type, Date")
}

// open finds the live stream of an address, waiting for it a while. The error has been answered.
func (s *Server) open(w http.ResponseWriter, r *http.Request, protocol, ext string) (*stream.Stream, bool) {
	st, err := s.find(r, protocol, strings.TrimSuffix(r.URL.Path, ext), s.Wait)
	if err != nil {
		s.refuse(w, r, protocol, err)
	}
	return st, err == nil
}

// find returns the live stream of a path, whose last extension has been taken off.
func (s *Server) find(r *http.Request, protocol, p string, wait time.Duration) (*stream.Stream, error) {
	const step, perQuestion = 100 * time.Millisecond, 10
	app, name := media.SplitPath(p)
	deadline := time.Now().Add(wait)
	var key media.StreamKey
	for n := 0; ; n++ {
		if n%perQuestion == 0 { // which domain is meant may depend on what is live
			var err error
			if key, err = s.Authorize(r, protocol, app, name); err != nil {
				return nil, err
			}
		}
		if st := s.Hub.Get(key); st != nil {
			return st, nil
		}
		if time.Until(deadline) < step {
			return nil, fmt.Errorf("%w: %s/%s", stream.ErrNotLive, key.App, key.Stream)
		}
		select {
		case <-time.After(step):
		case <-r.Context().Done():
			return nil, r.Context().Err()
		case <-s.stop:
			return nil, stream.ErrClosed
		}
	}
}

// refuse answers an error of find.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, protocol string, err error) {
	status := statusOf(err)
	if status != http.StatusNotFound {
		s.Log.Info("player refused", "face", protocol, "remote", r.RemoteAddr, "path", shorten(r.URL.Path), "error", shorten(err.Error()))
	}
	s.fail(w, r, status, err)
}

// statusOf is what an error of find means in HTTP.
func statusOf(err error) int {
	switch {
	case errors.Is(err, auth.ErrTooManyFailures):
		return http.StatusTooManyRequests
	case errors.Is(err, auth.ErrPlayDenied):
		return http.StatusForbidden
	case errors.Is(err, media.ErrBadPath):
		return http.StatusBadRequest
	case errors.Is(err, stream.ErrClosed), errors.Is(err, errFull):
		return http.StatusServiceUnavailable
	}
	return http.StatusNotFound
}

// fail answers an error: JSON to who wants it, else text.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, status int, err error) {
	h := w.Header()
	if status == http.StatusServiceUnavailable || status == http.StatusTooManyRequests {
		h.Set("Retry-After", "5")
	}
	if strings.Contains(r.Header.Get("Accept"), "application/json") {
		h.Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]string{"Error": err.Error()})
		return
	}
	h.Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = fmt.Fprintln(w, err)
}

// enter counts a player in; leave is to be called when it is over.
func (s *Server) enter() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return stream.ErrClosed
	case s.MaxPlayers > 0 && s.players >= s.MaxPlayers:
		return errFull
	}
	s.players++
	s.work.Add(1)
	return nil
}

func (s *Server) leave() {
	s.mu.Lock()
	s.players--
	s.mu.Unlock()
	s.work.Done()
}

// shorten keeps what a stranger sent from filling the log.
func shorten(s string) string {
	const most = 200
	if len(s) > most {
		return s[:most] + "..."
	}
	return s
}
