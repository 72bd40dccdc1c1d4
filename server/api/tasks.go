package api

import (
	"context"
	"encoding/base64"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"aircheck/ingest/media"
	"aircheck/rules"
)

// tasksPage is how many tasks one answer lists.
const tasksPage = 100

// CreateTaskRequest is the request of CreateRecordTask.
type CreateTaskRequest struct {
	StreamName string  `json:"StreamName" required:"true" doc:"Name of the stream."`
	DomainName string  `json:"DomainName" required:"true" doc:"Push domain. One that is not known yet is registered, as by a rule."`
	AppName    string  `json:"AppName" required:"true" doc:"App."`
	EndTime    uint64  `json:"EndTime" required:"true" doc:"When to end, in Unix seconds: at most 24 hours after the start, and 7 days ahead. In the past with StartTime: a clip of what is held of the stream."`
	StartTime  *uint64 `json:"StartTime" doc:"When to begin, in Unix seconds, at most 6 days ahead. In the past: with the random access point at or before then, as far back as anything of the stream is held. Absent or 0: now, with the random access point before the call."`
	StreamType uint64  `json:"StreamType" doc:"1 for a mixed stream, 0 (default) for any other. Stored; either matches any stream of that name."`
	TemplateID uint64  `json:"TemplateId" doc:"The recording template. Absent or 0: tasks.default_format, FLV by default, in files of 30 minutes that are kept for ever."`
	Extension  string  `json:"Extension" doc:"Stored, at most 1024 bytes."`
}

// CreateTaskResponse is the answer of CreateRecordTask.
type CreateTaskResponse struct {
	TaskID string `json:"TaskId" doc:"The new task: text without meaning."`
	// ActualStartTime and Note are additions.
	ActualStartTime float64 `json:"ActualStartTime" doc:"When the recording begins, in Unix seconds with decimals: StartTime, or later if less is held of the past; without StartTime, the call. An addition of this server."`
	Note            string  `json:"Note" doc:"Why it does not begin at StartTime, for people; or empty. An addition of this server."`
}

// TaskIDRequest names a record task.
type TaskIDRequest struct {
	TaskID string `json:"TaskId" required:"true" doc:"The task, as CreateRecordTask named it."`
}

// TasksRequest is the request of DescribeRecordTask.
type TasksRequest struct {
	StartTime   uint64 `json:"StartTime" required:"true" doc:"Lists tasks that begin and end from then on, in Unix seconds, at most 90 days ago."`
	EndTime     uint64 `json:"EndTime" required:"true" doc:"And up to then, at most 7 days later."`
	StreamName  string `json:"StreamName" doc:"Lists the tasks of streams of that name."`
	DomainName  string `json:"DomainName" doc:"Lists the tasks of that push domain."`
	AppName     string `json:"AppName" doc:"Lists the tasks of that app."`
	ScrollToken string `json:"ScrollToken" doc:"That of the last answer, for the next page."`
}

// RecordTask is a record task as it is shown.
type RecordTask struct {
	TaskID     string   `json:"TaskId" doc:"The task."`
	DomainName string   `json:"DomainName" doc:"Push domain."`
	AppName    string   `json:"AppName" doc:"App."`
	StreamName string   `json:"StreamName" doc:"Name of the stream."`
	StartTime  uint64   `json:"StartTime" doc:"When it begins, in Unix seconds; without one in the call, when that came."`
	EndTime    uint64   `json:"EndTime" doc:"When it ends, in Unix seconds."`
	TemplateID uint64   `json:"TemplateId" doc:"Its template, or 0."`
	Stopped    uint64   `json:"Stopped" doc:"When it was stopped by StopRecordTask, in Unix seconds, or 0."`
	State      string   `json:"State" doc:"waiting, recording, interrupted (its stream is away), done, stopped, missed or failed. An addition of this server."`
	Reason     string   `json:"Reason" doc:"Why, for people. An addition of this server."`
	FileIDs    []string `json:"FileIds" doc:"The files that it made, oldest first. An addition of this server."`
}

// TasksResponse is the answer of DescribeRecordTask.
type TasksResponse struct {
	ScrollToken string       `json:"ScrollToken" doc:"For the next page; empty after the last one."`
	TaskList    []RecordTask `json:"TaskList" doc:"At most 100 tasks, by start."`
}

