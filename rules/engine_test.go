package rules

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"aircheck/ingest/media"
	"aircheck/ingest/stream"
	"aircheck/recorder"
	"aircheck/recorder/container"
	"aircheck/vod"
)

// newEngine returns an engine that notes what it starts, and its log.
func newEngine(s *Service, started *[]recorder.Spec, fails error) (*Engine, *bytes.Buffer) {
	log := &bytes.Buffer{}
	record := func(spec recorder.Spec, _ *stream.Stream) error {
		*started = append(*started, spec)
		return fails
	}
	return &Engine{Service: s, Record: record, Log: slog.New(slog.NewTextHandler(log, nil))}, log
}

func publish(t *testing.T, e *Engine, name string) *stream.Stream {
	t.Helper()
	hub := &stream.Hub{Attach: e.Attach}
	s, err := hub.Publish(stream.Publisher{
		Key: media.StreamKey{Domain: "clean.d", App: "live", Stream: name}, Params: "a=b",
	})
	must(t, err)
	t.Cleanup(hub.Close)
	return s
}

func TestAttach(t *testing.T) {
	s, m := newService()
	both, err := s.CreateTemplate(t.Context(), Template{
		Name: "both",
		Mp4: FormatParam{
			Enable: true, RecordInterval: 60, StorageTime: 3600, VodSubAppID: 1, ClassID: 2, VodFileName: "{StreamID}",
			Procedure: "flow", StorageMode: "cold",
		},
		Flv: FormatParam{Enable: true},
	})
	must(t, err)
	none, err := s.CreateTemplate(t.Context(), Template{Name: "none"})
	must(t, err)
	var started []recorder.Spec
	e, log := newEngine(s, &started, nil)

	publish(t, e, "unknown")
	if len(started) > 0 || !strings.Contains(log.String(), `reason="no rule applies"`) {
		t.Error("without rules:", started, log)
	}

	must(t, s.CreateRule(t.Context(), Rule{RuleKey: RuleKey{Domain: "d"}, TemplateID: both}))
	must(t, s.CreateRule(t.Context(), Rule{RuleKey: RuleKey{Domain: "d", Stream: "private"}, TemplateID: none}))
	log.Reset()
	publish(t, e, "private")
	if len(started) > 0 || !strings.Contains(log.String(), `reason="the template has no format"`) ||
		!strings.Contains(log.String(), "rule=clean.d/*/private template=2 template_name=none shadowed=1") {
		t.Error("a template without format:", started, log)
	}

	log.Reset()
	reads := m.reads
	live := publish(t, e, "cam")
	if m.reads != reads {
		t.Error("Attach read the store")
	}
	want := []recorder.Spec{
		{
			Key: live.Key(), SessionID: live.ID, Params: "a=b", Cause: recorder.Cause{Kind: "rule", ID: "clean.d/*/*"},
			TemplateID: both, Format: "flv", Interval: 30 * time.Minute, StorageClass: "STANDARD",
		},
		{
			Key: live.Key(), SessionID: live.ID, Params: "a=b", Cause: recorder.Cause{Kind: "rule", ID: "clean.d/*/*"},
			TemplateID: both, Format: "mp4", Interval: time.Minute, FileName: "{StreamID}", StorageTime: time.Hour,
			SubAppID: 1, ClassID: 2, StorageClass: "STANDARD_IA", Procedure: "flow",
		},
	}
	if d := cmp.Diff(want, started); d != "" {
		t.Error(d)
	}
	if !strings.Contains(log.String(), "formats=flv,mp4") || !strings.Contains(log.String(), "rule=clean.d/*/* template=1") {
		t.Error("log:", log)
	}
}

func TestAttachGoesOnAfterError(t *testing.T) {
	s, _ := newService()
	id, err := s.CreateTemplate(t.Context(), Template{Name: "x", Flv: FormatParam{Enable: true}, Mp4: FormatParam{Enable: true}})
	must(t, err)
	must(t, s.CreateRule(t.Context(), Rule{RuleKey: RuleKey{Domain: "d"}, TemplateID: id}))
	var started []recorder.Spec
	e, log := newEngine(s, &started, errors.New("disk full"))
	publish(t, e, "cam")
	if len(started) != 2 || strings.Count(log.String(), `error="disk full"`) != 2 {
		t.Error(len(started), log)
	}
}

type picture struct{ media.Codec }

func (picture) Name() string     { return "h264" }
func (picture) Kind() media.Kind { return media.Video }
func (picture) Size() (int, int) { return 640, 360 }

type sound struct{ media.Codec }

