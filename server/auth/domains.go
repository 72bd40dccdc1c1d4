package auth

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// InvalidError says which field of a request is wrong and what would be right.
type InvalidError struct {
	// Field is the wire format's name, such as "DomainName".
	Field  string
	Reason string
}

// Error returns "Field: Reason".
func (e *InvalidError) Error() string { return e.Field + ": " + e.Reason }

// DefaultBuiltIn is the built-in domain's name unless the configuration says otherwise.
const DefaultBuiltIn = "localhost"

// Domains is the service for push and play domains. Questions about pushes and players are answered from memory; call Load before
// the first one. Set the exported fields before that.
type Domains struct {
	Store DomainStore
	// BuiltIn is the domain of every push whose host is not a domain of its own; empty means DefaultBuiltIn.
	BuiltIn string
	// Names are push domains that the configuration adds.
	Names []string
	// Strict refuses hosts that are not a domain of their own.
	Strict bool

	loading  sync.Mutex
	snapshot atomic.Pointer[map[string]Domain]
}

// NewDomain returns an enabled domain as it is stored first, with a random play key and, if it is a push domain, push key. The name is
// cleaned, and validated (*InvalidError).
func NewDomain(name string, kind DomainType) (Domain, error) {
	d := Domain{Name: CleanHost(name), Type: kind, Enabled: true, PlayType: 1, Play: NewKey(), CreateTime: time.Now()}
	if kind == PushDomain {
		d.Push = NewKey()
	}
	return d, ValidDomain(d.Name)
}

// Load stores what the configuration asks for and is not there yet, the built-in domain and Names, and reads all domains.
func (s *Domains) Load(ctx context.Context) error {
	builtIn := CleanHost(s.builtIn())
	for _, name := range append([]string{builtIn}, s.Names...) {
		d, err := NewDomain(name, PushDomain)
		if err != nil {
			return fmt.Errorf("add domain %q of the configuration: %w", name, err)
		}
		d.BuiltIn = d.Name == builtIn
		if err := s.Store.CreateDomain(ctx, d); err != nil && !errors.Is(err, ErrDomainExists) {
			return fmt.Errorf("add domain %s of the configuration: %w", d.Name, err)
		}
	}
	if err := s.markBuiltIn(ctx, builtIn); err != nil {
		return err
	}
	if err := s.makePlayKeys(ctx); err != nil {
		return err
	}
	return s.Reload(ctx)
}

// makePlayKeys gives a key to domains that were stored before there were play keys.
func (s *Domains) makePlayKeys(ctx context.Context) error {
	all, err := s.Store.Domains(ctx)
	if err != nil {
		return fmt.Errorf("read domains: %w", err)
	}
	for _, d := range all {
		if !d.Play.Enable || d.Play.Master != "" {
			continue
		}
		err := s.Store.UpdateDomain(ctx, d.Name, func(d *Domain) error {
			d.Play.Master = NewKey().Master
			return nil
		})
		if err != nil {
			return fmt.Errorf("make the play key of %s: %w", d.Name, err)
		}
	}
	return nil
}

// markBuiltIn moves the mark after the configuration named another domain. It refuses a play domain, which has no push key:
// with one as the built-in domain, anybody could push.
func (s *Domains) markBuiltIn(ctx context.Context, builtIn string) error {
	all, err := s.Store.Domains(ctx)
	if err != nil {
		return fmt.Errorf("read domains: %w", err)
	}
	for _, d := range all {
		if d.Name == builtIn && d.Type != PushDomain {
			return fmt.Errorf("%s is a play domain: name another as the built-in one, or delete it first (DeleteLiveDomain)", d.Name)
		}
	}
	for _, d := range all {
		if d.BuiltIn == (d.Name == builtIn) {
			continue
		}
		err := s.Store.UpdateDomain(ctx, d.Name, func(d *Domain) error {
			d.BuiltIn = !d.BuiltIn
			return nil
		})
		if err != nil {
			return fmt.Errorf("mark the built-in domain: %w", err)
		}
	}
	return nil
}

// Reload reads all domains again. Whoever changes them past this service, such as by naming one in a rule, calls it.
func (s *Domains) Reload(ctx context.Context) error {
	s.loading.Lock()
	defer s.loading.Unlock()
	all, err := s.Store.Domains(ctx)
	if err != nil {
		return fmt.Errorf("read domains: %w", err)
	}
	byName := make(map[string]Domain, len(all))
	for _, d := range all {
		byName[d.Name] = d
	}
	s.snapshot.Store(&byName)
	return nil
}

func (s *Domains) builtIn() string {
	if s.BuiltIn == "" {
		return DefaultBuiltIn
	}
	return s.BuiltIn
}

func (s *Domains) get(name string) (Domain, bool) {
	all := s.snapshot.Load()
	if all == nil {
		return Domain{}, false
	}
	d, ok := (*all)[name]
	return d, ok
}

