package compose

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
	"unicode/utf8"

	"aircheck/vod"
	"aircheck/vod/task"
)

// Limits of the specification, in characters.
const (
	maxSessionID      = 50
	maxSessionContext = 1000
	maxSourceContext  = 250
	maxName           = 64
	maxDescription    = 128
)

// checkNew is check, and looks whether there are such a class and task flow.
func (s *Service) checkNew(ctx context.Context, subApp int64, n *New) error {
	if err := n.check(); err != nil {
		return err
	}
	if classes := s.Catalog.Classes; n.ClassID != 0 && classes != nil {
		there, err := classes.Has(ctx, subApp, n.ClassID)
		if err != nil {
			return err
		}
		if !there {
			return &vod.InvalidError{Field: "ClassId", Reason: fmt.Sprintf("there is no class %d; DescribeAllClass lists classes", n.ClassID)}
		}
	}
	if n.Procedure == "" || s.Procedure == nil {
		return nil
	}
	if err := s.Procedure(ctx, subApp, n.Procedure); err != nil {
		return &vod.InvalidError{Field: "Procedure", Reason: err.Error()}
	}
	return nil
}

// check reports the first field that is wrong, and sets what is not given.
func (n *New) check() error {
	if n.Container == "" {
		n.Container = "mp4"
	}
	switch {
	case n.Container != "mp4" && n.Container != "hls":
		return &vod.InvalidError{Field: "OutputMediaType", Reason: fmt.Sprintf("is %.20q; it must be mp4 or hls", n.Container)}
	case !n.ExpireTime.IsZero() && !n.ExpireTime.After(time.Now()):
		return &vod.InvalidError{Field: "ExpireTime", Reason: "must be in the future"}
	case n.ClassID < 0:
		return &vod.InvalidError{Field: "ClassId", Reason: "must not be negative"}
	}
	for _, f := range []struct {
		field, text string
		most        int
	}{
		{"FileName", n.Name, maxName},
		{"Description", n.Description, maxDescription},
		{"SourceContext", n.SourceContext, maxSourceContext},
		{"SessionContext", n.SessionContext, maxSessionContext},
		{"SessionId", n.SessionID, maxSessionID},
	} {
		if utf8.RuneCountInString(f.text) > f.most {
			return &vod.InvalidError{Field: f.field, Reason: fmt.Sprintf("must have at most %d characters", f.most)}
		}
	}
	return nil
}

// pollEvery is how often a task that is waited for is looked at.
const pollEvery = 50 * time.Millisecond

// Wait waits for a task to end, at most so long, and returns it as it is then.
func (s *Service) Wait(ctx context.Context, subApp int64, id string, most time.Duration) (task.Task, *Output, error) {
	end := time.NewTimer(most)
	defer end.Stop()
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		t, err := s.Queue.Task(ctx, subApp, id)
		if err != nil {
			return t, nil, err
		}
		if t.Status == task.Finished || t.Status == task.Aborted {
			return t, ReadOutput(t), nil
		}
		select {
		case <-tick.C:
		case <-end.C:
			return t, nil, nil
		case <-ctx.Done():
			return t, nil, ctx.Err()
		}
	}
}

// ReadOutput returns what came of a task of this package; nil if there is nothing yet, or if it failed.
func ReadOutput(t task.Task) *Output {
	var out Output
	if len(t.Output) == 0 || json.Unmarshal(t.Output, &out) != nil || out.FileID == "" {
		return nil
	}
	return &out
}
