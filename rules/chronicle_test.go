package rules_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/ingest/stream"
	"aircheck/rules"
	"aircheck/server/store"
)

var errStore = errors.New("the disk is full")

// sessions is a SessionStore in memory that a test can make fail or wait.
type sessions struct {
	add func() error // may be nil

	mu      sync.Mutex
	entries []rules.Entry
	left    []rules.Session
	seen    int
}

func (s *sessions) AddEntries(_ context.Context, entries []rules.Entry) error {
	if s.add != nil {
		if err := s.add(); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.entries = append(s.entries, entries...)
	return nil
}

func (s *sessions) LiveSessions(context.Context) ([]rules.Session, error) { return s.left, nil }

func (s *sessions) SeeSessions(context.Context, time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen++
	return nil
}

func (s *sessions) Pushes(context.Context, rules.PushFilter) ([]rules.Push, int, error) {
	return nil, 0, nil
}

func (s *sessions) PrunePushes(context.Context, time.Time, int) (int, error) { return 0, nil }

// types returns the types of the events that were written.
func (s *sessions) types() (out []rules.EventType) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.entries {
		out = append(out, e.Event.Type)
	}
	return out
}

// newChronicle returns one with its hub, and its log.
func newChronicle(t *testing.T, db rules.SessionStore) (*rules.Chronicle, *stream.Hub, *bytes.Buffer) {
	t.Helper()
	var log bytes.Buffer
	c := &rules.Chronicle{Store: db, Silence: 30 * time.Second, Log: slog.New(slog.NewTextHandler(&log, nil))}
	return c, &stream.Hub{Attach: c.Begin, Ended: c.End, Takeover: stream.TakeoverAlways}, &log
}

func push(t *testing.T, h *stream.Hub, name string) *stream.Stream {
	t.Helper()
	s, err := h.Publish(stream.Publisher{
		Key: media.StreamKey{Domain: "d", App: "live/a", Stream: name}, Params: "a=b&c=\xff",
		Remote: netip.MustParseAddrPort("192.0.2.7:5000"), Local: netip.MustParseAddrPort("[2001:db8::1]:1935"),
	})
	must(t, err)
	return s
}

func openDB(t *testing.T, path string) *store.Store {
	t.Helper()
	db, err := store.Open(t.Context(), path)
	must(t, err)
	return db
}

// written returns the events of a database, with their payloads as they will be sent.
func written(t *testing.T, db *store.Store) (out []rules.Event, payloads []map[string]any) {
	t.Helper()
	for id := int64(1); ; id++ {
		e, err := db.Event(t.Context(), id)
		if errors.Is(err, rules.ErrNotFound) {
			return out, payloads
		}
		must(t, err)
		var p map[string]any
		must(t, json.Unmarshal(e.Payload, &p))
		out, payloads = append(out, e), append(payloads, p)
	}
}

// TestPushEvents checks the events of pushes that end in every way, field by field.
func TestPushEvents(t *testing.T) {
	tests := map[string]struct {
		end  func(h *stream.Hub, s *stream.Stream)
		code float64
		text string
	}{
		"stopped": {func(_ *stream.Hub, s *stream.Stream) { s.End(stream.EndClient, "FCUnpublish") }, 1, "FCUnpublish"},
		"lost":    {func(_ *stream.Hub, s *stream.Stream) { s.End(stream.EndLost, "reset by peer") }, 12, "reset by peer"},
		"silent": {func(_ *stream.Hub, s *stream.Stream) {
			s.Received(1, s.Start.Add(-time.Hour))
			s.End(stream.EndLost, "")
		}, 8, "no data"},
		"replaced": {func(h *stream.Hub, s *stream.Stream) { push(t, h, s.Key().Stream) }, 21, "replaced by a publisher from 192.0.2.7"},
		"dropped":  {func(_ *stream.Hub, s *stream.Stream) { s.Drop(stream.EndDropped, "by DropLiveStream") }, 21, "DropLiveStream"},
		"garbage":  {func(_ *stream.Hub, s *stream.Stream) { s.End(stream.EndProtocol, "chunk") }, 6, "chunk"},
		"shutdown": {func(h *stream.Hub, _ *stream.Stream) { h.Close() }, 5, "the server is stopping"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, db := newService(t)
			c, h, _ := newChronicle(t, db)
			must(t, c.Open(t.Context()))
			s := push(t, h, "cam")
			must(t, s.Write(mediatest.Pictures(mediatest.H264(1, 1000), 2, 0, 40)))
			test.end(h, s)
			h.Close()
			must(t, c.Close(t.Context()))
			events, payloads := written(t, db)
			if len(events) < 2 || events[0].Type != rules.EventStreamBegin || events[1].Type != rules.EventStreamEnd {
				t.Fatalf("%+v", events)
			}
			if e := events[1]; e.Domain != "d" || e.App != "live/a" || e.Stream != "cam" || time.Since(e.At) > time.Minute {
				t.Errorf("%+v", e)
			}
			begin, end := payloads[0], payloads[1]
			sequence, _ := begin["sequence"].(string)
			if len(sequence) < 15 || len(sequence) > 19 || strings.Trim(sequence, "0123456789") != "" {
				t.Errorf("sequence %q", sequence)
			}
			want := map[string]any{
				"app": "d", "appname": "live/a", "stream_id": "cam", "channel_id": "cam", "event_time": float64(s.Start.Unix()),
				"sequence": sequence, "node": "2001:db8::1", "user_ip": "192.0.2.7", "stream_param": "a=b&c=\uFFFD",
				"errcode": 0.0, "errmsg": "ok", "set_id": 0.0, "width": 0.0, "height": 0.0,
			}
			if d := cmp.Diff(want, begin); d != "" {
				t.Error("begin:", d)
			}
			want["event_time"], want["push_duration"] = float64(s.Ended().At.Unix()), fmt.Sprint(s.Ended().At.Sub(s.Start).Milliseconds())
			want["errcode"], want["errmsg"] = test.code, end["errmsg"]
			want["width"], want["height"] = 64.0, 48.0
			if d := cmp.Diff(want, end); d != "" {
				t.Error("end:", d)
			}
			if text, _ := end["errmsg"].(string); !strings.Contains(text, test.text) {
				t.Errorf("errmsg %q", text)
			}
		})
	}
}

