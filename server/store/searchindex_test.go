package store

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"gorm.io/gorm"

	"aircheck/vod"
)

// index brings the search index up to date.
func index(t testing.TB, s *Store) {
	t.Helper()
	for n := 1; n > 0; {
		var err error
		n, err = s.IndexPending(t.Context(), 7)
		must(t, err)
	}
}

// forgetIndex makes the index useless, as it is while it is being built.
func forgetIndex(t testing.TB, s *Store) {
	t.Helper()
	must(t, s.write(t.Context(), func(tx *gorm.DB) error {
		for i := range maxPending + 1 {
			if err := tx.Exec("INSERT INTO search_pending (asset_id) VALUES (?)", 1<<40+i).Error; err != nil {
				return err
			}
		}
		return nil
	}))
}

// everyWay searches before anything is in the index, while half of it is, when all is, and without the index.
func everyWay(t *testing.T, s *Store, check func(t *testing.T)) {
	t.Helper()
	t.Run("nothing indexed", check)
	var n int64
	must(t, s.reader.Table("search_pending").Count(&n).Error)
	if _, err := s.IndexPending(t.Context(), int(n/2)); err != nil {
		t.Fatal(err)
	}
	t.Run("half indexed", check)
	index(t, s)
	t.Run("indexed", check)
	forgetIndex(t, s)
	t.Run("without the index", check)
}

// strange are texts that a search may trip over.
func strange() []string {
	return []string{
		"会议录像", "会", "第一季度会议", "議事録", "日本語のテスト", "한국어", "ру́сский", "РУ́ССКИЙ", "Straße", "café", "cafe\u0301", "CAFÉ", "Ǆ", "ǆ", "ΣΊΣΥΦΟΣ", "σίσυφος",
		"👍", "👍🏽", "👩‍👩‍👧", "🇩🇪", "100%", "a_b", `a\b`, `a\\b`, `"quoted"`, `'`, "''", "*", "^a", "a*", "a AND b", "NEAR(a b)", "a:b", "(", "-a", "+", "  ",
		" a", "\t", "a\x00b", "a\nb", "\u0301", "e", "É", "\u200d", "\ufeffbom", "\uffff", "\U0010fffe", "İi", "ıI", "K", "ﬁ", "A", "z", "zz", "zhk", "Zhk", "xx", "x5x",
		"stream_2026-11-22-13-00-00", "2026", "abcabcabcabc", "bca", strings.Repeat("长", 70), strings.Repeat("ab", 60),
	}
}

