package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"aircheck/vod"
	"aircheck/vod/task"
)

// TaskDetailResponse is the answer of DescribeTaskDetail.
type TaskDetailResponse struct {
	TaskType         string            `json:"TaskType" doc:"ComposeMedia, Procedure, or an addition of this server: SimpleHlsClip, SpliceRecordings, ModifyMediaStorageClass."`
	Status           string            `json:"Status" doc:"WAITING, PROCESSING, FINISH (also if it failed) or ABORTED."`
	CreateTime       string            `json:"CreateTime" doc:"When it was made; ISO 8601, UTC."`
	BeginProcessTime string            `json:"BeginProcessTime" doc:"When it was begun, for the last time; or empty."`
	FinishTime       string            `json:"FinishTime" doc:"When it ended; or empty."`
	ProcedureTask    *ProcedureTask    `json:"ProcedureTask" doc:"With the type Procedure; null otherwise."`
	ComposeMediaTask *ComposeMediaTask `json:"ComposeMediaTask" doc:"With the type ComposeMedia; null otherwise."`
	// LongTask is an addition.
	LongTask *LongTask `json:"LongTask" doc:"With the types that are an addition of this server; null otherwise. An addition of this server."`
}

// ProcedureTask is a task flow as it is shown.
type ProcedureTask struct {
	TaskID                string          `json:"TaskId" doc:"The task."`
	Status                string          `json:"Status" doc:"PROCESSING or FINISH."`
	ErrCode               int64           `json:"ErrCode" doc:"0: no error; 40000: the request; 60000: the file; 70000: the server. What failed of it is in MediaProcessResultSet."`
	Message               string          `json:"Message" doc:"The error, for people."`
	FileID                string          `json:"FileId" doc:"The file."`
	FileName              string          `json:"FileName" doc:"Its name; empty if it was deleted."`
	FileURL               string          `json:"FileUrl" doc:"Where it is played; empty if it was deleted."`
	MetaData              *MediaMetaData  `json:"MetaData" doc:"What is in it; null if it was deleted."`
	MediaProcessResultSet json.RawMessage `json:"MediaProcessResultSet" doc:"What came of each of its steps: MediaProcessTaskResult."`
	TasksPriority         int64           `json:"TasksPriority" doc:"Its priority, -10 to 10."`
	TasksNotifyMode       string          `json:"TasksNotifyMode" doc:"Finish, Change or None."`
	SessionContext        string          `json:"SessionContext" doc:"SessionContext of the request."`
	SessionID             string          `json:"SessionId" doc:"SessionId of the request."`
}

// ComposeMediaTask is a composition as it is shown.
type ComposeMediaTask struct {
	TaskID         string          `json:"TaskId" doc:"The task."`
	Status         string          `json:"Status" doc:"WAITING, PROCESSING, FINISH (also if it failed) or ABORTED."`
	ErrCode        int64           `json:"ErrCode" doc:"0: no error; 40000: the request; 60000: a file; 70000: the server."`
	Message        string          `json:"Message" doc:"The error, for people."`
	Progress       int64           `json:"Progress" doc:"In percent."`
	Input          json.RawMessage `json:"Input" doc:"What was asked for: Tracks, Canvas and Output of ComposeMedia."`
	Output         json.RawMessage `json:"Output" doc:"What came of it: FileType, FileId, FileUrl, MediaName, ClassId, ExpireTime; null before."`
	MetaData       *MediaMetaData  `json:"MetaData" doc:"What is in the new file; null before, and when it was deleted."`
	SessionID      string          `json:"SessionId" doc:"SessionId of the request."`
	SessionContext string          `json:"SessionContext" doc:"SessionContext of the request."`
}

// LongTask is a task of a type that is an addition of this server.
type LongTask struct {
	TaskID         string          `json:"TaskId" doc:"The task."`
	Status         string          `json:"Status" doc:"WAITING, PROCESSING, FINISH (also if it failed) or ABORTED."`
	ErrCode        int64           `json:"ErrCode" doc:"0: no error; 40000: the request; 60000: a file; 70000: the server."`
	Message        string          `json:"Message" doc:"The error, for people."`
	Progress       int64           `json:"Progress" doc:"In percent."`
	FileID         string          `json:"FileId" doc:"The file that it works on; empty for none or several."`
	Output         json.RawMessage `json:"Output" doc:"What came of it, such as FileId, FileUrl and Method; null before."`
	SessionID      string          `json:"SessionId" doc:"SessionId of the request."`
	SessionContext string          `json:"SessionContext" doc:"SessionContext of the request."`
}

// Views shows tasks and events to somebody.
type Views struct {
	// Base is what addresses start with, without a slash at the end.
	Base string
	// Guard signs addresses of files where that is wanted; may be nil.
	Guard *vod.Guard
	// Assets looks files up.
	Assets func(ctx context.Context, ids []vod.FileID) ([]vod.Asset, error)
	// Classes have the names of classes; may be nil.
	Classes *vod.Classes
}

// Views shows tasks and events to those whose addresses start with base.
func (a *API) Views(base string) *Views {
	return &Views{Base: base, Guard: a.Guard, Assets: a.Catalog.Get, Classes: a.Classes}
}

