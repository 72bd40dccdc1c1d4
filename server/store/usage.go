package store

import (
	"context"

	"gorm.io/gorm"
)

// StoredBytes returns what the files and parts of a storage occupy, without those that are being recorded and those that are lost; what
// is yet to be removed counts. It looks at every asset.
func (s *Store) StoredBytes(ctx context.Context, storageID string) (n int64, err error) {
	var parts int64
	err = s.read(ctx, func(tx *gorm.DB) error {
		const sum = "COALESCE(SUM(size), 0)"
		err := tx.Model(&assetRow{}).Where("storage_id = ?", storageID).Where("status IN ('Normal', 'Deleting')").Select(sum).Scan(&n).Error
		if err != nil {
			return err
		}
		return tx.Model(&partRow{}).Where("storage_id = ?", storageID).Select(sum).Scan(&parts).Error
	})
	return n + parts, err
}
