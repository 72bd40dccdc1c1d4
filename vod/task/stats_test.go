package task_test

import (
	"context"
	"errors"
	"reflect"
	"testing"

	"aircheck/vod/task"
)

// TestStats: each task is counted where it is.
func TestStats(t *testing.T) {
	begun, on := make(chan struct{}), make(chan struct{})
	s := open(t, map[task.Type]task.Job{
		task.Compose: func(context.Context, task.Task, task.Report) (any, error) {
			begun <- struct{}{}
			<-on
			return nil, nil
		},
		task.Clip: func(context.Context, task.Task, task.Report) (any, error) { return nil, errors.New("it fails") },
	})
	_, err := s.Add(t.Context(), task.Task{Type: task.Compose, Priority: 1})
	must(t, err)
	s.Start()
	<-begun
	for range 2 {
		_, err = s.Add(t.Context(), task.Task{Type: task.Clip})
		must(t, err)
	}
	_, err = s.Add(t.Context(), task.Task{Type: task.Compose, Priority: -1})
	must(t, err)
	want := map[task.Type]task.Stats{task.Compose: {Waiting: 1, Running: 1}, task.Clip: {Waiting: 2}}
	if got := s.Stats(); !reflect.DeepEqual(got, want) {
		t.Errorf("at first %v, expected %v", got, want)
	}
	on <- struct{}{}
	<-begun // the last: the clips are over
	want = map[task.Type]task.Stats{task.Compose: {Running: 1}, task.Clip: {Failed: 2}}
	if got := s.Stats(); !reflect.DeepEqual(got, want) {
		t.Errorf("in the end %v, expected %v", got, want)
	}
	on <- struct{}{}
	must(t, s.Close(context.WithoutCancel(t.Context())))
}
