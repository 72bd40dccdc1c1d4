package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"aircheck/vod"
)

type protectionRow struct {
	SubAppID    int64 `gorm:"primaryKey;autoIncrement:false"`
	Signed      bool
	Key         string
	BackupKey   string
	Lifetime    int64
	RefererMode string
	Referers    string
	NoReferer   bool
	Origins     string
	UpdateTime  int64
}

func (protectionRow) TableName() string { return "protections" }

var _ vod.ProtectionStore = (*Store)(nil)

// Protections lists who may play the files of sub-applications, of all that were ever set.
func (s *Store) Protections(ctx context.Context) ([]vod.Protection, error) {
	var rows []protectionRow
	err := s.read(ctx, func(tx *gorm.DB) error { return tx.Order("sub_app_id").Find(&rows).Error })
	if err != nil {
		return nil, err
	}
	out := make([]vod.Protection, len(rows))
	for i := range rows {
		if out[i], err = rows[i].protection(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// UpdateProtection reads, changes and writes the one of a sub-application.
func (s *Store) UpdateProtection(ctx context.Context, subApp int64, change func(*vod.Protection) error) error {
	return s.write(ctx, func(tx *gorm.DB) error {
		var rows []protectionRow
		if err := tx.Where("sub_app_id = ?", subApp).Find(&rows).Error; err != nil {
			return err
		}
		p := vod.Protection{SubAppID: subApp}
		if len(rows) > 0 {
			var err error
			if p, err = rows[0].protection(); err != nil {
				return err
			}
		}
		if err := change(&p); err != nil {
			return err
		}
		row, err := newProtectionRow(p)
		if err != nil {
			return err
		}
		return tx.Clauses(clause.OnConflict{UpdateAll: true}).Create(&row).Error
	})
}

func newProtectionRow(p vod.Protection) (protectionRow, error) {
	row := protectionRow{
		SubAppID: p.SubAppID, Signed: p.Signed, Key: p.Key, BackupKey: p.BackupKey, Lifetime: int64(p.Lifetime / time.Second),
		RefererMode: string(p.RefererMode), NoReferer: p.NoReferer, UpdateTime: toMicro(p.UpdateTime),
	}
	for _, list := range []struct {
		from []string
		into *string
	}{{p.Referers, &row.Referers}, {p.Origins, &row.Origins}} {
		text, err := json.Marshal(list.from)
		if err != nil {
			return row, fmt.Errorf("encode who may play: %w", err)
		}
		*list.into = string(text)
	}
	return row, nil
}

func (r *protectionRow) protection() (vod.Protection, error) {
	p := vod.Protection{
		SubAppID: r.SubAppID, Signed: r.Signed, Key: r.Key, BackupKey: r.BackupKey, Lifetime: time.Duration(r.Lifetime) * time.Second,
		RefererMode: vod.RefererMode(r.RefererMode), NoReferer: r.NoReferer, UpdateTime: fromMicro(r.UpdateTime),
	}
	for _, list := range []struct {
		from string
		into *[]string
	}{{r.Referers, &p.Referers}, {r.Origins, &p.Origins}} {
		if err := json.Unmarshal([]byte(list.from), list.into); err != nil {
			return p, fmt.Errorf("decode who may play the files of sub-application %d: %w", r.SubAppID, err)
		}
	}
	return p, nil
}
