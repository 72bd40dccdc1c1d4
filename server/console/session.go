package console

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	// idleTime is how long a session lasts without a call, longestTime how long at most.
	idleTime    = 7 * 24 * time.Hour
	longestTime = 30 * 24 * time.Hour
	// seenEvery is how often it is stored that a session is used.
	seenEvery = time.Hour
	// maxSessions is how many there are at once: beyond that, the one goes that was not used for the longest time.
	maxSessions = 1000
)

// Session is one login. The token, which the browser has, is not kept: Hash is the SHA-256 of it, in hex.
type Session struct {
	Hash        string
	Begin, Seen time.Time
	// Remote is the address of who logged in, Agent the program.
	Remote, Agent string
}

// ID names a session, and lets nobody in.
func (x Session) ID() string { return x.Hash[:min(len(x.Hash), 16)] }

// Store keeps sessions over a restart.
type Store interface {
	ConsoleSessions(ctx context.Context) ([]Session, error)
	AddConsoleSession(ctx context.Context, s Session) error
	// SeeConsoleSession changes Seen of a session, unless that was removed.
	SeeConsoleSession(ctx context.Context, hash string, seen time.Time) error
	RemoveConsoleSessions(ctx context.Context, hashes []string) error
}

// Sessions are the logins that are valid. Its methods may be called from any goroutine.
type Sessions struct {
	Store Store

	mu  sync.Mutex
	all map[string]Session
	// stored is Seen of those of all for which Store has another one.
	stored map[string]time.Time
	// ended is closed, and another one made, whenever a session is over.
	ended chan struct{}
}

// Load reads the sessions of before.
func (s *Sessions) Load(ctx context.Context) error {
	list, err := s.Store.ConsoleSessions(ctx)
	if err != nil {
		return fmt.Errorf("read the console's sessions: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all, s.stored, s.ended = map[string]Session{}, map[string]time.Time{}, make(chan struct{})
	for _, x := range list {
		s.all[x.Hash] = x
	}
	return nil
}

// Begin makes a session and returns its token.
func (s *Sessions) Begin(ctx context.Context, remote, agent string) (token string, err error) {
	secret := make([]byte, 32)
	_, _ = rand.Read(secret) // never fails
	token = base64.RawURLEncoding.EncodeToString(secret)
	now := time.Now()
	x := Session{Hash: hashOf(token), Begin: now, Seen: now, Remote: remote, Agent: agent}
	if err := s.Store.AddConsoleSession(ctx, x); err != nil {
		return "", fmt.Errorf("store the session: %w", err)
	}
	s.mu.Lock()
	s.all[x.Hash] = x
	gone := s.surplus(now)
	s.mu.Unlock()
	if len(gone) > 0 {
		err = s.Store.RemoveConsoleSessions(ctx, gone)
	}
	return token, err
}

// surplus forgets the sessions that are over, and the oldest if there are too many.
func (s *Sessions) surplus(now time.Time) (gone []string) {
	for hash, x := range s.all {
		if x.over(now) {
			gone = append(gone, hash)
			s.forget(hash)
		}
	}
	for len(s.all) > maxSessions {
		var oldest Session
		for _, x := range s.all {
			if oldest.Hash == "" || x.Seen.Before(oldest.Seen) {
				oldest = x
			}
		}
		gone = append(gone, oldest.Hash)
		s.forget(oldest.Hash)
	}
	return gone
}

// forget removes a session from memory. mu is held.
func (s *Sessions) forget(hash string) {
	delete(s.all, hash)
	delete(s.stored, hash)
	close(s.ended)
	s.ended = make(chan struct{})
}

// Ended is closed as soon as any session is over that was not yet: who asks for it has to look then whether it was theirs.
func (s *Sessions) Ended() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ended
}

func (x Session) over(now time.Time) bool {
	return now.Sub(x.Seen) > idleTime || now.Sub(x.Begin) > longestTime
}

// Check reports whether a token is that of a session.
func (s *Sessions) Check(ctx context.Context, token string) bool {
	if token == "" {
		return false
	}
	hash, now := hashOf(token), time.Now()
	s.mu.Lock()
	x, ok := s.all[hash]
	ok = ok && !x.over(now)
	stale := ok && s.seen(x, now)
	s.mu.Unlock()
	if stale {
		_ = s.Store.SeeConsoleSession(ctx, hash, now) // if that fails the session ends sooner after a restart
	}
	return ok
}

// seen notes that a session is used, and reports whether it is time to store that. mu is held.
func (s *Sessions) seen(x Session, now time.Time) (store bool) {
	stored, ok := s.stored[x.Hash]
	if !ok {
		stored = x.Seen
	}
	x.Seen = now
	s.all[x.Hash] = x
	if now.Sub(stored) <= seenEvery {
		s.stored[x.Hash] = stored
		return false
	}
	delete(s.stored, x.Hash)
	return true
}

// checkCSRF reports whether a token and what a page of ours was told with it belong together.
func (s *Sessions) checkCSRF(ctx context.Context, token, csrf string) bool {
	return subtle.ConstantTimeCompare([]byte(csrfOf(token)), []byte(csrf)) == 1 && s.Check(ctx, token)
}

// End ends the session of a token, and reports whether there was one.
func (s *Sessions) End(ctx context.Context, token string) (was bool, err error) {
	hash := hashOf(token)
	s.mu.Lock()
	if _, was = s.all[hash]; was {
		s.forget(hash)
	}
	s.mu.Unlock()
	if !was {
		return false, nil // nobody can have the database write who is not logged in
	}
	return true, s.Store.RemoveConsoleSessions(ctx, []string{hash})
}

// EndOthers ends the session of that ID, or if it is empty all sessions, but never that of the token. It returns how many it were.
func (s *Sessions) EndOthers(ctx context.Context, token, id string) (n int, err error) {
	own := hashOf(token)
	s.mu.Lock()
	var hashes []string
	for hash, x := range s.all {
		if hash != own && (id == "" || x.ID() == id) {
			hashes = append(hashes, hash)
			s.forget(hash)
		}
	}
	s.mu.Unlock()
	return len(hashes), s.Store.RemoveConsoleSessions(ctx, hashes)
}

// List returns the sessions that are not over, those first that were used last.
func (s *Sessions) List() []Session {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Session
	for _, x := range s.all {
		if !x.over(now) {
			out = append(out, x)
		}
	}
	slices.SortFunc(out, func(a, b Session) int {
		if c := b.Seen.Compare(a.Seen); c != 0 {
			return c
		}
		return strings.Compare(a.Hash, b.Hash)
	})
	return out
}

func hashOf(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// csrfOf is what a page of ours is told with a token. Other sites' pages can have a browser send its cookie, but not this.
func csrfOf(token string) string {
	sum := sha256.Sum256([]byte("csrf " + token))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
