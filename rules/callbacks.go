package rules

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"aircheck/ingest/media"
)

// Callbacks is where callback templates and rules are created, changed and asked for, and the log of deliveries. All checks are here. Set
// the exported fields, then call Reload before the first question. Its methods may be called from any goroutine.
type Callbacks struct {
	Store CallbackStore
	// CleanDomain brings a domain name to the form in which domains are kept, or says why it is none.
	CleanDomain func(name string) (string, error)
	// CheckHost says why a host may not be a receiver, as far as can be told before it is connected to. May be nil.
	CheckHost func(host string) error
	// Changed is called after each change of the rules, which may have registered a domain. May be nil.
	Changed func(ctx context.Context) error
	// Wake is called after whatever changes where events that are not delivered yet go, or when. May be nil.
	Wake func()
	// Send makes one try to deliver an event that is in no database, and says what came of it. Only Test needs it.
	Send func(ctx context.Context, e *Event, url, key string) (Delivery, error)

	// changing is held by a change and the reload that follows, so that the snapshot never goes back.
	changing sync.Mutex
	snapshot atomic.Pointer[callbackSnapshot]
}

// callbackSnapshot is all callback templates and rules at one moment. It is immutable.
type callbackSnapshot struct {
	templates map[int64]CallbackTemplate
	rules     map[CallbackRuleKey]CallbackRule
}

// Find returns the template in force for the streams of a domain and app, without touching the store. False if there is none.
func (s *Callbacks) Find(domain, app string) (*CallbackTemplate, bool) {
	now := s.snapshot.Load()
	if now == nil {
		return nil, false
	}
	r, ok := now.rules[CallbackRuleKey{Domain: domain, App: app}]
	if !ok {
		r, ok = now.rules[CallbackRuleKey{Domain: domain}]
	}
	if !ok {
		return nil, false
	}
	t, ok := now.templates[r.TemplateID]
	return &t, ok
}

// Reload reads all callback templates and rules again. The service calls it after each change of its own.
func (s *Callbacks) Reload(ctx context.Context) error {
	s.changing.Lock()
	defer s.changing.Unlock()
	return s.reload(ctx)
}

func (s *Callbacks) reload(ctx context.Context) error {
	templates, err := s.Templates(ctx)
	if err != nil {
		return err
	}
	rules, err := s.Rules(ctx)
	if err != nil {
		return err
	}
	next := &callbackSnapshot{templates: map[int64]CallbackTemplate{}, rules: map[CallbackRuleKey]CallbackRule{}}
	for _, t := range templates {
		next.templates[t.ID] = t
	}
	for _, r := range rules {
		next.rules[r.CallbackRuleKey] = r
	}
	s.snapshot.Store(next)
	return nil
}

// change makes a change and what follows from it. Once the change is made, the caller's patience no longer counts.
func (s *Callbacks) change(ctx context.Context, do func() error) error {
	s.changing.Lock()
	defer s.changing.Unlock()
	if err := do(); err != nil {
		return err
	}
	ctx = context.WithoutCancel(ctx)
	if err := s.reload(ctx); err != nil {
		return err
	}
	s.wake()
	if s.Changed == nil {
		return nil
	}
	return s.Changed(ctx)
}

func (s *Callbacks) wake() {
	if s.Wake != nil {
		s.Wake()
	}
}

// CreateTemplate stores a callback template and returns its ID. The ID of t is ignored. *InvalidError, ErrTemplateLimit.
func (s *Callbacks) CreateTemplate(ctx context.Context, t CallbackTemplate) (int64, error) {
	if err := s.prepare(&t); err != nil {
		return 0, err
	}
	var id int64
	err := s.change(ctx, func() (err error) {
		if id, err = s.Store.CreateCallbackTemplate(ctx, t); err != nil {
			return fmt.Errorf("create callback template %q: %w", t.Name, err)
		}
		return nil
	})
	return id, err
}

// ModifyTemplate reads, changes and writes one callback template. Events that are not delivered yet go where it says from then on.
// ErrNotFound, *InvalidError, or the error of change.
func (s *Callbacks) ModifyTemplate(ctx context.Context, id int64, change func(*CallbackTemplate) error) error {
	return s.change(ctx, func() error {
		err := s.Store.UpdateCallbackTemplate(ctx, id, func(t *CallbackTemplate) error {
			if err := change(t); err != nil {
				return err
			}
			return s.prepare(t)
		})
		if err != nil {
			return fmt.Errorf("modify callback template %d: %w", id, err)
		}
		return nil
	})
}

