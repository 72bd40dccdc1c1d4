package vod

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"
)

// Limits of sub-applications.
const (
	// MaxSubApps is how many there may be that are not destroyed.
	MaxSubApps = 500
	// MaxSubAppName and MaxSubAppDescription are in characters, MaxSubAppPage is how many one page lists, and does unless told otherwise.
	MaxSubAppName        = 40
	MaxSubAppDescription = 300
	MaxSubAppPage        = 200
	maxSubAppTags        = 10
	maxTagChars          = 128
)

// PrimaryApp is the application that is there from the start, and PrimaryName what it is called.
const (
	PrimaryApp  = 0
	PrimaryName = "primary"
)

// Errors of SubApps and SubAppStore, wrapped.
var (
	// ErrNoSubApp: there is no such sub-application, or it was destroyed.
	ErrNoSubApp = errors.New("there is no such sub-application; DescribeSubAppIds lists them, CreateSubAppId makes one")
	// ErrSubAppOff: it takes no changes, and nothing of it is played.
	ErrSubAppOff = errors.New("the sub-application is off; ModifySubAppIdStatus switches it on")
	// ErrSubAppUsed: it cannot be destroyed while there are files in it.
	ErrSubAppUsed = errors.New("there are files in the sub-application; delete them before it is destroyed, SearchMedia with its SubAppId lists them")
	// ErrSubAppLimit: MaxSubApps is reached.
	ErrSubAppLimit = errors.New("there are 500 sub-applications already")
)

// SubAppStatus is what a sub-application does.
type SubAppStatus string

// The states. Of one that is Off files are found and shown, but not changed, deleted on request or played, and none are added: what a
// template sends there goes to the primary application. What is being recorded when it is switched off is finished in it, and expires in
// time. A destroyed one has no files and counts as not there, until it is switched on again.
const (
	SubAppOn        SubAppStatus = "On"
	SubAppOff       SubAppStatus = "Off"
	SubAppDestroyed SubAppStatus = "Destroyed"
)

// SubApp is a sub-application: a part of the catalogue with files, classes, tasks and settings of its own.
type SubApp struct {
	ID                int64
	Name, Description string
	Status            SubAppStatus
	// Mode, Type and Region are kept and given back; nothing comes of them.
	Mode, Type, Region string
	Tags               []AppTag
	CreateTime         time.Time
}

// AppTag is what people have said of a sub-application.
type AppTag struct{ Key, Value string }

// SubAppStore keeps sub-applications. Every method is one transaction.
type SubAppStore interface {
	// SubApps lists all, by ID.
	SubApps(ctx context.Context) ([]SubApp, error)
	// CreateSubApp stores one and returns its ID, which is positive and never used twice. ErrSubAppLimit.
	CreateSubApp(ctx context.Context, a SubApp) (int64, error)
	// UpdateSubApp reads, changes and writes one. files tells change whether there are any in it, whatever their status. ErrNoSubApp,
	// ErrSubAppLimit, or the error of change.
	UpdateSubApp(ctx context.Context, id int64, change func(a *SubApp, files bool) error) error
}

// SubApps is where sub-applications are made, changed and asked for. All checks are here. Call Reload before anything is recorded. Its
// methods may be called from any goroutine.
type SubApps struct {
	Store SubAppStore

	// changing is held by a change and the reload that follows, so that what is in memory never goes back.
	changing sync.Mutex
	known    atomic.Pointer[map[int64]SubApp]
}

// Reload reads all of them.
func (s *SubApps) Reload(ctx context.Context) error {
	s.changing.Lock()
	defer s.changing.Unlock()
	return s.reload(ctx)
}

func (s *SubApps) reload(ctx context.Context) error {
	all, err := s.Store.SubApps(ctx)
	if err != nil {
		return fmt.Errorf("read sub-applications: %w", err)
	}
	byID := make(map[int64]SubApp, len(all))
	for _, a := range all {
		byID[a.ID] = a
	}
	s.known.Store(&byID)
	return nil
}

