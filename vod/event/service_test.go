package event_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"aircheck/server/store"
	"aircheck/server/store/storetest"
	"aircheck/vod"
	"aircheck/vod/event"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// desk is a service on a real database.
type desk struct {
	*event.Service
	t  *testing.T
	db *store.Store
}

func open(t *testing.T) *desk {
	t.Helper()
	db, err := store.Open(t.Context(), storetest.File(t))
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	d := &desk{Service: &event.Service{Store: db}, t: t, db: db}
	db.OnEvent = d.Wake
	must(t, d.Load(t.Context()))
	return d
}

// bubble runs a test with a clock of its own.
func bubble(t *testing.T, do func(t *testing.T, d *desk)) {
	synctest.Test(t, func(t *testing.T) { do(t, open(t)) })
}

// happens adds events about files, of kinds that are always told.
func (d *desk) happens(subApp int64, n int) {
	d.t.Helper()
	for range n {
		must(d.t, d.db.AddVodEvents(d.t.Context(), event.Event{SubAppID: subApp, Kind: event.Composed, Content: "x", At: time.Now()}))
	}
}

func (d *desk) pull(subApp int64) []event.Stored {
	d.t.Helper()
	found, err := d.Pull(d.t.Context(), subApp)
	must(d.t, err)
	return found
}

func handles(events []event.Stored) (out []string) {
	for _, e := range events {
		out = append(out, e.Handle)
	}
	return out
}

// TestPull: what is not confirmed in time comes again; sixteen at once, in their order, each application its own.
func TestPull(t *testing.T) {
	bubble(t, func(t *testing.T, d *desk) {
		d.happens(0, 20)
		d.happens(5, 1)
		first, second := d.pull(0), d.pull(0)
		if len(first) != 16 || len(second) != 4 || first[0].ID != 1 || second[3].ID != 20 {
			t.Fatalf("pulled %d and %d", len(first), len(second))
		}
		must(t, d.Confirm(t.Context(), 0, handles(first)))
		must(t, d.Confirm(t.Context(), 0, handles(first))) // its answer may have been lost
		if other := d.pull(5); len(other) != 1 {
			t.Errorf("of the other application: %v", other)
		}
		var bad *vod.InvalidError
		if err := d.Confirm(t.Context(), 5, handles(second)); !errors.Is(err, event.ErrHandle) {
			t.Errorf("confirmed in another application: %v", err)
		}
		began := time.Now()
		time.Sleep(29 * time.Second)
		again := d.pull(0) // it waits the second that is left
		if len(again) != 4 || again[0].ID != 17 || again[0].Handle == second[0].Handle || time.Since(began) != event.Lease {
			t.Errorf("after %s: %+v", time.Since(began), again)
		}
		// One of them is late: none is confirmed.
		if err := d.Confirm(t.Context(), 0, []string{again[0].Handle, second[1].Handle}); !errors.Is(err, event.ErrHandle) {
			t.Errorf("confirmed late: %v", err)
		}
		time.Sleep(event.Lease)
		if got := d.pull(0); len(got) != 4 {
			t.Errorf("%d of 4 came again", len(got))
		}
		for _, h := range [][]string{nil, {"x"}, {"17"}, {"17.x"}, {"99.1"}, {""}, make([]string, 17)} {
			if err := d.Confirm(t.Context(), 0, h); !errors.As(err, &bad) && !errors.Is(err, event.ErrHandle) {
				t.Errorf("%q: %v", h, err)
			}
		}
	})
}

// TestPoll: who pulls gets what happens at once, waits five seconds for it, and not when the server stops or the caller has gone.
func TestPoll(t *testing.T) {
	bubble(t, func(t *testing.T, d *desk) {
		began := time.Now()
		if got := d.pull(0); len(got) != 0 || time.Since(began) != event.Poll {
			t.Errorf("%v after %s", got, time.Since(began))
		}
		pulled := make(chan []event.Stored)
		for range 2 {
			go func() { pulled <- d.pull(0) }()
		}
		time.Sleep(time.Second)
		began = time.Now()
		d.happens(0, 1)
		if got := <-pulled; len(got) != 1 || time.Since(began) != 0 {
			t.Errorf("%v after %s", got, time.Since(began))
		}
		if got := <-pulled; len(got) != 0 || time.Since(began) != 4*time.Second {
			t.Errorf("the other one: %v after %s", got, time.Since(began))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := d.Pull(ctx, 0); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a caller who has gone: %v", err)
		}
		go func() { pulled <- d.pull(3) }()
		synctest.Wait()
		began = time.Now()
		d.Close()
		if got := <-pulled; len(got) != 0 || time.Since(began) != 0 {
			t.Errorf("at the stop: %v after %s", got, time.Since(began))
		}
		if d.pull(3); time.Since(began) != 0 {
			t.Error("after the stop somebody waits")
		}
	})
}

