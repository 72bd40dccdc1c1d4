package store

import (
	"context"
	"encoding/json"
	"fmt"

	"gorm.io/gorm"

	"aircheck/vod"
)

type subAppRow struct {
	ID          int64 `gorm:"primaryKey;autoIncrement:false"`
	Name        string
	Description string
	Status      string
	Mode        string
	Type        string
	Region      string
	Tags        string
	CreateTime  int64
}

func (subAppRow) TableName() string { return "sub_apps" }

func newSubAppRow(a vod.SubApp) (subAppRow, error) {
	tags, err := json.Marshal(a.Tags)
	if err != nil {
		return subAppRow{}, fmt.Errorf("encode the tags: %w", err)
	}
	return subAppRow{
		ID: a.ID, Name: a.Name, Description: a.Description, Status: string(a.Status), Mode: a.Mode, Type: a.Type, Region: a.Region,
		Tags: string(tags), CreateTime: toMicro(a.CreateTime),
	}, nil
}

func (r subAppRow) subApp() (vod.SubApp, error) {
	a := vod.SubApp{
		ID: r.ID, Name: r.Name, Description: r.Description, Status: vod.SubAppStatus(r.Status), Mode: r.Mode, Type: r.Type, Region: r.Region,
		CreateTime: fromMicro(r.CreateTime),
	}
	if err := json.Unmarshal([]byte(r.Tags), &a.Tags); err != nil {
		return a, fmt.Errorf("decode the tags of sub-application %d: %w", r.ID, err)
	}
	return a, nil
}

var _ vod.SubAppStore = (*Store)(nil)

// SubApps lists all sub-applications by ID.
func (s *Store) SubApps(ctx context.Context) ([]vod.SubApp, error) {
	var rows []subAppRow
	if err := s.read(ctx, func(tx *gorm.DB) error { return tx.Order("id").Find(&rows).Error }); err != nil {
		return nil, err
	}
	out := make([]vod.SubApp, len(rows))
	for i, r := range rows {
		var err error
		if out[i], err = r.subApp(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// CreateSubApp stores a sub-application and returns its ID. vod.ErrSubAppLimit.
func (s *Store) CreateSubApp(ctx context.Context, a vod.SubApp) (int64, error) {
	err := s.write(ctx, func(tx *gorm.DB) (err error) {
		if a.ID, err = next(tx, "sub_app"); err != nil {
			return err
		}
		row, err := newSubAppRow(a)
		if err != nil {
			return err
		}
		if err := tx.Create(&row).Error; err != nil {
			return err
		}
		return limitSubApps(tx)
	})
	if err != nil {
		return 0, err
	}
	return a.ID, nil
}

func limitSubApps(tx *gorm.DB) error {
	var n int64
	err := tx.Model(&subAppRow{}).Where("status <> ?", string(vod.SubAppDestroyed)).Count(&n).Error
	if err == nil && n > vod.MaxSubApps {
		return vod.ErrSubAppLimit
	}
	return err
}

// UpdateSubApp reads, changes and writes one; its ID stays. vod.ErrNoSubApp, vod.ErrSubAppLimit, or the error of change.
func (s *Store) UpdateSubApp(ctx context.Context, id int64, change func(a *vod.SubApp, files bool) error) error {
	return s.write(ctx, func(tx *gorm.DB) error {
		var rows []subAppRow
		if err := tx.Where("id = ?", id).Find(&rows).Error; err != nil {
			return err
		}
		if len(rows) == 0 {
			return vod.ErrNoSubApp
		}
		a, err := rows[0].subApp()
		if err != nil {
			return err
		}
		files, err := hasFiles(tx, id)
		if err != nil {
			return err
		}
		if err := change(&a, files); err != nil {
			return err
		}
		a.ID = id
		row, err := newSubAppRow(a)
		if err != nil {
			return err
		}
		if err := tx.Save(&row).Error; err != nil {
			return err
		}
		return limitSubApps(tx)
	})
}

// hasFiles reports whether there is a file in a sub-application, be it one that is being deleted.
func hasFiles(tx *gorm.DB, id int64) (bool, error) {
	for _, status := range []string{visible, deleting} { // each has its index
		var one []int64
		err := tx.Model(&assetRow{}).Where(status).Where("sub_app_id = ?", id).Limit(1).Pluck("id", &one).Error
		if err != nil || len(one) > 0 {
			return true, err
		}
	}
	return false, nil
}

// findPlace sees to it that a new file does not go to an application that was destroyed meanwhile: nobody would find it there.
func findPlace(tx *gorm.DB, row *assetRow) error {
	gone, err := destroyed(tx, row.SubAppID)
	if gone {
		row.Note = vod.NoteSubApp(row.SubAppID)
		row.SubAppID, row.ClassID = vod.PrimaryApp, 0
	}
	return err
}

// destroyed reports whether a sub-application was destroyed.
func destroyed(tx *gorm.DB, id int64) (bool, error) {
	if id == vod.PrimaryApp {
		return false, nil
	}
	var n int64
	err := tx.Model(&subAppRow{}).Where("id = ? AND status = ?", id, string(vod.SubAppDestroyed)).Count(&n).Error
	return err == nil && n > 0, err
}
