package api

import (
	"context"

	"aircheck/ingest/media"
	"aircheck/ingest/stream"
	"aircheck/server/auth"
)

// OnlineListRequest is the request of DescribeLiveStreamOnlineList.
type OnlineListRequest struct {
	DomainName string  `json:"DomainName" doc:"Lists the streams of that push domain."`
	AppName    string  `json:"AppName" doc:"Lists the streams of that app."`
	StreamName string  `json:"StreamName" doc:"Lists the streams of that name."`
	PageNum    *uint64 `json:"PageNum" doc:"From 1, the default."`
	PageSize   *uint64 `json:"PageSize" doc:"1 to 100, default 10."`
}

// PublishTime is when a push began.
type PublishTime struct {
	PublishTime string `json:"PublishTime" doc:"ISO 8601, UTC."`
}

// StreamOnlineInfo is a live stream.
type StreamOnlineInfo struct {
	StreamName      string        `json:"StreamName" doc:"Name of the stream."`
	PublishTimeList []PublishTime `json:"PublishTimeList" doc:"When its push began."`
	AppName         string        `json:"AppName" doc:"App."`
	DomainName      string        `json:"DomainName" doc:"Push domain."`
	PushToDelay     int64         `json:"PushToDelay" doc:"Always 0."`
}

// OnlineListResponse is the answer of DescribeLiveStreamOnlineList.
type OnlineListResponse struct {
	TotalNum   uint64             `json:"TotalNum" doc:"How many streams match."`
	TotalPage  uint64             `json:"TotalPage" doc:"How many pages they fill."`
	PageNum    uint64             `json:"PageNum" doc:"Number of the page."`
	PageSize   uint64             `json:"PageSize" doc:"Size of the page."`
	OnlineInfo []StreamOnlineInfo `json:"OnlineInfo" doc:"Those of the page, by domain, app and name."`
}

// StreamRequest names a stream.
type StreamRequest struct {
	AppName    string `json:"AppName" required:"true" doc:"App."`
	DomainName string `json:"DomainName" required:"true" doc:"Push domain; a host that is not one stands for the built-in domain, as in a push."`
	StreamName string `json:"StreamName" required:"true" doc:"Name of the stream."`
}

// StreamStateResponse is the answer of DescribeLiveStreamState.
type StreamStateResponse struct {
	StreamState string `json:"StreamState" doc:"active, inactive, or forbid."`
}

func (a *API) streamActions() []action {
	return []action{
		row("DescribeLiveStreamOnlineList", versionLive, reads, "Lists the streams that are being pushed.", a.onlineList),
		row("DescribeLiveStreamState", versionLive, reads, "Tells whether a stream is being pushed, or must not be.", a.streamState),
		row("DropLiveStream", versionLive, changes,
			"Disconnects the publisher of a stream, who may push again. It is no error if there is none.", a.dropStream),
	}
}

func (a *API) onlineList(_ context.Context, _ *Caller, q *OnlineListRequest) (*OnlineListResponse, error) {
	p, err := pageOf(q.PageNum, q.PageSize)
	if err != nil {
		return nil, err
	}
	domain := ""
	if q.DomainName != "" {
		domain = a.domainOf(q.DomainName)
	}
	var matching []StreamOnlineInfo
	for _, s := range a.Hub.List() {
		k := s.Key()
		if domain != "" && k.Domain != domain || q.AppName != "" && k.App != q.AppName ||
			q.StreamName != "" && k.Stream != q.StreamName {
			continue
		}
		matching = append(matching, StreamOnlineInfo{
			StreamName: k.Stream, AppName: k.App, DomainName: k.Domain,
			PublishTimeList: []PublishTime{{PublishTime: utcTime(s.Start)}},
		})
	}
	return &OnlineListResponse{
		TotalNum: uint64(len(matching)), TotalPage: uint64(p.pages(len(matching))),
		PageNum: uint64(p.number), PageSize: uint64(p.size), OnlineInfo: cut(matching, p),
	}, nil
}

// domainOf names the push domain that a host stands for. One that a strict server refuses is named as it is: it has no
// stream.
func (a *API) domainOf(host string) string {
	domain, err := a.Domains.Resolve(host, "")
	if err != nil {
		return auth.CleanHost(host)
	}
	return domain
}

func (a *API) keyOf(q *StreamRequest) media.StreamKey {
	return media.StreamKey{Domain: a.domainOf(q.DomainName), App: q.AppName, Stream: q.StreamName}
}

func (a *API) live(q *StreamRequest) *stream.Stream { return a.Hub.Get(a.keyOf(q)) }

func (a *API) streamState(_ context.Context, _ *Caller, q *StreamRequest) (*StreamStateResponse, error) {
	if _, forbidden := a.Forbids.Get(a.keyOf(q)); forbidden {
		return &StreamStateResponse{StreamState: "forbid"}, nil
	}
	if a.live(q) == nil {
		return &StreamStateResponse{StreamState: "inactive"}, nil
	}
	return &StreamStateResponse{StreamState: "active"}, nil
}

func (a *API) dropStream(_ context.Context, _ *Caller, q *StreamRequest) (*None, error) {
	if s := a.live(q); s != nil {
		s.Drop(stream.EndDropped, "disconnected by DropLiveStream")
	}
	return &None{}, nil
}
