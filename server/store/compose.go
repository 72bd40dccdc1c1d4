package store

import (
	"context"

	"gorm.io/gorm"

	"aircheck/vod"
	"aircheck/vod/compose"
)

// madeByTask selects what package compose has made, as the index of that does.
const madeByTask = "cause_kind = '" + compose.CauseKind + "'"

// MadeBy returns the asset that a task of package compose has made; ok is false if there is none.
func (s *Store) MadeBy(ctx context.Context, taskID string) (a vod.Asset, ok bool, err error) {
	var rows []assetRow
	err = s.read(ctx, func(tx *gorm.DB) error {
		return tx.Model(&assetRow{}).Where(madeByTask).Where("cause = ?", taskID).Where(visible).Order("id").Limit(1).Find(&rows).Error
	})
	if err != nil || len(rows) == 0 {
		return a, false, err
	}
	found, err := assets(rows)
	if err != nil {
		return a, false, err
	}
	return found[0], true, nil
}
