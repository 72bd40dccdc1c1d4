package rules

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"

	"aircheck/vod"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// memory is a Store of a few slices, for tests of what this package decides. The real one is tested with the service in
// server/store.
type memory struct {
	templates []Template
	rules     []Rule
	files     []vod.Asset
	events    []Event
	// fails is returned by every method.
	fails error
	// reads counts calls of Templates.
	reads int
}

func (m *memory) Templates(context.Context) ([]Template, error) {
	m.reads++
	return slices.Clone(m.templates), m.fails
}

func (m *memory) CreateTemplate(_ context.Context, t Template) (int64, error) {
	if m.fails != nil {
		return 0, m.fails
	}
	t.ID = int64(len(m.templates) + 1)
	m.templates = append(m.templates, t)
	return t.ID, nil
}

func (m *memory) UpdateTemplate(_ context.Context, id int64, change func(*Template) error) error {
	i := slices.IndexFunc(m.templates, func(t Template) bool { return t.ID == id })
	if i < 0 {
		return ErrNotFound
	}
	t := m.templates[i]
	if err := change(&t); err != nil {
		return err
	}
	m.templates[i] = t
	return m.fails
}

func (m *memory) DeleteTemplate(_ context.Context, id int64) error {
	m.templates = slices.DeleteFunc(m.templates, func(t Template) bool { return t.ID == id })
	return m.fails
}

func (m *memory) Rules(context.Context) ([]Rule, error) { return slices.Clone(m.rules), m.fails }

func (m *memory) CreateRule(_ context.Context, r Rule) error {
	m.rules = append(m.rules, r)
	return m.fails
}

func (m *memory) DeleteRule(_ context.Context, k RuleKey) error {
	m.rules = slices.DeleteFunc(m.rules, func(r Rule) bool { return r.RuleKey == k })
	return m.fails
}

func (m *memory) Seed(ctx context.Context, t Template, r Rule) error {
	r.TemplateID, _ = m.CreateTemplate(ctx, t)
	return m.CreateRule(ctx, r)
}

func (m *memory) AddFile(_ context.Context, a vod.Asset, e Event) error {
	m.files, m.events = append(m.files, a), append(m.events, e)
	return m.fails
}

var errBadHost = errors.New("bad host")

func cleanDomain(name string) (string, error) {
	if name == "BAD" {
		return "", errBadHost
	}
	return "clean." + name, nil
}

func newService() (*Service, *memory) {
	m := &memory{}
	return &Service{Store: m, Formats: []string{"flv", "mp4"}, CleanDomain: cleanDomain}, m
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
	var invalid *InvalidError
	if !errors.As(err, &invalid) {
		t.Errorf("got %v, want an InvalidError for %s", err, field)
	} else if invalid.Field != field || invalid.Reason == "" {
		t.Errorf("got %v, want the field %s", invalid, field)
	}
}

func isNow(t time.Time) bool {
	return time.Since(t) < time.Minute && t.Equal(t.Truncate(time.Millisecond)) && t.Location() == time.UTC
}
