package rules

import (
	"fmt"
	"log/slog"
	"testing"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/stream"
	"aircheck/recorder"
)

func scheduled(s *schedule, id, name string, from, to time.Time) *planned {
	return s.add(Task{ID: id, Key: media.StreamKey{Domain: "d", App: "live", Stream: name}, Start: from, End: to, State: TaskWaiting})
}

// TestScheduleLooksAtNobodyElse: of 10,000 tasks, 5,000 of them of the same stream, those whose time has not come are not looked at when
// one begins and when its stream comes.
func TestScheduleLooksAtNobodyElse(t *testing.T) {
	s, at := newSchedule(), time.Unix(0, 0)
	for i := range 5000 {
		scheduled(s, fmt.Sprint("a", i), "cam", at.Add(time.Duration(i+2)*time.Hour), at.Add(time.Duration(i+3)*time.Hour))
		scheduled(s, fmt.Sprint("b", i), fmt.Sprint("cam", i), at.Add(2*time.Hour), at.Add(3*time.Hour))
	}
	one := scheduled(s, "one", "cam", at.Add(time.Hour), at.Add(90*time.Minute))
	if s.due(at.Add(time.Hour-1)) != nil || s.due(at.Add(time.Hour)) != one {
		t.Fatal("the wrong task is due")
	}
	s.begin(one)
	if s.due(at.Add(time.Hour)) != nil {
		t.Error("it is due again")
	}
	if begun := s.begun(one.task.Key); len(begun) != 1 || begun[0] != one {
		t.Errorf("%d tasks of the stream are looked at", len(begun))
	}
	if s.due(at.Add(90*time.Minute)) != one {
		t.Error("its end is not due")
	}
	s.remove(one)
	if len(s.begun(one.task.Key)) != 0 || s.due(at.Add(90*time.Minute)) != nil || len(s.byID) != 10000 || len(s.queue) != 10000 {
		t.Error("it was not removed")
	}
	for p := s.due(at.Add(10000 * time.Hour)); p != nil; p = s.due(at.Add(10000 * time.Hour)) {
		s.remove(p)
	}
	if len(s.byStream)+len(s.byID)+len(s.queue) != 0 {
		t.Error("not empty")
	}
}

func TestOverlap(t *testing.T) {
	s, at := newSchedule(), time.Unix(0, 0)
	hour := func(n int) time.Time { return at.Add(time.Duration(n) * time.Hour) }
	for i, w := range [][2]int{{0, 4}, {1, 3}, {3, 6}, {8, 9}, {9, 10}} {
		scheduled(s, fmt.Sprint(i), "cam", hour(w[0]), hour(w[1]))
	}
	scheduled(s, "other", "other", hour(0), hour(24))
	for window, want := range map[[2]int]int{
		{0, 1}: 1, {0, 2}: 2, {0, 24}: 2, {2, 3}: 2, {3, 4}: 2, {4, 5}: 1, {6, 8}: 0, {8, 10}: 1, {10, 11}: 0, {-5, 0}: 0,
	} {
		key := media.StreamKey{Domain: "d", App: "live", Stream: "cam"}
		if got := s.overlap(key, hour(window[0]), hour(window[1])); got != want {
			t.Errorf("%v: %d at once, want %d", window, got, want)
		}
	}
}

// noHandle is a recording that nobody stops.
type noHandle struct{}

func (noHandle) Stop(time.Time) {}

func (noHandle) Over() <-chan struct{} { return nil }

func (noHandle) Recorded() bool { return true }

// BenchmarkTaskAttach is what a stream that comes pays for its one task, with so many others waiting, half of them of the same stream.
func BenchmarkTaskAttach(b *testing.B) {
	for _, n := range []int{0, 10000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			t := &Tasks{
				Service: &Service{}, Log: slog.New(slog.DiscardHandler), Now: time.Now, plan: newSchedule(),
				Live:   func(media.StreamKey) *stream.Stream { return nil },
				Record: func(recorder.Spec, *stream.Stream, recorder.Window) (TaskHandle, error) { return noHandle{}, nil },
			}
			at := time.Now().UTC()
			for i := range n {
				name := "cam"
				if i%2 == 0 {
					name = fmt.Sprint(i)
				}
				scheduled(t.plan, fmt.Sprint(i), name, at.Add(24*time.Hour), at.Add(25*time.Hour))
			}
			p := scheduled(t.plan, "one", "cam", at.Add(-time.Hour), at.Add(time.Hour))
			p.task.Format = "flv"
			b.ReportAllocs()
			for b.Loop() {
				hub := &stream.Hub{Attach: t.Attach}
				s, err := hub.Publish(stream.Publisher{Key: p.task.Key})
				if err != nil {
					b.Fatal(err)
				}
				s.End(stream.EndClient, "")
				t.writer.queue, p.task.History = nil, nil
			}
		})
	}
}

// TestTaskWriterIsBounded: what waits for a store that takes nothing does not grow with every publisher that comes and goes; what is being
// written stays as it is, and so does what ends a task.
func TestTaskWriterIsBounded(t *testing.T) {
	var w taskWriter
	change := func(id string, n int, state TaskState) TaskChange {
		return TaskChange{ID: id, Step: TaskStep{N: n, State: state}}
	}
	for i := range taskBacklog {
		w.add(change(fmt.Sprint(i), 2, TaskRecording))
	}
	for n := range 500 {
		w.add(change("cam", 2*n+2, TaskRecording))
		w.add(change("cam", 2*n+3, TaskInterrupted))
	}
	if last := w.queue[len(w.queue)-1]; len(w.queue) != taskBacklog+1 || last.Step.N != 1001 || last.Step.State != TaskInterrupted {
		t.Errorf("%d wait, the last is %+v", len(w.queue), last)
	}
	w.flying = len(w.queue)
	w.add(change("cam", 1002, TaskRecording))
	w.add(change("cam", 1003, TaskDone))
	w.add(change("cam", 1004, TaskRecording))
	if len(w.queue) != taskBacklog+3 || w.queue[taskBacklog].Step.N != 1001 || w.queue[taskBacklog+1].Step.State != TaskDone {
		t.Errorf("%d wait: %+v", len(w.queue), w.queue[taskBacklog:])
	}
}
