package store

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"aircheck/ingest/media"
	"aircheck/recorder"
	"aircheck/rules"
	"aircheck/server/auth"
	"aircheck/vod"
)

func newService(s *Store, domains *auth.Domains) *rules.Service {
	return &rules.Service{
		Store: s, Formats: []string{"flv", "mp4"}, Changed: domains.Reload,
		CleanDomain: func(name string) (string, error) {
			name = auth.CleanHost(name)
			return name, auth.ValidDomain(name)
		},
	}
}

// TestServices runs the services of rules and domains on the real store, over a restart.
func TestServices(t *testing.T) {
	ctx := t.Context()
	path := filepath.Join(t.TempDir(), "aircheck.db")
	s, err := Open(ctx, path)
	must(t, err)
	domains := &auth.Domains{Store: s}
	must(t, domains.Load(ctx))
	service := newService(s, domains)
	must(t, service.Seed(ctx, "localhost"))

	key := media.StreamKey{Domain: "Live.Example.com:1935", App: "live", Stream: "cam"}
	id, err := service.CreateTemplate(ctx, rules.Template{Name: "none"})
	must(t, err)
	must(t, service.CreateRule(ctx, rules.Rule{RuleKey: rules.RuleKey{Domain: "LIVE.example.COM."}, TemplateID: id}))
	if name, err := domains.Resolve("live.example.com", ""); name != "live.example.com" || err != nil {
		t.Error("a domain named by a rule is not known:", name, err)
	}
	wantError(t, domains.Delete(ctx, "live.example.com", auth.PushDomain), auth.ErrDomainInUse)
	wantError(t, service.DeleteTemplate(ctx, id), rules.ErrInUse)
	wantError(t, service.CreateRule(ctx, rules.Rule{
		RuleKey: rules.RuleKey{Domain: "live.example.com"}, TemplateID: id,
	}), rules.ErrExists)
	wantError(t, service.CreateRule(ctx, rules.Rule{
		RuleKey: rules.RuleKey{Domain: "localhost", App: "x"}, TemplateID: 77,
	}), rules.ErrTemplateNotFound)
	var bad *auth.InvalidError
	if err := service.CreateRule(ctx, rules.Rule{RuleKey: rules.RuleKey{Domain: "no host"}}); !errors.As(err, &bad) {
		t.Error("bad domain:", err)
	}
	got, err := service.Explain(ctx, key)
	if err != nil || len(got) != 1 || got[0].Records || got[0].Template.Name != "none" {
		t.Error(got, err)
	}
	must(t, service.DeleteRule(ctx, rules.RuleKey{Domain: "localhost"}))
	must(t, s.Close())

	s = openAt(t, path)
	service = newService(s, &auth.Domains{Store: s})
	must(t, service.Seed(ctx, "localhost"))
	if all, err := service.Rules(ctx); len(all) != 1 || err != nil {
		t.Error("after a restart the deleted rule is back:", all, err)
	}
	if got, err := service.Explain(ctx, key); len(got) != 1 || err != nil {
		t.Error("after a restart:", got, err)
	}
	if all, err := service.Templates(ctx); len(all) != 2 || err != nil || all[0].Name != "default" {
		t.Error("templates:", all, err)
	}
}

// TestEngineFinished catalogues one file three times, as after a crash.
func TestEngineFinished(t *testing.T) {
	s := open(t)
	e := &rules.Engine{Service: &rules.Service{Store: s}, Log: slog.New(slog.DiscardHandler)}
	f := recorder.File{ID: 5, Name: "x", Size: 9, Start: at, End: at.Add(time.Second), Spec: recorder.Spec{Format: "mp4"}}
	for range 3 {
		must(t, e.Finished(context.Background(), f))
	}
	page, err := s.SearchAssets(t.Context(), vod.Filter{Limit: 10})
	if err != nil || page.Total != 1 || page.Assets[0].Name != "x" {
		t.Error(page, err)
	}
	if n := len(events(t, s)); n != 1 {
		t.Errorf("%d events", n)
	}
}
