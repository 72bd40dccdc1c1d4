package rules_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/ingest/stream"
	"aircheck/recorder"
	"aircheck/rules"
	"aircheck/server/store"
)

// taken is a recording that a task started.
type taken struct {
	spec           recorder.Spec
	window         recorder.Window
	begun, stopped time.Time
	stream         *stream.Stream
}

func (k *taken) Stop(at time.Time) { k.stopped = at }

func (k *taken) Over() <-chan struct{} {
	over := make(chan struct{})
	if !k.stopped.IsZero() || k.stream.Ended() != nil || time.Since(k.window.Until) > time.Second {
		close(over)
	}
	return over
}

func (k *taken) Recorded() bool { return len(k.stream.Tracks()) > 0 }

// rig is record tasks on a database, with a recorder that notes what it is asked for.
type rig struct {
	*rules.Tasks
	t   *testing.T
	db  *store.Store
	hub *stream.Hub
	// refuse is the error of Record.
	refuse error

	mu       sync.Mutex
	taken    []*taken
	finished []string // tasks whose waiting files were finished
	allowed  [][]recorder.Spec
}

// cutOff is a store that takes no change any more once the server was killed.
type cutOff struct {
	rules.TaskStore
	// before is called before a change is stored. May be nil.
	before func()
	mu     sync.Mutex
	dead   bool
}

