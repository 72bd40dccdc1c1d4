package api

import (
	"cmp"
	"context"

	"aircheck/ingest/media"
	"aircheck/ingest/stream"
	"aircheck/server/auth"
)

// ForbidStreamRequest is the request of ForbidLiveStream.
type ForbidStreamRequest struct {
	AppName    string `json:"AppName" required:"true" doc:"App."`
	DomainName string `json:"DomainName" required:"true" doc:"Push domain; a host that is not one stands for the built-in domain, as in a push."`
	StreamName string `json:"StreamName" required:"true" doc:"Name of the stream."`
	ResumeTime string `json:"ResumeTime" doc:"Until when, at most 90 days from now; without it 7 days. ISO 8601, or without a zone in the API's."`
	Reason     string `json:"Reason" doc:"Why, up to 2048 bytes. The publisher is told."`
}

// ForbidStreamsRequest is the request of DescribeLiveForbidStreamList.
type ForbidStreamsRequest struct {
	PageNum    *uint64 `json:"PageNum" doc:"From 1, the default."`
	PageSize   *uint64 `json:"PageSize" doc:"1 to 100, default 10."`
	StreamName string  `json:"StreamName" doc:"Lists the streams of that name."`
}

// ForbidStreamInfo is a stream that must not be pushed.
type ForbidStreamInfo struct {
	StreamName string `json:"StreamName" doc:"Name of the stream."`
	CreateTime string `json:"CreateTime" doc:"When it was forbidden, ISO 8601, UTC."`
	ExpireTime string `json:"ExpireTime" doc:"From when on it may be pushed again."`
	AppName    string `json:"AppName" doc:"App."`
	DomainName string `json:"DomainName" doc:"Push domain."`
	Reason     string `json:"Reason" doc:"Why. An addition of this server."`
}

// ForbidStreamsResponse is the answer of DescribeLiveForbidStreamList.
type ForbidStreamsResponse struct {
	TotalNum         int64              `json:"TotalNum" doc:"How many streams match."`
	TotalPage        int64              `json:"TotalPage" doc:"How many pages they fill."`
	PageNum          int64              `json:"PageNum" doc:"Number of the page."`
	PageSize         int64              `json:"PageSize" doc:"Size of the page."`
	ForbidStreamList []ForbidStreamInfo `json:"ForbidStreamList" doc:"Those of the page, what was forbidden last first."`
}

func (a *API) forbidActions() []action {
	return []action{
		row("ForbidLiveStream", versionLive, changes,
			"Disconnects the publisher of a stream and refuses others for a while, by whatever protocol. Domain, app and name must all match.",
			a.forbidStream),
		row("ResumeLiveStream", versionLive, changes, "Lets a stream be pushed again. It is no error if it was not forbidden.", a.resumeStream),
		row("DescribeLiveForbidStreamList", versionLive, reads, "Lists the streams that must not be pushed.", a.forbiddenStreams),
	}
}

func (a *API) forbidStream(ctx context.Context, _ *Caller, q *ForbidStreamRequest) (*None, error) {
	key := media.StreamKey{Domain: a.domainOf(q.DomainName), App: q.AppName, Stream: q.StreamName}
	x := auth.Forbidden{Key: key, Reason: q.Reason}
	if q.ResumeTime != "" {
		at, err := a.moment("ResumeTime", q.ResumeTime)
		if err != nil {
			return nil, err
		}
		x.Expire = at.Time
	}
	if err := a.Forbids.Forbid(ctx, x); err != nil {
		return nil, err
	}
	// From here on the hub lets no other in, unless it was resumed at once.
	if s := a.Hub.Get(key); s != nil {
		s.Drop(stream.EndDropped, cmp.Or(a.Forbids.Check(key), auth.ErrStreamForbidden).Error())
	}
	return &None{}, nil
}

func (a *API) resumeStream(ctx context.Context, _ *Caller, q *StreamRequest) (*None, error) {
	return &None{}, a.Forbids.Resume(ctx, a.keyOf(q))
}

func (a *API) forbiddenStreams(_ context.Context, _ *Caller, q *ForbidStreamsRequest) (*ForbidStreamsResponse, error) {
	p, err := pageOf(q.PageNum, q.PageSize)
	if err != nil {
		return nil, err
	}
	var matching []ForbidStreamInfo
	for _, x := range a.Forbids.List() {
		if q.StreamName != "" && q.StreamName != x.Key.Stream {
			continue
		}
		matching = append(matching, ForbidStreamInfo{
			StreamName: x.Key.Stream, AppName: x.Key.App, DomainName: x.Key.Domain, Reason: x.Reason,
			CreateTime: utcTime(x.Create), ExpireTime: utcTime(x.Expire),
		})
	}
	return &ForbidStreamsResponse{
		TotalNum: int64(len(matching)), TotalPage: int64(p.pages(len(matching))), PageNum: int64(p.number), PageSize: int64(p.size),
		ForbidStreamList: cut(matching, p),
	}, nil
}
