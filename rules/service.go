package rules

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"aircheck/ingest/media"
	"aircheck/vod"
)

// Service is where templates and rules are created, changed and asked for. All checks are here. Set the exported fields,
// then call Reload before the first push. Its methods may be called from any goroutine.
type Service struct {
	Store Store
	// Formats are the containers that this server records, such as "mp4" and "hls".
	Formats []string
	// CleanDomain brings a domain name to the form in which domains are kept, or says why it is none.
	CleanDomain func(name string) (string, error)
	// SubApps and Classes are where files can go; nil: anywhere.
	SubApps *vod.SubApps
	Classes *vod.Classes
	// Changed is called after each change of the rules, which may have registered a domain. May be nil.
	Changed func(ctx context.Context) error

	// changing is held by a change and the reload that follows, so that the snapshot never goes back.
	changing sync.Mutex
	snapshot atomic.Pointer[Snapshot]
}

// Snapshot is all templates and rules at one moment. It is immutable.
type Snapshot struct {
	templates map[int64]Template
	rules     []Rule
}

// Explained is a rule that applies to a stream, with what it leads to.
type Explained struct {
	Rule
	Template Template
	// Records tells that the template has a format; without one the rule says "do not record".
	Records bool
	// Wins tells that this rule is in force; all others are shadowed by it.
	Wins bool
}

// Explain returns the rules that apply to a stream, the winner first. None means that the stream is not recorded.
func (s *Snapshot) Explain(key media.StreamKey) []Explained {
	var out []Explained
	for i, r := range Match(key, s.rules) {
		t := s.templates[r.TemplateID]
		out = append(out, Explained{Rule: r, Template: t, Records: len(t.Formats()) > 0, Wins: i == 0})
	}
	return out
}

// Snapshot returns the templates and rules in force, without touching the store.
func (s *Service) Snapshot() *Snapshot {
	if now := s.snapshot.Load(); now != nil {
		return now
	}
	return &Snapshot{}
}

// Reload reads all templates and rules again. The service calls it after each change of its own.
func (s *Service) Reload(ctx context.Context) error {
	s.changing.Lock()
	defer s.changing.Unlock()
	return s.reload(ctx)
}

func (s *Service) reload(ctx context.Context) error {
	templates, err := s.Store.Templates(ctx)
	if err != nil {
		return fmt.Errorf("read templates: %w", err)
	}
	rules, err := s.Store.Rules(ctx)
	if err != nil {
		return fmt.Errorf("read rules: %w", err)
	}
	byID := make(map[int64]Template, len(templates))
	for _, t := range templates {
		byID[t.ID] = t
	}
	s.snapshot.Store(&Snapshot{templates: byID, rules: rules})
	return nil
}

// change makes a change and what follows from it. Once the change is made, the caller's patience no longer counts.
func (s *Service) change(ctx context.Context, do func() error) error {
	s.changing.Lock()
	defer s.changing.Unlock()
	if err := do(); err != nil {
		return err
	}
	ctx = context.WithoutCancel(ctx)
	if err := s.reload(ctx); err != nil {
		return err
	}
	if s.Changed == nil {
		return nil
	}
	return s.Changed(ctx)
}

// CreateTemplate stores a template and returns its ID. ID and times of t are ignored. *InvalidError, ErrTemplateLimit.
func (s *Service) CreateTemplate(ctx context.Context, t Template) (int64, error) {
	if err := s.prepare(&t); err != nil {
		return 0, err
	}
	if err := s.checkPlaces(ctx, Template{}, t); err != nil {
		return 0, err
	}
	t.CreateTime = now()
	t.UpdateTime = t.CreateTime
	var id int64
	err := s.change(ctx, func() (err error) {
		if id, err = s.Store.CreateTemplate(ctx, t); err != nil {
			return fmt.Errorf("create template %q: %w", t.Name, err)
		}
		return nil
	})
	return id, err
}

// ModifyTemplate reads, changes and writes one template. Recordings under way keep what they began with.
// ErrNotFound, *InvalidError, or the error of change.
func (s *Service) ModifyTemplate(ctx context.Context, id int64, change func(*Template) error) error {
	return s.change(ctx, func() error {
		err := s.Store.UpdateTemplate(ctx, id, func(t *Template) error {
			was := *t
			if err := change(t); err != nil {
				return err
			}
			t.CreateTime, t.UpdateTime = was.CreateTime, now()
			if err := s.prepare(t); err != nil {
				return err
			}
			return s.checkPlaces(ctx, was, *t)
		})
		if err != nil {
			return fmt.Errorf("modify template %d: %w", id, err)
		}
		return nil
	})
}

// DeleteTemplate deletes a template that no rule is bound to. ErrNotFound, ErrInUse.
func (s *Service) DeleteTemplate(ctx context.Context, id int64) error {
	return s.change(ctx, func() error {
		if err := s.Store.DeleteTemplate(ctx, id); err != nil {
			return fmt.Errorf("delete template %d: %w%s", id, err, s.user(id, err))
		}
		return nil
	})
}

