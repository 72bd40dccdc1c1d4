package api

import (
	"cmp"
	"context"
	"net/url"
	"strconv"
	"strings"
	"time"

	"aircheck/ingest/media"
	"aircheck/rules"
)

// maxHighlight is how long a real-time recording of CreateLiveRecord is.
const maxHighlight = 30 * time.Minute

// CreateLegacyTaskRequest is the request of CreateLiveRecord.
type CreateLegacyTaskRequest struct {
	StreamName  string `json:"StreamName" required:"true" doc:"Name of the stream."`
	AppName     string `json:"AppName" doc:"App. Default live."`
	DomainName  string `json:"DomainName" doc:"Push domain. Default: the built-in one."`
	StartTime   string `json:"StartTime" doc:"When to begin: 2006-01-02 15:04:05 in the API's zone. In the past, as CreateRecordTask's. Required unless Highlight is 1, and ignored then."`
	EndTime     string `json:"EndTime" doc:"When to end, in the same form. Required unless Highlight is 1."`
	RecordType  string `json:"RecordType" doc:"video (default), or audio: sound only, which FileFormat aac records."`
	FileFormat  string `json:"FileFormat" doc:"flv (default; aac for RecordType audio), hls, mp4 or aac."`
	Highlight   int64  `json:"Highlight" doc:"1 begins now and ends at EndTime, at most and by default 30 minutes later. 0 (default) records from StartTime to EndTime."`
	MixStream   int64  `json:"MixStream" doc:"1 for a mixed stream, 0 (default) for any other. Stored."`
	StreamParam string `json:"StreamParam" doc:"A query with record_interval (seconds, 1800 to 7200) and storage_time (seconds, 0 for ever)."`
}

// CreateLegacyTaskResponse is the answer of CreateLiveRecord.
type CreateLegacyTaskResponse struct {
	TaskID          uint64  `json:"TaskId" doc:"The new task: a number. CreateRecordTask's actions do not know it."`
	ActualStartTime float64 `json:"ActualStartTime" doc:"As CreateRecordTask's. An addition of this server."`
	Note            string  `json:"Note" doc:"As CreateRecordTask's. An addition of this server."`
}

// LegacyTaskRequest names a task of CreateLiveRecord.
type LegacyTaskRequest struct {
	StreamName string `json:"StreamName" required:"true" doc:"Name of the task's stream."`
	TaskID     int64  `json:"TaskId" required:"true" doc:"The task, as CreateLiveRecord named it."`
}

func (a *API) legacyTaskActions() []action {
	return []action{
		row("CreateLiveRecord", versionLive, changes, "Records a stream within a window of time. The older form of CreateRecordTask.", a.createLegacyTask),
		row("StopLiveRecord", versionLive, changes, "Ends a task of CreateLiveRecord before its end; its file is finished.", a.stopLegacyTask),
		row("DeleteLiveRecord", versionLive, changes, "Forgets a task of CreateLiveRecord that is not recording.", a.deleteLegacyTask),
	}
}

func (a *API) createLegacyTask(ctx context.Context, _ *Caller, q *CreateLegacyTaskRequest) (*CreateLegacyTaskResponse, error) {
	t := rules.Task{
		Kind: rules.TaskLegacy, StreamType: q.MixStream,
		Key: media.StreamKey{Domain: q.DomainName, App: cmp.Or(q.AppName, media.DefaultApp), Stream: q.StreamName},
	}
	if q.DomainName == "" {
		t.Key.Domain = a.domainOf("")
	}
	if q.MixStream != 0 && q.MixStream != 1 {
		return nil, failf(codeInvalidValue, "MixStream: is neither 0 nor 1")
	}
	if err := a.legacyWindow(q, &t); err != nil {
		return nil, err
	}
	if err := legacyFormat(q, &t); err != nil {
		return nil, err
	}
	if err := legacyParams(q.StreamParam, &t); err != nil {
		return nil, err
	}
	made, err := a.Tasks.Create(ctx, t)
	if err != nil {
		return nil, err
	}
	n, err := strconv.ParseUint(made.ID, 10, 64)
	return &CreateLegacyTaskResponse{TaskID: n, ActualStartTime: float64(made.Actual.UnixMilli()) / 1000, Note: made.Note}, err
}

// legacyWindow reads when to record.
func (a *API) legacyWindow(q *CreateLegacyTaskRequest, t *rules.Task) error {
	read := func(name, text string, to *time.Time) error {
		if text == "" {
			return failf(codeMissing, "%s: is missing", name)
		}
		m, err := a.moment(name, text)
		*to = m.Time
		return err
	}
	switch q.Highlight {
	case 0:
		if err := read("StartTime", q.StartTime, &t.Start); err != nil {
			return err
		}
		return read("EndTime", q.EndTime, &t.End)
	case 1:
		now := time.Now()
		t.End = now.Add(maxHighlight)
		if q.EndTime == "" {
			return nil
		}
		var end time.Time
		if err := read("EndTime", q.EndTime, &end); err != nil {
			return err
		}
		if end.After(now) && end.Before(t.End) {
			t.End = end
		}
		return nil
	}
	return failf(codeInvalidValue, "Highlight: is neither 0 nor 1")
}

// legacyFormat reads what to record.
func legacyFormat(q *CreateLegacyTaskRequest, t *rules.Task) error {
	t.Format = strings.ToLower(q.FileFormat)
	switch strings.ToLower(q.RecordType) {
	case "", "video":
		t.Format = cmp.Or(t.Format, rules.DefaultTaskFormat)
	case "audio":
		t.Format = cmp.Or(t.Format, "aac")
		if t.Format != "aac" {
			return failf(codeInvalidValue, "RecordType: audio cannot be recorded as %.16q; sound alone is recorded as aac", t.Format)
		}
	default:
		return failf(codeInvalidValue, "RecordType: is neither video nor audio")
	}
	return nil
}

// legacyParams reads what StreamParam says of the files.
func legacyParams(text string, t *rules.Task) error {
	values, err := url.ParseQuery(text)
	if err != nil {
		return failf(codeInvalidValue, "StreamParam: is not a query such as record_interval=1800&storage_time=86400")
	}
	for _, p := range []struct {
		name      string
		low, high int64
		to        *time.Duration
	}{
		{"record_interval", rules.DefaultRecordInterval, rules.MaxRecordInterval, &t.Interval},
		{"storage_time", 0, rules.MaxStorageTime, &t.StorageTime},
	} {
		if !values.Has(p.name) {
			continue
		}
		n, err := strconv.ParseInt(values.Get(p.name), 10, 64)
		if err != nil || n < p.low || n > p.high {
			return failf(codeInvalidValue, "StreamParam: %s must be %d to %d seconds", p.name, p.low, p.high)
		}
		*p.to = time.Duration(n) * time.Second
	}
	return nil
}

func (a *API) stopLegacyTask(ctx context.Context, _ *Caller, q *LegacyTaskRequest) (*None, error) {
	return &None{}, a.Tasks.StopOf(ctx, rules.TaskLegacy, strconv.FormatInt(q.TaskID, 10), q.StreamName)
}

func (a *API) deleteLegacyTask(ctx context.Context, _ *Caller, q *LegacyTaskRequest) (*None, error) {
	return &None{}, a.Tasks.DeleteOf(ctx, rules.TaskLegacy, strconv.FormatInt(q.TaskID, 10), q.StreamName)
}
