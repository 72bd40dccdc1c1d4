package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"aircheck/rules"
	"aircheck/server/api"
	"aircheck/vod"
)

// serveOrder is serve with applications, classes and moves. What is to be moved goes to the channel.
func serveOrder(t *testing.T) (*fixture, *[]vod.FileID) {
	t.Helper()
	var moved []vod.FileID
	f := serve(t, func(a *api.API) {
		db := a.Catalog.Store.(interface {
			vod.SubAppStore
			vod.ClassStore
			vod.MoveStore
		})
		a.SubApps, a.Classes, a.Usage = &vod.SubApps{Store: db}, &vod.Classes{Store: db}, db
		a.Mover = &vod.Mover{Store: db, Homes: vod.Homes{Main: "st"}}
		a.Move = func(_ context.Context, _ int64, ids []vod.FileID, class string) (string, error) {
			moved = ids
			return "task-" + class, nil
		}
		a.Rules.SubApps, a.Rules.Classes = a.SubApps, a.Classes
		if err := a.SubApps.Reload(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
	return f, &moved
}

// body writes parameters as JSON: names with a dot are lists or structures.
func body(pairs ...string) string {
	out := map[string]any{}
	for i := 0; i < len(pairs); i += 2 {
		name, inner, nested := strings.Cut(pairs[i], ".")
		switch {
		case !nested:
			out[name] = pairs[i+1]
		case inner == "0":
			out[name] = []string{pairs[i+1]}
		default:
			s, _ := out[name].(map[string]string)
			if s == nil {
				s = map[string]string{}
			}
			s[inner] = pairs[i+1]
			out[name] = s
		}
	}
	text, _ := json.Marshal(out)
	return string(text)
}

func queryBody(q url.Values) string {
	var pairs []string
	for name, values := range q {
		pairs = append(pairs, name, values[0])
	}
	return body(pairs...)
}

// TestOrder goes through the actions of classes, sub-applications and storage classes, and the codes of what they refuse.
func TestOrder(t *testing.T) {
	f, moved := serveOrder(t)
	app := fmt.Sprint(f.ok(t, vodv, "CreateSubAppId", body("Name", "news"))["SubAppId"])
	top := fmt.Sprint(f.ok(t, vodv, "CreateClass", body("ParentId", "-1", "ClassName", "Sport", "SubAppId", app))["ClassId"])
	below := fmt.Sprint(f.ok(t, vodv, "CreateClass", body("ParentId", top, "ClassName", "Tennis", "SubAppId", app))["ClassId"])
	f.ok(t, vodv, "ModifyClass", body("ClassId", below, "ClassName", "Golf", "SubAppId", app))
	all := f.ok(t, vodv, "DescribeAllClass", body("SubAppId", app))["ClassInfoSet"].([]any)
	if c := all[1].(map[string]any); len(all) != 2 || c["ClassName"] != "Golf" || fmt.Sprintf("%v %v", c["Level"], c["ParentId"]) != "1 "+top {
		t.Errorf("the classes are %v", all)
	}
	a := vod.Asset{ID: 5, Name: "n", Container: "mp4", Status: vod.StatusNormal, StorageClass: vod.StorageClassStandard, Size: 10}
	var n int64
	if _, err := fmt.Sscan(app, &a.SubAppID); err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Sscan(below, &n); err != nil {
		t.Fatal(err)
	}
	a.ClassID = n
	f.add(t, a)
	shown := f.ok(t, vodv, "DescribeMediaInfos", body("FileIds.0", "5", "SubAppId", app))["MediaInfoSet"].([]any)
	if b := shown[0].(map[string]any)["BasicInfo"].(map[string]any); b["ClassName"] != "Golf" || b["ClassPath"] != "Sport - Golf" {
		t.Errorf("the file is in %v, %v", b["ClassName"], b["ClassPath"])
	}
	if d := f.ok(t, vodv, "DescribeStorageData", body("SubAppId", app)); fmt.Sprintf("%v %v %v", d["MediaCount"], d["TotalStorage"], d["StandardStorage"]) != "1 10 10" {
		t.Errorf("stored is %v", d)
	}
	if id := f.ok(t, vodv, "ModifyMediaStorageClass", body("FileIds.0", "5", "StorageClass", "STANDARD_IA", "SubAppId", app))["TaskId"]; id != "task-STANDARD_IA" || len(*moved) != 1 {
		t.Errorf("the task is %v, of %v", id, *moved)
	}
	for _, c := range []struct {
		action, query, code string
	}{
		{"CreateClass", "ParentId=-1&ClassName=Sport", "FailedOperation.ClassNameDuplicate"},
		{"CreateClass", "ParentId=99&ClassName=x", "FailedOperation.ParentIdNoFound"},
		{"CreateClass", "ParentId=0&ClassName=x", "InvalidParameterValue.ParentId"},
		{"CreateClass", "ParentId=-1&ClassName=", "InvalidParameterValue.ClassName"},
		{"ModifyClass", "ClassId=99&ClassName=x", "FailedOperation.ClassNoFound"},
		{"ModifyClass", "ClassId=0&ClassName=x", "InvalidParameterValue.ClassId"},
		{"DeleteClass", "ClassId=99", "InvalidParameterValue.ClassId"},
		{"DeleteClass", "ClassId=" + top, "UnsupportedOperation.ClassNotEmpty"},
		{"DeleteClass", "ClassId=" + below, "UnsupportedOperation.ClassNotEmpty"},
		{"ModifyMediaStorageClass", "FileIds.0=5&StorageClass=ARCHIVE", "InvalidParameterValue.UnsupportedStorageClass"},
		{"ModifyMediaStorageClass", "FileIds.0=5&StorageClass=x", "InvalidParameterValue.StorageClass"},
		{"ModifyMediaStorageClass", "FileIds.0=5&StorageClass=STANDARD", "InvalidParameterValue.UnsupportedTransition"},
		{"ModifyMediaStorageClass", "FileIds.0=5&StorageClass=STANDARD_IA&RestoreTier=Bulk", "InvalidParameterValue.UnsupportedRestoreTier"},
		{"ModifyMediaStorageClass", "FileIds.0=6&StorageClass=STANDARD_IA", "ResourceNotFound.FileNotExist"},
		{"ModifyMediaStorageClass", "FileIds.0=x&StorageClass=STANDARD_IA", "InvalidParameterValue.FileIds"},
	} {
		q, _ := url.ParseQuery(c.query + "&SubAppId=" + app)
		f.refused(t, vodv, c.action, queryBody(q), c.code)
	}
	for _, c := range []struct{ action, query, code string }{
		{"CreateSubAppId", "Name=" + fmt.Sprintf("%041d", 0), "InvalidParameterValue.Name"},
		{"CreateSubAppId", "Name=x&Description=" + fmt.Sprintf("%0301d", 0), "InvalidParameterValue.Description"},
		{"ModifySubAppIdInfo", "SubAppId=7&Name=x", "InvalidParameterValue.SubAppId"},
		{"ModifySubAppIdInfo", "SubAppId=0&Name=x", "InvalidParameterValue"},
		{"ModifySubAppIdStatus", "SubAppId=7&Status=On", "FailedOperation.InvalidVodUser"},
		{"ModifySubAppIdStatus", "SubAppId=" + app + "&Status=Gone", "InvalidParameterValue"},
		{"ModifySubAppIdStatus", "SubAppId=" + app + "&Status=Destroyed", "InvalidParameterValue"},
	} {
		q, _ := url.ParseQuery(c.query)
		f.refused(t, vodv, c.action, queryBody(q), c.code)
	}
	f.ok(t, vodv, "ModifySubAppIdInfo", body("SubAppId", app, "Description", "the news"))
	f.ok(t, vodv, "ModifySubAppIdStatus", body("SubAppId", app, "Status", "Off"))
	listed := f.ok(t, vodv, "DescribeSubAppIds", body("Name", "news"))["SubAppIdInfoSet"].([]any)
	if i := listed[0].(map[string]any); i["Status"] != "Off" || i["Description"] != "the news" || fmt.Sprint(i["SubAppId"]) != app {
		t.Errorf("it is shown as %v", i)
	}
	f.refused(t, vodv, "DeleteMedia", body("FileId", "5", "SubAppId", app), "FailedOperation.InvalidVodUser")
	f.ok(t, vodv, "SearchMedia", body("SubAppId", app))
}

// TestTemplatePlaces: a template cannot name an application or a class that is not there.
func TestTemplatePlaces(t *testing.T) {
	f, _ := serveOrder(t)
	f.refused(t, live, "CreateLiveRecordTemplate", body("TemplateName", "t", "FlvParam.Enable", "1", "FlvParam.VodSubAppId", "7"), "InvalidParameterValue")
	f.refused(t, live, "CreateLiveRecordTemplate", body("TemplateName", "t", "Mp4Param.ClassId", "7"), "InvalidParameterValue")
	class := fmt.Sprint(f.ok(t, vodv, "CreateClass", body("ParentId", "-1", "ClassName", "Sport"))["ClassId"])
	id := fmt.Sprint(f.ok(t, live, "CreateLiveRecordTemplate", body("TemplateName", "t", "Mp4Param.ClassId", class))["TemplateId"])
	f.refused(t, live, "ModifyLiveRecordTemplate", body("TemplateId", id, "FlvParam.ClassId", "99"), "InvalidParameterValue")
	f.ok(t, vodv, "DeleteClass", body("ClassId", class))
	f.ok(t, live, "ModifyLiveRecordTemplate", body("TemplateId", id, "Description", "its class has gone, which is no matter here"))
	if found := f.templates(t); len(found) != 1 || found[0].Mp4 == (rules.FormatParam{}) {
		t.Errorf("there are %v", found)
	}
}
