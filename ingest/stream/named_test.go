package stream

import (
	"errors"
	"fmt"
	"testing"

	"aircheck/ingest/media"
)

func TestNamed(t *testing.T) {
	h := &Hub{}
	for _, k := range []media.StreamKey{
		{Domain: "b", App: "live", Stream: "x"},
		{Domain: "a", App: "live", Stream: "x"},
		{Domain: "a", App: "live", Stream: "y"},
		{Domain: "a", App: "other", Stream: "x"},
	} {
		if _, err := h.Publish(Publisher{Key: k}); err != nil {
			t.Fatal(err)
		}
	}
	if got := fmt.Sprint(h.Named("live", "x")); got != "[a/live/x b/live/x]" {
		t.Error(got)
	}
	if got := h.Named("live", "z"); len(got) != 0 {
		t.Error(got)
	}
	h.Close()
	if got := h.Named("live", "x"); len(got) != 0 {
		t.Error("after the end:", got)
	}
}

// TestRefuse: what is refused is not live, and leaves alone who is.
func TestRefuse(t *testing.T) {
	no := errors.New("no")
	refused := media.StreamKey{}
	h := &Hub{Takeover: TakeoverAlways, Refuse: func(k media.StreamKey) error {
		if k == refused {
			return no
		}
		return nil
	}}
	defer h.Close()
	key := media.StreamKey{Domain: "a", App: "live", Stream: "x"}
	s, err := h.Publish(Publisher{Key: key})
	if err != nil {
		t.Fatal(err)
	}
	refused = key
	if _, err := h.Publish(Publisher{Key: key}); !errors.Is(err, no) || h.Get(key) != s || s.Ended() != nil {
		t.Error(err, s.Ended())
	}
	s.Drop(EndDropped, "")
	if _, err := h.Publish(Publisher{Key: key}); !errors.Is(err, no) || h.Get(key) != nil || h.Totals().Begun != 1 {
		t.Error(err, h.Totals())
	}
}
