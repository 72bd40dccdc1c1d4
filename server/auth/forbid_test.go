package auth

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"aircheck/ingest/media"
)

// forbidden is a ForbidStore without a disk.
type forbidden struct {
	all map[media.StreamKey]Forbidden
	err error
}

func (m *forbidden) Forbidden(context.Context) (out []Forbidden, err error) {
	for _, x := range m.all {
		out = append(out, x)
	}
	return out, m.err
}

func (m *forbidden) PutForbidden(_ context.Context, f Forbidden, _ time.Time) error {
	if m.err == nil {
		m.all[f.Key] = f
	}
	return m.err
}

func (m *forbidden) RemoveForbidden(_ context.Context, key media.StreamKey) error {
	if m.err == nil {
		delete(m.all, key)
	}
	return m.err
}

func TestForbids(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &forbidden{all: map[media.StreamKey]Forbidden{}}
		f := &Forbids{Store: store}
		if err := f.Load(t.Context()); err != nil {
			t.Fatal(err)
		}
		a, b := key("localhost"), key("push.example.com")
		if err := f.Forbid(t.Context(), Forbidden{Key: a, Reason: "it is late"}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		if err := f.Forbid(t.Context(), Forbidden{Key: b, Expire: time.Now().Add(time.Hour)}); err != nil {
			t.Fatal(err)
		}
		if err := f.Check(a); !errors.Is(err, ErrStreamForbidden) || !strings.Contains(err.Error(), "it is late") {
			t.Error(err)
		}
		if l := f.List(); len(l) != 2 || l[0].Key != b || l[1].Key != a {
			t.Errorf("%+v", l)
		}
		time.Sleep(time.Hour)
		if err := f.Check(b); err != nil || len(f.List()) != 1 {
			t.Error("after its time:", err)
		}
		again := &Forbids{Store: store}
		if err := again.Load(t.Context()); err != nil {
			t.Fatal(err)
		}
		if again.Check(a) == nil || again.Check(b) != nil {
			t.Error("after a restart")
		}
		time.Sleep(DefaultForbidTime)
		if err := f.Check(a); err != nil {
			t.Error("after seven days:", err)
		}
		store.err = errors.New("no disk")
		if err := f.Forbid(t.Context(), Forbidden{Key: a}); err == nil || f.Check(a) != nil {
			t.Error("what is not stored is in force:", err)
		}
		store.err = nil
		if err := f.Forbid(t.Context(), Forbidden{Key: a}); err != nil || f.Check(a) == nil {
			t.Error(err)
		}
		if err := f.Resume(t.Context(), a); err != nil || f.Check(a) != nil {
			t.Error(err)
		}
		if err := f.Resume(t.Context(), a); err != nil {
			t.Error("twice:", err)
		}
	})
}

func TestForbidRefuses(t *testing.T) {
	f := &Forbids{Store: &forbidden{all: map[media.StreamKey]Forbidden{}}}
	if err := f.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		x     Forbidden
		field string
	}{
		{Forbidden{Key: key("d"), Expire: time.Now()}, "ResumeTime"},
		{Forbidden{Key: key("d"), Expire: time.Now().Add(MaxForbidTime + time.Minute)}, "ResumeTime"},
		{Forbidden{Key: key("d"), Reason: strings.Repeat("x", MaxForbidReason+1)}, "Reason"},
	} {
		var bad *InvalidError
		if err := f.Forbid(t.Context(), c.x); !errors.As(err, &bad) || bad.Field != c.field {
			t.Errorf("%+v: %v", c.x, err)
		}
	}
	if err := f.Forbid(t.Context(), Forbidden{Key: media.StreamKey{Domain: "d", App: "live"}}); !errors.Is(err, media.ErrBadPath) {
		t.Error(err)
	}
}

// TestForbidClock: it ends by the clock on the wall, as after a restart, and not by the one that a suspended machine stops.
func TestForbidClock(t *testing.T) {
	f := &Forbids{Store: &forbidden{all: map[media.StreamKey]Forbidden{}}}
	if err := f.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := f.Forbid(t.Context(), Forbidden{Key: key("d")}); err != nil {
		t.Fatal(err)
	}
	if x, _ := f.Get(key("d")); strings.Contains(x.Expire.String(), "m=") {
		t.Error(x.Expire)
	}
}
