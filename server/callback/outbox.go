// Package callback delivers events to those who asked for them. The rows of events are its outbox: what is to be delivered, how often that
// was tried and what came of it is in the database, so that a crash loses nothing. An event may arrive twice, as when the server is killed
// between an answer and the row that notes it; it never arrives less than once.
//
//	outbox.go   what runs, and when     queue.go  who is next          deliver.go  one try
//	body.go     what is sent
package callback

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"aircheck/rules"
)

const (
	// flush is how long Close waits for what is due; farewell of what happened during a stop is worth that much.
	flush = 2 * time.Second
	// page is how many events are read at once.
	page = 1000
	// gather is how long events that nobody asked for are gathered, so that a server without callbacks pays little for them.
	gather = 200 * time.Millisecond
	// patience is how long a database that failed is left alone.
	patience = 5 * time.Second
	// LogKept is how long the log of tries is kept, and pruneEvery how often that is looked after.
	LogKept    = 14 * 24 * time.Hour
	pruneEvery = time.Hour
	pruneRows  = 500
)

// Store keeps events and the log of tries.
type Store interface {
	// QueuedEvents lists events that are pending or parked, by ID, from the one that follows after on. Events appear in the order of
	// their IDs.
	QueuedEvents(ctx context.Context, after int64, limit int) ([]rules.QueuedEvent, error)
	// Event returns an event with its payload. rules.ErrNotFound.
	Event(ctx context.Context, id int64) (rules.Event, error)
	// SettleEvent stores a try, unless it has no URL, and what it leads to. It reports whether the event was still as it was when
	// the try began; only then it changes.
	SettleEvent(ctx context.Context, d rules.Delivery, o rules.Outcome) (same bool, err error)
	// Unwanted ends events that have no receiver.
	Unwanted(ctx context.Context, ids []int64, at time.Time) error
	// EventStats counts the events that are pending and parked, and tells when the oldest pending one happened.
	EventStats(ctx context.Context) (pending, parked int, oldest time.Time, err error)
	// PruneCallbacks forgets tries made before one time, and events whose delivery ended before another; of each at most limit.
	PruneCallbacks(ctx context.Context, tries, events time.Time, limit int) (int, error)
}

// Outbox delivers events. Set the exported fields, then call Start; Close it when done.
type Outbox struct {
	Store Store
	// Find returns the template in force for the streams of a domain and app. It must not wait.
	Find func(domain, app string) (*rules.CallbackTemplate, bool)
	// Body, if there is one, puts together what is sent of an event, in the place of what callbacks of streams are. An error of ErrUnsendable
	// drops the event.
	Body func(ctx context.Context, e *rules.Event, key string) ([]byte, error)
	// Client sends. It must have a timeout and follow no redirect.
	Client *http.Client
	// BaseURL is what the addresses of files start with, for receivers of a domain's events; without a slash at the end.
	BaseURL func(domain string) string
	// Address makes an address of a sub-application's file one that can be played, such as by signing it; may be nil.
	Address func(subAppID int64, path string) string
	// File looks up what is told of a file, for events that do not say it. rules.ErrNotFound. May be nil.
	File func(ctx context.Context, id string) (rules.FileReady, error)
	// AppID is the number of the account in what is sent.
	AppID int64
	// Tries at least Interval apart are made while later events of the stream wait. Then an event is parked, and tried aside with growing
	// pauses until it is Keep old.
	Tries    int
	Interval time.Duration
	Keep     time.Duration
	Log      *slog.Logger

	once, stop      sync.Once
	wake, again     chan struct{} // hold one
	closing, closed chan struct{}
	landing         chan landing
	cancel          context.CancelFunc

	delivered, failed atomic.Uint64

	// The rest is the loop's own.
	queue *queue
	last  int64 // the highest ID read
	// unread tells what a database that failed still has to be asked for: 0 nothing, 1 new events, 2 all. Not before askAt.
	unread  int
	askAt   time.Time
	pruneAt time.Time
	// unwanted are to be ended at endAt.
	unwanted []int64
	endAt    time.Time
}

const (
	readNew = 1
	readAll = 2
)

// Stats is how the deliveries stand.
type Stats struct {
	// Pending and Parked count events, and Oldest is when the oldest pending one happened; zero if there is none.
	Pending, Parked int
	Oldest          time.Time
	// Delivered and Failed count tries since the start.
	Delivered, Failed uint64
}

// Stats returns how the deliveries stand.
func (o *Outbox) Stats(ctx context.Context) (s Stats, err error) {
	s.Delivered, s.Failed = o.delivered.Load(), o.failed.Load()
	s.Pending, s.Parked, s.Oldest, err = o.Store.EventStats(ctx)
	return s, err
}

// prepare makes what the methods need, whichever is called first.
func (o *Outbox) prepare() {
	o.wake, o.again = make(chan struct{}, 1), make(chan struct{}, 1)
	o.closing, o.closed = make(chan struct{}), make(chan struct{})
	o.landing = make(chan landing)
	o.queue = newQueue()
}

// Start begins to deliver.
func (o *Outbox) Start() {
	o.once.Do(o.prepare)
	var ctx context.Context
	ctx, o.cancel = context.WithCancel(context.Background())
	go o.run(ctx)
}

// Wake says that there are new events. It does not wait.
func (o *Outbox) Wake() {
	o.once.Do(o.prepare)
	signal(o.wake)
}

// Reload says that events are to be delivered elsewhere, or again. It does not wait.
func (o *Outbox) Reload() {
	o.once.Do(o.prepare)
	signal(o.again)
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default: // told already
	}
}

