package store

import (
	"cmp"
	"context"
	"slices"
	"time"

	"gorm.io/gorm"

	"aircheck/vod"
	"aircheck/vod/event"
)

type partRow struct {
	ID          int64 `gorm:"primaryKey;autoIncrement:false"`
	FileID      int64
	Kind        string
	Definition  int64
	Place       int64
	StorageID   string
	ObjectKey   string
	PlaylistKey string
	ContentType string
	Size        int64
	Meta        string
	CreateTime  int64
	Doomed      bool
}

func (partRow) TableName() string { return "parts" }

func newPartRow(p vod.Part) partRow {
	return partRow{
		ID: int64(p.ID), FileID: int64(p.FileID), Kind: string(p.Kind), Definition: p.Definition, Place: int64(p.Index),
		StorageID: p.StorageID, ObjectKey: p.Key, ContentType: p.ContentType, Size: p.Size, Meta: string(p.Meta),
		CreateTime: toMicro(p.CreateTime),
	}
}

func (r partRow) part() vod.Part {
	p := vod.Part{
		ID: vod.FileID(r.ID), FileID: vod.FileID(r.FileID), Kind: vod.PartKind(r.Kind), Definition: r.Definition, Index: int(r.Place),
		StorageID: r.StorageID, Key: r.ObjectKey, ContentType: r.ContentType, Size: r.Size, CreateTime: fromMicro(r.CreateTime),
	}
	if r.Meta != "" {
		p.Meta = []byte(r.Meta)
	}
	return p
}

// The states of a part, in the text of queries: only so a partial index can be used.
const (
	doomed    = "doomed"
	notDoomed = "NOT doomed"
)

// PartsOf returns the parts of assets, by FileID, kind, definition and index.
func (s *Store) PartsOf(ctx context.Context, ids []vod.FileID) (out []vod.Part, err error) {
	err = s.read(ctx, func(tx *gorm.DB) error {
		for some := range slices.Chunk(slices.Sorted(slices.Values(ids)), maxIn) {
			var rows []partRow
			err := tx.Where(notDoomed).Where("file_id IN ?", some).Order("file_id, kind, definition, place, id").Find(&rows).Error
			if err != nil {
				return err
			}
			for _, r := range rows {
				out = append(out, r.part())
			}
		}
		return nil
	})
	return out, err
}

// AddMade adds an asset that the server made itself, with its event, and drops its reservation. vod.ErrNoSubApp if its application was
// destroyed meanwhile.
func (s *Store) AddMade(ctx context.Context, a vod.Asset) error {
	row, err := newAssetRow(a)
	if err != nil {
		return err
	}
	return s.write(ctx, func(tx *gorm.DB) error {
		if gone, err := destroyed(tx, row.SubAppID); err != nil || gone {
			return cmp.Or(err, vod.ErrNoSubApp)
		}
		if _, err := addID(tx, row.ID); err != nil {
			return err
		}
		if err := tx.Create(&row).Error; err != nil {
			return err
		}
		if err := drop(tx, []int64{row.ID}); err != nil {
			return err
		}
		return tellUpload(tx, &row)
	})
}

// AddParts adds parts of an asset in the place of those that it has of their kinds and definitions, and drops their reservations.
// vod.ErrNotFound.
func (s *Store) AddParts(ctx context.Context, id vod.FileID, parts []vod.Part) error {
	return s.write(ctx, func(tx *gorm.DB) error {
		if _, err := visibleAsset(tx, id); err != nil {
			return err
		}
		return addParts(tx, parts)
	})
}

// visibleAsset: vod.ErrNotFound.
func visibleAsset(tx *gorm.DB, id vod.FileID) (assetRow, error) {
	var rows []assetRow
	if err := tx.Where(visible).Where("id = ?", int64(id)).Find(&rows).Error; err != nil {
		return assetRow{}, err
	}
	if len(rows) == 0 {
		return assetRow{}, vod.ErrNotFound
	}
	return rows[0], nil
}

func addParts(tx *gorm.DB, parts []vod.Part) error {
	var ids []int64
	for _, p := range parts {
		if err := replaceParts(tx, p); err != nil {
			return err
		}
		ids = append(ids, int64(p.ID))
	}
	for _, p := range parts {
		row := newPartRow(p)
		if err := tx.Create(&row).Error; err != nil {
			return err
		}
	}
	return drop(tx, ids)
}

