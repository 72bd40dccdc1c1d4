package rules_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aircheck/ingest/media"
	"aircheck/rules"
	"aircheck/server/auth"
)

// limit is a value at a limit of a field, or beyond it.
type limit[T any] struct {
	field string
	good  bool
	apply func(T)
}

func templateLimits() []limit[*rules.Template] {
	return []limit[*rules.Template]{
		{"TemplateName", false, func(t *rules.Template) { t.Name = "" }},
		{"TemplateName", false, func(t *rules.Template) { t.Name = "with space" }},
		{"TemplateName", false, func(t *rules.Template) { t.Name = "a/b" }},
		{"TemplateName", false, func(t *rules.Template) { t.Name = "a\xff" }},
		{"TemplateName", false, func(t *rules.Template) { t.Name = "smile\U0001F600" }},
		{"TemplateName", false, func(t *rules.Template) { t.Name = strings.Repeat("a", 256) }},
		{"TemplateName", true, func(t *rules.Template) { t.Name = strings.Repeat("a", 255) }},
		{"TemplateName", true, func(t *rules.Template) { t.Name = "हिन्दी_录制-9" }},
		{"Description", false, func(t *rules.Template) { t.Description = strings.Repeat("a", 1025) }},
		{"Description", false, func(t *rules.Template) { t.Description = "\xff" }},
		{"Description", true, func(t *rules.Template) { t.Description = strings.Repeat("a", 1024) }},
		{"HlsSpecialParam.FlowContinueDuration", false, func(t *rules.Template) { t.FlowContinueDuration = -1 }},
		{"HlsSpecialParam.FlowContinueDuration", false, func(t *rules.Template) { t.FlowContinueDuration = 1801 }},
		{"HlsSpecialParam.FlowContinueDuration", true, func(t *rules.Template) { t.FlowContinueDuration = 1800 }},
		{"Mp4SpecialParam.FlowContinueDuration", false, func(t *rules.Template) { t.Mp4.FlowContinueDuration = -1 }},
		{"Mp4SpecialParam.FlowContinueDuration", false, func(t *rules.Template) { t.Mp4.FlowContinueDuration = 1801 }},
		{"Mp4SpecialParam.FlowContinueDuration", true, func(t *rules.Template) { t.Mp4.FlowContinueDuration = 1800 }},
	}
}

// formatLimits are those of one format; cut tells that RecordInterval matters, recorded that the format can be enabled.
func formatLimits(cut, recorded bool) []limit[*rules.FormatParam] {
	return []limit[*rules.FormatParam]{
		{"RecordInterval", !cut, func(p *rules.FormatParam) { p.RecordInterval = 59 }},
		{"RecordInterval", !cut, func(p *rules.FormatParam) { p.RecordInterval = 7201 }},
		{"RecordInterval", !cut, func(p *rules.FormatParam) { p.RecordInterval = -1 }},
		{"RecordInterval", true, func(p *rules.FormatParam) { p.RecordInterval = 60 }},
		{"RecordInterval", true, func(p *rules.FormatParam) { p.RecordInterval = 7200 }},
		{"StorageTime", false, func(p *rules.FormatParam) { p.StorageTime = -1 }},
		{"StorageTime", false, func(p *rules.FormatParam) { p.StorageTime = 129600001 }},
		{"StorageTime", true, func(p *rules.FormatParam) { p.StorageTime = 129600000 }},
		{"VodSubAppId", false, func(p *rules.FormatParam) { p.VodSubAppID = -1 }},
		{"VodSubAppId", true, func(p *rules.FormatParam) { p.VodSubAppID = 1500000000 }},
		{"ClassId", false, func(p *rules.FormatParam) { p.ClassID = -1 }},
		{"ClassId", true, func(p *rules.FormatParam) { p.ClassID = 1 }},
		{"StorageMode", false, func(p *rules.FormatParam) { p.StorageMode = "Cold" }},
		{"StorageMode", true, func(p *rules.FormatParam) { p.StorageMode = "cold" }},
		{"VodFileName", false, func(p *rules.FormatParam) { p.VodFileName = "{Stream}" }},
		{"VodFileName", true, func(p *rules.FormatParam) { p.VodFileName = "{StreamID}_{EndMillisecond}" }},
		{"Procedure", false, func(p *rules.FormatParam) { p.Procedure = strings.Repeat("p", 256) }},
		{"Procedure", true, func(p *rules.FormatParam) { p.Procedure = "flow" }},
		{"Enable", recorded, func(p *rules.FormatParam) { p.Enable = true }},
	}
}

