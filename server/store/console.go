package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"aircheck/server/console"
)

type consoleSessionRow struct {
	Hash      string `gorm:"primaryKey"`
	BeginTime int64
	SeenTime  int64
	Remote    string
	Agent     string
}

func (consoleSessionRow) TableName() string { return "console_sessions" }

// ConsoleSessions lists who is logged in to the console.
func (s *Store) ConsoleSessions(ctx context.Context) ([]console.Session, error) {
	var rows []consoleSessionRow
	if err := s.read(ctx, func(tx *gorm.DB) error { return tx.Find(&rows).Error }); err != nil {
		return nil, err
	}
	out := make([]console.Session, len(rows))
	for i, r := range rows {
		out[i] = console.Session{Hash: r.Hash, Begin: fromMicro(r.BeginTime), Seen: fromMicro(r.SeenTime), Remote: r.Remote, Agent: r.Agent}
	}
	return out, nil
}

// AddConsoleSession adds a session.
func (s *Store) AddConsoleSession(ctx context.Context, x console.Session) error {
	return s.write(ctx, func(tx *gorm.DB) error {
		return tx.Create(&consoleSessionRow{
			Hash: x.Hash, BeginTime: toMicro(x.Begin), SeenTime: toMicro(x.Seen), Remote: x.Remote, Agent: x.Agent,
		}).Error
	})
}

// SeeConsoleSession changes Seen of a session, unless that was removed.
func (s *Store) SeeConsoleSession(ctx context.Context, hash string, seen time.Time) error {
	return s.write(ctx, func(tx *gorm.DB) error {
		return tx.Model(&consoleSessionRow{}).Where("hash = ?", hash).Update("seen_time", toMicro(seen)).Error
	})
}

// RemoveConsoleSessions removes those that there are.
func (s *Store) RemoveConsoleSessions(ctx context.Context, hashes []string) error {
	if len(hashes) == 0 {
		return nil
	}
	return s.write(ctx, func(tx *gorm.DB) error {
		return tx.Where("hash IN ?", hashes).Delete(&consoleSessionRow{}).Error
	})
}
