package rules

import (
	"context"
	"time"
)

// EventState is how far the delivery of an event is.
type EventState string

// The states of an event.
const (
	// EventPending: to be delivered, in order.
	EventPending EventState = "pending"
	// EventParked: the tries are used up; later events go on, and this one is tried aside.
	EventParked EventState = "parked"
	// EventDelivered: a receiver has it.
	EventDelivered EventState = "delivered"
	// EventUnwanted: nobody asked for it.
	EventUnwanted EventState = "unwanted"
	// EventDropped: given up after all tries, or impossible to send.
	EventDropped EventState = "dropped"
)

// QueuedEvent is an event that is pending or parked.
type QueuedEvent struct {
	// Event comes without its payload, unless it is needed to find the receiver.
	Event
	State EventState
	// Attempts is how many tries there were, NextAt when the next is due.
	Attempts int
	NextAt   time.Time
}

// Result codes of a try: CodeDelivered, CodeNoAnswer, or the status that the receiver answered.
const (
	CodeDelivered = 0
	CodeNoAnswer  = 1
)

// Delivery is one try to deliver an event.
type Delivery struct {
	EventID             int64
	Type                EventType
	Domain, App, Stream string
	URL                 string
	// At is when it was sent, AnswerAt when the try ended.
	At, AnswerAt time.Time
	Code         int
	// Request is the body sent, Response the beginning of the answer, or why there was none.
	Request, Response string
	// The headers of both; those of an answer as far as they are short.
	RequestHeader, ResponseHeader []HeaderField
}

// HeaderField is a line of a header.
type HeaderField struct{ Name, Value string }

// Outcome is what a try leads to: the change of an event from one state to another.
type Outcome struct {
	ID int64
	// FromState and FromAttempts are what the event had when the try began. If it has them no longer, it stays as it is.
	FromState    EventState
	FromAttempts int
	State        EventState
	Attempts     int
	NextAt       time.Time
}

// DeliveryFilter chooses tries. Zero fields choose all.
type DeliveryFilter struct {
	EventID             int64
	Domain, App, Stream string
	// From and To bound At, both inclusive.
	From, To time.Time
	Type     *EventType
	// Code chooses CodeDelivered, or that status, or with CodeNoAnswer every failure.
	Code          *int
	Offset, Limit int
}

// MaxReplay is how many events are replayed at once.
const MaxReplay = 10000

// ReplayFilter chooses events: IDs, or else those that happened between From and To, both inclusive. Other zero fields choose all.
type ReplayFilter struct {
	IDs                 []int64
	From, To            time.Time
	Domain, App, Stream string
	Type                *EventType
	// OnlyFailed leaves out those that were delivered and those that nobody asked for.
	OnlyFailed bool
}

// CallbackStore keeps callback templates, rules and the log. Every method is one transaction. It returns the errors of this package,
// wrapped; ctx ends waiting, not a transaction under way.
type CallbackStore interface {
	// CallbackTemplates lists all by ID.
	CallbackTemplates(ctx context.Context) ([]CallbackTemplate, error)
	// CreateCallbackTemplate stores a template and returns its ID: a small integer, never used twice. ErrTemplateLimit.
	CreateCallbackTemplate(ctx context.Context, t CallbackTemplate) (int64, error)
	// UpdateCallbackTemplate reads, changes and writes one template. ErrNotFound, or the error of change.
	UpdateCallbackTemplate(ctx context.Context, id int64, change func(*CallbackTemplate) error) error
	// DeleteCallbackTemplate: ErrNotFound, ErrInUse.
	DeleteCallbackTemplate(ctx context.Context, id int64) error
	// CallbackRules lists all by key.
	CallbackRules(ctx context.Context) ([]CallbackRule, error)
	// CreateCallbackRule stores a rule and registers its domain. ErrTemplateNotFound, ErrExists, ErrRuleLimit.
	CreateCallbackRule(ctx context.Context, r CallbackRule) error
	// DeleteCallbackRule: ErrNotFound.
	DeleteCallbackRule(ctx context.Context, k CallbackRuleKey) error
	// Deliveries returns a page of the tries that fit, the latest first, and how many there are.
	Deliveries(ctx context.Context, f DeliveryFilter) ([]Delivery, int, error)
	// ReplayEvents makes events pending that are not, due at once, with their tries forgotten, and returns how many. *InvalidError
	// if there are more than MaxReplay.
	ReplayEvents(ctx context.Context, f ReplayFilter, at time.Time) (int, error)
	// QueuedEvents lists events that are pending or parked, by ID, from the one that follows after on.
	QueuedEvents(ctx context.Context, after int64, limit int) ([]QueuedEvent, error)
	// EventStats counts the events that are pending and parked, and tells when the oldest pending one happened.
	EventStats(ctx context.Context) (pending, parked int, oldest time.Time, err error)
}
