package rtmp

import (
	"errors"
	"fmt"
	"testing"

	"aircheck/ingest/media"
	"aircheck/ingest/stream"
)

// TestRefusalsAreCounted: each refusal counts once, and those for want of room where Stats counts them.
func TestRefusalsAreCounted(t *testing.T) {
	s := &Server{}
	for _, ca := range []struct {
		err  error
		want Refusal
	}{
		{media.ErrBadPath, RefusedName},
		{stream.ErrBusy, RefusedBusy},
		{stream.ErrClosed, RefusedStopping},
		{errDisplaced, RefusedRoom},
		{errors.New("no key"), RefusedDenied},
	} {
		if got := refusalOf(fmt.Errorf("refused: %w", ca.err)); got != ca.want {
			t.Errorf("%v: %s, want %s", ca.err, got, ca.want)
		}
		s.refused(refusalOf(ca.err))
	}
	s.refused(protocolOr(errVersion))
	s.refused(protocolOr(errDisplaced))
	s.stats.Refused, s.stats.Displaced = 3, 4
	got := s.Refusals()
	want := map[Refusal]int64{
		RefusedName: 1, RefusedBusy: 1, RefusedStopping: 1, RefusedRoom: 7, RefusedDenied: 1, RefusedProtocol: 1,
	}
	for why, n := range want {
		if got[why] != n {
			t.Errorf("%s: %d, want %d", why, got[why], n)
		}
	}
	if len(got) != len(want) {
		t.Error(got)
	}
}
