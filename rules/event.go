package rules

import (
	"encoding/json"
	"time"
)

// EventType is the specification's number of a callback event.
type EventType int

// The events.
const (
	// EventFileReady: a recording file is finished and in the catalogue.
	EventFileReady EventType = 100
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

// FileReady is the payload of EventFileReady.
type FileReady struct {
	FileID string
}
