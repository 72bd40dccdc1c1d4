package store

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"aircheck/rules"
	"aircheck/server/auth"
)

func format(n int64) rules.FormatParam {
	return rules.FormatParam{
		Enable: true, RecordInterval: n, StorageTime: n + 1, VodSubAppID: n + 2, ClassID: n + 3, VodFileName: "{StreamID}",
		Procedure: "flow", StorageMode: "cold", FlowContinueDuration: n + 4,
	}
}

func template() rules.Template {
	return rules.Template{
		Name: "größe", Description: "what it is", Flv: format(100), Hls: format(200), Mp4: format(300), Aac: format(400),
		Mp3: format(500), FlowContinueDuration: 30, IsDelayLive: true, RemoveWatermark: true, FlvUploadInRecording: true,
		CreateTime: at, UpdateTime: at.Add(time.Second),
	}
}

func create(t testing.TB, s *Store) int64 {
	t.Helper()
	id, err := s.CreateTemplate(t.Context(), template())
	must(t, err)
	return id
}

func rule(domain, app, stream string, template int64) rules.Rule {
	return rules.Rule{
		RuleKey: rules.RuleKey{Domain: domain, App: app, Stream: stream}, TemplateID: template, CreateTime: at,
		UpdateTime: at.Add(time.Second),
	}
}

func TestTemplateRoundTrip(t *testing.T) {
	s := open(t)
	full := template()
	v := reflect.ValueOf(full)
	for i := range v.NumField() {
		if v.Field(i).IsZero() && v.Type().Field(i).Name != "ID" {
			t.Errorf("%s has no value in this test", v.Type().Field(i).Name)
		}
	}
	if full.ID = create(t, s); full.ID != 1 {
		t.Error("the first ID is", full.ID)
	}
	bareID, err := s.CreateTemplate(t.Context(), rules.Template{ID: 99})
	must(t, err)
	got, err := s.Templates(t.Context())
	must(t, err)
	if d := cmp.Diff([]rules.Template{full, {ID: bareID}}, got); d != "" {
		t.Error(d)
	}
}

func TestUpdateTemplate(t *testing.T) {
	s := open(t)
	id := create(t, s)
	refused := errors.New("refused")
	wantError(t, s.UpdateTemplate(t.Context(), id, func(t *rules.Template) error {
		t.Name = "refused"
		return refused
	}), refused)
	wantError(t, s.UpdateTemplate(t.Context(), 77, func(*rules.Template) error { return nil }), rules.ErrNotFound)
	must(t, s.UpdateTemplate(t.Context(), id, func(t *rules.Template) error {
		t.ID, t.Description, t.Mp4.Enable = 5, "", false
		return nil
	}))
	want := template()
	want.ID, want.Description, want.Mp4.Enable = id, "", false
	got, err := s.Templates(t.Context())
	must(t, err)
	if d := cmp.Diff([]rules.Template{want}, got); d != "" {
		t.Error(d)
	}
}

func TestTemplateIDsAreNeverUsedTwice(t *testing.T) {
	s := open(t)
	for want := range int64(5) {
		id := create(t, s)
		if id != want+1 {
			t.Errorf("got %d, want %d", id, want+1)
		}
		must(t, s.DeleteTemplate(t.Context(), id))
	}
	wantError(t, s.DeleteTemplate(t.Context(), 5), rules.ErrNotFound)
}

func TestRules(t *testing.T) {
	s := open(t)
	id := create(t, s)
	b, a, exact := rule("b.example.com", "", "", id), rule("a.example.com", "live", "", id), rule("a.example.com", "", "x", id)
	for _, r := range []rules.Rule{b, a, exact} {
		must(t, s.CreateRule(t.Context(), r))
	}
	got, err := s.Rules(t.Context())
	must(t, err)
	if d := cmp.Diff([]rules.Rule{exact, a, b}, got); d != "" {
		t.Error(d)
	}
	wantError(t, s.CreateRule(t.Context(), a), rules.ErrExists)
	wantError(t, s.CreateRule(t.Context(), rule("c.example.com", "", "", 77)), rules.ErrTemplateNotFound)
	other := create(t, s)
	changed := a
	changed.TemplateID, changed.UpdateTime = other, a.UpdateTime.Add(time.Hour)
	must(t, s.UpdateRule(t.Context(), changed))
	got, err = s.Rules(t.Context())
	must(t, err)
	if d := cmp.Diff([]rules.Rule{exact, changed, b}, got); d != "" {
		t.Error("with another template:", d)
	}
	wantError(t, s.DeleteTemplate(t.Context(), other), rules.ErrInUse)
	wantError(t, s.UpdateRule(t.Context(), rule("a.example.com", "live", "", 77)), rules.ErrTemplateNotFound)
	wantError(t, s.UpdateRule(t.Context(), rule("a.example.com", "", "", id)), rules.ErrNotFound)
	wantError(t, s.DeleteTemplate(t.Context(), id), rules.ErrInUse)
	wantError(t, s.DeleteRule(t.Context(), rules.RuleKey{Domain: "a.example.com"}), rules.ErrNotFound)
	for _, r := range []rules.Rule{b, a, exact} {
		must(t, s.DeleteRule(t.Context(), r.RuleKey))
	}
	must(t, s.DeleteTemplate(t.Context(), id))
}

