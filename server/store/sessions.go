package store

import (
	"context"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"aircheck/ingest/media"
	"aircheck/rules"
)

type sessionRow struct {
	ID        string `gorm:"primaryKey"`
	Domain    string
	App       string
	Stream    string
	StartTime int64
	SeenTime  int64
	Remote    string
	Local     string
	Params    string
}

func (sessionRow) TableName() string { return "live_sessions" }

func newSessionRow(s *rules.Session) *sessionRow {
	return &sessionRow{
		ID: s.ID, Domain: s.Key.Domain, App: s.Key.App, Stream: s.Key.Stream, StartTime: toMicro(s.Start), SeenTime: toMicro(s.Seen),
		Remote: s.Remote, Local: s.Local, Params: s.Params,
	}
}

func (r sessionRow) session() rules.Session {
	return rules.Session{
		ID: r.ID, Key: media.StreamKey{Domain: r.Domain, App: r.App, Stream: r.Stream},
		Start: fromMicro(r.StartTime), Seen: fromMicro(r.SeenTime), Remote: r.Remote, Local: r.Local, Params: r.Params,
	}
}

// AddEntries carries entries out in their order, all or none. What has been carried out already yields nothing.
func (s *Store) AddEntries(ctx context.Context, entries []rules.Entry) error {
	return s.write(ctx, func(tx *gorm.DB) error {
		for i := range entries {
			e := &entries[i]
			fresh, err := changeSession(tx, e)
			if err != nil {
				return err
			}
			if !fresh {
				continue
			}
			if err := addEvent(tx, e.Event); err != nil {
				return err
			}
		}
		return nil
	})
}

// changeSession adds or removes the session of an entry, and reports false if that has been done before.
func changeSession(tx *gorm.DB, e *rules.Entry) (fresh bool, err error) {
	var done *gorm.DB
	switch {
	case e.Begin != nil:
		done = tx.Clauses(clause.OnConflict{DoNothing: true}).Create(newSessionRow(e.Begin))
	case e.End != "":
		done = tx.Where("id = ?", e.End).Delete(&sessionRow{})
		if e.Push != nil && done.Error == nil && done.RowsAffected > 0 {
			return true, tx.Create(newPushRow(e.Push)).Error
		}
	default:
		return true, nil
	}
	return done.RowsAffected > 0, done.Error
}

// LiveSessions lists the sessions that have begun and not ended, in the order in which they began.
func (s *Store) LiveSessions(ctx context.Context) ([]rules.Session, error) {
	var rows []sessionRow
	err := s.read(ctx, func(tx *gorm.DB) error { return tx.Order("start_time, id").Find(&rows).Error })
	if err != nil {
		return nil, err
	}
	out := make([]rules.Session, len(rows))
	for i, r := range rows {
		out[i] = r.session()
	}
	return out, nil
}

// SeeSessions notes that all live sessions still are.
func (s *Store) SeeSessions(ctx context.Context, at time.Time) error {
	return s.write(ctx, func(tx *gorm.DB) error {
		return tx.Model(&sessionRow{}).Where("TRUE").Update("seen_time", toMicro(at)).Error
	})
}
