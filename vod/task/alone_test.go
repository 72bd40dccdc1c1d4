package task_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"aircheck/vod/task"
)

// TestAlone: tasks of a type that is done one at a time leave the other workers to others.
func TestAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s *shop
		job := func(_ context.Context, t task.Task, _ task.Report) (any, error) {
			s.began(&t)
			time.Sleep(time.Minute)
			return nil, nil
		}
		s = open(t, map[task.Type]task.Job{task.Move: job, task.Clip: job})
		s.again(2)
		s.Alone = map[task.Type]bool{task.Move: true}
		for i, kind := range []task.Type{task.Move, task.Move, task.Move, task.Clip} {
			s.add(task.Task{Type: kind, Input: input(i)})
			time.Sleep(time.Second)
		}
		s.Start()
		for _, want := range []string{"03", "013", "0123"} {
			time.Sleep(time.Second)
			synctest.Wait()
			if got := strings.Join(slices.Sorted(slices.Values(s.begun())), ""); got != want {
				t.Errorf("begun are %s, not %s", got, want)
			}
			time.Sleep(time.Minute)
		}
		if w, r := s.Waiting(); w != 0 || r != 0 {
			t.Errorf("%d wait, %d run", w, r)
		}
		s.stop()
	})
}
