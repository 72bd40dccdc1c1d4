package store

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"aircheck/ingest/media"
	"aircheck/rules"
	"aircheck/server/auth"
)

// over is the end of a session, with what is kept of it.
func over(s *rules.Session, after time.Duration, withMedia bool) rules.Entry {
	e := end(s.ID)
	e.Push = &rules.Push{Session: *s, End: s.Start.Add(after), Reason: "why", Media: withMedia, Width: 1920, Height: 1080}
	return e
}

func TestPushes(t *testing.T) {
	s := open(t)
	var entries []rules.Entry
	for i, name := range []string{"cam 1", "cam 2", "Cam_3%", "other"} {
		x := session(fmt.Sprint(i), time.Duration(i)*time.Hour)
		x.Key.Stream = name
		if i == 3 {
			x.Key.Domain, x.Key.App = "e", "app"
		}
		entries = append(entries, begin(x), over(x, time.Minute, i != 1))
	}
	// Once more, as after an error that was none; and one that was never there.
	must(t, s.AddEntries(t.Context(), append(entries, entries[7], over(session("unknown", 0), 0, true))))
	all := rules.PushFilter{From: at, To: at.Add(24 * time.Hour), Limit: 10}
	for _, c := range []struct {
		name   string
		change func(*rules.PushFilter)
		want   string
	}{
		{"all", func(*rules.PushFilter) {}, "4 [3 2 1 0]"},
		{"ascending", func(f *rules.PushFilter) { f.Ascending = true }, "4 [0 1 2 3]"},
		{"a page", func(f *rules.PushFilter) { f.Offset, f.Limit = 1, 2 }, "4 [2 1]"},
		{"beyond the last", func(f *rules.PushFilter) { f.Offset = 4 }, "4 []"},
		{"a domain", func(f *rules.PushFilter) { f.Domain = "e" }, "1 [3]"},
		{"an app", func(f *rules.PushFilter) { f.App = "live" }, "3 [2 1 0]"},
		{"a name", func(f *rules.PushFilter) { f.Stream = "cam" }, "0 []"},
		{"part of a name", func(f *rules.PushFilter) { f.Stream, f.Part = "am ", true }, "2 [1 0]"},
		{"no pattern", func(f *rules.PushFilter) { f.Stream, f.Part = "_3%", true }, "1 [2]"},
		{"with media", func(f *rules.PushFilter) { f.Media = true }, "3 [3 2 0]"},
		{"first and last moment", func(f *rules.PushFilter) {
			f.From, f.To = at.Add(time.Hour+time.Minute), at.Add(2*time.Hour+time.Minute)
		}, "2 [2 1]"},
		{"between", func(f *rules.PushFilter) { f.From, f.To = at.Add(62*time.Minute), at.Add(2*time.Hour) }, "0 []"},
	} {
		f := all
		c.change(&f)
		page, n, err := s.Pushes(t.Context(), f)
		must(t, err)
		ids := []string{}
		for _, p := range page {
			ids = append(ids, p.ID)
		}
		if got := fmt.Sprint(n, " ", ids); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
	page, _, err := s.Pushes(t.Context(), rules.PushFilter{From: at, To: at.Add(2 * time.Minute), Limit: 1})
	must(t, err)
	want := *entries[1].Push
	want.Seen, want.Local, want.Params = time.Time{}, "", "" // not kept
	if d := cmp.Diff([]rules.Push{want}, page); d != "" {
		t.Error(d)
	}
	for _, step := range []struct{ limit, want int }{{1, 1}, {5, 1}, {5, 0}} {
		if n, err := s.PrunePushes(t.Context(), at.Add(2*time.Hour), step.limit); n != step.want || err != nil {
			t.Error(n, err, "want", step.want)
		}
	}
	if _, n, err := s.Pushes(t.Context(), all); n != 2 || err != nil {
		t.Error("after pruning:", n, err)
	}
}

func TestForbidden(t *testing.T) {
	path := filepath.Join(t.TempDir(), "aircheck.db")
	s, err := Open(t.Context(), path)
	must(t, err)
	key := media.StreamKey{Domain: "d", App: "live", Stream: "cam"}
	x := auth.Forbidden{Key: key, Reason: "why", Create: at, Expire: at.Add(time.Hour)}
	y := auth.Forbidden{Key: media.StreamKey{Domain: "d", App: "live", Stream: "b"}, Create: at, Expire: at.Add(time.Minute)}
	must(t, errors.Join(s.PutForbidden(t.Context(), x, at), s.PutForbidden(t.Context(), y, at)))
	must(t, s.Close())
	s = openAt(t, path)
	if got, err := s.Forbidden(t.Context()); err != nil || cmp.Diff([]auth.Forbidden{y, x}, got) != "" {
		t.Error(got, err)
	}
	x.Reason = "why else"
	must(t, s.PutForbidden(t.Context(), x, at.Add(time.Minute))) // y has expired by then
	if got, err := s.Forbidden(t.Context()); err != nil || cmp.Diff([]auth.Forbidden{x}, got) != "" {
		t.Error(got, err)
	}
	must(t, s.RemoveForbidden(t.Context(), key))
	must(t, s.RemoveForbidden(t.Context(), key))
	if got, err := s.Forbidden(context.Background()); err != nil || len(got) != 0 {
		t.Error(got, err)
	}
}

// TestForbiddenIsBounded: one too many is not stored.
func TestForbiddenIsBounded(t *testing.T) {
	s := open(t)
	const fill = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
		INSERT INTO forbidden_streams SELECT 'd', 'live', 'x' || i, '', 0, ? FROM n`
	must(t, s.writer.Exec(fill, auth.MaxForbidden, toMicro(at.Add(time.Hour))).Error)
	x := auth.Forbidden{Key: media.StreamKey{Domain: "d", App: "live", Stream: "more"}, Create: at, Expire: at.Add(time.Hour)}
	wantError(t, s.PutForbidden(t.Context(), x, at), auth.ErrForbidLimit)
	x.Key.Stream = "x1"
	must(t, s.PutForbidden(t.Context(), x, at))
	if got, err := s.Forbidden(t.Context()); len(got) != auth.MaxForbidden || err != nil {
		t.Error(len(got), err)
	}
}
