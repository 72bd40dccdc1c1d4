package server

import (
	"encoding/json"
	"testing"

	"aircheck/vod/event"
	"aircheck/vod/task"
)

// TestTaskEvents: what is told at the end of which task.
func TestTaskEvents(t *testing.T) {
	made := json.RawMessage(`{"FileId":"5"}`)
	for _, c := range []struct {
		t    task.Task
		want event.Kind
	}{
		{task.Task{Type: task.Compose, Status: task.Finished, Code: task.CodeSource}, event.Composed},
		{task.Task{Type: task.Procedure, Status: task.Processing}, event.ProcedureChanged},
		{task.Task{Type: task.Clip, Status: task.Finished, Output: made}, event.Persisted},
		{task.Task{Type: task.Clip, Status: task.Finished, Output: made, Code: task.CodeInternal}, ""},
		{task.Task{Type: task.Clip, Status: task.Processing, Output: made}, ""},
		{task.Task{Type: task.Clip, Status: task.Finished}, ""},
		{task.Task{Type: task.Splice, Status: task.Finished, Output: made}, ""},
		{task.Task{Type: task.Move, Status: task.Finished}, ""},
	} {
		c.t.SubAppID = 3
		got := taskEvents(c.t)
		if (c.want == "") != (len(got) == 0) || len(got) == 1 && (got[0].Kind != c.want || got[0].SubAppID != 3 || got[0].At.IsZero()) {
			t.Errorf("%+v: %+v", c.t, got)
		}
	}
}
