package store

import (
	"errors"
	"slices"
	"testing"
	"time"

	"gorm.io/gorm"

	"aircheck/server/console"
)

// TestOnChange checks that it is told of the tables that a write changed, and of no others.
func TestOnChange(t *testing.T) {
	s := open(t)
	var told []string
	s.OnChange = func(tables []string) { told = tables }
	expect := func(what string, want ...string) {
		t.Helper()
		if !slices.Equal(told, want) {
			t.Errorf("%s: %q, want %q", what, told, want)
		}
		told = nil
	}
	must(t, s.AddConsoleSession(t.Context(), console.Session{Hash: "a", Begin: at, Seen: at}))
	expect("create", "console_sessions")
	must(t, s.SeeConsoleSession(t.Context(), "a", at.Add(time.Hour)))
	expect("update of one", "console_sessions")
	must(t, s.SeeConsoleSession(t.Context(), "b", at.Add(time.Hour)))
	expect("nothing to update")
	must(t, s.UseAccessKeys(t.Context(), map[string]time.Time{"first": at}, "first"))
	expect("upsert", "access_keys")
	must(t, s.RemoveConsoleSessions(t.Context(), []string{"b"}))
	expect("nothing to delete")
	must(t, s.RemoveConsoleSessions(t.Context(), []string{"a"}))
	expect("delete", "console_sessions")
	a := asset(1)
	add(t, s, a)
	expect("a file and its event", "asset_ids", "assets", "events", "long_tasks")
	must(t, s.SetSHA256(t.Context(), a.ID, "def"))
	expect("update", "assets")
	_, err := s.ConsoleSessions(t.Context())
	must(t, err)
	expect("read")
	failed := errors.New("failed")
	if err := s.write(t.Context(), func(*gorm.DB) error { return failed }); !errors.Is(err, failed) {
		t.Error(err)
	}
	expect("failed")
}
