package store

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"aircheck/server/auth"
)

// TestAccessKeys checks what is kept of keys.
func TestAccessKeys(t *testing.T) {
	s := open(t)
	ctx := t.Context()
	a := auth.AccessKey{ID: "a", Secret: "sa", Active: true, Description: "x", Create: at.Add(time.Second)}
	b := auth.AccessKey{ID: "b", Secret: "sb", Active: true, Create: at}
	must(t, s.CreateAccessKey(ctx, a))
	must(t, s.CreateAccessKey(ctx, b))
	must(t, s.SetAccessKeyActive(ctx, "a", false))
	a.Active = false
	must(t, s.UseAccessKeys(ctx, map[string]time.Time{"first": at, "b": at.Add(time.Hour), "gone": at}, "first"))
	must(t, s.UseAccessKeys(ctx, map[string]time.Time{"first": at.Add(time.Minute)}, "first"))
	b.Used = at.Add(time.Hour)
	list := func() []auth.AccessKey {
		out, err := s.AccessKeys(ctx)
		must(t, err)
		return out
	}
	first := auth.AccessKey{ID: "first", Used: at.Add(time.Minute)}
	if d := cmp.Diff([]auth.AccessKey{first, b, a}, list()); d != "" {
		t.Error(d)
	}
	for _, id := range []string{"first", "gone", ""} {
		if err := errors.Join(s.SetAccessKeyActive(ctx, id, true), s.DeleteAccessKey(ctx, id)); !errors.Is(err, auth.ErrAccessKeyNotFound) {
			t.Errorf("%q: %v", id, err)
		}
	}
	must(t, s.DeleteAccessKey(ctx, "a"))
	for i := range auth.MaxAccessKeys - 1 {
		must(t, s.CreateAccessKey(ctx, auth.AccessKey{ID: "n" + string(rune('A'+i)), Secret: "s", Create: at}))
	}
	if err := s.CreateAccessKey(ctx, a); !errors.Is(err, auth.ErrAccessKeyLimit) || len(list()) != auth.MaxAccessKeys+1 {
		t.Errorf("one too many: %v, %d", err, len(list()))
	}
}
