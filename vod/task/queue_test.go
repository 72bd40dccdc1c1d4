package task_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"aircheck/server/store"
	"aircheck/server/store/storetest"
	"aircheck/vod/event"
	"aircheck/vod/task"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// shop is a queue on a real database that can be stopped and started again.
type shop struct {
	t  *testing.T
	db *store.Store
	*task.Queue
	jobs map[task.Type]task.Job

	mu   sync.Mutex
	done []string // inputs in the order in which they were begun
	over []task.Task
}

// open opens a database.
func open(t *testing.T, jobs map[task.Type]task.Job) *shop {
	t.Helper()
	db, err := store.Open(t.Context(), storetest.File(t))
	must(t, err)
	s := &shop{t: t, db: db, jobs: jobs}
	t.Cleanup(func() { must(t, db.Close()) })
	s.again(1)
	return s
}

// again makes a queue as after a start of the server.
func (s *shop) again(workers int) {
	s.Queue = &task.Queue{Store: s.db.LongTasks(), Jobs: s.jobs, Workers: workers, Log: slog.New(slog.DiscardHandler), OnFinish: func(t task.Task) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.over = append(s.over, t)
	}}
}

func (s *shop) add(t task.Task) string {
	s.t.Helper()
	id, err := s.Add(s.t.Context(), t)
	must(s.t, err)
	return id
}

func (s *shop) stop() {
	s.t.Helper()
	must(s.t, s.Close(s.t.Context()))
}

func (s *shop) get(id string) task.Task {
	s.t.Helper()
	t, err := s.Task(s.t.Context(), 0, id)
	must(s.t, err)
	return t
}

func (s *shop) began(t *task.Task) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.done = append(s.done, string(t.Input))
}

// begun are the inputs in the order in which they were begun, so far.
func (s *shop) begun() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.done)
}

func input(v any) json.RawMessage {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return text
}

// TestOrder: the higher priority first, then the older; as many at once as there are workers.
func TestOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s *shop
		most, now := 0, 0
		s = open(t, map[task.Type]task.Job{task.Clip: func(_ context.Context, t task.Task, _ task.Report) (any, error) {
			s.began(&t)
			s.mu.Lock()
			now++
			most = max(most, now)
			s.mu.Unlock()
			time.Sleep(time.Minute)
			s.mu.Lock()
			now--
			s.mu.Unlock()
			return map[string]string{"Made": string(t.Input)}, nil
		}})
		var ids []string
		for i, priority := range []int{0, -10, 10, 0, 10} {
			ids = append(ids, s.add(task.Task{Type: task.Clip, Priority: priority, Input: input(i)}))
			time.Sleep(time.Second)
		}
		if w, r := s.Waiting(); w != 5 || r != 0 {
			t.Errorf("%d wait, %d run", w, r)
		}
		s.Start()
		time.Sleep(time.Hour)
		synctest.Wait()
		if got := strings.Join(s.done, ""); got != "24031" || most != 1 {
			t.Errorf("done in the order %s, %d at once", got, most)
		}
		one := s.get(ids[0])
		if one.Status != task.Finished || one.Code != 0 || one.Progress != 100 || one.Attempts != 1 || string(one.Output) != `{"Made":"0"}` ||
			one.FinishTime.Sub(one.BeginTime) != time.Minute || one.CreateTime.IsZero() {
			t.Errorf("%+v", one)
		}
		if len(s.over) != 5 || s.over[4].ID != ids[1] {
			t.Errorf("told of %+v", s.over)
		}
		s.stop()

		s.again(3)
		for i := range 6 {
			s.add(task.Task{Type: task.Clip, Input: input(i)})
		}
		most = 0
		s.Start()
		time.Sleep(time.Hour)
		synctest.Wait()
		if most != 3 || len(s.done) != 11 {
			t.Errorf("%d at once, %d done", most, len(s.done))
		}
		s.stop()
	})
}

// TestFailures: what a job says is what is shown of it, a panic and an unknown type are failures.
func TestFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, map[task.Type]task.Job{task.Clip: func(_ context.Context, t task.Task, _ task.Report) (any, error) {
			switch string(t.Input) {
			case `"source"`:
				return map[string]int{"Half": 1}, fmt.Errorf("clip: %w", &task.Failure{Code: task.CodeSource, Err: errors.New("it is gone")})
			case `"plain"`:
				return nil, errors.New("no luck")
			case `"odd"`:
				return make(chan int), nil
			}
			panic("ouch")
		}})
		s.Start()
		for _, c := range []struct {
			kind          task.Type
			what, message string
			code          int
			output        string
		}{
			{task.Clip, "source", "it is gone", task.CodeSource, `{"Half":1}`},
			{task.Clip, "plain", "no luck", task.CodeInternal, ""},
			{task.Clip, "odd", "encode the output: json: unsupported type: chan int", task.CodeInternal, ""},
			{task.Clip, "panic", "an internal error; the server's log has it under this TaskId", task.CodeInternal, ""},
			{task.Move, "", "this server does no tasks of type ModifyMediaStorageClass", task.CodeInput, ""},
		} {
			id := s.add(task.Task{Type: c.kind, Input: input(c.what)})
			synctest.Wait()
			got := s.get(id)
			if got.Status != task.Finished || got.Code != c.code || got.Message != c.message || string(got.Output) != c.output || got.Progress != 0 {
				t.Errorf("%s: %+v", c.what, got)
			}
		}
		s.stop()
	})
}

