package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"aircheck/ingest/media"
	"aircheck/vod"
)

// MaxPast is how many files AssetsOf returns at most.
const MaxPast = 2000

// subApps finds each SubAppId that files have, by jumping from one to the next in an index.
const subApps = `sub_app_id IN (WITH RECURSIVE subs(n) AS (
	SELECT (SELECT min(sub_app_id) FROM assets WHERE ` + visible + `)
	UNION ALL SELECT (SELECT min(sub_app_id) FROM assets WHERE ` + visible + ` AND sub_app_id > n) FROM subs WHERE n IS NOT NULL
) SELECT n FROM subs WHERE n IS NOT NULL)`

// mayHold names the files of streams of a name that have come into the catalogue since, which who is finished does behind its end, and those
// that are being recorded. Each part has its own index: a stream may have left a great many files.
const mayHold = `id IN (
	SELECT id FROM assets WHERE ` + visible + ` AND ` + subApps + ` AND stream = ? AND create_time >= ? AND status = 'Normal'
	UNION ALL SELECT id FROM assets INDEXED BY assets_recording WHERE status = 'Recording' AND stream = ?
)`

// AssetsOf returns the files of a stream that may hold something between two moments, by when they began: those that are there, and all that
// are being recorded.
func (s *Store) AssetsOf(ctx context.Context, key media.StreamKey, from, to time.Time) ([]vod.Asset, error) {
	var rows []assetRow
	err := s.read(ctx, func(tx *gorm.DB) error {
		return assetsOf(tx, key, from, to).Find(&rows).Error
	})
	if err != nil {
		return nil, err
	}
	return assets(rows)
}

func assetsOf(tx *gorm.DB, key media.StreamKey, from, to time.Time) *gorm.DB {
	return tx.Model(&assetRow{}).Where(mayHold, key.Stream, toMicro(from), key.Stream).
		Where("domain = ? AND app = ? AND start_time < ?", key.Domain, key.App, toMicro(to)).
		Where("status = 'Recording' OR status = 'Normal' AND end_time >= ?", toMicro(from)).
		Order("start_time, id").Limit(MaxPast)
}
