package stream

import (
	"errors"
	"testing"

	"aircheck/ingest/media"
)

// TestPushTakesOverPull whatever the policy, and never the other way round.
func TestPushTakesOverPull(t *testing.T) {
	key := media.StreamKey{Domain: "d", App: "a", Stream: "s"}
	for _, policy := range []Takeover{TakeoverStale, TakeoverAlways, TakeoverNever} {
		h := &Hub{Takeover: policy}
		pulled, err := h.Publish(Publisher{Key: key, Protocol: "rtsp" + PulledSuffix})
		if err != nil {
			t.Fatal(err)
		}
		pushed, err := h.Publish(Publisher{Key: key, Protocol: "rtsp"})
		if err != nil || pulled.Ended() == nil || pulled.Ended().Reason != EndReplaced {
			t.Errorf("%s: %v, %+v", policy, err, pulled.Ended())
		}
		if _, err := h.Publish(Publisher{Key: key, Protocol: "rtmp" + PulledSuffix}); !errors.Is(err, ErrBusy) || pushed.Ended() != nil {
			t.Errorf("%s: %v", policy, err)
		}
		h.Close()
	}
}
