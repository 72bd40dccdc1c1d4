package store

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm"

	"aircheck/vod"
)

// library is files that differ in one field each from the first.
func library() []vod.Asset {
	change := []func(*vod.Asset){
		func(*vod.Asset) {},
		func(a *vod.Asset) { a.Stream = "other" },
		func(a *vod.Asset) { a.Domain = "other.example.com" },
		func(a *vod.Asset) { a.App = "other" },
		func(a *vod.Asset) { a.Container = "flv" },
		func(a *vod.Asset) { a.ClassID = 4 },
		func(a *vod.Asset) { a.StorageClass = vod.StorageClassStandard },
		func(a *vod.Asset) { a.Name = `100%_a\b` },
		func(a *vod.Asset) { a.Description = "NAME of nothing" },
		func(a *vod.Asset) { a.ExpireTime = at.Add(48 * time.Hour) },
		func(a *vod.Asset) { a.ExpireTime = time.Time{} },
		func(a *vod.Asset) { a.SubAppID = 5 },
		func(a *vod.Asset) { a.Name = "Zoë – \U0001F600x" },
	}
	var out []vod.Asset
	for i, f := range change {
		a := asset(int64(i + 1))
		a.Name = fmt.Sprintf("clip %c", 'a'+i)
		f(&a)
		out = append(out, a)
	}
	return out
}

// except is all of the primary application's files but these.
func except(not ...vod.FileID) []vod.FileID {
	not = append(not, 12)
	out := []vod.FileID{}
next:
	for id := range vod.FileID(13) {
		for _, n := range not {
			if n == id+1 {
				continue next
			}
		}
		out = append(out, id+1)
	}
	return out
}

func TestSearch(t *testing.T) {
	s := open(t)
	add(t, s, library()...)
	everyWay(t, s, func(t *testing.T) { testSearch(t, s) })
}

