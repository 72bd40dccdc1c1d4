package recorder_test

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"path/filepath"
	"testing"

	"aircheck/recorder"
	"aircheck/rules"
	"aircheck/server/store"
)

// ledger is the real catalogue.
type ledger struct {
	*store.Store
	path   string
	engine *rules.Engine
}

func (l *ledger) Add(ctx context.Context, f recorder.File) error { return l.engine.Finished(ctx, f) }

// Events reads the tables themselves, and fails if there is an event of no asset.
func (l *ledger) Events(ctx context.Context) (map[int64]int, error) {
	db, err := sql.Open("sqlite", "file:"+l.path+"?mode=ro")
	if err != nil {
		return nil, err
	}
	defer db.Close()
	rows, err := db.QueryContext(ctx, "SELECT a.id, e.id FROM assets a FULL JOIN (SELECT * FROM events WHERE type = 100) e "+
		"ON instr(e.payload, '\"' || a.id || '\"') > 0")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := map[int64]int{}
	for rows.Next() {
		var asset, event sql.NullInt64
		if err := rows.Scan(&asset, &event); err != nil {
			return nil, err
		}
		if !asset.Valid {
			return nil, fmt.Errorf("event %d is of no asset", event.Int64)
		}
		if event.Valid {
			out[asset.Int64]++
		} else {
			out[asset.Int64] = 0
		}
	}
	return out, rows.Err()
}

// TestReplayWithDatabase replays a session together with SQLite's files as they were after each commit.
func TestReplayWithDatabase(t *testing.T) {
	recorder.ReplayWith(t, func(dir string) (recorder.Ledger, error) {
		path := filepath.Join(dir, "aircheck.db")
		s, err := store.Open(context.Background(), path)
		if err != nil {
			return nil, err
		}
		return &ledger{s, path, &rules.Engine{Service: &rules.Service{Store: s}, Log: slog.New(slog.DiscardHandler)}}, nil
	})
}
