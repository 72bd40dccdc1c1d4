package store

import (
	"context"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"aircheck/ingest/media"
	"aircheck/server/auth"
)

type forbiddenRow struct {
	Domain     string `gorm:"primaryKey"`
	App        string `gorm:"primaryKey"`
	Stream     string `gorm:"primaryKey"`
	Reason     string
	CreateTime int64
	ExpireTime int64
}

func (forbiddenRow) TableName() string { return "forbidden_streams" }

var _ auth.ForbidStore = (*Store)(nil)

// Forbidden lists the streams that must not be pushed, by key.
func (s *Store) Forbidden(ctx context.Context) ([]auth.Forbidden, error) {
	var rows []forbiddenRow
	err := s.read(ctx, func(tx *gorm.DB) error { return tx.Order("domain, app, stream").Find(&rows).Error })
	if err != nil {
		return nil, err
	}
	out := make([]auth.Forbidden, len(rows))
	for i, r := range rows {
		out[i] = auth.Forbidden{
			Key: media.StreamKey{Domain: r.Domain, App: r.App, Stream: r.Stream}, Reason: r.Reason,
			Create: fromMicro(r.CreateTime), Expire: fromMicro(r.ExpireTime),
		}
	}
	return out, nil
}

// PutForbidden stores one, in the place of what there is for the key, and forgets those that expired by then. auth.ErrForbidLimit.
func (s *Store) PutForbidden(ctx context.Context, f auth.Forbidden, now time.Time) error {
	row := forbiddenRow{
		Domain: f.Key.Domain, App: f.Key.App, Stream: f.Key.Stream, Reason: f.Reason,
		CreateTime: toMicro(f.Create), ExpireTime: toMicro(f.Expire),
	}
	return s.write(ctx, func(tx *gorm.DB) error {
		if err := tx.Where("expire_time <= ?", toMicro(now)).Delete(&forbiddenRow{}).Error; err != nil {
			return err
		}
		if err := tx.Clauses(clause.OnConflict{UpdateAll: true}).Create(&row).Error; err != nil {
			return err
		}
		return limit(tx, &forbiddenRow{}, auth.MaxForbidden, auth.ErrForbidLimit)
	})
}

// RemoveForbidden forgets what there is for a key, if there is something.
func (s *Store) RemoveForbidden(ctx context.Context, key media.StreamKey) error {
	return s.write(ctx, func(tx *gorm.DB) error {
		return tx.Where("domain = ? AND app = ? AND stream = ?", key.Domain, key.App, key.Stream).Delete(&forbiddenRow{}).Error
	})
}
