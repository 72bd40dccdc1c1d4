package rules_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aircheck/ingest/media"
	"aircheck/rules"
)

var enabled = rules.FormatParam{Enable: true}

func TestTemplateDefaults(t *testing.T) {
	s, _ := newService(t)
	id := createTemplate(t, s, "模板-1_ä", rules.FormatParam{RecordInterval: 60}, enabled)
	got, err := s.Template(t.Context(), id)
	must(t, err)
	if !isNow(got.CreateTime) || got.UpdateTime != got.CreateTime {
		t.Error("times:", got.CreateTime, got.UpdateTime)
	}
	std := rules.FormatParam{RecordInterval: 1800, StorageMode: "normal"}
	want := rules.Template{
		ID: 1, Name: "模板-1_ä", Flv: std, Mp4: std, Aac: std, Mp3: std, Hls: rules.FormatParam{StorageMode: "normal"},
		CreateTime: got.CreateTime, UpdateTime: got.UpdateTime,
	}
	want.Flv.RecordInterval, want.Mp4.Enable = 60, true
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestModifyTemplate(t *testing.T) {
	s, _ := newService(t)
	id := createTemplate(t, s, "x", rules.FormatParam{}, enabled)
	before, err := s.Template(t.Context(), id)
	must(t, err)
	must(t, s.ModifyTemplate(t.Context(), id, func(t *rules.Template) error {
		t.Name, t.CreateTime, t.Flv.Enable = "y", t.CreateTime.AddDate(1, 0, 0), true
		return nil
	}))
	got, err := s.Template(t.Context(), id)
	must(t, err)
	if got.UpdateTime.Before(before.UpdateTime) {
		t.Error("UpdateTime:", got.UpdateTime)
	}
	before.Name, before.Flv.Enable, before.UpdateTime = "y", true, got.UpdateTime
	if d := cmp.Diff(before, got); d != "" {
		t.Error(d)
	}
	refused := errors.New("refused")
	wantError(t, s.ModifyTemplate(t.Context(), id, func(*rules.Template) error { return refused }), refused)
	wantError(t, s.ModifyTemplate(t.Context(), 77, func(*rules.Template) error { return nil }), rules.ErrNotFound)
	_, err = s.Template(t.Context(), 77)
	wantError(t, err, rules.ErrNotFound)
	wantError(t, s.DeleteTemplate(t.Context(), 77), rules.ErrNotFound)
}

func TestCreateRuleErrors(t *testing.T) {
	s, _ := newService(t)
	id := createTemplate(t, s, "x", rules.FormatParam{}, enabled)
	createRule(t, s, key("d", "", ""), id)
	wantError(t, s.CreateRule(t.Context(), rules.Rule{RuleKey: key("D", "", ""), TemplateID: id}), rules.ErrExists)
	wantError(t, s.CreateRule(t.Context(), rules.Rule{RuleKey: key("d", "a", ""), TemplateID: 77}), rules.ErrTemplateNotFound)
	wantError(t, s.DeleteRule(t.Context(), key("d", "a", "")), rules.ErrNotFound)
	inUse := s.DeleteTemplate(t.Context(), id)
	wantError(t, inUse, rules.ErrInUse)
	if !strings.Contains(inUse.Error(), key("d", "", "").String()) {
		t.Errorf("%v names no rule that uses the template", inUse)
	}
	for i := range rules.MaxRules - 1 {
		createRule(t, s, key("d", "", fmt.Sprint(i)), id)
	}
	wantError(t, s.CreateRule(t.Context(), rules.Rule{RuleKey: key("d", "", "more"), TemplateID: id}), rules.ErrRuleLimit)
	for range rules.MaxTemplates - 1 {
		createTemplate(t, s, "x", rules.FormatParam{}, enabled)
	}
	_, err := s.CreateTemplate(t.Context(), rules.Template{Name: "more"})
	wantError(t, err, rules.ErrTemplateLimit)
}

func TestExplain(t *testing.T) {
	s, _ := newService(t)
	must(t, s.Reload(t.Context()))
	live := media.StreamKey{Domain: "D.example.com", App: "live", Stream: "cam"}
	if got, err := s.Explain(t.Context(), live); len(got) != 0 || err != nil {
		t.Error("without rules:", got, err)
	}
	records := createTemplate(t, s, "records", rules.FormatParam{}, enabled)
	none := createTemplate(t, s, "none", rules.FormatParam{}, rules.FormatParam{})
	createRule(t, s, key("d.example.com", "", ""), records)
	createRule(t, s, key("d.example.com", "", "cam"), none)
	createRule(t, s, key("d.example.com", "", "other"), records)
	got, err := s.Explain(t.Context(), live)
	must(t, err)
	all, kinds := stored(t, s), templates(t, s)
	want := []rules.Explained{
		{Rule: all[1], Template: kinds[1], Wins: true},
		{Rule: all[0], Template: kinds[0], Records: true},
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

// TestSnapshot: each change is in the snapshot when it returns, and a snapshot needs no store.
func TestSnapshot(t *testing.T) {
	s, db := newService(t)
	live := media.StreamKey{Domain: "d", App: "live", Stream: "cam"}
	if got := s.Snapshot().Explain(live); got != nil {
		t.Error("before the first reload:", got)
	}
	changes := 0
	s.Changed = func(context.Context) error { changes++; return nil }
	id := createTemplate(t, s, "x", rules.FormatParam{}, rules.FormatParam{})
	createRule(t, s, key("d", "", ""), id)
	old := s.Snapshot()
	must(t, s.ModifyTemplate(t.Context(), id, func(t *rules.Template) error { t.Flv.Enable = true; return nil }))
	if old.Explain(live)[0].Records || !s.Snapshot().Explain(live)[0].Records {
		t.Error("the change is in the old snapshot, or not in the new one")
	}
	must(t, s.DeleteRule(t.Context(), key("d", "", "")))
	must(t, s.DeleteTemplate(t.Context(), id))
	if got := s.Snapshot().Explain(live); len(got) != 0 {
		t.Error("a deleted rule is in force:", got)
	}
	if changes != 5 {
		t.Errorf("Changed was called %d times", changes)
	}
	must(t, db.Close())
	if got := old.Explain(live); len(got) != 1 || got[0].Template.Name != "x" {
		t.Error("without its store:", got)
	}
}

// TestChangeOutlivesCaller: a change that was made is in force even when its caller has gone meanwhile.
func TestChangeOutlivesCaller(t *testing.T) {
	s, _ := newService(t)
	id := createTemplate(t, s, "x", rules.FormatParam{}, enabled)
	ctx, cancel := context.WithCancel(t.Context())
	hook := errors.New("not called")
	s.Changed = func(ctx context.Context) error { hook = ctx.Err(); return nil }
	must(t, s.ModifyTemplate(ctx, id, func(t *rules.Template) error { cancel(); t.Name = "y"; return nil }))
	if got, err := s.Template(t.Context(), id); got.Name != "y" || err != nil || hook != nil {
		t.Error(got.Name, err, hook)
	}
	wantError(t, s.DeleteTemplate(ctx, id), context.Canceled)
	failed := errors.New("failed")
	s.Changed = func(context.Context) error { return failed }
	wantError(t, s.DeleteTemplate(t.Context(), id), failed)
}

func TestStoreGone(t *testing.T) {
	s, db := newService(t)
	must(t, db.Close())
	ctx := t.Context()
	for name, do := range map[string]func() error{
		"Reload":         func() error { return s.Reload(ctx) },
		"CreateTemplate": func() error { _, err := s.CreateTemplate(ctx, rules.Template{Name: "x"}); return err },
		"ModifyTemplate": func() error { return s.ModifyTemplate(ctx, 1, func(*rules.Template) error { return nil }) },
		"DeleteTemplate": func() error { return s.DeleteTemplate(ctx, 1) },
		"Templates":      func() error { _, err := s.Templates(ctx); return err },
		"CreateRule":     func() error { return s.CreateRule(ctx, rules.Rule{RuleKey: key("d", "", "")}) },
		"ModifyRule":     func() error { return s.ModifyRule(ctx, key("d", "", ""), 1) },
		"DeleteRule":     func() error { return s.DeleteRule(ctx, key("d", "", "")) },
		"Rules":          func() error { _, err := s.Rules(ctx); return err },
		"Seed":           func() error { return s.Seed(ctx, "d") },
	} {
		if err := do(); err == nil || errors.Is(err, rules.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSeed(t *testing.T) {
	s, _ := newService(t)
	must(t, s.Seed(t.Context(), "d"))
	got := s.Snapshot().Explain(media.StreamKey{Domain: "d", App: "any", Stream: "any"})
	if len(got) != 1 || !got[0].Records || !isNow(got[0].CreateTime) {
		t.Fatalf("%+v", got)
	}
	f := got[0].Template.Formats()
	if len(f) != 1 || f["mp4"].RecordInterval != 1800 || f["mp4"].StorageTime != 0 || got[0].Template.Name != "default" {
		t.Errorf("%+v", got[0].Template)
	}
	must(t, s.DeleteRule(t.Context(), got[0].RuleKey))
	must(t, s.Seed(t.Context(), "d"))
	if all := stored(t, s); len(all) > 0 {
		t.Error("what was deleted is back:", all)
	}
	wantInvalid(t, s.Seed(t.Context(), ""), "DomainName")
	s.Formats = []string{"flv"}
	wantInvalid(t, s.Seed(t.Context(), "d"), "Mp4Param.Enable")
}