// taskDetail shows a task: of the structures, that of its type.
func (v *Views) taskDetail(ctx context.Context, t *task.Task) (*TaskDetailResponse, error) {
	r := &TaskDetailResponse{
		TaskType: string(t.Type), Status: string(t.Status), CreateTime: optionalTime(t.CreateTime), BeginProcessTime: optionalTime(t.BeginTime),
		FinishTime: optionalTime(t.FinishTime),
	}
	var err error
	switch t.Type {
	case task.Compose:
		r.ComposeMediaTask, err = v.composeTask(ctx, t)
	case task.Procedure:
		r.ProcedureTask, err = v.procedureTask(ctx, t)
	default:
		r.LongTask, err = v.longTask(t)
	}
	return r, err
}

func (v *Views) composeTask(ctx context.Context, t *task.Task) (*ComposeMediaTask, error) {
	out := &ComposeMediaTask{
		TaskID: t.ID, Status: string(t.Status), ErrCode: int64(t.Code), Message: t.Message, Progress: int64(t.Progress),
		SessionID: t.SessionID, SessionContext: t.SessionContext,
	}
	var err error
	if out.Input, out.Output, err = v.inputOutput(t); err != nil {
		return nil, err
	}
	var made struct{ FileID string }
	if json.Unmarshal(t.Output, &made) != nil || made.FileID == "" {
		return out, nil
	}
	a, err := v.asset(ctx, made.FileID)
	if a != nil {
		out.MetaData = metaData(a)
	}
	return out, err
}

func (v *Views) procedureTask(ctx context.Context, t *task.Task) (*ProcedureTask, error) {
	out := &ProcedureTask{
		TaskID: t.ID, Status: string(t.Status), ErrCode: int64(t.Code), Message: t.Message, FileID: t.FileID.String(),
		TasksPriority: int64(t.Priority), TasksNotifyMode: string(t.Notify), SessionContext: t.SessionContext, SessionID: t.SessionID,
	}
	if t.Notify == task.NotifyFinish {
		out.TasksNotifyMode = "Finish"
	}
	switch t.Status { // it knows these two only
	case task.Waiting:
		out.Status = string(task.Processing)
	case task.Aborted:
		out.Status = string(task.Finished)
	}
	var steps struct{ MediaProcessResultSet json.RawMessage }
	if len(t.Output) > 0 {
		if err := json.Unmarshal(t.Output, &steps); err != nil {
			return nil, fmt.Errorf("decode the output of task %s: %w", t.ID, err)
		}
	}
	var err error
	if steps.MediaProcessResultSet == nil {
		if steps.MediaProcessResultSet, err = stepResults(t); err != nil {
			return nil, err
		}
	}
	if out.MediaProcessResultSet, err = v.addresses(t.SubAppID, steps.MediaProcessResultSet); err != nil {
		return nil, err
	}
	if string(out.MediaProcessResultSet) == "null" {
		out.MediaProcessResultSet = json.RawMessage("[]")
	}
	a, err := v.asset(ctx, t.FileID.String())
	if a != nil {
		out.FileName, out.FileURL, out.MetaData = a.Name, v.basic(a).MediaURL, metaData(a)
	}
	return out, err
}

func (v *Views) longTask(t *task.Task) (*LongTask, error) {
	out := &LongTask{
		TaskID: t.ID, Status: string(t.Status), ErrCode: int64(t.Code), Message: t.Message, Progress: int64(t.Progress),
		SessionID: t.SessionID, SessionContext: t.SessionContext,
	}
	if t.FileID != 0 {
		out.FileID = t.FileID.String()
	}
	var err error
	_, out.Output, err = v.inputOutput(t) // how its job was told what to do is its own
	return out, err
}

func (v *Views) inputOutput(t *task.Task) (in, out json.RawMessage, err error) {
	if in, err = v.addresses(t.SubAppID, t.Input); err == nil {
		out, err = v.addresses(t.SubAppID, t.Output)
	}
	if err != nil {
		err = fmt.Errorf("show task %s: %w", t.ID, err)
	}
	return in, out, err
}

// asset looks a file up; nil if there is none.
func (v *Views) asset(ctx context.Context, id string) (*vod.Asset, error) {
	n, err := vod.ParseFileID(id)
	if err != nil {
		return nil, nil //nolint:nilerr // there is none
	}
	found, err := v.Assets(ctx, []vod.FileID{n})
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return &found[0], nil
}

// basic shows what is known of a file from outside.
func (v *Views) basic(a *vod.Asset) *MediaBasicInfo {
	return (&mediaShow{base: v.Base, address: v.Guard.Address}).basic(a)
}

// addresses completes addresses of ours in JSON: what begins with vod.PlayPrefix in fields that have addresses. Nothing is null.
func (v *Views) addresses(subApp int64, text json.RawMessage) (json.RawMessage, error) {
	if len(text) == 0 {
		return json.RawMessage("null"), nil
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var tree any
	if err := d.Decode(&tree); err != nil {
		return nil, fmt.Errorf("decode what a task says: %w", err)
	}
	return encode(v.complete(subApp, tree, false))
}

// complete completes addresses in a node, which is one itself if a field of addresses has it: a name may look like one as well.
func (v *Views) complete(subApp int64, node any, address bool) any {
	switch node := node.(type) {
	case string:
		if address && strings.HasPrefix(node, vod.PlayPrefix) {
			return v.Base + v.Guard.Address(subApp, node)
		}
	case []any:
		for i := range node {
			node[i] = v.complete(subApp, node[i], address)
		}
	case map[string]any:
		for name := range node {
			node[name] = v.complete(subApp, node[name], strings.Contains(name, "Url"))
		}
	}
	return node
}
