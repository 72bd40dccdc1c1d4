package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"

	"gorm.io/gorm"

	"aircheck/vod"
)

// takeOver removes the row of a recording that is finished, and reports whether there was one. It hands on where that was put when it began,
// and what people said of it since.
func takeOver(tx *gorm.DB, row *assetRow) (bool, error) {
	var name, description string
	var expire int64
	begun := tx.Raw("SELECT sub_app_id, class_id, note, hold_time, hold_reason, hold_by, tags, key_frames, cover, forbidden, edits, name, "+
		"description, expire_time FROM assets WHERE "+recording+" AND id = ?", row.ID).Row()
	err := begun.Scan(&row.SubAppID, &row.ClassID, &row.Note, &row.HoldTime, &row.HoldReason, &row.HoldBy, &row.Tags, &row.KeyFrames, &row.Cover,
		&row.Forbidden, &row.Edits, &name, &description, &expire)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	edits := vod.Edits(row.Edits)
	if edits&vod.EditName != 0 {
		row.Name = name
	}
	if edits&vod.EditDescription != 0 {
		row.Description = description
	}
	if edits&vod.EditExpiry != 0 {
		row.ExpireTime = expire
	}
	return true, tx.Where(recording).Where("id = ?", row.ID).Delete(&assetRow{}).Error
}

// SetHold holds visible assets, or lets them go if h is zero. It returns those that were there.
func (s *Store) SetHold(ctx context.Context, ids []vod.FileID, h vod.Hold, at time.Time) (found []vod.FileID, err error) {
	err = s.write(ctx, func(tx *gorm.DB) error {
		found = nil
		for some := range slices.Chunk(ids, maxIn) {
			var here []vod.FileID
			if err := tx.Model(&assetRow{}).Where(visible).Where("id IN ?", some).Order("id").Pluck("id", &here).Error; err != nil {
				return err
			}
			err := tx.Model(&assetRow{}).Where(visible).Where("id IN ?", here).Updates(map[string]any{
				"hold_time": toMicro(h.Since), "hold_reason": h.Reason, "hold_by": h.By, "update_time": toMicro(at),
			}).Error
			if err != nil {
				return err
			}
			found = append(found, here...)
		}
		return nil
	})
	return found, err
}

// Oldest lists the finished assets of a storage that are not held, those first whose recording ended first.
func (s *Store) Oldest(ctx context.Context, storageID string, limit int) ([]vod.FileID, error) {
	var ids []vod.FileID
	err := s.read(ctx, func(tx *gorm.DB) error {
		return tx.Model(&assetRow{}).Where(normal).Where(notHeld).Where("storage_id = ?", storageID).
			Order("end_time, id").Limit(limit).Pluck("id", &ids).Error
	})
	return ids, err
}

// Placed lists where the files of finished assets lie, lost or not, by ID, from the one that follows after on.
func (s *Store) Placed(ctx context.Context, after vod.FileID, limit int) ([]vod.Placed, error) {
	var rows []vod.Placed
	err := s.read(ctx, func(tx *gorm.DB) error {
		return tx.Model(&assetRow{}).Select("id", "status", "storage_id", "object_key", "playlist_key", "size").
			Where(finished).Where("object_key <> ''").Where("id > ?", int64(after)).Order("id").Limit(limit).Find(&rows).Error
	})
	return rows, err
}

// KnownKeys returns those of the keys that are an asset's media, whatever its status, or a part's, or reserved.
func (s *Store) KnownKeys(ctx context.Context, storageID string, keys []string) (known []string, err error) {
	err = s.read(ctx, func(tx *gorm.DB) error {
		for some := range slices.Chunk(keys, maxIn) {
			for _, table := range []any{&assetRow{}, &partRow{}, &reservationRow{}} {
				var here []string
				err := tx.Model(table).Where("storage_id = ?", storageID).Where("object_key IN ?", some).Pluck("object_key", &here).Error
				if err != nil {
					return err
				}
				known = append(known, here...)
			}
		}
		return nil
	})
	return known, err
}

// Shared reports whether a normal asset other than that one has its media, or they are reserved for one.
func (s *Store) Shared(ctx context.Context, a vod.Asset) (bool, error) {
	var n int64
	err := s.read(ctx, func(tx *gorm.DB) error {
		err := tx.Model(&assetRow{}).Where("storage_id = ? AND object_key = ?", a.StorageID, a.ObjectKey).
			Where(normal).Where("id <> ?", int64(a.ID)).Count(&n).Error
		if err != nil || n > 0 {
			return err
		}
		return tx.Model(&reservationRow{}).Where("storage_id = ? AND object_key = ?", a.StorageID, a.ObjectKey).Count(&n).Error
	})
	return n > 0, err
}

// MarkLost says of normal assets that their files are not there, and MarkFound of lost ones that they are there again. They
// return how many there were.
func (s *Store) MarkLost(ctx context.Context, ids []vod.FileID, at time.Time) (int, error) {
	return s.turn(ctx, ids, normal, vod.StatusLost, at)
}

// MarkFound is MarkLost's opposite.
func (s *Store) MarkFound(ctx context.Context, ids []vod.FileID, at time.Time) (int, error) {
	return s.turn(ctx, ids, lost, vod.StatusNormal, at)
}

func (s *Store) turn(ctx context.Context, ids []vod.FileID, from string, to vod.Status, at time.Time) (n int, err error) {
	err = s.write(ctx, func(tx *gorm.DB) error {
		n = 0
		for some := range slices.Chunk(ids, maxIn) {
			done := tx.Model(&assetRow{}).Where(from).Where("id IN ?", some).
				Updates(map[string]any{"status": string(to), "update_time": toMicro(at)})
			if done.Error != nil {
				return done.Error
			}
			n += int(done.RowsAffected)
		}
		return nil
	})
	return n, err
}

// Adopt puts a file into the catalogue that nobody reports, without an event, unless there is an asset of that file or of that ID.
func (s *Store) Adopt(ctx context.Context, a vod.Asset) (adopted bool, err error) {
	row, err := newAssetRow(a)
	if err != nil {
		return false, err
	}
	err = s.write(ctx, func(tx *gorm.DB) error {
		adopted = false
		var others int64
		q := tx.Model(&assetRow{}).Where("storage_id = ? AND object_key = ?", row.StorageID, row.ObjectKey)
		if err := q.Count(&others).Error; err != nil || others > 0 {
			return err
		}
		add, err := addID(tx, row.ID)
		if err != nil || !add {
			return err
		}
		if err := findPlace(tx, &row); err != nil {
			return err
		}
		adopted = true
		return tx.Create(&row).Error
	})
	return adopted && err == nil, err
}

// Unhashed lists finished assets without SHA256, by ID, from the one that follows after on.
func (s *Store) Unhashed(ctx context.Context, after vod.FileID, limit int) ([]vod.Asset, error) {
	return s.list(ctx, after, limit, normal+" AND sha256 = '' AND object_key <> ''")
}

// Expired lists finished assets whose ExpireTime has come and that are not held, the longest expired first.
func (s *Store) Expired(ctx context.Context, now time.Time, limit int) ([]vod.FileID, error) {
	var ids []vod.FileID
	err := s.read(ctx, func(tx *gorm.DB) error {
		return tx.Model(&assetRow{}).Where(normal).Where(notHeld).Where("expire_time <= ?", toMicro(now)).
			Order("expire_time, id").Limit(limit).Pluck("id", &ids).Error
	})
	return ids, err
}
