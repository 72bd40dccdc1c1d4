package store

import (
	"context"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"aircheck/server/auth"
)

type accessKeyRow struct {
	ID          string `gorm:"primaryKey"`
	Secret      string
	Active      bool
	Description string
	CreateTime  int64
	UseTime     int64
}

func (accessKeyRow) TableName() string { return "access_keys" }

var _ auth.AccessKeyStore = (*Store)(nil)

// AccessKeys lists the keys of the API but for the first, by age. A row without a secret tells when a first key was used.
func (s *Store) AccessKeys(ctx context.Context) ([]auth.AccessKey, error) {
	var rows []accessKeyRow
	err := s.read(ctx, func(tx *gorm.DB) error { return tx.Order("create_time, id").Find(&rows).Error })
	if err != nil {
		return nil, err
	}
	out := make([]auth.AccessKey, len(rows))
	for i, r := range rows {
		out[i] = auth.AccessKey{
			ID: r.ID, Secret: r.Secret, Active: r.Active, Description: r.Description, Create: fromMicro(r.CreateTime), Used: fromMicro(r.UseTime),
		}
	}
	return out, nil
}

// CreateAccessKey stores a key. auth.ErrAccessKeyLimit.
func (s *Store) CreateAccessKey(ctx context.Context, k auth.AccessKey) error {
	return s.write(ctx, func(tx *gorm.DB) error {
		err := tx.Create(&accessKeyRow{
			ID: k.ID, Secret: k.Secret, Active: k.Active, Description: k.Description, CreateTime: toMicro(k.Create), UseTime: toMicro(k.Used),
		}).Error
		if err != nil {
			return err
		}
		return limit(tx.Where("secret <> ''"), &accessKeyRow{}, auth.MaxAccessKeys, auth.ErrAccessKeyLimit)
	})
}

// SetAccessKeyActive makes a key good or no good. auth.ErrAccessKeyNotFound.
func (s *Store) SetAccessKeyActive(ctx context.Context, id string, active bool) error {
	return s.write(ctx, func(tx *gorm.DB) error {
		done := tx.Model(&accessKeyRow{}).Where("id = ? AND secret <> ''", id).Update("active", active)
		return orNoKey(done)
	})
}

// DeleteAccessKey removes a key. auth.ErrAccessKeyNotFound.
func (s *Store) DeleteAccessKey(ctx context.Context, id string) error {
	return s.write(ctx, func(tx *gorm.DB) error {
		return orNoKey(tx.Where("id = ? AND secret <> ''", id).Delete(&accessKeyRow{}))
	})
}

func orNoKey(done *gorm.DB) error {
	if done.Error == nil && done.RowsAffected == 0 {
		return auth.ErrAccessKeyNotFound
	}
	return done.Error
}

// UseAccessKeys notes when keys were used. Keys that are gone are left out; first has a row made.
func (s *Store) UseAccessKeys(ctx context.Context, used map[string]time.Time, first string) error {
	return s.write(ctx, func(tx *gorm.DB) error {
		for id, at := range used {
			if id == first {
				row := &accessKeyRow{ID: id, UseTime: toMicro(at)}
				note := clause.OnConflict{Columns: []clause.Column{{Name: "id"}}, DoUpdates: clause.AssignmentColumns([]string{"use_time"})}
				if err := tx.Clauses(note).Create(row).Error; err != nil {
					return err
				}
				continue
			}
			if err := tx.Model(&accessKeyRow{}).Where("id = ?", id).Update("use_time", toMicro(at)).Error; err != nil {
				return err
			}
		}
		return nil
	})
}
