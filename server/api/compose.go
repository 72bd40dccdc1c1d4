package api

import (
	"cmp"
	"context"
	"net/url"
	"strconv"
	"strings"
	"time"

	"aircheck/vod"
	"aircheck/vod/compose"
	"aircheck/vod/task"
)

// ComposeMediaRequest is the request of ComposeMedia.
type ComposeMediaRequest struct {
	Tracks         []compose.MediaTrack        `json:"Tracks" required:"true" doc:"At most 10 of each type, with at most 500 items in all."`
	Output         *compose.ComposeMediaOutput `json:"Output" required:"true" doc:"What is to be made."`
	SubAppID       uint64                      `json:"SubAppId" doc:"Application. Default 0: the primary one."`
	Canvas         *compose.Canvas             `json:"Canvas" doc:"What pictures are laid on."`
	SessionContext string                      `json:"SessionContext" doc:"Handed through to the event; at most 1000 characters."`
	SessionID      string                      `json:"SessionId" doc:"A request with the same one within three days is refused; at most 50 characters."`
}

// TaskResponse is the answer of an action that makes a task.
type TaskResponse struct {
	TaskID string `json:"TaskId" doc:"The task: see DescribeTaskDetail."`
}

// SimpleHlsClipRequest is the request of SimpleHlsClip.
type SimpleHlsClipRequest struct {
	URL             string  `json:"Url" required:"true" doc:"Play address of a file of this server in any format, or its FileId."`
	SubAppID        uint64  `json:"SubAppId" doc:"Application. Default 0: the primary one."`
	StartTimeOffset float64 `json:"StartTimeOffset" doc:"Where the clip begins, in seconds; below 0: from the end of the file. Default 0."`
	EndTimeOffset   float64 `json:"EndTimeOffset" doc:"Where it ends, in seconds; below 0: from the end of the file. Default 0: the end."`
	IsPersistence   int64   `json:"IsPersistence" doc:"0 (default): an address that shows a part of the file; 1: a new file."`
	ExpireTime      string  `json:"ExpireTime" doc:"When the new file is deleted; ISO 8601. Default: never."`
	Procedure       string  `json:"Procedure" doc:"Task flow that the new file goes through."`
	ClassID         int64   `json:"ClassId" doc:"Class of the new file. Default 0: Other."`
	SourceContext   string  `json:"SourceContext" doc:"Kept with the new file; at most 250 characters."`
	SessionContext  string  `json:"SessionContext" doc:"Handed through; at most 1000 characters."`
	Precision       string  `json:"Precision" doc:"rough (default): it begins at the random access point at or before StartTimeOffset; precise: at the picture, of which some are encoded anew."`
	OutputMediaType string  `json:"OutputMediaType" doc:"hls (default) or mp4."`
	ExtInfo         string  `json:"ExtInfo" doc:"Accepted and ignored."`
}

// SimpleHlsClipResponse is the answer of SimpleHlsClip.
type SimpleHlsClipResponse struct {
	URL      string         `json:"Url" doc:"Where the clip is played; empty if the new file is not ready yet."`
	MetaData *MediaMetaData `json:"MetaData" doc:"What is in the new file; null without one."`
	FileID   string         `json:"FileId" doc:"The new file; empty without one, and if it is not ready yet: see TaskId."`
	TaskID   string         `json:"TaskId" doc:"The task that makes the new file."`
}

