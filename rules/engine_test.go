package rules_test

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/ingest/stream"
	"aircheck/recorder"
	"aircheck/recorder/container"
	"aircheck/rules"
	"aircheck/vod"
)

// newEngine returns an engine that notes what it starts, and its log.
func newEngine(s *rules.Service, started *[]recorder.Spec, fails error) (*rules.Engine, *bytes.Buffer) {
	log := &bytes.Buffer{}
	record := func(spec recorder.Spec, _ *stream.Stream) error {
		*started = append(*started, spec)
		return fails
	}
	return &rules.Engine{Service: s, Record: record, Log: slog.New(slog.NewTextHandler(log, nil))}, log
}

func publish(t *testing.T, e *rules.Engine, name string) *stream.Stream {
	t.Helper()
	hub := &stream.Hub{Attach: e.Attach}
	s, err := hub.Publish(stream.Publisher{Key: media.StreamKey{Domain: "d", App: "live", Stream: name}, Params: "a=b"})
	must(t, err)
	t.Cleanup(hub.Close)
	return s
}

func wantLog(t *testing.T, log *bytes.Buffer, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(log.String(), part) {
			t.Errorf("the log lacks %s: %s", part, log)
		}
	}
	log.Reset()
}

func TestAttach(t *testing.T) {
	s, db := newService(t)
	both := createTemplate(t, s, "both", enabled, rules.FormatParam{
		Enable: true, RecordInterval: 60, StorageTime: 3600, VodSubAppID: 1, ClassID: 2, VodFileName: "{StreamID}",
		Procedure: "flow", StorageMode: "cold",
	})
	none := createTemplate(t, s, "none", rules.FormatParam{}, rules.FormatParam{})
	var started []recorder.Spec
	e, log := newEngine(s, &started, nil)
	publish(t, e, "unknown")
	wantLog(t, log, `msg="stream not recorded" stream=d/live/unknown`, `reason="no rule applies"`)

	createRule(t, s, key("d", "", ""), both)
	createRule(t, s, key("d", "", "private"), none)
	must(t, db.Close()) // from here on, everything is in memory
	publish(t, e, "private")
	wantLog(t, log, "rule=d/*/private template=2 template_name=none shadowed=1", `reason="the template has no format"`)
	if len(started) > 0 {
		t.Error("started:", started)
	}

	live := publish(t, e, "cam")
	flv := recorder.Spec{
		Key: live.Key(), SessionID: live.ID, Params: "a=b", Cause: recorder.Cause{Kind: "rule", ID: "d/*/*"},
		TemplateID: both, Format: "flv", Interval: 30 * time.Minute, StorageClass: "STANDARD",
	}
	mp4 := flv
	mp4.Format, mp4.Interval, mp4.FileName, mp4.StorageTime = "mp4", time.Minute, "{StreamID}", time.Hour
	mp4.Folder = "app@1"
	mp4.SubAppID, mp4.ClassID, mp4.StorageClass, mp4.Procedure = 1, 2, "STANDARD_IA", "flow"
	if d := cmp.Diff([]recorder.Spec{flv, mp4}, started); d != "" {
		t.Error(d)
	}
	wantLog(t, log, `msg="stream is recorded"`, "rule=d/*/* template=1 template_name=both shadowed=0", "formats=flv,mp4")
}

// TestAttachGoesOnAfterError: one format that cannot be recorded does not keep the others from it.
func TestAttachGoesOnAfterError(t *testing.T) {
	s, _ := newService(t)
	createRule(t, s, key("d", "", ""), createTemplate(t, s, "both", enabled, enabled))
	var started []recorder.Spec
	e, log := newEngine(s, &started, errors.New("disk full"))
	publish(t, e, "cam")
	if len(started) != 2 {
		t.Error("started:", started)
	}
	wantLog(t, log, `format=flv error="disk full"`, `format=mp4 error="disk full"`)
}

