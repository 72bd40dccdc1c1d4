package api

import (
	"context"
	"encoding/base64"
	"errors"
	"math"
	"strconv"
	"strings"
	"time"

	"aircheck/vod"
	"aircheck/vod/task"
)

// TaskDetailRequest is the request of DescribeTaskDetail.
type TaskDetailRequest struct {
	TaskID   string `json:"TaskId" required:"true" doc:"The task, as the action named it that made it."`
	SubAppID uint64 `json:"SubAppId" doc:"Application. Default 0: the primary one."`
}

// LongTasksRequest is the request of DescribeTasks.
type LongTasksRequest struct {
	SubAppID    uint64     `json:"SubAppId" doc:"Application. Default 0: the primary one."`
	Status      string     `json:"Status" doc:"WAITING, PROCESSING, FINISH or ABORTED. Default: any."`
	FileID      string     `json:"FileId" doc:"Tasks that work on that file."`
	CreateTime  *TimeRange `json:"CreateTime" doc:"When it was made."`
	FinishTime  *TimeRange `json:"FinishTime" doc:"When it ended."`
	Sort        *SortBy    `json:"Sort" doc:"Order of the result, by CreateTime or FinishTime. Default: newest first."`
	Limit       *uint64    `json:"Limit" doc:"How many to show, 1 to 100. Default 10."`
	ScrollToken string     `json:"ScrollToken" doc:"That of the last answer, for the next page; with the same other parameters."`
}

// LongTasksResponse is the answer of DescribeTasks.
type LongTasksResponse struct {
	TaskSet     []TaskSimpleInfo `json:"TaskSet" doc:"The tasks."`
	ScrollToken string           `json:"ScrollToken" doc:"For the next page; empty after the last one."`
}

// TaskSimpleInfo is a task in a list.
type TaskSimpleInfo struct {
	TaskID           string `json:"TaskId" doc:"The task."`
	Status           string `json:"Status" doc:"WAITING, PROCESSING, FINISH (also if it failed) or ABORTED."`
	FileID           string `json:"FileId" doc:"The file that it works on; empty for none or several."`
	TaskType         string `json:"TaskType" doc:"ComposeMedia, Procedure, or an addition of this server: SimpleHlsClip, SpliceRecordings, ModifyMediaStorageClass."`
	CreateTime       string `json:"CreateTime" doc:"When it was made; ISO 8601, UTC."`
	BeginProcessTime string `json:"BeginProcessTime" doc:"When it was begun, for the last time; or empty."`
	FinishTime       string `json:"FinishTime" doc:"When it ended; or empty."`
	SessionID        string `json:"SessionId" doc:"SessionId of the request that made it."`
	SessionContext   string `json:"SessionContext" doc:"SessionContext of the request that made it."`
	Progress         int64  `json:"Progress" doc:"In percent. This and all below are additions of this server."`
	ErrCode          int64  `json:"ErrCode" doc:"0: no error; 40000: the request; 60000: a file; 70000: the server."`
	Message          string `json:"Message" doc:"The error, for people."`
}

// ManageTaskRequest is the request of ManageTask.
type ManageTaskRequest struct {
	TaskID        string `json:"TaskId" required:"true" doc:"The task."`
	OperationType string `json:"OperationType" required:"true" doc:"Abort: ends a task that is WAITING."`
	SubAppID      uint64 `json:"SubAppId" doc:"Application. Default 0: the primary one."`
}

func (a *API) longTaskActions() []action {
	return []action{
		row("DescribeTaskDetail", versionVod, reads,
			"Shows a task that makes or changes files of the catalogue, up to three days after its end.", a.describeTaskDetail),
		row("DescribeTasks", versionVod, reads, "Lists such tasks.", a.describeLongTasks),
		row("ManageTask", versionVod, changes, "Aborts such a task before it begins.", a.manageTask),
	}
}

func (a *API) describeTaskDetail(ctx context.Context, c *Caller, q *TaskDetailRequest) (*TaskDetailResponse, error) {
	t, err := a.LongTasks.Task(ctx, signed(q.SubAppID), q.TaskID)
	if err != nil {
		return nil, err
	}
	return a.Views(c.BaseURL).taskDetail(ctx, &t)
}

