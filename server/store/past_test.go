package store

import (
	"slices"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"aircheck/ingest/media"
	"aircheck/vod"
)

// TestAssetsOf: what may hold something of a stream between two moments, under any SubAppId: what is there, and what is being recorded.
func TestAssetsOf(t *testing.T) {
	s := open(t)
	key := media.StreamKey{Domain: "localhost", App: "live", Stream: "cam"}
	made := func(id int64, begin, end time.Duration, change func(*vod.Asset)) {
		a := asset(id)
		a.Start, a.End, a.CreateTime, a.ExpireTime = at.Add(begin), at.Add(end), at.Add(end+time.Second), time.Time{}
		if change != nil {
			change(&a)
		}
		add(t, s, a)
	}
	made(1, 0, time.Minute, nil)
	made(2, time.Minute, 2*time.Minute, func(a *vod.Asset) { a.SubAppID = 5 })
	made(3, 2*time.Minute, 3*time.Minute, func(a *vod.Asset) { a.SubAppID = 99 })
	made(4, 3*time.Minute, 4*time.Minute, nil)
	made(5, time.Minute, 2*time.Minute, func(a *vod.Asset) { a.App = "other" })
	made(6, time.Minute, 2*time.Minute, func(a *vod.Asset) { a.Domain = "other.example.com" })
	made(7, time.Minute, 2*time.Minute, func(a *vod.Asset) { a.Stream = "other" })
	growing := asset(8)
	growing.Start, growing.End, growing.CreateTime, growing.Status = at.Add(-time.Hour), at.Add(-time.Hour), at.Add(-time.Hour), vod.StatusRecording
	must(t, s.AddRecording(t.Context(), growing))
	for _, c := range []struct {
		from, to time.Duration
		want     []vod.FileID
	}{
		{90 * time.Second, 150 * time.Second, []vod.FileID{8, 2, 3}},
		{-time.Minute, time.Hour, []vod.FileID{8, 1, 2, 3, 4}},
		{time.Hour, 2 * time.Hour, []vod.FileID{8}},
		{-3 * time.Hour, -2 * time.Hour, nil},
	} {
		found, err := s.AssetsOf(t.Context(), key, at.Add(c.from), at.Add(c.to))
		must(t, err)
		var got []vod.FileID
		for _, a := range found {
			got = append(got, a.ID)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("from %v to %v: %v, want %v", c.from, c.to, got, c.want)
		}
	}
}

// TestAssetsOfUsesIndex: it does not look at what else there is, nor at what a stream left long ago.
func TestAssetsOfUsesIndex(t *testing.T) {
	s := open(t)
	add(t, s, library()...)
	dry := s.reader.Session(&gorm.Session{DryRun: true})
	key := media.StreamKey{Domain: "localhost", App: "live", Stream: "cam"}
	steps := explain(t, s, assetsOf(dry, key, at, at.Add(time.Hour)).Find(&[]assetRow{}).Statement)
	for _, want := range []string{
		"SEARCH assets USING INDEX sqlite_autoindex_assets_1 (id=?)",
		"SEARCH assets USING COVERING INDEX assets_stream (sub_app_id=? AND stream=? AND create_time>?)",
		"SCAN assets USING INDEX assets_recording",
	} {
		if !strings.Contains(steps, want) {
			t.Errorf("%s: it does not %s", steps, want)
		}
	}
}
