package rules

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aircheck/ingest/media"
)

func TestTemplateDefaults(t *testing.T) {
	s, m := newService()
	id, err := s.CreateTemplate(t.Context(), Template{ID: 9, Name: "模板-1_ä", Mp4: FormatParam{Enable: true}, Flv: FormatParam{RecordInterval: 60}})
	must(t, err)
	got := m.templates[0]
	if id != 1 || !isNow(got.CreateTime) || got.UpdateTime != got.CreateTime {
		t.Error("id and times:", id, got.CreateTime, got.UpdateTime)
	}
	std := FormatParam{RecordInterval: 1800, StorageMode: "normal"}
	want := Template{
		ID: 1, Name: "模板-1_ä", Flv: std, Mp4: std, Aac: std, Mp3: std, Hls: FormatParam{StorageMode: "normal"},
		CreateTime: got.CreateTime, UpdateTime: got.UpdateTime,
	}
	want.Flv.RecordInterval, want.Mp4.Enable = 60, true
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestTemplateLimits(t *testing.T) {
	all := map[string]func(*Template) *FormatParam{
		"FlvParam": func(t *Template) *FormatParam { return &t.Flv },
		"HlsParam": func(t *Template) *FormatParam { return &t.Hls },
		"Mp4Param": func(t *Template) *FormatParam { return &t.Mp4 },
		"AacParam": func(t *Template) *FormatParam { return &t.Aac },
		"Mp3Param": func(t *Template) *FormatParam { return &t.Mp3 },
	}
	type change struct {
		field string
		good  bool
		apply func(*Template)
	}
	cases := []change{
		{"TemplateName", false, func(t *Template) { t.Name = "" }},
		{"TemplateName", false, func(t *Template) { t.Name = "with space" }},
		{"TemplateName", false, func(t *Template) { t.Name = "a/b" }},
		{"TemplateName", false, func(t *Template) { t.Name = "a\xff" }},
		{"TemplateName", false, func(t *Template) { t.Name = "smile\U0001F600" }},
		{"TemplateName", false, func(t *Template) { t.Name = strings.Repeat("a", 256) }},
		{"TemplateName", true, func(t *Template) { t.Name = strings.Repeat("a", 255) }},
		{"TemplateName", true, func(t *Template) { t.Name = "हिन्दी_录制-9" }},
		{"Description", false, func(t *Template) { t.Description = strings.Repeat("a", 1025) }},
		{"Description", false, func(t *Template) { t.Description = "\xff" }},
		{"Description", true, func(t *Template) { t.Description = strings.Repeat("a", 1024) }},
		{"HlsSpecialParam.FlowContinueDuration", false, func(t *Template) { t.FlowContinueDuration = -1 }},
		{"HlsSpecialParam.FlowContinueDuration", false, func(t *Template) { t.FlowContinueDuration = 1801 }},
		{"HlsSpecialParam.FlowContinueDuration", true, func(t *Template) { t.FlowContinueDuration = 1800 }},
	}
	for wire, param := range all {
		timed := wire != "HlsParam"
		for _, c := range []struct {
			field string
			good  bool
			apply func(*FormatParam)
		}{
			{".RecordInterval", !timed, func(p *FormatParam) { p.RecordInterval = 59 }},
			{".RecordInterval", !timed, func(p *FormatParam) { p.RecordInterval = 7201 }},
			{".RecordInterval", !timed, func(p *FormatParam) { p.RecordInterval = -1 }},
			{".RecordInterval", true, func(p *FormatParam) { p.RecordInterval = 60 }},
			{".RecordInterval", true, func(p *FormatParam) { p.RecordInterval = 7200 }},
			{".StorageTime", false, func(p *FormatParam) { p.StorageTime = -1 }},
			{".StorageTime", false, func(p *FormatParam) { p.StorageTime = 129600001 }},
			{".StorageTime", true, func(p *FormatParam) { p.StorageTime = 129600000 }},
			{".VodSubAppId", false, func(p *FormatParam) { p.VodSubAppID = -1 }},
			{".VodSubAppId", true, func(p *FormatParam) { p.VodSubAppID = 1500000000 }},
			{".ClassId", false, func(p *FormatParam) { p.ClassID = -1 }},
			{".ClassId", true, func(p *FormatParam) { p.ClassID = 1 }},
			{".StorageMode", false, func(p *FormatParam) { p.StorageMode = "Cold" }},
			{".StorageMode", true, func(p *FormatParam) { p.StorageMode = "cold" }},
			{".VodFileName", false, func(p *FormatParam) { p.VodFileName = "{Stream}" }},
			{".VodFileName", true, func(p *FormatParam) { p.VodFileName = "{StreamID}_{EndMillisecond}" }},
			{".Procedure", false, func(p *FormatParam) { p.Procedure = strings.Repeat("p", 256) }},
			{".Procedure", true, func(p *FormatParam) { p.Procedure = "flow" }},
			{".Enable", wire == "FlvParam" || wire == "Mp4Param", func(p *FormatParam) { p.Enable = true }},
		} {
			cases = append(cases, change{wire + c.field, c.good, func(t *Template) { c.apply(param(t)) }})
		}
	}
	for _, c := range cases {
		s, m := newService()
		x := Template{Name: "x"}
		c.apply(&x)
		_, err := s.CreateTemplate(t.Context(), x)
		m.templates = []Template{{ID: 1, Name: "x"}}
		modified := s.ModifyTemplate(t.Context(), 1, func(t *Template) error { c.apply(t); return nil })
		if c.good && (err != nil || modified != nil) {
			t.Errorf("%s: refused: %v, %v", c.field, err, modified)
		}
		if !c.good {
			wantInvalid(t, err, c.field)
			wantInvalid(t, modified, c.field)
			if d := cmp.Diff([]Template{{ID: 1, Name: "x"}}, m.templates); d != "" {
				t.Errorf("%s: stored all the same: %s", c.field, d)
			}
		}
	}
}

func TestFormatNotRecorded(t *testing.T) {
	s, _ := newService()
	_, err := s.CreateTemplate(t.Context(), Template{Name: "x", Hls: FormatParam{Enable: true}})
	if want := "HlsParam.Enable: this version cannot record HLS; it records FLV, MP4"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestModifyTemplate(t *testing.T) {
	s, m := newService()
	id, err := s.CreateTemplate(t.Context(), Template{Name: "x"})
	must(t, err)
	before := m.templates[0]
	must(t, s.ModifyTemplate(t.Context(), id, func(t *Template) error {
		t.Name, t.CreateTime, t.Flv.Enable = "y", t.CreateTime.AddDate(1, 0, 0), true
		return nil
	}))
	got := m.templates[0]
	if got.Name != "y" || !got.CreateTime.Equal(before.CreateTime) || got.UpdateTime.Before(before.UpdateTime) {
		t.Errorf("%+v", got)
	}
	refused := errors.New("refused")
	wantError(t, s.ModifyTemplate(t.Context(), id, func(*Template) error { return refused }), refused)
	wantError(t, s.ModifyTemplate(t.Context(), 77, func(*Template) error { return nil }), ErrNotFound)
	if x, err := s.Template(t.Context(), id); x.Name != "y" || err != nil {
		t.Error("the snapshot has", x, err)
	}
	_, err = s.Template(t.Context(), 77)
	wantError(t, err, ErrNotFound)
}

func TestRuleKeys(t *testing.T) {
	long := strings.Repeat("a", media.MaxNameBytes+1)
	for _, c := range []struct {
		key   RuleKey
		field string
	}{
		{RuleKey{"d", "", ""}, ""},
		{RuleKey{"d", "live", "s"}, ""},
		{RuleKey{"d", "a/b/c/d", "日本"}, ""},
		{RuleKey{"", "live", "s"}, "DomainName"},
		{RuleKey{"d", "a/b/c/d/e", ""}, "AppName"},
		{RuleKey{"d", "/live", ""}, "AppName"},
		{RuleKey{"d", "live/", "s"}, "AppName"},
		{RuleKey{"d", "..", ""}, "AppName"},
		{RuleKey{"d", "vod", ""}, "AppName"},
		{RuleKey{"d", long, ""}, "AppName"},
		{RuleKey{"d", "", long}, "StreamName"},
		{RuleKey{"d", "", "a/b"}, "StreamName"},
		{RuleKey{"d", "live", "a\nb"}, "StreamName"},
		{RuleKey{"d", "", "."}, "StreamName"},
	} {
		s, m := newService()
		err := s.CreateRule(t.Context(), Rule{RuleKey: c.key, TemplateID: 1})
		if c.field != "" {
			wantInvalid(t, err, c.field)
			wantInvalid(t, s.DeleteRule(t.Context(), c.key), c.field)
			if len(m.rules) > 0 {
				t.Errorf("%v was stored", c.key)
			}
			continue
		}
		must(t, err)
		want := c.key
		want.Domain = "clean.d"
		if r := m.rules[0]; r.RuleKey != want || r.TemplateID != 1 || !isNow(r.CreateTime) || r.UpdateTime != r.CreateTime {
			t.Errorf("%v was stored as %+v", c.key, r)
		}
		must(t, s.DeleteRule(t.Context(), c.key))
		if len(m.rules) > 0 {
			t.Errorf("%v was not deleted", c.key)
		}
	}
	s, _ := newService()
	wantError(t, s.CreateRule(t.Context(), Rule{RuleKey: RuleKey{Domain: "BAD"}}), errBadHost)
}

func TestExplain(t *testing.T) {
	s, m := newService()
	must(t, s.Reload(t.Context()))
	key := media.StreamKey{Domain: "d", App: "live", Stream: "cam"}
	if got, err := s.Explain(t.Context(), key); len(got) != 0 || err != nil {
		t.Error("without rules:", got, err)
	}
	records, err := s.CreateTemplate(t.Context(), Template{Name: "records", Mp4: FormatParam{Enable: true}})
	must(t, err)
	none, err := s.CreateTemplate(t.Context(), Template{Name: "none"})
	must(t, err)
	must(t, s.CreateRule(t.Context(), Rule{RuleKey: RuleKey{Domain: "d"}, TemplateID: records}))
	must(t, s.CreateRule(t.Context(), Rule{RuleKey: RuleKey{Domain: "d", Stream: "cam"}, TemplateID: none}))
	must(t, s.CreateRule(t.Context(), Rule{RuleKey: RuleKey{Domain: "d", Stream: "other"}, TemplateID: records}))
	got, err := s.Explain(t.Context(), key)
	must(t, err)
	want := []Explained{
		{Rule: m.rules[1], Template: m.templates[1], Wins: true},
		{Rule: m.rules[0], Template: m.templates[0], Records: true},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	for field, bad := range map[string]media.StreamKey{
		"DomainName": {App: "a", Stream: "s"}, "AppName": {Domain: "d", Stream: "s"}, "StreamName": {Domain: "d", App: "a"},
	} {
		_, err := s.Explain(t.Context(), bad)
		wantInvalid(t, err, field)
	}
}

// TestSnapshot: each change is in the snapshot when it returns, and asking the snapshot reads no store.
func TestSnapshot(t *testing.T) {
	s, m := newService()
	key := media.StreamKey{Domain: "clean.d", App: "live", Stream: "cam"}
	if got := s.Snapshot().Explain(key); got != nil {
		t.Error("before the first reload:", got)
	}
	changes := 0
	s.Changed = func(context.Context) error { changes++; return nil }
	id, err := s.CreateTemplate(t.Context(), Template{Name: "x"})
	must(t, err)
	must(t, s.CreateRule(t.Context(), Rule{RuleKey: RuleKey{Domain: "d"}, TemplateID: id}))
	old := s.Snapshot()
	must(t, s.ModifyTemplate(t.Context(), id, func(t *Template) error { t.Flv.Enable = true; return nil }))
	reads := m.reads
	if old.Explain(key)[0].Records || !s.Snapshot().Explain(key)[0].Records {
		t.Error("the change is in the old snapshot, or not in the new one")
	}
	if m.reads != reads {
		t.Error("a snapshot read the store")
	}
	must(t, s.DeleteRule(t.Context(), RuleKey{Domain: "d"}))
	must(t, s.DeleteTemplate(t.Context(), id))
	if got := s.Snapshot().Explain(key); len(got) != 0 {
		t.Error("a deleted rule is in force:", got)
	}
	if changes != 5 {
		t.Errorf("Changed was called %d times", changes)
	}
}

// TestChangeOutlivesCaller: a change that was made is in force even when its caller is gone by then.
func TestChangeOutlivesCaller(t *testing.T) {
	s, _ := newService()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s.Changed = func(ctx context.Context) error { return ctx.Err() }
	must(t, s.CreateRule(ctx, Rule{RuleKey: RuleKey{Domain: "d"}}))
}

func TestStoreErrors(t *testing.T) {
	s, m := newService()
	m.fails = errors.New("store failed")
	key := RuleKey{Domain: "d"}
	ctx := t.Context()
	for i, do := range []func() error{
		func() error { return s.Reload(ctx) },
		func() error { _, err := s.CreateTemplate(ctx, Template{Name: "x"}); return err },
		func() error { return s.DeleteTemplate(ctx, 1) },
		func() error { _, err := s.Templates(ctx); return err },
		func() error { return s.CreateRule(ctx, Rule{RuleKey: key}) },
		func() error { return s.DeleteRule(ctx, key) },
		func() error { _, err := s.Rules(ctx); return err },
		func() error { return s.Seed(ctx, "d") },
	} {
		t.Run(fmt.Sprint(i), func(t *testing.T) { wantError(t, do(), m.fails) })
	}
	m.fails = nil
	failed := errors.New("hook failed")
	s.Changed = func(context.Context) error { return failed }
	wantError(t, s.CreateRule(ctx, Rule{RuleKey: key}), failed)
}

func TestSeedValues(t *testing.T) {
	s, m := newService()
	must(t, s.Seed(t.Context(), "d"))
	got := s.Snapshot().Explain(media.StreamKey{Domain: "clean.d", App: "any", Stream: "any"})
	if len(got) != 1 || !got[0].Records || !isNow(got[0].CreateTime) {
		t.Fatalf("%+v", got)
	}
	f := got[0].Template.Formats()
	if len(f) != 1 || f["mp4"].RecordInterval != 1800 || f["mp4"].StorageTime != 0 || m.templates[0].Name != "default" {
		t.Errorf("%+v", m.templates)
	}
	wantError(t, s.Seed(t.Context(), "BAD"), errBadHost)
	s.Formats = []string{"flv"}
	wantInvalid(t, s.Seed(t.Context(), "d"), "Mp4Param.Enable")
}
