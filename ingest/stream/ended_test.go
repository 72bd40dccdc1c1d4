package stream

import (
	"net/netip"
	"slices"
	"testing"

	"aircheck/ingest/media"
)

// TestEndedIsToldOnce: of each stream, by whatever it ended, while its key is not free yet, and with nothing locked.
func TestEndedIsToldOnce(t *testing.T) {
	var told []EndReason
	h := &Hub{Takeover: TakeoverAlways}
	h.Ended = func(s *Stream) {
		if h.Get(s.Key()) != s || s.Tracks() != nil {
			t.Error("its key has another stream")
		}
		told = append(told, s.Ended().Reason)
	}
	publish := func() *Stream {
		t.Helper()
		s, err := h.Publish(Publisher{Key: media.StreamKey{Domain: "d", App: "a", Stream: "s"}, Remote: netip.MustParseAddrPort("[::1]:1")})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := publish()
	s.End(EndLost, "")
	s.End(EndClient, "")
	s.Drop(EndDropped, "")
	publish()
	publish().Drop(EndDropped, "")
	publish()
	h.Close()
	h.Close()
	if want := []EndReason{EndLost, EndReplaced, EndDropped, EndShutdown}; !slices.Equal(told, want) {
		t.Errorf("%v, want %v", told, want)
	}
}