// DeleteTemplate deletes a callback template that no rule is bound to. ErrNotFound, ErrInUse.
func (s *Callbacks) DeleteTemplate(ctx context.Context, id int64) error {
	return s.change(ctx, func() error {
		if err := s.Store.DeleteCallbackTemplate(ctx, id); err != nil {
			if errors.Is(err, ErrInUse) {
				return fmt.Errorf("delete callback template %d: %w by a callback rule; delete that first (DeleteLiveCallbackRule)", id, err)
			}
			return fmt.Errorf("delete callback template %d: %w", id, err)
		}
		return nil
	})
}

// Template returns one callback template. ErrNotFound.
func (s *Callbacks) Template(_ context.Context, id int64) (CallbackTemplate, error) {
	if now := s.snapshot.Load(); now != nil {
		if t, ok := now.templates[id]; ok {
			return t, nil
		}
	}
	return CallbackTemplate{}, fmt.Errorf("callback template %d: %w", id, ErrNotFound)
}

// Templates lists all callback templates by ID.
func (s *Callbacks) Templates(ctx context.Context) ([]CallbackTemplate, error) {
	all, err := s.Store.CallbackTemplates(ctx)
	if err != nil {
		return nil, fmt.Errorf("read callback templates: %w", err)
	}
	return all, nil
}

// CreateRule binds a callback template to the streams of a domain and app, and registers the domain. The times of r are ignored.
// *InvalidError, ErrTemplateNotFound, ErrExists, ErrRuleLimit.
func (s *Callbacks) CreateRule(ctx context.Context, r CallbackRule) error {
	if err := s.prepareKey(&r.CallbackRuleKey); err != nil {
		return err
	}
	r.CreateTime = now()
	r.UpdateTime = r.CreateTime
	return s.change(ctx, func() error {
		if err := s.Store.CreateCallbackRule(ctx, r); err != nil {
			if errors.Is(err, ErrExists) {
				return fmt.Errorf("create callback rule %s: %w; DeleteLiveCallbackRule deletes the one that is there", r.CallbackRuleKey, err)
			}
			return fmt.Errorf("create callback rule %s: %w", r.CallbackRuleKey, err)
		}
		return nil
	})
}

// DeleteRule deletes the callback rule of exactly that key. The domain stays registered. *InvalidError, ErrNotFound.
func (s *Callbacks) DeleteRule(ctx context.Context, k CallbackRuleKey) error {
	if err := s.prepareKey(&k); err != nil {
		return err
	}
	return s.change(ctx, func() error {
		if err := s.Store.DeleteCallbackRule(ctx, k); err != nil {
			return fmt.Errorf("delete callback rule %s: %w", k, err)
		}
		return nil
	})
}

// Rules lists all callback rules by key.
func (s *Callbacks) Rules(ctx context.Context) ([]CallbackRule, error) {
	all, err := s.Store.CallbackRules(ctx)
	if err != nil {
		return nil, fmt.Errorf("read callback rules: %w", err)
	}
	return all, nil
}

// prepareKey cleans the domain and checks that streams of such a key can exist.
func (s *Callbacks) prepareKey(k *CallbackRuleKey) error {
	if k.Domain == "" {
		return invalid("DomainName", "is empty")
	}
	domain, err := s.CleanDomain(k.Domain)
	if err != nil {
		return err
	}
	k.Domain = domain
	if k.App == "" {
		return nil
	}
	sample := media.StreamKey{Domain: domain, App: k.App, Stream: "sample"}
	if err := sample.Validate(); err != nil {
		return invalid("AppName", "%s", err)
	}
	return nil
}

// Deliveries returns a page of the tries that fit, the latest first, and how many there are.
func (s *Callbacks) Deliveries(ctx context.Context, f DeliveryFilter) (page []Delivery, total int, err error) {
	if page, total, err = s.Store.Deliveries(ctx, f); err != nil {
		return nil, 0, fmt.Errorf("read the log of callbacks: %w", err)
	}
	return page, total, nil
}

// Replay has events delivered again as if they were new, in their old order, and returns how many. Those that still wait for their
// delivery are left alone. *InvalidError if there are more than MaxReplay.
func (s *Callbacks) Replay(ctx context.Context, f ReplayFilter) (int, error) {
	if len(f.IDs) == 0 && (f.From.IsZero() || f.To.IsZero()) {
		return 0, invalid("StartTime", "give EventIds, or StartTime and EndTime")
	}
	if len(f.IDs) > MaxReplay {
		return 0, invalid("EventIds", "has %d events, at most %d are replayed at once", len(f.IDs), MaxReplay)
	}
	if f.Domain != "" {
		domain, err := s.CleanDomain(f.Domain)
		if err != nil {
			return 0, err
		}
		f.Domain = domain
	}
	n, err := s.Store.ReplayEvents(ctx, f, now())
	if err != nil {
		return 0, fmt.Errorf("replay callbacks: %w", err)
	}
	if n > 0 {
		s.wake()
	}
	return n, nil
}
