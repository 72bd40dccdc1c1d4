package task_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"aircheck/vod"
	"aircheck/vod/task"
)

// TestList: by status, file and times, in pages that neither repeat nor leave out anything.
func TestList(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, map[task.Type]task.Job{task.Clip: func(context.Context, task.Task, task.Report) (any, error) { return nil, nil }})
		var ids []string
		begin := time.Now()
		for i := range 7 {
			if i == 5 {
				s.Start()
				synctest.Wait()
				s.stop()
				s.again(1)
			}
			ids = append(ids, s.add(task.Task{Type: task.Clip, FileID: vod.FileID(i % 2), Input: input(i)}))
			if i%3 == 2 { // several of one moment
				time.Sleep(time.Second)
			}
		}
		s.add(task.Task{Type: task.Clip, SubAppID: 9})
		for _, c := range []struct {
			f    task.Filter
			want int
		}{
			{task.Filter{}, 7},
			{task.Filter{Status: task.Waiting}, 2},
			{task.Filter{Status: task.Finished}, 5},
			{task.Filter{Status: task.Aborted}, 0},
			{task.Filter{FileID: 1}, 3},
			{task.Filter{FileID: 1, Status: task.Waiting}, 1},
			{task.Filter{SubAppID: 9}, 1},
			{task.Filter{Created: vod.TimeRange{From: begin.Add(time.Second)}}, 4},
			{task.Filter{Created: vod.TimeRange{To: begin.Add(time.Second)}}, 3},
			{task.Filter{Finished: vod.TimeRange{From: begin, To: begin.Add(time.Hour)}}, 5},
		} {
			for _, byFinish := range []bool{true, false} {
				for _, ascending := range []bool{true, false} {
					c.f.ByFinish, c.f.Ascending, c.f.Limit, c.f.After = byFinish, ascending, 2, task.Cursor{}
					var got []string
					for {
						page, err := s.List(t.Context(), c.f)
						must(t, err)
						for i := range page {
							got = append(got, page[i].ID)
						}
						if len(page) < 2 {
							break
						}
						c.f.After = c.f.Next(&page[1])
					}
					unique := slices.Clone(got)
					slices.Sort(unique)
					if len(got) != c.want || len(slices.Compact(unique)) != c.want {
						t.Errorf("%+v: %d of %d", c.f, len(got), c.want)
					}
				}
			}
		}
		page, err := s.List(t.Context(), task.Filter{Limit: 1})
		must(t, err)
		if page[0].ID != ids[6] || page[0].Input != nil {
			t.Errorf("the newest is %+v", page[0])
		}
		var bad *vod.InvalidError
		for _, f := range []task.Filter{{Limit: 101}, {Limit: -1}, {Status: "DONE"}} {
			if _, err := s.List(t.Context(), f); !errors.As(err, &bad) {
				t.Errorf("%+v: %v", f, err)
			}
		}
	})
}