// ModifyAsset changes what people say of a visible asset, adds parts of it, and returns it as it is then. vod.ErrNotFound, or the error of
// change.
func (s *Store) ModifyAsset(ctx context.Context, id vod.FileID, change func(*vod.Asset) error, parts []vod.Part) (out vod.Asset, err error) {
	err = s.write(ctx, func(tx *gorm.DB) error {
		row, err := visibleAsset(tx, id)
		if err != nil {
			return err
		}
		if out, err = row.asset(); err != nil {
			return err
		}
		if err := change(&out); err != nil {
			return err
		}
		now, err := newAssetRow(out)
		if err != nil {
			return err
		}
		err = tx.Model(&assetRow{}).Where("id = ?", row.ID).Updates(map[string]any{
			"name": now.Name, "description": now.Description, "class_id": now.ClassID, "expire_time": now.ExpireTime, "tags": now.Tags,
			"key_frames": now.KeyFrames, "edits": now.Edits, "update_time": now.UpdateTime,
		}).Error
		if err != nil {
			return err
		}
		for _, p := range parts {
			if p.Kind == vod.PartCover {
				out.Cover = p.Key
			}
		}
		return addParts(tx, parts)
	})
	return out, err
}

// SetForbidden forbids that visible assets are played, or ends that. It returns those that were there.
func (s *Store) SetForbidden(ctx context.Context, ids []vod.FileID, forbid bool, at time.Time) (found []vod.FileID, err error) {
	err = s.write(ctx, func(tx *gorm.DB) error {
		found = nil
		for some := range slices.Chunk(ids, maxIn) {
			var here []vod.FileID
			if err := tx.Model(&assetRow{}).Where(visible).Where("id IN ?", some).Order("id").Pluck("id", &here).Error; err != nil {
				return err
			}
			err := tx.Model(&assetRow{}).Where("id IN ?", here).
				Updates(map[string]any{"forbidden": forbid, "update_time": toMicro(at)}).Error
			if err != nil {
				return err
			}
			found = append(found, here...)
		}
		return nil
	})
	return found, err
}

// replaceParts dooms those parts that p takes the place of.
func replaceParts(tx *gorm.DB, p vod.Part) error {
	old := tx.Model(&partRow{}).Where(notDoomed).Where("file_id = ? AND kind = ?", int64(p.FileID), string(p.Kind))
	if p.Kind != vod.PartCover {
		return old.Where("definition = ?", p.Definition).Update("doomed", true).Error
	}
	if err := old.Update("doomed", true).Error; err != nil {
		return err
	}
	return tx.Model(&assetRow{}).Where("id = ?", int64(p.FileID)).
		Updates(map[string]any{"cover": p.Key, "update_time": toMicro(p.CreateTime)}).Error
}

// doomAll dooms all parts of assets.
func doomAll(tx *gorm.DB, ids ...int64) error {
	for some := range slices.Chunk(ids, maxIn) {
		if err := tx.Model(&partRow{}).Where(notDoomed).Where("file_id IN ?", some).Update("doomed", true).Error; err != nil {
			return err
		}
	}
	return nil
}

// DoomParts dooms parts of a finished asset, or the asset if nothing of it could be played afterwards, and tells of it. vod.ErrNotFound,
// vod.ErrRecording, vod.ErrHeld.
func (s *Store) DoomParts(ctx context.Context, id vod.FileID, d vod.Deletion) (whole bool, err error) {
	err = s.write(ctx, func(tx *gorm.DB) error {
		whole = false
		a, err := deletable(tx, int64(id))
		if err != nil {
			return err
		}
		for _, f := range d.Parts {
			q := tx.Model(&partRow{}).Where(notDoomed).Where("file_id = ? AND kind = ?", int64(id), string(f.Kind))
			if f.Definition != 0 {
				q = q.Where("definition = ?", f.Definition)
			}
			if err := q.Update("doomed", true).Error; err != nil {
				return err
			}
		}
		if d.Original || a.ObjectKey == "" {
			var left int64
			err := tx.Model(&partRow{}).Where(notDoomed).Where("file_id = ?", int64(id)).
				Where("kind IN ?", []vod.PartKind{vod.PartTranscode, vod.PartAdaptive}).Count(&left).Error
			if err != nil {
				return err
			}
			if left == 0 {
				whole = true
				return markDeleting(tx, a, d.At)
			}
		}
		if d.Original {
			if err := doomOriginal(tx, a, d.At); err != nil {
				return err
			}
		}
		told := deletedParts(id, d)
		if len(told.Parts) == 0 { // which would say that all of it is gone
			return nil
		}
		return addVodEvents(tx, event.NewDeletion(a.SubAppID, d.At, told))
	})
	return whole && err == nil, err
}

