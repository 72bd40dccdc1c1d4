package vod

import (
	"cmp"
	"context"
	"fmt"
	"time"
)

// Kinds of what DeleteParts deletes.
const (
	DeleteOriginal  = "OriginalFiles"
	DeleteTranscode = "TranscodeFiles"
	DeleteAdaptive  = "AdaptiveDynamicStreamingFiles"
	// DeleteWechat is a kind of transcodes that this server does not make.
	DeleteWechat = "WechatPublishFiles"
)

// PartsToDelete is one kind of files to be deleted: those of a definition, or all if it is 0.
type PartsToDelete struct {
	Type       string
	Definition int64
}

// DeleteParts removes some of an asset's files. If nothing that can be played is left then, the asset is deleted as a whole. ErrNotFound,
// ErrRecording, ErrHeld, *InvalidError.
func (c *Catalog) DeleteParts(ctx context.Context, id FileID, which []PartsToDelete) error {
	d := Deletion{At: time.Now().UTC().Truncate(time.Microsecond)}
	for _, w := range which {
		switch w.Type {
		case DeleteOriginal:
			d.Original = true
		case DeleteTranscode:
			d.Parts = append(d.Parts, PartFilter{PartTranscode, w.Definition})
		case DeleteAdaptive:
			d.Parts = append(d.Parts, PartFilter{PartAdaptive, w.Definition})
		case DeleteWechat:
		default:
			return &InvalidError{Field: "DeleteParts.Type", Reason: fmt.Sprintf("%.40q must be one of %s, %s and %s", w.Type, DeleteOriginal,
				DeleteTranscode, DeleteAdaptive)}
		}
	}
	whole, err := c.Store.DoomParts(ctx, id, d)
	if err != nil {
		return fmt.Errorf("delete parts of file %s: %w", id, err)
	}
	// The caller's patience no longer counts.
	ctx = context.WithoutCancel(ctx)
	_, left, err := c.removeParts(ctx, id, "request")
	if whole {
		_, failed := c.removeMarked(ctx, id, "request")
		err = cmp.Or(err, failed)
	}
	if left > 0 || err != nil {
		c.Log.Warn("parts not removed yet, will be tried again", "file_id", id.String(), "error", err)
	}
	return nil
}

// removeMarked is remove for an asset that has just been marked: only from then on does it stay where its row says. It returns the asset's size.
func (c *Catalog) removeMarked(ctx context.Context, id FileID, why string) (size int64, err error) {
	found, err := c.Store.Deleting(ctx, id-1, 1)
	if err != nil || len(found) == 0 || found[0].ID != id { // somebody else was faster
		return 0, err
	}
	a := found[0]
	if a.ObjectKey != "" {
		const tries = 20
		// If its recording is never done with it, it is left to Sweep.
		if _, err := unclaimed(ctx, c.Claimed, a, tries); err != nil {
			return 0, err
		}
	}
	return a.Size, c.remove(ctx, a, why)
}

// unclaimed waits until the recording that made a file is done with it, which it is soon after the file is in the catalogue. ok is false if it
// is not after so many tries, ten in a second.
func unclaimed(ctx context.Context, claimed func(string, []string) ([]string, error), a Asset, tries int) (ok bool, err error) {
	if claimed == nil {
		return true, nil
	}
	for {
		keys, err := claimed(a.StorageID, []string{a.ObjectKey})
		if err != nil || len(keys) == 0 {
			return err == nil, err
		}
		if tries--; tries < 1 {
			return false, nil
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return false, ctx.Err()
		}
	}
}

// removeParts removes the files of doomed parts, of one asset unless of is 0. It tries each, and returns how many bytes were freed, how many
// parts are left, and why the first of them is.
func (c *Catalog) removeParts(ctx context.Context, of FileID, why string) (freed int64, left int, first error) {
	for after := FileID(0); ; {
		parts, err := c.Store.DoomedParts(ctx, of, after, batch)
		if err != nil {
			return freed, left, fmt.Errorf("list parts to be deleted: %w", err)
		}
		for _, p := range parts {
			if ctx.Err() != nil {
				return freed, left, ctx.Err()
			}
			after = p.ID
			if err := c.removePart(ctx, p, why); err != nil {
				left++
				first = cmp.Or(first, fmt.Errorf("part %s: %w", p.Key, err))
				continue
			}
			freed += p.Size
		}
		if len(parts) < batch {
			return freed, left, first
		}
	}
}

// removePart removes the file of a doomed part, and then the part.
func (c *Catalog) removePart(ctx context.Context, p DoomedPart, why string) error {
	if p.Kind == PartOriginal {
		// Its name may be another file's by now, or again that of the asset itself: so of none that is let pass.
		_, err := c.removeFiles(ctx, Asset{
			StorageID: p.StorageID, ObjectKey: p.Key, PlaylistKey: p.PlaylistKey, Size: p.Size,
		})
		if err != nil {
			return err
		}
	} else {
		storage, err := reachable(c.Storages, p.StorageID)
		if err == nil {
			err = storage.Delete(p.Key)
		}
		if err != nil {
			return err
		}
	}
	if err := c.Store.PurgePart(ctx, p.ID); err != nil {
		return fmt.Errorf("forget part %s: %w", p.Key, err)
	}
	c.Log.Info("part deleted", "file_id", p.FileID.String(), "kind", string(p.Kind), "key", p.Key, "size", p.Size, "reason", why)
	return nil
}