func TestRuleRegistersDomain(t *testing.T) {
	s := open(t)
	id := create(t, s)
	must(t, s.CreateRule(t.Context(), rule("a.example.com", "", "", id)))
	must(t, s.CreateRule(t.Context(), rule("a.example.com", "live", "", id)))
	wantError(t, s.CreateRule(t.Context(), rule("failed.example.com", "", "", 77)), rules.ErrTemplateNotFound)
	domains, err := s.Domains(t.Context())
	must(t, err)
	if len(domains) != 1 {
		t.Fatal("domains:", domains)
	}
	d := domains[0]
	if d.Name != "a.example.com" || d.Type != auth.PushDomain || !d.Enabled || d.BuiltIn || !d.Push.Enable || len(d.Push.Master) < 16 {
		t.Errorf("registered %+v", d)
	}
	wantError(t, s.DeleteDomain(t.Context(), "a.example.com"), auth.ErrDomainInUse)

	play, err := auth.NewDomain("play.example.com", auth.PlayDomain)
	must(t, err)
	must(t, s.CreateDomain(t.Context(), play))
	var invalid *rules.InvalidError
	if err := s.CreateRule(t.Context(), rule("play.example.com", "", "", id)); !errors.As(err, &invalid) {
		t.Error("rule of a play domain:", err)
	}
	var bad *auth.InvalidError
	if err := s.CreateRule(t.Context(), rule("no host", "", "", id)); !errors.As(err, &bad) {
		t.Error("rule of a bad domain:", err)
	}
}

// race calls do from many goroutines at once and counts how often it succeeds; every other result must be want.
func race(t *testing.T, want error, do func(i int) error) int {
	t.Helper()
	var wg sync.WaitGroup
	var done atomic.Int64
	for i := range 80 {
		wg.Go(func() {
			if err := do(i); err == nil {
				done.Add(1)
			} else {
				wantError(t, err, want)
			}
		})
	}
	wg.Wait()
	return int(done.Load())
}

func TestLimits(t *testing.T) {
	s := open(t)
	n := race(t, rules.ErrTemplateLimit, func(int) error {
		_, err := s.CreateTemplate(t.Context(), template())
		return err
	})
	if all, err := s.Templates(t.Context()); n != rules.MaxTemplates || len(all) != n || err != nil {
		t.Errorf("%d templates were created, %d are there: %v", n, len(all), err)
	}
	all, _ := s.Templates(t.Context())
	n = race(t, rules.ErrRuleLimit, func(i int) error {
		return s.CreateRule(t.Context(), rule("localhost", "live", fmt.Sprint(i), all[0].ID))
	})
	if found, err := s.Rules(t.Context()); n != rules.MaxRules || len(found) != n || err != nil {
		t.Errorf("%d rules were created, %d are there: %v", n, len(found), err)
	}
	// A duplicate is named as such even when there is no room.
	found, _ := s.Rules(t.Context())
	wantError(t, s.CreateRule(t.Context(), found[0]), rules.ErrExists)

	n = race(t, rules.ErrExists, func(int) error {
		if err := s.DeleteRule(t.Context(), found[0].RuleKey); err != nil && !errors.Is(err, rules.ErrNotFound) {
			return err
		}
		return s.CreateRule(t.Context(), found[0])
	})
	if left, err := s.Rules(t.Context()); n < 1 || len(left) != rules.MaxRules || err != nil {
		t.Errorf("%d times created, %d rules are left: %v", n, len(left), err)
	}
}

