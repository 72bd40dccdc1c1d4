package store

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"gorm.io/gorm"

	"aircheck/rules"
	"aircheck/vod/event"
)

// VodOutbox are the events of the catalogue that are pushed, in the form in which those of streams are delivered: a sub-application is a
// domain, and all that happens in it one stream. Their tries are not logged.
type VodOutbox struct{ store *Store }

// VodOutbox returns the events of the catalogue that are pushed.
func (s *Store) VodOutbox() VodOutbox { return VodOutbox{s} }

// pushed selects the events whose application has an address for them.
const pushed = "sub_app_id IN (SELECT sub_app_id FROM vod_event_configs WHERE mode = 'PUSH' AND url <> '')"

func (r *vodEventRow) pushed() rules.Event {
	// The type is one that is delivered whatever it says.
	return rules.Event{ID: r.ID, Type: rules.EventRecordStatus, Domain: strconv.FormatInt(r.SubAppID, 10), At: fromMicro(r.At)}
}

// QueuedEvents lists events that are pending or parked, by ID, from the one that follows after on.
func (o VodOutbox) QueuedEvents(ctx context.Context, after int64, limit int) ([]rules.QueuedEvent, error) {
	var rows []vodEventRow
	err := o.store.read(ctx, func(tx *gorm.DB) error {
		return tx.Omit("content").Where(queued).Where(pushed).Where("id > ?", after).Order("id").Limit(limit).Find(&rows).Error
	})
	out := make([]rules.QueuedEvent, len(rows))
	for i := range rows {
		r := &rows[i]
		out[i] = rules.QueuedEvent{
			Event: r.pushed(), State: rules.EventState(r.State), Attempts: int(r.Attempts), NextAt: fromMicro(r.NextAt),
		}
	}
	return out, err
}

// Event returns an event; its payload is in VodEvent. rules.ErrNotFound, also of one that was pulled and confirmed meanwhile.
func (o VodOutbox) Event(ctx context.Context, id int64) (rules.Event, error) {
	r, err := o.row(ctx, id)
	if err != nil {
		return rules.Event{}, err
	}
	return r.pushed(), nil
}

// VodEvent returns an event as it is stored. rules.ErrNotFound.
func (o VodOutbox) VodEvent(ctx context.Context, id int64) (event.Stored, error) {
	r, err := o.row(ctx, id)
	if err != nil {
		return event.Stored{}, err
	}
	return r.stored(), nil
}

func (o VodOutbox) row(ctx context.Context, id int64) (*vodEventRow, error) {
	var rows []vodEventRow
	err := o.store.read(ctx, func(tx *gorm.DB) error { return tx.Where(queued).Where("id = ?", id).Find(&rows).Error })
	switch {
	case err != nil:
		return nil, err
	case len(rows) == 0:
		return nil, fmt.Errorf("event %d: %w", id, rules.ErrNotFound)
	}
	return &rows[0], nil
}

// SettleEvent stores what a try leads to. It reports whether the event was still as it was when the try began.
func (o VodOutbox) SettleEvent(ctx context.Context, _ rules.Delivery, out rules.Outcome) (same bool, err error) {
	err = o.store.write(ctx, func(tx *gorm.DB) error {
		done := tx.Model(&vodEventRow{}).Where("id = ? AND state = ? AND attempts = ?", out.ID, string(out.FromState), out.FromAttempts).
			Updates(map[string]any{"state": string(out.State), "attempts": out.Attempts, "next_at": toMicro(out.NextAt)})
		same = done.RowsAffected > 0
		return done.Error
	})
	return same, err
}

// Unwanted does nothing: an event that nobody is told of waits to be pulled.
func (o VodOutbox) Unwanted(context.Context, []int64, time.Time) error { return nil }

// EventStats counts the events that are pending and parked, and tells when the oldest pending one happened; zero if there is none.
func (o VodOutbox) EventStats(ctx context.Context) (pending, parked int, oldest time.Time, err error) {
	var rows []struct {
		State  string
		N      int
		Oldest int64
	}
	err = o.store.read(ctx, func(tx *gorm.DB) error {
		return tx.Model(&vodEventRow{}).Select("state, COUNT(*) AS n, MIN(at) AS oldest").Where(queued).Where(pushed).
			Group("state").Scan(&rows).Error
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

// PruneCallbacks forgets events that are event.Kept old, whatever became of them.
func (o VodOutbox) PruneCallbacks(ctx context.Context, _, _ time.Time, limit int) (int, error) {
	return o.store.PruneEvents(ctx, time.Now().Add(-event.Kept), limit)
}
