package store

import (
	"context"
	"errors"

	"gorm.io/gorm"

	"aircheck/vod"
)

var (
	_ vod.UsageStore = (*Store)(nil)
	_ vod.MoveStore  = (*Store)(nil)
)

// Usage returns all sums of what is stored that are not 0, ordered by application, location and class.
func (s *Store) Usage(ctx context.Context) (out []vod.Usage, err error) {
	err = s.read(ctx, func(tx *gorm.DB) error {
		return tx.Raw(`SELECT u.sub_app_id, u.storage_id, u.storage_class, COALESCE(s.location, u.storage_id) AS location, u.files, u.bytes
			FROM storage_usage AS u LEFT JOIN storages AS s ON s.id = u.storage_id
			WHERE u.files <> 0 OR u.bytes <> 0 ORDER BY u.sub_app_id, location, u.storage_class`).Scan(&out).Error
	})
	return out, err
}

// Strays lists normal assets of that application and class that lie in a storage, by ID, from the one that follows after on.
func (s *Store) Strays(ctx context.Context, of vod.Usage, after vod.FileID, limit int) ([]vod.FileID, error) {
	var ids []vod.FileID
	err := s.read(ctx, func(tx *gorm.DB) error {
		return tx.Model(&assetRow{}).Where(normal).Where("object_key <> ''").
			Where("storage_id = ? AND storage_class = ? AND sub_app_id = ?", of.StorageID, of.StorageClass, of.SubAppID).
			Where("id > ?", int64(after)).Order("id").Limit(limit).Pluck("id", &ids).Error
	})
	return ids, err
}

// MoveAsset notes that the files of a normal asset lie elsewhere now, forgets the reservation of their new names, and dooms the old files.
// vod.ErrNotFound if the asset is not normal, or not where from says.
func (s *Store) MoveAsset(ctx context.Context, from vod.Asset, m vod.Moved) error {
	return s.write(ctx, func(tx *gorm.DB) error {
		done := tx.Model(&assetRow{}).Where(normal).
			Where("id = ? AND storage_id = ? AND object_key = ?", int64(from.ID), from.StorageID, from.ObjectKey).
			Updates(map[string]any{
				"storage_id": m.StorageID, "object_key": m.ObjectKey, "playlist_key": m.PlaylistKey,
				"storage_class": m.StorageClass, "update_time": toMicro(m.At),
			})
		if done.Error != nil {
			return done.Error
		}
		if done.RowsAffected == 0 {
			return vod.ErrNotFound
		}
		old := partRow{
			ID: int64(m.Draft), FileID: int64(from.ID), Kind: string(vod.PartOriginal), StorageID: from.StorageID, ObjectKey: from.ObjectKey,
			PlaylistKey: from.PlaylistKey, Size: from.Size, CreateTime: toMicro(m.At), Doomed: true,
		}
		if err := tx.Create(&old).Error; err != nil {
			return err
		}
		return drop(tx, []int64{int64(m.Draft)})
	})
}

// SetStorageClass changes the storage class of a normal asset that is in the right storage already. vod.ErrNotFound, vod.ErrRecording.
func (s *Store) SetStorageClass(ctx context.Context, id vod.FileID, m vod.Moved) error {
	err := s.changeAsset(ctx, id, normal, map[string]any{"storage_class": m.StorageClass, "update_time": toMicro(m.At)})
	if errors.Is(err, vod.ErrHeld) { // which is no matter here, but it is lost
		return vod.ErrNotFound
	}
	return err
}
