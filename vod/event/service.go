package event

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"sync"
	"time"

	"aircheck/vod"
)

// Errors of Service and Store, wrapped.
var (
	// ErrHandle: the event was pulled too long ago, or never.
	ErrHandle = errors.New("no event has that handle any more; confirm within 30 seconds, or pull the event again")
	// ErrPushed: the application's events are not pulled.
	ErrPushed = errors.New("the events of this application are pushed; set Mode to PULL with ModifyEventConfig first")
)

// Limits of the specification.
const (
	// MaxPull is how many events are pulled or confirmed at once.
	MaxPull = 16
	// Poll is how long a pull waits for an event, Lease how long an event that was pulled may be confirmed before it comes again.
	Poll  = 5 * time.Second
	Lease = 30 * time.Second
	// Kept is how long events are kept.
	Kept = 4 * 24 * time.Hour
	// maxURL and maxSignKey are in bytes.
	maxURL     = 2048
	maxSignKey = 32
)

// Mode is how others are told of events.
type Mode string

// The modes.
const (
	Push Mode = "PUSH"
	Pull Mode = "PULL"
)

// Config says who is told of a sub-application's events, and of which.
type Config struct {
	Mode Mode
	// URL is told in the mode Push; empty: nobody is, and events wait.
	URL string
	// Uploaded, Deleted and Persisted are told of.
	Uploaded, Deleted, Persisted bool
	// SignKey signs what is pushed; empty: nothing does.
	SignKey string
}

// DefaultConfig is in force until another one is set.
func DefaultConfig() Config { return Config{Mode: Pull} }

// Wants reports whether events of a kind are told.
func (c *Config) Wants(k Kind) bool {
	switch k {
	case Uploaded:
		return c.Uploaded
	case Deleted:
		return c.Deleted
	case Persisted:
		return c.Persisted
	}
	return true
}

// Store keeps events. Every method is one transaction.
type Store interface {
	// EventConfig returns the default if none was set, EventConfigs those that were.
	EventConfig(ctx context.Context, subApp int64) (Config, error)
	EventConfigs(ctx context.Context) (map[int64]Config, error)
	// ModifyEventConfig changes it, unless change returns an error.
	ModifyEventConfig(ctx context.Context, subApp int64, change func(c *Config) error) error
	// NextEvent returns when there is something to be pulled: in the past if there is now, zero if there is nothing.
	NextEvent(ctx context.Context, subApp int64) (time.Time, error)
	// WaitingEvents counts what was neither confirmed nor pushed.
	WaitingEvents(ctx context.Context, subApp int64) (int, error)
	// PullEvents gives out events, the oldest first, which are given to nobody else before a time.
	PullEvents(ctx context.Context, subApp int64, now, until time.Time, limit int) ([]Stored, error)
	// ConfirmEvents ends events that were pulled; all of them, or none: ErrHandle.
	ConfirmEvents(ctx context.Context, subApp int64, handles []string, now time.Time) error
	// PruneEvents forgets events that happened before a time, at most limit, and returns how many.
	PruneEvents(ctx context.Context, before time.Time, limit int) (int, error)
}

// Service is where events are pulled and confirmed, and where it is set who is told. All checks are here. Its methods may be called from any
// goroutine. Set the exported fields, then call Load.
type Service struct {
	Store Store
	// CheckHost refuses hosts that the server does not connect to. May be nil.
	CheckHost func(host string) error
	// Changed is told that another address is told from now on. It must not wait. May be nil.
	Changed func()

	modifying sync.Mutex // has configs in the order of the database

	mu      sync.Mutex
	configs map[int64]Config
	// added is closed when there are new events, and closed when nobody waits for them any more.
	added   chan struct{}
	closing bool
}

// Load reads who is told.
func (s *Service) Load(ctx context.Context) error {
	configs, err := s.Store.EventConfigs(ctx)
	if err != nil {
		return fmt.Errorf("read who is told of events: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.configs = configs
	return nil
}

// Receiver returns whom a sub-application's events are pushed to, and the key; empty for nobody. It does not wait.
func (s *Service) Receiver(subApp int64) (url, key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.configs[subApp]; c.Mode == Push {
		return c.URL, c.SignKey
	}
	return "", ""
}

// Wake says that there are new events. It does not wait.
func (s *Service) Wake() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.added != nil {
		close(s.added)
		s.added = nil
	}
}

// Close ends the waiting of those who pull.
func (s *Service) Close() {
	s.mu.Lock()
	s.closing = true
	s.mu.Unlock()
	s.Wake()
}

// news returns what is closed when there are new events; nil when nobody is to wait for them any more.
func (s *Service) news() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing {
		return nil
	}
	if s.added == nil {
		s.added = make(chan struct{})
	}
	return s.added
}