// SpliceRecordingsRequest is the request of SpliceRecordings.
type SpliceRecordingsRequest struct {
	DomainName      string   `json:"DomainName" doc:"Push domain; a host that is not one stands for the built-in domain, as in a push. Default: the built-in domain."`
	AppName         string   `json:"AppName" doc:"App. Default: live."`
	StreamName      string   `json:"StreamName" doc:"Name of the stream. Needed unless FileIds are given."`
	StartTime       string   `json:"StartTime" doc:"From when on; ISO 8601. Default: a day before EndTime."`
	EndTime         string   `json:"EndTime" doc:"Until when; ISO 8601, at most 31 days later. Default: now."`
	FileIDs         []string `json:"FileIds" doc:"Files that are joined in this order, instead of a stream's; at most 500."`
	SubAppID        uint64   `json:"SubAppId" doc:"Application. Default 0: the primary one."`
	FileName        string   `json:"FileName" doc:"Name of the new file; at most 64 characters. Default: made of the stream and the times."`
	Description     string   `json:"Description" doc:"For people; at most 128 characters."`
	ClassID         int64    `json:"ClassId" doc:"Class. Default 0: Other."`
	ExpireTime      string   `json:"ExpireTime" doc:"When the new file is deleted; ISO 8601. Default: never."`
	Procedure       string   `json:"Procedure" doc:"Task flow that the new file goes through."`
	OutputMediaType string   `json:"OutputMediaType" doc:"mp4 (default) or hls."`
	Precision       string   `json:"Precision" doc:"rough (default) or precise: as of SimpleHlsClip, where StartTime lies inside a file."`
	SourceContext   string   `json:"SourceContext" doc:"Kept with the new file; at most 250 characters."`
	SessionContext  string   `json:"SessionContext" doc:"Handed through; at most 1000 characters."`
	SessionID       string   `json:"SessionId" doc:"A request with the same one within three days is refused; at most 50 characters."`
	DryRun          bool     `json:"DryRun" doc:"true only tells what would be joined, and what is missing in between: PieceSet and GapSet."`
	Wait            *float64 `json:"Wait" doc:"How long to wait for the new file, 0 to 25 seconds. Default 15. Whoever does not want to wait asks DescribeTaskDetail."`
}

// SpliceRecordingsResponse is the answer of SpliceRecordings.
type SpliceRecordingsResponse struct {
	TaskID   string        `json:"TaskId" doc:"The task: see DescribeTaskDetail."`
	FileID   string        `json:"FileId" doc:"The new file; empty if it is not ready yet."`
	URL      string        `json:"Url" doc:"Where it is played; empty if it is not ready yet."`
	Method   string        `json:"Method" doc:"How it was made: copy, edges (only what is around cuts was encoded) or encode; empty if it is not ready yet."`
	PieceSet []SplicePiece `json:"PieceSet" doc:"The files that are joined, in their order."`
	GapSet   []SpliceGap   `json:"GapSet" doc:"Times in between that the new file lacks."`
}

// SplicePiece is a file, and what is taken of it.
type SplicePiece struct {
	FileID    string `json:"FileId" doc:"The file."`
	StartTime string `json:"StartTime" doc:"From when on, by the server's clock; ISO 8601, UTC, with milliseconds."`
	EndTime   string `json:"EndTime" doc:"Until when."`
}

// SpliceGap is time that the new file lacks.
type SpliceGap struct {
	StartTime string  `json:"StartTime" doc:"From when on, by the server's clock; ISO 8601, UTC, with milliseconds."`
	EndTime   string  `json:"EndTime" doc:"Until when."`
	Duration  float64 `json:"Duration" doc:"Seconds."`
	Reason    string  `json:"Reason" doc:"Why, for people."`
	// OtherSet is what a splice of that stream and time would take.
	OtherSet []SplicePiece `json:"OtherSet" doc:"What was recorded in that time, in files that FileIds does not name; empty if nothing was, or if it is more than can be told (2000 files)."`
}

func (a *API) composeActions() []action {
	return []action{
		row("ComposeMedia", versionVod, changes, "Makes a file of pieces of others: joined, cut, laid over one another. What can be is copied, the rest is encoded.", a.composeMedia),
		row("SimpleHlsClip", versionVod, changes, "Cuts a part out of a file of any format.", a.simpleHlsClip),
		row("SpliceRecordings", versionVod, changes, "Joins the recordings of a stream between two moments, or given files, into one, without encoding them where that can be done. An addition of this server.", a.spliceRecordings),
	}
}

// composing returns the service, or why there is none.
func (a *API) composing() (*compose.Service, error) {
	if a.Compose == nil {
		return nil, failf(codeFailed, "this server does not make files of others")
	}
	return a.Compose, nil
}

func (a *API) composeMedia(ctx context.Context, c *Caller, q *ComposeMediaRequest) (*TaskResponse, error) {
	service, err := a.composing()
	if err != nil {
		return nil, err
	}
	in := compose.Input{Tracks: q.Tracks, Canvas: q.Canvas, Output: *q.Output}
	for field, text := range in.Sources {
		if err := a.checkHost(c, field, text); err != nil {
			return nil, err
		}
	}
	id, err := service.Compose(ctx, &compose.Request{
		Input:    in,
		SubAppID: signed(q.SubAppID), SessionID: q.SessionID, SessionContext: q.SessionContext,
	})
	if err != nil {
		return nil, err
	}
	return &TaskResponse{TaskID: id}, nil
}

