package rules

import (
	"container/heap"
	"maps"
	"slices"
	"strings"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/stream"
	"aircheck/recorder/rewind"
)

// TaskHandle is a recording that a task has started.
type TaskHandle interface {
	// Stop ends it as if the window ended at that time. It does not wait.
	Stop(at time.Time)
	// Over is closed once it has ended.
	Over() <-chan struct{}
	// Recorded reports whether there is a file of it, which is certain once it has ended.
	Recorded() bool
}

// planned is a task in the schedule.
type planned struct {
	task Task
	// next is when to look at it, place where it stands in the order of that.
	next  time.Time
	place int
	// gone tells that the task was deleted: nothing is begun for it any more.
	gone bool
	// session is the ID of the stream that it last took up, live the stream while it is recorded, running what does that.
	session string
	live    *stream.Stream
	running []TaskHandle
	// play is what records the past of its window, and what follows that, until both are done.
	play *rewind.Play
	// begun are the recordings that there were, up to one of which it is known that it made a file.
	begun []TaskHandle
	// recorded tells that there was a recording, filed that it made a file, failure why there is none.
	recorded, filed bool
	// loaded tells that it is of an earlier run, which may have recorded more than the store was told.
	loaded  bool
	failure string
}

// streamTasks are the tasks of one stream.
type streamTasks struct {
	all map[string]*planned
	// begun are those of them whose window has begun.
	begun map[string]*planned
}

// schedule is the tasks that are not over: those of a stream, and whose turn is next, without looking at the others. It reads no clock
// and has no lock.
type schedule struct {
	byID     map[string]*planned
	byStream map[media.StreamKey]*streamTasks
	queue    turns
}

func newSchedule() *schedule {
	return &schedule{byID: map[string]*planned{}, byStream: map[media.StreamKey]*streamTasks{}}
}

// add puts a task in, to be looked at when its window begins.
func (s *schedule) add(task Task) *planned {
	p := &planned{task: task, next: task.Start}
	p.recorded = task.State == TaskRecording || task.State == TaskInterrupted
	p.filed = p.recorded // as far as is known
	s.byID[task.ID] = p
	of := s.byStream[task.Key]
	if of == nil {
		of = &streamTasks{all: map[string]*planned{}, begun: map[string]*planned{}}
		s.byStream[task.Key] = of
	}
	of.all[task.ID] = p
	heap.Push(&s.queue, p)
	return p
}

// begin notes that the task's window has begun: it is looked at again when that ends.
func (s *schedule) begin(p *planned) {
	s.byStream[p.task.Key].begun[p.task.ID] = p
	p.next = p.task.End
	heap.Fix(&s.queue, p.place)
}

// putOff has a task looked at again at another time.
func (s *schedule) putOff(p *planned, at time.Time) {
	p.next = at
	heap.Fix(&s.queue, p.place)
}

func (s *schedule) remove(p *planned) {
	delete(s.byID, p.task.ID)
	heap.Remove(&s.queue, p.place)
	of := s.byStream[p.task.Key]
	delete(of.all, p.task.ID)
	delete(of.begun, p.task.ID)
	if len(of.all) == 0 {
		delete(s.byStream, p.task.Key)
	}
}

// due returns the task whose turn has come first, or nil.
func (s *schedule) due(now time.Time) *planned {
	if len(s.queue) == 0 || s.queue[0].next.After(now) {
		return nil
	}
	return s.queue[0]
}

// begun returns the tasks of a stream whose window has begun, by start and ID.
func (s *schedule) begun(key media.StreamKey) []*planned {
	of := s.byStream[key]
	if of == nil {
		return nil
	}
	return slices.SortedFunc(maps.Values(of.begun), byStart)
}

// of returns all tasks of a stream, by start and ID.
func (s *schedule) of(key media.StreamKey) []*planned {
	of := s.byStream[key]
	if of == nil {
		return nil
	}
	return slices.SortedFunc(maps.Values(of.all), byStart)
}

func byStart(a, b *planned) int {
	if c := a.task.Start.Compare(b.task.Start); c != 0 {
		return c
	}
	return strings.Compare(a.task.ID, b.task.ID)
}

// overlap returns how many tasks of a stream run at once, at most, at a moment between from and to.
func (s *schedule) overlap(key media.StreamKey, from, to time.Time) (most int) {
	type edge struct {
		at    time.Time
		count int
	}
	var edges []edge
	if of := s.byStream[key]; of != nil {
		for _, p := range of.all {
			if p.task.Start.Before(to) && p.task.End.After(from) {
				edges = append(edges, edge{p.task.Start, 1}, edge{p.task.End, -1})
			}
		}
	}
	// Who ends when another begins does not run at once with it.
	slices.SortFunc(edges, func(a, b edge) int {
		if c := a.at.Compare(b.at); c != 0 {
			return c
		}
		return a.count - b.count
	})
	n := 0
	for _, e := range edges {
		n += e.count
		// What ran before from counts there.
		if e.at.Before(to) {
			most = max(most, n)
		}
	}
	return most
}

// turns is the order of the tasks' next moments. It is a heap.
type turns []*planned

// Len is heap.Interface's.
func (t turns) Len() int { return len(t) }

// Less is heap.Interface's.
func (t turns) Less(i, j int) bool { return t[i].next.Before(t[j].next) }

// Swap is heap.Interface's.
func (t turns) Swap(i, j int) {
	t[i], t[j] = t[j], t[i]
	t[i].place, t[j].place = i, j
}

// Push is heap.Interface's.
func (t *turns) Push(x any) {
	p := x.(*planned)
	p.place = len(*t)
	*t = append(*t, p)
}

// Pop is heap.Interface's.
func (t *turns) Pop() any {
	last := len(*t) - 1
	p := (*t)[last]
	(*t)[last] = nil
	*t = (*t)[:last]
	return p
}
