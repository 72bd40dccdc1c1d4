package auth

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"
)

// Errors of AccessKeys.
var (
	ErrAccessKeyNotFound = errors.New("there is no such access key")
	ErrAccessKeyLimit    = errors.New("there are too many access keys")
	// ErrAccessKeyFixed: the first key is that of the server's own file or configuration.
	ErrAccessKeyFixed = errors.New("the first key is in secrets/api_key of the data folder, or in api.secret_id: it is changed there, and the server started again")
)

const (
	// MaxAccessKeys is how many there are at most, beside the first.
	MaxAccessKeys = 50
	// MaxKeyDescription is the length of a description, in characters.
	MaxKeyDescription = 1024
	// useEvery is how often the use of a key is written down.
	useEvery = time.Minute
)

// AccessKey is a pair that signs calls of the API.
type AccessKey struct {
	ID, Secret  string
	Active      bool
	Description string
	// Create is zero where it is not known, Used where there was no use.
	Create, Used time.Time
	// First is the one that is no row of AccessKeyStore.
	First bool
}

// AccessKeyStore keeps all but the first key, and when that was used. Every method is one transaction.
type AccessKeyStore interface {
	// AccessKeys lists the keys by Create; one without Secret stands for the use of a first key.
	AccessKeys(ctx context.Context) ([]AccessKey, error)
	// CreateAccessKey adds a key. ErrAccessKeyLimit.
	CreateAccessKey(ctx context.Context, k AccessKey) error
	// SetAccessKeyActive and DeleteAccessKey return ErrAccessKeyNotFound.
	SetAccessKeyActive(ctx context.Context, id string, active bool) error
	DeleteAccessKey(ctx context.Context, id string) error
	// UseAccessKeys notes when keys were used. Keys that are gone are left out; of those of the first key a row is made.
	UseAccessKeys(ctx context.Context, used map[string]time.Time, first string) error
}

// AccessKeys are the keys of the API: one of the server's own, which is always good, and those that were made by the API. A change is in
// force when its method returns. Call Open before anything else, and Close at the end.
type AccessKeys struct {
	Store AccessKeyStore
	// First has ID, Secret and, if it is known, Create.
	First AccessKey
	Log   *slog.Logger

	changing sync.Mutex // one change at a time, so that memory and Store agree
	mu       sync.RWMutex
	all      map[string]AccessKey
	used     map[string]time.Time // to be written
	wake     chan struct{}
	closed   bool
	done     sync.WaitGroup
}

// Open reads the keys.
func (a *AccessKeys) Open(ctx context.Context) error {
	stored, err := a.Store.AccessKeys(ctx)
	if err != nil {
		return fmt.Errorf("read the access keys: %w", err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	first := a.First
	first.Active, first.First = true, true
	a.all = map[string]AccessKey{}
	for _, k := range stored {
		if k.ID == first.ID {
			first.Used = k.Used
		} else if k.Secret != "" {
			a.all[k.ID] = k
		}
	}
	a.all[first.ID] = first
	a.used = map[string]time.Time{}
	a.wake, a.closed = make(chan struct{}, 1), false
	a.done.Go(a.write)
	return nil
}

// Close writes what is left to be written. What is used later is not noted any more.
func (a *AccessKeys) Close() {
	a.mu.Lock()
	a.closed = true
	close(a.wake)
	a.mu.Unlock()
	a.done.Wait()
}

// SecretKey is Verifier's: it returns the key of an ID that is good.
func (a *AccessKeys) SecretKey(id string) (string, bool) {
	a.mu.RLock()
	defer a.mu.RUnlock()
	k := a.all[id]
	return k.Secret, k.Active
}

// Use notes that a key was used. It does not wait.
func (a *AccessKeys) Use(id string) {
	now := time.Now().Round(0)
	a.mu.RLock()
	k, ok := a.all[id]
	a.mu.RUnlock()
	if !ok || now.Sub(k.Used) < useEvery {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if k, ok = a.all[id]; !ok || a.closed || now.Sub(k.Used) < useEvery {
		return
	}
	k.Used = now
	a.all[id], a.used[id] = k, now
	select {
	case a.wake <- struct{}{}:
	default:
	}
}

// write writes uses down. What cannot be written is so a minute later, if the key is still used.
func (a *AccessKeys) write() {
	for open := true; open; {
		_, open = <-a.wake
		a.mu.Lock()
		used := a.used
		a.used = map[string]time.Time{}
		a.mu.Unlock()
		if len(used) == 0 {
			continue
		}
		if err := a.Store.UseAccessKeys(context.Background(), used, a.First.ID); err != nil && a.Log != nil {
			a.Log.Warn("the last use of access keys was not written down", "error", err)
		}
	}
}

// List returns the keys without their secrets: the first, then the others by age.
func (a *AccessKeys) List() []AccessKey {
	a.mu.RLock()
	defer a.mu.RUnlock()
	out := make([]AccessKey, 0, len(a.all))
	for _, k := range a.all {
		k.Secret = ""
		out = append(out, k)
	}
	slices.SortFunc(out, func(x, y AccessKey) int {
		switch {
		case x.First != y.First && x.First:
			return -1
		case x.First != y.First:
			return 1
		case !x.Create.Equal(y.Create):
			return x.Create.Compare(y.Create)
		}
		return strings.Compare(x.ID, y.ID)
	})
	return out
}

// Create makes a key. Its secret is told only here. *InvalidError, ErrAccessKeyLimit.
func (a *AccessKeys) Create(ctx context.Context, description string) (AccessKey, error) {
	if utf8.RuneCountInString(description) > MaxKeyDescription {
		return AccessKey{}, &InvalidError{Field: "Description", Reason: "is longer than 1024 characters"}
	}
	if strings.ContainsFunc(description, unicode.IsControl) {
		return AccessKey{}, &InvalidError{Field: "Description", Reason: "has control characters, such as a line break"}
	}
	k := AccessKey{ID: "AKID" + randomText(), Secret: randomText(), Active: true, Description: description, Create: time.Now().Round(0)}
	a.changing.Lock()
	defer a.changing.Unlock()
	if err := a.Store.CreateAccessKey(ctx, k); err != nil {
		return AccessKey{}, fmt.Errorf("make an access key: %w", err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.all[k.ID] = k
	return k, nil
}

// randomText returns 32 letters and digits: 160 random bits.
func randomText() string { return (rand.Text() + rand.Text())[:32] }

// SetActive makes a key good or no good. ErrAccessKeyNotFound, ErrAccessKeyFixed.
func (a *AccessKeys) SetActive(ctx context.Context, id string, active bool) error {
	return a.change(id, func() error { return a.Store.SetAccessKeyActive(ctx, id, active) }, func(k AccessKey) {
		k.Active = active
		a.all[id] = k
	})
}

// Delete removes a key. ErrAccessKeyNotFound, ErrAccessKeyFixed.
func (a *AccessKeys) Delete(ctx context.Context, id string) error {
	return a.change(id, func() error { return a.Store.DeleteAccessKey(ctx, id) }, func(AccessKey) { delete(a.all, id) })
}

// change changes a key in the store, and then here.
func (a *AccessKeys) change(id string, stored func() error, here func(AccessKey)) error {
	if id == a.First.ID {
		return ErrAccessKeyFixed
	}
	a.changing.Lock()
	defer a.changing.Unlock()
	if err := stored(); err != nil {
		return fmt.Errorf("change access key %.64q: %w", id, err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	here(a.all[id])
	return nil
}