func (c *cutOff) ChangeTasks(ctx context.Context, changes []rules.TaskChange) error {
	if before := c.before; before != nil && ctx != nil && changes[len(changes)-1].Step.State == rules.TaskStopped {
		c.before = nil
		before()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.dead {
		return errors.New("killed")
	}
	return c.TaskStore.ChangeTasks(ctx, changes)
}

func newRig(t *testing.T, change func(*rules.Tasks)) *rig {
	t.Helper()
	s, db := newService(t)
	s.Formats = []string{"flv", "hls", "mp4"}
	must(t, s.Reload(t.Context()))
	r := &rig{t: t, db: db}
	r.open(s, change)
	t.Cleanup(r.stop)
	return r
}

func (r *rig) open(s *rules.Service, change func(*rules.Tasks)) {
	r.t.Helper()
	tasks := &rules.Tasks{
		Service: s, Store: &cutOff{TaskStore: r.db}, Record: r.record, Log: slog.New(slog.DiscardHandler),
		FinishWaiting: func(c recorder.Cause) { r.finished = append(r.finished, c.ID) },
		Supersede: func(_ media.StreamKey, kind string, specs []recorder.Spec) {
			if kind != "task" {
				r.t.Error("superseded:", kind)
			}
			r.allowed = append(r.allowed, specs)
		},
	}
	r.hub = &stream.Hub{Attach: tasks.Attach, Ended: tasks.Ended}
	tasks.Live = r.hub.Get
	if change != nil {
		change(tasks)
	}
	must(r.t, tasks.Open(r.t.Context()))
	r.Tasks = tasks
}

func (r *rig) record(spec recorder.Spec, s *stream.Stream, w recorder.Window) (rules.TaskHandle, error) {
	if spec.SessionID != s.ID {
		r.t.Error("a spec of another session:", spec)
	}
	k := &taken{spec: spec, window: w, begun: time.Now(), stream: s}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.refuse != nil {
		return nil, r.refuse
	}
	r.taken = append(r.taken, k)
	return k, nil
}

func (r *rig) stop() {
	r.hub.Close()
	must(r.t, r.Close(context.Background()))
}

// kill ends the server without a word to its store.
func (r *rig) kill() {
	synctest.Wait()
	c := r.Store.(*cutOff)
	c.mu.Lock()
	c.dead = true
	c.mu.Unlock()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	r.hub.Close()
	_ = r.Close(ctx)
}

// push begins a stream with a picture.
func (r *rig) push(name string) *stream.Stream {
	r.t.Helper()
	s := r.publish(name)
	must(r.t, s.Write(mediatest.Pictures(mediatest.H264(1, 1000), 1, 0, 40)))
	return s
}

// publish begins a stream.
func (r *rig) publish(name string) *stream.Stream {
	r.t.Helper()
	s, err := r.hub.Publish(stream.Publisher{Key: streamKey(name), Params: "a=b"})
	must(r.t, err)
	return s
}

func streamKey(name string) media.StreamKey {
	return media.StreamKey{Domain: "d.example.com", App: "live", Stream: name}
}

// create creates a task that begins and ends so long from now; it begins at once with 0.
func (r *rig) create(name string, from, to time.Duration, change ...func(*rules.Task)) string {
	r.t.Helper()
	now := time.Now()
	task := rules.Task{Kind: rules.TaskCurrent, Key: streamKey(name), End: now.Add(to)}
	if from != 0 {
		task.Start = now.Add(from)
	}
	for _, c := range change {
		c(&task)
	}
	made, err := r.Create(r.t.Context(), task)
	must(r.t, err)
	return made.ID
}

// sleep lets time pass, and what happens in it.
func (r *rig) sleep(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// is checks a task's state, and that the store has the same a moment later, with that history.
func (r *rig) is(id string, states ...rules.TaskState) {
	r.t.Helper()
	synctest.Wait()
	want := states[len(states)-1]
	task, err := r.Task(r.t.Context(), id)
	must(r.t, err)
	kept, err := r.db.Task(r.t.Context(), id)
	must(r.t, err)
	var history []rules.TaskState
	for _, step := range kept.History {
		history = append(history, step.State)
	}
	if task.State != want || kept.State != want || cmp.Diff(states, history) != "" {
		r.t.Errorf("the task is %s, stored as %s (%s) with %v; want %v", task.State, kept.State, kept.Reason, history, states)
	}
}

// recorded checks how many recordings there were, and returns the last.
func (r *rig) recorded(n int) *taken {
	r.t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.taken) != n {
		r.t.Fatalf("%d recordings, want %d", len(r.taken), n)
	}
	if n == 0 {
		return nil
	}
	return r.taken[n-1]
}

// alarms returns the events of tasks that recorded nothing.
func (r *rig) alarms() (out []string) {
	r.t.Helper()
	synctest.Wait()
	queued, err := r.db.QueuedEvents(r.t.Context(), 0, 1000)
	must(r.t, err)
	for _, q := range queued {
		if e, err := r.db.Event(r.t.Context(), q.ID); err != nil {
			r.t.Error(err)
		} else if e.Type == rules.EventRecordException {
			out = append(out, string(e.Payload))
		}
	}
	return out
}

const (
	waiting     = rules.TaskWaiting
	recordingT  = rules.TaskRecording
	interrupted = rules.TaskInterrupted
	done        = rules.TaskDone
	missed      = rules.TaskMissed
)

// TestTaskRealTime: what is live is recorded at once, with what the stream remembers; what is not is waited for.
func TestTaskRealTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.push("cam")
		begin := time.Now()
		id := r.create("cam", 0, time.Hour)
		k := r.recorded(1)
		want := recorder.Spec{
			Key: streamKey("cam"), SessionID: k.spec.SessionID, Params: "a=b", Cause: recorder.Cause{Kind: "task", ID: id}, Format: "flv",
			Interval: 30 * time.Minute, StorageClass: "STANDARD",
		}
		if d := cmp.Diff(want, k.spec); d != "" {
			t.Error(d)
		}
		if !k.window.Since.IsZero() || !k.window.Until.Equal(begin.Add(time.Hour).Truncate(time.Millisecond)) && !k.window.Until.Equal(begin.Add(time.Hour)) || !k.window.Backlog {
			t.Errorf("%+v", k.window)
		}
		r.is(id, waiting, recordingT)
		r.sleep(time.Hour)
		r.is(id, waiting, recordingT, done)
		r.push("other")
		late := r.create("late", 0, time.Hour)
		r.sleep(59 * time.Minute)
		r.is(late, waiting)
		r.push("late")
		if k = r.recorded(2); k.window.Backlog || k.spec.Cause.ID != late {
			t.Errorf("%+v", k)
		}
		past := r.create("other", -time.Hour, time.Minute)
		if k = r.recorded(3); !k.window.Backlog || !k.window.Since.IsZero() {
			t.Errorf("%+v", k)
		}
		r.is(past, waiting, recordingT)
	})
}

