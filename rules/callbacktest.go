package rules

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"aircheck/ingest/media"
)

// CallbackTest says where a sample event is sent: to a template's receiver of that type, or to URL.
type CallbackTest struct {
	TemplateID int64
	Type       EventType
	// URL has the place of the template's, if it is not empty; Key has that of the template's key, if there is no template.
	URL, Key string
}

// Test sends a sample event and returns what came of it. Nothing of it is stored. *InvalidError, ErrNotFound.
func (s *Callbacks) Test(ctx context.Context, test CallbackTest) (Delivery, error) {
	event, ok := sampleEvent(test.Type, now())
	if !ok {
		return Delivery{}, invalid("EventType", "%d is not 0, 1, 100, 332 or 341", test.Type)
	}
	url, key := test.URL, test.Key
	if test.TemplateID != 0 {
		t, err := s.Template(ctx, test.TemplateID)
		if err != nil {
			return Delivery{}, err
		}
		key = t.Key
		if t.RecordExceptionLevels = nil; url == "" { // the receiver is tested, whatever it is told of
			url = t.Receiver(test.Type, "")
		}
		if url == "" {
			return Delivery{}, invalid("EventType", "the template has no URL for events of type %d; give it one, or give a Url", test.Type)
		}
	}
	if url == "" {
		return Delivery{}, invalid("Url", "is empty; give it, or a TemplateId")
	}
	if err := s.validURL("Url", url); err != nil {
		return Delivery{}, err
	}
	if err := validText("CallbackKey", key, maxCallbackKey); err != nil {
		return Delivery{}, err
	}
	if s.Send == nil {
		return Delivery{}, errors.New("callbacks cannot be tested here: Send is not set")
	}
	return s.Send(ctx, &event, url, key)
}

// Names in sample events.
const (
	sampleDomain = "sample.example.com"
	sampleApp    = "live"
	sampleStream = "aircheck-test"
	sampleID     = "1"
)

// sampleEvent is an event of that type of a stream that does not exist; false if there is no such type.
func sampleEvent(kind EventType, at time.Time) (Event, bool) {
	key := media.StreamKey{Domain: sampleDomain, App: sampleApp, Stream: sampleStream}
	push := pushPayload{
		App: key.Domain, AppName: key.App, StreamID: key.Stream, ChannelID: key.Stream, EventTime: at.Unix(), Sequence: sampleID,
		Node: "192.0.2.1", UserIP: "192.0.2.2", ErrMsg: "ok",
	}
	switch kind {
	case EventStreamBegin:
		return newEvent(kind, key, at, push), true
	case EventStreamEnd:
		push.PushDuration, push.ErrCode, push.ErrMsg, push.Width, push.Height = "60000", codeStopped, "the publisher stopped", 1280, 720
		return newEvent(kind, key, at, push), true
	case EventFileReady:
		return newEvent(kind, key, at, FileReady{
			FileID: sampleID, Container: "mp4", PlayPath: "/vod/1/" + sampleStream + ".mp4", Start: at.Add(-time.Minute), End: at,
			Duration: time.Minute, Size: 1 << 20, VideoCodec: "h264", Width: 1280, Height: 720,
		}), true
	case EventRecordStatus:
		detail, _ := json.Marshal(statusDetail{
			FileFormat: statusFormats["mp4"], StartModel: startedByRule, RecordContent: contentOriginal, SourceType: sourceLive,
		})
		return newEvent(kind, key, at, statusPayload{
			AppName: key.App, Domain: key.Domain, EventTime: at.Unix(), RecordEvent: "record_start_succeeded", RecordDetail: string(detail),
			Seq: sampleID, SessionID: sampleID, StreamID: key.Stream,
		}), true
	case EventRecordException:
		return newEvent(kind, key, at, exceptionPayload{
			Interface: "general_callback", Domain: key.Domain, Path: key.App, StreamID: key.Stream, SessionID: sampleID, Format: "mp4",
			Timestamp: at.Unix(), Level: LevelInfo, Exception: exceptionBody{Type: -100, Occurs: 1, Desc: "a test: the size of the pictures changed"},
		}), true
	}
	return Event{}, false
}

// Backlog is what is still to be delivered.
type Backlog struct {
	Pending, Parked int
	// Oldest is when the oldest pending event happened; zero if there is none.
	Oldest time.Time
	// Events are the first of them, with where they go.
	Events []WaitingEvent
}

// WaitingEvent is an event that is still to be delivered.
type WaitingEvent struct {
	QueuedEvent
	URL string
}

// Backlog tells what is still to be delivered, and of at most limit events what they are.
func (s *Callbacks) Backlog(ctx context.Context, limit int) (b Backlog, err error) {
	if b.Pending, b.Parked, b.Oldest, err = s.Store.EventStats(ctx); err != nil {
		return b, err
	}
	if limit == 0 {
		return b, nil
	}
	events, err := s.Store.QueuedEvents(ctx, 0, limit)
	if err != nil {
		return b, err
	}
	for _, e := range events {
		w := WaitingEvent{QueuedEvent: e}
		if t, ok := s.Find(e.Domain, e.App); ok {
			w.URL = t.Receiver(e.Type, levelOf(e.Payload))
		}
		b.Events = append(b.Events, w)
	}
	return b, nil
}

// levelOf is the level of an exception; empty if there is none.
func levelOf(payload json.RawMessage) string {
	var p struct {
		Level string `json:"exception_level"`
	}
	_ = json.Unmarshal(payload, &p)
	return p.Level
}
