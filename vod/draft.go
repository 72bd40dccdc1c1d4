package vod

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"time"
)

// maxTaken is how many names that are taken are passed over before the FileID makes one that nobody has.
const maxTaken = 20

// placeAsset gives the file of an asset the name by which people find it.
func (d *Draft) placeAsset(ctx context.Context, a *Asset) error {
	zone := d.in.Location
	if zone == nil {
		zone = time.UTC
	}
	dir := path.Join(SubAppFolder(a.SubAppID), madeDir, a.CreateTime.In(zone).Format(time.DateOnly))
	if d.Playlist != nil {
		dir = path.Join(dir, component(a.Name)+"_"+d.ID.String())
		a.ObjectKey, a.PlaylistKey = path.Join(dir, d.Media()), path.Join(dir, playlistName)
		return d.place(ctx, a.ObjectKey, a.PlaylistKey)
	}
	for n := 1; ; n++ {
		suffix := ""
		switch {
		case n > maxTaken:
			suffix = "_" + d.ID.String()
		case n > 1:
			suffix = fmt.Sprintf("-%d", n)
		}
		a.ObjectKey = path.Join(dir, component(a.Name)+suffix+"."+d.ext)
		taken, err := d.taken(ctx, a.ObjectKey)
		if err == nil && !taken {
			err = d.place(ctx, a.ObjectKey, "")
		}
		if err == nil && taken || errors.Is(err, fs.ErrExist) && n <= maxTaken {
			continue
		}
		return err
	}
}

// sourceOf tells from its place whether a file was recorded, or made as placeAsset places it.
func sourceOf(key string) string {
	_, rest := subAppOf(key)
	if dirs := strings.Split(path.Dir(rest), "/"); len(dirs) > 1 && dirs[0] == madeDir {
		if _, err := time.Parse(time.DateOnly, dirs[1]); err == nil {
			return SourceVideoProcessing
		}
	}
	return SourceRecord
}

// taken reports whether a name is somebody's: also that of a file that is out of sight.
func (d *Draft) taken(ctx context.Context, key string) (bool, error) {
	known, err := d.in.Store.KnownKeys(ctx, d.storage, []string{key})
	if err != nil || len(known) > 0 {
		return err == nil, err
	}
	_, err = d.at.Stat(key)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// place gives the draft its name, and its playlist if it has one. Which names these are is noted before, so that whatever comes of it, nothing
// is left that nobody knows.
func (d *Draft) place(ctx context.Context, key, playlistKey string) error {
	r := Reservation{ID: d.ID, Extension: d.ext, StorageID: d.storage, ObjectKey: key, PlaylistKey: playlistKey}
	d.reserved = true
	if err := d.in.Store.Reserve(ctx, r); err != nil {
		return err
	}
	if playlistKey != "" {
		// First, so that media which are there are complete.
		if err := d.writePlaylist(); err != nil {
			return err
		}
		if err := d.at.Publish(draftName(d.ID, draftList), playlistKey); err != nil {
			return err
		}
	}
	return d.at.Publish(d.unfinished(), key)
}

func (d *Draft) writePlaylist() error {
	f, err := d.at.Create(draftName(d.ID, draftList))
	if err != nil {
		return err
	}
	_, err = f.Write(d.Playlist)
	return errors.Join(err, f.Sync(), f.Close())
}

// kept ends a draft that has become somebody's.
func (d *Draft) kept() {
	d.in.removeUnfinished(d.at, d.ID, d.ext)
	d.in.leave(d.ID)
}

// removeUnfinished removes the unfinished names of a draft. What does not go now is swept later.
func (in *Intake) removeUnfinished(at Storage, id FileID, ext string) {
	for _, name := range []string{draftName(id, ext), draftName(id, draftList)} {
		if err := at.Delete(name); err != nil {
			in.Log.Warn("unfinished file not removed yet, will be tried again", "key", name, "error", err)
		}
	}
}

// Discard ends a draft that is not wanted, and removes it. What it cannot remove now is removed by Sweep. After Commit it does nothing.
func (d *Draft) Discard() error {
	if !d.in.worked(d.ID) {
		return nil
	}
	if !d.closed {
		d.closed = true
		_ = d.File.Close() // nobody wants its content
	}
	defer d.in.leave(d.ID)
	if !d.reserved {
		return d.at.Delete(d.unfinished())
	}
	// Whoever has no patience any more does not want it either.
	r, ok, err := d.in.Store.Reserved(context.Background(), d.ID)
	if err == nil && ok {
		err = d.in.undo(context.Background(), d.at, r)
	}
	if err == nil && !ok { // it was kept, or never noted
		d.in.removeUnfinished(d.at, d.ID, d.ext)
	}
	if err != nil {
		return fmt.Errorf("discard file %s: %w", d.ID, err)
	}
	return nil
}

// undo removes what became of a reservation that was not kept, and forgets it.
func (in *Intake) undo(ctx context.Context, at Workplace, r Reservation) error {
	for _, f := range []struct{ unfinished, key string }{
		{draftName(r.ID, r.Extension), r.ObjectKey}, {draftName(r.ID, draftList), r.PlaylistKey},
	} {
		if f.key == "" {
			continue
		}
		if err := unplace(at, f.unfinished, f.key); err != nil {
			return err
		}
	}
	return in.Store.DropReservations(ctx, []FileID{r.ID})
}

// unplace removes a file by its unfinished name, and by its other one if that is the same file. Where a file system knows no links, it had
// only one of them at any time: once it has lost the first, it has the second.
func unplace(at Workplace, unfinished, key string) error {
	_, err := at.Stat(unfinished)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return at.Delete(key)
	case err != nil:
		return err
	}
	same, err := at.Same(unfinished, key)
	if err == nil && same {
		err = at.Delete(key)
	}
	if err != nil {
		return err
	}
	return at.Delete(unfinished)
}