// TestTaskScheduled: the start in time to the millisecond, a late stream, interruptions, the end.
func TestTaskScheduled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		s := r.push("cam")
		start := time.Now().Add(5 * 24 * time.Hour)
		id := r.create("cam", 5*24*time.Hour, 5*24*time.Hour+time.Hour)
		late := r.create("late", 5*24*time.Hour, 5*24*time.Hour+time.Hour)
		none := r.create("none", 5*24*time.Hour, 5*24*time.Hour+time.Hour)
		r.sleep(5*24*time.Hour - time.Millisecond)
		r.recorded(0)
		r.is(id, waiting)
		r.sleep(time.Millisecond + 500*time.Microsecond)
		if k := r.recorded(1); k.begun.Sub(start) > time.Millisecond || !k.window.Since.Equal(start) || !k.window.Backlog {
			t.Errorf("begun at %v: %+v", k.begun, k.window)
		}
		r.is(id, waiting, recordingT)
		r.is(late, waiting)
		l := r.push("late")
		if k := r.recorded(2); k.window.Backlog || k.spec.Cause.ID != late {
			t.Errorf("%+v", k)
		}
		l.End(stream.EndLost, "")
		r.is(late, waiting, recordingT, interrupted)
		r.sleep(time.Minute)
		r.push("late")
		r.recorded(3)
		s.End(stream.EndClient, "")
		r.sleep(59 * time.Minute)
		r.is(id, waiting, recordingT, interrupted, done)
		r.is(late, waiting, recordingT, interrupted, recordingT, done)
		r.is(none, waiting, missed)
		r.push("cam")
		r.recorded(3)
		alarms := r.alarms()
		if len(alarms) != 1 || !strings.Contains(alarms[0], "record task "+none+" missed: the stream did not come") {
			t.Error(alarms)
		}
		if !slices.Contains(r.finished, id) || !slices.Contains(r.finished, late) || slices.Contains(r.finished, none) {
			t.Error("waiting files finished:", r.finished)
		}
	})
}

// TestTaskStopAndDelete: a stop ends it, a deletion does not.
func TestTaskStopAndDelete(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		ctx := t.Context()
		s := r.push("cam")
		stopped, deleted, never := r.create("cam", 0, time.Hour), r.create("cam", 0, time.Hour), r.create("cam", time.Minute, time.Hour)
		must(t, r.Stop(ctx, rules.TaskCurrent, stopped))
		r.sleep(time.Second)
		must(t, r.Stop(ctx, rules.TaskCurrent, stopped))
		r.is(stopped, waiting, recordingT, rules.TaskStopped)
		must(t, r.Delete(ctx, rules.TaskCurrent, deleted))
		must(t, r.Delete(ctx, rules.TaskCurrent, never))
		if r.recorded(2).stopped != (time.Time{}) || r.taken[0].stopped.IsZero() {
			t.Error("the wrong one was stopped")
		}
		for _, id := range []string{deleted, never, "none"} {
			_, err := r.Task(ctx, id)
			wantError(t, err, rules.ErrTaskNotFound)
			wantError(t, r.Stop(ctx, rules.TaskCurrent, id), rules.ErrTaskNotFound)
			wantError(t, r.Delete(ctx, rules.TaskCurrent, id), rules.ErrTaskNotFound)
		}
		wantError(t, r.Stop(ctx, rules.TaskLegacy, stopped), rules.ErrTaskNotFound)
		s.End(stream.EndLost, "")
		r.push("cam")
		r.sleep(2 * time.Hour)
		r.recorded(2)
		if len(r.alarms()) != 0 || len(r.Of(streamKey("cam"))) != 0 {
			t.Error("a deleted task is told of:", r.alarms())
		}
	})
}

// TestTaskStopAsItsStreamEnds: whichever the store is told first, the task is stopped.
func TestTaskStopAsItsStreamEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		s := r.push("cam")
		id := r.create("cam", 0, time.Hour)
		r.is(id, waiting, recordingT)
		r.Store.(*cutOff).before = func() {
			s.End(stream.EndClient, "")
			synctest.Wait() // the store has taken it
		}
		must(t, r.Stop(t.Context(), rules.TaskCurrent, id))
		r.is(id, waiting, recordingT, interrupted, rules.TaskStopped)
		open, err := r.db.OpenTasks(t.Context())
		must(t, err)
		if len(open) != 0 {
			t.Errorf("a restart would go on with %+v", open)
		}
	})
}

