package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"gorm.io/gorm"

	"aircheck/rules"
)

type deliveryRow struct {
	ID       int64 `gorm:"primaryKey;autoIncrement:false"`
	EventID  int64
	Type     int
	Domain   string
	App      string
	Stream   string
	URL      string `gorm:"column:url"`
	At       int64
	AnswerAt int64
	Code     int
	Request  string
	Response string
	// JSON, or empty
	RequestHeader  string
	ResponseHeader string
}

func (deliveryRow) TableName() string { return "deliveries" }

// The states stand in the text of a query, not in its parameters: only so a partial index can be used.
const (
	queued = "state IN ('pending', 'parked')"
	ended  = "state IN ('delivered', 'unwanted', 'dropped')"
)

// QueuedEvents lists events that are pending or parked, by ID, from the one that follows after on. Of most types the payload is left out.
func (s *Store) QueuedEvents(ctx context.Context, after int64, limit int) ([]rules.QueuedEvent, error) {
	var rows []eventRow
	err := s.read(ctx, func(tx *gorm.DB) error {
		return tx.Select("id, type, domain, app, stream, at, state, attempts, next_at, "+
			"CASE WHEN type = 341 THEN payload ELSE '' END AS payload").
			Where(queued).Where("id > ?", after).Order("id").Limit(limit).Find(&rows).Error
	})
	if err != nil {
		return nil, err
	}
	out := make([]rules.QueuedEvent, len(rows))
	for i, r := range rows {
		out[i] = rules.QueuedEvent{
			Event: r.event(), State: rules.EventState(r.State), Attempts: int(r.Attempts), NextAt: fromMicro(r.NextAt),
		}
	}
	return out, nil
}

func (r eventRow) event() rules.Event {
	return rules.Event{
		ID: r.ID, Type: rules.EventType(r.Type), Domain: r.Domain, App: r.App, Stream: r.Stream,
		Payload: json.RawMessage(r.Payload), At: fromMicro(r.At),
	}
}

// Event returns an event with its payload. rules.ErrNotFound.
func (s *Store) Event(ctx context.Context, id int64) (rules.Event, error) {
	var rows []eventRow
	err := s.read(ctx, func(tx *gorm.DB) error { return tx.Where("id = ?", id).Find(&rows).Error })
	if err != nil {
		return rules.Event{}, err
	}
	if len(rows) == 0 {
		return rules.Event{}, fmt.Errorf("event %d: %w", id, rules.ErrNotFound)
	}
	return rows[0].event(), nil
}

// SettleEvent stores a try and what it leads to. It reports whether the event was still as it was when the try began; the try is stored
// in any case. Without a URL there was no try, only a change of the event.
func (s *Store) SettleEvent(ctx context.Context, d rules.Delivery, o rules.Outcome) (same bool, err error) {
	err = s.write(ctx, func(tx *gorm.DB) error {
		done := tx.Model(&eventRow{}).
			Where("id = ? AND state = ? AND attempts = ?", o.ID, string(o.FromState), o.FromAttempts).
			Updates(map[string]any{"state": string(o.State), "attempts": o.Attempts, "next_at": toMicro(o.NextAt)})
		if done.Error != nil {
			return done.Error
		}
		same = done.RowsAffected > 0
		if d.URL == "" {
			return nil
		}
		id, err := next(tx, "delivery")
		if err != nil {
			return err
		}
		return tx.Create(&deliveryRow{
			ID: id, EventID: d.EventID, Type: int(d.Type), Domain: d.Domain, App: d.App, Stream: d.Stream, URL: d.URL,
			At: toMicro(d.At), AnswerAt: toMicro(d.AnswerAt), Code: d.Code, Request: d.Request, Response: d.Response,
			RequestHeader: headerText(d.RequestHeader), ResponseHeader: headerText(d.ResponseHeader),
		}).Error
	})
	return same, err
}

func headerText(fields []rules.HeaderField) string {
	if len(fields) == 0 {
		return ""
	}
	text, _ := json.Marshal(fields) // texts can always be encoded
	return string(text)
}

func headerOf(text string) (fields []rules.HeaderField) {
	_ = json.Unmarshal([]byte(text), &fields) // what cannot be read is not shown
	return fields
}

