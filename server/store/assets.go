package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"aircheck/rules"
	"aircheck/vod"
)

type assetIDRow struct {
	ID int64 `gorm:"primaryKey;autoIncrement:false"`
}

func (assetIDRow) TableName() string { return "asset_ids" }

type assetRow struct {
	ID            int64 `gorm:"primaryKey;autoIncrement:false"`
	Name          string
	Description   string
	Container     string
	Status        string
	StorageID     string
	ObjectKey     string
	PlaylistKey   string
	Size          int64
	Duration      int64
	StartTime     int64
	EndTime       int64
	CreateTime    int64
	UpdateTime    int64
	ExpireTime    int64
	Domain        string
	App           string
	Stream        string
	SessionID     string
	Params        string
	TemplateID    int64
	CauseKind     string
	Cause         string
	SubAppID      int64
	ClassID       int64
	StorageClass  string
	ProcedureName string
	Tracks        string
	Gaps          string
	Reason        string
	Recovered     bool
	Sha256        string `gorm:"column:sha256"`
	HoldTime      int64
	HoldReason    string
	HoldBy        string
	SourceType    string
	SourceContext string
	Tags          string
	KeyFrames     string
	Cover         string
	Forbidden     bool
	Edits         int64
	Note          string
}

func (assetRow) TableName() string { return "assets" }

func newAssetRow(a vod.Asset) (assetRow, error) {
	tracks, err := json.Marshal(a.Tracks)
	if err != nil {
		return assetRow{}, fmt.Errorf("encode the tracks: %w", err)
	}
	gaps, err := json.Marshal(a.Gaps)
	if err != nil {
		return assetRow{}, fmt.Errorf("encode the gaps: %w", err)
	}
	tags, err := json.Marshal(a.Tags)
	if err != nil {
		return assetRow{}, fmt.Errorf("encode the tags: %w", err)
	}
	frames, err := json.Marshal(a.KeyFrames)
	if err != nil {
		return assetRow{}, fmt.Errorf("encode the key frames: %w", err)
	}
	return assetRow{
		ID: int64(a.ID), Name: a.Name, Description: a.Description, Container: a.Container, Status: string(a.Status),
		StorageID: a.StorageID, ObjectKey: a.ObjectKey, PlaylistKey: a.PlaylistKey, Size: a.Size, Duration: int64(a.Duration),
		StartTime: toMicro(a.Start), EndTime: toMicro(a.End),
		CreateTime: toMicro(a.CreateTime), UpdateTime: toMicro(a.UpdateTime), ExpireTime: toExpiry(a.ExpireTime),
		Domain: a.Domain, App: a.App, Stream: a.Stream, SessionID: a.SessionID, Params: a.Params,
		TemplateID: a.TemplateID, CauseKind: a.CauseKind, Cause: a.Cause, SubAppID: a.SubAppID, ClassID: a.ClassID,
		StorageClass: a.StorageClass, ProcedureName: a.Procedure, Tracks: string(tracks), Gaps: string(gaps),
		Reason: a.Reason, Recovered: a.Recovered, Sha256: a.SHA256,
		HoldTime: toMicro(a.Hold.Since), HoldReason: a.Hold.Reason, HoldBy: a.Hold.By,
		SourceType: a.SourceType, SourceContext: a.SourceContext, Tags: string(tags),
		KeyFrames: string(frames), Cover: a.Cover, Forbidden: a.Forbidden, Edits: int64(a.Edits), Note: a.Note,
	}, nil
}

