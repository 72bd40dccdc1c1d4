package callback_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"aircheck/rules"
	"aircheck/vod/event"
)

// catalogued makes the fixture's outbox one of the catalogue's events. What is sent is the event's content.
func (f *fixture) catalogued(t *testing.T) *event.Service {
	t.Helper()
	events := &event.Service{Store: f.db, Changed: f.outbox.Reload}
	f.outbox.Store, f.outbox.Keep = f.db.VodOutbox(), event.Kept
	f.outbox.Find = func(subApp, _ string) (*rules.CallbackTemplate, bool) {
		id, err := strconv.ParseInt(subApp, 10, 64)
		must(t, err)
		url, key := events.Receiver(id)
		return &rules.CallbackTemplate{URLs: rules.CallbackURLs{RecordStatus: url}, Key: key}, url != ""
	}
	f.outbox.Body = func(ctx context.Context, e *rules.Event, key string) ([]byte, error) {
		stored, err := f.db.VodOutbox().VodEvent(ctx, e.ID)
		if err != nil {
			return nil, err
		}
		return json.Marshal(map[string]any{"Content": stored.Content, "Key": key})
	}
	must(t, events.Load(t.Context()))
	return events
}

func (f *fixture) composed(subApp int64, n int) {
	f.t.Helper()
	for range n {
		must(f.t, f.db.AddVodEvents(f.t.Context(), event.Event{SubAppID: subApp, Kind: event.Composed, Content: subApp, At: time.Now()}))
	}
}

// TestCataloguePush: events of the catalogue are pushed once there is an address for them, in their order, again until they are taken.
func TestCataloguePush(t *testing.T) {
	bubble(t, func(t *testing.T, f *fixture, r *receiver) {
		events := f.catalogued(t)
		var up atomic.Bool
		r.answer = func(w http.ResponseWriter, g received) {
			if !up.Load() && g.path == "/app1" {
				w.WriteHeader(http.StatusInternalServerError)
			}
		}
		f.outbox.Start()
		f.composed(1, 2) // before anybody is told
		time.Sleep(time.Hour)
		synctest.Wait()
		if len(r.ids()) != 0 {
			t.Fatalf("came %v", r.ids())
		}
		for app, path := range map[int64]string{1: "/app1", 2: "/app2"} {
			must(t, events.Modify(t.Context(), app, func(c *event.Config) {
				c.Mode, c.URL, c.SignKey = event.Push, "http://receiver.example"+path, "key"
			}))
		}
		f.composed(1, 1)
		f.composed(2, 1)
		f.composed(3, 1)
		time.Sleep(30 * time.Second)
		synctest.Wait()
		up.Store(true)
		time.Sleep(time.Hour)
		synctest.Wait()
		var of1, of2 []int
		for _, g := range r.all {
			if want := map[string]string{"/app1": "1", "/app2": "2"}[g.path]; g.fields["Content"] != json.Number(want) || g.fields["Key"] != "key" {
				t.Errorf("%s: %s", g.path, g.text)
			}
			if g.path == "/app2" {
				of2 = append(of2, g.id())
				continue
			}
			of1 = append(of1, g.id())
		}
		if d := cmp.Diff([][]int{{1, 1, 2, 3}, {4}}, [][]int{of1, of2}); d != "" {
			t.Error(d)
		}
		if s, err := f.outbox.Stats(t.Context()); err != nil || s.Pending != 0 || s.Parked != 0 {
			t.Errorf("%+v, %v", s, err)
		}
		must(t, events.Modify(t.Context(), 1, func(c *event.Config) { c.Mode = event.Pull }))
		if got, err := events.Pull(t.Context(), 1); err != nil || len(got) != 0 {
			t.Errorf("what was pushed is pulled: %v, %v", got, err)
		}
	})
}

// TestCatalogueTurnsToPull: what could not be pushed can be pulled, and is not pushed any more then; and after four days it is gone.
func TestCatalogueTurnsToPull(t *testing.T) {
	bubble(t, func(t *testing.T, f *fixture, r *receiver) {
		events := f.catalogued(t)
		r.answer = func(w http.ResponseWriter, _ received) { w.WriteHeader(http.StatusInternalServerError) }
		f.outbox.Start()
		must(t, events.Modify(t.Context(), 0, func(c *event.Config) { c.Mode, c.URL = event.Push, "http://receiver.example" }))
		f.composed(0, 3)
		time.Sleep(2 * time.Hour) // they are parked by now
		synctest.Wait()
		must(t, events.Modify(t.Context(), 0, func(c *event.Config) { c.Mode = event.Pull }))
		got, err := events.Pull(t.Context(), 0)
		must(t, err)
		if len(got) != 3 {
			t.Fatalf("pulled %d", len(got))
		}
		must(t, events.Confirm(t.Context(), 0, []string{got[0].Handle, got[1].Handle}))
		tries := len(r.ids())
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		if len(r.ids()) != tries {
			t.Errorf("tried %d times more", len(r.ids())-tries)
		}
		if got, err = events.Pull(t.Context(), 0); err != nil || len(got) != 1 || got[0].ID != 3 {
			t.Errorf("%v, %v", got, err)
		}
		time.Sleep(event.Kept)
		synctest.Wait()
		if got, err = events.Pull(t.Context(), 0); err != nil || len(got) != 0 {
			t.Errorf("after four days: %v, %v", got, err)
		}
	})
}
