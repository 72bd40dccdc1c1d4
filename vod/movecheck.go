package vod

import (
	"context"
	"fmt"
	"slices"
)

// Check returns the files of a request to change the storage class, each once, or what is wrong with it. *InvalidError, ErrStorageClass,
// ErrRestoreTier, ErrTransition, ErrNotFound, ErrRecording, ErrLost.
func (m *Mover) Check(ctx context.Context, subAppID int64, ids []FileID, class, tier string) ([]FileID, error) {
	switch class {
	case StorageClassStandard, StorageClassIA:
	case storageClassArchive, storageClassDeep:
		return nil, fmt.Errorf("%w, not %s", ErrStorageClass, class)
	default:
		return nil, &InvalidError{Field: "StorageClass", Reason: "must be STANDARD or STANDARD_IA"}
	}
	if tier != "" {
		return nil, ErrRestoreTier
	}
	if len(ids) == 0 || len(ids) > MaxMoves {
		return nil, &InvalidError{Field: "FileIds", Reason: fmt.Sprintf("must have 1 to %d values", MaxMoves)}
	}
	var out []FileID
	for _, id := range ids {
		if !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	found, err := m.Store.AssetsByID(ctx, out)
	if err != nil {
		return nil, fmt.Errorf("read files: %w", err)
	}
	for _, id := range out {
		i := slices.IndexFunc(found, func(a Asset) bool { return a.ID == id && a.SubAppID == subAppID })
		if i < 0 {
			return nil, fmt.Errorf("file %s: %w", id, ErrNotFound)
		}
		if err := movable(&found[i]); err != nil {
			return nil, err
		}
		if found[i].StorageClass == class {
			return nil, fmt.Errorf("file %s: %w: %s", id, ErrTransition, class)
		}
	}
	return out, nil
}

func movable(a *Asset) error {
	switch a.Status {
	case StatusRecording:
		return fmt.Errorf("file %s: %w", a.ID, ErrRecording)
	case StatusLost:
		return fmt.Errorf("file %s: %w", a.ID, ErrLost)
	}
	return nil
}
