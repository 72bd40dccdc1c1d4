package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"aircheck/ingest/media"
	"aircheck/rules"
	"aircheck/vod"
)

type taskRow struct {
	ID             string `gorm:"primaryKey"`
	Kind           string
	Domain         string
	App            string
	Stream         string
	StreamType     int64
	TemplateID     int64
	Format         string
	RecordInterval int64
	StorageTime    int64
	StartTime      int64
	EndTime        int64
	RealTime       bool
	Extension      string
	State          string
	Reason         string
	NextAt         int64
	CreateTime     int64
	StoppedTime    int64
	DeletedTime    int64
	History        string
	LeaseOwner     string
	LeaseUntil     int64
}

func (taskRow) TableName() string { return "tasks" }

type taskFileRow struct {
	TaskID string `gorm:"primaryKey"`
	FileID int64  `gorm:"primaryKey;autoIncrement:false"`
}

func (taskFileRow) TableName() string { return "task_files" }

// taskStepRow is a step of a task's history as it is stored.
type taskStepRow struct {
	N      int    `json:"n"`
	State  string `json:"state"`
	Reason string `json:"reason,omitempty"`
	At     int64  `json:"at"`
}

// As those of assets, these stand in the text of a query so that a partial index can be used.
const (
	taskOpen    = "state IN ('waiting', 'recording', 'interrupted')"
	taskCurrent = "kind = 'current' AND deleted_time = 0"
)

func newTaskRow(t *rules.Task) (taskRow, error) {
	steps := make([]taskStepRow, len(t.History))
	for i, s := range t.History {
		steps[i] = taskStepRow{N: s.N, State: string(s.State), Reason: s.Reason, At: toMicro(s.At)}
	}
	history, err := json.Marshal(steps)
	if err != nil {
		return taskRow{}, fmt.Errorf("encode the history: %w", err)
	}
	return taskRow{
		ID: t.ID, Kind: string(t.Kind), Domain: t.Key.Domain, App: t.Key.App, Stream: t.Key.Stream, StreamType: t.StreamType,
		TemplateID: t.TemplateID, Format: t.Format, RecordInterval: int64(t.Interval), StorageTime: int64(t.StorageTime),
		StartTime: toMicro(t.Start), EndTime: toMicro(t.End), RealTime: t.RealTime, Extension: t.Extension,
		State: string(t.State), Reason: t.Reason, NextAt: toMicro(t.Next()), CreateTime: toMicro(t.CreateTime),
		StoppedTime: toMicro(t.StoppedAt), DeletedTime: toMicro(t.DeletedAt), History: string(history),
	}, nil
}

func (r *taskRow) task() (rules.Task, error) {
	var steps []taskStepRow
	if err := json.Unmarshal([]byte(r.History), &steps); err != nil {
		return rules.Task{}, fmt.Errorf("decode the history of task %s: %w", r.ID, err)
	}
	t := rules.Task{
		ID: r.ID, Kind: rules.TaskKind(r.Kind), Key: media.StreamKey{Domain: r.Domain, App: r.App, Stream: r.Stream},
		StreamType: r.StreamType, TemplateID: r.TemplateID, Format: r.Format, Interval: time.Duration(r.RecordInterval),
		StorageTime: time.Duration(r.StorageTime), Start: fromMicro(r.StartTime), End: fromMicro(r.EndTime), RealTime: r.RealTime,
		Extension: r.Extension, State: rules.TaskState(r.State), Reason: r.Reason, CreateTime: fromMicro(r.CreateTime),
		StoppedAt: fromMicro(r.StoppedTime), DeletedAt: fromMicro(r.DeletedTime),
	}
	for _, s := range steps {
		t.History = append(t.History, rules.TaskStep{N: s.N, State: rules.TaskState(s.State), Reason: s.Reason, At: fromMicro(s.At)})
	}
	return t, nil
}

