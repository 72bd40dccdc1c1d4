package process

import (
	"context"
	"encoding/json"
	"fmt"
	"unicode/utf8"

	"aircheck/vod"
	"aircheck/vod/task"
)

// Errors of Processor.Add, wrapped.
var (
	// ErrSessionID and ErrSessionContext: they are too long.
	ErrSessionID      = fmt.Errorf("SessionId: must have at most %d characters", maxSessionID)
	ErrSessionContext = fmt.Errorf("SessionContext: must have at most %d characters", maxSessionContext)
)

// Limits of the specification.
const (
	maxSessionID      = 50
	maxSessionContext = 1000
)

// Order is what somebody wants to have made of a file.
type Order struct {
	SubAppID int64
	// FileID is the file, or else URL is its address, which must be one of ours.
	FileID, URL string
	// Procedure is what to do, or else Flow.
	Procedure string
	Flow      *Flow
	// Priority is from -task.MaxPriority to task.MaxPriority.
	Priority                  int64
	Notify                    task.Notify
	SessionID, SessionContext string
}

// Add adds a task that does what was ordered, and returns its ID. *vod.InvalidError, vod.ErrNotFound, vod.ErrRecording, vod.ErrLost, ErrNotFound,
// ErrSessionID, ErrSessionContext, task.ErrDuplicate, task.ErrFull.
func (p *Processor) Add(ctx context.Context, o Order) (id string, err error) {
	file, err := o.check()
	if err != nil {
		return "", err
	}
	if o.Procedure != "" {
		if _, err := p.Service.Find(ctx, o.SubAppID, o.Procedure); err != nil {
			return "", err
		}
	}
	found, err := p.Catalog.Get(ctx, []vod.FileID{file})
	if err == nil {
		switch {
		case len(found) == 0 || found[0].SubAppID != o.SubAppID || found[0].ObjectKey == "":
			err = vod.ErrNotFound
		case found[0].Status == vod.StatusRecording:
			err = vod.ErrRecording
		case found[0].Status == vod.StatusLost:
			err = vod.ErrLost
		}
	}
	if err != nil {
		return "", fmt.Errorf("process file %s: %w", file, err)
	}
	input, err := json.Marshal(Input{Procedure: o.Procedure, Flow: o.Flow})
	if err != nil {
		return "", fmt.Errorf("process file %s: %w", file, err)
	}
	return p.Queue(ctx, task.Task{
		Type: task.Procedure, SubAppID: o.SubAppID, FileID: file, SessionID: o.SessionID, SessionContext: o.SessionContext,
		Priority: int(o.Priority), Notify: o.Notify, Input: input,
	})
}

// check reports the first thing that is wrong, and returns the file that is meant.
func (o *Order) check() (file vod.FileID, err error) {
	switch {
	case utf8.RuneCountInString(o.SessionID) > maxSessionID:
		return 0, ErrSessionID
	case utf8.RuneCountInString(o.SessionContext) > maxSessionContext:
		return 0, ErrSessionContext
	case o.Priority < -task.MaxPriority || o.Priority > task.MaxPriority:
		return 0, invalid("TasksPriority", "must be from %d to %d", -task.MaxPriority, task.MaxPriority)
	case o.Notify != task.NotifyFinish && o.Notify != task.NotifyChange && o.Notify != task.NotifyNone:
		return 0, invalid("TasksNotifyMode", "must be Finish, Change or None")
	case o.FileID == "" && o.URL == "":
		return 0, invalid("FileId", "is missing; name the file by FileId or Url")
	case o.Procedure == "" && o.Flow == nil:
		return 0, invalid("ProcedureName", "is missing")
	}
	if o.Procedure == "" {
		if err := o.Flow.Validate(); err != nil {
			return 0, err
		}
	}
	if o.FileID != "" {
		if file, err = vod.ParseFileID(o.FileID); err != nil {
			return 0, fmt.Errorf("process file %q: %w", o.FileID, err)
		}
		return file, nil
	}
	file, _, ok := vod.FileOf(o.URL)
	if !ok {
		return 0, invalid("Url", "must be an address at which this server plays a file: nothing is fetched from elsewhere")
	}
	return file, nil
}
