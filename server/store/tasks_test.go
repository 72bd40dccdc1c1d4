package store

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"aircheck/ingest/media"
	"aircheck/rules"
	"aircheck/server/auth"
	"aircheck/vod"
)

// newTask is a task that begins and ends so long after at.
func newTask(stream string, from, to time.Duration) rules.Task {
	return rules.Task{
		Kind: rules.TaskCurrent, Key: media.StreamKey{Domain: "d.example.com", App: "live", Stream: stream}, StreamType: 1, Format: "flv",
		Interval: time.Hour, StorageTime: time.Minute, Start: at.Add(from), End: at.Add(to), RealTime: true, Extension: "x", State: rules.TaskWaiting,
		CreateTime: at, History: []rules.TaskStep{{N: 1, State: rules.TaskWaiting, At: at}},
	}
}

func addTask(t testing.TB, s *Store, task rules.Task) string {
	t.Helper()
	id, err := s.CreateTask(t.Context(), task)
	must(t, err)
	return id
}

func step(id string, n int, state rules.TaskState, e *rules.Event) rules.TaskChange {
	return rules.TaskChange{ID: id, Step: rules.TaskStep{N: n, State: state, Reason: "why", At: at.Add(time.Second)}, Event: e}
}

func sameTask(t *testing.T, s *Store, want rules.Task) {
	t.Helper()
	got, err := s.Task(t.Context(), want.ID)
	must(t, err)
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestTaskRoundTrip(t *testing.T) {
	s := open(t)
	task := newTask("cam", time.Hour, 2*time.Hour)
	task.ID = addTask(t, s, task)
	sameTask(t, s, task)
	open, err := s.OpenTasks(t.Context())
	must(t, err)
	if d := cmp.Diff([]rules.Task{task}, open); d != "" {
		t.Error(d)
	}
	legacy := newTask("cam", time.Hour, 2*time.Hour)
	legacy.Kind = rules.TaskLegacy
	if a, b := addTask(t, s, legacy), addTask(t, s, legacy); a != "1" || b != "2" {
		t.Error("legacy tasks:", a, b)
	}
	event := happened(rules.EventRecordException)
	must(t, s.ChangeTasks(t.Context(), []rules.TaskChange{
		step(task.ID, 2, rules.TaskRecording, nil), step(task.ID, 2, rules.TaskRecording, &event), step(task.ID, 3, rules.TaskStopped, &event),
		step(task.ID, 4, rules.TaskRecording, &event), step("none", 2, rules.TaskDone, &event),
	}))
	task.State, task.Reason, task.StoppedAt = rules.TaskStopped, "why", at.Add(time.Second)
	task.History = append(task.History, rules.TaskStep{N: 2, State: rules.TaskRecording, Reason: "why", At: at.Add(time.Second)},
		rules.TaskStep{N: 3, State: rules.TaskStopped, Reason: "why", At: at.Add(time.Second)})
	sameTask(t, s, task)
	if n := len(events(t, s)); n != 1 {
		t.Errorf("%d events", n)
	}
	must(t, s.DeleteTask(t.Context(), task.ID, at))
	wantError(t, s.DeleteTask(t.Context(), task.ID, at), rules.ErrTaskNotFound)
	_, err = s.Task(t.Context(), task.ID)
	wantError(t, err, rules.ErrTaskNotFound)
	if open, err = s.OpenTasks(t.Context()); err != nil || len(open) != 2 {
		t.Error(open, err)
	}
	d, err := auth.NewDomain("play.example.com", auth.PlayDomain)
	must(t, err)
	must(t, s.CreateDomain(t.Context(), d))
	task.Key.Domain = d.Name
	if _, err := s.CreateTask(t.Context(), task); err == nil {
		t.Error("a task of a play domain")
	}
}

// TestTaskHistoryIsBounded: a stream that flaps does not make a row grow for ever.
func TestTaskHistoryIsBounded(t *testing.T) {
	s := open(t)
	id := addTask(t, s, newTask("cam", 0, time.Hour))
	for i := range 60 {
		must(t, s.ChangeTasks(t.Context(), []rules.TaskChange{
			step(id, 2*i+2, rules.TaskRecording, nil), step(id, 2*i+3, rules.TaskInterrupted, nil),
		}))
	}
	got, err := s.Task(t.Context(), id)
	must(t, err)
	if len(got.History) != 100 || got.History[99].State != rules.TaskInterrupted {
		t.Error(len(got.History), "steps")
	}
}

// TestTaskFiles: a file is a task's in the transaction that catalogues it, once, and tells that the task was not missed.
func TestTaskFiles(t *testing.T) {
	s := open(t)
	id := addTask(t, s, newTask("cam", 0, time.Hour))
	must(t, s.ChangeTasks(t.Context(), []rules.TaskChange{step(id, 2, rules.TaskMissed, nil)}))
	for _, file := range []vod.FileID{9, 3, 9} {
		a := vod.Asset{ID: file, CauseKind: rules.CauseTask, Cause: id, CreateTime: at}
		must(t, s.AddFile(t.Context(), a, happened(rules.EventFileReady)))
	}
	must(t, s.AddFile(t.Context(), vod.Asset{ID: 4, CauseKind: rules.CauseTask, Cause: "none"}, happened(rules.EventFileReady)))
	must(t, s.AddFile(t.Context(), vod.Asset{ID: 5, CauseKind: "rule", Cause: id}, happened(rules.EventFileReady)))
	got, err := s.Task(t.Context(), id)
	must(t, err)
	if d := cmp.Diff([]vod.FileID{3, 9}, got.Files); d != "" || got.State != rules.TaskDone || len(got.History) != 3 {
		t.Errorf("%s %+v", d, got)
	}
	must(t, s.writer.Exec("CREATE TRIGGER fails BEFORE INSERT ON events BEGIN SELECT RAISE(ABORT, 'no'); END").Error)
	if s.AddFile(t.Context(), vod.Asset{ID: 6, CauseKind: rules.CauseTask, Cause: id}, happened(rules.EventFileReady)) == nil {
		t.Error("no error")
	}
	if got, err = s.Task(t.Context(), id); err != nil || len(got.Files) != 2 {
		t.Error("a file that is not catalogued is the task's:", got.Files, err)
	}
}

// TestTaskWithFileIsDone: a crash kept from the store that a task recorded, and its file was recovered before its window was over.
func TestTaskWithFileIsDone(t *testing.T) {
	s := open(t)
	id := addTask(t, s, newTask("cam", 0, time.Hour))
	must(t, s.AddFile(t.Context(), vod.Asset{ID: 7, CauseKind: rules.CauseTask, Cause: id, CreateTime: at}, happened(rules.EventFileReady)))
	alarm := happened(rules.EventRecordException)
	must(t, s.ChangeTasks(t.Context(), []rules.TaskChange{step(id, 2, rules.TaskMissed, &alarm)}))
	if got, err := s.Task(t.Context(), id); err != nil || got.State != rules.TaskDone || got.Reason != "" {
		t.Errorf("%+v, %v", got, err)
	}
	queued, err := s.QueuedEvents(t.Context(), 0, 10)
	must(t, err)
	if len(queued) != 1 {
		t.Errorf("%d events, only that of the file was to come", len(queued))
	}
}

// TestTaskNeedsItsTemplate: one that was deleted meanwhile.
func TestTaskNeedsItsTemplate(t *testing.T) {
	s := open(t)
	task := newTask("cam", 0, time.Hour)
	task.TemplateID = 4711
	_, err := s.CreateTask(t.Context(), task)
	var invalid *rules.InvalidError
	if !errors.As(err, &invalid) || invalid.Field != "TemplateId" {
		t.Error(err)
	}
}

// TestTasksInUse: what a task that is not over needs is not deleted.
func TestTasksInUse(t *testing.T) {
	s := open(t)
	task := newTask("cam", 0, time.Hour)
	task.TemplateID = create(t, s)
	id := addTask(t, s, task)
	wantError(t, s.DeleteTemplate(t.Context(), task.TemplateID), rules.ErrInUse)
	wantError(t, s.DeleteDomain(t.Context(), task.Key.Domain), auth.ErrDomainInUse)
	must(t, s.ChangeTasks(t.Context(), []rules.TaskChange{step(id, 2, rules.TaskDone, nil)}))
	must(t, s.DeleteTemplate(t.Context(), task.TemplateID))
	must(t, s.DeleteDomain(t.Context(), task.Key.Domain))
}

func TestPruneTasks(t *testing.T) {
	s := open(t)
	for i := range 5 {
		id := addTask(t, s, newTask("cam", 0, time.Duration(i)*time.Hour))
		must(t, s.AddFile(t.Context(), vod.Asset{ID: vod.FileID(i + 1), CauseKind: rules.CauseTask, Cause: id}, happened(rules.EventFileReady)))
	}
	for _, want := range []int{2, 1, 0} {
		if n, err := s.PruneTasks(t.Context(), at.Add(3*time.Hour), 2); err != nil || n != want {
			t.Error(n, err, "want", want)
		}
	}
	var files int64
	must(t, s.reader.Model(&taskFileRow{}).Count(&files).Error)
	if left, err := s.OpenTasks(t.Context()); err != nil || len(left) != 2 || files != 2 {
		t.Error(len(left), err, files)
	}
}

// TestTaskPlans: what is asked for is found by an index, without sorting: neither a start nor a page depends on how many tasks there are.
func TestTaskPlans(t *testing.T) {
	s := open(t)
	for query, want := range map[string]string{
		"SELECT * FROM tasks WHERE " + taskCurrent + " AND start_time >= 1 AND end_time <= 9 AND start_time <= 9 ORDER BY start_time, id LIMIT 5"://
		"SEARCH tasks USING INDEX tasks_start (start_time>? AND start_time<?)",
		"SELECT * FROM tasks WHERE id = 'a' AND deleted_time = 0":                "SEARCH tasks USING INDEX sqlite_autoindex_tasks_1 (id=?)",
		"SELECT id FROM tasks WHERE end_time < 5 ORDER BY end_time LIMIT 5":      "SEARCH tasks USING INDEX tasks_end (end_time<?)",
		"SELECT count(*) FROM tasks WHERE " + taskOpen + " AND template_id = 5":  "SEARCH tasks USING INDEX tasks_template (template_id=?)",
		"SELECT * FROM task_files WHERE task_id = 'a' ORDER BY task_id, file_id": "SEARCH task_files USING COVERING INDEX sqlite_autoindex_task_files_1 (task_id=?)",
	} {
		var plan []struct{ Detail string }
		must(t, s.reader.Raw("EXPLAIN QUERY PLAN "+query).Scan(&plan).Error)
		if len(plan) != 1 || plan[0].Detail != want {
			t.Errorf("%s: %+v", query, plan)
		}
	}
	var plan []struct{ Detail string }
	must(t, s.reader.Raw("EXPLAIN QUERY PLAN SELECT * FROM tasks WHERE "+taskOpen+" AND deleted_time = 0 ORDER BY next_at, id").Scan(&plan).Error)
	if len(plan) == 0 || plan[0].Detail[:len("SEARCH tasks USING INDEX tasks_next")] != "SEARCH tasks USING INDEX tasks_next" {
		t.Error("open tasks:", fmt.Sprint(plan))
	}
}
