package store

import (
	"context"
	"slices"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"aircheck/vod"
)

type reservationRow struct {
	ID          int64 `gorm:"primaryKey;autoIncrement:false"`
	Extension   string
	StorageID   string
	ObjectKey   string
	PlaylistKey string
}

func (reservationRow) TableName() string { return "reservations" }

func (r reservationRow) reservation() vod.Reservation {
	return vod.Reservation{
		ID: vod.FileID(r.ID), Extension: r.Extension, StorageID: r.StorageID, ObjectKey: r.ObjectKey, PlaylistKey: r.PlaylistKey,
	}
}

// Reserve notes which names a file is about to be given, in the place of what was noted of it before.
func (s *Store) Reserve(ctx context.Context, r vod.Reservation) error {
	row := reservationRow{
		ID: int64(r.ID), Extension: r.Extension, StorageID: r.StorageID, ObjectKey: r.ObjectKey, PlaylistKey: r.PlaylistKey,
	}
	return s.write(ctx, func(tx *gorm.DB) error {
		return tx.Clauses(clause.OnConflict{UpdateAll: true}).Create(&row).Error
	})
}

// Reservations lists names that were neither kept nor dropped, by ID, from the one that follows after on.
func (s *Store) Reservations(ctx context.Context, after vod.FileID, limit int) (out []vod.Reservation, err error) {
	var rows []reservationRow
	err = s.read(ctx, func(tx *gorm.DB) error {
		return tx.Where("id > ?", int64(after)).Order("id").Limit(limit).Find(&rows).Error
	})
	for _, r := range rows {
		out = append(out, r.reservation())
	}
	return out, err
}

// Reserved returns a reservation; ok is false if there is none.
func (s *Store) Reserved(ctx context.Context, id vod.FileID) (r vod.Reservation, ok bool, err error) {
	var rows []reservationRow
	err = s.read(ctx, func(tx *gorm.DB) error { return tx.Where("id = ?", int64(id)).Find(&rows).Error })
	if err != nil || len(rows) == 0 {
		return r, false, err
	}
	return rows[0].reservation(), true, nil
}

// DropReservations forgets reservations.
func (s *Store) DropReservations(ctx context.Context, ids []vod.FileID) error {
	all := make([]int64, len(ids))
	for i, id := range ids {
		all[i] = int64(id)
	}
	return s.write(ctx, func(tx *gorm.DB) error { return drop(tx, all) })
}

func drop(tx *gorm.DB, ids []int64) error {
	for some := range slices.Chunk(ids, maxIn) {
		if err := tx.Where("id IN ?", some).Delete(&reservationRow{}).Error; err != nil {
			return err
		}
	}
	return nil
}

// LastFileID returns the highest ID of all assets there ever were, and of the parts and reservations there are; 0 if there was none.
func (s *Store) LastFileID(ctx context.Context) (id vod.FileID, err error) {
	err = s.read(ctx, func(tx *gorm.DB) error {
		for _, table := range []any{&assetIDRow{}, &partRow{}, &reservationRow{}} {
			var last vod.FileID
			if err := tx.Model(table).Select("COALESCE(MAX(id), 0)").Scan(&last).Error; err != nil {
				return err
			}
			id = max(id, last)
		}
		return nil
	})
	return id, err
}
