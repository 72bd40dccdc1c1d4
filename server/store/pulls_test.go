package store

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/pull"
)

func TestPulls(t *testing.T) {
	ctx := t.Context()
	path := filepath.Join(t.TempDir(), "aircheck.db")
	s, err := Open(ctx, path)
	must(t, err)
	now := time.Now().UTC().Truncate(time.Microsecond)
	a := pull.Config{
		URL: "rtsps://u:p@h/x", Key: media.StreamKey{Domain: "d", App: "a", Stream: "s"}, Transport: "udp", Insecure: true, Fingerprint: "ab",
		Disabled: true, Start: now, End: now.Add(time.Hour), AreaID: 3, IspID: 4, Created: now,
	}
	b := pull.Config{URL: "rtmp://h/a/b", Key: media.StreamKey{Domain: "d", App: "a", Stream: "t"}, Created: now}
	a.ID, err = s.CreatePull(ctx, a)
	must(t, err)
	b.ID, err = s.CreatePull(ctx, b)
	must(t, err)
	b.Disabled = true
	must(t, s.UpdatePulls(ctx, []pull.Config{b}))
	gone := b
	gone.ID, gone.URL = "77", "x"
	changed := a
	changed.URL = "rtmp://other/a/b"
	wantError(t, s.UpdatePulls(ctx, []pull.Config{changed, gone}), pull.ErrNotFound) // and a is as it was
	wantError(t, s.DeletePull(ctx, "77"), pull.ErrNotFound)
	wantError(t, s.DeletePull(ctx, "config:d/a/s"), pull.ErrNotFound)
	must(t, s.Close())

	s, err = Open(ctx, path)
	must(t, err)
	got, err := s.Pulls(ctx)
	must(t, err)
	if !slices.Equal(got, []pull.Config{a, b}) {
		t.Errorf("got %+v, want %+v", got, []pull.Config{a, b})
	}
	must(t, s.DeletePull(ctx, a.ID))
	next, err := s.CreatePull(ctx, a)
	if err != nil || next == a.ID || next == b.ID {
		t.Errorf("the next one is %s: %v", next, err)
	}
	must(t, s.Close())
}
