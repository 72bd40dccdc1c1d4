package api

import (
	"context"
	"errors"
	"math"
	"strings"

	"aircheck/vod"
	"aircheck/vod/process"
)

// MediaProcessTaskInput is what is to be made of a file.
type MediaProcessTaskInput struct {
	TranscodeTaskSet                []TranscodeTaskInput                `json:"TranscodeTaskSet" doc:"Files that play anywhere."`
	AnimatedGraphicTaskSet          []AnimatedGraphicTaskInput          `json:"AnimatedGraphicTaskSet" doc:"Pictures that move."`
	SnapshotByTimeOffsetTaskSet     []SnapshotByTimeOffsetTaskInput     `json:"SnapshotByTimeOffsetTaskSet" doc:"Pictures of given moments."`
	SampleSnapshotTaskSet           []SampleSnapshotTaskInput           `json:"SampleSnapshotTaskSet" doc:"Pictures at intervals."`
	ImageSpriteTaskSet              []ImageSpriteTaskInput              `json:"ImageSpriteTaskSet" doc:"Many small pictures in one, with a WebVTT."`
	CoverBySnapshotTaskSet          []CoverBySnapshotTaskInput          `json:"CoverBySnapshotTaskSet" doc:"The picture that stands for the file."`
	AdaptiveDynamicStreamingTaskSet []AdaptiveDynamicStreamingTaskInput `json:"AdaptiveDynamicStreamingTaskSet" doc:"HLS in several renditions."`
}

// TranscodeTaskInput makes a file that plays anywhere.
type TranscodeTaskInput struct {
	Definition      uint64  `json:"Definition" required:"true" doc:"How: see docs/flows.md."`
	StartTimeOffset float64 `json:"StartTimeOffset" doc:"Where to begin, in seconds. Default 0."`
	EndTimeOffset   float64 `json:"EndTimeOffset" doc:"Where to end, in seconds; below 0: from the end of the file. Default 0: the end."`
}

// AnimatedGraphicTaskInput makes a picture that moves.
type AnimatedGraphicTaskInput struct {
	Definition      uint64  `json:"Definition" required:"true" doc:"How: see docs/flows.md."`
	StartTimeOffset float64 `json:"StartTimeOffset" required:"true" doc:"Where it begins, in seconds."`
	EndTimeOffset   float64 `json:"EndTimeOffset" required:"true" doc:"Where it ends, in seconds; at most a minute later."`
}

// SnapshotByTimeOffsetTaskInput makes pictures of moments.
type SnapshotByTimeOffsetTaskInput struct {
	Definition       uint64    `json:"Definition" required:"true" doc:"How: see docs/flows.md."`
	ExtTimeOffsetSet []string  `json:"ExtTimeOffsetSet" doc:"The moments, such as 3.5s or 50%; at most 100."`
	TimeOffsetSet    []float64 `json:"TimeOffsetSet" doc:"The moments in seconds, if ExtTimeOffsetSet is absent."`
}

// SampleSnapshotTaskInput makes pictures at intervals.
type SampleSnapshotTaskInput struct {
	Definition uint64 `json:"Definition" required:"true" doc:"How: see docs/flows.md."`
}

// ImageSpriteTaskInput makes many small pictures in one.
type ImageSpriteTaskInput struct {
	Definition uint64 `json:"Definition" required:"true" doc:"How: see docs/flows.md."`
}

// CoverBySnapshotTaskInput makes the picture that stands for a file.
type CoverBySnapshotTaskInput struct {
	Definition    uint64  `json:"Definition" required:"true" doc:"How: see docs/flows.md."`
	PositionType  string  `json:"PositionType" required:"true" doc:"Time or Percent."`
	PositionValue float64 `json:"PositionValue" required:"true" doc:"The moment, in seconds or in percent of the file."`
}

// AdaptiveDynamicStreamingTaskInput makes HLS in several renditions.
type AdaptiveDynamicStreamingTaskInput struct {
	Definition uint64 `json:"Definition" required:"true" doc:"How: see docs/flows.md."`
}

// ProcedureRequest is the request of CreateProcedureTemplate and ResetProcedureTemplate.
type ProcedureRequest struct {
	Name             string                 `json:"Name" required:"true" doc:"Name, at most 20 characters."`
	SubAppID         uint64                 `json:"SubAppId" doc:"Application. Default 0: the primary one."`
	Comment          string                 `json:"Comment" doc:"For people; at most 256 characters."`
	MediaProcessTask *MediaProcessTaskInput `json:"MediaProcessTask" doc:"What is made of a file. Needed; watermarks and the like are refused, reviews and recognition are not done."`
}

