package api

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/stream"
	"aircheck/server/auth"
)

// slowForbids is a ForbidStore that has stored what is forbidden only when that has ended.
type slowForbids struct{ auth.ForbidStore }

func (slowForbids) Forbidden(context.Context) ([]auth.Forbidden, error) { return nil, nil }

func (slowForbids) PutForbidden(_ context.Context, f auth.Forbidden, _ time.Time) error {
	time.Sleep(time.Until(f.Expire))
	return nil
}

// TestForbidEndsAtOnce: a stream that may be pushed again by the time that it is forbidden is cut nevertheless.
func TestForbidEndsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		forbids := &auth.Forbids{Store: slowForbids{}}
		if err := forbids.Load(t.Context()); err != nil {
			t.Fatal(err)
		}
		a := &API{Domains: &auth.Domains{}, Forbids: forbids, Hub: &stream.Hub{Refuse: forbids.Check}}
		key := media.StreamKey{Domain: "localhost", App: "live", Stream: "a"}
		var kicked string
		if _, err := a.Hub.Publish(stream.Publisher{Key: key, Kick: func(detail string) { kicked = detail }}); err != nil {
			t.Fatal(err)
		}
		_, err := a.forbidStream(t.Context(), nil, &ForbidStreamRequest{
			DomainName: "localhost", AppName: "live", StreamName: "a", ResumeTime: time.Now().Add(time.Second).UTC().Format(time.RFC3339),
		})
		if err != nil || !strings.Contains(kicked, "forbidden") {
			t.Errorf("%q, %v", kicked, err)
		}
		if _, forbidden := forbids.Get(key); forbidden {
			t.Error("it is forbidden still: the test shows nothing")
		}
	})
}
