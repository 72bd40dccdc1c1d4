package api

import (
	"context"

	"aircheck/rules"
)

// CreateCallbackTemplateRequest is the request of CreateLiveCallbackTemplate.
type CreateCallbackTemplateRequest struct {
	TemplateName             *string   `json:"TemplateName" required:"true" doc:"Name of the template: letters, digits, _ and -."`
	Description              *string   `json:"Description" doc:"For people."`
	StreamBeginNotifyURL     *string   `json:"StreamBeginNotifyUrl" doc:"Where events of type 1 go: a push has begun. Of all URLs at least one must be given."`
	StreamEndNotifyURL       *string   `json:"StreamEndNotifyUrl" doc:"Where events of type 0 go: a push has ended."`
	RecordNotifyURL          *string   `json:"RecordNotifyUrl" doc:"Where events of type 100 go: a recording file is finished."`
	RecordStatusNotifyURL    *string   `json:"RecordStatusNotifyUrl" doc:"Where events of type 332 go: the state of a recording has changed."`
	RecordExceptionNotifyURL *string   `json:"RecordExceptionNotifyUrl" doc:"Where events of type 341 go: something about a recording is remarkable."`
	RecordExceptionLevels    *[]string `json:"RecordExceptionLevels" doc:"Of events of type 341, those with these levels are sent: info, warning, error. Default: all."`
	CallbackKey              *string   `json:"CallbackKey" doc:"Key that signs what is sent. Default: nothing is signed."`
	SnapshotNotifyURL        *string   `json:"SnapshotNotifyUrl" doc:"Stored and given back."`
	PornCensorshipNotifyURL  *string   `json:"PornCensorshipNotifyUrl" doc:"Stored and given back."`
	StreamMixNotifyURL       *string   `json:"StreamMixNotifyUrl" doc:"Stored and given back."`
	PushExceptionNotifyURL   *string   `json:"PushExceptionNotifyUrl" doc:"Stored and given back."`
	AudioAuditNotifyURL      *string   `json:"AudioAuditNotifyUrl" doc:"Stored and given back."`
}

// ModifyCallbackTemplateRequest is the request of ModifyLiveCallbackTemplate.
type ModifyCallbackTemplateRequest struct {
	TemplateID               int64     `json:"TemplateId" required:"true" doc:"Number of the template."`
	TemplateName             *string   `json:"TemplateName" doc:"Name of the template."`
	Description              *string   `json:"Description" doc:"For people."`
	StreamBeginNotifyURL     *string   `json:"StreamBeginNotifyUrl" doc:"Where events of type 1 go. An empty URL takes it away."`
	StreamEndNotifyURL       *string   `json:"StreamEndNotifyUrl" doc:"Where events of type 0 go."`
	RecordNotifyURL          *string   `json:"RecordNotifyUrl" doc:"Where events of type 100 go."`
	RecordStatusNotifyURL    *string   `json:"RecordStatusNotifyUrl" doc:"Where events of type 332 go."`
	RecordExceptionNotifyURL *string   `json:"RecordExceptionNotifyUrl" doc:"Where events of type 341 go."`
	RecordExceptionLevels    *[]string `json:"RecordExceptionLevels" doc:"The levels of events of type 341 that are sent; an empty list: all."`
	CallbackKey              *string   `json:"CallbackKey" doc:"Key that signs what is sent; empty: nothing is signed."`
	SnapshotNotifyURL        *string   `json:"SnapshotNotifyUrl" doc:"Stored and given back."`
	PornCensorshipNotifyURL  *string   `json:"PornCensorshipNotifyUrl" doc:"Stored and given back."`
	StreamMixNotifyURL       *string   `json:"StreamMixNotifyUrl" doc:"Stored and given back."`
	PushExceptionNotifyURL   *string   `json:"PushExceptionNotifyUrl" doc:"Stored and given back."`
	AudioAuditNotifyURL      *string   `json:"AudioAuditNotifyUrl" doc:"Stored and given back."`
}

