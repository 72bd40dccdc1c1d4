package callback_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"aircheck/rules"
	"aircheck/server/callback"
)

// replayed is a store with which an event is replayed as soon as its first delivery is stored, and the outbox has read that before it
// is told of the delivery.
type replayed struct {
	callback.Store
	replay func()
	first  bool
	read   chan struct{} // holds one
}

func (s *replayed) QueuedEvents(ctx context.Context, after int64, limit int) ([]rules.QueuedEvent, error) {
	found, err := s.Store.QueuedEvents(ctx, after, limit)
	if len(found) > 0 && after == 0 {
		select {
		case s.read <- struct{}{}:
		default:
		}
	}
	return found, err
}

func (s *replayed) SettleEvent(ctx context.Context, d rules.Delivery, o rules.Outcome) (bool, error) {
	same, err := s.Store.SettleEvent(ctx, d, o)
	if s.first {
		s.first = false
		select {
		case <-s.read: // of the start
		default:
		}
		s.replay()
		<-s.read
	}
	return same, err
}

// TestReplayOfWhatIsLanding: an event that is replayed while the outbox has yet to hear of its delivery is delivered again.
func TestReplayOfWhatIsLanding(t *testing.T) {
	f := newFixture(t)
	r := newReceiver(t, nil)
	f.bind("live", everything(r.serve(), ""))
	f.outbox.Store = &replayed{Store: f.db, first: true, read: make(chan struct{}, 1), replay: func() {
		if n, err := f.callbacks.Replay(context.WithoutCancel(t.Context()), rules.ReplayFilter{IDs: []int64{1}}); n != 1 || err != nil {
			t.Errorf("replayed %d, %v", n, err)
		}
	}}
	f.outbox.Start()
	f.happens(rules.EventStreamBegin, "s", `{}`)
	r.next()
	r.next()
	f.settled()
	if d := cmp.Diff([]int{1, 1}, r.ids()); d != "" {
		t.Error(d)
	}
}

// TestNewURLKeepsTheOrder: what follows an event that is on its way to the old URL does not overtake it at the new one.
func TestNewURLKeepsTheOrder(t *testing.T) {
	for answer, want := range map[int][]string{
		http.StatusInternalServerError: {"/a 1", "/b 1", "/b 2", "/b 3"},
		http.StatusOK:                  {"/a 1", "/b 2", "/b 3"},
	} {
		bubble(t, func(t *testing.T, f *fixture, r *receiver) {
			release := make(chan struct{})
			r.answer = func(w http.ResponseWriter, g received) {
				if g.path == "/a" {
					<-release
					w.WriteHeader(answer)
				}
			}
			move := func(url string) {
				must(t, f.callbacks.ModifyTemplate(t.Context(), 1, func(c *rules.CallbackTemplate) error {
					c.URLs = everything(url, "").URLs
					return nil
				}))
			}
			move("http://receiver.example/a")
			f.outbox.Start()
			for _, kind := range []rules.EventType{1, 332} {
				f.happens(kind, "s", `{}`)
			}
			synctest.Wait()
			move("http://receiver.example/b")
			synctest.Wait()
			f.happens(rules.EventStreamEnd, "s", `{}`)
			synctest.Wait()
			close(release)
			time.Sleep(2 * time.Minute)
			synctest.Wait()
			var got []string
			for _, g := range r.all {
				got = append(got, g.path+" "+g.header.Get("X-Aircheck-Event-Id"))
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Error(answer, d)
			}
		})
	}
}

// TestBacklogEnds: events that come faster than a receiver that is gone lets each have its tries do not pile up for ever.
func TestBacklogEnds(t *testing.T) {
	bubble(t, func(t *testing.T, f *fixture, r *receiver) {
		f.outbox.Keep = time.Hour
		r.answer = func(w http.ResponseWriter, _ received) { w.WriteHeader(http.StatusNotFound) }
		f.outbox.Start()
		const n = 20 // eleven minutes of tries each
		for range n {
			f.happens(rules.EventStreamBegin, "s", `{}`)
		}
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		if q := f.queued(); len(q) > 0 {
			t.Errorf("%d are left", len(q))
		}
		got := r.ids()
		slices.Sort(got)
		if tried := slices.Compact(got); len(tried) != n {
			t.Errorf("tried %v", tried)
		}
	})
}

