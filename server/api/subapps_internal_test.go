package api

import (
	"path/filepath"
	"testing"

	"aircheck/server/store"
	"aircheck/vod"
)

// TestUnknownSubApp: every action of vod that names an application refuses one that does not exist, with a code that it may answer, before
// anything else.
func TestUnknownSubApp(t *testing.T) {
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "test.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	a := &API{SubApps: &vod.SubApps{Store: db}}
	if err := a.SubApps.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	codes := map[string]string{"DeleteClass": codeFailed, "ModifyMediaStorageClass": codeInvalidValue}
	for _, name := range []string{
		"SearchMedia", "CreateProcedureTemplate", "DeleteProcedureTemplate", "ResetProcedureTemplate", "ProcessMedia",
		"ProcessMediaByProcedure", "DescribeTaskDetail",
	} {
		codes[name] = codeSubAppID
	}
	asked := 0
	for _, row := range a.table() {
		field, named := row.request.FieldByName("SubAppID")
		if row.Version != versionVod || !named || row.Name == "ModifySubAppIdInfo" || row.Name == "ModifySubAppIdStatus" {
			continue
		}
		asked++
		if field.Tag.Get("json") != "SubAppId" {
			t.Errorf("%s: the field is %s", row.Name, field.Tag)
		}
		want := codes[row.Name]
		if want == "" {
			want = codeVodUser
		}
		_, err := row.invoke(t.Context(), &Caller{}, params{map[string]any{"SubAppId": "77"}}, false)
		if got := public(row.Name, err); got == nil || got.Code != want {
			t.Errorf("%s answers %v, want %s", row.Name, err, want)
		}
	}
	if asked < 10 {
		t.Errorf("there are %d such actions only", asked)
	}
}