// CallBackTemplateInfo is a callback template as it is shown.
type CallBackTemplateInfo struct {
	TemplateID               int64    `json:"TemplateId" doc:"Number of the template."`
	TemplateName             string   `json:"TemplateName" doc:"Name of the template."`
	Description              string   `json:"Description" doc:"For people."`
	StreamBeginNotifyURL     string   `json:"StreamBeginNotifyUrl" doc:"Where events of type 1 go."`
	StreamMixNotifyURL       string   `json:"StreamMixNotifyUrl" doc:"As it was set."`
	StreamEndNotifyURL       string   `json:"StreamEndNotifyUrl" doc:"Where events of type 0 go."`
	RecordNotifyURL          string   `json:"RecordNotifyUrl" doc:"Where events of type 100 go."`
	RecordStatusNotifyURL    string   `json:"RecordStatusNotifyUrl" doc:"Where events of type 332 go."`
	SnapshotNotifyURL        string   `json:"SnapshotNotifyUrl" doc:"As it was set."`
	PornCensorshipNotifyURL  string   `json:"PornCensorshipNotifyUrl" doc:"As it was set."`
	CallbackKey              string   `json:"CallbackKey" doc:"Key that signs what is sent."`
	PushExceptionNotifyURL   string   `json:"PushExceptionNotifyUrl" doc:"As it was set."`
	AudioAuditNotifyURL      string   `json:"AudioAuditNotifyUrl" doc:"As it was set."`
	RecordExceptionNotifyURL string   `json:"RecordExceptionNotifyUrl" doc:"Where events of type 341 go."`
	RecordExceptionLevels    []string `json:"RecordExceptionLevels" doc:"The levels of events of type 341 that are sent; none: all."`
}

// CallbackTemplateResponse is the answer of DescribeLiveCallbackTemplate.
type CallbackTemplateResponse struct {
	Template CallBackTemplateInfo `json:"Template" doc:"The template."`
}

// CallbackTemplatesResponse is the answer of DescribeLiveCallbackTemplates.
type CallbackTemplatesResponse struct {
	Templates []CallBackTemplateInfo `json:"Templates" doc:"All templates by number."`
}

// CreateCallbackRuleRequest is the request of CreateLiveCallbackRule.
type CreateCallbackRuleRequest struct {
	DomainName string `json:"DomainName" required:"true" doc:"Push domain."`
	AppName    string `json:"AppName" required:"true" doc:"App. Empty: every app that has no rule of its own."`
	TemplateID int64  `json:"TemplateId" required:"true" doc:"Number of the callback template to be used."`
}

// DeleteCallbackRuleRequest is the request of DeleteLiveCallbackRule.
type DeleteCallbackRuleRequest struct {
	DomainName string `json:"DomainName" required:"true" doc:"Push domain of the rule."`
	AppName    string `json:"AppName" required:"true" doc:"App of the rule; empty if it has none."`
}

// CallBackRuleInfo is a callback rule as it is shown.
type CallBackRuleInfo struct {
	CreateTime string `json:"CreateTime" doc:"When it was made, in the API's zone."`
	UpdateTime string `json:"UpdateTime" doc:"When it was changed last, in the API's zone."`
	TemplateID int64  `json:"TemplateId" doc:"Number of its callback template."`
	DomainName string `json:"DomainName" doc:"Push domain."`
	AppName    string `json:"AppName" doc:"App; empty for every app that has no rule of its own."`

	CreateTimeUTC string `json:"CreateTimeUtc" doc:"CreateTime in ISO 8601, UTC. An extension."`
}

// CallbackRulesResponse is the answer of DescribeLiveCallbackRules.
type CallbackRulesResponse struct {
	Rules []CallBackRuleInfo `json:"Rules" doc:"All callback rules."`
}

