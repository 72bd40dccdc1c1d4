package callback_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"aircheck/rules"
	"aircheck/server/callback"
)

// TestOrder: what fails is tried again before what follows, in each stream for itself; a receiver that hangs delays nobody else.
func TestOrder(t *testing.T) {
	f := newFixture(t)
	f.outbox.Interval, f.outbox.Tries = time.Millisecond, 100
	release := make(chan struct{})
	hung := newReceiver(t, func(http.ResponseWriter, received) { <-release })
	failing := newReceiver(t, nil)
	failures := 0
	failing.answer = func(w http.ResponseWriter, r received) {
		if r.id() == 11 && failures < 5 {
			failures++
			w.WriteHeader(http.StatusBadGateway)
		}
	}
	f.bind("hung", everything(hung.serve(), ""))
	f.bind("live", everything(failing.serve(), ""))
	f.outbox.Start()
	for i := range 10 {
		f.happensIn("hung", rules.EventStreamBegin, fmt.Sprint(i), `{}`)
	}
	for _, kind := range []rules.EventType{1, 332, 0} { // 11 to 13
		f.happens(kind, "a", `{}`)
	}
	f.happens(rules.EventStreamBegin, "b", `{}`)
	for range 9 {
		failing.next()
	}
	var a []int
	for _, id := range failing.ids() {
		if id != 14 {
			a = append(a, id)
		}
	}
	if d := cmp.Diff([]int{11, 11, 11, 11, 11, 11, 12, 13}, a); d != "" {
		t.Error(d)
	}
	close(release)
	f.settled()
	if ids := hung.ids(); len(ids) != 10 {
		t.Errorf("the receiver that hung has got %v", ids)
	}
}

// TestManyStreams: more than there are workers, each in its order.
func TestManyStreams(t *testing.T) {
	f := newFixture(t)
	r := newReceiver(t, nil)
	f.bind("live", everything(r.serve(), ""))
	const streams, each = 40, 10
	for n := range each {
		entries := make([]rules.Entry, streams)
		for i := range entries {
			entries[i].Event = rules.Event{
				Type: rules.EventRecordStatus, Domain: "localhost", App: "live", Stream: fmt.Sprint(i), At: time.Now(),
				Payload: json.RawMessage(fmt.Sprintf(`{"n":%d,"stream":%d}`, n, i)),
			}
		}
		must(t, f.db.AddEntries(t.Context(), entries))
	}
	f.outbox.Start()
	f.settled()
	next := map[string]int{}
	for range streams * each {
		g := r.next()
		stream := g.fields["stream"].(json.Number).String()
		if fmt.Sprint(next[stream]) != g.fields["n"].(json.Number).String() {
			t.Errorf("stream %s got %v, want %d", stream, g.fields["n"], next[stream])
		}
		next[stream]++
	}
}

// TestAnswers: only 200 is success, and of an answer no more is read than is logged.
func TestAnswers(t *testing.T) {
	f := newFixture(t)
	f.outbox.Interval = time.Millisecond
	step := 0
	r := newReceiver(t, nil)
	r.answer = func(w http.ResponseWriter, _ received) {
		switch step++; step {
		case 1:
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(http.StatusTemporaryRedirect)
		case 2:
			w.WriteHeader(http.StatusNoContent)
		case 3:
			panic(http.ErrAbortHandler)
		case 4:
			w.WriteHeader(http.StatusInternalServerError)
			_, _ = w.Write([]byte("no\xff"))
		default:
			for range 1000 { // until it is closed
				if _, err := w.Write([]byte(strings.Repeat("long", 1<<10))); err != nil {
					return
				}
			}
		}
	}
	f.bind("live", everything(r.serve()+"/here?secret=1", ""))
	f.outbox.Start()
	f.happens(rules.EventStreamBegin, "s", `{}`)
	f.settled()
	var codes []int
	log := f.log()
	for _, d := range log {
		codes = append(codes, d.Code)
		if d.EventID != 1 || d.Stream != "s" || d.AnswerAt.Before(d.At) || !strings.HasPrefix(d.Request, `{"appid":`) ||
			!strings.HasSuffix(d.URL, "/here?secret=1") {
			t.Errorf("logged %+v", d)
		}
	}
	if d := cmp.Diff([]int{307, 204, 1, 500, 0}, codes); d != "" {
		t.Fatal(d)
	}
	if log[2].Response == "" || log[3].Response != "no\uFFFD" || len(log[4].Response) != 1024 {
		t.Errorf("answers: %q %q and %d bytes", log[2].Response, log[3].Response, len(log[4].Response))
	}
	for _, g := range r.all {
		if g.path != "/here" {
			t.Errorf("a redirect was followed to %s", g.path)
		}
	}
	if s, err := f.outbox.Stats(t.Context()); err != nil || s.Delivered != 1 || s.Failed != 4 {
		t.Errorf("%+v, %v", s, err)
	}
}

