package store

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"time"

	"gorm.io/gorm"

	"aircheck/vod"
	"aircheck/vod/process"
	"aircheck/vod/task"
)

var _ process.Store = (*Store)(nil)

type procedureRow struct {
	SubAppID   int64  `gorm:"primaryKey;autoIncrement:false"`
	Name       string `gorm:"primaryKey"`
	Comment    string
	Flow       string
	CreateTime int64
	UpdateTime int64
}

func (procedureRow) TableName() string { return "procedures" }

type coverDueRow struct {
	FileID int64 `gorm:"primaryKey;autoIncrement:false"`
	Tries  int64
}

func (coverDueRow) TableName() string { return "covers_due" }

func newProcedureRow(p process.Procedure) (procedureRow, error) {
	flow, err := json.Marshal(p.Flow)
	if err != nil {
		return procedureRow{}, fmt.Errorf("encode the flow: %w", err)
	}
	return procedureRow{
		SubAppID: p.SubAppID, Name: p.Name, Comment: p.Comment, Flow: string(flow), CreateTime: toMicro(p.Created), UpdateTime: toMicro(p.Updated),
	}, nil
}

// Procedures lists those of a sub-application by name.
func (s *Store) Procedures(ctx context.Context, subApp int64) ([]process.Procedure, error) {
	var rows []procedureRow
	err := s.read(ctx, func(tx *gorm.DB) error { return tx.Where("sub_app_id = ?", subApp).Order("name").Find(&rows).Error })
	if err != nil {
		return nil, err
	}
	out := make([]process.Procedure, len(rows))
	for i, r := range rows {
		out[i] = process.Procedure{
			SubAppID: r.SubAppID, Name: r.Name, Comment: r.Comment, Created: fromMicro(r.CreateTime), Updated: fromMicro(r.UpdateTime),
		}
		if err := json.Unmarshal([]byte(r.Flow), &out[i].Flow); err != nil {
			return nil, fmt.Errorf("decode the flow of procedure %s: %w", r.Name, err)
		}
	}
	return out, nil
}

// AddProcedure adds one. process.ErrExists, process.ErrLimit.
func (s *Store) AddProcedure(ctx context.Context, p process.Procedure) error {
	row, err := newProcedureRow(p)
	if err != nil {
		return err
	}
	return s.write(ctx, func(tx *gorm.DB) error {
		var names []string
		if err := tx.Model(&procedureRow{}).Where("sub_app_id = ?", p.SubAppID).Pluck("name", &names).Error; err != nil {
			return err
		}
		switch {
		case slices.Contains(names, p.Name):
			return process.ErrExists
		case len(names) >= process.MaxProcedures:
			return process.ErrLimit
		}
		return tx.Create(&row).Error
	})
}

// ReplaceProcedure replaces all but the time it was made. process.ErrNotFound.
func (s *Store) ReplaceProcedure(ctx context.Context, p process.Procedure) error {
	row, err := newProcedureRow(p)
	if err != nil {
		return err
	}
	return s.write(ctx, func(tx *gorm.DB) error {
		done := tx.Model(&procedureRow{}).Where("sub_app_id = ? AND name = ?", p.SubAppID, p.Name).
			Updates(map[string]any{"comment": row.Comment, "flow": row.Flow, "update_time": row.UpdateTime})
		return procedureThere(done)
	})
}

// DeleteProcedure removes one. process.ErrNotFound.
func (s *Store) DeleteProcedure(ctx context.Context, subApp int64, name string) error {
	return s.write(ctx, func(tx *gorm.DB) error {
		return procedureThere(tx.Where("sub_app_id = ? AND name = ?", subApp, name).Delete(&procedureRow{}))
	})
}

func procedureThere(done *gorm.DB) error {
	if done.Error == nil && done.RowsAffected == 0 {
		return process.ErrNotFound
	}
	return done.Error
}

// startFlow notes what is to be made of a new asset: its procedure is a task from here on, whose ID it returns, and it may want a cover. It is
// for the transaction that adds the asset, so neither is lost.
func startFlow(tx *gorm.DB, a *vod.Asset) (taskID string, err error) {
	if a.Cover == "" && slices.ContainsFunc(a.Tracks, func(t vod.Track) bool { return t.Kind == "video" }) {
		err := tx.Exec("INSERT INTO covers_due (file_id, tries) VALUES (?, 0) ON CONFLICT DO NOTHING", int64(a.ID)).Error
		if err != nil {
			return "", err
		}
	}
	if a.Procedure == "" {
		return "", nil
	}
	input, err := json.Marshal(process.Input{Procedure: a.Procedure})
	if err != nil {
		return "", fmt.Errorf("encode the input of a task flow: %w", err)
	}
	t := task.New(task.Task{Type: task.Procedure, SubAppID: a.SubAppID, FileID: a.ID, Input: input}, time.Now())
	// However many wait: this one was ordered before there was a file.
	return t.ID, addLongTask(tx, t, time.Time{}, math.MaxInt)
}

// CoversDue lists files that were stored and got no cover yet.
func (s *Store) CoversDue(ctx context.Context, after vod.FileID, limit int) (out []process.Due, err error) {
	var rows []coverDueRow
	err = s.read(ctx, func(tx *gorm.DB) error {
		return tx.Where("file_id > ?", int64(after)).Order("file_id").Limit(limit).Find(&rows).Error
	})
	for _, r := range rows {
		out = append(out, process.Due{ID: vod.FileID(r.FileID), Tries: int(r.Tries)})
	}
	return out, err
}

// CoverTried counts a try.
func (s *Store) CoverTried(ctx context.Context, id vod.FileID) error {
	return s.write(ctx, func(tx *gorm.DB) error {
		return tx.Model(&coverDueRow{}).Where("file_id = ?", int64(id)).Update("tries", gorm.Expr("tries + 1")).Error
	})
}

// CoverDone forgets that a file is due.
func (s *Store) CoverDone(ctx context.Context, id vod.FileID) error {
	return s.write(ctx, func(tx *gorm.DB) error { return tx.Where("file_id = ?", int64(id)).Delete(&coverDueRow{}).Error })
}
