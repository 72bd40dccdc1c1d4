package rules_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/stream"
)

// TestSettle: only what happened to the stream before the time is waited for, and not for ever.
func TestSettle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		writes := make(chan struct{})
		db := &sessions{add: func() error {
			<-writes
			return nil
		}}
		c, hub, _ := newChronicle(t, db)
		if err := c.Open(t.Context()); err != nil {
			t.Fatal(err)
		}
		key := media.StreamKey{Domain: "d", App: "live", Stream: "a"}
		if err := c.Settle(t.Context(), key, time.Now().Add(time.Hour)); err != nil {
			t.Error("nothing has happened:", err)
		}
		if _, err := hub.Publish(stream.Publisher{Key: key}); err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		other := key
		other.Stream = "b"
		for what, ask := range map[string]func() error{
			"another stream": func() error { return c.Settle(t.Context(), other, begun.Add(time.Hour)) },
			"no later":       func() error { return c.Settle(t.Context(), key, begun) },
		} {
			if err := ask(); err != nil || !time.Now().Equal(begun) {
				t.Errorf("%s: %v after %s", what, err, time.Since(begun))
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := c.Settle(ctx, key, begun.Add(time.Nanosecond)); !errors.Is(err, context.DeadlineExceeded) {
			t.Error("a database that hangs:", err)
		}
		settled := make(chan error)
		go func() { settled <- c.Settle(t.Context(), key, begun.Add(time.Nanosecond)) }()
		synctest.Wait()
		close(writes)
		if err := <-settled; err != nil || len(db.types()) != 1 {
			t.Errorf("%v, %d events written", err, len(db.types()))
		}
		hub.Close()
		if err := c.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if err := c.Settle(t.Context(), key, time.Now().Add(time.Hour)); err != nil {
			t.Error("after the end:", err)
		}
	})
}
