package rules

import "time"

// RuleKey is what a rule is bound to. App and Stream may be empty: every app, every stream. There is at
// most one rule per key.
type RuleKey struct {
	Domain, App, Stream string
}

// String returns "domain/app/stream" with "*" for an empty field.
func (k RuleKey) String() string {
	star := func(s string) string {
		if s == "" {
			return "*"
		}
		return s
	}
	return k.Domain + "/" + star(k.App) + "/" + star(k.Stream)
}

// Rule binds a template to streams.
type Rule struct {
	RuleKey
	TemplateID int64
	CreateTime time.Time
	UpdateTime time.Time
}
