package api

import (
	"context"
	"time"

	"aircheck/rules"
)

// Bounds of DescribeLiveRecordTasks.
const (
	taskSearchPage  = 100
	taskSearchLimit = 1000
)

// TaskSearchRequest is the request of DescribeLiveRecordTasks.
type TaskSearchRequest struct {
	StartTime   uint64   `json:"StartTime" doc:"Lists tasks of which a part lies behind that moment, in Unix seconds. Required without TaskIds."`
	EndTime     uint64   `json:"EndTime" doc:"And before that one, at most 33 days later. Required without TaskIds."`
	TaskIDs     []string `json:"TaskIds" doc:"Lists these tasks instead, whenever they are; at most 100."`
	StreamName  string   `json:"StreamName" doc:"Lists the tasks of streams of that name."`
	DomainName  string   `json:"DomainName" doc:"Lists the tasks of that push domain."`
	AppName     string   `json:"AppName" doc:"Lists the tasks of that app."`
	Limit       *uint64  `json:"Limit" doc:"How many to show: 1 to 1000. Default 100."`
	ScrollToken string   `json:"ScrollToken" doc:"That of the last answer, for the next page."`
}

// LiveRecordTask is a record task with all that is known of it.
type LiveRecordTask struct {
	TaskID     string           `json:"TaskId" doc:"The task; of CreateLiveRecord a number."`
	Action     string           `json:"Action" doc:"The action that made it, CreateRecordTask or CreateLiveRecord: those of its family stop and delete it."`
	DomainName string           `json:"DomainName" doc:"Push domain."`
	AppName    string           `json:"AppName" doc:"App."`
	StreamName string           `json:"StreamName" doc:"Name of the stream."`
	StartTime  uint64           `json:"StartTime" doc:"When it begins, in Unix seconds; without one in the call, when that came."`
	EndTime    uint64           `json:"EndTime" doc:"When it ends, in Unix seconds."`
	CreateTime uint64           `json:"CreateTime" doc:"When it was made, in Unix seconds."`
	TemplateID uint64           `json:"TemplateId" doc:"Its template, or 0."`
	Format     string           `json:"Format" doc:"What it records without a template: flv, hls, mp4 or aac; otherwise empty."`
	StreamType uint64           `json:"StreamType" doc:"As it was set."`
	Extension  string           `json:"Extension" doc:"As it was set."`
	Stopped    uint64           `json:"Stopped" doc:"When somebody stopped it, in Unix seconds, or 0."`
	State      string           `json:"State" doc:"waiting, recording, interrupted (its stream is away), done, stopped, missed or failed."`
	Reason     string           `json:"Reason" doc:"Why, for people."`
	HistorySet []RecordTaskStep `json:"HistorySet" doc:"The states that it has been in, the latest last; the last 100."`
	FileIDs    []string         `json:"FileIds" doc:"The files that it made, oldest first."`
}

// RecordTaskStep is a state that a record task has reached.
type RecordTaskStep struct {
	State  string  `json:"State" doc:"The state, as the task's State."`
	Time   float64 `json:"Time" doc:"When it was reached, in Unix seconds with decimals."`
	Reason string  `json:"Reason" doc:"Why, for people."`
}

// TaskSearchResponse is the answer of DescribeLiveRecordTasks.
type TaskSearchResponse struct {
	ScrollToken string           `json:"ScrollToken" doc:"For the next page; empty after the last one."`
	TaskList    []LiveRecordTask `json:"TaskList" doc:"The tasks by start."`
}

func (a *API) taskSearchActions() []action {
	return []action{
		row("DescribeLiveRecordTasks", versionLive, reads,
			"Lists the record tasks that touch a span of time, with those of CreateLiveRecord, their states and files. Deleted ones are not listed. An addition of this server.",
			a.searchTasks),
	}
}

func (a *API) searchTasks(ctx context.Context, _ *Caller, q *TaskSearchRequest) (*TaskSearchResponse, error) {
	s := rules.TaskSearch{
		IDs: q.TaskIDs, Domain: q.DomainName, App: q.AppName, Stream: q.StreamName,
		From: unixTime(q.StartTime), To: unixTime(q.EndTime), Limit: taskSearchPage,
	}
	if err := checkTaskSearch(q, &s); err != nil {
		return nil, err
	}
	found, err := a.Tasks.Search(ctx, s)
	if err != nil {
		return nil, err
	}
	out := &TaskSearchResponse{TaskList: make([]LiveRecordTask, len(found))}
	for i := range found {
		out.TaskList[i] = showLiveTask(&found[i])
	}
	if n := len(found); n == s.Limit {
		out.ScrollToken = scrollToken(&found[n-1])
	}
	return out, nil
}

// checkTaskSearch checks and fills in what concerns no domain.
func checkTaskSearch(q *TaskSearchRequest, s *rules.TaskSearch) error {
	switch {
	case len(q.TaskIDs) > taskSearchPage:
		return failf(codeInvalid, "TaskIds: has %d, at most %d are allowed", len(q.TaskIDs), taskSearchPage)
	case len(q.TaskIDs) == 0 && q.StartTime == 0:
		return failf(codeMissing, "StartTime: is missing")
	case len(q.TaskIDs) == 0 && q.EndTime == 0:
		return failf(codeMissing, "EndTime: is missing")
	}
	if q.Limit != nil {
		if *q.Limit < 1 || *q.Limit > taskSearchLimit {
			return failf(codeInvalid, "Limit: is not between 1 and %d", taskSearchLimit)
		}
		s.Limit = int(*q.Limit)
	}
	var err error
	if q.ScrollToken != "" {
		s.AfterStart, s.AfterID, err = scrolled(q.ScrollToken)
	}
	return err
}

func showLiveTask(t *rules.Task) LiveRecordTask {
	short := showTask(t)
	out := LiveRecordTask{
		TaskID: t.ID, Action: "CreateRecordTask", DomainName: short.DomainName, AppName: short.AppName, StreamName: short.StreamName,
		StartTime: short.StartTime, EndTime: short.EndTime, CreateTime: uint64(t.CreateTime.Unix()), TemplateID: short.TemplateID,
		StreamType: uint64(t.StreamType), Extension: t.Extension, Stopped: short.Stopped, State: short.State, Reason: short.Reason,
		HistorySet: make([]RecordTaskStep, len(t.History)), FileIDs: short.FileIDs,
	}
	if t.Kind == rules.TaskLegacy {
		out.Action = "CreateLiveRecord"
	}
	if t.TemplateID == 0 {
		out.Format = t.Format
	}
	for i, s := range t.History {
		out.HistorySet[i] = RecordTaskStep{State: string(s.State), Time: unixSeconds(s.At), Reason: s.Reason}
	}
	return out
}

// unixSeconds is a moment in Unix seconds, to the millisecond.
func unixSeconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }
