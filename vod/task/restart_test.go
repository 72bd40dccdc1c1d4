package task_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"aircheck/vod/event"
	"aircheck/vod/task"
)

// TestCutShort: a task that a stop cuts short begins again at the next start, three times at most; what waits goes on waiting.
func TestCutShort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, map[task.Type]task.Job{
			task.Compose: func(ctx context.Context, _ task.Task, report task.Report) (any, error) {
				report(40, map[string]int{"So": 1})
				<-ctx.Done()
				return nil, fmt.Errorf("read: %w", ctx.Err())
			},
			task.Clip: func(context.Context, task.Task, task.Report) (any, error) { return nil, nil },
		})
		s.Start()
		id := s.add(task.Task{Type: task.Compose})
		waits := s.add(task.Task{Type: task.Clip, Priority: -1})
		for attempt := 1; attempt <= task.MaxAttempts; attempt++ {
			time.Sleep(10 * time.Second)
			synctest.Wait()
			if got := s.get(id); got.Status != task.Processing || got.Attempts != attempt || got.Progress != 40 {
				t.Errorf("attempt %d: %+v", attempt, got)
			}
			if got := s.get(waits); got.Status != task.Waiting {
				t.Errorf("%+v", got)
			}
			s.stop()
			s.again(1)
			s.Start()
		}
		synctest.Wait()
		got := s.get(id)
		if got.Status != task.Finished || got.Code != task.CodeInternal || got.Attempts != task.MaxAttempts ||
			!strings.Contains(got.Message, "begun 3 times") || string(got.Output) != `{"So":1}` || got.FinishTime.IsZero() {
			t.Errorf("%+v", got)
		}
		if got := s.get(waits); got.Status != task.Finished || got.Attempts != 1 {
			t.Errorf("%+v", got)
		}
		s.stop()
	})
}

// TestStopWaits: a job that is done although the server stops is done, and one that does not end is not waited for longer than allowed.
func TestStopWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		s := open(t, map[task.Type]task.Job{task.Clip: func(ctx context.Context, t task.Task, _ task.Report) (any, error) {
			<-ctx.Done()
			if string(t.Input) == `"long"` {
				<-release
			}
			return "made", nil
		}})
		s.Start()
		id := s.add(task.Task{Type: task.Clip, Input: input("short")})
		synctest.Wait()
		s.stop()
		if got := s.get(id); got.Status != task.Finished || string(got.Output) != `"made"` {
			t.Errorf("%+v", got)
		}
		s.again(1)
		s.Start()
		id = s.add(task.Task{Type: task.Clip, Input: input("long")})
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := s.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("closed: %v", err)
		}
		close(release)
		s.stop()
		if got := s.get(id); got.Status != task.Finished {
			t.Errorf("%+v", got)
		}
	})
}

// TestKilled: what a kill cuts short begins again, with what it had to show; whatever the dead one still says counts for nothing.
func TestKilled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		s := open(t, map[task.Type]task.Job{task.Compose: func(_ context.Context, one task.Task, report task.Report) (any, error) {
			if one.Attempts == 1 {
				report(50, "half")
				<-release
				return "too late", nil
			}
			if one.Progress != 50 || string(one.Output) != `"half"` || one.SessionContext != "c" || string(one.Input) != `"in"` {
				t.Errorf("begun again with %+v", one)
			}
			return "whole", nil
		}})
		s.Start()
		id := s.add(task.Task{Type: task.Compose, SessionContext: "c", Input: input("in")})
		time.Sleep(time.Minute)
		dead := s.Queue
		s.again(1)
		s.Start()
		synctest.Wait()
		close(release)
		synctest.Wait()
		if got := s.get(id); got.Status != task.Finished || got.Attempts != 2 || string(got.Output) != `"whole"` {
			t.Errorf("%+v", got)
		}
		must(t, dead.Close(t.Context()))
		s.stop()
	})
}

// broken fails as long as it is told to.
type broken struct {
	task.Store
	fails *atomic.Bool
}

var errBroken = errors.New("the disk is on fire")

func (b broken) OpenTasks(ctx context.Context) ([]task.Task, error) {
	if b.fails.Load() {
		return nil, errBroken
	}
	return b.Store.OpenTasks(ctx)
}

func (b broken) BeginTask(ctx context.Context, t task.Task) error {
	if b.fails.Load() {
		return errBroken
	}
	return b.Store.BeginTask(ctx, t)
}

func (b broken) FinishTask(ctx context.Context, t task.Task, events []event.Event) error {
	if b.fails.Load() {
		return errBroken
	}
	return b.Store.FinishTask(ctx, t, events)
}

// TestBrokenDatabase: no task is lost while the database fails, and none is done twice.
func TestBrokenDatabase(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s *shop
		var fails atomic.Bool
		s = open(t, map[task.Type]task.Job{task.Clip: func(_ context.Context, t task.Task, _ task.Report) (any, error) {
			s.began(&t)
			time.Sleep(time.Minute)
			return nil, nil
		}})
		old := s.add(task.Task{Type: task.Clip, Input: input(1)})
		s.again(1)
		s.Store = broken{s.Store, &fails}
		fails.Store(true)
		s.Start()
		time.Sleep(time.Minute)
		id := s.add(task.Task{Type: task.Clip, Input: input(2)})
		time.Sleep(time.Minute)
		if begun := s.begun(); len(begun) != 0 {
			t.Errorf("begun %v", begun)
		}
		fails.Store(false)
		time.Sleep(30 * time.Second)
		fails.Store(true) // as the first ends
		time.Sleep(time.Minute)
		fails.Store(false)
		time.Sleep(time.Hour)
		synctest.Wait()
		if begun := s.begun(); len(begun) != 2 || s.get(old).Attempts != 1 || s.get(id).Attempts != 1 || s.get(old).Status != task.Finished || s.get(id).Status != task.Finished {
			t.Errorf("begun %v, %+v %+v", begun, s.get(old), s.get(id))
		}
		s.stop()
	})
}

// TestPoke: tasks that were stored in the transaction of something else are done.
func TestPoke(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, map[task.Type]task.Job{task.Clip: func(context.Context, task.Task, task.Report) (any, error) { return nil, nil }})
		s.Start()
		synctest.Wait()
		one := task.New(task.Task{Type: task.Clip, SubAppID: 3}, time.Now())
		must(t, s.Store.AddTask(t.Context(), one, time.Time{}, 10))
		s.Poke()
		s.Poke()
		synctest.Wait()
		if got, err := s.Task(t.Context(), 3, one.ID); err != nil || got.Status != task.Finished || !strings.HasPrefix(got.ID, "3-SimpleHlsClip-") {
			t.Errorf("%+v, %v", got, err)
		}
		s.stop()
	})
}
