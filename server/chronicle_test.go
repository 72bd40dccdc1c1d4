package server

import (
	"encoding/json"
	"errors"
	"log/slog"
	"path/filepath"
	"slices"
	"testing"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/ingest/stream"
	"aircheck/rules"
	"aircheck/server/store"
)

// told is what the tests look at of an event.
type told struct {
	kind rules.EventType
	// Of pushes.
	Sequence string `json:"sequence"`
	ErrCode  int    `json:"errcode"`
	Width    int    `json:"width"`
	UserIP   string `json:"user_ip"`
	Node     string `json:"node"`
	// Of recordings.
	RecordEvent  string `json:"record_event"`
	RecordDetail string `json:"record_detail"`
	SessionID    string `json:"session_id"`
}

// eventsOf returns the events of a stopped server.
func eventsOf(t *testing.T, dir string) (out []told) {
	t.Helper()
	db, err := store.OpenReadOnly(t.Context(), filepath.Join(dir, databaseName))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for id := int64(1); ; id++ {
		e, err := db.Event(t.Context(), id)
		if errors.Is(err, rules.ErrNotFound) {
			return out
		}
		x := told{kind: e.Type}
		if err == nil {
			err = json.Unmarshal(e.Payload, &x)
		}
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, x)
	}
}

// TestEventsOfAPush pushes with ffmpeg and checks that everything about it is in the database, in an order that makes sense.
func TestEventsOfAPush(t *testing.T) {
	clip := mediatest.Clip(t, "clip.flv", "25", "-t", "2", "-c:v", "libx264", "-g", "25", "-pix_fmt", "yuv420p", "-c:a", "aac")
	cfg := testConfig(t)
	s, stop := start(t, cfg, slog.New(slog.DiscardHandler))
	mediatest.Run(t, "ffmpeg", "-v", "error", "-i", clip, "-c", "copy", "-f", "flv", "rtmp://"+s.rtmp.Addr().String()+"/live/show")
	// ffmpeg is done as soon as the kernel has everything.
	until(t, "the push is over", func() bool {
		totals := s.hub.Totals()
		return totals.Begun == 1 && totals.Live == 0
	})
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	all := eventsOf(t, cfg.DataDir)
	at := func(is func(told) bool) int {
		t.Helper()
		i := slices.IndexFunc(all, is)
		if i < 0 {
			t.Fatalf("%+v", all)
		}
		return i
	}
	pushed := func(kind rules.EventType) int { return at(func(x told) bool { return x.kind == kind }) }
	begin, end := pushed(rules.EventStreamBegin), pushed(rules.EventStreamEnd)
	started := at(func(x told) bool { return x.RecordEvent == "record_start_succeeded" })
	id := all[started].SessionID
	ended := at(func(x told) bool { return x.RecordEvent == "record_ended" && x.SessionID == id })
	file := pushed(rules.EventFileReady)
	if begin != 0 || started > ended || started > file || begin > end {
		t.Errorf("%+v", all)
	}
	b, e := all[begin], all[end]
	if b.Sequence != e.Sequence || e.ErrCode != 1 || e.Width != 320 || b.UserIP != "127.0.0.1" || b.Node != "127.0.0.1" {
		t.Errorf("%+v, %+v", b, e)
	}
	count := map[rules.EventType]int{}
	for _, x := range all {
		count[x.kind]++
	}
	if count[rules.EventStreamBegin] != 1 || count[rules.EventStreamEnd] != 1 || count[rules.EventRecordStatus] != 2*count[rules.EventFileReady] ||
		count[rules.EventRecordException] != 0 {
		t.Errorf("%v", count)
	}
}

// TestEventsOfAStop: who still pushes when the server stops has an end, and so have the recordings.
func TestEventsOfAStop(t *testing.T) {
	cfg := testConfig(t)
	s, stop := start(t, cfg, slog.New(slog.DiscardHandler))
	st, err := s.hub.Publish(stream.Publisher{Key: media.StreamKey{Domain: "localhost", App: "live", Stream: "show"}})
	if err != nil {
		t.Fatal(err)
	}
	units := mediatest.Interleave(mediatest.Pictures(mediatest.H264(1, 1000), 100, 0, 40), mediatest.Sound(mediatest.AAC(2, 1000), 150, 0))
	if err := st.Write(units); err != nil {
		t.Fatal(err)
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	var ends, ended int
	for _, x := range eventsOf(t, cfg.DataDir) {
		if x.kind == rules.EventStreamEnd && x.ErrCode == 5 {
			ends++
		}
		if x.RecordEvent == "record_ended" {
			ended++
		}
	}
	if ends != 1 || ended != 2 {
		t.Errorf("%+v", eventsOf(t, cfg.DataDir))
	}
	if st := s.chronicle.Stats(); st.Queued != 0 || st.Dropped != 0 {
		t.Errorf("%+v", st)
	}
}