// ProcedureNameRequest is the request of DeleteProcedureTemplate.
type ProcedureNameRequest struct {
	Name     string `json:"Name" required:"true" doc:"Name."`
	SubAppID uint64 `json:"SubAppId" doc:"Application. Default 0: the primary one."`
}

// ProceduresRequest is the request of DescribeProcedureTemplates.
type ProceduresRequest struct {
	SubAppID uint64   `json:"SubAppId" doc:"Application. Default 0: the primary one."`
	Names    []string `json:"Names" doc:"Those names; at most 100. Default: all."`
	Type     string   `json:"Type" doc:"Preset or Custom. Default: both."`
	Offset   uint64   `json:"Offset" doc:"How many to pass over. Default 0."`
	Limit    uint64   `json:"Limit" doc:"How many to show, at most 100. Default 10."`
	SortBy   *SortBy  `json:"SortBy" doc:"Field Name, Order Asc or Desc. Default: the newest first, then those that are built in."`
}

// ProceduresResponse is the answer of DescribeProcedureTemplates.
type ProceduresResponse struct {
	TotalCount           uint64              `json:"TotalCount" doc:"How many match."`
	ProcedureTemplateSet []ProcedureTemplate `json:"ProcedureTemplateSet" doc:"The procedures."`
}

// ProcedureTemplate is a procedure as it is shown.
type ProcedureTemplate struct {
	Name             string                 `json:"Name" doc:"Name."`
	Type             string                 `json:"Type" doc:"Preset: it is built in; Custom."`
	Comment          string                 `json:"Comment" doc:"For people."`
	MediaProcessTask *MediaProcessTaskInput `json:"MediaProcessTask" doc:"What is made of a file."`
	CreateTime       string                 `json:"CreateTime" doc:"When it was made; ISO 8601, UTC. Empty for those that are built in."`
	UpdateTime       string                 `json:"UpdateTime" doc:"When it was changed; ISO 8601, UTC."`
}

// ProcessMediaRequest is the request of ProcessMedia.
type ProcessMediaRequest struct {
	FileID           string                 `json:"FileId" doc:"The file. FileId or Url is needed."`
	URL              string                 `json:"Url" doc:"The file by its address, which must be one of this server's: nothing is fetched."`
	SubAppID         uint64                 `json:"SubAppId" doc:"Application. Default 0: the primary one."`
	MediaProcessTask *MediaProcessTaskInput `json:"MediaProcessTask" doc:"What is to be made of it. Needed."`
	TasksPriority    int64                  `json:"TasksPriority" doc:"-10 to 10; the higher is done first. Default 0."`
	TasksNotifyMode  string                 `json:"TasksNotifyMode" doc:"When ProcedureStateChanged is told: Finish (default), Change (at each step as well) or None."`
	SessionContext   string                 `json:"SessionContext" doc:"Handed through; at most 1000 characters."`
	SessionID        string                 `json:"SessionId" doc:"A request with the same one within three days is refused; at most 50 characters."`
	ExtInfo          string                 `json:"ExtInfo" doc:"Accepted and ignored."`
}

// ProcessByProcedureRequest is the request of ProcessMediaByProcedure.
type ProcessByProcedureRequest struct {
	FileID          string `json:"FileId" required:"true" doc:"The file."`
	ProcedureName   string `json:"ProcedureName" required:"true" doc:"The procedure, of the application or built in."`
	SubAppID        uint64 `json:"SubAppId" doc:"Application. Default 0: the primary one."`
	TasksPriority   int64  `json:"TasksPriority" doc:"-10 to 10; the higher is done first. Default 0."`
	TasksNotifyMode string `json:"TasksNotifyMode" doc:"When ProcedureStateChanged is told: Finish (default), Change (at each step as well) or None."`
	SessionContext  string `json:"SessionContext" doc:"Handed through; at most 1000 characters."`
	SessionID       string `json:"SessionId" doc:"A request with the same one within three days is refused; at most 50 characters."`
	ExtInfo         string `json:"ExtInfo" doc:"Accepted and ignored."`
}

// ProcessByProcedureResponse is the answer of ProcessMediaByProcedure.
type ProcessByProcedureResponse struct {
	TaskID                 string `json:"TaskId" doc:"The task: see DescribeTaskDetail."`
	ReviewAudioVideoTaskID string `json:"ReviewAudioVideoTaskId" doc:"Always empty."`
}