// Close delivers what is due, for a moment, and stops. What is left is delivered by the next that is started on the database. It does
// nothing before Start, and may be called again.
func (o *Outbox) Close() {
	if o.cancel == nil {
		return
	}
	o.stop.Do(func() { close(o.closing) })
	<-o.closed
	o.Client.CloseIdleConnections()
}

// run is the only one who touches the queue.
func (o *Outbox) run(ctx context.Context) {
	defer close(o.closed)
	defer o.cancel()
	o.read(ctx, readAll)
	timer := time.NewTimer(0)
	defer timer.Stop()
	closing := o.closing
	var deadline <-chan time.Time
	for {
		o.launch(ctx, closing == nil)
		if closing == nil && o.queue.idle(ctx.Err() != nil) {
			o.endUnwanted(ctx)
			return
		}
		timer.Reset(o.pause(ctx))
		select {
		case <-o.wake:
			o.read(ctx, readNew)
		case <-o.again:
			o.read(ctx, readAll)
		case l := <-o.landing:
			o.land(ctx, l)
		case <-timer.C:
			o.upkeep(ctx)
		case <-closing:
			closing = nil
			deadline = time.After(flush)
			o.read(ctx, readNew)
		case <-deadline:
			o.cancel()
		}
	}
}

// launch begins the tries that are due. Who is closing has no time for what is late anyway.
func (o *Outbox) launch(ctx context.Context, closing bool) {
	if ctx.Err() != nil {
		return
	}
	for _, e := range o.queue.next(time.Now(), !closing) {
		t, ok := o.Find(e.Domain, e.App)
		if !ok || t.Receiver(e.Type, e.level) != e.url {
			// The rules are other ones by now, and Reload is on its way.
			o.back(e)
			continue
		}
		go func() { o.landing <- o.try(ctx, e, t.Key) }()
	}
}

// pause is how long nothing is due; nothing ever is once the context has ended.
func (o *Outbox) pause(ctx context.Context) time.Duration {
	if ctx.Err() != nil {
		return pruneEvery
	}
	at := o.pruneAt
	if due, ok := o.queue.due(); ok && due.Before(at) {
		at = due
	}
	if o.unread != 0 && o.askAt.Before(at) {
		at = o.askAt
	}
	if len(o.unwanted) > 0 && o.endAt.Before(at) {
		at = o.endAt
	}
	return max(0, time.Until(at))
}

// upkeep does what is due, other than tries.
func (o *Outbox) upkeep(ctx context.Context) {
	now := time.Now()
	if o.unread != 0 && !now.Before(o.askAt) {
		o.read(ctx, o.unread)
	}
	if !now.Before(o.endAt) {
		o.endUnwanted(ctx)
	}
	if now.Before(o.pruneAt) {
		return
	}
	o.pruneAt = now.Add(pruneEvery)
	n, err := o.Store.PruneCallbacks(ctx, now.Add(-LogKept), now.Add(-o.Keep), pruneRows)
	switch {
	case err != nil:
		o.Log.Warn("old callbacks are not forgotten yet", "error", err)
	case n >= pruneRows:
		o.pruneAt = now // there are more
	}
}

// read takes events from the database: new ones, or all of them anew.
func (o *Outbox) read(ctx context.Context, what int) {
	what = max(what, o.unread)
	after := o.last
	if what == readAll {
		o.endUnwanted(ctx)
		o.unwanted = nil // those that could not be ended are read again
		o.queue.clear()
		after = 0
	}
	o.unread = 0
	for {
		events, err := o.Store.QueuedEvents(ctx, after, page)
		if err != nil {
			o.Log.Error("events cannot be read; they are delivered later", "error", err)
			o.unread, o.askAt = what, time.Now().Add(patience)
			return
		}
		found := make([]*entry, 0, len(events))
		for i := range events {
			after = events[i].ID
			found = append(found, newEntry(&events[i]))
		}
		o.last = max(o.last, after)
		o.add(found...)
		if len(events) < page {
			return
		}
	}
}

// add puts events into the queue, and those aside that nobody asked for.
func (o *Outbox) add(entries ...*entry) {
	now := time.Now()
	for _, e := range entries {
		e.url = ""
		if t, ok := o.Find(e.Domain, e.App); ok {
			e.url = t.Receiver(e.Type, e.level)
		}
		if e.url == "" {
			if len(o.unwanted) == 0 {
				o.endAt = now.Add(gather)
			}
			o.unwanted = append(o.unwanted, e.ID)
			continue
		}
		o.queue.add(e, now)
	}
}

// endUnwanted ends the events that nobody asked for.
func (o *Outbox) endUnwanted(ctx context.Context) {
	if len(o.unwanted) == 0 {
		return
	}
	now := time.Now()
	if err := o.Store.Unwanted(context.WithoutCancel(ctx), o.unwanted, now); err != nil {
		o.Log.Error("events without a receiver are not ended yet", "error", err)
		o.endAt = now.Add(patience)
		return
	}
	o.unwanted = nil
}

// land takes what a try led to.
func (o *Outbox) land(ctx context.Context, l landing) {
	f := o.queue.flying[l.entry.ID]
	changed := l.changed || f.changed()
	if !l.over && !changed {
		o.back(l.entry)
		return
	}
	o.queue.proceed(o.queue.landed(l.entry), time.Now())
	if changed {
		// Somebody had it delivered again meanwhile.
		o.read(ctx, readAll)
	}
}

// back puts an event that is under way into the queue again.
func (o *Outbox) back(e *entry) {
	from := o.queue.landed(e)
	o.add(e)
	o.queue.proceed(from, time.Now())
}
