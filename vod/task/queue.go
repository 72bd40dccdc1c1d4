package task

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"aircheck/vod/event"
)

const (
	// MaxAttempts is how often a task is begun: one that a stop or a crash of the server cuts short begins again.
	MaxAttempts = 3
	// Kept is how long a task is kept after its end, and how long its SessionID stays taken after its creation.
	Kept = 3 * 24 * time.Hour
	// MaxPriority is the highest priority, -MaxPriority the lowest.
	MaxPriority = 10
	// defaultWaiting and defaultWorkers are what zero fields of Queue mean.
	defaultWaiting = 1000
	defaultWorkers = 2
	// saveEvery is how often the progress of tasks is stored, and patience how long a database that failed is left alone.
	saveEvery = 5 * time.Second
	patience  = 5 * time.Second
	// pruneEvery is how often old tasks are forgotten, pruneRows how many at once.
	pruneEvery = time.Hour
	pruneRows  = 500
)

// Store keeps tasks. Every method is one transaction.
type Store interface {
	// AddTask adds a waiting task. ErrDuplicate if there has been one with its SessionID since a time, ErrFull if that many wait already.
	AddTask(ctx context.Context, t Task, since time.Time, most int) error
	// OpenTasks lists the tasks that wait or were begun and not finished, the oldest first.
	OpenTasks(ctx context.Context) ([]Task, error)
	// BeginTask stores that a task is begun: its status, Attempts and BeginTime. ErrNotWaiting if it is over already.
	BeginTask(ctx context.Context, t Task) error
	// SaveTask stores progress and output of a task that is under way, with events.
	SaveTask(ctx context.Context, t Task, events []event.Event) error
	// FinishTask stores the end of a task, with events; it does nothing if that is stored already.
	FinishTask(ctx context.Context, t Task, events []event.Event) error
	// AbortTask ends a task that waits. ErrNotFound, ErrNotWaiting.
	AbortTask(ctx context.Context, subApp int64, id string, at time.Time) error
	// Task returns a task. ErrNotFound.
	Task(ctx context.Context, subApp int64, id string) (Task, error)
	// ListTasks lists tasks without their Input and Output.
	ListTasks(ctx context.Context, f Filter) ([]Task, error)
	// PruneTasks forgets tasks that ended before a time, at most limit, and returns how many.
	PruneTasks(ctx context.Context, before time.Time, limit int) (int, error)
}

// Queue has tasks done. Set the exported fields, then call Start; Close it when done. Its other methods may be called from any goroutine, Add
// also before Start.
type Queue struct {
	Store Store
	// Jobs by the type of task they do. It must not change after Start.
	Jobs map[Type]Job
	// Alone are the types of which one task is done at a time, because more would keep workers waiting for each other. It must not change
	// after Start.
	Alone map[Type]bool
	// Workers is how many tasks are done at once; 0: 2.
	Workers int
	// MaxWaiting is how many tasks may wait; 0: 1000.
	MaxWaiting int
	// Events says what is told of a task that has changed: of each new Output if it asked for that (NotifyChange), and of its end. It is stored
	// together with the change. May be nil.
	Events func(t Task) []event.Event
	// OnFinish is called after each end of a task but by Abort, and must not wait. May be nil.
	OnFinish func(t Task)
	Log      *slog.Logger

	mu      sync.Mutex
	waiting []Task // in no order
	running map[string]*run
	// known are the tasks in waiting or running.
	known   map[string]bool
	failed  map[Type]int64 // see Stats
	once    sync.Once
	wake    chan struct{} // holds one
	reload  chan struct{} // holds one
	cancel  context.CancelFunc
	stopped chan struct{} // closed when everything has ended
}

// run is a task under way. Its fields are guarded by Queue.mu.
type run struct {
	Task
	// dirty: progress or output are not stored; told: there is an output of which nobody has been told.
	dirty, told bool
}

// prepare makes what the methods need, whichever is called first.
func (q *Queue) prepare() {
	q.running, q.known = map[string]*run{}, map[string]bool{}
	q.wake, q.reload = make(chan struct{}, 1), make(chan struct{}, 1)
	q.Workers = cmp.Or(q.Workers, defaultWorkers)
	q.MaxWaiting = cmp.Or(q.MaxWaiting, defaultWaiting)
}

// Add adds a task and returns its ID. It is on the disk then. Type, SubAppID, FileID, SessionID, SessionContext, Priority, Notify and Input are
// the caller's. ErrDuplicate, ErrFull.
func (q *Queue) Add(ctx context.Context, t Task) (id string, err error) {
	q.once.Do(q.prepare)
	t = New(t, time.Now())
	if err := q.Store.AddTask(ctx, t, t.CreateTime.Add(-Kept), q.MaxWaiting); err != nil {
		return "", fmt.Errorf("add a task: %w", err)
	}
	q.enqueue(t)
	return t.ID, nil
}

