package store

import (
	"context"

	"gorm.io/gorm"
)

// StoredBytes returns what the files of a storage occupy, without those that are being recorded and those that are lost; files that
// are yet to be removed count. It looks at every asset.
func (s *Store) StoredBytes(ctx context.Context, storageID string) (n int64, err error) {
	err = s.read(ctx, func(tx *gorm.DB) error {
		return tx.Model(&assetRow{}).Where("storage_id = ?", storageID).Where("status IN ('Normal', 'Deleting')").
			Select("COALESCE(SUM(size), 0)").Scan(&n).Error
	})
	return n, err
}
