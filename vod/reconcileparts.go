package vod

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
)

// lookForParts looks for the files of all parts. It returns an error if it makes no sense to go on.
func (r *Reconciler) lookForParts(ctx context.Context, storages map[string]Storage) error {
	for after := FileID(0); ; {
		page, err := r.Catalog.Store.AllParts(ctx, after, batch)
		if err != nil {
			return fmt.Errorf("read the catalogue: %w", err)
		}
		if err := r.pace.WaitN(ctx, len(page)); err != nil {
			return err
		}
		for i := range page {
			after = page[i].ID
			if s := storages[page[i].StorageID]; s != nil {
				r.lookForPart(ctx, s, &page[i])
			}
		}
		if len(page) < batch {
			return nil
		}
	}
}

// lookForPart tells of a part whose file is not there, unless it has been removed meanwhile, or the storage is gone.
func (r *Reconciler) lookForPart(ctx context.Context, s Storage, p *Part) {
	_, err := s.Stat(p.Key)
	if errors.Is(err, fs.ErrNotExist) && s.Check() == nil {
		var now []Part
		if now, err = r.Catalog.Store.AllParts(ctx, p.ID-1, 1); err == nil && (len(now) == 0 || now[0].ID != p.ID) {
			return
		}
		if err == nil {
			r.note(func(n *ReconcileReport) {
				n.MissingParts++
				n.find(r.Log, Finding{What: "part_missing", ID: p.FileID, StorageID: p.StorageID, Key: p.Key})
			})
			return
		}
	}
	if err != nil && ctx.Err() == nil {
		r.fail(fmt.Errorf("part %s: %w", p.Key, err))
	}
}