func (r assetRow) asset() (vod.Asset, error) {
	a := vod.Asset{
		ID: vod.FileID(r.ID), Name: r.Name, Description: r.Description, Container: r.Container, Status: vod.Status(r.Status),
		StorageID: r.StorageID, ObjectKey: r.ObjectKey, PlaylistKey: r.PlaylistKey, Size: r.Size, Duration: time.Duration(r.Duration),
		Start: fromMicro(r.StartTime), End: fromMicro(r.EndTime),
		CreateTime: fromMicro(r.CreateTime), UpdateTime: fromMicro(r.UpdateTime), ExpireTime: fromExpiry(r.ExpireTime),
		Domain: r.Domain, App: r.App, Stream: r.Stream, SessionID: r.SessionID, Params: r.Params,
		TemplateID: r.TemplateID, CauseKind: r.CauseKind, Cause: r.Cause, SubAppID: r.SubAppID, ClassID: r.ClassID,
		StorageClass: r.StorageClass, Procedure: r.ProcedureName, Reason: r.Reason, Recovered: r.Recovered, SHA256: r.Sha256,
		Hold:       vod.Hold{Since: fromMicro(r.HoldTime), Reason: r.HoldReason, By: r.HoldBy},
		SourceType: r.SourceType, SourceContext: r.SourceContext, Cover: r.Cover, Forbidden: r.Forbidden, Edits: vod.Edits(r.Edits), Note: r.Note,
	}
	if err := json.Unmarshal([]byte(r.Tags), &a.Tags); err != nil {
		return a, fmt.Errorf("decode the tags of file %d: %w", r.ID, err)
	}
	if err := json.Unmarshal([]byte(r.KeyFrames), &a.KeyFrames); err != nil {
		return a, fmt.Errorf("decode the key frames of file %d: %w", r.ID, err)
	}
	if err := json.Unmarshal([]byte(r.Tracks), &a.Tracks); err != nil {
		return a, fmt.Errorf("decode the tracks of file %d: %w", r.ID, err)
	}
	if err := json.Unmarshal([]byte(r.Gaps), &a.Gaps); err != nil {
		return a, fmt.Errorf("decode the gaps of file %d: %w", r.ID, err)
	}
	return a, nil
}