// TestTaskBacklog: publishers that come and go while the store takes nothing; the last state arrives.
func TestTaskBacklog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		id := r.create("cam", 0, 12*time.Hour)
		store := r.Store.(*cutOff)
		store.mu.Lock()
		store.dead = true
		store.mu.Unlock()
		for range 3000 {
			r.push("cam").End(stream.EndLost, "")
		}
		store.mu.Lock()
		store.dead = false
		store.mu.Unlock()
		r.sleep(time.Minute)
		task, err := r.db.Task(t.Context(), id)
		must(t, err)
		if n := task.History[len(task.History)-1].N; task.State != interrupted || n < 6000 {
			t.Errorf("%s after step %d", task.State, n)
		}
	})
}

// TestTaskRestarts: in every state, by a stop and by a kill, within the window and after it.
func TestTaskRestarts(t *testing.T) {
	for _, kill := range []bool{false, true} {
		for _, away := range []time.Duration{time.Minute, 3 * time.Hour} {
			t.Run(fmt.Sprint(kill, away), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					r := newRig(t, nil)
					live := r.create("live", 0, 2*time.Hour)
					gone := r.create("gone", 0, 2*time.Hour)
					early := r.create("early", 0, 2*time.Hour)
					ahead := r.create("ahead", 90*time.Minute, 2*time.Hour)
					far := r.create("far", 5*time.Hour, 6*time.Hour)
					stopped := r.create("live", 0, 2*time.Hour)
					over := r.create("live", 0, time.Minute)
					r.push("live")
					r.push("gone").End(stream.EndLost, "")
					must(t, r.Stop(t.Context(), rules.TaskCurrent, stopped))
					r.sleep(2 * time.Minute)
					n := len(r.taken)
					if kill {
						r.kill()
					} else {
						r.stop()
					}
					time.Sleep(away)
					r.open(r.Service, nil)
					r.is(over, waiting, recordingT, done)
					r.is(stopped, waiting, recordingT, rules.TaskStopped)
					r.is(far, waiting)
					if away > 2*time.Hour {
						if kill {
							r.is(live, waiting, recordingT, done)
						} else {
							r.is(live, waiting, recordingT, interrupted, done)
						}
						r.is(gone, waiting, recordingT, interrupted, done)
						r.is(early, waiting, missed)
						r.is(ahead, waiting, missed)
						if len(r.alarms()) != 2 {
							t.Error(r.alarms())
						}
						r.push("live")
						r.push("early")
						r.recorded(n)
						return
					}
					r.is(live, waiting, recordingT, interrupted)
					r.is(early, waiting)
					for _, name := range []string{"live", "gone", "early", "ahead"} {
						r.push(name)
					}
					r.recorded(n + 3)
					r.is(live, waiting, recordingT, interrupted, recordingT)
					r.is(early, waiting, recordingT)
					r.sleep(2 * time.Hour)
					r.recorded(n + 4)
					r.is(ahead, waiting, recordingT, done)
					r.is(gone, waiting, recordingT, interrupted, recordingT, done)
				})
			})
		}
	}
}

// TestTaskClockSteps: windows follow the wall clock when it is set.
func TestTaskClockSteps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var offset time.Duration
		set := func(d time.Duration) { mu.Lock(); offset = d; mu.Unlock() }
		r := newRig(t, func(tasks *rules.Tasks) {
			tasks.Now = func() time.Time {
				mu.Lock()
				defer mu.Unlock()
				return time.Now().Add(offset)
			}
		})
		r.push("cam")
		id := r.create("cam", 5*time.Hour, 6*time.Hour)
		r.sleep(time.Minute)
		set(5 * time.Hour) // forward, into the window
		r.sleep(1100 * time.Millisecond)
		r.is(id, waiting, recordingT)
		set(0) // and back: it is not begun twice
		r.sleep(time.Minute)
		r.recorded(1)
		r.is(id, waiting, recordingT)
		set(7 * time.Hour) // forward, beyond the end
		r.sleep(1100 * time.Millisecond)
		r.is(id, waiting, recordingT, done)
		set(0)
		r.sleep(10 * time.Hour)
		r.recorded(1)
		r.is(id, waiting, recordingT, done)
	})
}

// TestTaskTemplate: what a template says counts when the stream comes.
func TestTaskTemplate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, func(tasks *rules.Tasks) { tasks.MP4Splice, tasks.DefaultFormat = time.Minute, "mp4" })
		template, err := r.Service.CreateTemplate(t.Context(), rules.Template{Name: "a", Hls: enabled, Mp4: enabled, FlowContinueDuration: 60})
		must(t, err)
		use := func(task *rules.Task) { task.TemplateID = template }
		id := r.create("cam", 0, time.Hour, use)
		byDefault := r.create("other", 0, time.Hour)
		must(t, r.Service.ModifyTemplate(t.Context(), template, func(tp *rules.Template) error { tp.Mp4.StorageTime = 9; return nil }))
		r.push("cam")
		k := r.recorded(2)
		if k.spec.Format != "mp4" || k.spec.StorageTime != 9*time.Second || k.spec.FlowContinueDuration != time.Minute || k.spec.TemplateID != template ||
			r.taken[0].spec.Format != "hls" || r.taken[0].spec.FlowContinueDuration != time.Minute {
			t.Errorf("%+v", r.taken)
		}
		allowed := r.allowed[len(r.allowed)-1]
		for i := range allowed {
			allowed[i].SessionID, allowed[i].Params = k.spec.SessionID, k.spec.Params
		}
		if d := cmp.Diff([]recorder.Spec{r.taken[0].spec, k.spec}, allowed); d != "" {
			t.Error("may go on:", d)
		}
		r.push("other")
		if k = r.recorded(3); k.spec.Format != "mp4" || k.spec.FlowContinueDuration != 0 || k.spec.Cause.ID != byDefault {
			t.Errorf("%+v", k)
		}
		wantError(t, r.Service.DeleteTemplate(t.Context(), template), rules.ErrInUse)
		must(t, r.Service.ModifyTemplate(t.Context(), template, func(tp *rules.Template) error { tp.Mp4.Enable, tp.Hls.Enable = false, false; return nil }))
		_, err = r.Create(t.Context(), rules.Task{Kind: rules.TaskCurrent, Key: streamKey("cam"), End: time.Now().Add(time.Hour), TemplateID: template})
		wantInvalid(t, err, "TemplateId")
		r.is(id, waiting, recordingT)
	})
}

// TestTaskFails: a stream that comes and cannot be recorded makes the task a failed one, with an alarm.
func TestTaskFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.refuse = errors.New("no disk")
		r.push("cam")
		id := r.create("cam", 0, time.Hour)
		r.is(id, waiting)
		r.sleep(time.Hour)
		r.is(id, waiting, rules.TaskFailed)
		if a := r.alarms(); len(a) != 1 {
			t.Error(a)
		}
	})
}

// TestTaskWeeks: three weeks of tasks, streams, restarts and kills; every task has recorded every session within its window once, from the
// moment on at which both were there.
func TestTaskWeeks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		random := rand.New(rand.NewPCG(1, 2))
		r := newRig(t, func(tasks *rules.Tasks) { tasks.MaxPerStream = 1000 })
		names := []string{"a", "b", "c", "d"}
		type window struct{ from, to time.Time }
		tasks, sessions := map[string]*window{}, map[string]*window{}
		nameOf := map[string]string{}
		live := map[string]*stream.Stream{}
		endAll := func() {
			for name, s := range live {
				sessions[s.ID].to = time.Now()
				delete(live, name)
			}
		}
		for end := time.Now().Add(21 * 24 * time.Hour); time.Now().Before(end); r.sleep(time.Duration(random.Int64N(int64(time.Hour)))) {
			name := names[random.IntN(len(names))]
			switch n := random.IntN(20); {
			case n < 9:
				if s := live[name]; s != nil {
					s.End(stream.EndLost, "")
					sessions[s.ID].to = time.Now()
					delete(live, name)
				} else {
					live[name] = r.push(name)
					sessions[live[name].ID], nameOf[live[name].ID] = &window{from: time.Now()}, name
				}
			case n < 16:
				from := time.Duration(random.Int64N(int64(2*24*time.Hour))).Truncate(time.Millisecond) + time.Millisecond
				if random.IntN(2) == 0 {
					from = 0
				}
				to := from + time.Duration(random.Int64N(int64(24*time.Hour))).Truncate(time.Millisecond) + time.Millisecond
				at := time.Now()
				id := r.create(name, from, to)
				tasks[id], nameOf[id] = &window{at.Add(from), at.Add(to)}, name
			case n < 18:
				for _, task := range r.Of(streamKey(name)) {
					must(t, r.Stop(t.Context(), rules.TaskCurrent, task.ID))
					w := tasks[task.ID]
					w.to = time.Now()
					break
				}
			default:
				endAll()
				if n == 18 {
					r.kill()
				} else {
					r.stop()
				}
				time.Sleep(time.Duration(random.Int64N(int64(6 * time.Hour))))
				r.open(r.Service, func(tasks *rules.Tasks) { tasks.MaxPerStream = 1000 })
			}
		}
		endAll()
		made := map[[2]string]*taken{}
		for _, k := range r.taken {
			at := [2]string{k.spec.Cause.ID, k.spec.SessionID}
			if made[at] != nil {
				t.Error("recorded twice:", at)
			}
			made[at] = k
		}
		const precision = 2 * time.Millisecond
		n := 0
		for id, w := range tasks {
			for session, s := range sessions {
				k := made[[2]string{id, session}]
				from, to := w.from, w.to
				if s.from.After(from) {
					from = s.from
				}
				if s.to.Before(to) {
					to = s.to
				}
				overlap := to.Sub(from)
				switch {
				case nameOf[id] != nameOf[session] || overlap < -precision:
					if k != nil {
						t.Errorf("task %s recorded session %s at %v, %v too much", id, session, k.begun, overlap)
					}
				case overlap > precision:
					n++
					if k == nil {
						t.Errorf("task %s did not record session %s, %v", id, session, overlap)
					} else if late := k.begun.Sub(from); late < -precision || late > precision {
						t.Errorf("task %s recorded session %s %v late", id, session, late)
					}
				}
			}
		}
		if n < 150 {
			t.Errorf("only %d recordings were to be made", n)
		}
		t.Logf("%d tasks, %d sessions, %d recordings", len(tasks), len(sessions), n)
	})
}