func (sound) Name() string     { return "aac" }
func (sound) Kind() media.Kind { return media.Audio }
func (sound) SampleRate() int  { return 44100 }
func (sound) Channels() int    { return 2 }

func finished() recorder.File {
	start := time.Date(2026, 1, 2, 3, 4, 5, 678e6, time.UTC)
	return recorder.File{
		ID: 123456789012345678,
		Spec: recorder.Spec{
			Key: media.StreamKey{Domain: "d", App: "live", Stream: "cam"}, SessionID: "session", Params: "a=b",
			Cause: recorder.Cause{Kind: "rule", ID: "d/*/*"}, TemplateID: 3, Format: "mp4", StorageTime: time.Hour,
			SubAppID: 4, ClassID: 5, StorageClass: "STANDARD", Procedure: "flow",
		},
		StorageID: "storage", ObjectKey: "d/live/cam/x.mp4", Name: "x y", Size: 99,
		Start: start, End: start.Add(time.Minute),
		Summary: container.Summary{Duration: time.Minute, Tracks: []container.TrackSummary{
			{Track: &media.Track{ID: 1, Codec: picture{}}, Units: 301, Bytes: 70, First: time.Second, Last: 11 * time.Second},
			{Track: &media.Track{ID: 2, Codec: sound{}}, Units: 10, Bytes: 20, Last: time.Second},
		}},
		Gaps:   []recorder.Gap{{At: time.Second, Units: 1, Bytes: 2, Reason: "too slow"}},
		Reason: recorder.CutInterval, Recovered: true,
	}
}

func TestFinished(t *testing.T) {
	s, m := newService()
	e, log := newEngine(s, nil, nil)
	f := finished()
	must(t, e.Finished(t.Context(), f))
	got := m.files[0]
	if !isNow(got.CreateTime) {
		t.Error("CreateTime:", got.CreateTime)
	}
	want := vod.Asset{
		ID: 123456789012345678, Name: "x y", Container: "mp4", Status: vod.StatusNormal, StorageID: "storage",
		ObjectKey: "d/live/cam/x.mp4", Size: 99, Duration: time.Minute, Start: f.Start, End: f.End, CreateTime: got.CreateTime,
		UpdateTime: got.CreateTime, ExpireTime: f.End.Add(time.Hour), Domain: "d", App: "live", Stream: "cam",
		SessionID: "session", Params: "a=b", TemplateID: 3, CauseKind: "rule", Cause: "d/*/*", SubAppID: 4, ClassID: 5,
		StorageClass: "STANDARD", Procedure: "flow",
		Tracks: []vod.Track{
			{Kind: "video", Codec: "h264", Width: 640, Height: 360, FrameRate: 30, Units: 301, Bytes: 70},
			{Kind: "audio", Codec: "aac", SampleRate: 44100, Channels: 2, Units: 10, Bytes: 20},
		},
		Gaps:   []vod.Gap{{At: time.Second, Units: 1, Bytes: 2, Reason: "too slow"}},
		Reason: "interval", Recovered: true,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	event := Event{
		Type: EventFileReady, Domain: "d", App: "live", Stream: "cam", Payload: []byte(`{"FileID":"123456789012345678"}`),
		At: got.CreateTime,
	}
	if d := cmp.Diff(event, m.events[0]); d != "" {
		t.Error(d)
	}
	for _, part := range []string{"file_id=123456789012345678", `name="x y"`, "duration=1m0s", "size=99", "/x%20y.mp4"} {
		if strings.Count(log.String(), "\n") != 1 || !strings.Contains(log.String(), part) {
			t.Errorf("log lacks %s: %s", part, log)
		}
	}
	f.Spec.StorageTime = 0
	must(t, e.Finished(context.Background(), f))
	if !m.files[1].ExpireTime.IsZero() {
		t.Error("a file kept for ever expires at", m.files[1].ExpireTime)
	}
	m.fails = errors.New("store failed")
	wantError(t, e.Finished(t.Context(), f), m.fails)
}

// TestFrameRate: what has no rate has none, rather than a wrong one.
func TestFrameRate(t *testing.T) {
	for _, c := range []struct {
		summary container.TrackSummary
		want    float64
	}{
		{container.TrackSummary{Units: 1}, 0},
		{container.TrackSummary{Units: 5}, 0},
		{container.TrackSummary{Units: 2, Last: 10 * time.Second}, 0.1},
		{container.TrackSummary{Units: 300, Last: 9976633333}, 29.97},
	} {
		c.summary.Track = &media.Track{Codec: picture{}}
		if got := newTrack(c.summary).FrameRate; got != c.want {
			t.Errorf("%+v: %v, want %v", c.summary, got, c.want)
		}
	}
}
