package server

import (
	"container/list"
	"context"
	"crypto/tls"
	"io"
	"log/slog"
	"math"
	"net"
	"net/http"
	"sync"
	"time"
)

const (
	// bodyPatience is how long the body of a request may take.
	bodyPatience = time.Minute
	// takePatience is how long whoever asked may take nothing of the answer.
	takePatience = time.Minute
	// piece is how much of an answer must be taken within takePatience, in bytes: little enough for any line.
	piece = 64 << 10
	// fullEvery is how often a lack of connections is logged at most.
	fullEvery = 10 * time.Second
)

// bounded gives the body of a request bodyPatience, and each piece of the answer takePatience. A deadline for all of it, as
// http.Server has them, would cut off downloads. It tells the limit of requests that have come completely.
func bounded(next http.Handler, limit *connLimit) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		out := &pacedWriter{ResponseWriter: w, control: http.NewResponseController(w)}
		conn, _ := r.Context().Value(connKey{}).(net.Conn)
		if r.ContentLength != 0 {
			_ = out.control.SetReadDeadline(time.Now().Add(bodyPatience))
			r.Body = &pacedBody{ReadCloser: r.Body, control: out.control, complete: func() { limit.busy(conn) }}
		} else {
			limit.busy(conn)
		}
		out.extend()
		next.ServeHTTP(out, r)
		out.extend() // the server may have something left to send
	})
}

// pacedBody gives up its deadline once the body is complete: from then on the server reads to learn whether the client has gone.
type pacedBody struct {
	io.ReadCloser
	control  *http.ResponseController
	complete func()
}

// Read is io.Reader's.
func (b *pacedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err == io.EOF {
		_ = b.control.SetReadDeadline(time.Time{})
		b.complete()
	}
	return n, err
}

// pacedWriter has a deadline for each piece.
type pacedWriter struct {
	http.ResponseWriter
	control *http.ResponseController
}

func (w *pacedWriter) extend() { _ = w.control.SetWriteDeadline(time.Now().Add(takePatience)) }

// Unwrap is for http.ResponseController.
func (w *pacedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Flush is http.Flusher's.
func (w *pacedWriter) Flush() {
	w.extend()
	_ = w.control.Flush()
}

// Write is io.Writer's.
func (w *pacedWriter) Write(p []byte) (n int, err error) {
	for {
		w.extend()
		m, err := w.ResponseWriter.Write(p[:min(len(p), piece)])
		n += m
		if p = p[m:]; err != nil || len(p) == 0 {
			return n, err
		}
	}
}

// ReadFrom hands files down to where the kernel can send them.
func (w *pacedWriter) ReadFrom(src io.Reader) (n int64, err error) {
	to, ok := w.ResponseWriter.(io.ReaderFrom)
	if !ok {
		return io.Copy(struct{ io.Writer }{w}, src)
	}
	all, ok := src.(*io.LimitedReader)
	if !ok {
		all = &io.LimitedReader{R: src, N: math.MaxInt64}
	}
	for all.N > 0 {
		some := &io.LimitedReader{R: all.R, N: min(all.N, piece)}
		want := some.N
		w.extend()
		m, err := to.ReadFrom(some)
		n += m
		all.N -= want - some.N
		if err != nil || m < want {
			return n, err
		}
	}
	return n, nil
}

// connKey is what a request's context knows its connection by.
type connKey struct{}

// withConn is http.Server.ConnContext.
func withConn(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, c)
}

// connLimit bounds how many connections an HTTP server has. Where there are too many, the one makes room whose next request has not come
// completely for longest, so that those who connect and say nothing, or little by little, keep nobody out.
type connLimit struct {
	max int
	log *slog.Logger

	mu      sync.Mutex
	open    map[net.Conn]*list.Element // its place in idle, nil while it has a complete request
	idle    list.List
	refused int64
	logged  time.Time
}

// note is http.Server.ConnState.
func (l *connLimit) note(c net.Conn, state http.ConnState) {
	l.mu.Lock()
	defer l.mu.Unlock()
	place, known := l.open[c]
	if state != http.StateNew && !known {
		return // it had to make room
	}
	if place != nil {
		l.idle.Remove(place)
	}
	switch state {
	case http.StateNew:
		if l.open == nil {
			l.open = map[net.Conn]*list.Element{}
		}
		if len(l.open) >= l.max && !l.makeRoom() {
			l.refused++
			cut(c)
			return
		}
		l.open[c] = l.idle.PushBack(c)
	case http.StateIdle:
		l.open[c] = l.idle.PushBack(c)
	case http.StateActive:
		l.open[c] = l.idle.PushBack(c) // its request has begun to come
	case http.StateClosed, http.StateHijacked:
		delete(l.open, c)
	}
}

// busy takes a connection whose request has come from those that make room.
func (l *connLimit) busy(c net.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if place := l.open[c]; place != nil {
		l.idle.Remove(place)
		l.open[c] = nil
	}
}

// makeRoom closes the connection that has been idle for longest. It reports whether there was one.
func (l *connLimit) makeRoom() bool {
	if now := time.Now(); now.Sub(l.logged) >= fullEvery {
		l.logged = now
		l.log.Warn("too many HTTP connections; raise http.max_connections if they are legitimate", "connections", len(l.open))
	}
	oldest := l.idle.Front()
	if oldest == nil {
		return false
	}
	c := l.idle.Remove(oldest).(net.Conn)
	delete(l.open, c)
	cut(c)
	return true
}

// cut closes a connection without a word: TLS's goodbye may have to wait 5 seconds for one that takes nothing, and everybody with it.
func cut(c net.Conn) {
	if secure, ok := c.(*tls.Conn); ok {
		c = secure.NetConn()
	}
	_ = c.Close()
}

// stats returns how many connections are open, and how many were refused so far.
func (l *connLimit) stats() (open int, refused int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.open), l.refused
}