// tasks turns rows into tasks with their files.
func tasks(tx *gorm.DB, rows []taskRow) ([]rules.Task, error) {
	out, place := make([]rules.Task, len(rows)), make(map[string]int, len(rows))
	ids := make([]string, len(rows))
	for i := range rows {
		var err error
		if out[i], err = rows[i].task(); err != nil {
			return nil, err
		}
		ids[i], place[rows[i].ID] = rows[i].ID, i
	}
	for some := range slices.Chunk(ids, maxIn) {
		var files []taskFileRow
		if err := tx.Where("task_id IN ?", some).Order("task_id, file_id").Find(&files).Error; err != nil {
			return nil, err
		}
		for _, f := range files {
			t := &out[place[f.TaskID]]
			t.Files = append(t.Files, vod.FileID(f.FileID))
		}
	}
	return out, nil
}

// CreateTask stores a task, registers its domain as CreateRule does, and returns its ID. auth.ErrDomainLimit, and *rules.InvalidError for
// a play domain.
func (s *Store) CreateTask(ctx context.Context, t rules.Task) (id string, err error) {
	err = s.write(ctx, func(tx *gorm.DB) error {
		if err := registerDomain(tx, t.Key.Domain); err != nil {
			return err
		}
		if err := checkTemplate(tx, t.TemplateID); err != nil {
			return err
		}
		if t.ID, err = taskID(tx, t.Kind); err != nil {
			return err
		}
		row, err := newTaskRow(&t)
		if err != nil {
			return err
		}
		id = t.ID
		return tx.Create(&row).Error
	})
	return id, err
}

// checkTemplate makes sure that a template is still there; 0 is none.
func checkTemplate(tx *gorm.DB, id int64) error {
	if id == 0 {
		return nil
	}
	var n int64
	if err := tx.Model(&templateRow{}).Where("id = ?", id).Count(&n).Error; err != nil || n > 0 {
		return err
	}
	return &rules.InvalidError{Field: "TemplateId", Reason: "there is no such template"}
}

func taskID(tx *gorm.DB, kind rules.TaskKind) (string, error) {
	if kind == rules.TaskLegacy {
		n, err := next(tx, "legacy_task")
		return strconv.FormatInt(n, 10), err
	}
	id, err := uuid.NewV7()
	return id.String(), err
}

// Task returns a task that was not deleted. rules.ErrTaskNotFound.
func (s *Store) Task(ctx context.Context, id string) (t rules.Task, err error) {
	err = s.read(ctx, func(tx *gorm.DB) error {
		var rows []taskRow
		if err := tx.Where("id = ? AND deleted_time = 0", id).Find(&rows).Error; err != nil {
			return err
		}
		if len(rows) == 0 {
			return rules.ErrTaskNotFound
		}
		found, err := tasks(tx, rows)
		if err == nil {
			t = found[0]
		}
		return err
	})
	return t, err
}

// Tasks lists tasks by start and ID.
func (s *Store) Tasks(ctx context.Context, f rules.TaskFilter) (out []rules.Task, err error) {
	err = s.read(ctx, func(tx *gorm.DB) error {
		q := tx.Where(taskCurrent).Where("start_time >= ? AND end_time <= ?", toMicro(f.From), toMicro(f.To))
		// A window lies within, so it begins before the end: the index need not be read further.
		q = q.Where("start_time <= ?", toMicro(f.To))
		out, err = pageOfTasks(tx, q, f)
		return err
	})
	return out, err
}

// OpenTasks lists the tasks that are not over and were not deleted, without their files, by when something is to be done.
func (s *Store) OpenTasks(ctx context.Context) ([]rules.Task, error) {
	var rows []taskRow
	err := s.read(ctx, func(tx *gorm.DB) error {
		return tx.Where(taskOpen).Where("deleted_time = 0").Order("next_at, id").Find(&rows).Error
	})
	if err != nil {
		return nil, err
	}
	out := make([]rules.Task, 0, len(rows))
	for i := range rows {
		task, err := rows[i].task()
		if err != nil { // one must not keep the server from starting; it stays as it is
			slog.Error("a record task cannot be read, and is not carried out", "task", rows[i].ID, "error", err)
			continue
		}
		out = append(out, task)
	}
	return out, nil
}

