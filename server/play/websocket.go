package play

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/coder/websocket"

	"aircheck/ingest/relay"
	"aircheck/ingest/stream"
)

// webSocket sends a stream as binary messages, which are pieces of an FLV file in order.
func (s *Server) webSocket(w http.ResponseWriter, r *http.Request, st *stream.Stream) (sent, skips int64, err error) {
	o := &websocket.AcceptOptions{OriginPatterns: s.Origins}
	for _, origin := range s.Origins {
		o.InsecureSkipVerify = o.InsecureSkipVerify || origin == "*"
	}
	ws, err := websocket.Accept(w, r, o)
	if err != nil {
		return 0, 0, fmt.Errorf("WebSocket: %w", err)
	}
	ctx := ws.CloseRead(context.Background())
	over := make(chan struct{})
	to := &socket{ws: ws}
	p := s.flv.Join(st, to, relay.Options{Over: func() { close(over) }})
	select {
	case <-over:
		err = p.Err()
	case <-ctx.Done():
		err = errLeft
	}
	if p.Close() && errors.Is(err, relay.ErrEnded) {
		_ = ws.Close(websocket.StatusNormalClosure, "the stream has ended")
	}
	_ = ws.CloseNow()
	sent, skips = p.Sent()
	return sent, skips, err
}

// socket is a WebSocket as relay.Conn.
type socket struct {
	ws *websocket.Conn

	mu     sync.Mutex
	by     time.Time
	cancel context.CancelFunc // of the write under way
}

// Write sends one message.
func (s *socket) Write(b []byte) (int, error) {
	s.mu.Lock()
	ctx, cancel := context.WithDeadline(context.Background(), s.by)
	s.cancel = cancel
	s.mu.Unlock()
	defer cancel()
	if err := s.ws.Write(ctx, websocket.MessageBinary, b); err != nil {
		if ctx.Err() != nil {
			err = os.ErrDeadlineExceeded
		}
		return 0, err
	}
	return len(b), nil
}

// SetWriteDeadline is for the next write; a time that has passed ends the one under way.
func (s *socket) SetWriteDeadline(t time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.by = t
	if s.cancel != nil && t.Before(time.Now()) {
		s.cancel()
	}
	return nil
}