func (s *SubApps) snapshot() map[int64]SubApp {
	if known := s.known.Load(); known != nil {
		return *known
	}
	return nil
}

// Check reports whether a sub-application is there, without touching the store; the primary one always is. ErrNoSubApp.
func (s *SubApps) Check(id int64) error {
	if id == PrimaryApp {
		return nil
	}
	if a, ok := s.snapshot()[id]; !ok || a.Status == SubAppDestroyed {
		return fmt.Errorf("%w: %d", ErrNoSubApp, id)
	}
	return nil
}

// CheckOn is Check, and reports whether it takes changes and plays. ErrNoSubApp, ErrSubAppOff.
func (s *SubApps) CheckOn(id int64) error {
	if err := s.Check(id); err != nil || id == PrimaryApp {
		return err
	}
	if s.snapshot()[id].Status != SubAppOn {
		return fmt.Errorf("%w: %d", ErrSubAppOff, id)
	}
	return nil
}

// SubAppFolder is the folder of a storage in which what belongs to a sub-application lies, "" for the primary one, which has the top. No
// domain can have that name.
func SubAppFolder(id int64) string {
	if id == PrimaryApp {
		return ""
	}
	return subAppPrefix + strconv.FormatInt(id, 10)
}

const subAppPrefix = "app@"

// subAppOf tells in the folder of which sub-application a key is, and the rest of the key.
func subAppOf(key string) (id int64, rest string) {
	folder, rest, _ := strings.Cut(key, "/")
	digits, ok := strings.CutPrefix(folder, subAppPrefix)
	if !ok || rest == "" {
		return PrimaryApp, key
	}
	id, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || id <= 0 || SubAppFolder(id) != folder {
		return PrimaryApp, key
	}
	return id, rest
}

// NoteSubApp and NoteClass are the notes of assets that were to go to an application or a class that cannot take them.
func NoteSubApp(id int64) string {
	return fmt.Sprintf("it was to go to the sub-application %d, which does not exist or is off: it is in the primary one, in the class %s", id, OtherClass)
}

// NoteClass is NoteSubApp for a class.
func NoteClass(id int64) string {
	return fmt.Sprintf("it was to go to the class %d, which its application does not have: it is in %s", id, OtherClass)
}

func validAppText(field, text string, low, high int) error {
	switch n := utf8.RuneCountInString(text); {
	case !utf8.ValidString(text):
		return &InvalidError{Field: field, Reason: "is not UTF-8"}
	case n < low || n > high:
		return &InvalidError{Field: field, Reason: fmt.Sprintf("must have %d to %d characters", low, high)}
	}
	return nil
}

func (a *SubApp) validate() error {
	oneOf := func(field, text string, allowed ...string) error {
		if text != "" && !slices.Contains(allowed, text) {
			return &InvalidError{Field: field, Reason: "must be " + strings.Join(allowed, " or ")}
		}
		return nil
	}
	err := errors.Join(validAppText("Name", a.Name, 1, MaxSubAppName), validAppText("Description", a.Description, 0, MaxSubAppDescription),
		oneOf("Mode", a.Mode, "fileid", "fileid+path"), oneOf("Type", a.Type, "AllInOne", "Professional"),
		validAppText("StorageRegion", a.Region, 0, MaxSubAppName))
	if err != nil {
		return err
	}
	if len(a.Tags) > maxSubAppTags {
		return &InvalidError{Field: "Tags", Reason: fmt.Sprintf("must have at most %d elements", maxSubAppTags)}
	}
	for _, t := range a.Tags {
		err := errors.Join(validAppText("Tags.TagKey", t.Key, 1, maxTagChars), validAppText("Tags.TagValue", t.Value, 0, maxTagChars))
		if err != nil {
			return err
		}
	}
	return nil
}

// change makes a change and reloads. Once it is made, the caller's patience no longer counts.
func (s *SubApps) change(ctx context.Context, do func() error) error {
	s.changing.Lock()
	defer s.changing.Unlock()
	if err := do(); err != nil {
		return err
	}
	return s.reload(context.WithoutCancel(ctx))
}

