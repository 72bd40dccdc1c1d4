package process

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"aircheck/vod"
)

// Store keeps procedures, and which files are due. Every method is one transaction.
type Store interface {
	// Procedures lists those of a sub-application by name.
	Procedures(ctx context.Context, subApp int64) ([]Procedure, error)
	// AddProcedure adds one. ErrExists, ErrLimit.
	AddProcedure(ctx context.Context, p Procedure) error
	// ReplaceProcedure replaces all but the time it was made. ErrNotFound.
	ReplaceProcedure(ctx context.Context, p Procedure) error
	// DeleteProcedure removes one. ErrNotFound.
	DeleteProcedure(ctx context.Context, subApp int64, name string) error
	// CoversDue lists files that were stored and got no cover yet, by ID, from the one that follows after on. A file with pictures is due from
	// the transaction on that finished it, if it had none.
	CoversDue(ctx context.Context, after vod.FileID, limit int) ([]Due, error)
	// CoverTried counts a try, CoverDone forgets that a file is due.
	CoverTried(ctx context.Context, id vod.FileID) error
	CoverDone(ctx context.Context, id vod.FileID) error
}

// Due is a file that was stored and may want a cover.
type Due struct {
	ID vod.FileID
	// Tries is how often one was tried.
	Tries int
}

// Service keeps procedures. All checks are here. Its methods may be called from any goroutine.
type Service struct {
	Store Store
}

// Limits of DescribeProcedureTemplates.
const (
	MaxNames     = 100
	DefaultLimit = 10
	MaxLimit     = 100
)

// Kinds of procedures.
const (
	KindPreset = "Preset"
	KindCustom = "Custom"
)

// Query selects procedures; the zero value selects the first ten.
type Query struct {
	SubAppID int64
	Names    []string
	// Kind is KindPreset or KindCustom; empty for both.
	Kind          string
	Offset, Limit int
	// Order: by creation, newest first, unless Field is "Name"; Descending turns that one around.
	ByName, Descending bool
}

// Create adds a procedure. *vod.InvalidError, ErrExists, ErrBuiltIn, ErrLimit.
func (s *Service) Create(ctx context.Context, p Procedure) error {
	if err := p.prepare(); err != nil {
		return err
	}
	if preset(p.Name) != nil {
		return fmt.Errorf("create procedure %s: %w", p.Name, ErrBuiltIn)
	}
	p.Created = time.Now().UTC().Truncate(time.Microsecond)
	p.Updated = p.Created
	if err := s.Store.AddProcedure(ctx, p); err != nil {
		return fmt.Errorf("create procedure %s: %w", p.Name, err)
	}
	return nil
}

// Reset replaces a procedure. *vod.InvalidError, ErrNotFound.
func (s *Service) Reset(ctx context.Context, p Procedure) error {
	if err := p.prepare(); err != nil {
		return err
	}
	if preset(p.Name) != nil {
		return errPreset("changed")
	}
	p.Updated = time.Now().UTC().Truncate(time.Microsecond)
	if err := s.Store.ReplaceProcedure(ctx, p); err != nil {
		return fmt.Errorf("change procedure %s: %w", p.Name, err)
	}
	return nil
}

// Delete removes a procedure; tasks under way are not touched. *vod.InvalidError, ErrNotFound.
func (s *Service) Delete(ctx context.Context, subApp int64, name string) error {
	if preset(name) != nil {
		return errPreset("deleted")
	}
	if err := s.Store.DeleteProcedure(ctx, subApp, name); err != nil {
		return fmt.Errorf("delete procedure %s: %w", name, err)
	}
	return nil
}

func errPreset(what string) error {
	return invalid("Name", "is built in, and cannot be %s; create a procedure of another name", what)
}

func preset(name string) *Procedure {
	all := presets()
	if i := slices.IndexFunc(all, func(p Procedure) bool { return p.Name == name }); i >= 0 {
		all[i].Preset = true
		return &all[i]
	}
	return nil
}

// Find returns a procedure by its name. ErrNotFound.
func (s *Service) Find(ctx context.Context, subApp int64, name string) (Procedure, error) {
	if p := preset(name); p != nil {
		return *p, nil
	}
	all, err := s.Store.Procedures(ctx, subApp)
	if err != nil {
		return Procedure{}, fmt.Errorf("find procedure %s: %w", name, err)
	}
	for i := range all {
		if all[i].Name == name {
			return all[i], nil
		}
	}
	return Procedure{}, fmt.Errorf("find procedure %q: %w", name, ErrNotFound)
}

// List returns the procedures that match, and how many do. *vod.InvalidError.
func (s *Service) List(ctx context.Context, q Query) (total int, page []Procedure, err error) {
	switch {
	case len(q.Names) > MaxNames:
		return 0, nil, invalid("Names", "must have at most %d values", MaxNames)
	case q.Kind != "" && q.Kind != KindPreset && q.Kind != KindCustom:
		return 0, nil, invalid("Type", "must be %s or %s", KindPreset, KindCustom)
	case q.Limit < 0 || q.Limit > MaxLimit:
		return 0, nil, invalid("Limit", "must be at most %d", MaxLimit)
	case q.Offset < 0:
		return 0, nil, invalid("Offset", "must not be negative")
	}
	all, err := s.Store.Procedures(ctx, q.SubAppID)
	if err != nil {
		return 0, nil, fmt.Errorf("list procedures: %w", err)
	}
	slices.SortFunc(all, q.compare)
	for _, p := range presets() {
		p.Preset = true
		all = append(all, p)
	}
	all = slices.DeleteFunc(all, func(p Procedure) bool { return !q.wants(&p) })
	from := min(q.Offset, len(all))
	return len(all), all[from:min(len(all), from+cmp.Or(q.Limit, DefaultLimit))], nil
}

func (q *Query) wants(p *Procedure) bool {
	kind := KindCustom
	if p.Preset {
		kind = KindPreset
	}
	return (q.Kind == "" || q.Kind == kind) && (len(q.Names) == 0 || slices.Contains(q.Names, p.Name))
}

func (q *Query) compare(a, b Procedure) int {
	order := cmp.Or(b.Created.Compare(a.Created), cmp.Compare(a.Name, b.Name))
	if q.ByName {
		order = cmp.Compare(a.Name, b.Name)
		if q.Descending {
			order = -order
		}
	}
	return order
}
