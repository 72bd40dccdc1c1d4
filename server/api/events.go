package api

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"aircheck/server/audit"
	"aircheck/server/auth"
)

// Limits of DescribeEvents.
const (
	maxEventSpan    = 30 * 24 * time.Hour
	maxEvents       = 50
	maxEventFilters = 10
)

// LookupAttribute is something that events are looked for by.
type LookupAttribute struct {
	AttributeKey   string `json:"AttributeKey" required:"true" doc:"EventName (several mean: one of them), RequestId, EventId, AccessKeyId, Username (console, or an access key), ResourceType (a product, such as live), ApiErrorCode, ActionType (Write; there are no others). Extensions: SourceIPAddress, Result (Done or Failed)."`
	AttributeValue string `json:"AttributeValue" required:"true" doc:"Its value."`
}

// DescribeEventsRequest is the request of DescribeEvents.
type DescribeEventsRequest struct {
	StartTime        int64             `json:"StartTime" required:"true" doc:"Lists what happened from then on, Unix time in seconds: at most 90 days ago."`
	EndTime          int64             `json:"EndTime" required:"true" doc:"And before then: at most 30 days later."`
	NextToken        *uint64           `json:"NextToken" doc:"From the answer before: lists what comes after it."`
	MaxResults       *int64            `json:"MaxResults" doc:"1 to 50, default 50."`
	LookupAttributes []LookupAttribute `json:"LookupAttributes" doc:"Up to 10; an event has to fit all."`
	IsReturnLocation *int64            `json:"IsReturnLocation" doc:"Accepted and ignored."`
}

// EventResource is what an event is about.
type EventResource struct {
	ResourceType string `json:"ResourceType" doc:"The product: live, vod, trtc, cam, or console."`
	ResourceName string `json:"ResourceName" doc:"Always empty."`
}

// AuditEvent is something that somebody did.
type AuditEvent struct {
	EventID         string        `json:"EventId" doc:"Its number."`
	Username        string        `json:"Username" doc:"console, or the access key."`
	EventTime       string        `json:"EventTime" doc:"When it was done: Unix time in seconds."`
	EventName       string        `json:"EventName" doc:"The action; of the console ConsoleLogin, ConsoleLogout, ConsolePassword or ConsoleSessionEnd."`
	EventNameCn     string        `json:"EventNameCn" doc:"The same as EventName."`
	EventSource     string        `json:"EventSource" doc:"The product."`
	EventRegion     string        `json:"EventRegion" doc:"Always empty."`
	SourceIPAddress string        `json:"SourceIPAddress" doc:"Address of the caller."`
	SecretID        string        `json:"SecretId" doc:"The access key; empty for the console."`
	RequestID       string        `json:"RequestID" doc:"RequestId of the call."`
	ErrorCode       int64         `json:"ErrorCode" doc:"1 for a log-in that was refused, else 0."`
	AccountID       int64         `json:"AccountID" doc:"Always 0."`
	ResourceTypeCn  string        `json:"ResourceTypeCn" doc:"The product."`
	ResourceRegion  string        `json:"ResourceRegion" doc:"Always empty."`
	Resources       EventResource `json:"Resources" doc:"What it is about."`
	CloudAuditEvent string        `json:"CloudAuditEvent" doc:"What follows, as JSON."`
	APIErrorCode    string        `json:"ApiErrorCode" doc:"Code of the error; empty: it was done. This and what follows are extensions."`
	Scheme          string        `json:"Scheme" doc:"How the caller proved who it is: TC3-HMAC-SHA256, v1, Basic or Session (the console)."`
	UserAgent       string        `json:"UserAgent" doc:"Program of the caller, as it names itself."`
	Parameters      string        `json:"RequestParameters" doc:"JSON without secrets, cut after 2048 bytes."`
	Answer          string        `json:"ResponseElements" doc:"The answer likewise."`
}

// DescribeEventsResponse is the answer of DescribeEvents.
type DescribeEventsResponse struct {
	Events     []AuditEvent `json:"Events" doc:"Those that fit, the newest first."`
	ListOver   bool         `json:"ListOver" doc:"There are no more."`
	NextToken  uint64       `json:"NextToken" doc:"For the next request; 0 if ListOver."`
	TotalCount int64        `json:"TotalCount" doc:"How many fit."`
}

func (a *API) auditActions() []action {
	return []action{
		row("DescribeEvents", versionAudit, reads,
			"Lists who changed what, and who logged in to the console: at most 100000 events of the last 90 days.", a.describeEvents),
	}
}

