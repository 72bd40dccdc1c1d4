package store

import (
	"net/url"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aircheck/rules"
	"aircheck/vod"
)

// version8 makes a database as the last version without a search index left it, with these assets.
func version8(t *testing.T, path string, assets ...vod.Asset) {
	t.Helper()
	db, err := connect(path, url.Values{}, 1)
	must(t, err)
	p, err := provider(db)
	must(t, err)
	_, err = p.UpTo(t.Context(), 8)
	must(t, err)
	for _, a := range assets {
		row, err := newAssetRow(a)
		must(t, err)
		must(t, db.Create(&assetIDRow{ID: row.ID}).Error)
		must(t, db.Omit("source_type", "source_context", "tags", "key_frames", "cover", "forbidden", "edits", "note").Create(&row).Error)
	}
	must(t, disconnect(db))
}

// TestUpgradeFromVersion8: files in every state are in the index and in the sums of what is stored, and a recording that had begun is
// finished as it would have been.
func TestUpgradeFromVersion8(t *testing.T) {
	path := filepath.Join(t.TempDir(), "aircheck.db")
	states := []vod.Status{vod.StatusNormal, vod.StatusRecording, vod.StatusLost, vod.StatusDeleting}
	var old []vod.Asset
	for i := range 40 {
		a := asset(int64(i + 1))
		a.Status, a.SubAppID, a.ClassID, a.Size = states[i%4], int64(i%3)*7, int64(i%5), int64(i)
		old = append(old, a)
	}
	version8(t, path, old...)
	s := openAt(t, path)
	index(t, s)
	checkEntries(t, s)

	want := asset(2)
	add(t, s, want)
	want.SubAppID, want.ClassID = old[1].SubAppID, old[1].ClassID
	if d := cmp.Diff([]vod.Asset{want}, get(t, s, 2)); d != "" {
		t.Error(d)
	}
	must(t, s.RemoveRecordings(t.Context(), []vod.FileID{6}))
	must(t, s.MarkDeleting(t.Context(), 1))
	index(t, s)
	checkEntries(t, s)
	type sum struct{ App, Files, Bytes int64 }
	var kept, counted []sum
	must(t, s.reader.Raw("SELECT sub_app_id AS app, SUM(files) AS files, SUM(bytes) AS bytes FROM storage_usage GROUP BY 1 ORDER BY 1").Scan(&kept).Error)
	must(t, s.reader.Raw("SELECT sub_app_id AS app, COUNT(*) AS files, SUM(CASE status WHEN 'Lost' THEN 0 ELSE size END) AS bytes FROM assets WHERE "+
		visible+" GROUP BY 1 ORDER BY 1").Scan(&counted).Error)
	if d := cmp.Diff(counted, kept); d != "" || len(kept) != 3 {
		t.Errorf("%v: %s", kept, d)
	}
}

// TestUpgradeTemplates: what templates name goes on being where files go, and does not take a class from files that have it.
func TestUpgradeTemplates(t *testing.T) {
	path := filepath.Join(t.TempDir(), "aircheck.db")
	there := asset(1)
	there.SubAppID, there.ClassID = 5, 9
	version8(t, path, there)
	db, err := connect(path, url.Values{}, 1)
	must(t, err)
	row, err := newTemplateRow(rules.Template{
		ID: 2, Name: "named", Flv: rules.FormatParam{VodSubAppID: 4, ClassID: 9}, Mp4: rules.FormatParam{VodSubAppID: 6, ClassID: 11},
		Hls: rules.FormatParam{ClassID: 12},
	})
	must(t, err)
	must(t, db.Create(&row).Error)
	must(t, disconnect(db))
	s := openAt(t, path)
	all, err := s.SubApps(t.Context())
	must(t, err)
	var apps []int64
	for _, a := range all {
		apps = append(apps, a.ID)
	}
	got := map[int64][]int64{}
	for _, app := range append([]int64{vod.PrimaryApp}, apps...) {
		classes, err := s.Classes(t.Context(), app)
		must(t, err)
		for _, c := range classes {
			got[app] = append(got[app], c.ID)
		}
	}
	if d := cmp.Diff([]int64{4, 5, 6}, apps); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(map[int64][]int64{0: {12}, 5: {9}, 6: {11}}, got); d != "" {
		t.Error(d)
	}
	if id := class(t, s, 0, vod.NoClass, "new"); id != 13 {
		t.Errorf("the next class is %d", id)
	}
}