// TestChronicleOrder: of each key, begins and ends alternate, however many publishers take it from each other at once.
func TestChronicleOrder(t *testing.T) {
	_, db := newService(t)
	c, h, _ := newChronicle(t, db)
	must(t, c.Open(t.Context()))
	var work sync.WaitGroup
	for i := range 200 {
		work.Go(func() {
			for n := range 3 {
				s, err := h.Publish(stream.Publisher{Key: media.StreamKey{Domain: "d", App: "live", Stream: fmt.Sprint(i / 4)}})
				if err != nil {
					t.Error(err)
					return
				}
				if n > 0 {
					s.Drop(stream.EndDropped, "")
				}
			}
		})
	}
	work.Wait()
	h.Close()
	must(t, c.Close(t.Context()))
	if st := c.Stats(); st != (rules.ChronicleStats{Written: 1200}) {
		t.Errorf("%+v", st)
	}
	events, payloads := written(t, db)
	if len(events) != 1200 {
		t.Fatalf("%d events", len(events))
	}
	live := map[string]any{}
	for i, e := range events {
		switch sequence := payloads[i]["sequence"]; {
		case e.Type == rules.EventStreamBegin && live[e.Stream] == nil:
			live[e.Stream] = sequence
		case e.Type == rules.EventStreamEnd && live[e.Stream] == sequence:
			delete(live, e.Stream)
		default:
			t.Fatalf("event %d: type %d of %s, %v is live", e.ID, e.Type, e.Stream, live[e.Stream])
		}
	}
	if left, err := db.LiveSessions(t.Context()); len(left) > 0 || len(live) > 0 || err != nil {
		t.Error(left, live, err)
	}
}

// TestInterruptedSessions: what a killed server leaves is ended by the next one, once.
func TestInterruptedSessions(t *testing.T) {
	path := filepath.Join(t.TempDir(), "aircheck.db")
	db := openDB(t, path)
	c, h, _ := newChronicle(t, db)
	must(t, c.Open(t.Context()))
	first, second := push(t, h, "first"), push(t, h, "second")
	push(t, h, "third").End(stream.EndClient, "")
	must(t, c.Close(t.Context())) // and nobody is told of the ends of the others
	seen := first.Start.Add(90 * time.Second)
	must(t, db.SeeSessions(t.Context(), seen))
	must(t, db.Close())
	h.Close()

	for range 2 {
		db = openDB(t, path)
		next, _, log := newChronicle(t, db)
		must(t, next.Open(t.Context()))
		must(t, next.Close(t.Context()))
		events, payloads := written(t, db)
		must(t, db.Close())
		if len(events) != 6 {
			t.Fatalf("%d events\n%s", len(events), log)
		}
		for i, s := range []*stream.Stream{first, second} {
			want := map[string]any{
				"app": "d", "appname": "live/a", "stream_id": s.Key().Stream, "channel_id": s.Key().Stream, "event_time": float64(events[4+i].At.Unix()),
				"sequence": payloads[i]["sequence"], "node": "2001:db8::1", "user_ip": "192.0.2.7", "stream_param": "a=b&c=\uFFFD",
				"push_duration": fmt.Sprint(seen.Truncate(time.Microsecond).Sub(s.Start.Truncate(time.Microsecond)).Milliseconds()),
				"errcode":       5.0, "set_id": 0.0, "width": 0.0, "height": 0.0,
				"errmsg": "the server was interrupted; the stream was last known to be live at " + seen.UTC().Format(time.RFC3339),
			}
			if d := cmp.Diff(want, payloads[4+i]); d != "" || events[4+i].Type != rules.EventStreamEnd {
				t.Error(d)
			}
		}
	}
}

// TestChronicleIsToldLate: the end of a stream comes before the begin of the next of its key, and after its own, in whatever order
// those who tell of it get their turn.
func TestChronicleIsToldLate(t *testing.T) {
	db := &sessions{}
	c, _, _ := newChronicle(t, db)
	must(t, c.Open(t.Context()))
	late := &stream.Hub{Attach: c.Begin, Ended: func(*stream.Stream) {}}
	first := push(t, late, "cam")
	first.End(stream.EndClient, "")
	second := push(t, late, "cam")
	c.End(first)
	second.End(stream.EndClient, "")
	c.End(second)
	early := &stream.Hub{Ended: c.End, Attach: func(s *stream.Stream) {
		s.Drop(stream.EndDropped, "")
		c.Begin(s)
	}}
	push(t, early, "cam")
	must(t, c.Close(t.Context()))
	if d := cmp.Diff([]rules.EventType{1, 0, 1, 0, 1, 0}, db.types()); d != "" {
		t.Error(d)
	}
	if db.entries[1].End != first.ID || db.entries[3].End != second.ID {
		t.Errorf("%+v", db.entries)
	}
}