// Create makes a sub-application and returns its ID. ID, Status and CreateTime of a are ignored. *InvalidError, ErrSubAppLimit.
func (s *SubApps) Create(ctx context.Context, a SubApp) (id int64, err error) {
	if err := a.validate(); err != nil {
		return 0, err
	}
	a.Status, a.CreateTime = SubAppOn, time.Now().UTC().Truncate(time.Microsecond)
	err = s.change(ctx, func() (err error) {
		if id, err = s.Store.CreateSubApp(ctx, a); err != nil {
			return fmt.Errorf("create sub-application %q: %w", a.Name, err)
		}
		return nil
	})
	return id, err
}

// List returns a page of all sub-applications by ID, the primary one first, and how many fit: those of that name, unless it is empty,
// that have all the tags; a tag without Value fits with any. Limit 0 is MaxSubAppPage. *InvalidError.
func (s *SubApps) List(name string, tags []AppTag, offset, limit int) (page []SubApp, total int, err error) {
	if limit < 0 || limit > MaxSubAppPage {
		return nil, 0, &InvalidError{Field: "Limit", Reason: fmt.Sprintf("must be 1 to %d", MaxSubAppPage)}
	}
	if limit == 0 {
		limit = MaxSubAppPage
	}
	known := s.snapshot()
	all := []SubApp{{ID: PrimaryApp, Name: PrimaryName, Status: SubAppOn, Mode: "fileid"}}
	for _, id := range slices.Sorted(maps.Keys(known)) {
		all = append(all, known[id])
	}
	all = slices.DeleteFunc(all, func(a SubApp) bool { return name != "" && a.Name != name || !a.tagged(tags) })
	from := min(max(offset, 0), len(all))
	return all[from:min(from+limit, len(all))], len(all), nil
}

func (a *SubApp) tagged(tags []AppTag) bool {
	for _, want := range tags {
		if !slices.ContainsFunc(a.Tags, func(t AppTag) bool { return t.Key == want.Key && (want.Value == "" || t.Value == want.Value) }) {
			return false
		}
	}
	return true
}

// primaryFixed answers who wants to change the primary application.
func primaryFixed(id int64) error {
	if id == PrimaryApp {
		return &InvalidError{Field: "SubAppId", Reason: "is 0: the primary application cannot be changed"}
	}
	return nil
}

// Modify changes name or description, where they are not nil. *InvalidError, ErrNoSubApp.
func (s *SubApps) Modify(ctx context.Context, id int64, name, description *string) error {
	if err := primaryFixed(id); err != nil {
		return err
	}
	return s.update(ctx, id, func(a *SubApp, _ bool) error {
		if a.Status == SubAppDestroyed {
			return ErrNoSubApp
		}
		if name != nil {
			a.Name = *name
		}
		if description != nil {
			a.Description = *description
		}
		return a.validate()
	})
}

// SetStatus switches a sub-application on or off, or destroys it, which needs it to be without files. *InvalidError, ErrNoSubApp,
// ErrSubAppUsed, ErrSubAppLimit.
func (s *SubApps) SetStatus(ctx context.Context, id int64, to SubAppStatus) error {
	if err := primaryFixed(id); err != nil {
		return err
	}
	switch to {
	case SubAppOn, SubAppOff, SubAppDestroyed:
	default:
		return &InvalidError{Field: "Status", Reason: "must be On, Off or Destroyed"}
	}
	return s.update(ctx, id, func(a *SubApp, files bool) error {
		if to == SubAppDestroyed && files {
			return ErrSubAppUsed
		}
		a.Status = to
		return nil
	})
}

func (s *SubApps) update(ctx context.Context, id int64, change func(*SubApp, bool) error) error {
	return s.change(ctx, func() error {
		if err := s.Store.UpdateSubApp(ctx, id, change); err != nil {
			return fmt.Errorf("change sub-application %d: %w", id, err)
		}
		return nil
	})
}