// Unwanted ends events that have no receiver.
func (s *Store) Unwanted(ctx context.Context, ids []int64, at time.Time) error {
	return s.write(ctx, func(tx *gorm.DB) error {
		for from := 0; from < len(ids); from += maxIn {
			some := ids[from:min(from+maxIn, len(ids))]
			err := tx.Model(&eventRow{}).Where(queued).Where("id IN ?", some).
				Updates(map[string]any{"state": string(rules.EventUnwanted), "next_at": toMicro(at)}).Error
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// EventStats counts the events that are pending and parked, and tells when the oldest pending one happened; zero if there is none.
func (s *Store) EventStats(ctx context.Context) (pending, parked int, oldest time.Time, err error) {
	var rows []struct {
		State  string
		N      int
		Oldest int64
	}
	err = s.read(ctx, func(tx *gorm.DB) error {
		return tx.Model(&eventRow{}).Select("state, COUNT(*) AS n, MIN(at) AS oldest").Where(queued).Group("state").Scan(&rows).Error
	})
	for _, r := range rows {
		if rules.EventState(r.State) == rules.EventParked {
			parked = r.N
			continue
		}
		pending, oldest = r.N, fromMicro(r.Oldest)
	}
	return pending, parked, oldest, err
}

// PruneCallbacks forgets tries made before one time, and events whose delivery ended before another; of each at most limit. It returns how
// many rows went.
func (s *Store) PruneCallbacks(ctx context.Context, tries, events time.Time, limit int) (n int, err error) {
	err = s.write(ctx, func(tx *gorm.DB) error {
		old := tx.Model(&deliveryRow{}).Select("id").Where("at < ?", toMicro(tries)).Limit(limit)
		done := tx.Where("id IN (?)", old).Delete(&deliveryRow{})
		if done.Error != nil {
			return done.Error
		}
		n = int(done.RowsAffected)
		over := tx.Model(&eventRow{}).Select("id").Where(ended).Where("next_at < ?", toMicro(events)).Limit(limit)
		done = tx.Where("id IN (?)", over).Delete(&eventRow{})
		n += int(done.RowsAffected)
		return done.Error
	})
	return n, err
}

// Deliveries returns a page of the tries that fit, the latest first, and how many there are.
func (s *Store) Deliveries(ctx context.Context, f rules.DeliveryFilter) (page []rules.Delivery, total int, err error) {
	var rows []deliveryRow
	var n int64
	err = s.read(ctx, func(tx *gorm.DB) error {
		q := tx.Model(&deliveryRow{}).Where("at BETWEEN ? AND ?", toMicro(f.From), toMicro(f.To))
		if f.EventID != 0 {
			q = q.Where("event_id = ?", f.EventID)
		}
		if f.Domain != "" {
			q = q.Where("domain = ?", f.Domain)
		}
		if f.App != "" {
			q = q.Where("app = ?", f.App)
		}
		if f.Stream != "" {
			q = q.Where("stream = ?", f.Stream)
		}
		if f.Type != nil {
			q = q.Where("type = ?", int(*f.Type))
		}
		switch {
		case f.Code == nil:
		case *f.Code == rules.CodeNoAnswer:
			q = q.Where("code <> ?", rules.CodeDelivered)
		default:
			q = q.Where("code = ?", *f.Code)
		}
		q = q.Session(&gorm.Session{}) // a base for two queries
		if err := q.Count(&n).Error; err != nil {
			return err
		}
		return q.Order("at DESC, id DESC").Offset(f.Offset).Limit(f.Limit).Find(&rows).Error
	})
	if err != nil {
		return nil, 0, err
	}
	for _, r := range rows {
		page = append(page, rules.Delivery{
			EventID: r.EventID, Type: rules.EventType(r.Type), Domain: r.Domain, App: r.App, Stream: r.Stream, URL: r.URL,
			At: fromMicro(r.At), AnswerAt: fromMicro(r.AnswerAt), Code: r.Code, Request: r.Request, Response: r.Response,
			RequestHeader: headerOf(r.RequestHeader), ResponseHeader: headerOf(r.ResponseHeader),
		})
	}
	return page, int(n), nil
}

// ReplayEvents makes events pending that are not, due at once, with their tries forgotten, and returns how many. *rules.InvalidError if
// there are more than rules.MaxReplay.
func (s *Store) ReplayEvents(ctx context.Context, f rules.ReplayFilter, at time.Time) (n int, err error) {
	err = s.write(ctx, func(tx *gorm.DB) error {
		q := replayable(tx.Model(&eventRow{}), f)
		var ids []int64
		if err := q.Order("id").Limit(rules.MaxReplay+1).Pluck("id", &ids).Error; err != nil {
			return err
		}
		if len(ids) > rules.MaxReplay {
			return &rules.InvalidError{Field: "EndTime", Reason: fmt.Sprintf("more than %d events fit; name a shorter time", rules.MaxReplay)}
		}
		for from := 0; from < len(ids); from += maxIn {
			some := ids[from:min(from+maxIn, len(ids))]
			done := tx.Model(&eventRow{}).Where("id IN ?", some).
				Updates(map[string]any{"state": statePending, "attempts": 0, "next_at": toMicro(at)})
			if done.Error != nil {
				return done.Error
			}
		}
		n = len(ids)
		return nil
	})
	return n, err
}

func replayable(q *gorm.DB, f rules.ReplayFilter) *gorm.DB {
	states := []string{string(rules.EventParked), string(rules.EventDropped)}
	if !f.OnlyFailed {
		states = append(states, string(rules.EventDelivered), string(rules.EventUnwanted))
	}
	q = q.Where("state IN ?", states)
	if len(f.IDs) > 0 {
		q = q.Where("id IN ?", f.IDs)
	} else {
		q = q.Where("at BETWEEN ? AND ?", toMicro(f.From), toMicro(f.To))
	}
	if f.Domain != "" {
		q = q.Where("domain = ?", f.Domain)
	}
	if f.App != "" {
		q = q.Where("app = ?", f.App)
	}
	if f.Stream != "" {
		q = q.Where("stream = ?", f.Stream)
	}
	if f.Type != nil {
		q = q.Where("type = ?", int(*f.Type))
	}
	return q
}