// New returns a waiting task with an ID of its own, for who stores it in a transaction of something else: Poke tells the queue of it then.
func New(t Task, now time.Time) Task {
	var b [16]byte
	_, _ = rand.Read(b[:]) // it never fails
	t.ID = fmt.Sprintf("%d-%s-%st0", t.SubAppID, t.Type, hex.EncodeToString(b[:]))
	t.Status, t.CreateTime = Waiting, now.UTC().Truncate(time.Microsecond)
	t.Output, t.Progress, t.Code, t.Message, t.Attempts = nil, 0, 0, "", 0
	t.BeginTime, t.FinishTime = time.Time{}, time.Time{}
	return t
}

// Poke says that tasks were stored without Add. It does not wait.
func (q *Queue) Poke() {
	q.once.Do(q.prepare)
	signal(q.reload)
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default: // told already
	}
}

// enqueue has tasks done that are not known yet.
func (q *Queue) enqueue(tasks ...Task) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, t := range tasks {
		if !q.known[t.ID] {
			q.known[t.ID] = true
			q.waiting = append(q.waiting, t)
		}
	}
	signal(q.wake)
}

// Start has the workers begin, with what an earlier run left.
func (q *Queue) Start() {
	q.once.Do(q.prepare)
	var ctx context.Context
	ctx, q.cancel = context.WithCancel(context.Background())
	q.stopped = make(chan struct{})
	signal(q.reload)
	go q.serve(ctx)
}

// Close has no more tasks begun, tells those under way to end and waits for them, as long as ctx lasts; they begin again at the next
// start. It does nothing before Start, and may be called again.
func (q *Queue) Close(ctx context.Context) error {
	if q.cancel == nil {
		return nil
	}
	q.cancel()
	select {
	case <-q.stopped:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("tasks are still running: %w", ctx.Err())
	}
}

// serve is the queue's own goroutine: it begins tasks, stores their progress and forgets old ones.
func (q *Queue) serve(ctx context.Context) {
	defer close(q.stopped)
	var jobs sync.WaitGroup
	defer jobs.Wait()
	tick := time.NewTicker(saveEvery)
	defer tick.Stop()
	var pruneAt time.Time
	for {
		for q.launch(ctx, &jobs) {
		}
		select {
		case <-ctx.Done():
			return
		case <-q.wake:
		case <-q.reload:
			q.load(ctx)
		case <-tick.C:
			q.save(ctx)
		}
		if now := time.Now(); !now.Before(pruneAt) {
			pruneAt = now.Add(q.prune(ctx, now))
		}
	}
}

// load takes the tasks that are stored and not known.
func (q *Queue) load(ctx context.Context) {
	open, err := q.Store.OpenTasks(ctx)
	if err != nil {
		if ctx.Err() == nil {
			q.Log.Error("tasks cannot be read; they are done later", "error", err)
			time.AfterFunc(patience, func() { signal(q.reload) })
		}
		return
	}
	q.enqueue(open...)
}

// prune forgets old tasks and returns when to do that again.
func (q *Queue) prune(ctx context.Context, now time.Time) time.Duration {
	n, err := q.Store.PruneTasks(ctx, now.Add(-Kept), pruneRows)
	switch {
	case err != nil && ctx.Err() == nil:
		q.Log.Warn("old tasks are not forgotten yet", "error", err)
	case n >= pruneRows:
		return 0 // there are more
	}
	return pruneEvery
}

// launch begins the task whose turn it is, if a worker is free, and reports whether it did.
func (q *Queue) launch(ctx context.Context, jobs *sync.WaitGroup) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if ctx.Err() != nil || len(q.waiting) == 0 || len(q.running) >= q.Workers {
		return false
	}
	next := -1
	for i := range q.waiting {
		if !q.excluded(q.waiting[i].Type) && (next < 0 || before(&q.waiting[i], &q.waiting[next])) {
			next = i
		}
	}
	if next < 0 {
		return false
	}
	r := &run{Task: q.waiting[next]}
	q.waiting = slices.Delete(q.waiting, next, next+1)
	q.running[r.ID] = r
	jobs.Go(func() { q.do(ctx, r) })
	return true
}

// excluded reports whether a type of which one task is done at a time has that one.
func (q *Queue) excluded(t Type) bool {
	if !q.Alone[t] {
		return false
	}
	for _, r := range q.running {
		if r.Type == t {
			return true
		}
	}
	return false
}

// before is the order of tasks.
func before(a, b *Task) bool {
	if a.Priority != b.Priority {
		return a.Priority > b.Priority
	}
	return cmp.Or(a.CreateTime.Compare(b.CreateTime), cmp.Compare(a.ID, b.ID)) < 0
}

// marshal is JSON of a job's output; nil for none.
func marshal(output any) (json.RawMessage, error) {
	if output == nil {
		return nil, nil
	}
	text, err := json.Marshal(output)
	if err != nil {
		return nil, fmt.Errorf("encode the output: %w", err)
	}
	return text, nil
}
