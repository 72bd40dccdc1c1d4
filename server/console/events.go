package console

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"aircheck/server/auth"
)

const (
	// calm is how long changes are gathered before pages are told of them.
	calm = 250 * time.Millisecond
	// liveEvery is how often pages are told how the live streams are, so that no proxy takes them for silent.
	liveEvery = 2 * time.Second
	// writeTime is how long a page may take to accept what is sent.
	writeTime = 10 * time.Second
	// maxListeners is how many pages listen at once.
	maxListeners = 200
)

// Events tells the console's pages what has changed, by server-sent events (HTML standard, 9.2):
//
//	event: change   data: ["media", "streams"]   what is shown of these topics is to be asked for again
//	event: live     data: whatever Live returns, every two seconds
//	event: over     data: {}                     the login is over, and nothing more is sent
//
// A page that comes back after an interruption gets a change of everything. Set the exported fields before the first call.
type Events struct {
	// Sessions says who may listen.
	Sessions *Sessions
	// Live returns how the live streams are, as JSON; it is asked while somebody listens.
	Live func() any
	// Topics are all there are.
	Topics []string

	mu        sync.Mutex // of listeners
	listeners map[*listener]bool
	closed    chan struct{}

	asking sync.Mutex // of live; another one than mu: Changed must not wait until Live has returned
	live   []byte
	liveAt time.Time
}

type listener struct {
	mu    sync.Mutex
	dirty map[string]bool
	wake  chan struct{}
}

// Open makes it ready.
func (e *Events) Open() {
	e.listeners = map[*listener]bool{}
	e.closed = make(chan struct{})
}

// Close ends what pages listen to, so that the server can stop.
func (e *Events) Close() { close(e.closed) }

// Changed notes that something of these topics has changed. It does not wait.
func (e *Events) Changed(topics ...string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for l := range e.listeners {
		l.note(topics)
	}
}

func (l *listener) note(topics []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, t := range topics {
		l.dirty[t] = true
	}
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

func (l *listener) take() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := slices.Sorted(maps.Keys(l.dirty))
	clear(l.dirty)
	return out
}

// ServeHTTP sends events for as long as the page listens.
func (e *Events) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !e.Allowed(r) {
		http.Error(w, "log in first", http.StatusForbidden)
		return
	}
	l := &listener{dirty: map[string]bool{}, wake: make(chan struct{}, 1)}
	if !e.add(l) {
		http.Error(w, "too many pages are open", http.StatusServiceUnavailable)
		return
	}
	defer e.remove(l)
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // nginx in front would keep them back
	l.note(e.Topics)
	s := &sender{w: w, control: http.NewResponseController(w)}
	e.serve(r.Context(), l, s, Token(r))
	s.end()
}

// Allowed reports whether a request comes from one of the console's pages of somebody who is logged in.
func (e *Events) Allowed(r *http.Request) bool {
	return auth.OwnPage(r.Header, r.Host) && e.Sessions.Check(r.Context(), Token(r))
}

func (e *Events) add(l *listener) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.listeners) >= maxListeners {
		return false
	}
	e.listeners[l] = true
	return true
}

func (e *Events) remove(l *listener) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.listeners, l)
}

// serve sends until the page has gone, the login is over or the server stops.
func (e *Events) serve(ctx context.Context, l *listener, s *sender, token string) {
	live := time.NewTicker(liveEvery)
	defer live.Stop()
	s.send("live", e.current())
	for s.err == nil {
		ended := e.Sessions.Ended()
		if !e.Sessions.Check(ctx, token) {
			s.send("over", []byte("{}"))
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-e.closed:
			return
		case <-ended:
		case <-l.wake:
			if !e.settle(ctx) {
				return
			}
			if topics := l.take(); len(topics) > 0 {
				text, _ := json.Marshal(topics) // of strings
				s.send("change", text)
			}
		case <-live.C:
			s.send("live", e.current())
		}
	}
}

// settle waits for further changes. It reports false when it is time to end.
func (e *Events) settle(ctx context.Context) bool {
	t := time.NewTimer(calm)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
	case <-e.closed:
	}
	return false
}

// current is what Live returned last, asked for all pages at once.
func (e *Events) current() []byte {
	e.asking.Lock()
	defer e.asking.Unlock()
	if now := time.Now(); e.live == nil || now.Sub(e.liveAt) >= liveEvery/2 {
		text, err := json.Marshal(e.Live())
		if err != nil {
			text = []byte("null")
		}
		e.live, e.liveAt = text, now
	}
	return e.live
}

// sender writes events; after an error nothing more.
type sender struct {
	w       http.ResponseWriter
	control *http.ResponseController
	err     error
}

func (s *sender) send(event string, data []byte) {
	if s.err != nil {
		return
	}
	_ = s.control.SetWriteDeadline(time.Now().Add(writeTime)) // some writers have none
	if _, s.err = s.w.Write([]byte("event: " + event + "\ndata: " + string(data) + "\n\n")); s.err == nil {
		s.err = s.control.Flush()
	}
}

// end leaves the connection as it was, for the requests that come after this one.
func (s *sender) end() {
	if s.err == nil {
		_ = s.control.SetWriteDeadline(time.Time{})
	}
}