// ChangeTasks makes changes in their order, all or none. One that was made before is not made again, and a task that is over stays as it is.
func (s *Store) ChangeTasks(ctx context.Context, changes []rules.TaskChange) error {
	return s.write(ctx, func(tx *gorm.DB) error {
		for i := range changes {
			c, err := asRecorded(tx, changes[i])
			if err != nil {
				return err
			}
			changed, err := changeTask(tx, c.ID, func(t *rules.Task) bool { return t.Enter(c.Step) })
			if err != nil {
				return err
			}
			if !changed || c.Event == nil {
				continue
			}
			if err := addEvent(tx, *c.Event); err != nil {
				return err
			}
		}
		return nil
	})
}

// asRecorded makes a task done that is taken for missed or failed but has a file: a crash may have kept from the store that it recorded.
func asRecorded(tx *gorm.DB, c rules.TaskChange) (rules.TaskChange, error) {
	if c.Step.State != rules.TaskMissed && c.Step.State != rules.TaskFailed {
		return c, nil
	}
	var files int64
	err := tx.Model(&taskFileRow{}).Where("task_id = ?", c.ID).Count(&files).Error
	if err == nil && files > 0 {
		c.Step.State, c.Step.Reason, c.Event = rules.TaskDone, "", nil
	}
	return c, err
}

// changeTask reads, changes and writes a task. It reports false if there is none, or change does.
func changeTask(tx *gorm.DB, id string, change func(*rules.Task) bool) (bool, error) {
	var rows []taskRow
	if err := tx.Where("id = ?", id).Find(&rows).Error; err != nil || len(rows) == 0 {
		return false, err
	}
	t, err := rows[0].task()
	if err != nil || !change(&t) {
		return false, err
	}
	row, err := newTaskRow(&t)
	if err != nil {
		return false, err
	}
	return true, tx.Model(&taskRow{}).Where("id = ?", id).
		Select("state", "reason", "next_at", "stopped_time", "deleted_time", "history").Updates(&row).Error
}

// DeleteTask marks a task as deleted. rules.ErrTaskNotFound.
func (s *Store) DeleteTask(ctx context.Context, id string, at time.Time) error {
	return s.write(ctx, func(tx *gorm.DB) error {
		done := tx.Model(&taskRow{}).Where("id = ? AND deleted_time = 0", id).Update("deleted_time", toMicro(at))
		if done.Error == nil && done.RowsAffected == 0 {
			return rules.ErrTaskNotFound
		}
		return done.Error
	})
}

// PruneTasks forgets tasks that ended before a time, at most so many.
func (s *Store) PruneTasks(ctx context.Context, before time.Time, limit int) (n int, err error) {
	err = s.write(ctx, func(tx *gorm.DB) error {
		old := tx.Model(&taskRow{}).Select("id").Where("end_time < ?", toMicro(before)).Order("end_time").Limit(limit)
		done := tx.Where("id IN (?)", old).Delete(&taskRow{})
		n = int(done.RowsAffected)
		return done.Error
	})
	return n, err
}

// addTaskFile notes which task an asset is of, if it is of one. A task that was taken for missed has been recorded after all.
func addTaskFile(tx *gorm.DB, a *vod.Asset) error {
	if a.CauseKind != rules.CauseTask {
		return nil
	}
	_, err := changeTask(tx, a.Cause, func(t *rules.Task) bool { return t.Recovered(a.CreateTime) })
	if err != nil {
		return err
	}
	err = tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&taskFileRow{TaskID: a.Cause, FileID: int64(a.ID)}).Error
	if errors.Is(err, gorm.ErrForeignKeyViolated) {
		return nil // forgotten meanwhile
	}
	return err
}

// usesTemplate reports whether a task that is not over records by a template.
func usesTemplate(tx *gorm.DB, id int64) (bool, error) {
	var n int64
	err := tx.Model(&taskRow{}).Where(taskOpen).Where("template_id = ? AND deleted_time = 0", id).Count(&n).Error
	return n > 0, err
}

// opensDomain reports whether a task that is not over is of a domain.
func opensDomain(tx *gorm.DB, name string) (bool, error) {
	var n int64
	err := tx.Model(&taskRow{}).Where(taskOpen).Where("domain = ? AND deleted_time = 0", name).Count(&n).Error
	return n > 0, err
}
