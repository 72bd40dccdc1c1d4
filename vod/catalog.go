package vod

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
	"unicode/utf8"
)

// InvalidError says which field of a request is wrong and what would be right.
type InvalidError struct {
	// Field is the specification's name, such as "StreamIds".
	Field  string
	Reason string
}

// Error returns "Field: Reason".
func (e *InvalidError) Error() string { return e.Field + ": " + e.Reason }

// Limits of the specification.
const (
	// MaxValues is how many alternatives one field of a search may have.
	MaxValues = 10
	// MaxNameChars is the length of each of Names, NamePrefixes and Descriptions, MaxTextChars of Text, in characters.
	MaxNameChars = 100
	MaxTextChars = 64
	// MaxGet is how many files Get takes at once.
	MaxGet = 20
)

// batch is how many rows are looked at in one go.
const batch = 100

// Catalog is where files are searched and deleted. All checks are here. Its methods may be called from any goroutine.
type Catalog struct {
	Store Store
	// Storages by ID.
	Storages map[string]Storage
	// Live tells how far the files being recorded are; an asset that it does not know is shown as it began. May be nil.
	Live func() map[FileID]Progress
	// Claimed returns those of the keys that a recording is not done with, perhaps: they are not removed yet. May be nil.
	Claimed func(storageID string, keys []string) ([]string, error)
	// Parts keeps covers.
	Parts *Parts
	// Classes are those that there are; nil: all.
	Classes *Classes
	Log     *slog.Logger

	looking sync.Mutex // at a picture
}

// Progress is how far a file being recorded is.
type Progress struct {
	// Size in bytes.
	Size     int64
	Duration time.Duration
	// End is the wall time of the last unit's end.
	End time.Time
}

// follow brings the assets that are being recorded up to date.
func (c *Catalog) follow(assets []Asset) {
	var live map[FileID]Progress
	for i := range assets {
		a := &assets[i]
		if a.Status != StatusRecording || c.Live == nil {
			continue
		}
		if live == nil {
			live = c.Live()
		}
		if p, ok := live[a.ID]; ok {
			a.Size, a.Duration, a.End = p.Size, p.Duration, p.End
		}
	}
}

// Search finds assets. Limit 0 is DefaultLimit. *InvalidError.
func (c *Catalog) Search(ctx context.Context, f Filter) (Page, error) {
	if f.Limit == 0 {
		f.Limit = DefaultLimit
	}
	if err := f.validate(); err != nil {
		return Page{}, err
	}
	p, err := c.Store.SearchAssets(ctx, f)
	if err != nil {
		return p, fmt.Errorf("search the catalogue: %w", err)
	}
	c.follow(p.Assets)
	return p, nil
}

// validate reports the first field that is wrong.
func (f *Filter) validate() error {
	switch {
	case f.Offset < 0:
		return &InvalidError{Field: "Offset", Reason: "must not be negative"}
	case f.Limit < 0:
		return &InvalidError{Field: "Limit", Reason: "must not be negative"}
	case f.Offset > MaxReach || f.Limit > MaxReach || f.Offset+f.Limit > MaxReach:
		return &InvalidError{Field: "Offset", Reason: fmt.Sprintf("Offset plus Limit must be at most %d; narrow the "+
			"search, such as by CreateTime", MaxReach)}
	case utf8.RuneCountInString(f.Text) > MaxTextChars:
		return &InvalidError{Field: "Text", Reason: fmt.Sprintf("must have at most %d characters", MaxTextChars)}
	}
	for _, v := range []struct {
		field       string
		count, most int
		texts       []string
		longest     int
	}{
		{"FileIds", len(f.IDs), MaxValues, nil, 0},
		{"Names", len(f.Names), MaxValues, f.Names, MaxNameChars},
		{"NamePrefixes", len(f.NamePrefixes), MaxValues, f.NamePrefixes, MaxNameChars},
		{"Descriptions", len(f.Descriptions), MaxValues, f.Descriptions, MaxNameChars},
		{"Tags", len(f.Tags), MaxTags, f.Tags, MaxTag},
		{"SourceTypes", len(f.SourceTypes), MaxValues, nil, 0},
		{"StreamIds", len(f.Streams), MaxValues, nil, 0},
		{"StreamDomains", len(f.Domains), MaxValues, nil, 0},
		{"StreamPaths", len(f.Apps), MaxValues, nil, 0},
		{"MediaTypes", len(f.Containers), MaxValues, nil, 0},
		{"ClassIds", len(f.ClassIDs), MaxValues, nil, 0},
		{"StorageClasses", len(f.StorageClasses), MaxValues, nil, 0},
	} {
		if v.count > v.most {
			return &InvalidError{Field: v.field, Reason: fmt.Sprintf("must have at most %d values", v.most)}
		}
		for _, t := range v.texts {
			if utf8.RuneCountInString(t) > v.longest {
				return &InvalidError{Field: v.field, Reason: fmt.Sprintf("must have at most %d characters each", v.longest)}
			}
		}
	}
	return nil
}

