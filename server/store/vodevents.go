package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"aircheck/vod/event"
)

var _ event.Store = (*Store)(nil)

type vodEventRow struct {
	ID         int64 `gorm:"primaryKey;autoIncrement:false"`
	SubAppID   int64
	Kind       string
	Content    string
	At         int64
	State      string
	Attempts   int64
	NextAt     int64
	Pulls      int64
	LeaseUntil int64
}

func (vodEventRow) TableName() string { return "vod_events" }

type vodEventConfigRow struct {
	SubAppID  int64 `gorm:"primaryKey;autoIncrement:false"`
	Mode      string
	URL       string `gorm:"column:url"`
	Uploaded  bool
	Deleted   bool
	Persisted bool
	SignKey   string
}

func (vodEventConfigRow) TableName() string { return "vod_event_configs" }

// stateConfirmed is the state of an event that was pulled, and taken.
const stateConfirmed = "confirmed"

// addVodEvents appends events of the catalogue, those that their application wants to be told of. It is for the transaction that makes the change
// which they report.
func addVodEvents(tx *gorm.DB, events ...event.Event) error {
	for _, e := range events {
		c, err := vodEventConfig(tx, e.SubAppID)
		if err != nil {
			return err
		}
		if !c.Wants(e.Kind) {
			continue
		}
		content, err := json.Marshal(e.Content)
		if err != nil {
			return fmt.Errorf("encode the event: %w", err)
		}
		id, err := next(tx, "vod_event")
		if err != nil {
			return err
		}
		if noted, ok := tx.Statement.Context.Value(eventAdded{}).(*atomic.Bool); ok {
			noted.Store(true)
		}
		at := toMicro(e.At)
		err = tx.Create(&vodEventRow{
			ID: id, SubAppID: e.SubAppID, Kind: string(e.Kind), Content: string(content), At: at, State: statePending, NextAt: at,
		}).Error
		if err != nil {
			return err
		}
	}
	return nil
}

// tellUpload tells of a new asset, and begins its task flow.
func tellUpload(tx *gorm.DB, row *assetRow) error {
	a, err := row.asset()
	if err != nil {
		return err
	}
	flow, err := startFlow(tx, &a)
	if err != nil {
		return err
	}
	return addVodEvents(tx, event.NewUpload(a, flow, a.CreateTime))
}

// AddVodEvents appends events of changes that are in no database.
func (s *Store) AddVodEvents(ctx context.Context, events ...event.Event) error {
	return s.write(ctx, func(tx *gorm.DB) error { return addVodEvents(tx, events...) })
}

func vodEventConfig(tx *gorm.DB, subApp int64) (event.Config, error) {
	var rows []vodEventConfigRow
	if err := tx.Where("sub_app_id = ?", subApp).Find(&rows).Error; err != nil || len(rows) == 0 {
		return event.DefaultConfig(), err
	}
	return rows[0].config(), nil
}

func (r *vodEventConfigRow) config() event.Config {
	return event.Config{
		Mode: event.Mode(r.Mode), URL: r.URL, Uploaded: r.Uploaded, Deleted: r.Deleted, Persisted: r.Persisted, SignKey: r.SignKey,
	}
}

// EventConfig returns who is told of a sub-application's events; the default if that was never set.
func (s *Store) EventConfig(ctx context.Context, subApp int64) (c event.Config, err error) {
	err = s.read(ctx, func(tx *gorm.DB) error {
		c, err = vodEventConfig(tx, subApp)
		return err
	})
	return c, err
}

// EventConfigs returns those that were set, by sub-application.
func (s *Store) EventConfigs(ctx context.Context) (map[int64]event.Config, error) {
	var rows []vodEventConfigRow
	if err := s.read(ctx, func(tx *gorm.DB) error { return tx.Find(&rows).Error }); err != nil {
		return nil, err
	}
	out := make(map[int64]event.Config, len(rows))
	for i := range rows {
		out[rows[i].SubAppID] = rows[i].config()
	}
	return out, nil
}

// ModifyEventConfig changes who is told, unless change returns an error.
func (s *Store) ModifyEventConfig(ctx context.Context, subApp int64, change func(c *event.Config) error) error {
	return s.write(ctx, func(tx *gorm.DB) error {
		c, err := vodEventConfig(tx, subApp)
		if err != nil {
			return err
		}
		if err := change(&c); err != nil {
			return err
		}
		return tx.Clauses(clause.OnConflict{UpdateAll: true}).Create(&vodEventConfigRow{
			SubAppID: subApp, Mode: string(c.Mode), URL: c.URL, Uploaded: c.Uploaded, Deleted: c.Deleted, Persisted: c.Persisted,
			SignKey: c.SignKey,
		}).Error
	})
}

