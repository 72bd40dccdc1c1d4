package store

import (
	"context"
	"errors"
	"slices"

	"gorm.io/gorm"

	"aircheck/vod"
)

type classRow struct {
	ID         int64 `gorm:"primaryKey;autoIncrement:false"`
	SubAppID   int64
	ParentID   int64
	Name       string
	CreateTime int64
}

func (classRow) TableName() string { return "classes" }

func classes(rows []classRow) []vod.Class {
	out := make([]vod.Class, len(rows))
	for i, r := range rows {
		out[i] = vod.Class{ID: r.ID, SubAppID: r.SubAppID, ParentID: r.ParentID, Name: r.Name, CreateTime: fromMicro(r.CreateTime)}
	}
	return out
}

var _ vod.ClassStore = (*Store)(nil)

// Classes lists all classes of an application by ID.
func (s *Store) Classes(ctx context.Context, subAppID int64) ([]vod.Class, error) {
	var rows []classRow
	err := s.read(ctx, func(tx *gorm.DB) error { return tx.Where("sub_app_id = ?", subAppID).Order("id").Find(&rows).Error })
	return classes(rows), err
}

// ClassesByID returns those of the classes that exist, with all above them.
func (s *Store) ClassesByID(ctx context.Context, subAppID int64, ids []int64) (out []vod.Class, err error) {
	err = s.read(ctx, func(tx *gorm.DB) error {
		rows, err := withParents(tx, subAppID, ids)
		out = classes(rows)
		return err
	})
	return out, err
}

// withParents returns those of the classes that exist, with all above them.
func withParents(tx *gorm.DB, subAppID int64, ids []int64) (out []classRow, err error) {
	seen := map[int64]bool{}
	for len(ids) > 0 {
		var up []int64
		for some := range slices.Chunk(ids, maxIn) {
			var rows []classRow
			if err := tx.Where("sub_app_id = ? AND id IN ?", subAppID, some).Find(&rows).Error; err != nil {
				return nil, err
			}
			for _, r := range rows {
				if seen[r.ID] {
					continue
				}
				seen[r.ID] = true
				out = append(out, r)
				if r.ParentID != vod.NoClass {
					up = append(up, r.ParentID)
				}
			}
		}
		ids = slices.DeleteFunc(up, func(id int64) bool { return seen[id] })
	}
	return out, nil
}

// CreateClass stores a class and returns its ID. vod.ErrParentNotFound, vod.ErrClassExists, vod.ErrClassLevels, vod.ErrSubclasses.
func (s *Store) CreateClass(ctx context.Context, c vod.Class) (id int64, err error) {
	err = s.write(ctx, func(tx *gorm.DB) error {
		if c.ParentID != vod.NoClass {
			above, err := withParents(tx, c.SubAppID, []int64{c.ParentID})
			switch {
			case err != nil:
				return err
			case len(above) == 0:
				return vod.ErrParentNotFound
			case len(above) >= vod.MaxClassLevels:
				return vod.ErrClassLevels
			}
		}
		if id, err = next(tx, "class"); err != nil {
			return err
		}
		row := classRow{ID: id, SubAppID: c.SubAppID, ParentID: c.ParentID, Name: c.Name, CreateTime: toMicro(c.CreateTime)}
		if err := tx.Create(&row).Error; err != nil {
			return classTaken(err)
		}
		var n int64
		err := tx.Model(&classRow{}).Where("sub_app_id = ? AND parent_id = ?", c.SubAppID, c.ParentID).Count(&n).Error
		if err == nil && n > vod.MaxSubclasses {
			return vod.ErrSubclasses
		}
		return err
	})
	if err != nil {
		return 0, err
	}
	return id, nil
}

func classTaken(err error) error {
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		return vod.ErrClassExists
	}
	return err
}

// RenameClass gives a class another name. vod.ErrClassNotFound, vod.ErrClassExists.
func (s *Store) RenameClass(ctx context.Context, subAppID, id int64, name string) error {
	return s.write(ctx, func(tx *gorm.DB) error {
		done := tx.Model(&classRow{}).Where("sub_app_id = ? AND id = ?", subAppID, id).Update("name", name)
		if done.Error == nil && done.RowsAffected == 0 {
			return vod.ErrClassNotFound
		}
		return classTaken(done.Error)
	})
}

// DeleteClass deletes an empty class. vod.ErrClassNotFound, vod.ErrClassNotEmpty.
func (s *Store) DeleteClass(ctx context.Context, subAppID, id int64) error {
	return s.write(ctx, func(tx *gorm.DB) error {
		below := tx.Model(&classRow{}).Where("sub_app_id = ? AND parent_id = ?", subAppID, id)
		inside := tx.Model(&assetRow{}).Where(visible).Where("sub_app_id = ? AND class_id = ?", subAppID, id)
		for _, q := range []*gorm.DB{below, inside} {
			var one []int64
			if err := q.Limit(1).Pluck("id", &one).Error; err != nil {
				return err
			}
			if len(one) > 0 {
				return vod.ErrClassNotEmpty
			}
		}
		done := tx.Where("sub_app_id = ? AND id = ?", subAppID, id).Delete(&classRow{})
		if done.Error == nil && done.RowsAffected == 0 {
			return vod.ErrClassNotFound
		}
		return done.Error
	})
}
