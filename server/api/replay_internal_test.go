package api

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"aircheck/server/auth"
)

func TestReplayForgets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r replay
		calls := 0
		do := func(key string) string {
			out, ok := r.do(t.Context(), key, func() []byte { calls++; return fmt.Append(nil, calls) })
			if !ok {
				t.Error("no answer")
			}
			return string(out)
		}
		do("a")
		time.Sleep(2*auth.Window - time.Second)
		if got := do("a"); got != "1" {
			t.Errorf("as long as its signature is good: %s", got)
		}
		time.Sleep(3 * time.Second)
		if got := do("a"); got != "2" || len(r.entries) != 1 || r.bytes != 1 {
			t.Errorf("later: %s, %d entries, %d bytes", got, len(r.entries), r.bytes)
		}
		for i := range maxReplays + 5 {
			do(fmt.Sprint(i))
		}
		if len(r.entries) > maxReplays || len(r.order) != len(r.entries) {
			t.Errorf("%d entries", len(r.entries))
		}
	})
}

func TestReplayBoundsBytes(t *testing.T) {
	var r replay
	for i := range 100 {
		r.do(t.Context(), fmt.Sprint(i), func() []byte { return make([]byte, 1<<20) })
	}
	if r.bytes > maxReplayBytes+1<<20 || len(r.entries) > 34 {
		t.Errorf("%d bytes in %d entries", r.bytes, len(r.entries))
	}
}

func TestReplayWaitEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r replay
		release := make(chan struct{})
		go r.do(t.Context(), "a", func() []byte { <-release; return nil })
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, ok := r.do(ctx, "a", func() []byte { t.Error("done twice"); return nil }); ok {
			t.Error("answered")
		}
		close(release)
	})
}