// Pull gives out events of a sub-application, and waits for them a moment if there are none. Who does not confirm them gets them again.
// ErrPushed.
func (s *Service) Pull(ctx context.Context, subApp int64) ([]Stored, error) {
	until := time.Now().Add(Poll)
	for {
		news := s.news() // before looking, so that nothing is missed in between
		due, err := s.due(ctx, subApp)
		if err != nil {
			return nil, err
		}
		now := time.Now()
		if !due.IsZero() && !due.After(now) {
			found, err := s.Store.PullEvents(ctx, subApp, now, now.Add(Lease), MaxPull)
			if err != nil || len(found) > 0 {
				return found, err
			}
		}
		if news == nil || !now.Before(until) {
			return nil, nil
		}
		wait := until
		if due.After(now) && due.Before(until) {
			wait = due
		}
		if err := await(ctx, news, wait.Sub(now)); err != nil {
			return nil, err
		}
	}
}

// due returns when there is something to be pulled; zero if there is nothing.
func (s *Service) due(ctx context.Context, subApp int64) (time.Time, error) {
	c, err := s.Store.EventConfig(ctx, subApp)
	if err != nil {
		return time.Time{}, fmt.Errorf("read who is told of events: %w", err)
	}
	if c.Mode == Push {
		return time.Time{}, ErrPushed
	}
	due, err := s.Store.NextEvent(ctx, subApp)
	if err != nil {
		return time.Time{}, fmt.Errorf("look for events: %w", err)
	}
	return due, nil
}

func await(ctx context.Context, news <-chan struct{}, most time.Duration) error {
	timer := time.NewTimer(most)
	defer timer.Stop()
	select {
	case <-news:
	case <-timer.C:
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}

// Confirm says that events were taken; all of them, or none. ErrHandle, *vod.InvalidError.
func (s *Service) Confirm(ctx context.Context, subApp int64, handles []string) error {
	if len(handles) == 0 || len(handles) > MaxPull {
		return &vod.InvalidError{Field: "EventHandles", Reason: fmt.Sprintf("must have 1 to %d values", MaxPull)}
	}
	if err := s.Store.ConfirmEvents(ctx, subApp, handles, time.Now()); err != nil {
		return fmt.Errorf("EventHandles: %w", err)
	}
	return nil
}

// Config returns who is told.
func (s *Service) Config(ctx context.Context, subApp int64) (Config, error) {
	return s.Store.EventConfig(ctx, subApp)
}

// Waiting counts the events of a sub-application that were neither confirmed nor pushed.
func (s *Service) Waiting(ctx context.Context, subApp int64) (int, error) {
	return s.Store.WaitingEvents(ctx, subApp)
}

// Modify changes who is told. *vod.InvalidError.
func (s *Service) Modify(ctx context.Context, subApp int64, change func(c *Config)) error {
	s.modifying.Lock()
	defer s.modifying.Unlock()
	var now Config
	err := s.Store.ModifyEventConfig(ctx, subApp, func(c *Config) error {
		before := c.URL
		change(c)
		now = *c
		return s.check(c, c.URL != before)
	})
	if err != nil {
		return err
	}
	s.mu.Lock()
	if s.configs == nil {
		s.configs = map[int64]Config{}
	}
	s.configs[subApp] = now
	s.mu.Unlock()
	if s.Changed != nil {
		s.Changed()
	}
	s.Wake()
	return nil
}

// check reports the first field that is wrong. An address that was there is not looked up again.
func (s *Service) check(c *Config, newURL bool) error {
	if c.Mode != Push && c.Mode != Pull {
		return &vod.InvalidError{Field: "Mode", Reason: fmt.Sprintf("%.20q is neither PUSH nor PULL", c.Mode)}
	}
	if len(c.SignKey) > maxSignKey || !alphanumeric(c.SignKey) {
		return &vod.InvalidError{Field: "SignKey", Reason: fmt.Sprintf("must have at most %d letters and digits", maxSignKey)}
	}
	if c.URL == "" || !newURL {
		return nil
	}
	bad := func(reason string) error { return &vod.InvalidError{Field: "NotificationUrl", Reason: reason} }
	u, err := url.Parse(c.URL)
	switch {
	case len(c.URL) > maxURL:
		return bad(fmt.Sprintf("must have at most %d bytes", maxURL))
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		return bad("is not an address such as https://example.com/events")
	case u.User != nil:
		return bad("must not contain a user name or a password")
	case s.CheckHost != nil:
		if err := s.CheckHost(u.Hostname()); err != nil {
			return bad(err.Error())
		}
	}
	return nil
}

func alphanumeric(s string) bool {
	for _, c := range s {
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return true
}
