// Package task is the catalogue's long work: tasks that are queued, done by a bounded number of workers in the order of their priority,
// report progress, survive a restart, and can be asked about afterwards. It knows nothing of what the tasks do.
package task

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"aircheck/vod"
)

// Errors of Queue and Store, wrapped.
var (
	// ErrNotFound: no such task.
	ErrNotFound = errors.New("there is no such task of the last three days")
	// ErrDuplicate: there has been a task with this SessionID in the last three days.
	ErrDuplicate = errors.New("a task with this SessionId was already created in the last three days")
	// ErrNotWaiting: only a task that has not begun can be aborted.
	ErrNotWaiting = errors.New("the task is not waiting any more")
	// ErrFull: as many tasks wait as may.
	ErrFull = errors.New("too many tasks are waiting; try again when some are done")
)

// Type of a task, as DescribeTaskDetail names it.
type Type string

// The types.
const (
	Compose   Type = "ComposeMedia"
	Procedure Type = "Procedure"
	// Clip is a clip of a recording that is made a file of its own, Splice the recordings of a stream between two moments joined. Move is
	// a file's way to another storage class.
	Clip   Type = "SimpleHlsClip"
	Splice Type = "SpliceRecordings"
	Move   Type = "ModifyMediaStorageClass"
)

// Status of a task.
type Status string

// The states, as DescribeTaskDetail names them. Aborted is a task that was aborted before it began.
const (
	Waiting    Status = "WAITING"
	Processing Status = "PROCESSING"
	Finished   Status = "FINISH"
	Aborted    Status = "ABORTED"
)

// Error codes of a task (DescribeTaskDetail, ErrCode).
const (
	CodeInput    = 40000
	CodeSource   = 60000
	CodeInternal = 70000
)

// Notify says when others are told of a task.
type Notify string

// The ways: at its end, at each new Output as well, or never.
const (
	NotifyFinish Notify = ""
	NotifyChange Notify = "Change"
	NotifyNone   Notify = "None"
)

// Task is one piece of work.
type Task struct {
	ID       string
	Type     Type
	Status   Status
	SubAppID int64
	// FileID is the asset it works on; 0 for none or many.
	FileID vod.FileID
	// SessionID is unique among the tasks of three days; empty for none. SessionContext is handed through.
	SessionID, SessionContext string
	// Priority is from -10 to 10; the higher is done first, then the older.
	Priority int
	// Notify says when others are told of it.
	Notify Notify
	// Input is what is to be done, Output what came of it, or what there is so far; JSON of the job's own types. It is shown as it is: of
	// Compose both, of Procedure the Output, whose steps server/api shows, of the others the Output. Addresses of ours are without scheme
	// and host, such as "/vod/1/a.mp4", and without signature: they get that when they are shown.
	Input, Output json.RawMessage
	// Progress in percent.
	Progress int
	// Code and Message say what went wrong; 0 and empty for nothing.
	Code    int
	Message string
	// Attempts is how often it has begun: a task that was cut short by a stop of the server begins again.
	Attempts                          int
	CreateTime, BeginTime, FinishTime time.Time
}

// Failure is an error of a Job that says which code the task ends with; every other one is CodeInternal.
type Failure struct {
	Code int
	Err  error
}

// Error returns the text of what went wrong.
func (f *Failure) Error() string { return f.Err.Error() }

// Unwrap returns what went wrong.
func (f *Failure) Unwrap() error { return f.Err }

// Report tells how far a job is: percent, and its output so far if that is worth showing (nil: as before). It is cheap and never waits.
type Report func(percent int, output any)

// Job does the tasks of a type. It returns the output, which may say what was done even when there is an error. When ctx ends the server
// stops or the task is given up: it is to return soon. It may be called again for the same task, after a crash, and has to cope with what it
// left behind then.
type Job func(ctx context.Context, t Task, report Report) (output any, err error)