func assets(rows []assetRow) ([]vod.Asset, error) {
	out := make([]vod.Asset, len(rows))
	for i, r := range rows {
		var err error
		if out[i], err = r.asset(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// never is the expiry of what does not expire, in the stored form: the specification's 9999-12-31T23:59:59Z. It lies where
// searches by expiry expect it.
const never = 253402300799000000

func toExpiry(t time.Time) int64 {
	if t.IsZero() {
		return never
	}
	return toMicro(t)
}

func fromExpiry(n int64) time.Time {
	if n == never {
		return time.Time{}
	}
	return fromMicro(n)
}

// The states stand in the text of a query, not in its parameters: only so a partial index can be used.
const (
	visible   = "status IN ('Normal', 'Recording', 'Lost')"
	recording = "status = 'Recording'"
	normal    = "status = 'Normal'"
	lost      = "status = 'Lost'"
	finished  = "status IN ('Normal', 'Lost')"
	deleting  = "status = 'Deleting'"
	notHeld   = "hold_time = 0"
)

// AddFile puts a finished file into the catalogue together with its event, in the place of what AddRecording added, and adds it to the
// record task that made it, if one did. If its ID is known otherwise, it does nothing.
func (s *Store) AddFile(ctx context.Context, a vod.Asset, e rules.Event) error {
	row, err := newAssetRow(a)
	if err != nil {
		return err
	}
	return s.write(ctx, func(tx *gorm.DB) error {
		add, err := addID(tx, row.ID)
		if err != nil {
			return err
		}
		if add {
			err = findPlace(tx, &row)
		} else {
			add, err = takeOver(tx, &row)
		}
		if err != nil || !add {
			return err
		}
		if err := tx.Create(&row).Error; err != nil {
			return err
		}
		if err := addTaskFile(tx, &a); err != nil {
			return err
		}
		if err := tellUpload(tx, &row); err != nil {
			return err
		}
		return addEvent(tx, e)
	})
}

// addID makes an ID known, and reports whether it is new.
func addID(tx *gorm.DB, id int64) (bool, error) {
	done := tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&assetIDRow{ID: id})
	return done.RowsAffected > 0, done.Error
}

// AddRecording puts a file that is being recorded into the catalogue, unless its ID is known already.
func (s *Store) AddRecording(ctx context.Context, a vod.Asset) error {
	row, err := newAssetRow(a)
	if err != nil {
		return err
	}
	return s.write(ctx, func(tx *gorm.DB) error {
		if add, err := addID(tx, row.ID); err != nil || !add {
			return err
		}
		if err := findPlace(tx, &row); err != nil {
			return err
		}
		return tx.Create(&row).Error
	})
}

// Recordings lists the assets that are being recorded.
func (s *Store) Recordings(ctx context.Context) (ids []vod.FileID, err error) {
	err = s.read(ctx, func(tx *gorm.DB) error {
		return tx.Model(&assetRow{}).Where(recording).Pluck("id", &ids).Error
	})
	return ids, err
}

// maxIn is how many values one query is given.
const maxIn = 500

// RemoveRecordings removes those of the assets that are being recorded. All the IDs are known from then on.
func (s *Store) RemoveRecordings(ctx context.Context, ids []vod.FileID) error {
	return s.write(ctx, func(tx *gorm.DB) error {
		for _, id := range ids {
			if _, err := addID(tx, int64(id)); err != nil {
				return err
			}
		}
		for some := range slices.Chunk(ids, maxIn) {
			var gone []int64
			if err := tx.Model(&assetRow{}).Where(recording).Where("id IN ?", some).Pluck("id", &gone).Error; err != nil {
				return err
			}
			if err := tx.Where(recording).Where("id IN ?", some).Delete(&assetRow{}).Error; err != nil {
				return err
			}
			if err := doomAll(tx, gone...); err != nil {
				return err
			}
		}
		return nil
	})
}

// AssetsByID returns the visible ones that exist, in the order asked for.
func (s *Store) AssetsByID(ctx context.Context, ids []vod.FileID) ([]vod.Asset, error) {
	var rows []assetRow
	err := s.read(ctx, func(tx *gorm.DB) error {
		return tx.Where(visible).Where("id IN ?", ids).Find(&rows).Error
	})
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(rows, func(a, b assetRow) int {
		return slices.Index(ids, vod.FileID(a.ID)) - slices.Index(ids, vod.FileID(b.ID))
	})
	return assets(rows)
}

// MarkDeleting makes a finished asset invisible. vod.ErrNotFound, vod.ErrRecording, vod.ErrHeld.
func (s *Store) MarkDeleting(ctx context.Context, id vod.FileID) error {
	return s.write(ctx, func(tx *gorm.DB) error {
		a, err := deletable(tx, int64(id))
		if err != nil {
			return err
		}
		return markDeleting(tx, a, time.Now())
	})
}

// SetSHA256 stores the hash of a finished asset's file. vod.ErrNotFound, vod.ErrRecording.
func (s *Store) SetSHA256(ctx context.Context, id vod.FileID, sum string) error {
	err := s.changeAsset(ctx, id, normal, map[string]any{"sha256": sum})
	if errors.Is(err, vod.ErrHeld) { // which is no matter here, but it is lost
		return vod.ErrNotFound
	}
	return err
}

// changeAsset changes the columns of an asset that fulfils the condition, or says why it does not.
func (s *Store) changeAsset(ctx context.Context, id vod.FileID, condition string, columns map[string]any) error {
	return s.write(ctx, func(tx *gorm.DB) error {
		done := tx.Model(&assetRow{}).Where(condition).Where("id = ?", int64(id)).Updates(columns)
		if done.Error != nil || done.RowsAffected > 0 {
			return done.Error
		}
		return whyNot(tx, int64(id))
	})
}

// whyNot says why an asset cannot be changed.
func whyNot(tx *gorm.DB, id int64) error {
	var there []assetRow
	err := tx.Select("status", "hold_time").Where(visible).Where("id = ?", id).Find(&there).Error
	switch {
	case err != nil:
		return err
	case len(there) == 0:
		return vod.ErrNotFound
	case there[0].Status == string(vod.StatusRecording):
		return vod.ErrRecording
	case there[0].HoldTime != 0:
		return vod.ErrHeld
	}
	return vod.ErrNotFound
}

// PurgeAsset forgets a deleting asset; its ID stays in asset_ids.
func (s *Store) PurgeAsset(ctx context.Context, id vod.FileID) error {
	return s.write(ctx, func(tx *gorm.DB) error {
		// Where no covers are made, nobody else forgets that.
		if err := tx.Where("file_id = ?", int64(id)).Delete(&coverDueRow{}).Error; err != nil {
			return err
		}
		return tx.Where(deleting).Where("id = ?", int64(id)).Delete(&assetRow{}).Error
	})
}

// Deleting lists assets whose files are to be removed, by ID, from the one that follows after on.
func (s *Store) Deleting(ctx context.Context, after vod.FileID, limit int) ([]vod.Asset, error) {
	return s.list(ctx, after, limit, deleting)
}

func (s *Store) list(ctx context.Context, after vod.FileID, limit int, condition string) ([]vod.Asset, error) {
	var rows []assetRow
	err := s.read(ctx, func(tx *gorm.DB) error {
		return tx.Where(condition).Where("id > ?", int64(after)).Order("id").Limit(limit).Find(&rows).Error
	})
	if err != nil {
		return nil, err
	}
	return assets(rows)
}
