package rules_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"aircheck/ingest/media"
	"aircheck/ingest/stream"
	"aircheck/recorder"
	"aircheck/rules"
)

func recordSpec(session, format string) recorder.Spec {
	return recorder.Spec{
		Key: media.StreamKey{Domain: "d", App: "live/a", Stream: "cam"}, SessionID: session, Format: format, Params: "a=b",
		Cause: recorder.Cause{Kind: "rule", ID: "d/*/*"},
	}
}

func notice(kind recorder.NoticeKind, session, format string) recorder.Notice {
	return recorder.Notice{Kind: kind, Spec: recordSpec(session, format), Detail: "why", Count: 1, At: time.Now()}
}

// said returns what was written, in short: the type of exceptions with their number, the event of states.
func (s *sessions) said(t *testing.T) (out []string) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.entries {
		var p struct {
			RecordEvent string `json:"record_event"`
			Format      string `json:"file_format"`
			Exception   struct{ Type, Occurs int }
		}
		must(t, json.Unmarshal(e.Event.Payload, &p))
		if p.RecordEvent != "" {
			out = append(out, p.RecordEvent)
			continue
		}
		out = append(out, fmt.Sprintf("%s %d %dx", p.Format, p.Exception.Type, p.Exception.Occurs))
	}
	s.entries = nil
	return out
}

