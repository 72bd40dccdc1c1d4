package vod

import (
	"cmp"
	"context"
	"errors"
	"time"
)

// look moves what is not where it belongs. What one file does not allow is tried again after a while, what its storage does not, at the
// next look.
func (m *Mover) look(ctx context.Context) {
	if m.After != nil {
		select {
		case <-m.After:
		case <-ctx.Done():
			return
		}
	}
	all, err := m.Store.Usage(ctx)
	for _, u := range all {
		if !m.stray(u) {
			continue
		}
		err = cmp.Or(err, m.bringHome(ctx, u))
	}
	if err != nil && ctx.Err() == nil {
		m.Log.Warn("files not moved yet to where they belong, will be tried again", "error", err)
	}
}

// stray reports whether files like these belong elsewhere, and can be brought there.
func (m *Mover) stray(u Usage) bool {
	home := m.Homes.Of(u.SubAppID, u.StorageClass)
	return u.Files > 0 && u.StorageID != home && m.Storages[u.StorageID] != nil && m.Storages[home] != nil
}

// bringHome moves files that are not where they belong. It returns the first error.
func (m *Mover) bringHome(ctx context.Context, u Usage) (first error) {
	now := time.Now()
	for after := FileID(0); ; {
		ids, err := m.Store.Strays(ctx, u, after, batch)
		if err != nil {
			return cmp.Or(first, err)
		}
		for _, id := range ids {
			after = id
			if now.Before(m.left[id]) {
				continue
			}
			err := m.Move(ctx, id, u.StorageClass, nil)
			switch {
			case ctx.Err() != nil:
				return ctx.Err()
			case err == nil, errors.Is(err, ErrNotFound):
				delete(m.left, id)
			case errors.Is(err, ErrNoRoom), errors.Is(err, ErrForeignStorage):
				return err // so it would be with the others
			default:
				m.left[id] = now.Add(stubborn)
				first = cmp.Or(first, err)
			}
		}
		if len(ids) < batch {
			return first
		}
	}
}
