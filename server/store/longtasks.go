package store

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"gorm.io/gorm"

	"aircheck/vod"
	"aircheck/vod/event"
	"aircheck/vod/task"
)

// LongTasks keeps the catalogue's long work in a Store.
type LongTasks struct{ store *Store }

var _ task.Store = LongTasks{}

// LongTasks returns the catalogue's long work.
func (s *Store) LongTasks() LongTasks { return LongTasks{s} }

type longTaskRow struct {
	ID             string `gorm:"primaryKey"`
	Type           string
	Status         string
	SubAppID       int64
	FileID         int64
	SessionID      string
	SessionContext string
	Priority       int
	Notify         string
	Input          string
	Output         string
	Progress       int
	Code           int
	Message        string
	Attempts       int
	CreateTime     int64
	BeginTime      int64
	FinishTime     int64
}

func (longTaskRow) TableName() string { return "long_tasks" }

// The states stand in the text of a query, not in its parameters, and as those of the partial index: only so that can be used.
const (
	longTaskOpen    = "status IN ('WAITING', 'PROCESSING')"
	longTaskWaiting = longTaskOpen + " AND status = 'WAITING'"
	longTaskRunning = "status = 'PROCESSING'"
)

func newLongTaskRow(t *task.Task) longTaskRow {
	return longTaskRow{
		ID: t.ID, Type: string(t.Type), Status: string(t.Status), SubAppID: t.SubAppID, FileID: int64(t.FileID),
		SessionID: t.SessionID, SessionContext: t.SessionContext, Priority: t.Priority, Notify: string(t.Notify),
		Input: string(t.Input), Output: string(t.Output), Progress: t.Progress, Code: t.Code, Message: t.Message, Attempts: t.Attempts,
		CreateTime: toMicro(t.CreateTime), BeginTime: toMicro(t.BeginTime), FinishTime: toMicro(t.FinishTime),
	}
}

func (r *longTaskRow) task() task.Task {
	return task.Task{
		ID: r.ID, Type: task.Type(r.Type), Status: task.Status(r.Status), SubAppID: r.SubAppID, FileID: vod.FileID(r.FileID),
		SessionID: r.SessionID, SessionContext: r.SessionContext, Priority: r.Priority, Notify: task.Notify(r.Notify),
		Input: rawJSON(r.Input), Output: rawJSON(r.Output), Progress: r.Progress, Code: r.Code, Message: r.Message, Attempts: r.Attempts,
		CreateTime: fromMicro(r.CreateTime), BeginTime: fromMicro(r.BeginTime), FinishTime: fromMicro(r.FinishTime),
	}
}

// rawJSON is nil for the empty text.
func rawJSON(text string) json.RawMessage {
	if text == "" {
		return nil
	}
	return json.RawMessage(text)
}

func longTasks(rows []longTaskRow) []task.Task {
	out := make([]task.Task, len(rows))
	for i := range rows {
		out[i] = rows[i].task()
	}
	return out
}

// AddTask adds a waiting task. task.ErrDuplicate if there has been one with its SessionID since a time, task.ErrFull if that many wait already.
func (l LongTasks) AddTask(ctx context.Context, t task.Task, since time.Time, most int) error {
	return l.store.write(ctx, func(tx *gorm.DB) error { return addLongTask(tx, t, since, most) })
}

// addLongTask adds a waiting task in the transaction of something else.
func addLongTask(tx *gorm.DB, t task.Task, since time.Time, most int) error {
	var n int64
	if most < math.MaxInt { // else they need not be counted
		if err := tx.Model(&longTaskRow{}).Where(longTaskWaiting).Count(&n).Error; err != nil {
			return err
		}
	}
	if n >= int64(most) {
		return task.ErrFull
	}
	if t.SessionID != "" {
		err := tx.Model(&longTaskRow{}).Where("session_id <> ''").
			Where("sub_app_id = ? AND session_id = ? AND create_time > ?", t.SubAppID, t.SessionID, toMicro(since)).Count(&n).Error
		if err != nil {
			return err
		}
		if n > 0 {
			return task.ErrDuplicate
		}
	}
	row := newLongTaskRow(&t)
	return tx.Create(&row).Error
}

// OpenTasks lists the tasks that wait or were begun and not finished, the oldest first.
func (l LongTasks) OpenTasks(ctx context.Context) ([]task.Task, error) {
	var rows []longTaskRow
	err := l.store.read(ctx, func(tx *gorm.DB) error {
		return tx.Where(longTaskOpen).Order("create_time, id").Find(&rows).Error
	})
	return longTasks(rows), err
}

// BeginTask stores that a task is begun. task.ErrNotWaiting if it is over already.
func (l LongTasks) BeginTask(ctx context.Context, t task.Task) error {
	return l.store.write(ctx, func(tx *gorm.DB) error {
		done := tx.Model(&longTaskRow{}).Where(longTaskOpen).Where("id = ?", t.ID).
			Updates(map[string]any{"status": string(t.Status), "attempts": t.Attempts, "begin_time": toMicro(t.BeginTime)})
		if done.Error == nil && done.RowsAffected == 0 {
			return task.ErrNotWaiting
		}
		return done.Error
	})
}

