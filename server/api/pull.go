package api

import (
	"context"
	"net/url"
	"strings"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/pull"
)

// CreatePullRequest is the request of CreatePullStreamConfig.
type CreatePullRequest struct {
	FromURL     string `json:"FromUrl" required:"true" doc:"Where to fetch the stream: rtsp, rtsps, rtmp or rtmps, user and password included; at most 10240 bytes."`
	ToURL       string `json:"ToUrl" required:"true" doc:"The stream that it becomes, as the address of a push: rtmp://DOMAIN/APP/STREAM. Its query is not needed."`
	AreaID      int64  `json:"AreaId" doc:"Stored and given back."`
	IspID       int64  `json:"IspId" doc:"Stored and given back."`
	StartTime   string `json:"StartTime" doc:"When to begin, ISO 8601. Default: now."`
	EndTime     string `json:"EndTime" doc:"When to end, ISO 8601. Default: never."`
	Transport   string `json:"Transport" doc:"For RTSP: tcp (default), udp, or auto (UDP, and TCP where nothing arrives). An addition of this server."`
	Insecure    bool   `json:"Insecure" doc:"True takes any certificate, for rtsps and rtmps. An addition of this server."`
	Fingerprint string `json:"Fingerprint" doc:"The SHA-256 of the only certificate that is taken, in hexadecimal digits. An addition of this server."`
}

// CreatePullResponse is the answer of CreatePullStreamConfig.
type CreatePullResponse struct {
	ConfigID string `json:"ConfigId" doc:"The new source."`
}

// ModifyPullRequest is the request of ModifyPullStreamConfig.
type ModifyPullRequest struct {
	ConfigID    string  `json:"ConfigId" required:"true" doc:"The source."`
	FromURL     *string `json:"FromUrl" doc:"Where to fetch the stream. As it is shown, with its secrets hidden, it stays as it is."`
	ToURL       *string `json:"ToUrl" doc:"The stream that it becomes."`
	AreaID      *int64  `json:"AreaId" doc:"Stored and given back."`
	IspID       *int64  `json:"IspId" doc:"Stored and given back."`
	StartTime   *string `json:"StartTime" doc:"When to begin; empty: now."`
	EndTime     *string `json:"EndTime" doc:"When to end; empty: never."`
	Transport   *string `json:"Transport" doc:"tcp, udp or auto. An addition of this server."`
	Insecure    *bool   `json:"Insecure" doc:"True takes any certificate. An addition of this server."`
	Fingerprint *string `json:"Fingerprint" doc:"The SHA-256 of the only certificate that is taken; empty: none. An addition of this server."`
}

// PullIDRequest names a source.
type PullIDRequest struct {
	ConfigID string `json:"ConfigId" required:"true" doc:"The source, as CreatePullStreamConfig named it."`
}

// PullsRequest is the request of DescribePullStreamConfigs.
type PullsRequest struct {
	ConfigID string `json:"ConfigId" doc:"Lists that source alone."`
}

// PullStatusRequest is the request of ModifyPullStreamStatus.
type PullStatusRequest struct {
	ConfigIDs []string `json:"ConfigIds" required:"true" doc:"The sources: all of them are changed, or none."`
	Status    string   `json:"Status" required:"true" doc:"2 to fetch them; 4, or 0, not to."`
}