func (a *API) describeLongTasks(ctx context.Context, _ *Caller, q *LongTasksRequest) (*LongTasksResponse, error) {
	f, err := q.filter()
	if err != nil {
		return nil, err
	}
	found, err := a.LongTasks.List(ctx, f)
	var bad *vod.InvalidError
	if errors.As(err, &bad) && bad.Field == "Status" {
		return nil, failf("InvalidParameterValue.Status", "%s", bad)
	}
	if err != nil {
		return nil, err
	}
	r := &LongTasksResponse{TaskSet: make([]TaskSimpleInfo, 0, len(found))}
	for i := range found {
		r.TaskSet = append(r.TaskSet, simpleInfo(&found[i]))
	}
	if len(found) > 0 && len(found) == f.Limit {
		r.ScrollToken = taskToken(f.Next(&found[len(found)-1]))
	}
	return r, nil
}

func simpleInfo(t *task.Task) TaskSimpleInfo {
	info := TaskSimpleInfo{
		TaskID: t.ID, Status: string(t.Status), TaskType: string(t.Type), CreateTime: optionalTime(t.CreateTime),
		BeginProcessTime: optionalTime(t.BeginTime), FinishTime: optionalTime(t.FinishTime), SessionID: t.SessionID, SessionContext: t.SessionContext,
		Progress: int64(t.Progress), ErrCode: int64(t.Code), Message: t.Message,
	}
	if t.FileID != 0 {
		info.FileID = t.FileID.String()
	}
	return info
}

// filter translates the request.
func (q *LongTasksRequest) filter() (f task.Filter, err error) {
	f = task.Filter{SubAppID: signed(q.SubAppID), Status: task.Status(q.Status), Limit: task.DefaultLimit}
	if q.Limit != nil {
		if f.Limit = int(min(*q.Limit, math.MaxInt32)); f.Limit == 0 {
			return f, failf(codeInvalidValue, "Limit: must be from 1 to %d", task.MaxLimit)
		}
	}
	if q.FileID != "" {
		ids, err := parseIDs("FileId", []string{q.FileID})
		if err != nil {
			return f, err
		}
		f.FileID = ids[0]
	}
	if f.Created, err = timeRange("CreateTime", q.CreateTime); err != nil {
		return f, err
	}
	if f.Finished, err = timeRange("FinishTime", q.FinishTime); err != nil {
		return f, err
	}
	if q.Sort != nil {
		f.ByFinish, f.Ascending = q.Sort.Field == "FinishTime", strings.EqualFold(q.Sort.Order, "Asc")
		if q.Sort.Field != "CreateTime" && !f.ByFinish || !f.Ascending && !strings.EqualFold(q.Sort.Order, "Desc") {
			return f, failf(codeInvalidValue, "Sort: Field is CreateTime or FinishTime, and Order Asc or Desc")
		}
	}
	if f.After, err = parseTaskToken(q.ScrollToken); err != nil {
		return f, err
	}
	return f, nil
}

// timeRange reads bounds of a time.
func timeRange(field string, q *TimeRange) (r vod.TimeRange, err error) {
	if q == nil {
		return r, nil
	}
	if r.From, err = momentOf(field+".After", q.After); err != nil {
		return r, err
	}
	r.To, err = momentOf(field+".Before", q.Before)
	return r, err
}

// taskToken is a place in a list as text without meaning.
func taskToken(c task.Cursor) string {
	at := int64(0)
	if !c.At.IsZero() {
		at = c.At.UnixMicro()
	}
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(at, 10) + "," + c.ID))
}

func parseTaskToken(text string) (task.Cursor, error) {
	if text == "" {
		return task.Cursor{}, nil
	}
	plain, err := base64.RawURLEncoding.DecodeString(text)
	at, id, ok := strings.Cut(string(plain), ",")
	n, numErr := strconv.ParseInt(at, 10, 64)
	if err != nil || !ok || numErr != nil || id == "" {
		return task.Cursor{}, failf(codeInvalidValue, "ScrollToken: is none that DescribeTasks has given out")
	}
	c := task.Cursor{ID: id}
	if n != 0 {
		c.At = time.UnixMicro(n)
	}
	return c, nil
}

func (a *API) manageTask(ctx context.Context, _ *Caller, q *ManageTaskRequest) (*None, error) {
	if q.OperationType != "Abort" {
		return nil, failf("InvalidParameterValue.InvalidOperationType", "OperationType: %.20q is not Abort", q.OperationType)
	}
	err := a.LongTasks.Abort(ctx, signed(q.SubAppID), q.TaskID)
	if errors.Is(err, task.ErrNotFound) {
		return nil, failf("InvalidParameterValue.TaskId", "TaskId: %s", task.Unknown(signed(q.SubAppID), q.TaskID))
	}
	return &None{}, err
}