// TestSearchStrangeTexts: every text finds itself and everything it is a part of, in name, description and either, and no other.
func TestSearchStrangeTexts(t *testing.T) {
	s := open(t)
	var all []vod.Asset
	for i, text := range strange() {
		a, b := asset(int64(2*i+1)), asset(int64(2*i+2))
		a.Name, b.Name, b.Description = text, "other", "<"+text+">"
		all = append(all, a, b)
	}
	add(t, s, all...)
	everyWay(t, s, func(t *testing.T) {
		for _, text := range append(strange(), "议", "会议", "议会", "录像x", "ù", "cafe", "ROW", "_", "%", "a%", `\`, "FI", "SS", "ß") {
			for _, f := range []vod.Filter{{Names: []string{text}}, {Descriptions: []string{text}}, {Text: text}, {NamePrefixes: []string{text}}} {
				checkSearch(t, s, all, f)
			}
		}
	})
}

// checkSearch compares the answer with that of looking at each file.
func checkSearch(t *testing.T, s *Store, all []vod.Asset, f vod.Filter) {
	t.Helper()
	if f.Limit == 0 {
		f.Limit = vod.MaxReach
	}
	page, err := s.SearchAssets(t.Context(), f)
	must(t, err)
	want, total := naive(all, f)
	if d := gocmp.Diff(want, ids(page.Assets)); d != "" || page.Total != total {
		t.Errorf("%+v: total %d, want %d, %s", f, page.Total, total, d)
	}
}

// parents is the tree of classes that tests have: 1 above 2 above 3, and 4 beside them.
func parents() map[int64]int64 { return map[int64]int64{2: 1, 3: 2} }

func addClasses(t *testing.T, s *Store) {
	t.Helper()
	for id := range int64(4) {
		parent, ok := parents()[id+1]
		if !ok {
			parent = -1
		}
		must(t, s.writer.Exec("INSERT INTO classes (id, sub_app_id, parent_id, name, create_time) VALUES (?, 0, ?, ?, 0)", id+1, parent, fmt.Sprint(id)).Error)
	}
}

// naive looks at each file.
func naive(all []vod.Asset, f vod.Filter) (found []vod.FileID, total int) {
	var some []vod.Asset
	for _, a := range all {
		if naiveMatch(a, f) {
			some = append(some, a)
		}
	}
	slices.SortFunc(some, func(a, b vod.Asset) int {
		order := cmp.Or(a.CreateTime.Compare(b.CreateTime), cmp.Compare(a.ID, b.ID))
		if f.Descending {
			return -order
		}
		return order
	})
	from, to := min(f.Offset, len(some)), min(f.Offset+f.Limit, len(some))
	return ids(some[from:to]), len(some)
}

func naiveMatch(a vod.Asset, f vod.Filter) bool {
	is := func(list []string, v string) bool { return len(list) == 0 || slices.Contains(list, v) }
	has := func(list []string, v string) bool {
		return len(list) == 0 || slices.ContainsFunc(list, func(p string) bool { return strings.Contains(fold(v), fold(p)) })
	}
	begins := func(p string) bool { return strings.HasPrefix(a.Name, p) }
	tagged := func(tag string) bool { return slices.Contains(a.Tags, tag) }
	status := a.Status
	if a.Forbidden && a.Status == vod.StatusNormal {
		status = vod.StatusForbidden
	}
	classed := len(f.ClassIDs) == 0
	for class, ok := a.ClassID, true; ok; class, ok = parents()[class] {
		classed = classed || slices.Contains(f.ClassIDs, class)
		if a.SubAppID != 0 { // the others have no tree
			break
		}
	}
	return a.Status != vod.StatusDeleting && a.SubAppID == f.SubAppID && (len(f.IDs) == 0 || slices.Contains(f.IDs, a.ID)) &&
		has(f.Names, a.Name) && has(f.Descriptions, a.Description) && (has([]string{f.Text}, a.Name) || has([]string{f.Text}, a.Description)) &&
		(len(f.NamePrefixes) == 0 || slices.ContainsFunc(f.NamePrefixes, begins)) && (len(f.Tags) == 0 || slices.ContainsFunc(f.Tags, tagged)) &&
		is(f.SourceTypes, cmp.Or(a.SourceType, vod.SourceRecord)) && is(f.Streams, a.Stream) && is(f.Domains, a.Domain) && is(f.Apps, a.App) && is(f.Containers, a.Container) &&
		classed && is(f.StorageClasses, a.StorageClass) && (len(f.Statuses) == 0 || slices.Contains(f.Statuses, status)) &&
		naiveWithin(f.Created, a.CreateTime) && naiveWithin(f.Expires, a.ExpireTime)
}

func naiveWithin(r vod.TimeRange, v time.Time) bool {
	if v.IsZero() {
		v = fromMicro(never)
	}
	return (r.From.IsZero() || !v.Before(r.From)) && (r.To.IsZero() || v.Before(r.To))
}

// TestSearchManySubclasses: a class is found with everything below it, however much that is, and only in its own application.
func TestSearchManySubclasses(t *testing.T) {
	s := open(t)
	var all, elsewhere []vod.FileID
	for id := range int64(40) {
		parent := int64(1)
		if id == 0 {
			parent = -1
		} else if id > 20 {
			parent = id - 19 // two below the first
		}
		must(t, s.writer.Exec("INSERT INTO classes (id, sub_app_id, parent_id, name, create_time) VALUES (?, 0, ?, ?, 0)", id+1, parent, fmt.Sprint(id)).Error)
		a, other := asset(2*id+1), asset(2*id+2)
		a.ClassID, other.ClassID, other.SubAppID = id+1, id+1, 5
		add(t, s, a, other)
		all, elsewhere = append(all, a.ID), append(elsewhere, other.ID)
	}
	everyWay(t, s, func(t *testing.T) {
		for _, c := range []struct {
			filter vod.Filter
			want   []vod.FileID
		}{
			{vod.Filter{ClassIDs: []int64{1}}, all},
			{vod.Filter{ClassIDs: []int64{3}}, []vod.FileID{5, 45}},
			{vod.Filter{ClassIDs: []int64{22, 3}}, []vod.FileID{5, 43, 45}},
			{vod.Filter{ClassIDs: []int64{1}, Streams: []string{"cam"}}, all},
			{vod.Filter{ClassIDs: []int64{1}, SubAppID: 5}, elsewhere[:1]},
			{vod.Filter{ClassIDs: []int64{99}}, []vod.FileID{}},
		} {
			c.filter.Limit = 100
			page, err := s.SearchAssets(t.Context(), c.filter)
			must(t, err)
			if d := gocmp.Diff(c.want, ids(page.Assets)); d != "" || page.Total != len(c.want) {
				t.Errorf("%+v: %d %s", c.filter, page.Total, d)
			}
		}
	})
}

// TestWordsDiffer: texts that differ are different words, and words survive FTS5's tokenizer.
func TestWordsDiffer(t *testing.T) {
	seen := map[string]string{}
	for _, subApp := range []int64{0, 5, 55} {
		for _, kind := range []byte{wordStream, wordTag, wordName} {
			for _, text := range strange() {
				w := newWords(subApp)
				w.add(kind, text)
				got := w.b.String()
				what := fmt.Sprint(subApp, " ", string(kind), " ", text)
				if other, ok := seen[got]; ok {
					t.Errorf("%q and %q are both %q", what, other, got)
				}
				seen[got] = what
				if i := strings.IndexFunc(got, func(r rune) bool { return r < 0x80 && !('a' <= r && r <= 'z' || '0' <= r && r <= '9') }); i >= 0 {
					t.Errorf("%q is %q", what, got)
				}
			}
		}
	}
}
