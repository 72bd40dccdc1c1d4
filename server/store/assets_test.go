package store

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"aircheck/rules"
	"aircheck/vod"
)

func searchAll() vod.Filter { return vod.Filter{Limit: vod.MaxReach} }

// asset is a file with a value of its own in every field.
func asset(id int64) vod.Asset {
	a := vod.Asset{
		ID: vod.FileID(id), Name: fmt.Sprintf("name %d", id), Description: "what it is", Container: "mp4",
		Status: vod.StatusNormal, StorageID: "storage", ObjectKey: fmt.Sprintf("live/%d.mp4", id), PlaylistKey: "live/index.m3u8", Size: 1 << 40,
		Duration: time.Hour + 1, Start: at.Truncate(time.Millisecond), End: at.Add(time.Hour).Truncate(time.Millisecond),
		CreateTime: at.Add(time.Duration(id) * time.Second), UpdateTime: at.Add(3 * time.Hour), ExpireTime: at.Add(time.Hour),
		Domain: "localhost", App: "live", Stream: "cam", SessionID: "session", Params: "a=b&c=%20", TemplateID: 7,
		CauseKind: "rule", Cause: "localhost/*/*", SubAppID: 0, ClassID: 3, StorageClass: vod.StorageClassIA,
		Procedure: "flow", Reason: "interval", Recovered: true, SHA256: "abc", SourceType: vod.SourceRecord,
		Tracks: []vod.Track{
			{Kind: "video", Codec: "h264", Width: 1920, Height: 1080, FrameRate: 29.97, Units: 100, Bytes: 1 << 35},
			{Kind: "audio", Codec: "aac", SampleRate: 48000, Channels: 2, Units: 200, Bytes: 300},
		},
		Gaps: []vod.Gap{{At: time.Second + 1, Units: 3, Bytes: 4, Reason: "too slow"}},
	}
	return a
}

func fileReady(a vod.Asset) rules.Event {
	payload, _ := json.Marshal(rules.FileReady{FileID: a.ID.String()})
	return rules.Event{
		Type: rules.EventFileReady, Domain: a.Domain, App: a.App, Stream: a.Stream, Payload: payload, At: a.CreateTime,
	}
}

func add(t testing.TB, s *Store, all ...vod.Asset) {
	t.Helper()
	for _, a := range all {
		must(t, s.AddFile(t.Context(), a, fileReady(a)))
	}
}

func events(t *testing.T, s *Store) []eventRow {
	t.Helper()
	var rows []eventRow
	must(t, s.reader.Order("id").Find(&rows).Error)
	return rows
}

// TestAssetRoundTrip also fails when a field is added to Asset and not to asset or the table.
func TestAssetRoundTrip(t *testing.T) {
	s := open(t)
	full := asset(1 << 62)
	full.SubAppID = 9
	full.Hold = vod.Hold{Since: at.Add(time.Minute), Reason: "evidence", By: "AKIDexample"}
	full.SourceContext, full.Cover, full.Forbidden = "made by hand", "1/cover.jpg", true
	full.Note = "its class is gone"
	full.Edits = vod.EditName | vod.EditExpiry
	full.Tags, full.KeyFrames = []string{"news", "新闻"}, []vod.KeyFrame{{At: time.Second + 1, Content: "goal"}}
	v := reflect.ValueOf(full)
	for i := range v.NumField() {
		if v.Field(i).IsZero() {
			t.Errorf("%s has no value in this test", v.Type().Field(i).Name)
		}
	}
	bare := vod.Asset{ID: 1, Status: vod.StatusNormal}
	add(t, s, full, bare)
	got, err := s.AssetsByID(t.Context(), []vod.FileID{bare.ID, 77, full.ID})
	must(t, err)
	if d := cmp.Diff([]vod.Asset{bare, full}, got); d != "" {
		t.Error(d)
	}
	got, err = s.AssetsByID(t.Context(), []vod.FileID{full.ID, bare.ID, full.ID})
	must(t, err)
	if len(got) != 2 || got[0].ID != full.ID || got[1].ID != bare.ID {
		t.Error("order:", got)
	}
	if got, err := s.AssetsByID(t.Context(), nil); len(got) != 0 || err != nil {
		t.Error("no ids:", got, err)
	}
}