// Resolve names the push domain of an address with that host and, if it is not empty, that vhost parameter, which wins. A
// host that is not a push domain of its own stands for the built-in one, or is ErrDomainNotFound where Strict is set.
// Both are taken as they came, with port and in any case. Whether the domain is enabled is Authorize's to say.
func (s *Domains) Resolve(host, vhost string) (string, error) {
	name := CleanHost(host)
	if vhost != "" {
		name = CleanHost(vhost)
	}
	if d, ok := s.get(name); ok && d.Type == PushDomain {
		return d.Name, nil
	}
	if s.Strict {
		return "", fmt.Errorf("%w: %q; add it with AddLiveDomain or name it in a rule", ErrDomainNotFound, name)
	}
	return CleanHost(s.builtIn()), nil
}

// Add stores a domain made by NewDomain. ErrDomainExists, ErrDomainLimit, *InvalidError.
func (s *Domains) Add(ctx context.Context, d Domain) error {
	if err := ValidDomain(d.Name); err != nil {
		return err
	}
	if err := s.Store.CreateDomain(ctx, d); err != nil {
		return fmt.Errorf("add domain %s: %w", d.Name, err)
	}
	return s.Reload(ctx)
}

// Delete removes a domain of that type. ErrDomainNotFound, ErrDomainInUse.
func (s *Domains) Delete(ctx context.Context, name string, kind DomainType) error {
	d, err := s.Describe(name)
	switch {
	case err != nil:
		return err
	case d.Type != kind:
		return fmt.Errorf("%w: %s, of type %d", ErrDomainNotFound, d.Name, kind)
	case d.BuiltIn:
		return fmt.Errorf("%w: %s is the built-in domain", ErrDomainInUse, d.Name)
	}
	if err := s.Store.DeleteDomain(ctx, d.Name); err != nil {
		return fmt.Errorf("delete domain %s: %w", d.Name, err)
	}
	return s.Reload(ctx)
}

// Enable lets a domain's streams be pushed again. ErrDomainNotFound.
func (s *Domains) Enable(ctx context.Context, name string) error {
	return s.update(ctx, name, func(d *Domain) error { d.Enabled = true; return nil })
}

// Forbid refuses pushes to a domain from now on; those under way go on. ErrDomainNotFound.
func (s *Domains) Forbid(ctx context.Context, name string) error {
	return s.update(ctx, name, func(d *Domain) error { d.Enabled = false; return nil })
}

func (s *Domains) update(ctx context.Context, name string, change func(*Domain) error) error {
	name = CleanHost(name)
	if err := s.Store.UpdateDomain(ctx, name, change); err != nil {
		return fmt.Errorf("change domain %s: %w", name, err)
	}
	return s.Reload(ctx)
}

// Describe returns a domain. ErrDomainNotFound.
func (s *Domains) Describe(name string) (Domain, error) {
	d, ok := s.get(CleanHost(name))
	if !ok {
		return d, fmt.Errorf("%w: %q", ErrDomainNotFound, CleanHost(name))
	}
	return d, nil
}

// List returns all domains by name.
func (s *Domains) List() []Domain {
	all := s.snapshot.Load()
	if all == nil {
		return nil
	}
	return slices.SortedFunc(maps.Values(*all), func(a, b Domain) int { return strings.Compare(a.Name, b.Name) })
}

// PushKey returns the key of a push domain. ErrDomainNotFound.
func (s *Domains) PushKey(name string) (Key, error) {
	d, err := s.Describe(name)
	if err == nil && d.Type != PushDomain {
		err = fmt.Errorf("%w: %s is not a push domain", ErrDomainNotFound, d.Name)
	}
	return d.Push, err
}

// PlayKey returns the key that signs the addresses to play a domain's streams from. ErrDomainNotFound.
func (s *Domains) PlayKey(name string) (Key, error) {
	d, err := s.Describe(name)
	return d.Play, err
}

// KeyChange is what of a key is to be changed; nil keeps the present value.
type KeyChange struct {
	Enable         *bool
	Master, Backup *string
	Delta          *time.Duration
}

func (c KeyChange) apply(k *Key) {
	assign(&k.Enable, c.Enable)
	assign(&k.Master, c.Master)
	assign(&k.Backup, c.Backup)
	assign(&k.Delta, c.Delta)
}

// ModifyPushKey changes the key of a push domain. ErrDomainNotFound, *InvalidError.
func (s *Domains) ModifyPushKey(ctx context.Context, name string, c KeyChange) error {
	return s.update(ctx, name, func(d *Domain) error {
		if d.Type != PushDomain {
			return fmt.Errorf("%w: %s is not a push domain", ErrDomainNotFound, d.Name)
		}
		c.apply(&d.Push)
		return d.Push.validate(pushKeyFields())
	})
}

// ModifyPlayKey changes the key with which a domain's streams are played. ErrDomainNotFound, *InvalidError.
func (s *Domains) ModifyPlayKey(ctx context.Context, name string, c KeyChange) error {
	return s.update(ctx, name, func(d *Domain) error {
		c.apply(&d.Play)
		return d.Play.validate(playKeyFields())
	})
}

func assign[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}
