package api

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"aircheck/rules"
	"aircheck/server/auth"
)

const (
	// maxHistorySpan is how much of what was pushed one request may ask for.
	maxHistorySpan = 30 * 24 * time.Hour
	// maxHistory is how many of the pushes that fit can be reached.
	maxHistory = 10000
)

// PublishedListRequest is the request of DescribeLiveStreamPublishedList.
type PublishedListRequest struct {
	DomainName string  `json:"DomainName" required:"true" doc:"Push domain."`
	EndTime    string  `json:"EndTime" required:"true" doc:"Lists the pushes that ended up to then: not in the future, at most 30 days after StartTime."`
	StartTime  string  `json:"StartTime" required:"true" doc:"And from then on, at most 60 days ago. ISO 8601, or without a zone in the API's."`
	AppName    string  `json:"AppName" doc:"Lists the pushes of that app."`
	PageNum    *uint64 `json:"PageNum" doc:"From 1, the default. 10000 entries can be reached."`
	PageSize   *uint64 `json:"PageSize" doc:"1 to 100, default 10."`
	StreamName string  `json:"StreamName" doc:"Lists the pushes of streams with that in their name."`
}

// PushedStream is a push that is over.
type PushedStream struct {
	StreamName      string `json:"StreamName" doc:"Name of the stream."`
	AppName         string `json:"AppName" doc:"App."`
	DomainName      string `json:"DomainName" doc:"Push domain."`
	StreamStartTime string `json:"StreamStartTime" doc:"When the push began, ISO 8601, UTC."`
	StreamEndTime   string `json:"StreamEndTime" doc:"When it ended."`
	StopReason      string `json:"StopReason" doc:"Why, for people."`
	Duration        uint64 `json:"Duration" doc:"How long it took, in seconds."`
	ClientIP        string `json:"ClientIp" doc:"Address of the publisher."`
	Resolution      string `json:"Resolution" doc:"Size of the picture, such as 1920x1080; empty if there was none."`
}

// PublishedListResponse is the answer of DescribeLiveStreamPublishedList.
type PublishedListResponse struct {
	PublishInfo []PushedStream `json:"PublishInfo" doc:"Those of the page, what ended last first."`
	PageNum     uint64         `json:"PageNum" doc:"Number of the page."`
	PageSize    uint64         `json:"PageSize" doc:"Size of the page."`
	TotalNum    uint64         `json:"TotalNum" doc:"How many pushes match."`
	TotalPage   uint64         `json:"TotalPage" doc:"How many pages they fill."`
}

// EventListRequest is the request of DescribeLiveStreamEventList.
type EventListRequest struct {
	StartTime  string  `json:"StartTime" required:"true" doc:"Lists the pushes that ended from then on, at most 60 days ago. ISO 8601, or without a zone in the API's."`
	EndTime    string  `json:"EndTime" required:"true" doc:"And up to then, at most 30 days later."`
	AppName    string  `json:"AppName" doc:"Lists the pushes of that app."`
	DomainName string  `json:"DomainName" doc:"Lists the pushes of that push domain."`
	StreamName string  `json:"StreamName" doc:"Lists the pushes of streams with that in their name."`
	PageNum    *uint64 `json:"PageNum" doc:"From 1, the default. 10000 entries can be reached."`
	PageSize   *uint64 `json:"PageSize" doc:"1 to 100, default 10."`
	IsFilter   *int64  `json:"IsFilter" doc:"1 leaves out pushes of which no media came; default 0."`
	IsStrict   *int64  `json:"IsStrict" doc:"1 takes StreamName for the whole name; default 0."`
	IsAsc      *int64  `json:"IsAsc" doc:"1 lists first what ended first; default 0."`
}

// EventListResponse is the answer of DescribeLiveStreamEventList.
type EventListResponse struct {
	EventList []PushedStream `json:"EventList" doc:"Those of the page, by when they ended."`
	PageNum   uint64         `json:"PageNum" doc:"Number of the page."`
	PageSize  uint64         `json:"PageSize" doc:"Size of the page."`
	TotalNum  uint64         `json:"TotalNum" doc:"How many pushes match."`
	TotalPage uint64         `json:"TotalPage" doc:"How many pages they fill."`
}

