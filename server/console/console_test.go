package console

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// table is a Store in memory.
type table map[string]Session

func (t table) ConsoleSessions(context.Context) ([]Session, error) {
	return slices.Collect(maps.Values(t)), nil
}

func (t table) AddConsoleSession(_ context.Context, s Session) error {
	t[s.Hash] = s
	return nil
}

func (t table) SeeConsoleSession(_ context.Context, hash string, seen time.Time) error {
	if s, ok := t[hash]; ok {
		s.Seen = seen
		t[hash] = s
	}
	return nil
}

func (t table) RemoveConsoleSessions(_ context.Context, hashes []string) error {
	for _, h := range hashes {
		delete(t, h)
	}
	return nil
}

func loaded(t *testing.T, rows table) *Sessions {
	t.Helper()
	s := &Sessions{Store: rows}
	if err := s.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

func begin(t *testing.T, s *Sessions) string {
	t.Helper()
	token, err := s.Begin(t.Context(), "192.0.2.1", "agent")
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// TestPassword checks what is stored, and that nothing else opens.
func TestPassword(t *testing.T) {
	hash, err := HashPassword("correct horse")
	if err != nil {
		t.Fatal(err)
	}
	if again, _ := HashPassword("correct horse"); again == hash || strings.Contains(hash, "horse") {
		t.Error("no salt, or the password itself:", hash)
	}
	for password, want := range map[string]bool{"correct horse": true, "correct horsf": false, "": false, strings.Repeat("x", 5000): false} {
		if got, err := checkPassword(hash, password); got != want || err != nil {
			t.Errorf("%.20q: %v, %v", password, got, err)
		}
	}
	for _, bad := range []string{"", "short", strings.Repeat("x", 1025)} {
		if _, err := HashPassword(bad); !errors.Is(err, ErrPassword) {
			t.Errorf("%.20q is taken: %v", bad, err)
		}
	}
}

// TestPasswordDamaged checks that a damaged hash opens to nobody, and asks for no memory.
func TestPasswordDamaged(t *testing.T) {
	good, _ := HashPassword("correct horse")
	for _, hash := range []string{
		"", "correct horse", "$", "$$$$$", strings.Replace(good, "argon2id", "argon2i", 1), strings.Replace(good, "v=19", "v=18", 1),
		strings.Replace(good, "m=19456", "m=4194304", 1), strings.Replace(good, "m=19456", "m=0", 1), strings.Replace(good, "t=2", "t=0", 1),
		strings.Replace(good, "t=2", "t=4000000000", 1), strings.Replace(good, "p=1", "p=0", 1), good[:len(good)-30], good + "!", good + "$",
	} {
		if ok, err := checkPassword(hash, "correct horse"); ok || err == nil {
			t.Errorf("%q: %v, %v", hash, ok, err)
		}
	}
}

// TestSessionEnds checks for how long a session is good, and that a restart does not end it.
func TestSessionEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rows := table{}
		s := loaded(t, rows)
		used, idle := begin(t, s), begin(t, s)
		for day := range 30 {
			time.Sleep(24*time.Hour - time.Second)
			if day == 10 {
				s = loaded(t, rows)
			}
			if !s.Check(t.Context(), used) {
				t.Fatalf("over after %d days", day+1)
			}
		}
		if s.Check(t.Context(), idle) {
			t.Error("not used for 30 days and still good")
		}
		time.Sleep(time.Hour)
		if s.Check(t.Context(), used) {
			t.Error("good for more than 30 days")
		}
		begin(t, s)
		if len(rows) != 1 {
			t.Errorf("%d rows are left of sessions that are over", len(rows)-1)
		}
	})
}

// TestSessionEnd checks what ends sessions, and that no other token is good.
func TestSessionEnd(t *testing.T) {
	rows := table{}
	s := loaded(t, rows)
	a, b, c := begin(t, s), begin(t, s), begin(t, s)
	for _, token := range []string{"", a[1:], a + "x", hashOf(a)} {
		if s.Check(t.Context(), token) {
			t.Errorf("%q is good", token)
		}
	}
	if !s.checkCSRF(t.Context(), a, csrfOf(a)) || s.checkCSRF(t.Context(), a, csrfOf(b)) || s.checkCSRF(t.Context(), a, "") {
		t.Error("the CSRF token is not that of its session alone")
	}
	if was, err := s.End(t.Context(), a); !was || err != nil || s.Check(t.Context(), a) || !s.Check(t.Context(), b) || len(rows) != 2 {
		t.Error("End:", was, err)
	}
	s.Store = nil // which is not asked for what there is not
	ended := s.Ended()
	if was, err := s.End(t.Context(), a); was || err != nil {
		t.Error("End again:", was, err)
	}
	select {
	case <-ended:
		t.Error("all pages are woken by whoever is not logged in")
	default:
	}
	s.Store = rows
	if n, err := s.EndOthers(t.Context(), "", ""); n != 2 || err != nil || s.Check(t.Context(), b) || s.Check(t.Context(), c) || len(rows) != 0 {
		t.Error("EndOthers:", n, err)
	}
}

// slow is a Store that has something happen before it does what it is asked for.
type slow struct {
	table
	before func()
}

func (s *slow) AddConsoleSession(ctx context.Context, x Session) error {
	s.before()
	return s.table.AddConsoleSession(ctx, x)
}

func (s *slow) SeeConsoleSession(ctx context.Context, hash string, seen time.Time) error {
	s.before()
	return s.table.SeeConsoleSession(ctx, hash, seen)
}

// TestSessionEndedWhileSeen checks that a session does not come back, by a restart, that was ended while it was stored that it is used.
func TestSessionEndedWhileSeen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rows := table{}
		s := loaded(t, rows)
		token := begin(t, s)
		ended := false
		s.Store = &slow{rows, func() {
			var err error
			if ended, err = s.End(t.Context(), token); err != nil {
				t.Error(err)
			}
		}}
		time.Sleep(2 * seenEvery)
		s.Check(t.Context(), token)
		if !ended || len(rows) != 0 {
			t.Errorf("ended: %v, stored: %v", ended, rows)
		}
	})
}

// TestSessionsBounded checks that the one goes that was not used for the longest time.
func TestSessionsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rows := table{}
		s := loaded(t, rows)
		first := begin(t, s)
		time.Sleep(time.Second)
		second := begin(t, s)
		for range maxSessions - 1 {
			time.Sleep(time.Second)
			begin(t, s)
		}
		if s.Check(t.Context(), first) || !s.Check(t.Context(), second) || len(rows) != maxSessions {
			t.Errorf("%d sessions are left, %v, %v", len(rows), s.Check(t.Context(), first), s.Check(t.Context(), second))
		}
	})
}