func testSearch(t *testing.T, s *Store) {
	second := at.Add(2 * time.Second)
	for _, c := range []struct {
		name   string
		filter vod.Filter
		want   []vod.FileID
	}{
		{"all", vod.Filter{}, except()},
		{"ids", vod.Filter{IDs: []vod.FileID{3, 1, 12, 99}}, []vod.FileID{1, 3}},
		{"stream", vod.Filter{Streams: []string{"other"}}, []vod.FileID{2}},
		{"streams", vod.Filter{Streams: []string{"other", "cam"}}, except()},
		{"stream is exact", vod.Filter{Streams: []string{"Cam", "ca", "cam%"}}, []vod.FileID{}},
		{"domain", vod.Filter{Domains: []string{"other.example.com"}}, []vod.FileID{3}},
		{"app", vod.Filter{Apps: []string{"other"}}, []vod.FileID{4}},
		{"container", vod.Filter{Containers: []string{"flv"}}, []vod.FileID{5}},
		{"class", vod.Filter{ClassIDs: []int64{4, 7}}, []vod.FileID{6}},
		{"storage class", vod.Filter{StorageClasses: []string{"STANDARD"}}, []vod.FileID{7}},
		{"fields must all match", vod.Filter{Streams: []string{"cam"}, Containers: []string{"flv"}}, []vod.FileID{5}},
		{"fields exclude each other", vod.Filter{Streams: []string{"other"}, Containers: []string{"flv"}}, []vod.FileID{}},
		{"name anywhere", vod.Filter{Names: []string{"p c", "p e"}}, []vod.FileID{3, 5}},
		{"name with percent", vod.Filter{Names: []string{"%"}}, []vod.FileID{8}},
		{"name with underscore", vod.Filter{Names: []string{"_"}}, []vod.FileID{8}},
		{"name with backslash", vod.Filter{Names: []string{`\`}}, []vod.FileID{8}},
		{"name with all of them", vod.Filter{Names: []string{`0%_a\`}}, []vod.FileID{8}},
		{"name with a quote", vod.Filter{Names: []string{`' OR 1=1 --`}}, []vod.FileID{}},
		{"name beyond ASCII", vod.Filter{Names: []string{"ë – \U0001F600"}}, []vod.FileID{13}},
		{"prefix", vod.Filter{NamePrefixes: []string{"clip c"}}, []vod.FileID{3}},
		{"prefixes", vod.Filter{NamePrefixes: []string{"100%", "clip e"}}, []vod.FileID{5, 8}},
		{"prefix is no pattern", vod.Filter{NamePrefixes: []string{"%", "clip_", "lip"}}, []vod.FileID{}},
		{"prefix before beyond ASCII", vod.Filter{NamePrefixes: []string{"Zoë – "}}, []vod.FileID{13}},
		{"empty prefix", vod.Filter{NamePrefixes: []string{""}}, except()},
		{"description", vod.Filter{Descriptions: []string{"of nothing"}}, []vod.FileID{9}},
		{"text in either", vod.Filter{Text: "nothing"}, []vod.FileID{9}},
		{"text and stream", vod.Filter{Text: "clip", Streams: []string{"other"}}, []vod.FileID{2}},
		{"text in no case", vod.Filter{Text: "CLIP C"}, []vod.FileID{3}},
		{"application", vod.Filter{SubAppID: 5}, []vod.FileID{12}},
		{"created from", vod.Filter{Created: vod.TimeRange{From: at.Add(11 * time.Second)}}, []vod.FileID{11, 13}},
		{"created to", vod.Filter{Created: vod.TimeRange{To: second}}, []vod.FileID{1}},
		{"created", vod.Filter{Created: vod.TimeRange{From: second, To: second.Add(1000)}}, []vod.FileID{2}},
		{"expires", vod.Filter{Expires: vod.TimeRange{From: at.Add(2 * time.Hour), To: at.Add(72 * time.Hour)}}, []vod.FileID{10}},
		{"expires late or never", vod.Filter{Expires: vod.TimeRange{From: at.Add(2 * time.Hour)}}, []vod.FileID{10, 11}},
		{"expired before there were computers", vod.Filter{Expires: vod.TimeRange{To: time.Unix(0, 0)}, Names: []string{"clip"}}, []vod.FileID{}},
		{"expires soon", vod.Filter{Expires: vod.TimeRange{To: at.Add(2 * time.Hour)}}, except(10, 11)},
	} {
		c.filter.Limit = vod.MaxReach
		page, err := s.SearchAssets(t.Context(), c.filter)
		must(t, err)
		if d := cmp.Diff(c.want, ids(page.Assets)); d != "" || page.Total != len(c.want) {
			t.Errorf("%s: total %d, %s", c.name, page.Total, d)
		}
	}
}

func TestSearchPages(t *testing.T) {
	s := open(t)
	for id := range int64(9) {
		a := asset(id + 1)
		a.CreateTime = at.Add(time.Duration(id/3) * time.Second) // three at a time
		add(t, s, a)
	}
	for _, c := range []struct {
		offset, limit int
		descending    bool
		want          []vod.FileID
	}{
		{0, 4, false, []vod.FileID{1, 2, 3, 4}},
		{4, 4, false, []vod.FileID{5, 6, 7, 8}},
		{8, 4, false, []vod.FileID{9}},
		{9, 4, false, []vod.FileID{}},
		{0, 4, true, []vod.FileID{9, 8, 7, 6}},
		{7, 4, true, []vod.FileID{2, 1}},
		{0, 0, true, []vod.FileID{}},
	} {
		page, err := s.SearchAssets(t.Context(), vod.Filter{Offset: c.offset, Limit: c.limit, Descending: c.descending})
		must(t, err)
		if d := cmp.Diff(c.want, ids(page.Assets)); d != "" || page.Total != 9 {
			t.Errorf("%+v: total %d, %s", c, page.Total, d)
		}
	}
}

// plan is how SQLite would answer a search.
func plan(t *testing.T, s *Store, f vod.Filter) string {
	t.Helper()
	dry := s.reader.Session(&gorm.Session{DryRun: true})
	return explain(t, s, ordered(search(dry, f), f).Find(&[]assetRow{}).Statement)
}

// countPlan is how it would count the matches.
func countPlan(t *testing.T, s *Store, f vod.Filter) string {
	t.Helper()
	dry := s.reader.Session(&gorm.Session{DryRun: true})
	return explain(t, s, search(dry, f).Select("id").Limit(vod.MaxReach).Find(&[]assetRow{}).Statement)
}

func explain(t *testing.T, s *Store, q *gorm.Statement) string {
	t.Helper()
	var steps []struct{ Detail string }
	must(t, s.reader.Raw("EXPLAIN QUERY PLAN "+q.SQL.String(), q.Vars...).Scan(&steps).Error)
	var out []string
	for _, step := range steps {
		out = append(out, step.Detail)
	}
	return strings.Join(out, "; ")
}

func TestSearchUsesIndexes(t *testing.T) {
	s := open(t)
	add(t, s, library()...)
	for _, c := range []struct {
		index  string
		sorts  bool
		filter vod.Filter
	}{
		{"assets_time", false, vod.Filter{}},
		{"assets_time", false, vod.Filter{Created: vod.TimeRange{From: at, To: at.Add(time.Hour)}}},
		{"assets_time", false, vod.Filter{Statuses: []vod.Status{vod.StatusNormal}}},
		{"assets_time", false, vod.Filter{Statuses: []vod.Status{vod.StatusNormal, vod.StatusRecording}}},
		{"assets_recording", false, vod.Filter{Statuses: []vod.Status{vod.StatusRecording}}},
		{"assets_lost", false, vod.Filter{Statuses: []vod.Status{vod.StatusLost}}},
		{"assets_time", false, vod.Filter{Statuses: []vod.Status{vod.StatusLost, vod.StatusRecording}}},
		{"assets_stream", false, vod.Filter{Streams: []string{"a"}, Statuses: []vod.Status{vod.StatusNormal}}},
		{"assets_stream", false, vod.Filter{Streams: []string{"a"}, Statuses: []vod.Status{vod.StatusRecording}}},
		{"assets_time", false, vod.Filter{Names: []string{"a"}}},
		{"assets_time", false, vod.Filter{Descriptions: []string{"a"}}},
		{"assets_time", false, vod.Filter{Text: "a"}},
		{"assets_stream", false, vod.Filter{Streams: []string{"a"}}},
		{"assets_stream", false, vod.Filter{Streams: []string{"a"}, Created: vod.TimeRange{From: at}}},
		{"assets_stream", true, vod.Filter{Streams: []string{"a", "b"}}},
		{"assets_stream", false, vod.Filter{Streams: []string{"a"}, Domains: []string{"b"}}},
		{"assets_stream", false, vod.Filter{Streams: []string{"a"}, Domains: []string{"b"}, Apps: []string{"c"}}},
		{"assets_stream", false, vod.Filter{Streams: []string{"a"}, Containers: []string{"mp4"}, ClassIDs: []int64{1}}},
		{"assets_domain", false, vod.Filter{Domains: []string{"a"}}},
		{"assets_app", false, vod.Filter{Apps: []string{"a"}}},
		{"assets_container", false, vod.Filter{Containers: []string{"flv"}}},
		{"assets_class", false, vod.Filter{ClassIDs: []int64{1}}},
		{"assets_storage_class", false, vod.Filter{StorageClasses: []string{"STANDARD"}}},
		{"assets_name", true, vod.Filter{NamePrefixes: []string{"a"}}},
		{"assets_expire", true, vod.Filter{Expires: vod.TimeRange{To: at}}},
		{"sqlite_autoindex_assets_1", true, vod.Filter{IDs: []vod.FileID{1, 2}}},
	} {
		for _, descending := range []bool{false, true} {
			c.filter.Descending, c.filter.Limit = descending, 10
			got := plan(t, s, c.filter)
			if !strings.Contains(got, "USING INDEX "+c.index+" ") {
				t.Errorf("%+v: %s; want %s", c.filter, got, c.index)
			}
			if strings.Contains(got, "B-TREE") != c.sorts {
				t.Errorf("%+v: %s; sorting expected: %v", c.filter, got, c.sorts)
			}
		}
	}
}

// TestCountsReadNoRows: what one index answers is counted in that index.
func TestCountsReadNoRows(t *testing.T) {
	s := open(t)
	add(t, s, library()...)
	for _, f := range []vod.Filter{
		{},
		{Statuses: []vod.Status{vod.StatusNormal}},
		{Statuses: []vod.Status{vod.StatusRecording}},
		{Statuses: []vod.Status{vod.StatusLost}},
		{Created: vod.TimeRange{From: at}},
		{Streams: []string{"a"}},
		{Streams: []string{"a"}, Statuses: []vod.Status{vod.StatusRecording}, Created: vod.TimeRange{From: at}},
		{Domains: []string{"a"}},
		{Apps: []string{"a"}},
		{Containers: []string{"hls"}},
		{ClassIDs: []int64{1}},
		{StorageClasses: []string{"STANDARD"}},
		{NamePrefixes: []string{"a"}},
		{Expires: vod.TimeRange{To: at}},
	} {
		if got := countPlan(t, s, f); !strings.Contains(got, "USING COVERING INDEX assets_") {
			t.Errorf("%+v: %s", f, got)
		}
	}
}

func TestWorkListsUseIndexes(t *testing.T) {
	s := open(t)
	for index, query := range map[string]string{
		"assets_deleting":  "SELECT * FROM assets WHERE " + deleting + " AND id > 5 ORDER BY id LIMIT 1",
		"assets_unhashed":  "SELECT * FROM assets WHERE " + normal + " AND sha256 = '' AND id > 5 ORDER BY id LIMIT 1",
		"assets_recording": "SELECT id FROM assets WHERE " + recording,
		"assets_expired":   "SELECT id FROM assets WHERE " + normal + " AND " + notHeld + " AND expire_time <= 5 ORDER BY expire_time, id LIMIT 1",
		"assets_oldest": "SELECT id FROM assets WHERE " + normal + " AND " + notHeld +
			" AND storage_id = 'a' ORDER BY end_time, id LIMIT 1",
		"assets_object (storage_id=? AND object_key=?)": "SELECT object_key FROM assets WHERE storage_id = 'a' AND object_key IN ('b', 'c')",
	} {
		var detail []struct{ Detail string }
		must(t, s.reader.Raw("EXPLAIN QUERY PLAN "+query).Scan(&detail).Error)
		if got := fmt.Sprint(detail); !strings.Contains(got, index) || strings.Contains(got, "B-TREE") {
			t.Errorf("%s: %s", index, got)
		}
	}
}

func BenchmarkSearchAssets(b *testing.B) {
	const files, streams = 100_000, 1000
	s := openAt(b, filepath.Join(b.TempDir(), "aircheck.db"))
	err := s.write(b.Context(), func(tx *gorm.DB) error {
		for i := range files {
			a := asset(int64(i + 1))
			a.Stream = fmt.Sprintf("stream%d", i%streams)
			row, err := newAssetRow(a)
			if err != nil {
				return err
			}
			if err := tx.Create(&assetIDRow{ID: row.ID}).Error; err != nil {
				return err
			}
			if err := tx.Create(&row).Error; err != nil {
				return err
			}
		}
		return nil
	})
	must(b, err)
	for _, c := range []struct {
		name   string
		filter vod.Filter
		total  int
	}{
		{"stream", vod.Filter{Streams: []string{"stream7"}}, files / streams},
		{"streams10", vod.Filter{Streams: []string{
			"stream0", "stream1", "stream2", "stream3", "stream4", "stream5", "stream6", "stream7", "stream8", "stream9",
		}}, 10 * files / streams},
		{"all", vod.Filter{}, vod.MaxReach},
		{"domain", vod.Filter{Domains: []string{"localhost"}}, vod.MaxReach},
		{"last page", vod.Filter{Offset: vod.MaxReach - 10}, vod.MaxReach},
		{"prefix", vod.Filter{NamePrefixes: []string{"name 9999"}}, 11},
		{"name, no match", vod.Filter{Names: []string{"absent"}}, 0},
	} {
		b.Run(c.name, func(b *testing.B) {
			c.filter.Descending, c.filter.Limit = true, 10
			for b.Loop() {
				page, err := s.SearchAssets(b.Context(), c.filter)
				if err != nil || page.Total != c.total {
					b.Fatal(page.Total, err)
				}
			}
		})
	}
}