func (a *API) taskActions() []action {
	return []action{
		row("CreateRecordTask", versionLive, changes,
			"Records a stream within a window of time, beside what rules and other tasks record of it. If it is not live it is waited for.", a.createTask),
		row("StopRecordTask", versionLive, changes,
			"Ends a task before its end; its file is finished. It is no error if it is over.", a.stopTask),
		row("DeleteRecordTask", versionLive, changes,
			"Forgets a task. What it is recording goes on to its end; it is not begun again.", a.deleteTask),
		row("DescribeRecordTask", versionLive, reads,
			"Lists the record tasks whose window lies within a span of time. Deleted ones are not listed.", a.describeTasks),
	}
}

func (a *API) createTask(ctx context.Context, _ *Caller, q *CreateTaskRequest) (*CreateTaskResponse, error) {
	t := rules.Task{
		Kind: rules.TaskCurrent, Key: media.StreamKey{Domain: q.DomainName, App: q.AppName, Stream: q.StreamName},
		StreamType: int64(min(q.StreamType, math.MaxInt64)), TemplateID: int64(min(q.TemplateID, math.MaxInt64)), Extension: q.Extension,
		End: unixTime(q.EndTime),
	}
	if q.StartTime != nil && *q.StartTime != 0 {
		t.Start = unixTime(*q.StartTime)
	}
	made, err := a.Tasks.Create(ctx, t)
	if err != nil {
		return nil, err
	}
	return &CreateTaskResponse{TaskID: made.ID, ActualStartTime: float64(made.Actual.UnixMilli()) / 1000, Note: made.Note}, nil
}

func (a *API) stopTask(ctx context.Context, _ *Caller, q *TaskIDRequest) (*None, error) {
	return &None{}, a.Tasks.Stop(ctx, rules.TaskCurrent, q.TaskID)
}

func (a *API) deleteTask(ctx context.Context, _ *Caller, q *TaskIDRequest) (*None, error) {
	return &None{}, a.Tasks.Delete(ctx, rules.TaskCurrent, q.TaskID)
}

func (a *API) describeTasks(ctx context.Context, _ *Caller, q *TasksRequest) (*TasksResponse, error) {
	f := rules.TaskFilter{
		Domain: q.DomainName, App: q.AppName, Stream: q.StreamName, From: unixTime(q.StartTime), To: unixTime(q.EndTime), Limit: tasksPage,
	}
	if q.ScrollToken != "" {
		var err error
		if f.AfterStart, f.AfterID, err = scrolled(q.ScrollToken); err != nil {
			return nil, err
		}
	}
	found, err := a.Tasks.List(ctx, f)
	if err != nil {
		return nil, err
	}
	out := &TasksResponse{TaskList: make([]RecordTask, len(found))}
	for i := range found {
		out.TaskList[i] = showTask(&found[i])
	}
	if n := len(found); n == tasksPage {
		out.ScrollToken = scrollToken(&found[n-1])
	}
	return out, nil
}

func showTask(t *rules.Task) RecordTask {
	out := RecordTask{
		TaskID: t.ID, DomainName: t.Key.Domain, AppName: t.Key.App, StreamName: t.Key.Stream,
		StartTime: uint64(t.Start.Unix()), EndTime: uint64(t.End.Unix()), TemplateID: uint64(t.TemplateID),
		State: string(t.State), Reason: t.Reason, FileIDs: make([]string, len(t.Files)),
	}
	if !t.StoppedAt.IsZero() {
		out.Stopped = uint64(t.StoppedAt.Unix())
	}
	for i, id := range t.Files {
		out.FileIDs[i] = id.String()
	}
	return out
}

// lastSecond is the last one of the year 9999: what is beyond it is as wrong.
const lastSecond = 253402300799

func unixTime(seconds uint64) time.Time { return time.Unix(int64(min(seconds, lastSecond)), 0).UTC() }

// scrollToken names the place behind a task.
func scrollToken(t *rules.Task) string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%d/%s", t.Start.UnixMicro(), t.ID))
}

func scrolled(token string) (start time.Time, id string, err error) {
	text, err := base64.RawURLEncoding.DecodeString(token)
	if err == nil {
		at, rest, _ := strings.Cut(string(text), "/")
		var micro int64
		if micro, err = strconv.ParseInt(at, 10, 64); err == nil && rest != "" {
			return time.UnixMicro(micro).UTC(), rest, nil
		}
	}
	return start, "", failf(codeInvalid, "ScrollToken: is none that this action answered")
}
