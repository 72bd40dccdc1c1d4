package play

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"strings"
	"sync"
	"time"

	"aircheck/ingest/stream"
)

// HLSOptions are those of HLS.
type HLSOptions struct {
	// LowLatency makes parts of segments available before the segment is complete.
	LowLatency bool
	// Segments is how many segments are kept; Segment and Part are how long they are at least.
	Segments      int
	Segment, Part time.Duration
	// MaxSegment bounds a segment, in bytes.
	MaxSegment int
	// Idle is how long after the last request a stream's muxer stops; Always has one for each stream from its start to its end.
	Idle   time.Duration
	Always bool
}

const (
	// sessionDir is behind the stream's name in the addresses of what a playlist names.
	sessionDir = ".hls"
	// playlistType is the Content-Type of playlists.
	playlistType = "application/vnd.apple.mpegurl"
	// tokenLife is how long an address that a playlist gave out is good for.
	tokenLife = 12 * time.Hour
	// tokenSize and macSize are the bytes of a token, and of what proves it.
	tokenSize, macSize = 4 + macBytes, macBytes
	macBytes           = 16
)

// Errors that players see.
var (
	errSession = errors.New("this address is no longer good; open the stream's own one again")
	errOver    = errors.New("the stream has ended, or has not begun to send pictures and sound")
)

// hls holds the muxers.
type hls struct {
	server *Server
	secret [32]byte
	work   sync.WaitGroup

	mu     sync.Mutex
	muxers map[*stream.Stream]*muxer
	closed bool
}

func (h *hls) start(s *Server) {
	h.server, h.muxers = s, map[*stream.Stream]*muxer{}
	_, _ = rand.Read(h.secret[:]) // never fails
}

func (h *hls) close() {
	h.mu.Lock()
	h.closed = true
	for _, m := range h.muxers {
		m.halt()
	}
	h.mu.Unlock()
	h.work.Wait()
}

// muxer returns the muxer of a stream, which it starts if need be.
func (h *hls) muxer(st *stream.Stream) (*muxer, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil, stream.ErrClosed
	}
	m := h.muxers[st]
	if m == nil {
		m = newMuxer(h, st)
		h.muxers[st] = m
		h.work.Go(m.run)
	}
	m.touch()
	return m, nil
}

func (h *hls) forget(m *muxer) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.muxers[m.stream] == m {
		delete(h.muxers, m.stream)
	}
}

// Attached starts the muxer of a new stream if every stream is to have one.
func (s *Server) Attached(st *stream.Stream) {
	if s.HLS.Always {
		_, _ = s.hls.muxer(st) // fails when the server stops
	}
}

// serveHLS answers /APP/STREAM.m3u8: the playlist of the variants, in which all addresses carry a token, so that neither a key is
// in them nor its expiry ends the playing.
func (s *Server) serveHLS(w http.ResponseWriter, r *http.Request) {
	st, ok := s.open(w, r, ProtocolHLS, extHLS)
	if !ok {
		return
	}
	w.Header().Set("Content-Type", playlistType)
	if r.Method == http.MethodHead {
		return
	}
	m, err := s.hls.muxer(st)
	if err != nil {
		s.refuse(w, r, ProtocolHLS, err)
		return
	}
	e, err := m.ready(r.Context())
	if err != nil {
		s.refuse(w, r, ProtocolHLS, err)
		return
	}
	var body capture
	e.mux.Handle(&body, request(r, "index.m3u8", ""))
	if body.status != http.StatusOK || body.b.Len() == 0 {
		s.refuse(w, r, ProtocolHLS, errOver)
		return
	}
	name := strings.TrimSuffix(path.Base(r.URL.Path), extHLS)
	base := url.PathEscape(name+sessionDir) + "/" + s.hls.token(e.id, time.Now()) + "/"
	if strings.Contains(base[:strings.IndexByte(base, '/')], ":") {
		base = "./" + base // else what stands before the colon would be a scheme
	}
	_, _ = w.Write(rebase(body.b.Bytes(), base))
}

// file answers what a playlist named. An address that is no longer good is looked up as nothing else: without a key, that would count as
// an attempt to play without one.
func (h *hls) file(w http.ResponseWriter, r *http.Request, key, token, file string) {
	e := h.find(key, token, time.Now())
	if e == nil {
		h.server.fail(w, r, http.StatusNotFound, errSession)
		return
	}
	query := url.Values{}
	for _, name := range []string{"_HLS_msn", "_HLS_part", "_HLS_skip"} {
		if v := r.URL.Query().Get(name); v != "" {
			query.Set(name, v)
		}
	}
	out := &noticing{ResponseWriter: w}
	e.mux.Handle(out, request(r, file, query.Encode()))
	if !out.wrote {
		h.server.fail(w, r, http.StatusNotFound, errSession)
	}
}