// PullStreamConfig is a source as it is shown.
type PullStreamConfig struct {
	ConfigID    string `json:"ConfigId" doc:"The source."`
	FromURL     string `json:"FromUrl" doc:"Where it is fetched, with its secrets hidden."`
	ToURL       string `json:"ToUrl" doc:"The stream that it becomes: rtmp://DOMAIN/APP/STREAM."`
	AreaName    string `json:"AreaName" doc:"Always empty."`
	IspName     string `json:"IspName" doc:"Always empty."`
	StartTime   string `json:"StartTime" doc:"ISO 8601, UTC; empty if there is none."`
	EndTime     string `json:"EndTime" doc:"ISO 8601, UTC; empty if there is none."`
	Status      string `json:"Status" doc:"0: its time is over, 1: it has not brought anything yet, or its time has not come, 2: it is live, 3: it failed and is tried again, 4: it is disabled."`
	DomainName  string `json:"DomainName" doc:"Push domain. This and all below are additions of this server."`
	AppName     string `json:"AppName" doc:"App."`
	StreamName  string `json:"StreamName" doc:"Name of the stream."`
	AreaID      int64  `json:"AreaId" doc:"As it was set."`
	IspID       int64  `json:"IspId" doc:"As it was set."`
	Transport   string `json:"Transport" doc:"As it was set; empty is tcp."`
	Insecure    bool   `json:"Insecure" doc:"As it was set."`
	Fingerprint string `json:"Fingerprint" doc:"As it was set."`
	Origin      string `json:"Origin" doc:"api, or config: it is in the configuration file, and changed only there."`
	State       string `json:"State" doc:"connecting, live, waiting, disabled or over."`
	Reason      string `json:"Reason" doc:"Why it waits, for people."`
	StateSince  string `json:"StateSince" doc:"Since when, ISO 8601, UTC."`
	NextTry     string `json:"NextTry" doc:"When it is tried again, ISO 8601, UTC; empty if that is not known."`
	Tries       int64  `json:"Tries" doc:"How often it has failed since there last was a minute of media."`
	SessionID   string `json:"SessionId" doc:"Of the stream, while it is live."`
	CreateTime  string `json:"CreateTime" doc:"When it was made, ISO 8601, UTC; empty for those of the configuration file."`
}

// PullsResponse is the answer of DescribePullStreamConfigs.
type PullsResponse struct {
	PullStreamConfigs []PullStreamConfig `json:"PullStreamConfigs" doc:"Those of the configuration file, and then the others by age."`
}

func (a *API) pullActions() []action {
	return []action{
		row("CreatePullStreamConfig", versionLive, changes,
			"Has a stream fetched from a camera or another server, again and again, as if somebody pushed it. While somebody does push the stream, "+
				"the source waits.", a.createPull),
		row("ModifyPullStreamConfig", versionLive, changes,
			"Changes a source; what is absent stays as it is. If it is live, it is disconnected and fetched anew.", a.modifyPull),
		row("DeletePullStreamConfig", versionLive, changes, "Ends a source and forgets it.", a.deletePull),
		row("DescribePullStreamConfigs", versionLive, reads, "Lists sources and what they do.", a.describePulls),
		row("ModifyPullStreamStatus", versionLive, changes, "Has sources fetched, or not.", a.enablePulls),
	}
}

func (a *API) createPull(ctx context.Context, _ *Caller, q *CreatePullRequest) (*CreatePullResponse, error) {
	c := pull.Config{
		URL: q.FromURL, AreaID: q.AreaID, IspID: q.IspID, Transport: q.Transport, Insecure: q.Insecure, Fingerprint: q.Fingerprint,
	}
	var err error
	if c.Key, err = a.pullTarget(q.ToURL); err != nil {
		return nil, err
	}
	if c.Start, err = pullTime("StartTime", q.StartTime); err != nil {
		return nil, err
	}
	if c.End, err = pullTime("EndTime", q.EndTime); err != nil {
		return nil, err
	}
	id, err := a.Pulls.Create(ctx, c)
	if err != nil {
		return nil, err
	}
	return &CreatePullResponse{ConfigID: id}, nil
}

func (a *API) modifyPull(ctx context.Context, _ *Caller, q *ModifyPullRequest) (*None, error) {
	return &None{}, a.Pulls.Modify(ctx, q.ConfigID, func(c *pull.Config) (err error) {
		if q.FromURL != nil && *q.FromURL != pull.Mask(c.URL) {
			if strings.Contains(*q.FromURL, pull.Hidden) {
				return &pull.InvalidError{Field: "FromUrl", Reason: "has *** where a secret was hidden; write the whole address"}
			}
			c.URL = *q.FromURL
		}
		if q.ToURL != nil {
			if c.Key, err = a.pullTarget(*q.ToURL); err != nil {
				return err
			}
		}
		assign(&c.AreaID, q.AreaID)
		assign(&c.IspID, q.IspID)
		assign(&c.Transport, q.Transport)
		assign(&c.Insecure, q.Insecure)
		assign(&c.Fingerprint, q.Fingerprint)
		if q.StartTime != nil {
			if c.Start, err = pullTime("StartTime", *q.StartTime); err != nil {
				return err
			}
		}
		if q.EndTime != nil {
			c.End, err = pullTime("EndTime", *q.EndTime)
		}
		return err
	})
}

