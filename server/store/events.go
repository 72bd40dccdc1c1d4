package store

import (
	"context"
	"sync/atomic"

	"gorm.io/gorm"

	"aircheck/rules"
)

// statePending is the state of an event that has not been delivered.
const statePending = "pending"

type eventRow struct {
	ID         int64 `gorm:"primaryKey;autoIncrement:false"`
	Type       int
	Domain     string
	App        string
	Stream     string
	Payload    string
	At         int64
	State      string
	Attempts   int64
	NextAt     int64
	LeaseOwner string
	LeaseUntil int64
}

func (eventRow) TableName() string { return "events" }

// addEvent appends an event. Writers take turns from here to the commit, so that identities appear in order.
func addEvent(tx *gorm.DB, e rules.Event) error {
	id, err := next(tx, "event")
	if err != nil {
		return err
	}
	if noted, ok := tx.Statement.Context.Value(eventAdded{}).(*atomic.Bool); ok {
		noted.Store(true)
	}
	at := toMicro(e.At)
	return tx.Create(&eventRow{
		ID: id, Type: int(e.Type), Domain: e.Domain, App: e.App, Stream: e.Stream, Payload: string(e.Payload), At: at,
		State: statePending, NextAt: at,
	}).Error
}

// eventAdded is the key under which a write's context has a place to note that addEvent was called.
type eventAdded struct{}

func noteEvents(ctx context.Context) (context.Context, *atomic.Bool) {
	added := new(atomic.Bool)
	return context.WithValue(ctx, eventAdded{}, added), added
}
