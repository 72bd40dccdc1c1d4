package api

import (
	"context"
	"math"
	"strconv"
	"time"

	"aircheck/rules"
)

// maxRecordsSpan is how much of the log one request may ask for.
const maxRecordsSpan = 24 * time.Hour

// CallbackRecordsRequest is the request of DescribeCallbackRecordsList.
type CallbackRecordsRequest struct {
	StartTime  string  `json:"StartTime" required:"true" doc:"Lists what was sent from then on. ISO 8601, or without a zone in the API's."`
	EndTime    string  `json:"EndTime" required:"true" doc:"And up to then, at most a day later."`
	StreamName string  `json:"StreamName" required:"true" doc:"Name of the stream. Empty: all streams, an addition of this server."`
	PageNum    *uint64 `json:"PageNum" required:"true" doc:"From 1."`
	PageSize   *uint64 `json:"PageSize" required:"true" doc:"1 to 100."`
	EventType  *uint64 `json:"EventType" doc:"Lists only events of that type: 0, 1, 100, 332, 341."`
	ResultCode *uint64 `json:"ResultCode" doc:"0 lists what was delivered, 1 what was not, anything else what was answered with that HTTP status."`
	DomainName string  `json:"DomainName" doc:"Lists only what was sent about streams of that push domain. An addition of this server."`
	AppName    string  `json:"AppName" doc:"Lists only what was sent about streams of that app. An addition of this server."`
	EventID    string  `json:"EventId" doc:"Lists only the tries of that event. An addition of this server."`
}

// CallbackEventInfo is one try to deliver an event.
type CallbackEventInfo struct {
	EventTime      string       `json:"EventTime" doc:"When it was sent, in the form of StartTime."`
	EventType      uint64       `json:"EventType" doc:"Type of the event."`
	Request        string       `json:"Request" doc:"The body that was sent."`
	Response       string       `json:"Response" doc:"The first 1024 bytes of the answer, or why there was none."`
	ResponseTime   string       `json:"ResponseTime" doc:"When the try ended, in the form of StartTime."`
	ResultCode     uint64       `json:"ResultCode" doc:"0: delivered. 1: no answer. Otherwise the HTTP status of the answer."`
	StreamID       string       `json:"StreamId" doc:"Name of the stream."`
	EventID        string       `json:"EventId" doc:"The event, as ReplayCallbacks takes it. An addition of this server."`
	URL            string       `json:"Url" doc:"Where it was sent. An addition of this server."`
	DomainName     string       `json:"DomainName" doc:"Push domain of the stream. An addition of this server."`
	AppName        string       `json:"AppName" doc:"App of the stream. An addition of this server."`
	Duration       float64      `json:"Duration" doc:"How long the answer took, in seconds. An addition of this server."`
	RequestHeader  []HTTPHeader `json:"RequestHeader" doc:"Header that was sent. An addition of this server."`
	ResponseHeader []HTTPHeader `json:"ResponseHeader" doc:"Header of the answer, as much as fits in 2048 bytes. An addition of this server."`
}

// CallbackRecordsResponse is the answer of DescribeCallbackRecordsList.
type CallbackRecordsResponse struct {
	DataInfoList []CallbackEventInfo `json:"DataInfoList" doc:"Those of the page, the latest first."`
	PageNum      uint64              `json:"PageNum" doc:"Number of the page."`
	PageSize     uint64              `json:"PageSize" doc:"Size of the page."`
	TotalNum     uint64              `json:"TotalNum" doc:"How many there are."`
	TotalPage    uint64              `json:"TotalPage" doc:"How many pages they fill."`
}

// ReplayRequest is the request of ReplayCallbacks.
type ReplayRequest struct {
	EventIDs   []string `json:"EventIds" doc:"The events. Without them, StartTime and EndTime are required."`
	StartTime  string   `json:"StartTime" doc:"Chooses events that happened from then on. ISO 8601, or without a zone in the API's."`
	EndTime    string   `json:"EndTime" doc:"And up to then."`
	DomainName string   `json:"DomainName" doc:"Chooses events of streams of that push domain."`
	AppName    string   `json:"AppName" doc:"Chooses events of streams of that app."`
	StreamName string   `json:"StreamName" doc:"Chooses events of streams of that name."`
	EventType  *uint64  `json:"EventType" doc:"Chooses events of that type."`
	OnlyFailed bool     `json:"OnlyFailed" doc:"true leaves out what was delivered and what nobody asked for."`
}

// ReplayResponse is the answer of ReplayCallbacks.
type ReplayResponse struct {
	EventCount uint64 `json:"EventCount" doc:"How many events are delivered again."`
}

// moment is a time in a request, together with how it is written in the answer.
type moment struct {
	time.Time
	local bool
}