// TestTaskTenThousand: with 10,000 tasks in the store (1,000 under the race detector) each begins in time, and none is forgotten over a restart.
func TestTaskTenThousand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.stop()
		begin := time.Now().UTC()
		const tasks, writers = manyTasks, 50
		var wait sync.WaitGroup
		for w := range writers {
			wait.Go(func() {
				for i := w; i < tasks; i += writers {
					from := begin.Add(time.Hour + time.Duration(i)*time.Second)
					task := rules.Task{
						Kind: rules.TaskCurrent, Key: streamKey(fmt.Sprint("cam", i%100)), Format: "flv", Start: from, End: from.Add(time.Second), State: waiting,
						CreateTime: begin, History: []rules.TaskStep{{N: 1, State: waiting, At: begin}},
					}
					if _, err := r.db.CreateTask(context.Background(), task); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wait.Wait()
		r.open(r.Service, nil)
		for i := range 100 {
			r.push(fmt.Sprint("cam", i))
		}
		r.sleep(time.Hour - time.Millisecond)
		r.recorded(0)
		r.sleep(tasks*time.Second + time.Minute)
		r.recorded(tasks)
		for i, k := range r.taken {
			if late := k.begun.Sub(begin.Add(time.Hour + time.Duration(i)*time.Second)); late < 0 || late > 2*time.Millisecond {
				t.Fatalf("task %d began %s late", i, late)
			}
		}
		if open, err := r.db.OpenTasks(t.Context()); err != nil || len(open) != 0 {
			t.Error(len(open), "tasks are open:", err)
		}
	})
}

// TestTaskLegacy: tasks with a number go by their stream, and are not deleted while they record.
func TestTaskLegacy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.push("cam")
		id := r.create("cam", 0, time.Hour, func(task *rules.Task) { task.Kind = rules.TaskLegacy })
		r.sleep(time.Second)
		wantError(t, r.DeleteOf(t.Context(), rules.TaskLegacy, id, "other"), rules.ErrTaskStream)
		wantError(t, r.DeleteOf(t.Context(), rules.TaskLegacy, id, "cam"), rules.ErrTaskRunning)
		wantError(t, r.StopOf(t.Context(), rules.TaskLegacy, id, "other"), rules.ErrTaskStream)
		must(t, r.StopOf(t.Context(), rules.TaskLegacy, id, "cam"))
		must(t, r.DeleteOf(t.Context(), rules.TaskLegacy, id, "cam"))
		wantError(t, r.StopOf(t.Context(), rules.TaskLegacy, id, "cam"), rules.ErrTaskNotFound)
	})
}
