package store

import (
	"fmt"
	"maps"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"aircheck/vod"
)

// begun is an asset while it is recorded.
func begun(id int64) vod.Asset {
	a := asset(id)
	a.Status, a.ObjectKey, a.PlaylistKey = vod.StatusRecording, fmt.Sprintf(".open/%d.hls", id), fmt.Sprintf(".open/%d.m3u8", id)
	a.Name, a.Size, a.Duration, a.SHA256, a.Reason, a.Recovered = "unfinished", 5, time.Second, "", "", false
	a.ExpireTime = time.Time{}
	return a
}

func get(t *testing.T, s *Store, id vod.FileID) []vod.Asset {
	t.Helper()
	got, err := s.AssetsByID(t.Context(), []vod.FileID{id})
	must(t, err)
	return got
}

// TestRecordingInAnyOrder takes one file through every order of what can be told of it.
func TestRecordingInAnyOrder(t *testing.T) {
	file, live := asset(7), begun(7)
	steps := map[byte]func(*Store) error{
		'b': func(s *Store) error { return s.AddRecording(t.Context(), live) },
		'f': func(s *Store) error { return s.AddFile(t.Context(), file, fileReady(file)) },
		'g': func(s *Store) error { return s.RemoveRecordings(t.Context(), []vod.FileID{7}) },
		'd': func(s *Store) error { return s.MarkDeleting(t.Context(), 7) },
		'p': func(s *Store) error { return s.PurgeAsset(t.Context(), 7) },
	}
	for order, want := range map[string]struct {
		found  []vod.Asset
		events int
	}{
		"b":       {[]vod.Asset{live}, 0},
		"bb":      {[]vod.Asset{live}, 0},
		"f":       {[]vod.Asset{file}, 1},
		"bf":      {[]vod.Asset{file}, 1},
		"fb":      {[]vod.Asset{file}, 1},
		"bffb":    {[]vod.Asset{file}, 1},
		"bfg":     {[]vod.Asset{file}, 1},
		"bg":      {[]vod.Asset{}, 0},
		"bgg":     {[]vod.Asset{}, 0},
		"gb":      {[]vod.Asset{}, 0},
		"bgb":     {[]vod.Asset{}, 0},
		"bgf":     {[]vod.Asset{}, 0},
		"bp":      {[]vod.Asset{live}, 0},
		"bfd":     {[]vod.Asset{}, 1},
		"bfdbfg":  {[]vod.Asset{}, 1},
		"bfdpbfg": {[]vod.Asset{}, 1},
	} {
		t.Run(order, func(t *testing.T) {
			s := open(t)
			for _, step := range []byte(order) {
				must(t, steps[step](s))
			}
			if d := cmp.Diff(want.found, get(t, s, 7)); d != "" {
				t.Error(d)
			}
			if n := len(events(t, s)); n != want.events {
				t.Errorf("%d events, want %d", n, want.events)
			}
			if last, err := s.LastFileID(t.Context()); last != 7 || err != nil {
				t.Error("the ID is not known:", last, err)
			}
		})
	}
}

// TestRecordingIsLeftAlone: what works on finished files does not touch one that is being recorded.
func TestRecordingIsLeftAlone(t *testing.T) {
	s := open(t)
	live := begun(1)
	live.ExpireTime = at // even so
	must(t, s.AddRecording(t.Context(), live))
	add(t, s, asset(2))
	wantError(t, s.MarkDeleting(t.Context(), 1), vod.ErrRecording)
	wantError(t, s.SetSHA256(t.Context(), 1, "x"), vod.ErrRecording)
	if got, err := s.Unhashed(t.Context(), 0, 10); len(got) > 0 || err != nil {
		t.Error("to be hashed:", ids(got), err)
	}
	if got, err := s.Expired(t.Context(), at.AddDate(9, 0, 0), 10); !cmp.Equal(got, []vod.FileID{2}) || err != nil {
		t.Error("expired:", got, err)
	}
	if got, err := s.Recordings(t.Context()); !cmp.Equal(got, []vod.FileID{1}) || err != nil {
		t.Error("recordings:", got, err)
	}
	if d := cmp.Diff([]vod.Asset{live}, get(t, s, 1)); d != "" {
		t.Error(d)
	}
}