func (a *API) callbackActions() []action {
	return []action{
		row("CreateLiveCallbackTemplate", versionLive, changes,
			"Creates a callback template: where events go, and the key that signs them.", a.createCallbackTemplate),
		row("ModifyLiveCallbackTemplate", versionLive, changes,
			"Changes a callback template; what is absent stays as it is. Events not delivered yet follow it.", a.modifyCallbackTemplate),
		row("DeleteLiveCallbackTemplate", versionLive, changes,
			"Deletes a callback template that no callback rule is bound to.", a.deleteCallbackTemplate),
		row("DescribeLiveCallbackTemplate", versionLive, reads, "Shows one callback template.", a.describeCallbackTemplate),
		row("DescribeLiveCallbackTemplates", versionLive, reads, "Lists the callback templates.", a.describeCallbackTemplates),
		row("CreateLiveCallbackRule", versionLive, changes,
			"Binds a callback template to the streams of a domain and app, for events from now on.", a.createCallbackRule),
		row("DeleteLiveCallbackRule", versionLive, changes, "Deletes the callback rule with exactly these names.", a.deleteCallbackRule),
		row("DescribeLiveCallbackRules", versionLive, reads, "Lists the callback rules.", a.describeCallbackRules),
		row("DescribeCallbackRecordsList", versionLive, reads,
			"Lists what was sent about a stream, or about all, the latest first, as far back as 14 days.", a.describeCallbackRecords),
		row("ReplayCallbacks", versionLive, changes,
			"Has events delivered again, to those who are their receivers now. Those still waiting to be delivered are left alone. "+
				"An addition of this server.", a.replayCallbacks),
		row("DescribeCallbackBacklog", versionLive, reads,
			"Tells how many events are still to be delivered, and which. An addition of this server.", a.describeCallbackBacklog),
		row("TestLiveCallback", versionLive, changes,
			"Sends a sample event to a receiver at once, marked by the header X-Aircheck-Test, and shows what it answered. "+
				"Nothing of it is kept. An addition of this server.", a.testCallback),
	}
}

func (a *API) createCallbackTemplate(
	ctx context.Context, _ *Caller, q *CreateCallbackTemplateRequest,
) (*CreateTemplateResponse, error) {
	var t rules.CallbackTemplate
	m := ModifyCallbackTemplateRequest{
		TemplateName: q.TemplateName, Description: q.Description, StreamBeginNotifyURL: q.StreamBeginNotifyURL,
		StreamEndNotifyURL: q.StreamEndNotifyURL, RecordNotifyURL: q.RecordNotifyURL, RecordStatusNotifyURL: q.RecordStatusNotifyURL,
		RecordExceptionNotifyURL: q.RecordExceptionNotifyURL, RecordExceptionLevels: q.RecordExceptionLevels,
		CallbackKey: q.CallbackKey, SnapshotNotifyURL: q.SnapshotNotifyURL, PornCensorshipNotifyURL: q.PornCensorshipNotifyURL,
		StreamMixNotifyURL: q.StreamMixNotifyURL, PushExceptionNotifyURL: q.PushExceptionNotifyURL, AudioAuditNotifyURL: q.AudioAuditNotifyURL,
	}
	if err := m.apply(&t); err != nil {
		return nil, err
	}
	id, err := a.Callbacks.CreateTemplate(ctx, t)
	if err != nil {
		return nil, err
	}
	return &CreateTemplateResponse{TemplateID: id}, nil
}

func (a *API) modifyCallbackTemplate(ctx context.Context, _ *Caller, q *ModifyCallbackTemplateRequest) (*None, error) {
	return &None{}, a.Callbacks.ModifyTemplate(ctx, q.TemplateID, q.apply)
}

// apply writes what is not absent.
func (q *ModifyCallbackTemplateRequest) apply(t *rules.CallbackTemplate) error {
	assign(&t.Name, q.TemplateName)
	assign(&t.Description, q.Description)
	assign(&t.Key, q.CallbackKey)
	assign(&t.RecordExceptionLevels, q.RecordExceptionLevels)
	u := &t.URLs
	assign(&u.StreamBegin, q.StreamBeginNotifyURL)
	assign(&u.StreamEnd, q.StreamEndNotifyURL)
	assign(&u.Record, q.RecordNotifyURL)
	assign(&u.RecordStatus, q.RecordStatusNotifyURL)
	assign(&u.RecordException, q.RecordExceptionNotifyURL)
	assign(&u.PushException, q.PushExceptionNotifyURL)
	assign(&u.Snapshot, q.SnapshotNotifyURL)
	assign(&u.Censorship, q.PornCensorshipNotifyURL)
	assign(&u.StreamMix, q.StreamMixNotifyURL)
	assign(&u.AudioAudit, q.AudioAuditNotifyURL)
	return nil
}