// moment reads a time in ISO 8601, or "2006-01-02 15:04:05" in the API's zone.
func (a *API) moment(name, text string) (moment, error) {
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return moment{Time: t}, nil
	}
	if t, err := time.ParseInLocation(time.DateTime, text, a.zone()); err == nil {
		return moment{t, true}, nil
	}
	return moment{}, failf(codeInvalidValue, "%s: is not a time such as 2006-01-02T15:04:05Z or 2006-01-02 15:04:05", name)
}

// like writes a time in the form of m.
func (a *API) like(m moment, t time.Time) string {
	if m.local {
		return a.localTime(t)
	}
	return utcTime(t)
}

// span reads two times of which the first must not be the later one.
func (a *API) span(start, end string) (from, to moment, err error) {
	if from, err = a.moment("StartTime", start); err != nil {
		return from, to, err
	}
	if to, err = a.moment("EndTime", end); err != nil {
		return from, to, err
	}
	if to.Before(from.Time) {
		return from, to, failf(codeInvalidValue, "EndTime: is before StartTime")
	}
	return from, to, nil
}

func (a *API) describeCallbackRecords(ctx context.Context, _ *Caller, q *CallbackRecordsRequest) (*CallbackRecordsResponse, error) {
	p, err := pageOf(q.PageNum, q.PageSize)
	if err != nil {
		return nil, err
	}
	from, to, err := a.span(q.StartTime, q.EndTime)
	if err != nil {
		return nil, err
	}
	if to.Sub(from.Time) > maxRecordsSpan {
		return nil, failf(codeInvalidValue, "EndTime: is more than a day after StartTime")
	}
	// Whole seconds are named, and what was sent within the last one belongs to it.
	f := rules.DeliveryFilter{
		Domain: q.DomainName, App: q.AppName, Stream: q.StreamName, From: from.Time, To: to.Add(time.Second - time.Microsecond), Offset: (p.number - 1) * p.size, Limit: p.size,
	}
	if f.Type, err = eventType(q.EventType); err != nil {
		return nil, err
	}
	if q.EventID != "" {
		if f.EventID, err = strconv.ParseInt(q.EventID, 10, 64); err != nil || f.EventID <= 0 {
			return nil, failf(codeInvalidValue, "EventId: is not the number of an event")
		}
	}
	if q.ResultCode != nil {
		f.Code = new(int(min(*q.ResultCode, math.MaxInt32)))
	}
	found, n, err := a.Callbacks.Deliveries(ctx, f)
	if err != nil {
		return nil, err
	}
	out := &CallbackRecordsResponse{
		DataInfoList: make([]CallbackEventInfo, 0, len(found)), PageNum: uint64(p.number), PageSize: uint64(p.size),
		TotalNum: uint64(n), TotalPage: uint64(p.pages(n)),
	}
	for _, d := range found {
		out.DataInfoList = append(out.DataInfoList, CallbackEventInfo{
			EventTime: a.like(from, d.At), EventType: uint64(d.Type), Request: d.Request, Response: d.Response,
			ResponseTime: a.like(from, d.AnswerAt), ResultCode: uint64(d.Code), StreamID: d.Stream,
			EventID: strconv.FormatInt(d.EventID, 10), URL: d.URL, DomainName: d.Domain, AppName: d.App, Duration: tookSeconds(d),
			RequestHeader: headerInfo(d.RequestHeader), ResponseHeader: headerInfo(d.ResponseHeader),
		})
	}
	return out, nil
}

func eventType(n *uint64) (*rules.EventType, error) {
	if n == nil {
		return nil, nil
	}
	if *n > math.MaxInt32 {
		return nil, failf(codeInvalidValue, "EventType: %d is no type of event", *n)
	}
	return new(rules.EventType(*n)), nil
}

func (a *API) replayCallbacks(ctx context.Context, _ *Caller, q *ReplayRequest) (*ReplayResponse, error) {
	f := rules.ReplayFilter{Domain: q.DomainName, App: q.AppName, Stream: q.StreamName, OnlyFailed: q.OnlyFailed}
	var err error
	if f.Type, err = eventType(q.EventType); err != nil {
		return nil, err
	}
	for i, s := range q.EventIDs {
		id, err := strconv.ParseInt(s, 10, 64)
		if err != nil || id <= 0 {
			return nil, failf(codeInvalidValue, "EventIds.%d: is not the number of an event", i)
		}
		f.IDs = append(f.IDs, id)
	}
	if len(f.IDs) == 0 && (q.StartTime != "" || q.EndTime != "") {
		from, to, err := a.span(q.StartTime, q.EndTime)
		if err != nil {
			return nil, err
		}
		f.From, f.To = from.Time, to.Add(time.Second-time.Microsecond)
	}
	n, err := a.Callbacks.Replay(ctx, f)
	if err != nil {
		return nil, err
	}
	return &ReplayResponse{EventCount: uint64(n)}, nil
}