func TestAddFileOnce(t *testing.T) {
	s := open(t)
	a := asset(5)
	add(t, s, a)
	changed := a
	changed.Name = "another name"
	add(t, s, changed)
	got, err := s.AssetsByID(t.Context(), []vod.FileID{5})
	must(t, err)
	if d := cmp.Diff([]vod.Asset{a}, got); d != "" {
		t.Error("added twice:", d)
	}
	must(t, s.MarkDeleting(t.Context(), 5))
	add(t, s, a)
	must(t, s.PurgeAsset(t.Context(), 5))
	add(t, s, a)
	if got, err := s.AssetsByID(t.Context(), []vod.FileID{5}); len(got) != 0 || err != nil {
		t.Error("a deleted file came back:", got, err)
	}
	rows := events(t, s)
	want := eventRow{
		ID: 1, Type: 100, Domain: "localhost", App: "live", Stream: "cam", Payload: `{"FileID":"5"}`,
		At: toMicro(a.CreateTime), State: "pending", NextAt: toMicro(a.CreateTime),
	}
	if d := cmp.Diff([]eventRow{want}, rows); d != "" {
		t.Error("events:", d)
	}
}

func TestAddFileConcurrently(t *testing.T) {
	s := open(t)
	const writers, files = 16, 20
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			for id := range files {
				a := asset(int64(id + 1))
				if err := s.AddFile(t.Context(), a, fileReady(a)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	page, err := s.SearchAssets(t.Context(), searchAll())
	if err != nil || page.Total != files || len(page.Assets) != files {
		t.Error(page.Total, len(page.Assets), err)
	}
	if rows := events(t, s); len(rows) != files || rows[files-1].ID != files {
		t.Errorf("%d events, want %d", len(rows), files)
	}
}

func TestDeletion(t *testing.T) {
	s := open(t)
	if last, err := s.LastFileID(t.Context()); err != nil || last != 0 {
		t.Error("the last ID of none:", last, err)
	}
	for id := range int64(5) {
		add(t, s, asset(id+1))
	}
	wantError(t, s.MarkDeleting(t.Context(), 99), vod.ErrNotFound)
	for _, id := range []vod.FileID{2, 4, 5} {
		must(t, s.MarkDeleting(t.Context(), id))
	}
	wantError(t, s.MarkDeleting(t.Context(), 2), vod.ErrNotFound)
	wantError(t, s.SetSHA256(t.Context(), 2, "x"), vod.ErrNotFound)
	must(t, s.PurgeAsset(t.Context(), 1))
	must(t, s.PurgeAsset(t.Context(), 5))
	must(t, s.PurgeAsset(t.Context(), 5))
	page, err := s.SearchAssets(t.Context(), searchAll())
	if got := ids(page.Assets); err != nil || !cmp.Equal(got, []vod.FileID{1, 3}) || page.Total != 2 {
		t.Error("visible:", got, page.Total, err)
	}
	left, err := s.Deleting(t.Context(), 0, 10)
	if got := ids(left); err != nil || !cmp.Equal(got, []vod.FileID{2, 4}) {
		t.Error("deleting:", got, err)
	}
	if left[0].Status != vod.StatusDeleting {
		t.Error("status:", left[0].Status)
	}
	left, err = s.Deleting(t.Context(), 2, 10)
	if got := ids(left); err != nil || !cmp.Equal(got, []vod.FileID{4}) {
		t.Error("deleting after 2:", got, err)
	}
	if left, err = s.Deleting(t.Context(), 0, 1); err != nil || len(left) != 1 {
		t.Error("limit:", left, err)
	}
	if last, err := s.LastFileID(t.Context()); err != nil || last != 5 {
		t.Error("the last ID, of a file that is gone:", last, err)
	}
}

func TestExpired(t *testing.T) {
	s := open(t)
	forever, soon, late, gone := asset(1), asset(2), asset(3), asset(4)
	forever.ExpireTime = time.Time{}
	soon.ExpireTime, late.ExpireTime, gone.ExpireTime = at.Add(time.Minute), at.Add(time.Hour), at
	add(t, s, forever, late, soon, gone)
	must(t, s.MarkDeleting(t.Context(), gone.ID))
	for _, c := range []struct {
		now   time.Time
		limit int
		want  []vod.FileID
	}{
		{at.Add(time.Minute - time.Microsecond), 10, nil},
		{at.Add(time.Minute), 10, []vod.FileID{2}},
		{at.Add(time.Hour), 10, []vod.FileID{2, 3}},
		{at.Add(time.Hour), 1, []vod.FileID{2}},
		{at.AddDate(1000, 0, 0), 10, []vod.FileID{2, 3}},
	} {
		got, err := s.Expired(t.Context(), c.now, c.limit)
		if err != nil || !cmp.Equal(append([]vod.FileID{}, c.want...), append([]vod.FileID{}, got...)) {
			t.Errorf("at %v: %v %v, want %v", c.now, got, err, c.want)
		}
	}
}

func TestUnhashed(t *testing.T) {
	s := open(t)
	for id := range int64(4) {
		a := asset(id + 1)
		a.SHA256 = ""
		add(t, s, a)
	}
	add(t, s, asset(9))
	must(t, s.SetSHA256(t.Context(), 2, "f00d"))
	must(t, s.MarkDeleting(t.Context(), 3))
	for _, c := range []struct {
		after vod.FileID
		limit int
		want  []vod.FileID
	}{{0, 10, []vod.FileID{1, 4}}, {0, 1, []vod.FileID{1}}, {1, 10, []vod.FileID{4}}, {4, 10, nil}} {
		got, err := s.Unhashed(t.Context(), c.after, c.limit)
		if err != nil || !cmp.Equal(ids(got), append([]vod.FileID{}, c.want...)) {
			t.Errorf("after %d: %v %v, want %v", c.after, ids(got), err, c.want)
		}
	}
	got, err := s.AssetsByID(t.Context(), []vod.FileID{2})
	if err != nil || got[0].SHA256 != "f00d" {
		t.Error(got, err)
	}
}

func ids(all []vod.Asset) []vod.FileID {
	out := []vod.FileID{}
	for _, a := range all {
		out = append(out, a.ID)
	}
	return out
}

// TestDamagedRows: what cannot be read is an error that names the row, not an empty field.
func TestDamagedRows(t *testing.T) {
	s := open(t)
	add(t, s, asset(7))
	id := create(t, s)
	for _, c := range []struct{ damage, want string }{
		{"UPDATE assets SET gaps = '{'", "gaps of file 7"},
		{"UPDATE assets SET tracks = '{'", "tracks of file 7"},
	} {
		must(t, s.writer.Exec(c.damage).Error)
		_, err := s.AssetsByID(t.Context(), []vod.FileID{7})
		_, searched := s.SearchAssets(t.Context(), searchAll())
		for _, err := range []error{err, searched} {
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want the %s", err, c.want)
			}
		}
	}
	must(t, s.writer.Exec("UPDATE templates SET formats = '{'").Error)
	_, read := s.Templates(t.Context())
	for _, err := range []error{read, s.UpdateTemplate(t.Context(), id, func(*rules.Template) error { return nil })} {
		if err == nil || !strings.Contains(err.Error(), "formats of template 1") {
			t.Errorf("got %v", err)
		}
	}
}

// TestFileAndEventAreOne: a file whose event cannot be written is not in the catalogue, and can be added later.
func TestFileAndEventAreOne(t *testing.T) {
	s := open(t)
	must(t, s.writer.Exec("ALTER TABLE events RENAME TO away").Error)
	if err := s.AddFile(t.Context(), asset(1), fileReady(asset(1))); err == nil {
		t.Error("no error")
	}
	if page, err := s.SearchAssets(t.Context(), searchAll()); page.Total != 0 || err != nil {
		t.Error("half of a transaction is there:", page, err)
	}
	must(t, s.writer.Exec("ALTER TABLE away RENAME TO events").Error)
	add(t, s, asset(1))
	if page, err := s.SearchAssets(t.Context(), searchAll()); page.Total != 1 || err != nil {
		t.Error("not added later:", page, err)
	}
	if rows := events(t, s); len(rows) != 1 {
		t.Error("events:", rows)
	}
}