func (a *API) describeEvents(ctx context.Context, _ *Caller, q *DescribeEventsRequest) (*DescribeEventsResponse, error) {
	f, err := q.filter(time.Now())
	if err != nil {
		return nil, err
	}
	page, total, err := a.Audited(ctx, f)
	if err != nil {
		return nil, err
	}
	out := &DescribeEventsResponse{Events: []AuditEvent{}, TotalCount: int64(total), ListOver: len(page) < f.Limit}
	for _, e := range page[:min(len(page), f.Limit-1)] {
		out.Events = append(out.Events, showEvent(e))
		out.NextToken = uint64(e.ID)
	}
	if out.ListOver {
		out.NextToken = 0
	}
	return out, nil
}

// filter chooses one more than are to be shown, by which it is known whether there are more.
func (q *DescribeEventsRequest) filter(now time.Time) (audit.Filter, error) {
	f := audit.Filter{From: time.Unix(q.StartTime, 0), To: time.Unix(q.EndTime, 0), Limit: maxEvents + 1}
	switch {
	case q.StartTime < 0 || q.EndTime < 0 || q.StartTime > 1<<40 || q.EndTime > 1<<40:
		return f, failf("InvalidParameter.Time", "StartTime, EndTime: are not Unix times in seconds")
	case q.EndTime < q.StartTime:
		return f, failf("InvalidParameterValue.Time", "EndTime: is before StartTime")
	case f.To.Sub(f.From) > maxEventSpan:
		return f, failf("LimitExceeded.OverTime", "EndTime: is more than 30 days after StartTime")
	case f.From.Before(now.Add(-audit.Keep - time.Hour)):
		return f, failf("LimitExceeded.OverTime", "StartTime: is more than 90 days ago")
	case len(q.LookupAttributes) > maxEventFilters:
		return f, failf(codeAttribute, "LookupAttributes: are more than %d", maxEventFilters)
	}
	if q.MaxResults != nil {
		if *q.MaxResults < 1 || *q.MaxResults > maxEvents {
			return f, failf("InvalidParameterValue.MaxResult", "MaxResults: %d is not between 1 and 50", *q.MaxResults)
		}
		f.Limit = int(*q.MaxResults) + 1
	}
	if q.NextToken != nil {
		f.Before = int64(min(*q.NextToken, 1<<62))
	}
	for _, x := range q.LookupAttributes {
		if err := x.choose(&f); err != nil {
			return f, err
		}
	}
	return f, nil
}

func (x LookupAttribute) choose(f *audit.Filter) error {
	v := x.AttributeValue
	switch x.AttributeKey {
	case "EventName":
		f.Actions = append(f.Actions, v)
	case "RequestId":
		f.RequestID = v
	case "AccessKeyId":
		f.KeyID = v
	case "ResourceType":
		f.Product = v
	case "ApiErrorCode":
		f.Code = v
	case "SourceIPAddress":
		f.Remote = v
	case "Username":
		if f.Console = v == auth.ConsoleName; !f.Console {
			f.KeyID = v
		}
	case "EventId":
		n, err := strconv.ParseInt(v, 10, 64)
		if err != nil || n < 1 {
			return failf(codeAttribute, "LookupAttributes: EventId %.32q is no number of an event", v)
		}
		f.ID = n
	case "Result":
		f.Failed, f.Done = v == "Failed", v == "Done"
		if !f.Failed && !f.Done {
			return failf(codeAttribute, "LookupAttributes: Result %.32q is neither Done nor Failed", v)
		}
	case "ActionType":
		if v != "Write" {
			return failf(codeAttribute, "LookupAttributes: ActionType %.32q is not Write; reading is not written down", v)
		}
	default:
		return failf(codeAttribute, "LookupAttributes: there is no %.32q to look for", x.AttributeKey)
	}
	return nil
}

func showEvent(e audit.Entry) AuditEvent {
	out := AuditEvent{
		EventID: strconv.FormatInt(e.ID, 10), Username: e.KeyID, EventTime: strconv.FormatInt(e.Time.Unix(), 10),
		EventName: e.Action, EventNameCn: e.Action, EventSource: e.Product, SourceIPAddress: e.Remote, SecretID: e.KeyID, RequestID: e.RequestID,
		ResourceTypeCn: e.Product, Resources: EventResource{ResourceType: e.Product}, APIErrorCode: e.Code, Scheme: e.Scheme, UserAgent: e.Agent,
		Parameters: e.Params, Answer: e.Answer,
	}
	if e.KeyID == "" {
		out.Username = auth.ConsoleName
	}
	out.ErrorCode = number(e.Action == audit.ConsoleLogin && e.Code != "")
	text, err := json.Marshal(map[string]string{
		"apiErrorCode": e.Code, "scheme": e.Scheme, "userAgent": e.Agent, "requestParameters": e.Params, "responseElements": e.Answer,
	})
	if err == nil {
		out.CloudAuditEvent = string(text)
	}
	return out
}
