package store

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

type settingRow struct {
	Key   string `gorm:"primaryKey"`
	Value string
}

func (settingRow) TableName() string { return "settings" }

type storageRow struct {
	ID       string `gorm:"primaryKey"`
	Kind     string
	Location string
}

func (storageRow) TableName() string { return "storages" }

// Setting returns a setting, and whether it was ever set.
func (s *Store) Setting(ctx context.Context, key string) (value string, ok bool, err error) {
	err = s.read(ctx, func(tx *gorm.DB) error {
		value, ok, err = setting(tx, key)
		return err
	})
	return value, ok, err
}

// SetSetting sets a setting.
func (s *Store) SetSetting(ctx context.Context, key, value string) error {
	return s.write(ctx, func(tx *gorm.DB) error { return setSetting(tx, key, value) })
}

func setting(tx *gorm.DB, key string) (string, bool, error) {
	var rows []settingRow
	if err := tx.Where("key = ?", key).Find(&rows).Error; err != nil || len(rows) == 0 {
		return "", false, err
	}
	return rows[0].Value, true, nil
}

func setSetting(tx *gorm.DB, key, value string) error {
	return tx.Clauses(clause.OnConflict{UpdateAll: true}).Create(&settingRow{Key: key, Value: value}).Error
}

// StorageID returns the ID of the storage of that kind ("local") at that location, and whether it was created by this call.
func (s *Store) StorageID(ctx context.Context, kind, location string) (id string, created bool, err error) {
	if kind == "" || location == "" {
		return "", false, errors.New("a storage needs a kind and a location")
	}
	err = s.write(ctx, func(tx *gorm.DB) error {
		var rows []storageRow
		if err := tx.Where("kind = ? AND location = ?", kind, location).Find(&rows).Error; err != nil {
			return err
		}
		if len(rows) > 0 {
			id = rows[0].ID
			return nil
		}
		id, created = strings.ToLower(rand.Text()), true
		return tx.Create(&storageRow{ID: id, Kind: kind, Location: location}).Error
	})
	if err != nil {
		return "", false, fmt.Errorf("register the storage: %w", err)
	}
	return id, created, nil
}
