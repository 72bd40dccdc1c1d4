package rules

import (
	"encoding/json"
	"time"
)

// EventType is the specification's number of a callback event.
type EventType int

// The events.
const (
	// EventStreamEnd: a push has ended.
	EventStreamEnd EventType = 0
	// EventStreamBegin: a push has begun.
	EventStreamBegin EventType = 1
	// EventFileReady: a recording file is finished and in the catalogue.
	EventFileReady EventType = 100
	// EventRecordStatus: the state of a recording has changed.
	EventRecordStatus EventType = 332
	// EventRecordException: something about a recording is remarkable; it may be several that are alike.
	EventRecordException EventType = 341
)

// Event is a durable event: a row written in the transaction that makes the change it reports.
type Event struct {
	// ID grows with time; given by the store.
	ID   int64
	Type EventType
	// Domain, App and Stream are the stream the event is about.
	Domain, App, Stream string
	// Payload is the event's own data: the JSON form of the type named for it, such as FileReady.
	Payload json.RawMessage
	At      time.Time
}
