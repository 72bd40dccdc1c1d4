package api

import (
	"context"
	"maps"
	"slices"

	"aircheck/ingest/media"
	"aircheck/rules"
)

// CreateRuleRequest is the request of CreateLiveRecordRule.
type CreateRuleRequest struct {
	DomainName string `json:"DomainName" required:"true" doc:"Push domain."`
	TemplateID int64  `json:"TemplateId" required:"true" doc:"Number of the template to be used."`
	AppName    string `json:"AppName" doc:"App. Absent or empty: every app."`
	StreamName string `json:"StreamName" doc:"Stream. Absent or empty: every stream."`
}

// ModifyRuleRequest is the request of ModifyLiveRecordRule.
type ModifyRuleRequest struct {
	DomainName string `json:"DomainName" required:"true" doc:"Push domain of the rule."`
	TemplateID int64  `json:"TemplateId" required:"true" doc:"Number of the template to be used from now on."`
	AppName    string `json:"AppName" doc:"App of the rule; empty if it has none."`
	StreamName string `json:"StreamName" doc:"Stream of the rule; empty if it has none."`
}

// DeleteRuleRequest is the request of DeleteLiveRecordRule.
type DeleteRuleRequest struct {
	DomainName string `json:"DomainName" required:"true" doc:"Push domain of the rule."`
	AppName    string `json:"AppName" doc:"App of the rule; empty if it has none."`
	StreamName string `json:"StreamName" doc:"Stream of the rule; empty if it has none."`
}

// RuleInfo is a rule as it is shown.
type RuleInfo struct {
	CreateTime string `json:"CreateTime" doc:"When it was made, in the API's zone."`
	UpdateTime string `json:"UpdateTime" doc:"When it was changed last, in the API's zone."`
	TemplateID int64  `json:"TemplateId" doc:"Number of its template."`
	DomainName string `json:"DomainName" doc:"Push domain."`
	AppName    string `json:"AppName" doc:"App; empty for every app."`
	StreamName string `json:"StreamName" doc:"Stream; empty for every stream."`
}

// RulesResponse is the answer of DescribeLiveRecordRules.
type RulesResponse struct {
	Rules []RuleInfo `json:"Rules" doc:"All rules."`
}

// ExplainRequest is the request of ExplainRecordRule.
type ExplainRequest struct {
	DomainName string `json:"DomainName" required:"true" doc:"Domain of the stream; a host that is not a push domain stands for the built-in one, as in a push."`
	AppName    string `json:"AppName" required:"true" doc:"App of the stream."`
	StreamName string `json:"StreamName" required:"true" doc:"Name of the stream."`
}

// ExplainResponse is the answer of ExplainRecordRule.
type ExplainResponse struct {
	Decision   string     `json:"Decision" doc:"record, exclude (the winning rule's template has no format), or none (no rule fits)."`
	DomainName string     `json:"DomainName" doc:"The push domain that the host stands for."`
	Formats    []string   `json:"Formats" doc:"The formats that would be recorded."`
	Rule       *RuleInfo  `json:"Rule" doc:"The rule in force; null if none fits."`
	Shadowed   []RuleInfo `json:"Shadowed" doc:"The other rules that fit, best first."`

	Tasks []RecordTask `json:"Tasks" doc:"The record tasks of the stream that are not over, whatever the rules say, by start; without their files."`
}

func (a *API) ruleActions() []action {
	return []action{
		row("CreateLiveRecordRule", versionLive, changes,
			"Binds a template to a domain, to an app or to a stream. It is in force for pushes that start from now on.", a.createRule),
		row("ModifyLiveRecordRule", versionLive, changes,
			"Binds the rule with exactly these names to another template, without a moment in which there is no rule. It is in force for pushes that "+
				"start from now on. An addition of this server.", a.modifyRule),
		row("DeleteLiveRecordRule", versionLive, changes, "Deletes the rule with exactly these names.", a.deleteRule),
		row("DescribeLiveRecordRules", versionLive, reads, "Lists the rules.", a.describeRules),
		row("ExplainRecordRule", versionLive, reads,
			"Tells which rule decides about a stream and which ones it shadows. An addition of this server.", a.explainRule),
	}
}

func (a *API) createRule(ctx context.Context, _ *Caller, q *CreateRuleRequest) (*None, error) {
	return &None{}, a.Rules.CreateRule(ctx, rules.Rule{
		RuleKey:    rules.RuleKey{Domain: q.DomainName, App: q.AppName, Stream: q.StreamName},
		TemplateID: q.TemplateID,
	})
}

func (a *API) modifyRule(ctx context.Context, _ *Caller, q *ModifyRuleRequest) (*None, error) {
	return &None{}, a.Rules.ModifyRule(ctx, rules.RuleKey{Domain: q.DomainName, App: q.AppName, Stream: q.StreamName}, q.TemplateID)
}

func (a *API) deleteRule(ctx context.Context, _ *Caller, q *DeleteRuleRequest) (*None, error) {
	return &None{}, a.Rules.DeleteRule(ctx, rules.RuleKey{Domain: q.DomainName, App: q.AppName, Stream: q.StreamName})
}

func (a *API) describeRules(ctx context.Context, _ *Caller, _ *None) (*RulesResponse, error) {
	all, err := a.Rules.Rules(ctx)
	if err != nil {
		return nil, err
	}
	out := &RulesResponse{Rules: make([]RuleInfo, 0, len(all))}
	for _, r := range all {
		out.Rules = append(out.Rules, a.showRule(r))
	}
	return out, nil
}

func (a *API) showRule(r rules.Rule) RuleInfo {
	return RuleInfo{
		CreateTime: a.localTime(r.CreateTime), UpdateTime: a.localTime(r.UpdateTime), TemplateID: r.TemplateID,
		DomainName: r.Domain, AppName: r.App, StreamName: r.Stream,
	}
}

func (a *API) explainRule(ctx context.Context, _ *Caller, q *ExplainRequest) (*ExplainResponse, error) {
	domain := a.domainOf(q.DomainName)
	fitting, err := a.Rules.Explain(ctx, media.StreamKey{Domain: domain, App: q.AppName, Stream: q.StreamName})
	if err != nil {
		return nil, err
	}
	out := &ExplainResponse{Decision: "none", DomainName: domain, Formats: []string{}, Shadowed: []RuleInfo{}, Tasks: []RecordTask{}}
	for i, f := range fitting {
		rule := a.showRule(f.Rule)
		if i > 0 {
			out.Shadowed = append(out.Shadowed, rule)
			continue
		}
		out.Rule, out.Decision = &rule, "exclude"
		if f.Records {
			out.Decision = "record"
		}
		out.Formats = slices.AppendSeq(out.Formats, maps.Keys(f.Template.Formats()))
	}
	slices.Sort(out.Formats)
	for _, t := range a.Tasks.Of(media.StreamKey{Domain: domain, App: q.AppName, Stream: q.StreamName}) {
		out.Tasks = append(out.Tasks, showTask(&t))
	}
	return out, nil
}
