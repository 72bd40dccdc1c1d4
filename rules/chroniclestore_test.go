package rules_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"aircheck/ingest/stream"
	"aircheck/recorder"
	"aircheck/rules"
)

// TestHungStore: nobody waits for a store that does not answer, and a stop gives up on it in the end.
func TestHungStore(t *testing.T) {
	hung := make(chan struct{})
	db := &sessions{add: func() error { <-hung; return nil }}
	c, h, _ := newChronicle(t, db)
	must(t, c.Open(t.Context()))
	for i := range 1000 {
		s := push(t, h, fmt.Sprint(i))
		c.Notice(recorder.Notice{Kind: recorder.NoticeStarted, Spec: recorder.Spec{Key: s.Key(), SessionID: s.ID}, Count: 1})
		s.End(stream.EndClient, "")
	}
	if st := c.Stats(); st != (rules.ChronicleStats{Queued: 3000}) {
		t.Errorf("%+v", st)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.Close(ctx); !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "3000 events") {
		t.Error(err)
	}
	close(hung)
}

// TestChronicleIsBounded: what finds no room is told of, and no end comes without its begin.
func TestChronicleIsBounded(t *testing.T) {
	hung := make(chan struct{})
	db := &sessions{add: func() error { <-hung; return nil }}
	c, h, log := newChronicle(t, db)
	c.Limit = 20
	must(t, c.Open(t.Context()))
	var live []*stream.Stream
	notice := func(n int) {
		c.Notice(recorder.Notice{Kind: recorder.NoticePaused, Spec: recorder.Spec{Key: live[0].Key()}, Detail: fmt.Sprint(n), Count: 1})
	}
	for i := range 15 {
		live = append(live, push(t, h, fmt.Sprint(i)))
	}
	notice(0) // half is taken: notices are not
	// Nor are exceptions, when their time has come.
	spec := recorder.Spec{Key: live[0].Key(), SessionID: live[0].ID}
	for _, kind := range []recorder.NoticeKind{recorder.NoticeDroppedVideo, recorder.NoticeEnded} {
		c.Notice(recorder.Notice{Kind: kind, Spec: spec, Count: 1, At: time.Now()})
	}
	for i := 15; i < 30; i++ {
		live = append(live, push(t, h, fmt.Sprint(i)))
	}
	for _, s := range live {
		s.End(stream.EndClient, "")
	}
	if st := c.Stats(); st != (rules.ChronicleStats{Queued: 40, Dropped: 13}) {
		t.Errorf("%+v", st)
	}
	if n := strings.Count(log.String(), "events are lost"); n != 1 {
		t.Errorf("told %d times\n%s", n, log)
	}
	close(hung)
	must(t, c.Close(t.Context()))
	if st := c.Stats(); st != (rules.ChronicleStats{Written: 40, Dropped: 13}) {
		t.Errorf("%+v", st)
	}
	begun := map[string]bool{}
	for _, e := range db.entries {
		if e.Begin != nil {
			begun[e.Begin.ID] = true
		} else if !begun[e.End] {
			t.Error("an end without its begin", e.End)
		}
	}
	if len(begun) != 20 || !strings.Contains(log.String(), "events are taken again") {
		t.Errorf("%d begins\n%s", len(begun), log)
	}
}

// TestChronicleTriesAgain: what cannot be written is written later, in order, also by a stop.
func TestChronicleTriesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var fails atomic.Bool
		var tries atomic.Int64
		fails.Store(true)
		db := &sessions{add: func() error {
			tries.Add(1)
			if fails.Load() {
				return errStore
			}
			return nil
		}}
		c, h, log := newChronicle(t, db)
		must(t, c.Open(t.Context()))
		s := push(t, h, "cam")
		time.Sleep(10 * time.Minute)
		if n := tries.Load(); n < 40 || n > 60 {
			t.Errorf("%d tries in ten minutes", n)
		}
		fails.Store(false)
		time.Sleep(time.Minute)
		if d := cmp.Diff([]rules.EventType{1}, db.types()); d != "" {
			t.Error(d)
		}
		fails.Store(true)
		s.End(stream.EndClient, "")
		synctest.Wait()
		time.AfterFunc(time.Second, func() { fails.Store(false) })
		ctx, cancel := context.WithTimeout(t.Context(), 8*time.Second)
		defer cancel()
		must(t, c.Close(ctx))
		if d := cmp.Diff([]rules.EventType{1, 0}, db.types()); d != "" {
			t.Error(d)
		}
		if n := strings.Count(log.String(), "level=ERROR"); n != 2 || strings.Count(log.String(), "events are written again") != 2 {
			t.Errorf("%s", log)
		}
	})
}

// TestSeen: that streams are live is noted every minute, while any are.
func TestSeen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := &sessions{}
		c, h, _ := newChronicle(t, db)
		must(t, c.Open(t.Context()))
		time.Sleep(time.Hour)
		synctest.Wait()
		if db.seen != 0 {
			t.Errorf("seen %d times without a stream", db.seen)
		}
		s := push(t, h, "cam")
		time.Sleep(10*time.Minute + time.Second)
		s.End(stream.EndClient, "")
		time.Sleep(time.Hour)
		must(t, c.Close(t.Context()))
		if db.seen != 10 {
			t.Errorf("seen %d times in ten minutes", db.seen)
		}
	})
}

// TestChronicleClosed: a Chronicle that was not opened, or could not be, can be closed.
func TestChronicleClosed(t *testing.T) {
	must(t, (&rules.Chronicle{}).Close(t.Context()))
	_, db := newService(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c, _, _ := newChronicle(t, db)
	if err := c.Open(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	must(t, c.Close(t.Context()))
}
