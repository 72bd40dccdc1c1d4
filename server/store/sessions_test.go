package store

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"aircheck/ingest/media"
	"aircheck/rules"
)

func session(id string, after time.Duration) *rules.Session {
	return &rules.Session{
		ID: id, Key: media.StreamKey{Domain: "d", App: "live", Stream: "cam " + id}, Start: at.Add(after), Seen: at.Add(after),
		Remote: "192.0.2.1:5", Local: "[::1]:1935", Params: "a=b",
	}
}

func happened(kind rules.EventType) rules.Event {
	return rules.Event{Type: kind, Domain: "d", App: "live", Stream: "cam", Payload: json.RawMessage(`{}`), At: at}
}

func begin(s *rules.Session) rules.Entry {
	return rules.Entry{Begin: s, Event: happened(rules.EventStreamBegin)}
}

func end(id string) rules.Entry {
	return rules.Entry{End: id, Event: happened(rules.EventStreamEnd)}
}

// addEntries adds entries and returns the types of all events there are then.
func addEntries(t *testing.T, s *Store, entries ...rules.Entry) (types []int) {
	t.Helper()
	must(t, s.AddEntries(t.Context(), entries))
	for _, r := range events(t, s) {
		types = append(types, r.Type)
	}
	return types
}

func live(t *testing.T, s *Store) []rules.Session {
	t.Helper()
	out, err := s.LiveSessions(t.Context())
	must(t, err)
	return out
}

func TestSessions(t *testing.T) {
	s := open(t)
	a, b := session("a", time.Second), session("b", 0)
	if d := cmp.Diff([]int{1, 1, 332}, addEntries(t, s, begin(a), begin(b), rules.Entry{Event: happened(332)})); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]rules.Session{*b, *a}, live(t, s)); d != "" {
		t.Error(d)
	}
	must(t, s.SeeSessions(t.Context(), at.Add(time.Hour)))
	a.Seen, b.Seen = at.Add(time.Hour), at.Add(time.Hour)
	if d := cmp.Diff([]rules.Session{*b, *a}, live(t, s)); d != "" {
		t.Error("seen:", d)
	}
	// Once more, as after an error that was none.
	if d := cmp.Diff([]int{1, 1, 332, 0}, addEntries(t, s, begin(a), end("b"), end("b"), end("unknown"))); d != "" {
		t.Error("again:", d)
	}
	if d := cmp.Diff([]rules.Session{*a}, live(t, s)); d != "" {
		t.Error("after an end:", d)
	}
	if d := cmp.Diff([]int{1, 1, 332, 0, 1, 0}, addEntries(t, s, begin(session("c", 0)), end("c"))); d != "" {
		t.Error("both at once:", d)
	}
	must(t, s.AddEntries(t.Context(), nil))
}

// TestEntriesAllOrNone: of entries of which one fails, nothing remains.
func TestEntriesAllOrNone(t *testing.T) {
	s := open(t)
	addEntries(t, s, begin(session("a", 0)))
	must(t, s.writer.Exec("CREATE TRIGGER fails BEFORE INSERT ON events WHEN NEW.type = 332 BEGIN SELECT RAISE(ABORT, 'no'); END").Error)
	err := s.AddEntries(t.Context(), []rules.Entry{begin(session("b", 0)), end("a"), {Event: happened(332)}})
	if err == nil {
		t.Error("no error")
	}
	if got := live(t, s); len(got) != 1 || got[0].ID != "a" || len(events(t, s)) != 1 {
		t.Error(got, events(t, s))
	}
	must(t, s.writer.Exec("DROP TRIGGER fails").Error)
	if d := cmp.Diff([]int{1, 1, 0, 332}, addEntries(t, s, begin(session("b", 0)), end("a"), rules.Entry{Event: happened(332)})); d != "" {
		t.Error(d)
	}
}

// BenchmarkEntries writes pushes that begin and end, as many at once as a Chronicle does.
func BenchmarkEntries(b *testing.B) {
	s := open(b)
	entries := make([]rules.Entry, 0, 64)
	for i := 0; b.Loop(); i++ {
		entries = entries[:0]
		for n := range 32 {
			id := fmt.Sprint(i, n)
			entries = append(entries, begin(session(id, 0)), end(id))
		}
		if err := s.AddEntries(b.Context(), entries); err != nil {
			b.Fatal(err)
		}
	}
}