// find returns the running muxer that a token was made for.
func (h *hls) find(p, token string, now time.Time) *edition {
	b, err := hex.DecodeString(token)
	if err != nil || len(b) != tokenSize {
		return nil
	}
	made := time.Unix(int64(binary.BigEndian.Uint32(b)), 0)
	if now.Sub(made) > tokenLife || made.Sub(now) > time.Minute {
		return nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, m := range h.muxers {
		if k := m.stream.Key(); k.App+"/"+k.Stream != p {
			continue
		}
		if e := m.now.Load(); e != nil && hmac.Equal(b[4:], h.mac(e.id, b[:4])) {
			m.touch()
			return e
		}
	}
	return nil
}

// token proves that its holder was allowed to play, when, and what.
func (h *hls) token(id string, now time.Time) string {
	at := binary.BigEndian.AppendUint32(nil, uint32(now.Unix()))
	return hex.EncodeToString(append(at, h.mac(id, at)...))
}

func (h *hls) mac(id string, at []byte) []byte {
	m := hmac.New(sha256.New, h.secret[:])
	_, _ = m.Write([]byte(id))
	_, _ = m.Write(at)
	return m.Sum(nil)[:macSize]
}

// splitSession takes APP/STREAM.hls/TOKEN/FILE apart; key is "app/stream".
func splitSession(p string) (key, token, file string, ok bool) {
	rest, file := path.Split(strings.TrimPrefix(p, "/"))
	rest, token = path.Split(strings.TrimSuffix(rest, "/"))
	key, ok = strings.CutSuffix(strings.TrimSuffix(rest, "/"), sessionDir)
	if !ok || len(token) != 2*tokenSize || file == "" {
		return "", "", "", false
	}
	if !strings.Contains(key, "/") {
		key = "live/" + key
	}
	return key, token, file, true
}

// rebase puts base in front of every address in a playlist.
func rebase(playlist []byte, base string) []byte {
	var out bytes.Buffer
	for line := range strings.Lines(string(playlist)) {
		switch {
		case strings.TrimSpace(line) == "":
		case !strings.HasPrefix(line, "#"):
			line = base + line
		default:
			line = strings.ReplaceAll(line, `URI="`, `URI="`+base)
		}
		out.WriteString(line)
	}
	return out.Bytes()
}

// request is a request as a muxer of its own would have got it.
func request(r *http.Request, file, query string) *http.Request {
	out := r.Clone(r.Context())
	out.URL = &url.URL{Path: "/" + file, RawQuery: query}
	return out
}

// capture is an answer that is kept.
type capture struct {
	head   http.Header
	status int
	b      bytes.Buffer
}

// Header is http.ResponseWriter's.
func (c *capture) Header() http.Header {
	if c.head == nil {
		c.head = http.Header{}
	}
	return c.head
}

// WriteHeader is http.ResponseWriter's.
func (c *capture) WriteHeader(status int) { c.status = status }

// Write is http.ResponseWriter's.
func (c *capture) Write(b []byte) (int, error) { return c.b.Write(b) }

// noticing notes whether there was an answer. What the muxer allows caches to keep holds for segments alone: a playlist that was kept would
// hold players back, and an error keep them away.
type noticing struct {
	http.ResponseWriter
	wrote bool
}

// WriteHeader is http.ResponseWriter's.
func (n *noticing) WriteHeader(status int) {
	n.wrote = true
	if h := n.Header(); status != http.StatusOK || h.Get("Content-Type") == playlistType {
		h.Set("Cache-Control", "no-store")
	}
	n.ResponseWriter.WriteHeader(status)
}

// Write is http.ResponseWriter's.
func (n *noticing) Write(b []byte) (int, error) {
	n.wrote = true
	return n.ResponseWriter.Write(b)
}

// ready waits until there is something to play.
func (m *muxer) ready(ctx context.Context) (*edition, error) {
	select {
	case <-m.started:
	case <-m.done:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if e := m.now.Load(); e != nil {
		return e, nil
	}
	if err := m.err.Load(); err != nil {
		return nil, fmt.Errorf("HLS: %w", *err)
	}
	return nil, errOver
}
