package vod_test

import (
	"context"
	"errors"
	"os"
	"testing"

	"aircheck/server/store"
	"aircheck/vod"
)

// errDead is what everything returns once the server has been killed.
var errDead = errors.New("killed")

// life is a server that is killed at its nth step: before what the step does, or right after it.
type life struct {
	left  int
	after bool
	// steps counts those that were begun.
	steps int
}

func (l *life) step(do func() error) error {
	if l.steps > l.left {
		return errDead
	}
	l.steps++
	if l.steps <= l.left {
		return do()
	}
	if l.after {
		_ = do()
	}
	return errDead
}

// mortalDisk is a storage whose steps are those of a life, and mortalStore a store.
type mortalDisk struct {
	*vod.Local
	*life
}

func (m *mortalDisk) Create(key string) (f *os.File, err error) {
	err = m.step(func() error {
		f, err = m.Local.Create(key)
		return err
	})
	return f, err
}

func (m *mortalDisk) Publish(from, to string) error {
	return m.step(func() error { return m.Local.Publish(from, to) })
}

func (m *mortalDisk) Delete(key string) error {
	return m.step(func() error { return m.Local.Delete(key) })
}

type mortalStore struct {
	*store.Store
	*life
}

func (m *mortalStore) Reserve(ctx context.Context, r vod.Reservation) error {
	return m.step(func() error { return m.Store.Reserve(ctx, r) })
}

func (m *mortalStore) DropReservations(ctx context.Context, ids []vod.FileID) error {
	return m.step(func() error { return m.Store.DropReservations(ctx, ids) })
}

func (m *mortalStore) AddMade(ctx context.Context, a vod.Asset) error {
	return m.step(func() error { return m.Store.AddMade(ctx, a) })
}

func (m *mortalStore) AddParts(ctx context.Context, id vod.FileID, parts []vod.Part) error {
	return m.step(func() error { return m.Store.AddParts(ctx, id, parts) })
}

func (m *mortalStore) ModifyAsset(ctx context.Context, id vod.FileID, change func(*vod.Asset) error, parts []vod.Part) (a vod.Asset, err error) {
	err = m.step(func() error {
		a, err = m.Store.ModifyAsset(ctx, id, change, parts)
		return err
	})
	return a, err
}

func (m *mortalStore) DoomParts(ctx context.Context, id vod.FileID, d vod.Deletion) (whole bool, err error) {
	err = m.step(func() error {
		whole, err = m.Store.DoomParts(ctx, id, d)
		return err
	})
	return whole, err
}

func (m *mortalStore) MarkDeleting(ctx context.Context, id vod.FileID) error {
	return m.step(func() error { return m.Store.MarkDeleting(ctx, id) })
}

func (m *mortalStore) PurgePart(ctx context.Context, id vod.FileID) error {
	return m.step(func() error { return m.Store.PurgePart(ctx, id) })
}

func (m *mortalStore) PurgeAsset(ctx context.Context, id vod.FileID) error {
	return m.step(func() error { return m.Store.PurgeAsset(ctx, id) })
}

// Reserved fails, too: a server that was killed does not clean up.
func (m *mortalStore) Reserved(ctx context.Context, id vod.FileID) (vod.Reservation, bool, error) {
	if m.steps > m.left {
		return vod.Reservation{}, false, errDead
	}
	return m.Store.Reserved(ctx, id)
}

// TestKilledAtAnyStep kills the server before and after each step of all that makes and removes files, and wants the next one to leave nothing
// that nobody knows, and to know nothing that is not there.
func TestKilledAtAnyStep(t *testing.T) {
	works := map[string]func(ctx context.Context, c *vod.Catalog, a vod.Asset) error{
		"make": func(ctx context.Context, c *vod.Catalog, _ vod.Asset) error {
			d, err := c.Parts.Intake.Begin(ctx, storageID, "mp4")
			if err == nil {
				_, err = d.Commit(ctx, vod.Asset{Name: "made"})
			}
			return err
		},
		"make with a playlist": func(ctx context.Context, c *vod.Catalog, _ vod.Asset) error {
			d, err := c.Parts.Intake.Begin(ctx, storageID, "ts")
			if err == nil {
				d.Playlist = []byte("#EXTM3U\n")
				_, err = d.Commit(ctx, vod.Asset{Name: "made"})
			}
			return err
		},
		"replace parts": func(ctx context.Context, c *vod.Catalog, a vod.Asset) error {
			var parts []*vod.NewPart
			for i := range 2 {
				n, err := c.Parts.Begin(ctx, a, vod.Part{Kind: vod.PartTranscode, Definition: 20, Index: i}, "mp4")
				if err != nil {
					return err
				}
				parts = append(parts, n)
			}
			if _, err := c.Parts.Commit(ctx, parts...); err != nil {
				return err
			}
			return c.Sweep(ctx)
		},
		"cover": func(ctx context.Context, c *vod.Catalog, a vod.Asset) error {
			if _, err := c.Modify(ctx, a, vod.Change{Cover: aPNG(2, 2)}); err != nil {
				return err
			}
			return c.Sweep(ctx)
		},
		"delete the original": func(ctx context.Context, c *vod.Catalog, a vod.Asset) error {
			return c.DeleteParts(ctx, a.ID, []vod.PartsToDelete{{Type: vod.DeleteOriginal}})
		},
		"delete by parts": func(ctx context.Context, c *vod.Catalog, a vod.Asset) error {
			return c.DeleteParts(ctx, a.ID, []vod.PartsToDelete{{Type: vod.DeleteOriginal}, {Type: vod.DeleteTranscode}})
		},
		"delete": func(ctx context.Context, c *vod.Catalog, a vod.Asset) error { return c.Delete(ctx, a.ID) },
	}
	for name, work := range works {
		t.Run(name, func(t *testing.T) {
			l := newLibrary(t)
			for n := 0; ; n++ {
				var steps int
				for _, after := range []bool{false, true} {
					steps = l.killAt(t, life{left: n, after: after}, work)
				}
				if t.Failed() {
					t.Fatalf("killed at step %d", n)
				}
				if steps <= n {
					if n < 3 {
						t.Errorf("only %d steps", n)
					}
					return
				}
			}
		})
	}
}

// killAt lets one life work on the library, and the next one tidy up. It returns how many steps the first began.
func (l *library) killAt(t *testing.T, first life, work func(context.Context, *vod.Catalog, vod.Asset) error) int {
	t.Helper()
	last, err := l.LastFileID(t.Context())
	must(t, err)
	a := l.make(t, l.intake(last+1000), vod.Asset{Name: "source"}, "source")
	for _, p := range []vod.Part{{Kind: vod.PartTranscode, Definition: 10}, {Kind: vod.PartTranscode, Definition: 20}, {Kind: vod.PartCover}} {
		_, err := l.Parts.Commit(t.Context(), l.part(t, a, p, "part"))
		must(t, err)
	}
	db, disk := &mortalStore{l.Store, &first}, &mortalDisk{l.local, &first}
	storages := map[string]vod.Storage{storageID: disk}
	c := &vod.Catalog{Store: db, Storages: storages, Log: l.Log}
	c.Parts = &vod.Parts{Store: db, Intake: l.intakeOn(last+2000, db, storages)}
	err = work(t.Context(), c, a)
	if first.steps <= first.left && err != nil {
		t.Fatal(err)
	}
	// The next one.
	l.intake(last + 3000)
	must(t, l.Sweep(t.Context()))
	l.wantWhole(t)
	must(t, l.Sweep(t.Context()))
	if t.Failed() {
		t.Logf("%+v %v", first, err)
	}
	return first.steps
}