// Sweep removes what work that was cut short has left behind in the storages that are there: unfinished files that nobody works at, and
// those that had their name already, but were not kept. Storages that are out of reach are swept another time.
func (in *Intake) Sweep(ctx context.Context) error {
	var errs []error
	for after := FileID(0); ; {
		some, err := in.Store.Reservations(ctx, after, batch)
		if err != nil {
			return fmt.Errorf("list names that were about to be given: %w", err)
		}
		for _, r := range some {
			after = r.ID
			if err := in.sweepReserved(ctx, r); err != nil {
				errs = append(errs, fmt.Errorf("remove %s: %w", r.ObjectKey, err))
			}
		}
		if len(some) < batch {
			break
		}
	}
	for _, s := range in.Storages {
		if err := in.sweepDrafts(ctx, s); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// sweepReserved undoes a reservation that nobody works at, unless its storage is out of reach.
func (in *Intake) sweepReserved(ctx context.Context, r Reservation) error {
	storage, err := reachable(in.Storages, r.StorageID)
	at, ok := storage.(Workplace)
	if err != nil || !ok || in.worked(r.ID) {
		return nil
	}
	// What was finished meanwhile is not there any more.
	if _, ok, err := in.Store.Reserved(ctx, r.ID); err != nil || !ok {
		return err
	}
	in.Log.Info("file removed that was not finished when the server stopped", "key", r.ObjectKey)
	return in.undo(ctx, at, r)
}

// sweepDrafts removes unfinished files that nobody works at.
func (in *Intake) sweepDrafts(ctx context.Context, at Storage) error {
	if at.Check() != nil {
		return nil
	}
	var old []string
	for e, err := range at.List(draftsDir) {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("look for unfinished files: %w", err)
		}
		first, ext, _ := strings.Cut(e.Name, ".")
		id, err := ParseFileID(first)
		if err != nil || ext == "" || e.Kind != EntryFile || in.worked(id) {
			continue
		}
		old = append(old, e.Name)
	}
	for _, name := range old {
		first, _, _ := strings.Cut(name, ".")
		id, _ := ParseFileID(first)
		// Its names are needed as long as there is a reservation, which is undone as a whole.
		_, reserved, err := in.Store.Reserved(ctx, id)
		if err != nil {
			return err
		}
		if reserved {
			continue
		}
		if err := at.Delete(path.Join(draftsDir, name)); err != nil {
			return err
		}
	}
	return nil
}
