package rules_test

import (
	"errors"
	"testing"
	"time"

	"go.uber.org/goleak"

	"aircheck/rules"
	"aircheck/server/auth"
	"aircheck/server/store"
	"aircheck/server/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// newService returns a service on a database of its own.
func newService(t *testing.T) (*rules.Service, *store.Store) {
	t.Helper()
	db, err := store.Open(t.Context(), storetest.File(t))
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	return &rules.Service{Store: db, Formats: []string{"flv", "mp4"}, CleanDomain: cleanDomain}, db
}

func cleanDomain(name string) (string, error) {
	name = auth.CleanHost(name)
	return name, auth.ValidDomain(name)
}

// createTemplate creates a template that records these formats.
func createTemplate(t *testing.T, s *rules.Service, name string, flv, mp4 rules.FormatParam) int64 {
	t.Helper()
	id, err := s.CreateTemplate(t.Context(), rules.Template{Name: name, Flv: flv, Mp4: mp4})
	must(t, err)
	return id
}

func createRule(t *testing.T, s *rules.Service, k rules.RuleKey, template int64) {
	t.Helper()
	must(t, s.CreateRule(t.Context(), rules.Rule{RuleKey: k, TemplateID: template}))
}

// templates are those in the store.
func templates(t *testing.T, s *rules.Service) []rules.Template {
	t.Helper()
	all, err := s.Templates(t.Context())
	must(t, err)
	return all
}

// stored are the rules in the store.
func stored(t *testing.T, s *rules.Service) []rules.Rule {
	t.Helper()
	all, err := s.Rules(t.Context())
	must(t, err)
	return all
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantError(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("got error %v, want %v", err, want)
	}
}

// wantInvalid checks that err names the field.
func wantInvalid(t *testing.T, err error, field string) {
	t.Helper()
	var invalid *rules.InvalidError
	if !errors.As(err, &invalid) {
		t.Errorf("got %v, want an InvalidError for %s", err, field)
	} else if invalid.Field != field || invalid.Reason == "" {
		t.Errorf("got %v, want the field %s", invalid, field)
	}
}

func isNow(t time.Time) bool {
	return time.Since(t) < time.Minute && t.Equal(t.Truncate(time.Millisecond)) && t.Location() == time.UTC
}
