package api

import (
	"context"
	"strings"

	"aircheck/vod/event"
)

// PullEventsRequest is the request of PullEvents.
type PullEventsRequest struct {
	ExtInfo  string `json:"ExtInfo" doc:"Ignored."`
	SubAppID uint64 `json:"SubAppId" doc:"Application. Default 0: the primary one."`
}

// PullEventsResponse is the answer of PullEvents.
type PullEventsResponse struct {
	EventSet []EventContent `json:"EventSet" doc:"Up to 16 events, the oldest first; none if nothing has happened for 5 seconds."`
}

// ConfirmEventsRequest is the request of ConfirmEvents.
type ConfirmEventsRequest struct {
	EventHandles []string `json:"EventHandles" required:"true" doc:"1 to 16 handles of PullEvents."`
	ExtInfo      string   `json:"ExtInfo" doc:"Ignored."`
	SubAppID     uint64   `json:"SubAppId" doc:"Application. Default 0: the primary one."`
}

// EventConfigRequest is the request of DescribeEventConfig.
type EventConfigRequest struct {
	SubAppID uint64 `json:"SubAppId" doc:"Application. Default 0: the primary one."`
}

// EventConfigResponse is the answer of DescribeEventConfig.
type EventConfigResponse struct {
	Mode                           string `json:"Mode" doc:"PULL, or PUSH."`
	NotificationURL                string `json:"NotificationUrl" doc:"Where events are pushed to."`
	UploadMediaCompleteEventSwitch string `json:"UploadMediaCompleteEventSwitch" doc:"Whether NewFileUpload is told: ON or OFF."`
	DeleteMediaCompleteEventSwitch string `json:"DeleteMediaCompleteEventSwitch" doc:"Whether FileDeleted is told: ON or OFF."`
	PersistenceCompleteEventSwitch string `json:"PersistenceCompleteEventSwitch" doc:"Whether PersistenceComplete is told: ON or OFF."`
	WaitingCount                   uint64 `json:"WaitingCount" doc:"How many events wait to be confirmed, or to be pushed. An addition of this server."`
}

// ModifyEventConfigRequest is the request of ModifyEventConfig.
type ModifyEventConfigRequest struct {
	SubAppID                       uint64  `json:"SubAppId" doc:"Application. Default 0: the primary one."`
	Mode                           *string `json:"Mode" doc:"PULL: PullEvents gives events out. PUSH: they are sent to NotificationUrl. At first PULL."`
	NotificationURL                *string `json:"NotificationUrl" doc:"An address of http or https, at most 2048 bytes; empty: none, and events wait. The server must be allowed to connect to it: outbound.allow."`
	UploadMediaCompleteEventSwitch *string `json:"UploadMediaCompleteEventSwitch" doc:"ON or OFF; at first OFF. It decides when something happens, not when it is told."`
	DeleteMediaCompleteEventSwitch *string `json:"DeleteMediaCompleteEventSwitch" doc:"ON or OFF; at first OFF."`
	PersistenceCompleteEventSwitch *string `json:"PersistenceCompleteEventSwitch" doc:"ON or OFF; at first OFF."`
	SignKey                        *string `json:"SignKey" doc:"At most 32 letters and digits: what is pushed has T, when its signature ends, in Unix seconds, and Sign, the MD5 of this key and T. Empty: neither."`
}

func (a *API) vodEventActions() []action {
	return []action{
		row("PullEvents", versionVod, reads,
			"Gives out events of the catalogue, and waits up to 5 seconds for them. Those that are not confirmed within 30 seconds are given out again, for 4 days.", a.pullEvents),
		row("ConfirmEvents", versionVod, changes, "Says that events of PullEvents were taken: all that are named, or none.", a.confirmEvents),
		row("DescribeEventConfig", versionVod, reads, "Shows of which events of the catalogue is told, and how.", a.describeEventConfig),
		row("ModifyEventConfig", versionVod, changes, "Says of which events of the catalogue is told, and how. What is absent stays.", a.modifyEventConfig),
	}
}

func (a *API) pullEvents(ctx context.Context, c *Caller, q *PullEventsRequest) (*PullEventsResponse, error) {
	found, err := a.Events.Pull(ctx, signed(q.SubAppID))
	if err != nil {
		return nil, err
	}
	r := &PullEventsResponse{EventSet: make([]EventContent, 0, len(found))}
	views := a.Views(c.BaseURL)
	for i := range found {
		e, err := views.Event(ctx, &found[i])
		if err != nil {
			a.warn("an event cannot be shown", "event", found[i].ID, "error", err)
			e = &EventContent{EventHandle: found[i].Handle, EventType: string(found[i].Kind)}
		}
		r.EventSet = append(r.EventSet, *e)
	}
	return r, nil
}

func (a *API) confirmEvents(ctx context.Context, _ *Caller, q *ConfirmEventsRequest) (*None, error) {
	return &None{}, a.Events.Confirm(ctx, signed(q.SubAppID), q.EventHandles)
}

func (a *API) describeEventConfig(ctx context.Context, _ *Caller, q *EventConfigRequest) (*EventConfigResponse, error) {
	c, err := a.Events.Config(ctx, signed(q.SubAppID))
	if err != nil {
		return nil, err
	}
	n, err := a.Events.Waiting(ctx, signed(q.SubAppID))
	if err != nil {
		return nil, err
	}
	onOff := func(b bool) string {
		if b {
			return "ON"
		}
		return "OFF"
	}
	return &EventConfigResponse{
		Mode: string(c.Mode), NotificationURL: c.URL, UploadMediaCompleteEventSwitch: onOff(c.Uploaded),
		DeleteMediaCompleteEventSwitch: onOff(c.Deleted), PersistenceCompleteEventSwitch: onOff(c.Persisted), WaitingCount: uint64(n),
	}, nil
}

func (a *API) modifyEventConfig(ctx context.Context, _ *Caller, q *ModifyEventConfigRequest) (*None, error) {
	for _, s := range []struct {
		name string
		text *string
	}{
		{"UploadMediaCompleteEventSwitch", q.UploadMediaCompleteEventSwitch},
		{"DeleteMediaCompleteEventSwitch", q.DeleteMediaCompleteEventSwitch},
		{"PersistenceCompleteEventSwitch", q.PersistenceCompleteEventSwitch},
	} {
		if s.text != nil && !strings.EqualFold(*s.text, "ON") && !strings.EqualFold(*s.text, "OFF") {
			return nil, failf(codeInvalid, "%s: %.20q is neither ON nor OFF", s.name, *s.text)
		}
	}
	return &None{}, a.Events.Modify(ctx, signed(q.SubAppID), func(c *event.Config) {
		if q.Mode != nil {
			c.Mode = event.Mode(strings.ToUpper(*q.Mode))
		}
		assign(&c.URL, q.NotificationURL)
		assign(&c.SignKey, q.SignKey)
		assignSwitch(&c.Uploaded, q.UploadMediaCompleteEventSwitch)
		assignSwitch(&c.Deleted, q.DeleteMediaCompleteEventSwitch)
		assignSwitch(&c.Persisted, q.PersistenceCompleteEventSwitch)
	})
}

func assignSwitch(to *bool, text *string) {
	if text != nil {
		*to = strings.EqualFold(*text, "ON")
	}
}

func (a *API) warn(message string, args ...any) {
	if a.Log != nil {
		a.Log.Warn(message, args...)
	}
}