// isPrecise reads Precision.
func isPrecise(text string) (bool, error) {
	switch text {
	case "", "rough":
		return false, nil
	case "precise":
		return true, nil
	}
	return false, &vod.InvalidError{Field: "Precision", Reason: "must be rough or precise"}
}

// clipPatience is how long SimpleHlsClip waits for the new file: less than a call may take.
const clipPatience = 20 * time.Second

func (a *API) simpleHlsClip(ctx context.Context, c *Caller, q *SimpleHlsClipRequest) (*SimpleHlsClipResponse, error) {
	service, err := a.composing()
	if err != nil {
		return nil, err
	}
	if err := a.checkHost(c, "Url", q.URL); err != nil {
		return nil, err
	}
	clip, err := a.clipOf(q)
	if err != nil {
		return nil, err
	}
	switch q.IsPersistence {
	case 0:
		return a.clipView(ctx, c, service, clip)
	case 1:
	default:
		return nil, &vod.InvalidError{Field: "IsPersistence", Reason: "must be 0 or 1"}
	}
	out := &SimpleHlsClipResponse{}
	if out.TaskID, err = service.Clip(ctx, clip); err != nil {
		return nil, err
	}
	made, err := a.await(ctx, service, clip.SubAppID, out.TaskID, clipPatience)
	if made == nil || err != nil {
		return out, err
	}
	out.FileID = made.FileID
	f, err := a.Views(c.BaseURL).asset(ctx, made.FileID)
	if f != nil {
		out.URL, out.MetaData = c.BaseURL+a.Guard.PlayPath(*f), metaData(f)
	}
	return out, err
}

func (a *API) clipOf(q *SimpleHlsClipRequest) (*compose.Clip, error) {
	var err error
	clip := &compose.Clip{SubAppID: signed(q.SubAppID), URL: q.URL, Start: q.StartTimeOffset, End: q.EndTimeOffset, New: compose.New{
		ClassID: q.ClassID, Procedure: q.Procedure, SourceContext: q.SourceContext, SessionContext: q.SessionContext,
		Container: cmp.Or(q.OutputMediaType, "hls"),
	}}
	if clip.New.Precise, err = isPrecise(q.Precision); err != nil {
		return nil, err
	}
	clip.New.ExpireTime, err = expiry(q.ExpireTime)
	return clip, err
}

// clipView answers with an address that shows a part of a file.
func (a *API) clipView(ctx context.Context, c *Caller, service *compose.Service, clip *compose.Clip) (*SimpleHlsClipResponse, error) {
	f, from, to, err := service.FindClip(ctx, clip)
	if err != nil {
		return nil, err
	}
	switch {
	case clip.New.Precise:
		return nil, &vod.InvalidError{Field: "Precision", Reason: "precise needs IsPersistence 1: some pictures have to be encoded anew"}
	case clip.New.Container != "hls" && (clip.New.Container != "mp4" || f.Container != "mp4"):
		return nil, &vod.InvalidError{Field: "OutputMediaType", Reason: "must be hls with IsPersistence 0, or mp4 of a file that is mp4"}
	}
	path := vod.PlayPath(f)
	if clip.New.Container == "hls" {
		path = path[:strings.LastIndexByte(path, '.')] + ".m3u8"
	}
	address := a.Guard.Address(f.SubAppID, path)
	part := url.Values{"start": {seconds(from)}, "end": {seconds(to)}}.Encode()
	sign := "?"
	if strings.Contains(address, "?") {
		sign = "&"
	}
	return &SimpleHlsClipResponse{URL: c.BaseURL + address + sign + part}, nil
}

func seconds(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', -1, 64) }

// await waits for what a task makes; nil if it is not ready yet. A task that failed is an error.
func (a *API) await(ctx context.Context, c *compose.Service, app int64, id string, most time.Duration) (*compose.Output, error) {
	t, out, err := c.Wait(ctx, app, id, most)
	switch {
	case err != nil:
		return nil, err
	case t.Status == task.Aborted:
		return nil, failf(codeFailed, "task %s was aborted", id)
	case t.Code != 0:
		return nil, failf(codeFailed, "task %s: %s", id, t.Message)
	}
	return out, nil
}