// NextEvent returns when there is something to be pulled: in the past if there is now, zero if there is nothing.
func (s *Store) NextEvent(ctx context.Context, subApp int64) (time.Time, error) {
	var at []int64
	err := s.read(ctx, func(tx *gorm.DB) error {
		return tx.Model(&vodEventRow{}).Where(queued).Where("sub_app_id = ?", subApp).
			Order("lease_until").Limit(1).Pluck("lease_until", &at).Error
	})
	if err != nil || len(at) == 0 {
		return time.Time{}, err
	}
	return time.UnixMicro(at[0]).UTC(), nil // 0 is long past, not never
}

// WaitingEvents counts what was neither confirmed nor pushed.
func (s *Store) WaitingEvents(ctx context.Context, subApp int64) (int, error) {
	var n int64
	err := s.read(ctx, func(tx *gorm.DB) error {
		return tx.Model(&vodEventRow{}).Where(queued).Where("sub_app_id = ?", subApp).Count(&n).Error
	})
	return int(n), err
}

// PullEvents gives out events, the oldest first, which are given to nobody else before a time.
func (s *Store) PullEvents(ctx context.Context, subApp int64, now, until time.Time, limit int) ([]event.Stored, error) {
	var rows []vodEventRow
	err := s.write(ctx, func(tx *gorm.DB) error {
		// By the index of their order, not that of leases: mostly all of many are free.
		err := tx.Where(queued).Where("sub_app_id = ? AND lease_until + 0 <= ?", subApp, toMicro(now)).
			Order("id").Limit(limit).Find(&rows).Error
		if err != nil || len(rows) == 0 {
			return err
		}
		ids := make([]int64, len(rows))
		for i := range rows {
			ids[i] = rows[i].ID
			rows[i].Pulls++
		}
		return tx.Model(&vodEventRow{}).Where("id IN ?", ids).
			Updates(map[string]any{"pulls": gorm.Expr("pulls + 1"), "lease_until": toMicro(until)}).Error
	})
	if err != nil {
		return nil, err
	}
	out := make([]event.Stored, len(rows))
	for i, r := range rows {
		out[i] = r.stored()
		out[i].Handle = fmt.Sprintf("%d.%d", r.ID, r.Pulls)
	}
	return out, nil
}

func (r *vodEventRow) stored() event.Stored {
	return event.Stored{
		ID: r.ID, SubAppID: r.SubAppID, Kind: event.Kind(r.Kind), Content: json.RawMessage(r.Content), At: fromMicro(r.At),
	}
}

// ConfirmEvents ends events that were pulled: all of them, or none if one of them is not to be confirmed by its handle any more:
// event.ErrHandle. Those that are confirmed already count.
func (s *Store) ConfirmEvents(ctx context.Context, subApp int64, handles []string, now time.Time) error {
	return s.write(ctx, func(tx *gorm.DB) error {
		for _, h := range handles {
			id, pulls, ok := parseHandle(h)
			if !ok {
				return fmt.Errorf("%.64q: %w", h, event.ErrHandle)
			}
			mine := tx.Model(&vodEventRow{}).Where("id = ? AND sub_app_id = ? AND pulls = ?", id, subApp, pulls).
				Where("state = ? OR ("+queued+" AND lease_until > ?)", stateConfirmed, toMicro(now))
			done := mine.Updates(map[string]any{"state": stateConfirmed})
			if done.Error != nil {
				return done.Error
			}
			if done.RowsAffected == 0 {
				return fmt.Errorf("%.64q: %w", h, event.ErrHandle)
			}
		}
		return nil
	})
}

func parseHandle(h string) (id, pulls int64, ok bool) {
	first, second, found := strings.Cut(h, ".")
	id, err := strconv.ParseInt(first, 10, 64)
	pulls, err2 := strconv.ParseInt(second, 10, 64)
	return id, pulls, found && err == nil && err2 == nil
}

// PruneEvents forgets events that happened before a time, whatever became of them, at most limit, and returns how many.
func (s *Store) PruneEvents(ctx context.Context, before time.Time, limit int) (n int, err error) {
	err = s.write(ctx, func(tx *gorm.DB) error {
		old := tx.Model(&vodEventRow{}).Select("id").Where("at < ?", toMicro(before)).Limit(limit)
		done := tx.Where("id IN (?)", old).Delete(&vodEventRow{})
		n = int(done.RowsAffected)
		return done.Error
	})
	return n, err
}
