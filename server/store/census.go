package store

import (
	"context"

	"gorm.io/gorm"

	"aircheck/vod"
)

// Census counts all assets by status and container. It reads every row: a catalogue of a million takes about a second.
func (s *Store) Census(ctx context.Context) ([]vod.Count, error) {
	var rows []vod.Count
	err := s.read(ctx, func(tx *gorm.DB) error {
		return tx.Model(&assetRow{}).Select("status, container, COUNT(*) AS assets, COALESCE(SUM(size), 0) AS bytes").
			Group("status, container").Order("status, container").Scan(&rows).Error
	})
	return rows, err
}
