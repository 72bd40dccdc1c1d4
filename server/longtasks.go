package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"time"

	"aircheck/rules"
	"aircheck/server/api"
	"aircheck/server/callback"
	"aircheck/server/outbound"
	"aircheck/vod"
	"aircheck/vod/compose"
	"aircheck/vod/event"
	"aircheck/vod/task"
)

// longTaskPatience is how long a stop waits for tasks of the catalogue: they begin again, while a recording that is not finished in time is
// not as good as one that is.
const longTaskPatience = 2 * time.Second

// openLongTasks prepares the catalogue's long work. It comes after the catalogue, and is closed before it and before the recorder.
func (s *Server) openLongTasks(context.Context) error {
	s.longTasks = &task.Queue{
		Store: s.store.LongTasks(), Workers: s.cfg.Catalog.TaskWorkers, MaxWaiting: s.cfg.Catalog.MaxTasks, Jobs: map[task.Type]task.Job{},
		Alone:  map[task.Type]bool{task.Move: true}, // the mover moves one file at a time
		Events: taskEvents, Log: s.log,
	}
	for _, jobs := range []map[task.Type]task.Job{
		// Each kind of work adds its jobs here.
		s.moveJobs(), s.flowJobs(),
	} {
		maps.Copy(s.longTasks.Jobs, jobs)
	}
	s.onClose(func() error {
		ctx, cancel := context.WithTimeout(context.Background(), longTaskPatience)
		defer cancel()
		return s.longTasks.Close(ctx)
	})
	return nil
}

// startLongTasks begins what New has prepared.
func (s *Server) startLongTasks() {
	s.vodOutbox.Start()
	s.longTasks.Start()
	s.startFlows()
	// Before the HTTP face, which would wait for those who pull.
	s.onClose(func() error { s.events.Close(); return nil })
}

// taskEvents says what is told of a task.
func taskEvents(t task.Task) []event.Event {
	switch t.Type {
	case task.Compose:
		return []event.Event{{SubAppID: t.SubAppID, Kind: event.Composed, Content: t, At: time.Now()}}
	case task.Procedure:
		return []event.Event{{SubAppID: t.SubAppID, Kind: event.ProcedureChanged, Content: t, At: time.Now()}}
	case task.Clip:
		var made compose.Output
		_ = json.Unmarshal(t.Output, &made) // what did not end well has made nothing
		if id, err := vod.ParseFileID(made.FileID); err == nil && t.Code == 0 && t.Status == task.Finished {
			return []event.Event{event.NewPersistence(t.SubAppID, id, string(task.Clip), time.Now())}
		}
	}
	return nil
}

// openEvents connects the events of the catalogue with those who pull them, and with the addresses they are pushed to.
func (s *Server) openEvents(ctx context.Context, policy *outbound.Policy) error {
	c := s.cfg.Callbacks
	s.vodOutbox = &callback.Outbox{
		Store: s.store.VodOutbox(), Find: s.eventReceiver, Body: s.eventBody, Client: policy.Client(c.Timeout),
		Tries: c.Tries, Interval: c.Interval, Keep: event.Kept, Log: s.log.With("events", "catalogue"),
	}
	s.events = &event.Service{Store: s.store, CheckHost: policy.CheckHost, Changed: s.vodOutbox.Reload}
	s.onClose(func() error { s.vodOutbox.Close(); return nil })
	return s.events.Load(ctx)
}

// eventReceiver is where the events of a sub-application are pushed to, as a template of callbacks.
func (s *Server) eventReceiver(subApp, _ string) (*rules.CallbackTemplate, bool) {
	id, err := strconv.ParseInt(subApp, 10, 64)
	if err != nil {
		return nil, false
	}
	url, key := s.events.Receiver(id)
	return &rules.CallbackTemplate{URLs: rules.CallbackURLs{RecordStatus: url}, Key: key}, url != ""
}

// eventBody is what is pushed of an event.
func (s *Server) eventBody(ctx context.Context, e *rules.Event, key string) ([]byte, error) {
	stored, err := s.store.VodOutbox().VodEvent(ctx, e.ID)
	if err != nil {
		return nil, err
	}
	views := &api.Views{Base: s.baseURL(""), Assets: s.catalog.Get, Guard: s.guard, Classes: s.classes}
	body, err := views.EventBody(ctx, &stored, key, time.Now())
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) || errors.Is(err, api.ErrUnknownEvent) {
		return nil, fmt.Errorf("%w: %w", callback.ErrUnsendable, err)
	}
	return body, err
}