func finished() recorder.File {
	start := time.Date(2026, 1, 2, 3, 4, 5, 678e6, time.UTC)
	return recorder.File{
		ID: 123456789012345678,
		Spec: recorder.Spec{
			Key: media.StreamKey{Domain: "d", App: "live", Stream: "cam"}, SessionID: "session", Params: "a=b",
			Cause: recorder.Cause{Kind: "rule", ID: "d/*/*"}, TemplateID: 3, Format: "mp4", StorageTime: time.Hour,
			SubAppID: 4, ClassID: 5, StorageClass: "STANDARD", Procedure: "flow",
		},
		StorageID: "storage", ObjectKey: "d/live/cam/x.mp4", Name: "x y", Size: 99, Start: start, End: start.Add(time.Minute),
		Summary: container.Summary{Duration: time.Minute, Tracks: []container.TrackSummary{
			{Track: mediatest.H264(1, 1000), Units: 301, Bytes: 70, First: time.Second, Last: 11 * time.Second},
			{Track: mediatest.AAC(2, 1000), Units: 10, Bytes: 20, Last: time.Second},
		}},
		Gaps:   []recorder.Gap{{At: time.Second, Units: 1, Bytes: 2, Reason: "too slow"}},
		Reason: recorder.CutInterval, Recovered: true,
	}
}

func TestFinished(t *testing.T) {
	s, db := newService(t)
	e, log := newEngine(s, nil, nil)
	f := finished()
	must(t, e.Finished(t.Context(), f))
	wantLog(t, log, `msg="file catalogued" file_id=123456789012345678 name="x y"`, "duration=1m0s", "size=99",
		"url=/vod/123456789012345678/x%20y.mp4")
	found, err := db.AssetsByID(t.Context(), []vod.FileID{123456789012345678})
	must(t, err)
	created := found[0].CreateTime
	if !isNow(created) {
		t.Error("CreateTime:", created)
	}
	width, height := f.Summary.Tracks[0].Track.Codec.(media.VideoCodec).Size()
	sound := f.Summary.Tracks[1].Track.Codec.(media.AudioCodec)
	want := vod.Asset{
		ID: 123456789012345678, Name: "x y", Container: "mp4", Status: vod.StatusNormal, StorageID: "storage",
		ObjectKey: "d/live/cam/x.mp4", Size: 99, Duration: time.Minute, Start: f.Start, End: f.End, CreateTime: created,
		UpdateTime: created, ExpireTime: f.End.Add(time.Hour), Domain: "d", App: "live", Stream: "cam",
		SessionID: "session", Params: "a=b", TemplateID: 3, CauseKind: "rule", Cause: "d/*/*", SubAppID: 4, ClassID: 5,
		StorageClass: "STANDARD", Procedure: "flow", SourceType: vod.SourceRecord,
		Tracks: []vod.Track{
			{Kind: "video", Codec: "h264", Width: width, Height: height, FrameRate: 30, Units: 301, Bytes: 70},
			{Kind: "audio", Codec: "aac", SampleRate: sound.SampleRate(), Channels: sound.Channels(), Units: 10, Bytes: 20},
		},
		Gaps:   []vod.Gap{{At: time.Second, Units: 1, Bytes: 2, Reason: "too slow"}},
		Reason: "interval", Recovered: true,
	}
	if d := cmp.Diff([]vod.Asset{want}, found); d != "" || width == 0 || sound.SampleRate() == 0 {
		t.Error(d)
	}
	must(t, db.Close())
	if err := e.Finished(t.Context(), f); err == nil {
		t.Error("no error without a database")
	}
}

func TestFinishedDetails(t *testing.T) {
	s, db := newService(t)
	e, _ := newEngine(s, nil, nil)
	for i, c := range []struct {
		units       int64
		first, last time.Duration
		want        float64
	}{
		{1, 0, 0, 0},
		{5, time.Second, time.Second, 0},
		{2, 0, 10 * time.Second, 0.1},
		{300, 0, 9976633333, 29.97},
	} {
		f := finished()
		f.ID = int64(i + 1)
		f.Spec.StorageTime = 0
		f.Summary.Tracks = []container.TrackSummary{
			{Track: mediatest.H264(1, 1000), Units: c.units, First: c.first, Last: c.last},
		}
		must(t, e.Finished(t.Context(), f))
		found, err := db.AssetsByID(t.Context(), []vod.FileID{vod.FileID(f.ID)})
		must(t, err)
		if got := found[0].Tracks[0].FrameRate; got != c.want {
			t.Errorf("%+v: %v frames per second", c, got)
		}
		if !found[0].ExpireTime.IsZero() {
			t.Error("a file kept for ever expires at", found[0].ExpireTime)
		}
	}
}