// TestProgress: it is seen at once, and stored coarsely.
func TestProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var writes int
		s := open(t, map[task.Type]task.Job{task.Procedure: func(_ context.Context, _ task.Task, report task.Report) (any, error) {
			for i := range 100 {
				report(i, map[string]int{"Done": i / 50})
				time.Sleep(time.Second)
			}
			return map[string]int{"Done": 2}, nil
		}})
		s.Store = counted{s.Store, &writes}
		var told []string
		s.Events = func(t task.Task) []event.Event {
			told = append(told, string(t.Status)+string(t.Output))
			return []event.Event{{Kind: event.ProcedureChanged, Content: t, At: time.Now()}}
		}
		s.Start()
		id := s.add(task.Task{Type: task.Procedure, Notify: task.NotifyChange})
		time.Sleep(70*time.Second + 500*time.Millisecond)
		if got := s.get(id); got.Progress != 70 || string(got.Output) != `{"Done":1}` || got.Status != task.Processing {
			t.Errorf("%+v", got)
		}
		stored, err := s.db.LongTasks().Task(t.Context(), 0, id)
		must(t, err)
		if stored.Progress < 60 || stored.Progress > 70 {
			t.Errorf("%d percent are stored", stored.Progress)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if got := s.get(id); got.Progress != 100 || string(got.Output) != `{"Done":2}` {
			t.Errorf("%+v", got)
		}
		if writes < 10 || writes > 25 {
			t.Errorf("%d writes", writes)
		}
		if want := []string{`PROCESSING{"Done":0}`, `PROCESSING{"Done":1}`, `FINISH{"Done":2}`}; !slices.Equal(told, want) {
			t.Errorf("told %v", told)
		}
		events, err := s.db.PullEvents(t.Context(), 0, time.Now(), time.Now().Add(time.Minute), 10)
		must(t, err)
		if len(events) != 3 || events[2].Kind != event.ProcedureChanged || !strings.Contains(string(events[2].Content), id) {
			t.Errorf("stored %+v", events)
		}
		told = nil
		s.add(task.Task{Type: task.Procedure, Notify: task.NotifyNone})
		quick := s.add(task.Task{Type: task.Procedure})
		time.Sleep(time.Hour)
		synctest.Wait()
		if len(told) != 1 || s.get(quick).Status != task.Finished {
			t.Errorf("told %v", told)
		}
		s.stop()
	})
}

// counted counts what is written of a task under way.
type counted struct {
	task.Store
	writes *int
}

func (c counted) SaveTask(ctx context.Context, t task.Task, events []event.Event) error {
	*c.writes++
	return c.Store.SaveTask(ctx, t, events)
}

// TestSession: a SessionID is taken for three days, in its application.
func TestSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, nil)
		s.MaxWaiting = 3
		s.add(task.Task{Type: task.Clip, SessionID: "s"})
		s.add(task.Task{Type: task.Clip, SessionID: "s", SubAppID: 7})
		if _, err := s.Add(t.Context(), task.Task{Type: task.Compose, SessionID: "s"}); !errors.Is(err, task.ErrDuplicate) {
			t.Errorf("added: %v", err)
		}
		s.add(task.Task{Type: task.Clip})
		if _, err := s.Add(t.Context(), task.Task{Type: task.Clip}); !errors.Is(err, task.ErrFull) {
			t.Errorf("added: %v", err)
		}
		s.Start()
		time.Sleep(task.Kept - time.Second)
		if _, err := s.Add(t.Context(), task.Task{Type: task.Compose, SessionID: "s"}); !errors.Is(err, task.ErrDuplicate) {
			t.Errorf("added: %v", err)
		}
		time.Sleep(2 * time.Second)
		s.add(task.Task{Type: task.Compose, SessionID: "s"})
		s.stop()
	})
}

// TestAbort: only what waits can be aborted, and it is not done.
func TestAbort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s *shop
		s = open(t, map[task.Type]task.Job{task.Clip: func(_ context.Context, t task.Task, _ task.Report) (any, error) {
			s.began(&t)
			time.Sleep(time.Minute)
			return nil, nil
		}})
		s.Start()
		runs := s.add(task.Task{Type: task.Clip, Input: input(1)})
		synctest.Wait()
		waits := s.add(task.Task{Type: task.Clip, Input: input(2)})
		must(t, s.Abort(t.Context(), 0, waits))
		for id, want := range map[string]error{runs: task.ErrNotWaiting, waits: task.ErrNotWaiting, "other": task.ErrNotFound} {
			if err := s.Abort(t.Context(), 0, id); !errors.Is(err, want) {
				t.Errorf("%s: %v", id, err)
			}
		}
		if err := s.Abort(t.Context(), 1, runs); !errors.Is(err, task.ErrNotFound) {
			t.Errorf("of another application: %v", err)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if got := s.get(waits); got.Status != task.Aborted || got.FinishTime.IsZero() || len(s.done) != 1 {
			t.Errorf("%+v, begun %v", got, s.done)
		}
		if s.get(runs).Status != task.Finished {
			t.Error("the other one suffered")
		}
		s.stop()
	})
}

// TestForgotten: tasks are shown for three days after their end.
func TestForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, map[task.Type]task.Job{task.Clip: func(context.Context, task.Task, task.Report) (any, error) {
			time.Sleep(24 * time.Hour)
			return nil, nil
		}})
		s.Start()
		id := s.add(task.Task{Type: task.Clip})
		time.Sleep(24*time.Hour + task.Kept - time.Minute)
		s.get(id)
		time.Sleep(2 * time.Hour)
		if _, err := s.Task(t.Context(), 0, id); !errors.Is(err, task.ErrNotFound) {
			t.Errorf("still there: %v", err)
		}
		s.stop()
	})
}
