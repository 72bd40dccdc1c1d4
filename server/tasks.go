package server

import (
	"context"
	"time"

	"aircheck/ingest/stream"
	"aircheck/recorder"
	"aircheck/rules"
)

// openTasks loads the record tasks. It comes after the recorder, so that it is closed before it: nothing is started from then on.
func (s *Server) openTasks(ctx context.Context) error {
	s.tasks = &rules.Tasks{
		Service: s.rules, Store: s.store, Record: s.recordWindow, Supersede: s.recorder.Supersede, FinishWaiting: s.recorder.FinishWaiting,
		Rewind: s.feeder, Live: s.hub.Get, Changed: s.domains.Reload, DefaultFormat: s.cfg.Tasks.DefaultFormat, MaxPerStream: s.cfg.Tasks.MaxPerStream,
		MP4Splice: s.cfg.Recorder.MP4Splice, Log: s.log,
	}
	s.onClose(s.closeTasks)
	return s.tasks.Open(ctx)
}

func (s *Server) closeTasks() error {
	ctx, cancel := context.WithTimeout(context.Background(), max(lastWords, time.Until(s.stopBy)))
	defer cancel()
	return s.tasks.Close(ctx)
}

func (s *Server) recordWindow(spec recorder.Spec, st *stream.Stream, w recorder.Window) (rules.TaskHandle, error) {
	h, err := s.recorder.RecordWindow(spec, st, w)
	if err != nil {
		return nil, err // not a nil *recorder.Handle, which would be a TaskHandle
	}
	return h, nil
}

// ended is the Hub's Ended.
func (s *Server) ended(st *stream.Stream) {
	s.chronicle.End(st)
	s.tasks.Ended(st)
	s.pulls.Ended(st)
}
