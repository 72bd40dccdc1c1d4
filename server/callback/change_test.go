package callback_test

import (
	"context"
	"net/http"
	"slices"
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
	read   chan struct{}
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
	f.outbox.Store = &replayed{Store: f.db, first: true, read: make(chan struct{}), replay: func() {
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
