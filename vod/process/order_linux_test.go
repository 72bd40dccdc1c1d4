package process_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"aircheck/recorder/hls"
	"aircheck/recorder/mp4"
	"aircheck/vod"
	"aircheck/vod/process"
	"aircheck/vod/task"
)

// TestOrders: what is ordered is a task; what cannot be done is refused at once.
func TestOrders(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	var added []task.Task
	l.Queue = func(_ context.Context, t task.Task) (string, error) {
		added = append(added, t)
		return "id", nil
	}
	l.add(t, 7, mp4.Format{}, film(t, "h264"), nil)
	l.add(t, 8, mp4.Format{}, film(t, "h264"), func(a *vod.Asset) { a.SubAppID = 5 })
	flow := covers("1s")
	for _, c := range []struct {
		order process.Order
		want  error // nil: an InvalidError of field, or no error
		field string
	}{
		{process.Order{FileID: "7", Flow: &flow}, nil, ""},
		{process.Order{FileID: "7", Procedure: "Cover", Priority: 10, Notify: task.NotifyChange}, nil, ""},
		{process.Order{URL: "http://any.host/vod/7/show.mp4?sign=1", Flow: &flow}, nil, ""},
		{process.Order{FileID: "8", SubAppID: 5, Flow: &flow}, nil, ""},
		{process.Order{FileID: "8", Flow: &flow}, vod.ErrNotFound, ""},
		{process.Order{FileID: "9", Flow: &flow}, vod.ErrNotFound, ""},
		{process.Order{FileID: "x", Flow: &flow}, vod.ErrNotFound, ""},
		{process.Order{FileID: "7", Procedure: "none"}, process.ErrNotFound, ""},
		{process.Order{FileID: "7", Flow: &flow, SessionID: string(make([]byte, 51))}, process.ErrSessionID, ""},
		{process.Order{FileID: "7", Flow: &flow, SessionContext: string(make([]byte, 1001))}, process.ErrSessionContext, ""},
		{process.Order{FileID: "7", Flow: &process.Flow{}}, nil, "MediaProcessTask"},
		{process.Order{FileID: "7"}, nil, "ProcedureName"},
		{process.Order{Flow: &flow}, nil, "FileId"},
		{process.Order{FileID: "7", Flow: &flow, Priority: 11}, nil, "TasksPriority"},
		{process.Order{FileID: "7", Flow: &flow, Notify: "Sometimes"}, nil, "TasksNotifyMode"},
		{process.Order{URL: "http://any.host/other/7.mp4", Flow: &flow}, nil, "Url"},
		{process.Order{URL: "file:///vod/7/show.mp4", Flow: &flow}, nil, "Url"},
		{process.Order{URL: "concat:/vod/7/show.mp4", Flow: &flow}, nil, "Url"},
	} {
		before := len(added)
		_, err := l.Add(t.Context(), c.order)
		var bad *vod.InvalidError
		switch {
		case c.want != nil && !errors.Is(err, c.want):
			t.Errorf("%+v: %v, expected %v", c.order, err, c.want)
		case c.field != "" && (!errors.As(err, &bad) || bad.Field != c.field):
			t.Errorf("%+v: %v, expected one of %s", c.order, err, c.field)
		case c.want == nil && c.field == "" && (err != nil || len(added) != before+1):
			t.Errorf("%+v: %v", c.order, err)
		}
	}
	if len(added) != 4 || added[2].FileID != 7 || added[1].Priority != 10 || added[1].Notify != task.NotifyChange {
		t.Errorf("added %+v", added)
	}
}

// TestProcedureOfAFile: a file with a procedure has its task from the transaction on that stores it, whatever the procedure is called; what there
// is not fails as a task, and does the file no harm.
func TestProcedureOfAFile(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	l.add(t, 1, mp4.Format{}, film(t, "h264"), func(a *vod.Asset) { a.Procedure = "Preview" })
	l.add(t, 2, mp4.Format{}, film(t, "h264"), func(a *vod.Asset) { a.Procedure = "nowhere" })
	open, err := l.LongTasks().OpenTasks(t.Context())
	must(t, err)
	if len(open) != 2 || open[0].Type != task.Procedure {
		t.Fatalf("tasks: %+v", open)
	}
	for _, o := range open {
		out, err := l.do(t.Context(), o)
		if o.FileID == 1 {
			must(t, err)
			wantSteps(t, out, process.StepCover, process.StepSprite)
			continue
		}
		var f *task.Failure
		if !errors.As(err, &f) || f.Code != task.CodeInput || !errors.Is(err, process.ErrNotFound) {
			t.Errorf("a procedure that there is not: %v", err)
		}
	}
}

// TestCovers: finished files with pictures get one, and the others are left alone; what an earlier run left is made up for.
func TestCovers(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	l.add(t, 1, mp4.Format{}, film(t, "h264 open"), nil)
	l.add(t, 2, hls.Format{}, film(t, "h265"), nil)
	l.add(t, 3, mp4.Format{}, film(t, "h264"), func(a *vod.Asset) { a.Procedure = "Cover" })
	l.add(t, 4, mp4.Format{}, film(t, "h264"), nil)
	l.write(t, "live/4.mp4", []byte("nothing of the kind"))
	c := &process.Coverer{Processor: l.Processor, Log: l.Log}
	c.Start()
	l.untilNoneIsDue(t, c)
	c.Close()
	for id, want := range map[vod.FileID]bool{1: true, 2: true, 3: false, 4: false} {
		parts, err := l.Parts.Of(t.Context(), id)
		must(t, err)
		if (len(parts) == 1) != want {
			t.Errorf("file %d has %d parts", id, len(parts))
			continue
		}
		if want {
			var m vod.PictureMeta
			must(t, json.Unmarshal(parts[0].Meta, &m))
			if m.At < 1900*time.Millisecond || m.At > 2200*time.Millisecond {
				t.Errorf("the cover of file %d is of %v", id, m.At)
			}
			l.wantPicture(t, parts[0], 2, 2)
		}
	}
	l.wantNoDrafts(t)
}

// untilNoneIsDue waits until all files have been looked at, as often as that is tried.
func (l *library) untilNoneIsDue(t *testing.T, c *process.Coverer) {
	t.Helper()
	for tick := time.NewTicker(20 * time.Millisecond); ; <-tick.C {
		due, err := l.CoversDue(t.Context(), 0, 10)
		must(t, err)
		if len(due) == 0 {
			return
		}
		c.Kick()
	}
}
