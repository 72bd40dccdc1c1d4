package api

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"aircheck/rules"
)

// CallbackBacklogRequest is the request of DescribeCallbackBacklog.
type CallbackBacklogRequest struct {
	Limit *uint64 `json:"Limit" doc:"How many events to list, at most 100. Default 20; 0: the figures alone."`
}

// CallbackBacklogResponse is the answer of DescribeCallbackBacklog.
type CallbackBacklogResponse struct {
	PendingCount uint64             `json:"PendingCount" doc:"How many events are to be delivered in the order of their stream."`
	ParkedCount  uint64             `json:"ParkedCount" doc:"How many are tried aside, because all their tries have failed."`
	OldestTime   string             `json:"OldestTime" doc:"When the oldest pending one happened; ISO 8601, UTC. Empty if there is none."`
	EventSet     []WaitingEventInfo `json:"EventSet" doc:"The oldest ones of both."`
}

// WaitingEventInfo is an event that is still to be delivered.
type WaitingEventInfo struct {
	EventID    string `json:"EventId" doc:"Number of the event."`
	EventType  uint64 `json:"EventType" doc:"Type of the event."`
	EventTime  string `json:"EventTime" doc:"When it happened; ISO 8601, UTC."`
	DomainName string `json:"DomainName" doc:"Push domain of the stream."`
	AppName    string `json:"AppName" doc:"App of the stream."`
	StreamName string `json:"StreamName" doc:"Name of the stream."`
	State      string `json:"State" doc:"pending or parked."`
	TryCount   uint64 `json:"TryCount" doc:"How many tries have failed."`
	NextTime   string `json:"NextTime" doc:"When the next try is due, at the earliest; ISO 8601, UTC."`
	URL        string `json:"Url" doc:"Where it goes; empty if nobody asks for it any more."`
}

// TestCallbackRequest is the request of TestLiveCallback.
type TestCallbackRequest struct {
	TemplateID  int64   `json:"TemplateId" doc:"Sends to the URL that this callback template has for the type, signed with its key."`
	URL         string  `json:"Url" doc:"Sends there instead. Without a TemplateId it is required."`
	CallbackKey string  `json:"CallbackKey" doc:"Key that signs, where no TemplateId is given. Default: nothing is signed."`
	EventType   *uint64 `json:"EventType" doc:"Type of the sample: 0, 1, 100, 332 or 341. Default 100."`
}

// TestCallbackResponse is the answer of TestLiveCallback.
type TestCallbackResponse struct {
	URL            string       `json:"Url" doc:"Where it was sent."`
	ResultCode     uint64       `json:"ResultCode" doc:"0: delivered. 1: no answer. Otherwise the HTTP status of the answer."`
	Duration       float64      `json:"Duration" doc:"How long the answer took, in seconds."`
	RequestHeader  []HTTPHeader `json:"RequestHeader" doc:"Header that was sent."`
	Request        string       `json:"Request" doc:"The body that was sent."`
	ResponseHeader []HTTPHeader `json:"ResponseHeader" doc:"Header of the answer, as much as fits in 2048 bytes."`
	Response       string       `json:"Response" doc:"The first 1024 bytes of the answer, or why there was none."`
}

// HTTPHeader is a line of a header.
type HTTPHeader struct {
	Name  string `json:"Name" doc:"Name of the field."`
	Value string `json:"Value" doc:"What it says."`
}

// defaultWaiting is how many waiting events are listed, and maxWaiting at most.
const (
	defaultWaiting = 20
	maxWaiting     = 100
)

func (a *API) describeCallbackBacklog(ctx context.Context, _ *Caller, q *CallbackBacklogRequest) (*CallbackBacklogResponse, error) {
	limit := uint64(defaultWaiting)
	assign(&limit, q.Limit)
	if limit > maxWaiting {
		return nil, failf(codeInvalidValue, "Limit: %d is more than %d", limit, maxWaiting)
	}
	b, err := a.Callbacks.Backlog(ctx, int(limit))
	if err != nil {
		return nil, err
	}
	out := &CallbackBacklogResponse{
		PendingCount: uint64(b.Pending), ParkedCount: uint64(b.Parked), EventSet: make([]WaitingEventInfo, 0, len(b.Events)),
	}
	if !b.Oldest.IsZero() {
		out.OldestTime = utcTime(b.Oldest)
	}
	for _, e := range b.Events {
		out.EventSet = append(out.EventSet, WaitingEventInfo{
			EventID: strconv.FormatInt(e.ID, 10), EventType: uint64(e.Type), EventTime: utcTime(e.At), DomainName: e.Domain, AppName: e.App,
			StreamName: e.Stream, State: string(e.State), TryCount: uint64(e.Attempts), NextTime: utcTime(e.NextAt), URL: e.URL,
		})
	}
	return out, nil
}

func (a *API) testCallback(ctx context.Context, _ *Caller, q *TestCallbackRequest) (*TestCallbackResponse, error) {
	test := rules.CallbackTest{TemplateID: q.TemplateID, URL: q.URL, Key: q.CallbackKey, Type: rules.EventFileReady}
	kind, err := eventType(q.EventType)
	if err != nil {
		return nil, err
	}
	assign(&test.Type, kind)
	d, err := a.Callbacks.Test(ctx, test)
	if err != nil {
		return nil, fmt.Errorf("test a callback: %w", err)
	}
	return &TestCallbackResponse{
		URL: d.URL, ResultCode: uint64(d.Code), Duration: tookSeconds(d), RequestHeader: headerInfo(d.RequestHeader), Request: d.Request,
		ResponseHeader: headerInfo(d.ResponseHeader), Response: d.Response,
	}, nil
}

// tookSeconds is how long a try took, to the millisecond.
func tookSeconds(d rules.Delivery) float64 {
	return float64(d.AnswerAt.Sub(d.At).Round(time.Millisecond)) / float64(time.Second)
}

func headerInfo(fields []rules.HeaderField) []HTTPHeader {
	out := make([]HTTPHeader, 0, len(fields))
	for _, f := range fields {
		out = append(out, HTTPHeader(f))
	}
	return out
}
