package store

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"aircheck/server/console"
)

func TestConsoleSessions(t *testing.T) {
	s := open(t)
	a := console.Session{Hash: "a", Begin: at, Seen: at.Add(time.Hour), Remote: "192.0.2.1", Agent: "browser"}
	b := console.Session{Hash: "b", Begin: at, Seen: at}
	for _, x := range []console.Session{a, b} {
		must(t, s.AddConsoleSession(t.Context(), x))
	}
	b.Seen = at.Add(time.Minute)
	must(t, s.SeeConsoleSession(t.Context(), "b", b.Seen))
	must(t, s.SeeConsoleSession(t.Context(), "gone", b.Seen)) // which does not come back by that
	must(t, s.RemoveConsoleSessions(t.Context(), []string{"c"}))
	must(t, s.RemoveConsoleSessions(t.Context(), nil))
	got, err := s.ConsoleSessions(t.Context())
	must(t, err)
	if d := cmp.Diff([]console.Session{a, b}, got); d != "" {
		t.Error(d)
	}
	must(t, s.RemoveConsoleSessions(t.Context(), []string{"a", "b"}))
	if got, err := s.ConsoleSessions(t.Context()); err != nil || len(got) != 0 {
		t.Errorf("%v, %v", got, err)
	}
}
