package server

import (
	"context"
	"time"

	"aircheck/ingest/stream"
	"aircheck/recorder"
	"aircheck/rules"
)

// lastWords is how long a stop waits at least for events to be written.
const lastWords = 2 * time.Second

// openChronicle starts to write down what happens to streams and recordings. It is closed after these, and before the database.
func (s *Server) openChronicle(ctx context.Context) error {
	s.chronicle = &rules.Chronicle{Store: s.store, Silence: s.cfg.RTMP.IdleTimeout, Log: s.log}
	s.onClose(s.closeChronicle)
	return s.chronicle.Open(ctx)
}

func (s *Server) closeChronicle() error {
	ctx, cancel := context.WithTimeout(context.Background(), max(lastWords, time.Until(s.stopBy)))
	defer cancel()
	return s.chronicle.Close(ctx)
}

// What settle waits: at most settleTime, and only for recordings that began no longer than justBegun ago.
const (
	settleTime = time.Second
	justBegun  = 10 * time.Second
)

// settle waits until receivers are going to be told of a recording before they are told of its file. Only of a very short one that may still
// have to be written.
func (s *Server) settle(ctx context.Context, f recorder.File) {
	now := time.Now()
	if now.Sub(f.Start) > justBegun {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, settleTime)
	defer cancel()
	if err := s.chronicle.Settle(ctx, f.Spec.Key, now); err != nil {
		s.log.Debug("the events before a file are not written yet", "file", f.ID, "error", err)
	}
}

// attach is the Hub's Attach.
func (s *Server) attach(st *stream.Stream) {
	s.chronicle.Begin(st)
	s.engine.Attach(st)
	s.tasks.Attach(st)
	if s.ring != nil {
		s.ring.Attach(st)
	}
	s.play.Attached(st)
}
