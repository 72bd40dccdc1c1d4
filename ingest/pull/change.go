package pull

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// Create stores a source and begins to fetch it. *InvalidError, ErrExists, ErrLimit.
func (m *Manager) Create(ctx context.Context, c Config) (string, error) {
	m.changing.Lock()
	defer m.changing.Unlock()
	c.ID, c.Fixed, c.Created = "", false, time.Now()
	if err := m.check(&c); err != nil {
		return "", err
	}
	if err := checkEnd(&c); err != nil {
		return "", err
	}
	id, err := m.Store.CreatePull(ctx, c)
	if err != nil {
		return "", fmt.Errorf("store the pull source: %w", err)
	}
	c.ID = id
	m.put(c)
	return id, nil
}

// Modify changes a source; what it fetches is ended and fetched anew. ErrNotFound, ErrFixed, *InvalidError, ErrExists, the error of change.
func (m *Manager) Modify(ctx context.Context, id string, change func(*Config) error) error {
	m.changing.Lock()
	defer m.changing.Unlock()
	old, err := m.changeable(id)
	if err != nil {
		return err
	}
	c := old.status.Config
	if err := change(&c); err != nil {
		return err
	}
	c.ID, c.Fixed, c.Created = id, false, old.status.Created
	if err := m.check(&c); err != nil {
		return err
	}
	if !c.End.Equal(old.status.End) {
		if err := checkEnd(&c); err != nil {
			return err
		}
	}
	if c == old.status.Config {
		return nil
	}
	if err := m.Store.UpdatePulls(ctx, []Config{c}); err != nil {
		return fmt.Errorf("store the pull source: %w", err)
	}
	m.end(old, errChanged)
	m.put(c)
	return nil
}

// Enable has sources fetched, or not; all of them or, where one is wrong, none. ErrNotFound, ErrFixed, *InvalidError, ErrExists.
func (m *Manager) Enable(ctx context.Context, ids []string, on bool) error {
	m.changing.Lock()
	defer m.changing.Unlock()
	var old []*Source
	var all []Config
	for _, id := range ids {
		s, err := m.changeable(id)
		if err != nil {
			return err
		}
		c := s.status.Config
		if c.Disabled == !on || slices.Contains(old, s) {
			continue
		}
		c.Disabled = !on
		if err := m.check(&c); err != nil && on {
			return err
		}
		for i := range all {
			if collide(&all[i], &c) {
				return collision(&c, all[i].ID)
			}
		}
		old, all = append(old, s), append(all, c)
	}
	if len(all) == 0 {
		return nil
	}
	if err := m.Store.UpdatePulls(ctx, all); err != nil {
		return fmt.Errorf("store the pull sources: %w", err)
	}
	for i, s := range old {
		m.end(s, errDisabled)
		m.put(all[i])
	}
	return nil
}

// Delete ends a source and forgets it. ErrNotFound, ErrFixed.
func (m *Manager) Delete(ctx context.Context, id string) error {
	m.changing.Lock()
	defer m.changing.Unlock()
	s, err := m.changeable(id)
	if err != nil {
		return err
	}
	if err := m.Store.DeletePull(ctx, id); err != nil {
		return fmt.Errorf("delete the pull source: %w", err)
	}
	m.end(s, errDeleted)
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.sources, id)
	return nil
}

// changeable returns a source that is not of the configuration file.
func (m *Manager) changeable(id string) (*Source, error) {
	s, err := m.find(id)
	if err == nil && s.status.Fixed {
		err = fmt.Errorf("%w: %s", ErrFixed, id)
	}
	return s, err
}

// put takes a source in, in place of the one of that ID, and starts it.
func (m *Manager) put(c Config) {
	s := m.newSource(c)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sources[c.ID] = s
	if m.started {
		m.begin(s)
	}
}

// end stops a source and waits for it.
func (m *Manager) end(s *Source, why error) {
	m.mu.Lock()
	running := m.started
	cancel := s.cancel
	m.mu.Unlock()
	if running {
		cancel(why)
		<-s.done
	}
}

// check brings a source into the form that is kept, and reports what is wrong with it.
func (m *Manager) check(c *Config) error {
	u, err := ParseURL(c.URL)
	if err != nil {
		return err
	}
	c.URL = u.String()
	if m.CheckHost != nil && !c.Fixed {
		if err := m.CheckHost(u.Hostname()); err != nil {
			return &InvalidError{Field: "FromUrl", Reason: err.Error()}
		}
	}
	if err := c.Key.Validate(); err != nil {
		return &InvalidError{Field: "ToUrl", Reason: err.Error()}
	}
	switch c.Transport {
	case "", TransportTCP, TransportUDP, TransportAuto:
	default:
		return &InvalidError{Field: "Transport", Reason: fmt.Sprintf("%.20q is not one of tcp, udp, auto", c.Transport)}
	}
	if c.Fingerprint, err = cleanFingerprint(c.Fingerprint); err != nil {
		return err
	}
	if !c.End.IsZero() && !c.End.After(c.Start) {
		return &InvalidError{Field: "EndTime", Reason: "is not after StartTime"}
	}
	return m.room(c)
}

// checkEnd is for a time that is set anew.
func checkEnd(c *Config) error {
	if !c.End.IsZero() && !c.End.After(time.Now()) {
		return &InvalidError{Field: "EndTime", Reason: "is over already"}
	}
	return nil
}

// room reports whether a source would be one too many, or the second of a stream at some time.
func (m *Manager) room(c *Config) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, known := m.sources[c.ID]; !known && len(m.sources) >= MaxSources {
		return fmt.Errorf("%w: at most %d", ErrLimit, MaxSources)
	}
	for id, s := range m.sources {
		if id == c.ID && c.ID != "" && !c.Fixed {
			continue
		}
		if collide(&s.status.Config, c) {
			return collision(c, id)
		}
	}
	return nil
}

// collision says which source a stream has already (ErrExists).
func collision(c *Config, other string) error {
	return fmt.Errorf("%w: %s, by %s; delete or change that one, or choose another stream", ErrExists, c.Key, other)
}

// collide reports whether two sources are ever to be fetched at once for one stream.
func collide(a, b *Config) bool { return a.Key == b.Key && overlap(a, b) }

// overlap reports whether two sources are ever to be fetched at once.
func overlap(a, b *Config) bool {
	before := func(x, y *Config) bool { return !x.End.IsZero() && !y.Start.Before(x.End) }
	now := time.Now()
	over := func(x *Config) bool { return !x.End.IsZero() && !now.Before(x.End) }
	return !a.Disabled && !b.Disabled && !over(a) && !over(b) && !before(a, b) && !before(b, a)
}