// TestRulesChange: what is not delivered yet goes where the rules say now.
func TestRulesChange(t *testing.T) {
	f := newFixture(t)
	old, fresh := newReceiver(t, nil), newReceiver(t, nil)
	old.answer = func(w http.ResponseWriter, _ received) { w.WriteHeader(http.StatusServiceUnavailable) }
	id := f.bind("live", everything(old.serve(), ""))
	f.bind("gone", everything(old.serve(), ""))
	f.outbox.Interval = time.Hour
	f.outbox.Start()
	f.happens(rules.EventStreamBegin, "s", `{}`)
	f.happens(rules.EventStreamEnd, "s", `{}`)
	f.happensIn("gone", rules.EventStreamBegin, "s", `{}`)
	old.next()
	old.next()
	must(t, f.callbacks.DeleteRule(t.Context(), rules.CallbackRuleKey{Domain: "localhost", App: "gone"}))
	url := fresh.serve()
	must(t, f.callbacks.ModifyTemplate(t.Context(), id, func(t *rules.CallbackTemplate) error {
		*t = everything(url, "")
		t.Name = "t"
		return nil
	}))
	// A try that failed is not made again at once, wherever it goes.
	n, err := f.callbacks.Replay(t.Context(), rules.ReplayFilter{IDs: []int64{1, 2, 3}})
	if n > 1 || err != nil { // the third, if it has ended already
		t.Errorf("replayed %d, %v", n, err)
	}
	for q := f.queued(); len(q) != 2 || q[1].Attempts != 1; q = f.queued() {
	}
	if q := f.queued(); q[1].State != rules.EventPending || time.Until(q[1].NextAt) < 50*time.Minute {
		t.Errorf("queued %+v", q)
	}
	if ids := fresh.ids(); len(ids) != 0 {
		t.Errorf("the second came before the first: %v", ids)
	}
}

// TestReplay: what was delivered comes again, under its old number.
func TestReplay(t *testing.T) {
	f := newFixture(t)
	r := newReceiver(t, nil)
	f.outbox.Tries, f.outbox.Interval = 1, time.Hour // the second is parked after its first try
	r.answer = func(w http.ResponseWriter, g received) {
		if g.id() == 2 && len(r.ids()) < 4 {
			w.WriteHeader(http.StatusInternalServerError)
		}
	}
	f.bind("live", everything(r.serve(), ""))
	f.outbox.Start()
	for i := range 3 {
		f.happens(rules.EventRecordStatus, fmt.Sprint("s", i%2), `{}`)
	}
	f.happensIn("other", rules.EventStreamBegin, "s", `{}`)
	f.settled()
	began := time.Now()
	replay := func(want int, filter rules.ReplayFilter) []int {
		t.Helper()
		before := len(r.ids())
		n, err := f.callbacks.Replay(t.Context(), filter)
		if n != want || err != nil {
			t.Errorf("replayed %d, %v; want %d", n, err, want)
		}
		f.settled()
		return r.ids()[before:]
	}
	all := rules.ReplayFilter{From: began.Add(-time.Hour), To: began}
	failed := all
	failed.OnlyFailed = true
	if d := cmp.Diff([]int{2}, replay(1, failed)); d != "" {
		t.Error(d)
	}
	replay(0, failed)
	if d := cmp.Diff([]int{3}, replay(2, rules.ReplayFilter{IDs: []int64{3, 4, 99}})); d != "" {
		t.Error(d) // nobody wants the fourth
	}
	one := all
	one.Stream, one.App, one.Domain, one.Type = "s0", "live", "LOCALHOST", new(rules.EventRecordStatus)
	if d := cmp.Diff([]int{1, 3}, replay(2, one)); d != "" {
		t.Error(d)
	}
	if got := replay(4, all); len(got) != 3 {
		t.Errorf("got %v", got)
	}
	var invalid *rules.InvalidError
	if _, err := f.callbacks.Replay(t.Context(), rules.ReplayFilter{}); !errors.As(err, &invalid) {
		t.Errorf("everything of all times: %v", err)
	}
	if _, err := f.callbacks.Replay(t.Context(), rules.ReplayFilter{IDs: make([]int64, 40000)}); !errors.As(err, &invalid) {
		t.Errorf("too many: %v", err)
	}
}

// TestRestart: what was not delivered is, by the next server on the database, and what was is not.
func TestRestart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "aircheck.db")
	r := newReceiver(t, nil)
	down := true
	r.answer = func(w http.ResponseWriter, g received) {
		if down && g.id() > 1 {
			w.WriteHeader(http.StatusInternalServerError)
		}
	}
	first := open(t, path)
	first.bind("live", everything(r.serve(), ""))
	first.outbox.Start()
	for range 3 {
		first.happens(rules.EventRecordStatus, "s", `{}`)
	}
	r.next()
	r.next()
	first.close()
	down = false
	second := open(t, path)
	q := second.queued()
	if len(q) != 2 || q[2].Attempts != 1 || q[3].Attempts != 0 {
		t.Errorf("queued %+v", q)
	}
	_, err := second.db.SettleEvent(t.Context(), rules.Delivery{}, rules.Outcome{ // let the minute pass
		ID: 2, FromState: rules.EventPending, FromAttempts: 1, State: rules.EventPending, Attempts: 1, NextAt: time.Now(),
	})
	must(t, err)
	second.outbox.Start()
	second.settled()
	if d := cmp.Diff([]int{1, 2, 2, 3}, r.ids()); d != "" {
		t.Error(d)
	}
}

// forgetful is a store that loses the first results.
type forgetful struct {
	callback.Store
	left int
}

func (f *forgetful) SettleEvent(ctx context.Context, d rules.Delivery, o rules.Outcome) (bool, error) {
	if f.left--; f.left >= 0 {
		return false, errors.New("the disk is full")
	}
	return f.Store.SettleEvent(ctx, d, o)
}

// TestAtLeastOnce: a result that could not be stored leads to another try, with the same number.
func TestAtLeastOnce(t *testing.T) {
	f := newFixture(t)
	r := newReceiver(t, nil)
	f.bind("live", everything(r.serve(), ""))
	f.outbox.Store, f.outbox.Interval = &forgetful{f.db, 2}, time.Millisecond
	f.outbox.Start()
	f.happens(rules.EventStreamBegin, "s", `{}`)
	f.happens(rules.EventStreamEnd, "s", `{}`)
	f.settled()
	if d := cmp.Diff([]int{1, 1, 1, 2}, r.ids()); d != "" {
		t.Error(d)
	}
}
