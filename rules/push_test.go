package rules_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/ingest/stream"
	"aircheck/rules"
)

// pushesOf returns what is kept of the sessions that have ended.
func (s *sessions) pushesOf() (out []rules.Push) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.entries {
		if e.Push != nil {
			out = append(out, *e.Push)
		}
	}
	return out
}

// TestPushIsKept: of each push there is a record when it is over, also of one that a crash ended.
func TestPushIsKept(t *testing.T) {
	left := rules.Session{
		ID: "left", Key: media.StreamKey{Domain: "d", App: "live", Stream: "left"}, Start: time.Unix(1000, 0).UTC(), Seen: time.Unix(1100, 0).UTC(),
	}
	db := &sessions{left: []rules.Session{left}}
	c, h, _ := newChronicle(t, db)
	must(t, c.Open(t.Context()))
	a, b := push(t, h, "a"), push(t, h, "b")
	must(t, a.Write(mediatest.Pictures(mediatest.H264(1, 1000), 3, 0, 40)))
	a.End(stream.EndClient, "")
	b.Drop(stream.EndDropped, "the stream is forbidden")
	must(t, c.Close(t.Context()))
	got := db.pushesOf()
	if len(got) != 3 {
		t.Fatalf("%+v", got)
	}
	want := rules.Push{
		Session: left, End: left.Seen, Media: true,
		Reason: "the server was interrupted; the stream was last known to be live at 1970-01-01T00:18:20Z",
	}
	if d := cmp.Diff(want, got[0]); d != "" {
		t.Error(d)
	}
	if p := got[1]; p.Key != a.Key() || !p.Media || p.Width == 0 || p.Height == 0 || p.Reason != "the push client stopped the push" || !p.End.Equal(a.Ended().At) {
		t.Errorf("%+v", p)
	}
	if p := got[2]; p.Key != b.Key() || p.Media || p.Width != 0 || p.Reason != "the push was disconnected: the stream is forbidden" {
		t.Errorf("%+v", p)
	}
}