// TestWanted: what is not asked for is not stored.
func TestWanted(t *testing.T) {
	d := open(t)
	all := func() {
		now := time.Now()
		must(t, d.db.AddVodEvents(t.Context(), event.NewUpload(vod.Asset{ID: 1, Name: "a", Tags: []string{"x"}}, "", now),
			event.NewDeletion(0, now, event.DeletedFile{FileID: 2}), event.NewPersistence(0, 3, "SimpleHlsClip", now),
			event.Event{Kind: event.ProcedureChanged, At: now}))
	}
	all()
	must(t, d.Modify(t.Context(), 0, func(c *event.Config) { c.Uploaded, c.Deleted = true, true }))
	all()
	must(t, d.Modify(t.Context(), 0, func(c *event.Config) { c.Uploaded, c.Deleted, c.Persisted = false, false, true }))
	all()
	var kinds []string
	got := d.pull(0)
	for _, e := range got {
		kinds = append(kinds, string(e.Kind))
	}
	want := "ProcedureStateChanged NewFileUpload FileDeleted ProcedureStateChanged PersistenceComplete ProcedureStateChanged"
	if strings.Join(kinds, " ") != want {
		t.Errorf("stored %v", kinds)
	}
	var u event.Upload
	if err := json.Unmarshal(got[1].Content, &u); err != nil || u.Asset.Name != "a" || u.Asset.Tags[0] != "x" {
		t.Errorf("%s: %v", got[1].Content, err)
	}
}

// TestConfig: what is wrong is named, and what is pushed is not pulled.
func TestConfig(t *testing.T) {
	d := open(t)
	changed := 0
	d.Changed = func() { changed++ }
	d.CheckHost = func(host string) error {
		if host == "evil.example" {
			return errors.New("is not to be connected to")
		}
		return nil
	}
	var bad *vod.InvalidError
	for _, c := range []struct {
		field  string
		change func(c *event.Config)
	}{
		{"Mode", func(c *event.Config) { c.Mode = "BOTH" }},
		{"SignKey", func(c *event.Config) { c.SignKey = strings.Repeat("k", 33) }},
		{"SignKey", func(c *event.Config) { c.SignKey = "a b" }},
		{"NotificationUrl", func(c *event.Config) { c.URL = "ftp://a" }},
		{"NotificationUrl", func(c *event.Config) { c.URL = "http://" }},
		{"NotificationUrl", func(c *event.Config) { c.URL = "http://a:b@c/" }},
		{"NotificationUrl", func(c *event.Config) { c.URL = "http://evil.example/" }},
		{"NotificationUrl", func(c *event.Config) { c.URL = "http://a/" + strings.Repeat("x", 2048) }},
	} {
		if err := d.Modify(t.Context(), 0, c.change); !errors.As(err, &bad) || bad.Field != c.field {
			t.Errorf("%s: %v", c.field, err)
		}
	}
	if c, err := d.Config(t.Context(), 0); err != nil || c != event.DefaultConfig() || changed != 0 {
		t.Errorf("%+v, %v, changed %d times", c, err, changed)
	}
	want := event.Config{Mode: event.Push, URL: "https://ok.example/x?y=z", SignKey: "abcXYZ019", Uploaded: true}
	must(t, d.Modify(t.Context(), 4, func(c *event.Config) { *c = want }))
	again := &event.Service{Store: d.db}
	must(t, again.Load(t.Context()))
	for _, s := range []*event.Service{d.Service, again} {
		if c, err := s.Config(t.Context(), 4); err != nil || c != want {
			t.Errorf("%+v, %v", c, err)
		}
		url, key := s.Receiver(4)
		if none, _ := s.Receiver(0); url != want.URL || key != want.SignKey || none != "" {
			t.Errorf("%q %q %q", url, key, none)
		}
	}
	if _, err := d.Pull(t.Context(), 4); !errors.Is(err, event.ErrPushed) || changed != 1 {
		t.Errorf("pulled: %v, changed %d times", err, changed)
	}
}

// TestPrune: events are kept for four days.
func TestPrune(t *testing.T) {
	bubble(t, func(t *testing.T, d *desk) {
		d.happens(0, 3)
		time.Sleep(event.Kept)
		d.happens(0, 1)
		for want, limit := range map[int]int{2: 2} {
			if n, err := d.db.PruneEvents(t.Context(), time.Now().Add(-event.Kept).Add(time.Second), limit); n != want || err != nil {
				t.Errorf("%d, %v", n, err)
			}
		}
		if got := d.pull(0); len(got) != 2 {
			t.Errorf("%d left", len(got))
		}
	})
}