// Get returns the assets that exist, in the order asked for. *InvalidError.
func (c *Catalog) Get(ctx context.Context, ids []FileID) ([]Asset, error) {
	if len(ids) > MaxGet {
		return nil, &InvalidError{Field: "FileIds", Reason: fmt.Sprintf("must have at most %d values", MaxGet)}
	}
	found, err := c.Store.AssetsByID(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("read files: %w", err)
	}
	c.follow(found)
	return found, nil
}

// Delete removes an asset with its file and its parts. Once it is invisible, it counts as deleted: should a file be out of reach, it is
// removed later by Sweep. Of two who delete the same asset at once, one is told ErrNotFound. ErrNotFound, ErrRecording, ErrHeld.
func (c *Catalog) Delete(ctx context.Context, id FileID) error {
	_, _, err := c.expel(ctx, id, "request")
	return err
}

// expel is Delete for a reason that the log tells. It returns how many bytes were freed, and gone is false if something is left to Sweep.
func (c *Catalog) expel(ctx context.Context, id FileID, why string) (freed int64, gone bool, err error) {
	// Here it is decided: what was held meanwhile stays.
	if err := c.Store.MarkDeleting(ctx, id); err != nil {
		return 0, false, fmt.Errorf("delete file %s: %w", id, err)
	}
	// The caller's patience no longer counts.
	ctx = context.WithoutCancel(ctx)
	freed, left, err := c.removeParts(ctx, id, why)
	size, failed := c.removeMarked(ctx, id, why)
	if err = errors.Join(err, failed); err != nil || left > 0 {
		c.Log.Warn("file not removed yet, will be tried again", "file_id", id.String(), "reason", why, "error", err)
		return freed, false, nil
	}
	return freed + size, true, nil
}

// remove finishes the deletion of an asset that is marked.
func (c *Catalog) remove(ctx context.Context, a Asset, why string) error {
	removed, err := c.removeFiles(ctx, a)
	if err != nil {
		return err
	}
	if err := c.Store.PurgeAsset(ctx, a.ID); err != nil {
		return fmt.Errorf("forget file %s: %w", a.ID, err)
	}
	if !removed {
		c.Log.Warn("file forgotten, and left where it is: another one has its name by now", "file_id", a.ID.String(), "key", a.ObjectKey, "reason", why)
		return nil
	}
	c.Log.Info("file deleted", "file_id", a.ID.String(), "name", a.Name, "key", a.ObjectKey, "size", a.Size, "reason", why)
	return nil
}

// removeFiles removes the files of an asset, but none that has taken its name since: somebody may have moved the asset's own away, and a
// recording may have been given the name that was free then: removed is false.
func (c *Catalog) removeFiles(ctx context.Context, a Asset) (removed bool, err error) {
	if a.ObjectKey == "" { // only its parts were left
		return true, nil
	}
	storage, err := reachable(c.Storages, a.StorageID)
	if err != nil {
		return false, err
	}
	keys := []string{a.ObjectKey}
	if a.PlaylistKey != "" {
		keys = append(keys, a.PlaylistKey)
	}
	// In this order: what is done with in between is in the catalogue by then. Also the asset's own recording may not be done with it yet:
	// were the server killed then, recovery would give the file its name again.
	if c.Claimed != nil {
		claimed, err := c.Claimed(a.StorageID, keys)
		if err != nil {
			return false, err
		}
		if len(claimed) > 0 {
			return false, fmt.Errorf("%s is the name of a recording that is being finished", claimed[0])
		}
	}
	shared, err := c.Store.Shared(ctx, a)
	if err != nil {
		return false, fmt.Errorf("look whose file %s is: %w", a.ObjectKey, err)
	}
	if shared {
		return false, nil
	}
	for _, key := range keys {
		if err := storage.Delete(key); err != nil {
			return false, err
		}
	}
	return true, nil
}

// reachable returns a storage if it is there.
func reachable(storages map[string]Storage, id string) (Storage, error) {
	storage := storages[id]
	if storage == nil {
		return nil, fmt.Errorf("storage %q is not known to this server", id)
	}
	return storage, storage.Check()
}

// Sweep finishes the deletions that were cut short. It tries each one; the error counts what is left, and wraps the
// first reason.
func (c *Catalog) Sweep(ctx context.Context) error {
	_, err := c.sweep(ctx)
	return err
}

// sweep is Sweep and returns how many are left.
func (c *Catalog) sweep(ctx context.Context) (left int, err error) {
	_, left, first := c.removeParts(ctx, 0, "left over")
	if c.Parts != nil {
		if err := c.Parts.Intake.Sweep(ctx); err != nil {
			first = cmp.Or(first, err)
		}
	}
	for after := FileID(0); ; {
		assets, err := c.Store.Deleting(ctx, after, batch)
		if err != nil {
			return left, fmt.Errorf("list files to be deleted: %w", err)
		}
		for _, a := range assets {
			if ctx.Err() != nil {
				return left, ctx.Err()
			}
			after = a.ID
			if err := c.remove(ctx, a, "left over"); err != nil {
				left++
				first = cmp.Or(first, fmt.Errorf("file %s: %w", a.ID, err))
			}
		}
		if len(assets) < batch {
			break
		}
	}
	if left > 0 {
		return left, fmt.Errorf("delete files, %d left: %w", left, first)
	}
	return 0, first
}