// TestStatusEvents checks the events of states, field by field, and that they are not held back.
func TestStatusEvents(t *testing.T) {
	kinds := map[recorder.NoticeKind]string{
		recorder.NoticeStarted: "record_start_succeeded", recorder.NoticeStartFailed: "record_start_failed",
		recorder.NoticePaused: "record_paused", recorder.NoticeResumed: "record_resumed", recorder.NoticeError: "record_error",
		recorder.NoticeEnded: "record_ended",
	}
	formats := map[string]int{"flv": 1, "hls": 2, "mp4": 3, "aac": 4}
	_, db := newService(t)
	c, _, _ := newChronicle(t, db)
	must(t, c.Open(t.Context()))
	at := time.Unix(1700207929, 5e8)
	var want []map[string]any
	ids, seqs := map[string]bool{}, map[any]bool{}
	for kind, name := range kinds {
		for format, number := range formats {
			n := notice(kind, "s", format)
			n.At = at
			detail := fmt.Sprintf(`{"file_format":%d,"record_bps":0,"start_model":1,"record_content":1,"source_type":1,"codec_temp_id":0,"reason":"why"}`, number)
			p := map[string]any{
				"appname": "live/a", "domain": "d", "event_time": 1700207929.0, "record_event": name, "record_detail": detail, "stream_id": "cam",
			}
			if format == "aac" {
				n.Spec.Cause = recorder.Cause{Kind: "task", ID: "t1"}
				p["task_id"], p["record_detail"] = "t1", strings.Replace(detail, `"start_model":1`, `"start_model":5`, 1)
			}
			c.Notice(n)
			want = append(want, p)
		}
	}
	must(t, c.Close(t.Context()))
	events, got := written(t, db)
	for i, p := range got {
		id, _ := p["session_id"].(string)
		if strings.Trim(id, "0123456789") != "" || id == "" || seqs[p["seq"]] {
			t.Errorf("session_id %q, seq %v", id, p["seq"])
		}
		ids[id], seqs[p["seq"]] = true, true
		delete(p, "session_id")
		delete(p, "seq")
		if e := events[i]; e.Type != rules.EventRecordStatus || !e.At.Equal(at) || e.Domain != "d" || e.App != "live/a" || e.Stream != "cam" {
			t.Errorf("%+v", e)
		}
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if len(ids) != len(formats) {
		t.Errorf("%d session_ids for %d recordings", len(ids), len(formats))
	}
}

// TestRecordingKeepsItsNumber: a recording that goes on with another push has the session_id that it began with, in all its events.
func TestRecordingKeepsItsNumber(t *testing.T) {
	_, db := newService(t)
	c, _, _ := newChronicle(t, db)
	must(t, c.Open(t.Context()))
	c.Notice(notice(recorder.NoticeStarted, "first", "hls"))
	for _, kind := range []recorder.NoticeKind{recorder.NoticeResumed, recorder.NoticeDroppedVideo, recorder.NoticeEnded} {
		n := notice(kind, "second", "hls")
		n.Session = "first"
		c.Notice(n)
	}
	c.Notice(notice(recorder.NoticeStarted, "third", "hls"))
	must(t, c.Close(t.Context()))
	_, got := written(t, db)
	if len(got) != 5 {
		t.Fatalf("%d events", len(got))
	}
	for i, p := range got {
		if (p["session_id"] == got[0]["session_id"]) != (i < 4) {
			t.Errorf("event %d: %v", i, p)
		}
	}
}

// TestExceptionEvents checks the events of exceptions, field by field.
func TestExceptionEvents(t *testing.T) {
	type code struct {
		number float64
		level  string
	}
	kinds := map[recorder.NoticeKind]code{
		recorder.NoticeAudioJump: {-8, "warning"}, recorder.NoticeVideoJump: {-9, "warning"}, recorder.NoticeSkew: {-10, "warning"},
		recorder.NoticeNoAudio: {-17, "warning"}, recorder.NoticeNoVideo: {-18, "warning"}, recorder.NoticeResolution: {-100, "info"},
		recorder.NoticeWriteError: {-104, "error"}, recorder.NoticeParameters: {-120, "info"}, recorder.NoticeTracks: {-120, "info"},
		recorder.NoticeDroppedVideo: {-130, "warning"}, recorder.NoticeDroppedAudio: {-131, "warning"},
		recorder.NoticeLeftOutVideo: {-130, "warning"}, recorder.NoticeLeftOutAudio: {-131, "warning"},
	}
	_, db := newService(t)
	n := 0
	for kind, want := range kinds {
		c, _, _ := newChronicle(t, db)
		must(t, c.Open(t.Context()))
		first := notice(kind, "s", "hls")
		first.Count = 4
		c.Notice(first)
		first.Detail = "again"
		c.Notice(first)
		must(t, c.Close(t.Context()))
		events, got := written(t, db)
		if n++; len(events) != n || events[n-1].Type != rules.EventRecordException || events[n-1].Stream != "cam" {
			t.Fatalf("%s: %+v", kind, events)
		}
		body := map[string]any{
			"interface": "general_callback", "domain": "d", "path": "live/a", "stream_id": "cam", "session_id": got[n-1]["session_id"],
			"file_format": "ts", "timestamp": float64(events[n-1].At.Unix()), "exception_level": want.level,
			"exception": map[string]any{"type": want.number, "occurs": 8.0, "desc": "why"},
		}
		if d := cmp.Diff(body, got[n-1]); d != "" {
			t.Error(d)
		}
	}
}

// TestExceptionsAreMerged: those of one kind and recording become one, after two minutes or when the recording ends.
func TestExceptionsAreMerged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := &sessions{}
		c, h, _ := newChronicle(t, db)
		must(t, c.Open(t.Context()))
		wait := func(d time.Duration, want ...string) {
			t.Helper()
			time.Sleep(d)
			synctest.Wait()
			if d := cmp.Diff(want, db.said(t)); d != "" {
				t.Error(d)
			}
		}
		const drop, jump = recorder.NoticeDroppedVideo, recorder.NoticeVideoJump
		for range 100 {
			c.Notice(notice(drop, "s", "flv"))
		}
		c.Notice(notice(drop, "s", "mp4"))
		wait(time.Minute)
		c.Notice(notice(drop, "s", "flv"))
		c.Notice(notice(jump, "s", "flv"))
		wait(59 * time.Second)
		wait(2*time.Second, "flv -130 101x", "mp4 -130 1x")
		c.Notice(notice(drop, "s", "flv")) // the next two minutes
		wait(time.Minute, "flv -9 1x")
		c.Notice(notice(drop, "other", "flv"))
		c.Notice(notice(recorder.NoticeEnded, "s", "flv"))
		wait(0, "flv -130 1x", "record_ended")
		wait(3*time.Minute, "flv -130 1x")

		s := push(t, h, "cam")
		c.Notice(notice(drop, s.ID, "flv"))
		wait(0, " 0 0x")
		s.End(stream.EndClient, "")
		wait(0, "flv -130 1x", " 0 0x")
		c.Notice(notice(drop, "s", "flv"))
		must(t, c.Close(t.Context()))
		wait(0, "flv -130 1x")
		c.Notice(notice(drop, "s", "flv")) // too late
	})
}

// TestAlarmsComeAtOnce: somebody is to do something now.
func TestAlarmsComeAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := &sessions{}
		c, _, _ := newChronicle(t, db)
		must(t, c.Open(t.Context()))
		c.Notice(notice(recorder.NoticeLowRoom, "s", "flv"))
		c.Notice(notice(recorder.NoticeSilent, "s", ""))
		synctest.Wait()
		if d := cmp.Diff([]string{"flv -104 1x", " -18 1x"}, db.said(t)); d != "" {
			t.Error(d)
		}
		must(t, c.Close(t.Context()))
	})
}

// TestExceptionsOfManyRecordings: each has its own, and they are flushed in the order of their first.
func TestExceptionsOfManyRecordings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := &sessions{}
		c, _, _ := newChronicle(t, db)
		must(t, c.Open(t.Context()))
		var want []string
		for i := range 50 {
			for range i + 1 {
				c.Notice(notice(recorder.NoticeDroppedAudio, fmt.Sprint(i), "aac"))
			}
			want = append(want, fmt.Sprintf("aac -131 %dx", i+1))
			time.Sleep(time.Second)
		}
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if got := db.said(t); !slices.Equal(got, want) {
			t.Error(cmp.Diff(want, got))
		}
		must(t, c.Close(t.Context()))
	})
}
