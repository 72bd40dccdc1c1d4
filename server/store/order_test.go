package store

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"gorm.io/gorm"

	"aircheck/vod"
)

// class makes a class, and fails if that does not work.
func class(t *testing.T, s *Store, app, parent int64, name string) int64 {
	t.Helper()
	id, err := (&vod.Classes{Store: s}).Create(t.Context(), app, parent, name)
	must(t, err)
	return id
}

func TestClasses(t *testing.T) {
	s := open(t)
	c := &vod.Classes{Store: s}
	sport := class(t, s, 0, vod.NoClass, "Sport")
	deep := []int64{sport}
	for level := 1; level < vod.MaxClassLevels; level++ {
		deep = append(deep, class(t, s, 0, deep[level-1], "below"))
	}
	_, err := c.Create(t.Context(), 0, deep[3], "too deep")
	wantError(t, err, vod.ErrClassLevels)
	_, err = c.Create(t.Context(), 0, vod.NoClass, "Sport")
	wantError(t, err, vod.ErrClassExists)
	class(t, s, 7, vod.NoClass, "Sport") // another application's
	_, err = c.Create(t.Context(), 7, sport, "x")
	wantError(t, err, vod.ErrParentNotFound)
	for field, err := range map[string][]error{
		"ClassName": {second(c.Create(t.Context(), 0, -1, "")), second(c.Create(t.Context(), 0, -1, strings.Repeat("類", 65))), c.Rename(t.Context(), 0, sport, "\xff")},
		"ParentId":  {second(c.Create(t.Context(), 0, 0, "x")), second(c.Create(t.Context(), 0, -2, "x"))},
		"ClassId":   {c.Delete(t.Context(), 0, 0), c.Rename(t.Context(), 0, 0, "x")},
	} {
		for _, e := range err {
			if e == nil || !strings.HasPrefix(e.Error(), field+": ") {
				t.Errorf("got %v, want an error of %s", e, field)
			}
		}
	}
	must(t, c.Rename(t.Context(), 0, sport, strings.Repeat("類", 64)))
	must(t, c.Rename(t.Context(), 0, sport, "Sports"))
	must(t, c.Rename(t.Context(), 0, sport, "Sports"))
	wantError(t, c.Rename(t.Context(), 7, sport, "x"), vod.ErrClassNotFound)
	class(t, s, 0, vod.NoClass, "News")
	wantError(t, c.Rename(t.Context(), 0, sport, "News"), vod.ErrClassExists)

	all, err := c.All(t.Context(), 0)
	must(t, err)
	for i, id := range deep {
		if all[i].ID != id || all[i].Level != i || i < 3 && (len(all[i].Below) != 1 || all[i].Below[0] != deep[i+1]) {
			t.Errorf("class %d of the tree is %+v", i, all[i])
		}
	}
	labels, err := c.Labels(t.Context(), []vod.Asset{{ClassID: deep[2]}, {}, {ClassID: 99}, {SubAppID: 7, ClassID: sport}})
	must(t, err)
	other := vod.ClassLabel{Name: "Other", Path: "Other"}
	for key, want := range map[[2]int64]vod.ClassLabel{{0, deep[2]}: {Name: "below", Path: "Sports - below - below"}, {0, 0}: other, {0, 99}: other, {7, sport}: other} {
		if labels[key] != want {
			t.Errorf("class %v is shown as %v, want %v", key, labels[key], want)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func TestClassDeletion(t *testing.T) {
	s := open(t)
	c := &vod.Classes{Store: s}
	top := class(t, s, 0, vod.NoClass, "top")
	below := class(t, s, 0, top, "below")
	a := asset(1)
	a.SubAppID, a.ClassID = 0, below
	add(t, s, a)
	wantError(t, c.Delete(t.Context(), 0, top), vod.ErrClassNotEmpty)
	wantError(t, c.Delete(t.Context(), 0, below), vod.ErrClassNotEmpty)
	wantError(t, c.Delete(t.Context(), 7, below), vod.ErrClassNotFound)
	must(t, s.MarkDeleting(t.Context(), a.ID)) // nobody sees it any more
	must(t, c.Delete(t.Context(), 0, below))
	must(t, c.Delete(t.Context(), 0, top))
	wantError(t, c.Delete(t.Context(), 0, top), vod.ErrClassNotFound)
	if id := class(t, s, 0, vod.NoClass, "top"); id <= below {
		t.Errorf("the number %d was given again", id)
	}
}

func TestSubclassLimit(t *testing.T) {
	s := open(t)
	must(t, s.write(t.Context(), func(tx *gorm.DB) error {
		for i := range vod.MaxSubclasses - 1 {
			if err := tx.Create(&classRow{ID: int64(1000 + i), ParentID: vod.NoClass, Name: fmt.Sprint(i)}).Error; err != nil {
				return err
			}
		}
		return nil
	}))
	last := class(t, s, 0, vod.NoClass, "last")
	_, err := s.CreateClass(t.Context(), vod.Class{ParentID: vod.NoClass, Name: "one more"})
	wantError(t, err, vod.ErrSubclasses)
	class(t, s, 0, last, "elsewhere")
}

func TestSubApps(t *testing.T) {
	s := open(t)
	apps := &vod.SubApps{Store: s}
	must(t, apps.Reload(t.Context()))
	id, err := apps.Create(t.Context(), vod.SubApp{Name: "news", Mode: "fileid", Tags: []vod.AppTag{{Key: "team", Value: "a"}}})
	must(t, err)
	if id <= 1_500_000_000 {
		t.Errorf("the number %d is not like those of the service", id)
	}
	must(t, apps.CheckOn(id))
	must(t, apps.CheckOn(vod.PrimaryApp))
	wantError(t, apps.Check(id+1), vod.ErrNoSubApp)
	for _, bad := range []vod.SubApp{{}, {Name: strings.Repeat("n", 41)}, {Name: "n", Description: strings.Repeat("d", 301)}, {Name: "n", Mode: "path"}, {Name: "n", Type: "x"}} {
		if _, err := apps.Create(t.Context(), bad); err == nil {
			t.Errorf("%+v was taken", bad)
		}
	}
	name := "newest"
	must(t, apps.Modify(t.Context(), id, &name, nil))
	for _, c := range []struct {
		name  string
		tags  []vod.AppTag
		total int
	}{{"", nil, 2}, {"newest", nil, 1}, {"news", nil, 0}, {"", []vod.AppTag{{Key: "team"}}, 1}, {"", []vod.AppTag{{Key: "team", Value: "b"}}, 0}} {
		if _, total, err := apps.List(c.name, c.tags, 0, 0); err != nil || total != c.total {
			t.Errorf("%q %v lists %d, %v", c.name, c.tags, total, err)
		}
	}
	a := asset(1)
	a.SubAppID = id
	add(t, s, a)
	must(t, apps.SetStatus(t.Context(), id, vod.SubAppOff))
	wantError(t, apps.CheckOn(id), vod.ErrSubAppOff)
	must(t, apps.Check(id))
	wantError(t, apps.SetStatus(t.Context(), id, vod.SubAppDestroyed), vod.ErrSubAppUsed)
	must(t, s.MarkDeleting(t.Context(), 1))
	wantError(t, apps.SetStatus(t.Context(), id, vod.SubAppDestroyed), vod.ErrSubAppUsed)
	must(t, s.PurgeAsset(t.Context(), 1))
	must(t, apps.SetStatus(t.Context(), id, vod.SubAppDestroyed))
	wantError(t, apps.Check(id), vod.ErrNoSubApp)
	wantError(t, apps.Modify(t.Context(), id, &name, nil), vod.ErrNoSubApp)

	// What was made meanwhile does not go there.
	made := asset(3)
	made.SubAppID = id
	wantError(t, s.AddMade(t.Context(), made), vod.ErrNoSubApp)

	// A recording that ends only now is not lost in it.
	a = asset(2)
	a.SubAppID, a.ClassID = id, 3
	add(t, s, a)
	found, err := s.AssetsByID(t.Context(), []vod.FileID{2})
	must(t, err)
	if found[0].SubAppID != 0 || found[0].ClassID != 0 || found[0].Note == "" {
		t.Errorf("it went to application %d, class %d, with the note %q", found[0].SubAppID, found[0].ClassID, found[0].Note)
	}
	must(t, apps.SetStatus(t.Context(), id, vod.SubAppOn))
	again := &vod.SubApps{Store: s} // as after a restart
	must(t, again.Reload(t.Context()))
	must(t, again.CheckOn(id))
}

// TestPlaceIsKept: what is being recorded stays in the application and class that it began in.
func TestPlaceIsKept(t *testing.T) {
	s := open(t)
	begun, done := asset(1), asset(1)
	begun.Status, begun.SubAppID, begun.ClassID, begun.Note = vod.StatusRecording, 0, 0, "why"
	done.SubAppID, done.ClassID, done.Note = 5, 6, ""
	must(t, s.AddRecording(t.Context(), begun))
	add(t, s, done)
	found, err := s.AssetsByID(t.Context(), []vod.FileID{1})
	must(t, err)
	if f := found[0]; f.Status != vod.StatusNormal || f.SubAppID != 0 || f.ClassID != 0 || f.Note != "why" {
		t.Errorf("got %+v", f)
	}
}

// TestPlaceIsGone: a file whose application was destroyed meanwhile goes where it is found.
func TestPlaceIsGone(t *testing.T) {
	s := open(t)
	apps := &vod.SubApps{Store: s}
	id, err := apps.Create(t.Context(), vod.SubApp{Name: "news"})
	must(t, err)
	must(t, apps.SetStatus(t.Context(), id, vod.SubAppOff))
	must(t, apps.SetStatus(t.Context(), id, vod.SubAppDestroyed))
	live, whole := begun(1), asset(2)
	live.SubAppID, whole.SubAppID = id, id
	must(t, s.AddRecording(t.Context(), live))
	add(t, s, whole)
	lone := asset(3)
	lone.SubAppID, lone.ObjectKey = id, "app@1/lone.mp4"
	if _, err := s.Adopt(t.Context(), lone); err != nil {
		t.Fatal(err)
	}
	found, err := s.AssetsByID(t.Context(), []vod.FileID{1, 2, 3})
	must(t, err)
	for _, a := range found {
		if a.SubAppID != vod.PrimaryApp || a.ClassID != 0 || a.Note != vod.NoteSubApp(id) {
			t.Errorf("file %s is in application %d and class %d with the note %q", a.ID, a.SubAppID, a.ClassID, a.Note)
		}
	}
	if len(found) != 3 {
		t.Error(ids(found))
	}
}

// TestUsage does this and that, and compares the sums that are kept with those of the rows.
func TestUsage(t *testing.T) {
	s := open(t)
	r := rand.New(rand.NewPCG(1, 2))
	next := vod.FileID(1)
	one := func() vod.FileID { return vod.FileID(1 + r.Int64N(int64(next))) }
	for range 400 {
		id := one()
		var err error
		switch r.IntN(12) {
		case 0, 1, 2:
			a := asset(int64(next))
			a.SubAppID, a.Size = r.Int64N(3), r.Int64N(1000)
			a.StorageClass = []string{vod.StorageClassStandard, vod.StorageClassIA}[r.IntN(2)]
			a.Hold = vod.Hold{}
			next++
			if r.IntN(3) == 0 {
				a.Status = vod.StatusRecording
				err = s.AddRecording(t.Context(), a)
				break
			}
			err = s.AddFile(t.Context(), a, fileReady(a))
		case 3:
			a := asset(int64(id)) // perhaps one that is being recorded
			a.SubAppID, a.Size = 0, 7777
			err = s.AddFile(t.Context(), a, fileReady(a))
			next = max(next, id+1)
		case 4:
			_ = s.MarkDeleting(t.Context(), id) // if it can be
		case 5:
			err = s.PurgeAsset(t.Context(), id)
		case 6:
			_, err = s.MarkLost(t.Context(), []vod.FileID{id}, at)
		case 7:
			_, err = s.MarkFound(t.Context(), []vod.FileID{id}, at)
		case 8:
			found, errFind := s.AssetsByID(t.Context(), []vod.FileID{id})
			must(t, errFind)
			if len(found) > 0 {
				to := vod.Moved{Draft: 100_000 + next, StorageID: "other", ObjectKey: id.String(), StorageClass: vod.StorageClassIA, At: at}
				next++
				_ = s.MoveAsset(t.Context(), found[0], to) // if it can be
			}
		case 9:
			_ = s.SetStorageClass(t.Context(), id, vod.Moved{StorageClass: vod.StorageClassStandard, At: at})
		case 10:
			part := vod.Part{ID: 200_000 + next, FileID: id, Kind: vod.PartSnapshot, Definition: r.Int64N(3), StorageID: "other", Key: fmt.Sprint(next), Size: r.Int64N(500), CreateTime: at}
			next++
			_ = s.AddParts(t.Context(), id, []vod.Part{part}) // if there is such a file
		case 11:
			if r.IntN(4) == 0 {
				err = s.RemoveRecordings(t.Context(), []vod.FileID{id})
			}
		}
		must(t, err)
	}
	wantUsage(t, s)
}

// wantUsage compares the sums that are kept with those of the rows.
func wantUsage(t *testing.T, s *Store) {
	t.Helper()
	type key struct {
		app            int64
		storage, class string
	}
	type sum struct{ files, bytes int64 }
	got, want := map[key]sum{}, map[key]sum{}
	all, err := s.Usage(t.Context())
	must(t, err)
	for _, u := range all {
		got[key{u.SubAppID, u.StorageID, u.StorageClass}] = sum{u.Files, u.Bytes}
	}
	var rows []assetRow
	must(t, s.read(t.Context(), func(tx *gorm.DB) error { return tx.Where(visible).Find(&rows).Error }))
	for _, r := range rows {
		k := key{r.SubAppID, r.StorageID, r.StorageClass}
		size := r.Size
		if r.Status == string(vod.StatusLost) {
			size = 0
		}
		want[k] = sum{want[k].files + 1, want[k].bytes + size}
	}
	var parts []struct {
		SubAppID                int64
		StorageID, StorageClass string
		Size                    int64
	}
	must(t, s.read(t.Context(), func(tx *gorm.DB) error { return tx.Table("parts").Where("NOT doomed").Find(&parts).Error }))
	for _, p := range parts {
		k := key{p.SubAppID, p.StorageID, p.StorageClass}
		want[k] = sum{want[k].files, want[k].bytes + p.Size}
	}
	if len(rows) < 10 || len(parts) < 3 || len(got) < 4 {
		t.Errorf("%d files, %d parts and %d sums are too few to tell", len(rows), len(parts), len(got))
	}
	for k := range want {
		if want[k] == (sum{}) {
			delete(want, k)
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("kept %v, counted %v", got, want)
	}
}

// TestUpgradeOrder: files from before there were sub-applications and classes stay where they were said to be.
func TestUpgradeOrder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "aircheck.db")
	a, b := asset(1), asset(2)
	a.SubAppID, a.ClassID, b.SubAppID, b.ClassID = 5, 9, 0, 0
	version1(t, path, a, b)
	s := openAt(t, path)
	apps := &vod.SubApps{Store: s}
	must(t, apps.Reload(t.Context()))
	must(t, apps.CheckOn(5))
	labels, err := (&vod.Classes{Store: s}).Labels(t.Context(), []vod.Asset{a})
	must(t, err)
	if got := labels[[2]int64{5, 9}]; got.Name != "class 9" {
		t.Errorf("class 9 is shown as %v", got)
	}
	if id := class(t, s, 0, vod.NoClass, "new"); id != 10 {
		t.Errorf("the next class is %d", id)
	}
	stored, err := vod.StorageData(t.Context(), s, 5)
	must(t, err)
	if stored.Files != 1 || stored.Bytes[a.StorageClass] != a.Size {
		t.Errorf("stored are %+v", stored)
	}
}