// deletedParts is what is told of a deletion.
func deletedParts(id vod.FileID, d vod.Deletion) event.DeletedFile {
	out := event.DeletedFile{FileID: id}
	if d.Original {
		out.Parts = append(out.Parts, event.DeletedPart{Type: vod.DeleteOriginal})
	}
	types := map[vod.PartKind]string{vod.PartTranscode: vod.DeleteTranscode, vod.PartAdaptive: vod.DeleteAdaptive}
	for _, f := range d.Parts {
		out.Parts = append(out.Parts, event.DeletedPart{Type: types[f.Kind], Definition: f.Definition})
	}
	return out
}

// deletable returns a finished asset that is not held. vod.ErrNotFound, vod.ErrRecording, vod.ErrHeld.
func deletable(tx *gorm.DB, id int64) (assetRow, error) {
	var rows []assetRow
	if err := tx.Where(finished).Where(notHeld).Where("id = ?", id).Find(&rows).Error; err != nil {
		return assetRow{}, err
	}
	if len(rows) == 0 {
		return assetRow{}, whyNot(tx, id)
	}
	return rows[0], nil
}

// markDeleting makes an asset invisible with its parts, and tells of it.
func markDeleting(tx *gorm.DB, a assetRow, at time.Time) error {
	if err := tx.Model(&assetRow{}).Where("id = ?", a.ID).Update("status", string(vod.StatusDeleting)).Error; err != nil {
		return err
	}
	if err := doomAll(tx, a.ID); err != nil {
		return err
	}
	return addVodEvents(tx, event.NewDeletion(a.SubAppID, at, event.DeletedFile{FileID: vod.FileID(a.ID)}))
}

// doomOriginal makes an asset's own file a part that is doomed.
func doomOriginal(tx *gorm.DB, a assetRow, at time.Time) error {
	if a.ObjectKey == "" {
		return nil
	}
	err := tx.Create(&partRow{
		ID: a.ID, FileID: a.ID, Kind: string(vod.PartOriginal), StorageID: a.StorageID, ObjectKey: a.ObjectKey,
		PlaylistKey: a.PlaylistKey, Size: a.Size, CreateTime: toMicro(at), Doomed: true,
	}).Error
	if err != nil {
		return err
	}
	return tx.Model(&assetRow{}).Where("id = ?", a.ID).Updates(map[string]any{
		"object_key": "", "playlist_key": "", "size": 0, "sha256": "", "update_time": toMicro(at),
	}).Error
}

// DoomedParts lists parts whose files are to be removed, by ID, from the one that follows after on; those of one asset unless of is 0.
func (s *Store) DoomedParts(ctx context.Context, of, after vod.FileID, limit int) (out []vod.DoomedPart, err error) {
	var rows []partRow
	err = s.read(ctx, func(tx *gorm.DB) error {
		q := tx.Where(doomed).Where("id > ?", int64(after))
		if of != 0 {
			q = q.Where("file_id = ?", int64(of))
		}
		return q.Order("id").Limit(limit).Find(&rows).Error
	})
	for _, r := range rows {
		out = append(out, vod.DoomedPart{Part: r.part(), PlaylistKey: r.PlaylistKey})
	}
	return out, err
}

// PurgePart forgets a doomed part.
func (s *Store) PurgePart(ctx context.Context, id vod.FileID) error {
	return s.write(ctx, func(tx *gorm.DB) error {
		return tx.Where(doomed).Where("id = ?", int64(id)).Delete(&partRow{}).Error
	})
}

// AllParts lists the parts of all assets, by ID, from the one that follows after on.
func (s *Store) AllParts(ctx context.Context, after vod.FileID, limit int) (out []vod.Part, err error) {
	var rows []partRow
	err = s.read(ctx, func(tx *gorm.DB) error {
		return tx.Where(notDoomed).Where("id > ?", int64(after)).Order("id").Limit(limit).Find(&rows).Error
	})
	for _, r := range rows {
		out = append(out, r.part())
	}
	return out, err
}