func (a *API) historyActions() []action {
	return []action{
		row("DescribeLiveStreamPublishedList", versionLive, reads, "Lists pushes that are over, of the last 60 days.", a.publishedList),
		row("DescribeLiveStreamEventList", versionLive, reads, "Lists pushes that are over, when they began and ended, and why.", a.eventList),
	}
}

func (a *API) publishedList(ctx context.Context, _ *Caller, q *PublishedListRequest) (*PublishedListResponse, error) {
	f := rules.PushFilter{Domain: a.domainOf(q.DomainName), App: q.AppName, Stream: q.StreamName, Part: true}
	p, found, n, err := a.history(ctx, f, q.StartTime, q.EndTime, q.PageNum, q.PageSize)
	if err != nil {
		return nil, err
	}
	return &PublishedListResponse{
		PublishInfo: found, PageNum: uint64(p.number), PageSize: uint64(p.size), TotalNum: uint64(n), TotalPage: uint64(p.pages(n)),
	}, nil
}

func (a *API) eventList(ctx context.Context, _ *Caller, q *EventListRequest) (*EventListResponse, error) {
	f := rules.PushFilter{App: q.AppName, Stream: q.StreamName}
	strict := false
	for name, flag := range map[string]struct {
		to   *bool
		from *int64
	}{"IsFilter": {&f.Media, q.IsFilter}, "IsStrict": {&strict, q.IsStrict}, "IsAsc": {&f.Ascending, q.IsAsc}} {
		if err := assignFlag(name, flag.to, flag.from); err != nil {
			return nil, err
		}
	}
	f.Part = !strict
	if q.DomainName != "" {
		f.Domain = a.domainOf(q.DomainName)
	}
	p, found, n, err := a.history(ctx, f, q.StartTime, q.EndTime, q.PageNum, q.PageSize)
	if err != nil {
		return nil, err
	}
	return &EventListResponse{
		EventList: found, PageNum: uint64(p.number), PageSize: uint64(p.size), TotalNum: uint64(n), TotalPage: uint64(p.pages(n)),
	}, nil
}

// history returns a page of the pushes that fit, and how many there are.
func (a *API) history(
	ctx context.Context, f rules.PushFilter, start, end string, number, size *uint64,
) (p page, found []PushedStream, total int, err error) {
	if p, err = pageOf(number, size); err != nil {
		return p, nil, 0, err
	}
	from, to, err := a.span(start, end)
	if err != nil {
		return p, nil, 0, err
	}
	// Clocks may differ by as much as they may in a signature.
	now := time.Now()
	switch {
	case to.Sub(from.Time) > maxHistorySpan:
		err = failf(codeInvalidValue, "EndTime: is more than 30 days after StartTime")
	case from.Before(now.Add(-rules.PushesKept - auth.Window)):
		err = failf(codeInvalidValue, "StartTime: is more than 60 days ago")
	case to.After(now.Add(auth.Window)):
		err = failf(codeInvalidValue, "EndTime: is in the future")
	case p.number*p.size > maxHistory:
		err = failf(codeInvalidValue, "PageNum: is beyond the first %d entries; narrow the time down", maxHistory)
	}
	if err != nil {
		return p, nil, 0, err
	}
	// Whole seconds are named, and what ended within the last one belongs to it.
	f.From, f.To, f.Offset, f.Limit = from.Time, to.Add(time.Second-time.Microsecond), (p.number-1)*p.size, p.size
	pushes, total, err := a.Pushes(ctx, f)
	if err != nil {
		return p, nil, 0, err
	}
	found = make([]PushedStream, 0, len(pushes))
	for i := range pushes {
		found = append(found, showPush(&pushes[i]))
	}
	return p, found, total, nil
}

func showPush(p *rules.Push) PushedStream {
	out := PushedStream{
		StreamName: p.Key.Stream, AppName: p.Key.App, DomainName: p.Key.Domain, StreamStartTime: utcTime(p.Start),
		StreamEndTime: utcTime(p.End), StopReason: p.Reason, Duration: uint64(max(0, p.End.Sub(p.Start)/time.Second)),
	}
	if from, err := netip.ParseAddrPort(p.Remote); err == nil {
		out.ClientIP = from.Addr().Unmap().String()
	}
	if p.Width > 0 && p.Height > 0 {
		out.Resolution = fmt.Sprintf("%dx%d", p.Width, p.Height)
	}
	return out
}
