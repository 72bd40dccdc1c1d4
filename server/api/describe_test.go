package api

import (
	"testing"
)

// TestDescribeActions checks that what is described is the table, and that every structure that a field names is there.
func TestDescribeActions(t *testing.T) {
	a := &API{}
	got, err := a.actionsInfo(t.Context(), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.ActionSet) != len(a.table()) {
		t.Errorf("%d actions, the table has %d", len(got.ActionSet), len(a.table()))
	}
	known := map[string]bool{"text": true, "integer": true, "number": true, "boolean": true}
	for _, s := range got.StructureSet {
		known[s.Name] = true
	}
	check := func(where string, fields []FieldInfo) {
		for _, f := range fields {
			if !known[f.Type] || f.Doc == "" {
				t.Errorf("%s.%s: %+v", where, f.Name, f)
			}
		}
	}
	byName := map[string]ActionInfo{}
	for _, x := range got.ActionSet {
		byName[x.Product+"."+x.Action] = x
		check(x.Action, x.Parameters)
		check(x.Action, x.Answer)
	}
	for _, s := range got.StructureSet {
		check(s.Name, s.Fields)
	}
	search, drop := byName["vod.SearchMedia"], byName["live.DropLiveStream"]
	if search.Version != versionVod || search.Changes || !drop.Changes || len(drop.Parameters) != 3 || !drop.Parameters[0].Required {
		t.Errorf("%+v\n%+v", search, drop)
	}
	for _, f := range search.Parameters {
		want := FieldInfo{Name: f.Name, Doc: f.Doc}
		switch f.Name {
		case "FileIds":
			want.Type, want.List = "text", true
		case "CreateTime":
			want.Type = "TimeRange"
		case "Limit":
			want.Type = "integer"
		default:
			continue
		}
		if f != want {
			t.Errorf("%+v, want %+v", f, want)
		}
	}
}