// TestShares: one receiver has four deliveries under way, of late ones one; and whoever has none gets one, however many others have.
func TestShares(t *testing.T) {
	bubble(t, func(t *testing.T, f *fixture, r *receiver) {
		f.outbox.Tries = 1 // and then they are late
		var now, most, mostLate atomic.Int64
		r.answer = func(w http.ResponseWriter, g received) {
			n := now.Add(1)
			defer now.Add(-1)
			if g.header.Get("X-Aircheck-Late") == "" {
				most.Store(max(most.Load(), n))
			} else {
				mostLate.Store(max(mostLate.Load(), n))
			}
			time.Sleep(time.Second)
			w.WriteHeader(http.StatusInternalServerError)
		}
		for i := range 10 {
			f.happens(rules.EventStreamBegin, fmt.Sprint(i), `{}`)
		}
		f.outbox.Start()
		time.Sleep(time.Minute)
		synctest.Wait()
		if n := len(r.ids()); n != 10 || most.Load() != 4 {
			t.Errorf("%d deliveries, %d at once", n, most.Load())
		}
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if n := len(r.ids()); n != 20 || mostLate.Load() != 1 {
			t.Errorf("%d deliveries, %d late ones at once", n, mostLate.Load())
		}
	})
	bubble(t, func(t *testing.T, f *fixture, r *receiver) {
		release := make(chan struct{})
		r.answer = func(http.ResponseWriter, received) { <-release }
		const busy = 40
		for i := range busy {
			app := fmt.Sprint("busy", i)
			c := everything("http://receiver.example/"+app, "")
			c.URLs.StreamEnd += "/end"
			f.bind(app, c)
			for n := range 4 {
				f.happensIn(app, rules.EventStreamBegin, fmt.Sprint(n), `{}`)
				f.happensIn(app, rules.EventStreamEnd, fmt.Sprint(n), `{}`)
			}
		}
		f.outbox.Start()
		synctest.Wait()
		before := len(r.ids())
		if before < 256 || before >= busy*8 {
			t.Errorf("%d deliveries under way", before)
		}
		for n := range 2 {
			f.happens(rules.EventStreamBegin, fmt.Sprint(n), `{}`)
		}
		synctest.Wait()
		if n := len(r.ids()); n != before+1 {
			t.Errorf("a receiver that is free got %d deliveries", n-before)
		}
		close(release)
		time.Sleep(time.Second)
	})
}

// TestTooLateForARule: an event that nobody wanted when it happened stays unwanted, however soon after it a rule is made.
func TestTooLateForARule(t *testing.T) {
	bubble(t, func(t *testing.T, f *fixture, r *receiver) {
		f.outbox.Start()
		synctest.Wait()
		f.happensIn("other", rules.EventStreamBegin, "s", `{}`)
		synctest.Wait()
		f.bind("other", everything("http://receiver.example", ""))
		time.Sleep(time.Second)
		synctest.Wait()
		if ids := r.ids(); len(ids) > 0 || len(f.queued()) > 0 {
			t.Errorf("delivered %v, left %v", ids, f.queued())
		}
	})
}

// TestNoSecretsInTheLog: neither the query of a URL nor the key is in it, whatever fails.
func TestNoSecretsInTheLog(t *testing.T) {
	f := newFixture(t)
	var log bytes.Buffer
	f.outbox.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	f.outbox.Tries, f.outbox.Interval = 1, time.Hour
	r := newReceiver(t, func(w http.ResponseWriter, g received) {
		if g.id() == 1 {
			w.WriteHeader(http.StatusTeapot)
		}
	})
	f.bind("live", everything(r.serve()+"/here?token=hush", "hush-hush"))
	f.bind("gone", everything("http://127.0.0.1:1/there?token=hush", "hush-hush"))
	f.outbox.Start()
	f.happens(rules.EventStreamBegin, "s", `{}`)
	f.happens(rules.EventStreamEnd, "s", `{}`)
	f.happensIn("gone", rules.EventStreamBegin, "s", `{}`)
	f.settled()
	f.outbox.Close()
	if s := log.String(); strings.Contains(s, "hush") || strings.Count(s, "/here") != 2 || !strings.Contains(s, "/there") {
		t.Error(s)
	}
}
