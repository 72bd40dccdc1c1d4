package auth

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"aircheck/ingest/media"
)

// ErrStreamForbidden is wrapped by what Forbids.Check returns.
var ErrStreamForbidden = errors.New("the stream is forbidden")

// ErrForbidLimit: MaxForbidden streams are forbidden already.
var ErrForbidLimit = errors.New("too many streams are forbidden")

// Limits of what is forbidden.
const (
	// MaxForbidden bounds one server.
	MaxForbidden = 10000
	// DefaultForbidTime is for how long a stream is forbidden where nothing is said, MaxForbidTime for how long at most.
	DefaultForbidTime = 7 * 24 * time.Hour
	MaxForbidTime     = 90 * 24 * time.Hour
	// MaxForbidReason is the length of the reason, in bytes.
	MaxForbidReason = 2048
)

// Forbidden is a stream that must not be pushed.
type Forbidden struct {
	Key    media.StreamKey
	Reason string
	Create time.Time
	// Expire is from when on it may be pushed again.
	Expire time.Time
}

// ForbidStore keeps what is forbidden. Every method is one transaction.
type ForbidStore interface {
	Forbidden(ctx context.Context) ([]Forbidden, error)
	// PutForbidden replaces what there is for the key, and forgets those that expired by now. ErrForbidLimit.
	PutForbidden(ctx context.Context, f Forbidden, now time.Time) error
	RemoveForbidden(ctx context.Context, key media.StreamKey) error
}

// Forbids are the streams that must not be pushed, by whatever protocol, nor pulled. Call Load before the first question; it is answered
// from memory.
type Forbids struct {
	Store ForbidStore

	changing sync.Mutex // one change at a time, so that memory and Store agree
	mu       sync.RWMutex
	all      map[media.StreamKey]Forbidden
}

// Load reads what is forbidden.
func (f *Forbids) Load(ctx context.Context) error {
	stored, err := f.Store.Forbidden(ctx)
	if err != nil {
		return fmt.Errorf("read which streams are forbidden: %w", err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.all = make(map[media.StreamKey]Forbidden, len(stored))
	for _, x := range stored {
		f.all[x.Key] = x
	}
	return nil
}

// Check returns a wrapped ErrStreamForbidden, with when it ends and why, while that stream must not be pushed. It takes no time: it is
// stream.Hub's Refuse.
func (f *Forbids) Check(key media.StreamKey) error {
	x, ok := f.Get(key)
	if !ok {
		return nil
	}
	err := fmt.Errorf("%w until %s", ErrStreamForbidden, x.Expire.UTC().Format(time.RFC3339))
	if x.Reason != "" {
		err = fmt.Errorf("%w: %s", err, x.Reason)
	}
	return err
}

// Get returns what forbids a stream, if it is.
func (f *Forbids) Get(key media.StreamKey) (Forbidden, bool) {
	f.mu.RLock()
	x, ok := f.all[key]
	f.mu.RUnlock()
	return x, ok && time.Now().Before(x.Expire)
}

// Forbid forbids a stream until x.Expire, or for DefaultForbidTime if that is zero. One that is forbidden already is forbidden anew. The
// caller sees to a push that is under way. media.ErrBadPath, *InvalidError, ErrForbidLimit.
func (f *Forbids) Forbid(ctx context.Context, x Forbidden) error {
	if err := x.Key.Validate(); err != nil {
		return err
	}
	now := time.Now().Round(0) // by the clock on the wall, as it is told, stored, and read after a restart
	x.Create = now
	if x.Expire.IsZero() {
		x.Expire = now.Add(DefaultForbidTime)
	}
	switch {
	case !x.Expire.After(now):
		return &InvalidError{Field: "ResumeTime", Reason: "is not in the future"}
	case x.Expire.After(now.Add(MaxForbidTime)):
		return &InvalidError{Field: "ResumeTime", Reason: "is more than 90 days from now"}
	case len(x.Reason) > MaxForbidReason:
		return &InvalidError{Field: "Reason", Reason: "is longer than 2048 bytes"}
	}
	f.changing.Lock()
	defer f.changing.Unlock()
	if err := f.Store.PutForbidden(ctx, x, now); err != nil {
		return fmt.Errorf("forbid %s: %w", x.Key, err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for key, other := range f.all {
		if !other.Expire.After(now) {
			delete(f.all, key)
		}
	}
	f.all[x.Key] = x
	return nil
}

// Resume lets a stream be pushed again. It is no error if it was not forbidden.
func (f *Forbids) Resume(ctx context.Context, key media.StreamKey) error {
	f.changing.Lock()
	defer f.changing.Unlock()
	if err := f.Store.RemoveForbidden(ctx, key); err != nil {
		return fmt.Errorf("resume %s: %w", key, err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.all, key)
	return nil
}

// List returns what is forbidden, what was forbidden last first.
func (f *Forbids) List() []Forbidden {
	now := time.Now()
	f.mu.RLock()
	defer f.mu.RUnlock()
	out := make([]Forbidden, 0, len(f.all))
	for _, x := range f.all {
		if now.Before(x.Expire) {
			out = append(out, x)
		}
	}
	slices.SortFunc(out, func(a, b Forbidden) int {
		if c := b.Create.Compare(a.Create); c != 0 {
			return c
		}
		return strings.Compare(a.Key.String(), b.Key.String())
	})
	return out
}