func TestTemplateLimits(t *testing.T) {
	cases := templateLimits()
	for _, f := range []struct {
		wire          string
		cut, recorded bool
		param         func(*rules.Template) *rules.FormatParam
	}{
		{"FlvParam", true, true, func(t *rules.Template) *rules.FormatParam { return &t.Flv }},
		{"HlsParam", false, false, func(t *rules.Template) *rules.FormatParam { return &t.Hls }},
		{"Mp4Param", true, true, func(t *rules.Template) *rules.FormatParam { return &t.Mp4 }},
		{"AacParam", true, false, func(t *rules.Template) *rules.FormatParam { return &t.Aac }},
		{"Mp3Param", true, false, func(t *rules.Template) *rules.FormatParam { return &t.Mp3 }},
	} {
		for _, c := range formatLimits(f.cut, f.recorded) {
			cases = append(cases, limit[*rules.Template]{
				f.wire + "." + c.field, c.good, func(t *rules.Template) { c.apply(f.param(t)) },
			})
		}
	}
	s, _ := newService(t)
	base := createTemplate(t, s, "x", rules.FormatParam{}, rules.FormatParam{})
	for _, c := range cases {
		before := templates(t, s)
		changed := rules.Template{Name: "x"}
		c.apply(&changed)
		id, created := s.CreateTemplate(t.Context(), changed)
		modified := s.ModifyTemplate(t.Context(), base, func(t *rules.Template) error { c.apply(t); return nil })
		if !c.good {
			wantInvalid(t, created, c.field)
			wantInvalid(t, modified, c.field)
			if d := cmp.Diff(before, templates(t, s)); d != "" {
				t.Errorf("%s: stored all the same: %s", c.field, d)
			}
			continue
		}
		if created != nil || modified != nil {
			t.Errorf("%s: refused: %v, %v", c.field, created, modified)
		}
		must(t, s.DeleteTemplate(t.Context(), id))
		must(t, s.ModifyTemplate(t.Context(), base, func(t *rules.Template) error { *t = rules.Template{Name: "x"}; return nil }))
	}
}

func TestFormatNotRecorded(t *testing.T) {
	s, _ := newService(t)
	_, err := s.CreateTemplate(t.Context(), rules.Template{Name: "x", Hls: rules.FormatParam{Enable: true}})
	if want := "HlsParam.Enable: this version cannot record HLS; it records FLV, MP4"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestRuleKeys(t *testing.T) {
	long := strings.Repeat("a", media.MaxNameBytes+1)
	s, _ := newService(t)
	id := createTemplate(t, s, "x", rules.FormatParam{}, rules.FormatParam{})
	for _, c := range []struct {
		key    rules.RuleKey
		domain string
		field  string
	}{
		{key("d.example.com", "", ""), "d.example.com", ""},
		{key("D.Example.com.:1935", "live", "s"), "d.example.com", ""},
		{key("[2001:DB8::1]:1935", "live", ""), "2001:db8::1", ""},
		{key("10.0.0.1", "a/b/c/d", "日本"), "10.0.0.1", ""},
		{key("", "live", "s"), "", "DomainName"},
		{key("d", "a/b/c/d/e", ""), "", "AppName"},
		{key("d", "/live", ""), "", "AppName"},
		{key("d", "live/", "s"), "", "AppName"},
		{key("d", "..", ""), "", "AppName"},
		{key("d", "vod", ""), "", "AppName"},
		{key("d", long, ""), "", "AppName"},
		{key("d", "", long), "", "StreamName"},
		{key("d", "", "a/b"), "", "StreamName"},
		{key("d", "live", "a\nb"), "", "StreamName"},
		{key("d", "", "."), "", "StreamName"},
	} {
		err := s.CreateRule(t.Context(), rules.Rule{RuleKey: c.key, TemplateID: id})
		if c.field != "" {
			wantInvalid(t, err, c.field)
			wantInvalid(t, s.ModifyRule(t.Context(), c.key, 1), c.field)
			wantInvalid(t, s.DeleteRule(t.Context(), c.key), c.field)
			if all := stored(t, s); len(all) > 0 {
				t.Errorf("%v was stored", c.key)
			}
			continue
		}
		must(t, err)
		want := c.key
		want.Domain = c.domain
		if r := stored(t, s)[0]; r.RuleKey != want || r.TemplateID != id || !isNow(r.CreateTime) || r.UpdateTime != r.CreateTime {
			t.Errorf("%v was stored as %+v", c.key, r)
		}
		must(t, s.DeleteRule(t.Context(), c.key))
	}
	var bad *auth.InvalidError
	if err := s.CreateRule(t.Context(), rules.Rule{RuleKey: key("no host", "", "")}); !errors.As(err, &bad) {
		t.Error("a domain that is none:", err)
	}
}