func TestSearchByStatus(t *testing.T) {
	s := open(t)
	for id := range int64(3) {
		add(t, s, asset(id+1))
		must(t, s.AddRecording(t.Context(), begun(id+11)))
	}
	must(t, s.MarkDeleting(t.Context(), 3))
	normal, recording := vod.StatusNormal, vod.StatusRecording
	for _, c := range []struct {
		filter vod.Filter
		want   []vod.FileID
	}{
		{vod.Filter{}, []vod.FileID{1, 2, 11, 12, 13}},
		{vod.Filter{Streams: []string{"cam"}}, []vod.FileID{1, 2, 11, 12, 13}},
		{vod.Filter{Statuses: []vod.Status{normal, recording}}, []vod.FileID{1, 2, 11, 12, 13}},
		{vod.Filter{Statuses: []vod.Status{normal}}, []vod.FileID{1, 2}},
		{vod.Filter{Statuses: []vod.Status{recording}}, []vod.FileID{11, 12, 13}},
		{vod.Filter{Statuses: []vod.Status{recording}, IDs: []vod.FileID{1, 12}}, []vod.FileID{12}},
		{vod.Filter{Statuses: []vod.Status{recording}, Streams: []string{"cam"}, Containers: []string{"mp4"}}, []vod.FileID{11, 12, 13}},
		{vod.Filter{Statuses: []vod.Status{vod.StatusDeleting}}, []vod.FileID{}},
		{vod.Filter{Expires: vod.TimeRange{From: at.AddDate(100, 0, 0)}}, []vod.FileID{11, 12, 13}},
	} {
		c.filter.Limit = 10
		page, err := s.SearchAssets(t.Context(), c.filter)
		must(t, err)
		if d := cmp.Diff(c.want, ids(page.Assets)); d != "" || page.Total != len(c.want) {
			t.Errorf("%+v: total %d, %s", c.filter, page.Total, d)
		}
	}
}

// TestRemoveManyRecordings takes more than one query has room for.
func TestRemoveManyRecordings(t *testing.T) {
	s := open(t)
	var all []vod.FileID
	for id := range int64(2*maxIn + 1) {
		all = append(all, vod.FileID(id+1))
	}
	must(t, s.AddRecording(t.Context(), begun(1)))
	must(t, s.AddRecording(t.Context(), begun(2*maxIn+1)))
	must(t, s.AddRecording(t.Context(), begun(2*maxIn+2)))
	add(t, s, asset(5))
	must(t, s.RemoveRecordings(t.Context(), all))
	must(t, s.RemoveRecordings(t.Context(), nil))
	page, err := s.SearchAssets(t.Context(), searchAll())
	if got := ids(page.Assets); err != nil || !cmp.Equal(got, []vod.FileID{5, 2*maxIn + 2}) {
		t.Error("left:", got, err)
	}
}

// TestRecordingConcurrently: whatever the order of begin, end and failure of a file, it is finished once.
func TestRecordingConcurrently(t *testing.T) {
	s := open(t)
	const files = 20
	var wg sync.WaitGroup
	for id := range int64(files) {
		a, live := asset(id+1), begun(id+1)
		for range 2 {
			wg.Go(func() {
				if err := s.AddRecording(t.Context(), live); err != nil {
					t.Error(err)
				}
			})
			wg.Go(func() {
				if err := s.AddFile(t.Context(), a, fileReady(a)); err != nil {
					t.Error(err)
				}
			})
		}
	}
	wg.Wait()
	page, err := s.SearchAssets(t.Context(), vod.Filter{Statuses: []vod.Status{vod.StatusNormal}, Limit: 100})
	if err != nil || page.Total != files || len(events(t, s)) != files {
		t.Error(page.Total, len(events(t, s)), err)
	}
}

// TestFinishIsOne: a file whose event cannot be written is still being recorded, and can be finished later.
func TestFinishIsOne(t *testing.T) {
	s := open(t)
	must(t, s.AddRecording(t.Context(), begun(1)))
	must(t, s.writer.Exec("ALTER TABLE events RENAME TO away").Error)
	if err := s.AddFile(t.Context(), asset(1), fileReady(asset(1))); err == nil {
		t.Error("no error")
	}
	if d := cmp.Diff([]vod.Asset{begun(1)}, get(t, s, 1)); d != "" {
		t.Error("half of a transaction is there:", d)
	}
	must(t, s.writer.Exec("ALTER TABLE away RENAME TO events").Error)
	add(t, s, asset(1))
	if d := cmp.Diff([]vod.Asset{asset(1)}, get(t, s, 1)); d != "" || len(events(t, s)) != 1 {
		t.Error("not finished later:", d)
	}
}

// columns1 are the columns of assets in version 1.
const columns1 = "id, name, description, container, status, storage_id, object_key, size, duration, start_time, end_time, " +
	"create_time, update_time, expire_time, domain, app, stream, session_id, params, template_id, cause_kind, cause, sub_app_id, " +
	"class_id, storage_class, procedure_name, tracks, gaps, reason, recovered, sha256"