// user says who uses a template, for the end of the message of ErrInUse.
func (s *Service) user(id int64, err error) string {
	if !errors.Is(err, ErrInUse) {
		return ""
	}
	for _, r := range s.Snapshot().rules {
		if r.TemplateID == id {
			return fmt.Sprintf(" by the rule %s; delete it first (DeleteLiveRecordRule)", r.RuleKey)
		}
	}
	return " by a record task that is not over; stop or delete it first"
}

// Template returns one template. ErrNotFound.
func (s *Service) Template(_ context.Context, id int64) (Template, error) {
	t, ok := s.Snapshot().templates[id]
	if !ok {
		return t, fmt.Errorf("template %d: %w", id, ErrNotFound)
	}
	return t, nil
}

// Templates lists all templates by ID.
func (s *Service) Templates(ctx context.Context) ([]Template, error) {
	all, err := s.Store.Templates(ctx)
	if err != nil {
		return nil, fmt.Errorf("read templates: %w", err)
	}
	return all, nil
}

// CreateRule binds a template to streams, from their next push on, and registers the domain. The times of r are ignored.
// *InvalidError, ErrTemplateNotFound, ErrExists, ErrRuleLimit.
func (s *Service) CreateRule(ctx context.Context, r Rule) error {
	if err := s.prepareKey(&r.RuleKey); err != nil {
		return err
	}
	r.CreateTime = now()
	r.UpdateTime = r.CreateTime
	return s.change(ctx, func() error {
		if err := s.Store.CreateRule(ctx, r); err != nil {
			if errors.Is(err, ErrExists) {
				return fmt.Errorf("create rule %s: %w; DeleteLiveRecordRule deletes the one that is there", r.RuleKey, err)
			}
			return fmt.Errorf("create rule %s: %w", r.RuleKey, err)
		}
		return nil
	})
}

// ModifyRule binds the rule of exactly that key to another template, from the next push on. *InvalidError, ErrTemplateNotFound,
// ErrNotFound.
func (s *Service) ModifyRule(ctx context.Context, k RuleKey, template int64) error {
	if err := s.prepareKey(&k); err != nil {
		return err
	}
	return s.change(ctx, func() error {
		if err := s.Store.UpdateRule(ctx, Rule{RuleKey: k, TemplateID: template, UpdateTime: now()}); err != nil {
			return fmt.Errorf("modify rule %s: %w", k, err)
		}
		return nil
	})
}

// DeleteRule deletes the rule of exactly that key. The domain stays registered. *InvalidError, ErrNotFound.
func (s *Service) DeleteRule(ctx context.Context, k RuleKey) error {
	if err := s.prepareKey(&k); err != nil {
		return err
	}
	return s.change(ctx, func() error {
		if err := s.Store.DeleteRule(ctx, k); err != nil {
			return fmt.Errorf("delete rule %s: %w", k, err)
		}
		return nil
	})
}

// Rules lists all rules by key.
func (s *Service) Rules(ctx context.Context) ([]Rule, error) {
	all, err := s.Store.Rules(ctx)
	if err != nil {
		return nil, fmt.Errorf("read rules: %w", err)
	}
	return all, nil
}

// Explain returns the rules that apply to a stream, the winner first. None means that the stream is not recorded.
// *InvalidError.
func (s *Service) Explain(_ context.Context, key media.StreamKey) ([]Explained, error) {
	k := RuleKey{Domain: key.Domain, App: key.App, Stream: key.Stream}
	switch {
	case k.App == "":
		return nil, &InvalidError{Field: "AppName", Reason: "is empty"}
	case k.Stream == "":
		return nil, &InvalidError{Field: "StreamName", Reason: "is empty"}
	}
	if err := s.prepareKey(&k); err != nil {
		return nil, err
	}
	key.Domain = k.Domain
	return s.Snapshot().Explain(key), nil
}

// Seed gives a store that has never held anything one template, which records MP4, and HLS if this server does, and one rule that
// binds it to all streams of a domain, so that the first push leaves files. Whatever the user deletes later stays deleted.
func (s *Service) Seed(ctx context.Context, domain string) error {
	t := Template{Name: "default", Description: "Made at the first start.", Mp4: FormatParam{Enable: true}}
	t.Hls.Enable = slices.Contains(s.Formats, formatHLS)
	r := Rule{RuleKey: RuleKey{Domain: domain}}
	if err := s.prepare(&t); err != nil {
		return err
	}
	if err := s.prepareKey(&r.RuleKey); err != nil {
		return err
	}
	t.CreateTime = now()
	t.UpdateTime, r.CreateTime, r.UpdateTime = t.CreateTime, t.CreateTime, t.CreateTime
	return s.change(ctx, func() error {
		if err := s.Store.Seed(ctx, t, r); err != nil {
			return fmt.Errorf("store the first template and rule: %w", err)
		}
		return nil
	})
}

// now is the present as it is stored and shown.
func now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }
