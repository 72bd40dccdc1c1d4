package rules

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"aircheck/ingest/media"
	"aircheck/vod"
)

// Limits of record tasks.
const (
	// MaxTaskSpan is how long a task may be, MaxTaskAhead how far in the future it may begin and MaxTaskEnd end.
	MaxTaskSpan  = 24 * time.Hour
	MaxTaskAhead = 6 * 24 * time.Hour
	MaxTaskEnd   = 7 * 24 * time.Hour
	// TaskKept is how long a task is kept after its end.
	TaskKept = 90 * 24 * time.Hour
	// DefaultTasksPerStream is Tasks.MaxPerStream where none is set.
	DefaultTasksPerStream = 10
	// MaxOpenTasks is how many tasks there may be that are not over.
	MaxOpenTasks = 20000
	// DefaultTaskFormat is Tasks.DefaultFormat where none is set.
	DefaultTaskFormat = "flv"
	// maxExtension is the length of Task.Extension in bytes.
	maxExtension = 1024
	// maxTaskHistory is how many changes of state are kept of a task: the last ones.
	maxTaskHistory = 100
)

// Errors of Tasks and TaskStore, wrapped.
var (
	// ErrTaskNotFound: there is no such task, or it was deleted.
	ErrTaskNotFound = errors.New("task not found")
	// ErrTaskLimit: more tasks of the stream would run at once than may.
	ErrTaskLimit = errors.New("too many tasks at once")
	// ErrTaskRunning: the task is recording.
	ErrTaskRunning = errors.New("the task is recording")
	// ErrTaskStream: the task is another stream's.
	ErrTaskStream = errors.New("the task is of another stream")
)

// TaskState is how far a task is.
type TaskState string

// The states.
const (
	// TaskWaiting: its window has not begun, or its stream has not come yet.
	TaskWaiting TaskState = "waiting"
	// TaskRecording: its stream is being recorded.
	TaskRecording TaskState = "recording"
	// TaskInterrupted: its stream was recorded and is away; it is recorded again when it comes back before the end.
	TaskInterrupted TaskState = "interrupted"
	// TaskDone: its window is over, and something was recorded.
	TaskDone TaskState = "done"
	// TaskStopped: it was stopped before its end.
	TaskStopped TaskState = "stopped"
	// TaskMissed: its window passed without the stream, or without the server.
	TaskMissed TaskState = "missed"
	// TaskFailed: its stream came, and could not be recorded.
	TaskFailed TaskState = "failed"
)

// Over reports whether nothing follows this state.
func (s TaskState) Over() bool {
	return s == TaskDone || s == TaskStopped || s == TaskMissed || s == TaskFailed
}

// TaskKind says which actions a task belongs to. Neither sees those of the other.
type TaskKind string

// The kinds.
const (
	// TaskCurrent: CreateRecordTask and its like.
	TaskCurrent TaskKind = "current"
	// TaskLegacy: CreateLiveRecord and its like, whose IDs are numbers.
	TaskLegacy TaskKind = "legacy"
)

// Task is a window of time in which a stream is recorded.
type Task struct {
	// ID is given by the store: text without meaning, or a number in decimal for TaskLegacy.
	ID   string
	Kind TaskKind
	// Key is the stream, exactly.
	Key media.StreamKey
	// StreamType is the wire format's: 1 says that the stream is a mixed one.
	StreamType int64
	// TemplateID is the template that says how to record; with 0 Format does.
	TemplateID int64
	// Format is the container for a task without a template, cut after Interval; its files are kept for StorageTime, 0 for ever.
	Format                string
	Interval, StorageTime time.Duration
	// Start is when the window begins, End when it ends. RealTime tells that it began with the call that made it.
	Start, End time.Time
	RealTime   bool
	// Extension is stored and given back.
	Extension string
	State     TaskState
	// Reason says for people why it is in that state.
	Reason     string
	CreateTime time.Time
	// StoppedAt and DeletedAt are zero unless somebody did that.
	StoppedAt, DeletedAt time.Time
	// Files are those that it made, oldest first.
	Files []vod.FileID
	// History is what became of it, as TaskChange.Step, the latest last.
	History []TaskStep
}

// TaskStep is a state that a task has reached.
type TaskStep struct {
	// N counts the task's steps from 1: a store may be told of one again.
	N      int
	State  TaskState
	Reason string
	At     time.Time
}

// step is the task's next one.
func (t *Task) step(state TaskState, reason string, at time.Time) TaskStep {
	s := TaskStep{N: 1, State: state, Reason: reason, At: at}
	if n := len(t.History); n > 0 {
		s.N = t.History[n-1].N + 1
	}
	return s
}

// Next is when the task has to be looked at again: its start, its end, or never (zero).
func (t *Task) Next() time.Time {
	switch {
	case t.State.Over():
		return time.Time{}
	case t.State == TaskWaiting:
		return t.Start
	}
	return t.End
}

// Enter changes the state of a task, and reports false if that was done before or is not possible any more.
func (t *Task) Enter(step TaskStep) bool {
	if n := len(t.History); t.State.Over() || n > 0 && step.N <= t.History[n-1].N {
		return false
	}
	t.State, t.Reason = step.State, step.Reason
	if step.State == TaskStopped {
		t.StoppedAt = step.At
	}
	t.History = append(t.History, step)
	t.History = slices.Clone(t.History[max(0, len(t.History)-maxTaskHistory):])
	return true
}

// Recovered notes that a file has come of a task that was taken for one without: a crash had kept it. It reports false of any other.
func (t *Task) Recovered(at time.Time) bool {
	if t.State != TaskMissed && t.State != TaskFailed {
		return false
	}
	step := t.step(TaskDone, "its file was recovered after a crash", at)
	t.State, t.Reason = step.State, step.Reason
	t.History = append(t.History, step)
	return true
}

// TaskChange is a state that a task reaches, with the event that tells of it, if one does.
type TaskChange struct {
	ID    string
	Step  TaskStep
	Event *Event
}

// TaskFilter chooses tasks of TaskCurrent whose window lies between From and To. Empty names mean all.
type TaskFilter struct {
	Domain, App, Stream string
	From, To            time.Time
	// AfterStart and AfterID are those of the last task of the page before; zero for the first page.
	AfterStart time.Time
	AfterID    string
	Limit      int
}

// TaskStore keeps record tasks. Every method is one transaction. Files come by Store.AddFile.
type TaskStore interface {
	// CreateTask stores a task and returns its ID, and registers its domain. *InvalidError, auth.ErrDomainLimit.
	CreateTask(ctx context.Context, t Task) (string, error)
	// Task returns a task that was not deleted. ErrTaskNotFound.
	Task(ctx context.Context, id string) (Task, error)
	// Tasks lists tasks by start and ID.
	Tasks(ctx context.Context, f TaskFilter) ([]Task, error)
	// SearchTasks lists tasks of both kinds by start and ID.
	SearchTasks(ctx context.Context, s TaskSearch) ([]Task, error)
	// OpenTasks lists the tasks that are not over and were not deleted, by Task.Next.
	OpenTasks(ctx context.Context) ([]Task, error)
	// ChangeTasks makes changes in their order, all or none. What was made before, is changed no more, or is not there, yields no event.
	ChangeTasks(ctx context.Context, changes []TaskChange) error
	// DeleteTask marks a task as deleted. ErrTaskNotFound.
	DeleteTask(ctx context.Context, id string, at time.Time) error
	// PruneTasks forgets tasks that ended before a time, at most so many, and returns how many it were.
	PruneTasks(ctx context.Context, before time.Time, limit int) (int, error)
}

// prepareTask fills in what a new task lacks, and checks it.
func (t *Tasks) prepareTask(task *Task, at time.Time) error {
	k := RuleKey{Domain: task.Key.Domain, App: task.Key.App, Stream: task.Key.Stream}
	switch {
	case k.App == "":
		return invalid("AppName", "is empty")
	case k.Stream == "":
		return invalid("StreamName", "is empty")
	}
	if err := t.Service.prepareKey(&k); err != nil {
		return err
	}
	task.Key.Domain = k.Domain
	task.RealTime = task.Start.IsZero()
	if task.RealTime {
		task.Start = at
	}
	// As they are stored, and without the part that does not follow when the clock is set.
	task.Start, task.End = task.Start.UTC().Truncate(time.Millisecond), task.End.UTC().Truncate(time.Millisecond)
	if err := t.checkWindow(task, at); err != nil {
		return err
	}
	if task.StreamType != 0 && task.StreamType != 1 {
		return invalid("StreamType", "must be 0 (a stream) or 1 (a mixed stream)")
	}
	if err := validText("Extension", task.Extension, maxExtension); err != nil {
		return err
	}
	if err := t.prepareFormat(task); err != nil {
		return err
	}
	task.State, task.Reason = TaskWaiting, ""
	task.CreateTime = at
	task.History = []TaskStep{{N: 1, State: TaskWaiting, At: at}}
	return nil
}

func (t *Tasks) checkWindow(task *Task, at time.Time) error {
	switch {
	case !task.End.After(at) && (task.RealTime || t.Rewind == nil):
		return invalid("EndTime", "is not in the future")
	case !task.End.After(task.Start):
		return invalid("EndTime", "is not after StartTime")
	case task.Start.After(at.Add(MaxTaskAhead)):
		return invalid("StartTime", "is more than 6 days ahead")
	case task.End.After(at.Add(MaxTaskEnd)):
		return invalid("EndTime", "is more than 7 days ahead")
	case task.End.Sub(task.Start) > MaxTaskSpan:
		return invalid("EndTime", "is more than 24 hours after StartTime")
	}
	return nil
}

// prepareFormat checks that the task's template records something, or fills in what is recorded without one.
func (t *Tasks) prepareFormat(task *Task) error {
	if task.TemplateID != 0 {
		_, err := t.formats(task)
		return err
	}
	if task.Format == "" {
		task.Format = t.DefaultFormat
	}
	if !slices.Contains(t.Service.Formats, task.Format) {
		return invalid("FileFormat", "%.16q cannot be recorded; this version records %s", task.Format,
			strings.Join(t.Service.Formats, ", "))
	}
	if task.Interval == 0 {
		task.Interval = seconds(DefaultRecordInterval)
	}
	return nil
}