// SaveTask stores progress and output of a task that is under way, with events.
func (l LongTasks) SaveTask(ctx context.Context, t task.Task, events []event.Event) error {
	return l.change(ctx, longTaskRunning, t.ID, map[string]any{"progress": t.Progress, "output": string(t.Output)}, events)
}

// FinishTask stores the end of a task, with events; it does nothing if that is stored already.
func (l LongTasks) FinishTask(ctx context.Context, t task.Task, events []event.Event) error {
	return l.change(ctx, longTaskOpen, t.ID, map[string]any{
		"status": string(t.Status), "progress": t.Progress, "output": string(t.Output), "code": t.Code, "message": t.Message,
		"attempts": t.Attempts, "finish_time": toMicro(t.FinishTime),
	}, events)
}

// change changes a task that fulfils the condition, and only then tells of it.
func (l LongTasks) change(ctx context.Context, condition, id string, columns map[string]any, events []event.Event) error {
	return l.store.write(ctx, func(tx *gorm.DB) error {
		done := tx.Model(&longTaskRow{}).Where(condition).Where("id = ?", id).Updates(columns)
		if done.Error != nil || done.RowsAffected == 0 {
			return done.Error
		}
		return addVodEvents(tx, events...)
	})
}

// AbortTask ends a task that waits. task.ErrNotFound, task.ErrNotWaiting.
func (l LongTasks) AbortTask(ctx context.Context, subApp int64, id string, at time.Time) error {
	return l.store.write(ctx, func(tx *gorm.DB) error {
		q := tx.Model(&longTaskRow{}).Where("id = ? AND sub_app_id = ?", id, subApp).Session(&gorm.Session{})
		done := q.Where(longTaskWaiting).Updates(map[string]any{"status": string(task.Aborted), "finish_time": toMicro(at)})
		if done.Error != nil || done.RowsAffected > 0 {
			return done.Error
		}
		var n int64
		if err := q.Count(&n).Error; err != nil {
			return err
		}
		if n == 0 {
			return task.Unknown(subApp, id)
		}
		return task.ErrNotWaiting
	})
}

// Task returns a task. task.ErrNotFound.
func (l LongTasks) Task(ctx context.Context, subApp int64, id string) (task.Task, error) {
	var rows []longTaskRow
	err := l.store.read(ctx, func(tx *gorm.DB) error {
		return tx.Where("id = ? AND sub_app_id = ?", id, subApp).Find(&rows).Error
	})
	switch {
	case err != nil:
		return task.Task{}, err
	case len(rows) == 0:
		return task.Task{}, task.Unknown(subApp, id)
	}
	return rows[0].task(), nil
}

// ListTasks lists tasks without their Input and Output.
func (l LongTasks) ListTasks(ctx context.Context, f task.Filter) ([]task.Task, error) {
	column, order, beyond := "create_time", "DESC", "<"
	if f.ByFinish {
		column = "finish_time"
	}
	if f.Ascending {
		order, beyond = "ASC", ">"
	}
	var rows []longTaskRow
	err := l.store.read(ctx, func(tx *gorm.DB) error {
		q := tx.Omit("input", "output").Where("sub_app_id = ?", f.SubAppID)
		if f.Status != "" {
			q = q.Where("status = ?", string(f.Status))
		}
		if f.FileID != 0 {
			q = q.Where("file_id <> 0").Where("file_id = ?", int64(f.FileID))
		}
		q = during(during(q, "create_time", f.Created), "finish_time", f.Finished)
		if f.After != (task.Cursor{}) {
			q = q.Where(fmt.Sprintf("(%s, id) %s (?, ?)", column, beyond), toMicro(f.After.At), f.After.ID)
		}
		return q.Order(column + " " + order).Order("id " + order).Limit(f.Limit).Find(&rows).Error
	})
	return longTasks(rows), err
}

// during bounds a time. What has not happened has no time.
func during(q *gorm.DB, column string, r vod.TimeRange) *gorm.DB {
	if !r.From.IsZero() {
		q = q.Where(column+" >= ?", toMicro(r.From))
	}
	if !r.To.IsZero() {
		q = q.Where(column+" > 0 AND "+column+" < ?", toMicro(r.To))
	}
	return q
}

// PruneTasks forgets tasks that ended before a time, at most limit, and returns how many.
func (l LongTasks) PruneTasks(ctx context.Context, before time.Time, limit int) (n int, err error) {
	err = l.store.write(ctx, func(tx *gorm.DB) error {
		old := tx.Model(&longTaskRow{}).Select("id").Where("finish_time <> 0").Where("finish_time < ?", toMicro(before)).Limit(limit)
		done := tx.Where("id IN (?)", old).Delete(&longTaskRow{})
		n = int(done.RowsAffected)
		return done.Error
	})
	return n, err
}