func (a *API) procedureActions() []action {
	return []action{
		row("CreateProcedureTemplate", versionVod, changes, "Makes a procedure: what is to be made of files, under a name.", a.createProcedure),
		row("ResetProcedureTemplate", versionVod, changes, "Replaces what a procedure does.", a.resetProcedure),
		row("DeleteProcedureTemplate", versionVod, changes, "Deletes a procedure. Tasks under way are not touched.", a.deleteProcedure),
		row("DescribeProcedureTemplates", versionVod, reads, "Lists procedures, with those that are built in.", a.describeProcedures),
		row("ProcessMedia", versionVod, changes, "Makes things of a file: transcodes, pictures, sprites, a cover, animated pictures, HLS in several renditions.", a.processMedia),
		row("ProcessMediaByProcedure", versionVod, changes, "Does with a file what a procedure says.", a.processByProcedure),
	}
}

func (a *API) createProcedure(ctx context.Context, _ *Caller, q *ProcedureRequest) (*None, error) {
	return &None{}, a.Flows.Service.Create(ctx, q.procedure())
}

func (a *API) resetProcedure(ctx context.Context, _ *Caller, q *ProcedureRequest) (*None, error) {
	return &None{}, a.Flows.Service.Reset(ctx, q.procedure())
}

func (q *ProcedureRequest) procedure() process.Procedure {
	return process.Procedure{SubAppID: signed(q.SubAppID), Name: q.Name, Comment: q.Comment, Flow: flowOf(q.MediaProcessTask)}
}

func (a *API) deleteProcedure(ctx context.Context, _ *Caller, q *ProcedureNameRequest) (*None, error) {
	return &None{}, a.Flows.Service.Delete(ctx, signed(q.SubAppID), q.Name)
}

func (a *API) describeProcedures(ctx context.Context, _ *Caller, q *ProceduresRequest) (*ProceduresResponse, error) {
	query := process.Query{
		SubAppID: signed(q.SubAppID), Names: q.Names, Kind: q.Type, Offset: int(min(q.Offset, math.MaxInt32)), Limit: int(min(q.Limit, math.MaxInt32)),
	}
	if q.SortBy != nil {
		query.ByName, query.Descending = q.SortBy.Field == "Name", strings.EqualFold(q.SortBy.Order, "Desc")
	}
	total, page, err := a.Flows.Service.List(ctx, query)
	var bad *vod.InvalidError
	if errors.As(err, &bad) {
		// Here each field has its own code, other than elsewhere.
		return nil, &Error{Code: codeInvalidValue + "." + bad.Field, Message: bad.Error()}
	}
	if err != nil {
		return nil, err
	}
	out := &ProceduresResponse{TotalCount: uint64(total), ProcedureTemplateSet: make([]ProcedureTemplate, 0, len(page))}
	for i := range page {
		p := &page[i]
		shown := ProcedureTemplate{
			Name: p.Name, Type: process.KindCustom, Comment: p.Comment, MediaProcessTask: showFlow(&p.Flow), CreateTime: optionalTime(p.Created),
			UpdateTime: optionalTime(p.Updated),
		}
		if p.Preset {
			shown.Type = process.KindPreset
		}
		out.ProcedureTemplateSet = append(out.ProcedureTemplateSet, shown)
	}
	return out, nil
}

func (a *API) processMedia(ctx context.Context, c *Caller, q *ProcessMediaRequest) (*TaskResponse, error) {
	if err := a.checkHost(c, "Url", q.URL); err != nil {
		return nil, err
	}
	flow := flowOf(q.MediaProcessTask)
	id, err := a.Flows.Add(ctx, process.Order{
		SubAppID: signed(q.SubAppID), FileID: q.FileID, URL: q.URL, Flow: &flow, Priority: q.TasksPriority, Notify: notifyOf(q.TasksNotifyMode),
		SessionID: q.SessionID, SessionContext: q.SessionContext,
	})
	if err != nil {
		return nil, err
	}
	return &TaskResponse{TaskID: id}, nil
}

func (a *API) processByProcedure(ctx context.Context, _ *Caller, q *ProcessByProcedureRequest) (*ProcessByProcedureResponse, error) {
	id, err := a.Flows.Add(ctx, process.Order{
		SubAppID: signed(q.SubAppID), FileID: q.FileID, Procedure: q.ProcedureName, Priority: q.TasksPriority, Notify: notifyOf(q.TasksNotifyMode),
		SessionID: q.SessionID, SessionContext: q.SessionContext,
	})
	if err != nil {
		return nil, err
	}
	return &ProcessByProcedureResponse{TaskID: id}, nil
}