// version1 makes a database as the first version left it, with these assets.
func version1(t *testing.T, path string, assets ...vod.Asset) {
	t.Helper()
	db, err := connect(path, url.Values{}, 1)
	must(t, err)
	p, err := provider(db)
	must(t, err)
	_, err = p.UpTo(t.Context(), 1)
	must(t, err)
	for _, a := range assets {
		row, err := newAssetRow(a)
		must(t, err)
		must(t, db.Create(&assetIDRow{ID: row.ID}).Error)
		must(t, db.Select(strings.Split(columns1, ", ")).Create(&row).Error)
	}
	must(t, disconnect(db))
}

// schema lists tables and indexes with their definitions.
func schema(t *testing.T, s *Store) map[string]string {
	t.Helper()
	var rows []struct{ Name, SQL string }
	must(t, s.reader.Raw("SELECT name, COALESCE(sql, '') AS sql FROM sqlite_master").Scan(&rows).Error)
	out := map[string]string{}
	for _, r := range rows {
		out[r.Name] = r.SQL
	}
	return out
}

func TestUpgradeFromVersion1(t *testing.T) {
	path := filepath.Join(t.TempDir(), "aircheck.db")
	files := library()
	for i := range files {
		files[i].PlaylistKey = ""
	}
	unhashed, deleted := asset(20), asset(21)
	unhashed.SHA256, unhashed.PlaylistKey = "", ""
	deleted.Status, deleted.PlaylistKey = vod.StatusDeleting, ""
	files = append(files, unhashed)
	version1(t, path, append(slices.Clone(files), deleted)...)
	_, err := OpenReadOnly(t.Context(), path)
	wantError(t, err, ErrOlderSchema)

	s := openAt(t, path)
	var all []vod.FileID
	for _, a := range files {
		all = append(all, a.ID)
	}
	got, err := s.AssetsByID(t.Context(), append(all, deleted.ID))
	must(t, err)
	if d := cmp.Diff(files, got); d != "" {
		t.Error(d)
	}
	if got, err := s.Unhashed(t.Context(), 0, 10); !cmp.Equal(ids(got), []vod.FileID{20}) || err != nil {
		t.Error("unhashed:", ids(got), err)
	}
	if got, err := s.Deleting(t.Context(), 0, 10); !cmp.Equal(ids(got), []vod.FileID{21}) || err != nil {
		t.Error("deleting:", ids(got), err)
	}
	must(t, s.AddRecording(t.Context(), begun(30)))
	page, err := s.SearchAssets(t.Context(), vod.Filter{Streams: []string{"cam"}, Limit: 100})
	if err != nil || page.Total != len(files)-1 { // one of another stream, one of another application, and the new one
		t.Error(page.Total, err)
	}
	fresh := open(t)
	if d := cmp.Diff(slices.Sorted(maps.Keys(schema(t, fresh))), slices.Sorted(maps.Keys(schema(t, s)))); d != "" {
		t.Error("not the schema of a new database:", d)
	}
	if got := plan(t, s, vod.Filter{Streams: []string{"a"}, Limit: 10}); !strings.Contains(got, "USING INDEX assets_stream ") {
		t.Error("an index is not used:", got)
	}
}

// TestUpgradeIsOne: an upgrade that fails changes nothing, and can be made later.
func TestUpgradeIsOne(t *testing.T) {
	path := filepath.Join(t.TempDir(), "aircheck.db")
	a := asset(1)
	a.PlaylistKey = ""
	version1(t, path, a)
	// The last statement of the migration cannot be carried out.
	setVersion(t, path, "CREATE TABLE assets_recording (x TEXT)")
	if s, err := Open(t.Context(), path); err == nil || !strings.Contains(err.Error(), "from version 1 to ") || !strings.Contains(err.Error(), "version:2)") {
		t.Fatal(s, err)
	}
	setVersion(t, path, "DROP TABLE assets_recording")
	s := openAt(t, path)
	if d := cmp.Diff([]vod.Asset{a}, get(t, s, 1)); d != "" {
		t.Error(d)
	}
}

// BenchmarkRecording is what one recording costs here: it begins, and is finished with its event. Most of the time goes by while
// the disk syncs.
func BenchmarkRecording(b *testing.B) {
	s := open(b)
	b.ReportAllocs()
	for id := int64(1); b.Loop(); id++ {
		live, file := begun(id), asset(id)
		file.SHA256 = ""
		if err := s.AddRecording(b.Context(), live); err != nil {
			b.Fatal(err)
		}
		if err := s.AddFile(b.Context(), file, fileReady(file)); err != nil {
			b.Fatal(err)
		}
	}
}
