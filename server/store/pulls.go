package store

import (
	"context"
	"fmt"
	"strconv"

	"gorm.io/gorm"

	"aircheck/ingest/media"
	"aircheck/ingest/pull"
)

type pullRow struct {
	ID          int64 `gorm:"primaryKey;autoIncrement:false"`
	FromURL     string
	Domain      string
	App         string
	Stream      string
	Transport   string
	Insecure    bool
	Fingerprint string
	Disabled    bool
	StartTime   int64
	EndTime     int64
	AreaID      int64
	IspID       int64
	CreateTime  int64
}

func (pullRow) TableName() string { return "pulls" }

var _ pull.Store = (*Store)(nil)

func newPullRow(c pull.Config, id int64) pullRow {
	return pullRow{
		ID: id, FromURL: c.URL, Domain: c.Key.Domain, App: c.Key.App, Stream: c.Key.Stream, Transport: c.Transport, Insecure: c.Insecure,
		Fingerprint: c.Fingerprint, Disabled: c.Disabled, StartTime: toMicro(c.Start), EndTime: toMicro(c.End), AreaID: c.AreaID,
		IspID: c.IspID, CreateTime: toMicro(c.Created),
	}
}

func (r pullRow) config() pull.Config {
	return pull.Config{
		ID: strconv.FormatInt(r.ID, 10), URL: r.FromURL, Key: media.StreamKey{Domain: r.Domain, App: r.App, Stream: r.Stream},
		Transport: r.Transport, Insecure: r.Insecure, Fingerprint: r.Fingerprint, Disabled: r.Disabled, Start: fromMicro(r.StartTime),
		End: fromMicro(r.EndTime), AreaID: r.AreaID, IspID: r.IspID, Created: fromMicro(r.CreateTime),
	}
}

// Pulls lists all pull sources by age.
func (s *Store) Pulls(ctx context.Context) ([]pull.Config, error) {
	var rows []pullRow
	err := s.read(ctx, func(tx *gorm.DB) error { return tx.Order("id").Find(&rows).Error })
	if err != nil {
		return nil, err
	}
	out := make([]pull.Config, len(rows))
	for i, r := range rows {
		out[i] = r.config()
	}
	return out, nil
}

// CreatePull stores a pull source and returns its ID.
func (s *Store) CreatePull(ctx context.Context, c pull.Config) (string, error) {
	var id int64
	err := s.write(ctx, func(tx *gorm.DB) (err error) {
		if id, err = next(tx, "pull"); err != nil {
			return err
		}
		row := newPullRow(c, id)
		return tx.Create(&row).Error
	})
	return strconv.FormatInt(id, 10), err
}

// UpdatePulls changes pull sources, all or none. pull.ErrNotFound.
func (s *Store) UpdatePulls(ctx context.Context, all []pull.Config) error {
	return s.write(ctx, func(tx *gorm.DB) error {
		for _, c := range all {
			id, err := pullID(tx, c.ID)
			if err != nil {
				return err
			}
			row := newPullRow(c, id)
			if err := tx.Save(&row).Error; err != nil {
				return err
			}
		}
		return nil
	})
}

// DeletePull forgets a pull source. pull.ErrNotFound.
func (s *Store) DeletePull(ctx context.Context, id string) error {
	return s.write(ctx, func(tx *gorm.DB) error {
		n, err := pullID(tx, id)
		if err != nil {
			return err
		}
		return tx.Delete(&pullRow{ID: n}).Error
	})
}

// pullID returns the number of a pull source that exists. pull.ErrNotFound.
func pullID(tx *gorm.DB, id string) (int64, error) {
	n, err := strconv.ParseInt(id, 10, 64)
	var rows int64
	if err == nil {
		if err := tx.Model(&pullRow{}).Where("id = ?", n).Count(&rows).Error; err != nil {
			return 0, err
		}
	}
	if rows == 0 {
		return 0, fmt.Errorf("%w: %.100q", pull.ErrNotFound, id)
	}
	return n, nil
}
