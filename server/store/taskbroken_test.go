package store

import (
	"testing"
	"time"

	"aircheck/ingest/media"
	"aircheck/rules"
)

// TestUnreadableTask: one task that cannot be read keeps the server from none of the others, and its row stays.
func TestUnreadableTask(t *testing.T) {
	s := open(t)
	now := time.Now().UTC().Truncate(time.Millisecond)
	var ids []string
	for _, name := range []string{"a", "b", "c"} {
		id, err := s.CreateTask(t.Context(), rules.Task{
			Kind: rules.TaskCurrent, Key: media.StreamKey{Domain: "localhost", App: "live", Stream: name}, Format: "flv",
			Start: now, End: now.Add(time.Hour), State: rules.TaskWaiting, CreateTime: now,
		})
		must(t, err)
		ids = append(ids, id)
	}
	must(t, s.writer.Model(&taskRow{}).Where("id = ?", ids[1]).Update("history", "{").Error)
	found, err := s.OpenTasks(t.Context())
	if err != nil || len(found) != 2 || found[0].ID != ids[0] || found[1].ID != ids[2] {
		t.Errorf("%+v, %v", found, err)
	}
	if _, err := s.Task(t.Context(), ids[1]); err == nil {
		t.Error("it can be read")
	}
}
