package rules_test

import (
	"strings"
	"testing"

	"aircheck/recorder"
	"aircheck/rules"
	"aircheck/server/store"
	"aircheck/vod"
)

// ordered is a service that knows a sub-application and a class in it.
func ordered(t *testing.T) (s *rules.Service, db *store.Store, app, class int64) {
	t.Helper()
	s, db = newService(t)
	s.SubApps, s.Classes = &vod.SubApps{Store: db}, &vod.Classes{Store: db}
	must(t, s.SubApps.Reload(t.Context()))
	app, err := s.SubApps.Create(t.Context(), vod.SubApp{Name: "news"})
	must(t, err)
	class, err = s.Classes.Create(t.Context(), app, vod.NoClass, "Sport")
	must(t, err)
	return s, db, app, class
}

// place is where a file of the catalogue is.
func place(t *testing.T, db *store.Store, f recorder.File) (app, class int64, note string) {
	t.Helper()
	found, err := db.AssetsByID(t.Context(), []vod.FileID{vod.FileID(f.ID)})
	must(t, err)
	if len(found) != 1 {
		t.Fatalf("%d files", len(found))
	}
	return found[0].SubAppID, found[0].ClassID, found[0].Note
}

// TestPlaces: a recording goes where its template says, and if that has gone since, to where it is found.
func TestPlaces(t *testing.T) {
	s, db, app, class := ordered(t)
	e, log := newEngine(s, nil, nil)
	spec := finished().Spec
	spec.SubAppID, spec.ClassID = app, class
	for i, c := range []struct {
		what            string
		app, class      int64
		begun           bool
		wantApp, wantID int64
		note            string
	}{
		{"both are there", app, class, false, app, class, ""},
		{"both are there, begun", app, class, true, app, class, ""},
		{"no such class", app, class + 1, true, app, 0, "class"},
		{"another application's class", 0, class, false, 0, 0, "class"},
		{"no such application", app + 1, class, true, 0, 0, "sub-application"},
		{"no such application, finished at once", app + 1, class, false, 0, 0, "sub-application"},
	} {
		f := finished()
		if c.begun {
			f = begun()
		}
		f.ID, f.Spec.SubAppID, f.Spec.ClassID = int64(1000+i), c.app, c.class
		if c.begun {
			must(t, e.Begun(t.Context(), f))
		}
		must(t, e.Finished(t.Context(), f))
		a, k, note := place(t, db, f)
		if a != c.wantApp || k != c.wantID || !strings.Contains(note, c.note) || c.note == "" && note != "" {
			t.Errorf("%s: in application %d, class %d, with the note %q", c.what, a, k, note)
		}
	}
	if !strings.Contains(log.String(), "recording goes to") {
		t.Error("nobody was warned")
	}

	// What is being recorded when its application is switched off stays in it; what begins then does not go there.
	early, late := begun(), begun()
	early.ID, late.ID = 2000, 2001
	early.Spec, late.Spec = spec, spec
	must(t, e.Begun(t.Context(), early))
	must(t, s.SubApps.SetStatus(t.Context(), app, vod.SubAppOff))
	must(t, e.Begun(t.Context(), late))
	for _, f := range []recorder.File{early, late} {
		must(t, e.Finished(t.Context(), f))
	}
	if a, k, note := place(t, db, early); a != app || k != class || note != "" {
		t.Errorf("what began before went to %d, %d, %q", a, k, note)
	}
	if a, k, note := place(t, db, late); a != 0 || k != 0 || note == "" {
		t.Errorf("what began after went to %d, %d, %q", a, k, note)
	}
}
