package rules_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"aircheck/ingest/media"
	"aircheck/recorder"
	"aircheck/rules"
	"aircheck/server/store"
	"aircheck/vod"
)

// begun is finished when it has just begun.
func begun() recorder.File {
	f := finished()
	f.ObjectKey, f.PlaylistKey, f.Name = ".open/1.hls", ".open/1.m3u8", "begun"
	f.Size, f.End, f.Reason, f.Recovered, f.Gaps = 9, time.Time{}, "", false, nil
	f.Summary.Duration = time.Second
	f.Spec.Format = "hls"
	return f
}

func only(t *testing.T, db *store.Store) vod.Asset {
	t.Helper()
	found, err := db.SearchAssets(t.Context(), vod.Filter{SubAppID: 4, Limit: 10})
	must(t, err)
	if len(found.Assets) != 1 {
		t.Fatalf("%d files in the catalogue", len(found.Assets))
	}
	return found.Assets[0]
}

func TestBegun(t *testing.T) {
	s, db := newService(t)
	e, _ := newEngine(s, nil, nil)
	f := begun()
	must(t, e.Begun(t.Context(), f))
	got := only(t, db)
	if !isNow(got.CreateTime) {
		t.Error("CreateTime:", got.CreateTime)
	}
	width, height := f.Summary.Tracks[0].Track.Codec.(media.VideoCodec).Size()
	sound := f.Summary.Tracks[1].Track.Codec.(media.AudioCodec)
	want := vod.Asset{
		ID: 123456789012345678, Name: "begun", Container: "hls", Status: vod.StatusRecording, StorageID: "storage",
		ObjectKey: ".open/1.hls", PlaylistKey: ".open/1.m3u8", Size: 9, Duration: time.Second, Start: f.Start, End: f.Start,
		CreateTime: got.CreateTime, UpdateTime: got.CreateTime, Domain: "d", App: "live", Stream: "cam", SessionID: "session",
		Params: "a=b", TemplateID: 3, CauseKind: "rule", Cause: "d/*/*", SubAppID: 4, ClassID: 5, StorageClass: "STANDARD",
		Procedure: "flow", SourceType: vod.SourceRecord,
		Tracks: []vod.Track{
			{Kind: "video", Codec: "h264", Width: width, Height: height, FrameRate: 30},
			{Kind: "audio", Codec: "aac", SampleRate: sound.SampleRate(), Channels: sound.Channels()},
		},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// TestBegunThenFinished: nothing of the beginning is left in the finished asset, which enters the catalogue anew.
func TestBegunThenFinished(t *testing.T) {
	s, db := newService(t)
	e, _ := newEngine(s, nil, nil)
	must(t, e.Begun(t.Context(), begun()))
	before := time.Now()
	f := finished()
	f.PlaylistKey = "d/live/cam/x/index.m3u8"
	must(t, e.Finished(t.Context(), f))
	must(t, e.Finished(t.Context(), f))
	must(t, e.Begun(t.Context(), begun()))
	must(t, e.Gone(t.Context(), f.ID))
	got := only(t, db)

	alone, other := newService(t)
	e, _ = newEngine(alone, nil, nil)
	must(t, e.Finished(t.Context(), f))
	want := only(t, other)
	if got.CreateTime.Before(before.Truncate(time.Millisecond)) || got.PlaylistKey != f.PlaylistKey || got.Status != vod.StatusNormal {
		t.Errorf("%+v", got)
	}
	want.CreateTime, want.UpdateTime = got.CreateTime, got.UpdateTime
	if d := cmp.Diff(want, got); d != "" {
		t.Error("not as if it had never begun:", d)
	}
}

func TestGone(t *testing.T) {
	s, db := newService(t)
	e, _ := newEngine(s, nil, nil)
	none := func() {
		t.Helper()
		if page, err := db.SearchAssets(t.Context(), vod.Filter{SubAppID: 4, Limit: 10}); page.Total != 0 || err != nil {
			t.Error("in the catalogue:", page, err)
		}
	}
	must(t, e.Begun(t.Context(), begun()))
	must(t, e.Gone(t.Context(), begun().ID))
	none()
	must(t, e.Begun(t.Context(), begun()))
	must(t, e.Gone(t.Context(), begun().ID))
	none()
	early := begun()
	early.ID++
	must(t, e.Gone(t.Context(), early.ID))
	must(t, e.Begun(t.Context(), early))
	none()
}

func TestForget(t *testing.T) {
	s, db := newService(t)
	e, log := newEngine(s, nil, nil)
	if n, err := e.Forget(t.Context(), func(vod.FileID) bool { return false }); n != 0 || err != nil {
		t.Error("of none:", n, err)
	}
	for id := range int64(4) {
		f := begun()
		f.ID = id + 1
		must(t, e.Begun(t.Context(), f))
	}
	done := finished()
	done.ID = 4
	must(t, e.Finished(t.Context(), done))
	var asked []vod.FileID
	n, err := e.Forget(t.Context(), func(id vod.FileID) bool { asked = append(asked, id); return id == 2 })
	slices.Sort(asked)
	if n != 2 || err != nil || !slices.Equal(asked, []vod.FileID{1, 2, 3}) {
		t.Error(n, err, asked)
	}
	found, err := db.AssetsByID(t.Context(), []vod.FileID{1, 2, 3, 4})
	must(t, err)
	if len(found) != 2 || found[0].ID != 2 || found[1].ID != 4 {
		t.Error("left:", found)
	}
	if strings.Count(log.String(), "is lost") != 2 {
		t.Error("log:", log)
	}
}

func TestRecordingWithoutDatabase(t *testing.T) {
	s, db := newService(t)
	e, _ := newEngine(s, nil, nil)
	must(t, db.Close())
	_, forgot := e.Forget(t.Context(), func(vod.FileID) bool { return true })
	for _, err := range []error{e.Begun(t.Context(), begun()), e.Gone(t.Context(), 1), forgot} {
		if err == nil {
			t.Error("no error")
		}
	}
}

// TestEveryFormat: whatever this server records can be asked for. That HLS is not cut is the recorder's business.
func TestEveryFormat(t *testing.T) {
	s, _ := newService(t)
	s.Formats = []string{"flv", "mp4", "hls", "aac"}
	on := rules.FormatParam{Enable: true, RecordInterval: 120}
	id, err := s.CreateTemplate(t.Context(), rules.Template{Name: "all", Flv: on, Mp4: on, Hls: on, Aac: on, FlowContinueDuration: 30})
	must(t, err)
	createRule(t, s, key("d", "", ""), id)
	var started []recorder.Spec
	e, log := newEngine(s, &started, nil)
	publish(t, e, "cam")
	got := map[string]time.Duration{}
	for _, spec := range started {
		got[spec.Format] = spec.Interval
	}
	want := map[string]time.Duration{"flv": 2 * time.Minute, "mp4": 2 * time.Minute, "aac": 2 * time.Minute, "hls": 2 * time.Minute}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	wantLog(t, log, "formats=aac,flv,hls,mp4")
}

func TestSeedWithHLS(t *testing.T) {
	s, _ := newService(t)
	s.Formats = []string{"flv", "mp4", "hls", "aac"}
	must(t, s.Seed(t.Context(), "d"))
	f := templates(t, s)[0].Formats()
	if len(f) != 2 || f["mp4"].RecordInterval != 1800 || f["hls"].StorageTime != 0 || !f["hls"].Enable {
		t.Errorf("%+v", f)
	}
}
