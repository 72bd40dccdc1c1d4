package play

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"aircheck/ingest/relay"
	"aircheck/ingest/stream"
)

const contentTypeFLV = "video/x-flv"

// serveFLV answers /APP/STREAM.flv.
func (s *Server) serveFLV(w http.ResponseWriter, r *http.Request) {
	protocol := ProtocolFLV
	upgrade := strings.EqualFold(r.Header.Get("Upgrade"), "websocket")
	if upgrade {
		protocol = ProtocolWebSocket
	}
	st, ok := s.open(w, r, protocol, extFLV)
	if !ok {
		return
	}
	if r.Method == http.MethodHead {
		w.Header().Set("Content-Type", contentTypeFLV)
		return
	}
	if err := s.enter(); err != nil {
		s.refuse(w, r, protocol, err)
		return
	}
	defer s.leave()
	begin := time.Now()
	var sent, skips int64
	var err error
	switch {
	case upgrade:
		sent, skips, err = s.webSocket(w, r, st)
	case r.ProtoMajor == 1:
		sent, skips, err = s.takeOver(w, r, st)
	default:
		sent, skips, err = s.within(w, r, st)
	}
	s.Log.Info("player left", "face", protocol, "stream", st.Key().String(), "remote", r.RemoteAddr, "bytes", sent, "skips", skips,
		"took", time.Since(begin).Round(time.Millisecond), "reason", err.Error())
}

// takeOver sends a stream on a connection of HTTP/1, which is the player's alone from then on.
func (s *Server) takeOver(w http.ResponseWriter, r *http.Request, st *stream.Stream) (sent, skips int64, err error) {
	header := w.Header().Clone()
	nc, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return 0, 0, fmt.Errorf("take over the connection: %w", err)
	}
	defer nc.Close()
	if err := nc.SetDeadline(time.Time{}); err != nil {
		return 0, 0, err
	}
	p := s.flv.Join(st, nc, relay.Options{
		Chunked: r.ProtoAtLeast(1, 1), Greeting: greeting(header, r.ProtoAtLeast(1, 1)),
		Over: func() { _ = nc.SetReadDeadline(time.Unix(1, 0)) },
	})
	drain(nc)
	over := p.Err()
	p.Close()
	sent, skips = p.Sent()
	if over == nil {
		over = errLeft
	}
	return sent, skips, over
}

// errLeft is why most players end.
var errLeft = errors.New("the player closed the connection")

// drain reads until the player goes, or its stream ends: it has nothing more to say.
func drain(nc net.Conn) {
	buf := make([]byte, 256)
	for {
		if _, err := nc.Read(buf); err != nil {
			return
		}
	}
}

// greeting is the head of the answer. The connection ends with it, since a player leaves by closing it.
func greeting(header http.Header, chunked bool) []byte {
	header.Set("Content-Type", contentTypeFLV)
	header.Set("Connection", "close")
	header.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	b := []byte("HTTP/1.0 200 OK\r\n")
	if chunked {
		header.Set("Transfer-Encoding", "chunked")
		b = []byte("HTTP/1.1 200 OK\r\n")
	}
	names := make([]string, 0, len(header))
	for name := range header {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		b = fmt.Appendf(b, "%s: %s\r\n", name, strings.Join(header[name], ", "))
	}
	return append(b, "\r\n"...)
}

// within sends a stream as the body of an answer of HTTP/2.
func (s *Server) within(w http.ResponseWriter, r *http.Request, st *stream.Stream) (sent, skips int64, err error) {
	w.Header().Set("Content-Type", contentTypeFLV)
	over := make(chan struct{})
	p := s.flv.Join(st, &answer{w, http.NewResponseController(w)}, relay.Options{Over: func() { close(over) }})
	select {
	case <-over:
	case <-r.Context().Done():
		err = errLeft
	}
	if err == nil {
		err = p.Err()
	}
	p.Close()
	sent, skips = p.Sent()
	return sent, skips, err
}

// answer is the body of an answer as relay.Conn.
type answer struct {
	w       http.ResponseWriter
	control *http.ResponseController
}

// Write sends at once. The deadline ends with it: HTTP/2 gives up a stream whose deadline passes, even if nothing is being written.
func (a *answer) Write(b []byte) (int, error) {
	n, err := a.w.Write(b)
	if err != nil {
		return n, err
	}
	return n, errors.Join(a.control.Flush(), a.control.SetWriteDeadline(time.Time{}))
}

// SetWriteDeadline is relay.Conn's.
func (a *answer) SetWriteDeadline(t time.Time) error { return a.control.SetWriteDeadline(t) }
