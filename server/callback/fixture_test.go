package callback_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"aircheck/rules"
	"aircheck/server/auth"
	"aircheck/server/callback"
	"aircheck/server/store"
	"aircheck/server/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// fixture is a database with callback templates and rules, and an outbox on it.
type fixture struct {
	t         *testing.T
	db        *store.Store
	callbacks *rules.Callbacks
	outbox    *callback.Outbox
}

// newFixture returns one on a database of its own, whose outbox is not started.
func newFixture(t *testing.T) *fixture {
	t.Helper()
	return open(t, storetest.File(t))
}

func open(t *testing.T, path string) *fixture {
	t.Helper()
	db, err := store.Open(t.Context(), path)
	must(t, err)
	f := &fixture{t: t, db: db}
	f.callbacks = &rules.Callbacks{Store: db, CleanDomain: func(name string) (string, error) {
		name = auth.CleanHost(name)
		return name, auth.ValidDomain(name)
	}}
	f.outbox = &callback.Outbox{
		Store: db, Find: f.callbacks.Find, BaseURL: func(domain string) string { return "https://" + domain },
		AppID: 1250000000, Tries: 12, Interval: time.Minute, Keep: 14 * 24 * time.Hour, Log: slog.New(slog.DiscardHandler),
		Client: &http.Client{
			Timeout: 20 * time.Second, Transport: &http.Transport{},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
	f.callbacks.Wake, db.OnEvent = f.outbox.Reload, f.outbox.Wake
	must(t, f.callbacks.Reload(t.Context()))
	t.Cleanup(f.close)
	return f
}

// close may be called twice.
func (f *fixture) close() {
	if f.db == nil {
		return
	}
	f.outbox.Close()
	must(f.t, f.db.Close())
	f.db = nil
}

// bind makes a template and binds it to an app of the domain localhost.
func (f *fixture) bind(app string, t rules.CallbackTemplate) int64 {
	f.t.Helper()
	t.Name = "t"
	id, err := f.callbacks.CreateTemplate(f.t.Context(), t)
	must(f.t, err)
	must(f.t, f.callbacks.CreateRule(f.t.Context(), rules.CallbackRule{
		CallbackRuleKey: rules.CallbackRuleKey{Domain: "localhost", App: app}, TemplateID: id,
	}))
	return id
}

// everything is a template that sends all events to one URL.
func everything(url, key string) rules.CallbackTemplate {
	return rules.CallbackTemplate{Key: key, URLs: rules.CallbackURLs{
		StreamBegin: url, StreamEnd: url, Record: url, RecordStatus: url, RecordException: url,
	}}
}

// happens writes an event of a stream of app live.
func (f *fixture) happens(kind rules.EventType, stream, payload string) {
	f.t.Helper()
	f.happensIn("live", kind, stream, payload)
}

func (f *fixture) happensIn(app string, kind rules.EventType, stream, payload string) {
	f.t.Helper()
	must(f.t, f.db.AddEntries(f.t.Context(), []rules.Entry{{Event: rules.Event{
		Type: kind, Domain: "localhost", App: app, Stream: stream, Payload: json.RawMessage(payload), At: time.Now(),
	}}}))
}

// states are those of all events that are still to be delivered, by ID.
func (f *fixture) queued() map[int64]rules.QueuedEvent {
	f.t.Helper()
	found, err := f.db.QueuedEvents(context.WithoutCancel(f.t.Context()), 0, 1000)
	must(f.t, err)
	out := map[int64]rules.QueuedEvent{}
	for _, e := range found {
		out[e.ID] = e
	}
	return out
}

// log are the tries so far, the first first.
func (f *fixture) log() []rules.Delivery {
	f.t.Helper()
	page, _, err := f.callbacks.Deliveries(f.t.Context(), rules.DeliveryFilter{To: time.Now().AddDate(1, 0, 0), Limit: 1000})
	must(f.t, err)
	slices.Reverse(page)
	return page
}

// received is what came to a receiver.
type received struct {
	path   string
	header http.Header
	text   string
	fields map[string]any
	at     time.Time
}

func (r received) id() int { n, _ := strconv.Atoi(r.header.Get("X-Aircheck-Event-Id")); return n }

// receiver keeps what it receives. answer decides what it says; nil says 200.
type receiver struct {
	t      testing.TB
	answer func(w http.ResponseWriter, r received)

	mu  sync.Mutex
	all []received
	// came tells of each one.
	came chan received
}

func newReceiver(t testing.TB, answer func(http.ResponseWriter, received)) *receiver {
	return &receiver{t: t, answer: answer, came: make(chan received, 10000)}
}

// serve makes it an HTTP server, and returns its address.
func (r *receiver) serve() string {
	s := httptest.NewServer(r)
	r.t.Cleanup(s.Close)
	return s.URL
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	body, err := io.ReadAll(q.Body)
	if err != nil {
		r.t.Error(err)
	}
	got := received{path: q.URL.Path, header: q.Header, text: string(body), at: time.Now()}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if err := d.Decode(&got.fields); err != nil || q.Method != http.MethodPost {
		r.t.Errorf("%s %s: %v", q.Method, body, err)
	}
	r.mu.Lock()
	r.all = append(r.all, got)
	r.mu.Unlock()
	if r.answer != nil {
		r.answer(w, got)
	}
	r.came <- got
}

// ids are those of the events that came, in their order.
func (r *receiver) ids() []int {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []int
	for _, g := range r.all {
		out = append(out, g.id())
	}
	return out
}

// next waits for the next one.
func (r *receiver) next() received {
	r.t.Helper()
	select {
	case g := <-r.came:
		return g
	case <-time.After(time.Minute):
		r.t.Fatal("nothing came")
		return received{}
	}
}

// settled waits until nothing is pending any more.
func (f *fixture) settled() {
	f.t.Helper()
	for begin := time.Now(); ; {
		s, err := f.outbox.Stats(f.t.Context())
		must(f.t, err)
		if s.Pending == 0 {
			return
		}
		if time.Since(begin) > time.Minute {
			f.t.Fatalf("still %+v", s)
		}
	}
}

// counting counts the questions that a store is asked when there may be nothing to do.
type counting struct {
	callback.Store
	n atomic.Int64
}

func (c *counting) QueuedEvents(ctx context.Context, after int64, limit int) ([]rules.QueuedEvent, error) {
	c.n.Add(1)
	return c.Store.QueuedEvents(ctx, after, limit)
}

func (c *counting) PruneCallbacks(ctx context.Context, tries, events time.Time, limit int) (int, error) {
	c.n.Add(1)
	return c.Store.PruneCallbacks(ctx, tries, events, limit)
}

// copied is a copy of a database that is in use, as a killed process leaves it.
func copied(t *testing.T, path string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "killed.db")
	for _, suffix := range []string{"", "-wal"} {
		data, err := os.ReadFile(path + suffix)
		must(t, err)
		must(t, os.WriteFile(to+suffix, data, 0o600))
	}
	return to
}