func TestDomainLimit(t *testing.T) {
	s := open(t)
	id := create(t, s)
	for i := range auth.MaxDomains {
		d, err := auth.NewDomain(fmt.Sprintf("d%d.example.com", i), auth.PushDomain)
		must(t, err)
		must(t, s.CreateDomain(t.Context(), d))
	}
	d, err := auth.NewDomain("more.example.com", auth.PushDomain)
	must(t, err)
	wantError(t, s.CreateDomain(t.Context(), d), auth.ErrDomainLimit)
	wantError(t, s.CreateRule(t.Context(), rule("more.example.com", "", "", id)), auth.ErrDomainLimit)
	must(t, s.CreateRule(t.Context(), rule("d0.example.com", "", "", id)))
	if found, err := s.Rules(t.Context()); len(found) != 1 || err != nil {
		t.Error("rules:", found, err)
	}
}

func TestDomainRoundTrip(t *testing.T) {
	s := open(t)
	full := auth.Domain{
		Name: "b.example.com", Type: auth.PlayDomain, Enabled: true, BuiltIn: true, PlayType: 3, IsDelayLive: true,
		IsMiniProgramLive: true, Push: auth.Key{Enable: true, Master: "m", Backup: "b", Delta: time.Hour + 1}, CreateTime: at,
	}
	bare := auth.Domain{Name: "a.example.com"}
	must(t, s.CreateDomain(t.Context(), full))
	must(t, s.CreateDomain(t.Context(), bare))
	got, err := s.Domains(t.Context())
	must(t, err)
	if d := cmp.Diff([]auth.Domain{bare, full}, got); d != "" {
		t.Error(d)
	}
	wantError(t, s.CreateDomain(t.Context(), bare), auth.ErrDomainExists)
	wantError(t, s.DeleteDomain(t.Context(), full.Name), auth.ErrDomainInUse)
	wantError(t, s.DeleteDomain(t.Context(), "none.example.com"), auth.ErrDomainNotFound)
	refused := errors.New("refused")
	wantError(t, s.UpdateDomain(t.Context(), full.Name, func(*auth.Domain) error { return refused }), refused)
	wantError(t, s.UpdateDomain(t.Context(), "none.example.com", func(*auth.Domain) error { return nil }), auth.ErrDomainNotFound)
	must(t, s.UpdateDomain(t.Context(), full.Name, func(d *auth.Domain) error {
		*d = auth.Domain{Name: "other.example.com", Push: auth.Key{Master: "new"}}
		return nil
	}))
	must(t, s.DeleteDomain(t.Context(), bare.Name))
	got, err = s.Domains(t.Context())
	must(t, err)
	if d := cmp.Diff([]auth.Domain{{Name: full.Name, Push: auth.Key{Master: "new"}}}, got); d != "" {
		t.Error("after the change:", d)
	}
}

func TestSeed(t *testing.T) {
	s := open(t)
	for range 2 {
		must(t, s.Seed(t.Context(), template(), rule("localhost", "", "", 0)))
	}
	templates, err := s.Templates(t.Context())
	must(t, err)
	found, err := s.Rules(t.Context())
	must(t, err)
	if len(templates) != 1 || len(found) != 1 || found[0].TemplateID != templates[0].ID {
		t.Fatal("seeded:", templates, found)
	}
	must(t, s.DeleteRule(t.Context(), found[0].RuleKey))
	must(t, s.DeleteTemplate(t.Context(), templates[0].ID))
	must(t, s.Seed(t.Context(), template(), rule("localhost", "", "", 0)))
	if templates, err := s.Templates(t.Context()); len(templates) != 0 || err != nil {
		t.Error("seeded again:", templates, err)
	}

	used := open(t)
	create(t, used)
	must(t, used.Seed(t.Context(), template(), rule("localhost", "", "", 0)))
	if found, err := used.Rules(t.Context()); len(found) != 0 || err != nil {
		t.Error("seeded a store in use:", found, err)
	}
}

// TestSixteenWriters: transactions that read before they write never fail because of each other.
func TestSixteenWriters(t *testing.T) {
	s := openAt(t, filepath.Join(t.TempDir(), "aircheck.db"))
	id := create(t, s)
	must(t, s.UpdateTemplate(t.Context(), id, func(t *rules.Template) error { t.FlowContinueDuration = 0; return nil }))
	const writers, each = 16, 20
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			for range each {
				err := s.UpdateTemplate(context.WithoutCancel(t.Context()), id, func(t *rules.Template) error {
					t.FlowContinueDuration++
					return nil
				})
				if err != nil {
					t.Error(err)
				}
				if _, err := s.Templates(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	all, err := s.Templates(t.Context())
	must(t, err)
	if got := all[0].FlowContinueDuration; got != writers*each {
		t.Errorf("%d changes are there, want %d", got, writers*each)
	}
}
