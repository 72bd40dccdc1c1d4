package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"aircheck/ingest/media"
	"aircheck/rules"
)

type pushRow struct {
	ID        string `gorm:"primaryKey"`
	Domain    string
	App       string
	Stream    string
	StartTime int64
	EndTime   int64
	Remote    string
	Reason    string
	Media     bool
	Width     int64
	Height    int64
}

func (pushRow) TableName() string { return "pushes" }

func newPushRow(p *rules.Push) *pushRow {
	return &pushRow{
		ID: p.ID, Domain: p.Key.Domain, App: p.Key.App, Stream: p.Key.Stream, StartTime: toMicro(p.Start), EndTime: toMicro(p.End),
		Remote: p.Remote, Reason: p.Reason, Media: p.Media, Width: int64(p.Width), Height: int64(p.Height),
	}
}

func (r pushRow) push() rules.Push {
	return rules.Push{
		Session: rules.Session{
			ID: r.ID, Key: media.StreamKey{Domain: r.Domain, App: r.App, Stream: r.Stream}, Start: fromMicro(r.StartTime), Remote: r.Remote,
		},
		End: fromMicro(r.EndTime), Reason: r.Reason, Media: r.Media, Width: int(r.Width), Height: int(r.Height),
	}
}

// Pushes returns a page of the pushes that are over and fit, by their end, and how many there are.
func (s *Store) Pushes(ctx context.Context, f rules.PushFilter) (page []rules.Push, total int, err error) {
	var rows []pushRow
	var n int64
	err = s.read(ctx, func(tx *gorm.DB) error {
		q := chosen(tx.Model(&pushRow{}), f).Session(&gorm.Session{}) // a base for two queries
		if err := q.Count(&n).Error; err != nil {
			return err
		}
		order := "end_time DESC, id DESC"
		if f.Ascending {
			order = "end_time, id"
		}
		return q.Order(order).Offset(f.Offset).Limit(f.Limit).Find(&rows).Error
	})
	if err != nil {
		return nil, 0, err
	}
	for _, r := range rows {
		page = append(page, r.push())
	}
	return page, int(n), nil
}

// chosen narrows a query of pushes down.
func chosen(q *gorm.DB, f rules.PushFilter) *gorm.DB {
	q = q.Where("end_time BETWEEN ? AND ?", toMicro(f.From), toMicro(f.To))
	if f.Domain != "" {
		q = q.Where("domain = ?", f.Domain)
	}
	if f.App != "" {
		q = q.Where("app = ?", f.App)
	}
	switch {
	case f.Stream != "" && f.Part:
		q = q.Where(like("stream"), contains(f.Stream))
	case f.Stream != "":
		q = q.Where("stream = ?", f.Stream)
	}
	if f.Media {
		q = q.Where("media")
	}
	return q
}

// PrunePushes forgets at most limit of the pushes that ended before a time. It returns how many it were.
func (s *Store) PrunePushes(ctx context.Context, before time.Time, limit int) (n int, err error) {
	err = s.write(ctx, func(tx *gorm.DB) error {
		old := tx.Model(&pushRow{}).Select("id").Where("end_time < ?", toMicro(before)).Limit(limit)
		done := tx.Where("id IN (?)", old).Delete(&pushRow{})
		n = int(done.RowsAffected)
		return done.Error
	})
	return n, err
}