func (a *API) deleteCallbackTemplate(ctx context.Context, _ *Caller, q *TemplateIDRequest) (*None, error) {
	return &None{}, a.Callbacks.DeleteTemplate(ctx, q.TemplateID)
}

func (a *API) describeCallbackTemplate(ctx context.Context, _ *Caller, q *TemplateIDRequest) (*CallbackTemplateResponse, error) {
	t, err := a.Callbacks.Template(ctx, q.TemplateID)
	if err != nil {
		return nil, err
	}
	return &CallbackTemplateResponse{Template: showCallbackTemplate(t)}, nil
}

func (a *API) describeCallbackTemplates(ctx context.Context, _ *Caller, _ *None) (*CallbackTemplatesResponse, error) {
	all, err := a.Callbacks.Templates(ctx)
	if err != nil {
		return nil, err
	}
	out := &CallbackTemplatesResponse{Templates: make([]CallBackTemplateInfo, 0, len(all))}
	for _, t := range all {
		out.Templates = append(out.Templates, showCallbackTemplate(t))
	}
	return out, nil
}

func showCallbackTemplate(t rules.CallbackTemplate) CallBackTemplateInfo {
	return CallBackTemplateInfo{
		TemplateID: t.ID, TemplateName: t.Name, Description: t.Description, CallbackKey: t.Key,
		StreamBeginNotifyURL: t.URLs.StreamBegin, StreamMixNotifyURL: t.URLs.StreamMix, StreamEndNotifyURL: t.URLs.StreamEnd,
		RecordNotifyURL: t.URLs.Record, RecordStatusNotifyURL: t.URLs.RecordStatus, SnapshotNotifyURL: t.URLs.Snapshot,
		PornCensorshipNotifyURL: t.URLs.Censorship, PushExceptionNotifyURL: t.URLs.PushException,
		AudioAuditNotifyURL: t.URLs.AudioAudit, RecordExceptionNotifyURL: t.URLs.RecordException,
		RecordExceptionLevels: append([]string{}, t.RecordExceptionLevels...),
	}
}

func (a *API) createCallbackRule(ctx context.Context, _ *Caller, q *CreateCallbackRuleRequest) (*None, error) {
	return &None{}, a.Callbacks.CreateRule(ctx, rules.CallbackRule{
		CallbackRuleKey: rules.CallbackRuleKey{Domain: q.DomainName, App: q.AppName}, TemplateID: q.TemplateID,
	})
}

func (a *API) deleteCallbackRule(ctx context.Context, _ *Caller, q *DeleteCallbackRuleRequest) (*None, error) {
	return &None{}, a.Callbacks.DeleteRule(ctx, rules.CallbackRuleKey{Domain: q.DomainName, App: q.AppName})
}

func (a *API) describeCallbackRules(ctx context.Context, _ *Caller, _ *None) (*CallbackRulesResponse, error) {
	all, err := a.Callbacks.Rules(ctx)
	if err != nil {
		return nil, err
	}
	out := &CallbackRulesResponse{Rules: make([]CallBackRuleInfo, 0, len(all))}
	for _, r := range all {
		out.Rules = append(out.Rules, CallBackRuleInfo{
			CreateTime: a.localTime(r.CreateTime), UpdateTime: a.localTime(r.UpdateTime), TemplateID: r.TemplateID,
			DomainName: r.Domain, AppName: r.App, CreateTimeUTC: utcTime(r.CreateTime),
		})
	}
	return out, nil
}