func (a *API) deletePull(ctx context.Context, _ *Caller, q *PullIDRequest) (*None, error) {
	return &None{}, a.Pulls.Delete(ctx, q.ConfigID)
}

func (a *API) enablePulls(ctx context.Context, _ *Caller, q *PullStatusRequest) (*None, error) {
	switch q.Status {
	case "2":
		return &None{}, a.Pulls.Enable(ctx, q.ConfigIDs, true)
	case "0", "4":
		return &None{}, a.Pulls.Enable(ctx, q.ConfigIDs, false)
	}
	return nil, failf(codeInvalidValue, "Status: is not 2 (fetch), 4 or 0 (do not)")
}

func (a *API) describePulls(_ context.Context, _ *Caller, q *PullsRequest) (*PullsResponse, error) {
	out := &PullsResponse{PullStreamConfigs: []PullStreamConfig{}}
	if q.ConfigID != "" {
		one, err := a.Pulls.Get(q.ConfigID)
		if err == nil {
			out.PullStreamConfigs = append(out.PullStreamConfigs, showPull(&one))
		}
		return out, nil // none is no error
	}
	all := a.Pulls.List()
	for i := range all {
		out.PullStreamConfigs = append(out.PullStreamConfigs, showPull(&all[i]))
	}
	return out, nil
}

func showPull(s *pull.Status) PullStreamConfig {
	k := s.Key
	out := PullStreamConfig{
		ConfigID: s.ID, FromURL: pull.Mask(s.URL), ToURL: (&url.URL{Scheme: "rtmp", Host: k.Domain, Path: "/" + k.App + "/" + k.Stream}).String(),
		StartTime: utcOrNone(s.Start), EndTime: utcOrNone(s.End), Status: pullStatus(s), DomainName: k.Domain, AppName: k.App, StreamName: k.Stream,
		AreaID: s.AreaID, IspID: s.IspID, Transport: s.Transport, Insecure: s.Insecure, Fingerprint: s.Fingerprint, Origin: "api",
		State: string(s.State), Reason: s.Reason, StateSince: utcOrNone(s.Since), NextTry: utcOrNone(s.Next), Tries: int64(s.Tries),
		SessionID: s.Session, CreateTime: utcOrNone(s.Created),
	}
	if s.Fixed {
		out.Origin = "config"
	}
	return out
}

// pullStatus is the specification's number for what a source does.
func pullStatus(s *pull.Status) string {
	switch {
	case s.State == pull.Over:
		return "0"
	case s.State == pull.Disabled:
		return "4"
	case s.State == pull.Live:
		return "2"
	case s.Failed:
		return "3"
	}
	return "1"
}

func utcOrNone(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return utcTime(t)
}

// pullTarget reads the address of a push: its stream, and of its query the domain.
func (a *API) pullTarget(text string) (media.StreamKey, error) {
	text = strings.TrimSpace(text)
	const example = "write for example rtmp://DOMAIN/live/camera"
	switch {
	case len(text) > maxPullTarget:
		return media.StreamKey{}, &pull.InvalidError{Field: "ToUrl", Reason: "is longer than 10240 bytes"}
	case !strings.Contains(text, "://"):
		return media.StreamKey{}, &pull.InvalidError{Field: "ToUrl", Reason: "is no URL; " + example}
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "rtmp" && u.Scheme != "rtmps" && u.Scheme != "rtsp" && u.Scheme != "rtsps" {
		return media.StreamKey{}, &pull.InvalidError{Field: "ToUrl", Reason: "is not the address of a push; " + example}
	}
	domain, err := a.Domains.Resolve(u.Hostname(), u.Query().Get("vhost"))
	if err != nil {
		return media.StreamKey{}, err
	}
	app, name := media.SplitPath(u.Path)
	return media.StreamKey{Domain: domain, App: app, Stream: name}, nil
}

// maxPullTarget is how many bytes ToUrl may have.
const maxPullTarget = 10 << 10

// pullTime reads ISO 8601; empty is the zero time.
func pullTime(field, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return t, &pull.InvalidError{Field: field, Reason: "is not a time such as 2026-01-08T10:00:00Z"}
	}
	return t.UTC(), nil
}
