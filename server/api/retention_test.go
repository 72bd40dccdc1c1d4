package api_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"aircheck/server/api"
	"aircheck/vod"
)

func TestSetMediaHold(t *testing.T) {
	f := serve(t, nil)
	other := asset(3)
	other.SubAppID = 5
	f.add(t, asset(1), asset(2), other)
	f.record(t, recording(4))
	shown := func(id string) string {
		t.Helper()
		for _, call := range []struct{ action, body string }{
			{"DescribeMediaInfos", `{"FileIds":["` + id + `"],"Filters":["basicInfo"]}`}, {"SearchMedia", `{"FileIds":["` + id + `"]}`},
		} {
			info := f.ok(t, vodv, call.action, call.body)["MediaInfoSet"].([]any)[0].(map[string]any)["RecordInfo"].(map[string]any)
			at := info["HoldTime"].(string)
			if _, err := time.Parse(time.RFC3339, at); (err == nil) != info["Held"].(bool) {
				t.Errorf("%s: %v since %q", call.action, info["Held"], at)
			}
			if call.action == "SearchMedia" {
				return fmt.Sprint(info["Held"], " ", info["HoldReason"], " ", info["HoldBy"])
			}
		}
		return ""
	}
	got := f.ok(t, vodv, "SetMediaHold", `{"FileIds":["1001","9","x","1003","1004","1001"],"Hold":true,"Reason":"court <1>"}`)
	sameJSON(t, got["NotExistFileIdSet"], `["9","x","1003"]`)
	if s := shown("1001"); s != "true court <1> "+secretID {
		t.Error(s)
	}
	if s := shown("1002"); s != "false  " {
		t.Error(s)
	}
	if a := f.call(t, vodv, "DeleteMedia", `{"FileId":"1001"}`); a.code != "FailedOperation.MediaHeld" || !strings.Contains(a.msg, "SetMediaHold") {
		t.Error(a.code, a.msg)
	}
	f.refused(t, vodv, "DeleteMedia", `{"FileId":"1004"}`, "FailedOperation")
	finished := asset(4)
	f.add(t, finished)
	f.refused(t, vodv, "DeleteMedia", `{"FileId":"1004"}`, "FailedOperation.MediaHeld")
	f.refused(t, vodv, "SetMediaHold", `{"FileIds":["1001"]}`, "MissingParameter")
	f.refused(t, vodv, "SetMediaHold", `{"Hold":true}`, "MissingParameter")
	f.refused(t, vodv, "SetMediaHold", `{"FileIds":[],"Hold":true}`, "InvalidParameterValue.FileIdsEmpty")
	f.refused(t, vodv, "SetMediaHold", `{"FileIds":[`+strings.Repeat(`"1",`, 20)+`"1"],"Hold":true}`, "InvalidParameterValue.FileIdsOverLimit")
	f.refused(t, vodv, "SetMediaHold", `{"FileIds":["1001"],"Hold":false,"Reason":"`+strings.Repeat("x", 129)+`"}`, "InvalidParameterValue")
	if got := f.ok(t, vodv, "SetMediaHold", `{"FileIds":["1001"],"Hold":false}`); len(got["NotExistFileIdSet"].([]any)) != 0 {
		t.Error(got)
	}
	if s := shown("1001"); s != "false  " {
		t.Error(s)
	}
	f.ok(t, vodv, "DeleteMedia", `{"FileId":"1001"}`)
	for _, want := range []string{"file_id=1001 held=true reason=\"court <1>\" by=" + secretID, "file_id=1001 held=false"} {
		if !strings.Contains(f.log.String(), want) {
			t.Error("the log does not tell", want)
		}
	}
}

func TestReconcileMedia(t *testing.T) {
	none := serve(t, nil)
	sameJSON(t, none.ok(t, vodv, "DescribeReconcileReport", `{}`)["Report"], "null")
	none.refused(t, vodv, "ReconcileMedia", `{}`, "FailedOperation")

	var r *vod.Reconciler
	f := serve(t, func(a *api.API) {
		r = &vod.Reconciler{Catalog: a.Catalog, Log: a.Log}
		a.Reconciler = r
	})
	f.add(t, asset(1), asset(2))
	if err := os.Remove(filepath.Join(f.dir, "1002")); err != nil {
		t.Fatal(err)
	}
	if a := f.ok(t, vodv, "DescribeReconcileReport", `{}`); a["State"] != "None" || a["Report"] != nil {
		t.Error(a)
	}
	r.Start()
	defer r.Close()
	done := func(assets int) map[string]any {
		for {
			a := f.ok(t, vodv, "DescribeReconcileReport", `{}`)
			if report, ok := a["Report"].(map[string]any); ok && a["State"] == "Done" && fmt.Sprint(report["Assets"]) == fmt.Sprint(assets) {
				return report
			}
		}
	}
	report := done(2)
	for _, name := range []string{"BeginTime", "EndTime"} {
		if _, err := time.Parse(time.RFC3339, report[name].(string)); err != nil {
			t.Error(name, err)
		}
		delete(report, name)
	}
	// The size of the first one is not what the catalogue says.
	sameJSON(t, report, `{"Assets":2,"Files":0,"Adopted":0,"Lost":1,"Found":0,"Missing":1,"MissingParts":0,"Changed":1,"Pending":0,"Unreadable":0,
		"Ignored":1,"ErrorSet":[],"FindingSet":[{"What":"changed","FileId":"1001","StorageId":"st","Path":"1001","Detail":""},
		{"What":"lost","FileId":"1002","StorageId":"st","Path":"1002","Detail":""}]}`)
	found := f.ok(t, vodv, "SearchMedia", `{"Status":["Lost"]}`)["MediaInfoSet"].([]any)
	if len(found) != 1 || found[0].(map[string]any)["BasicInfo"].(map[string]any)["Status"] != "Lost" {
		t.Error(found)
	}
	f.add(t, asset(3))
	f.ok(t, vodv, "ReconcileMedia", `{}`)
	done(3)
	f.ok(t, vodv, "DeleteMedia", `{"FileId":"1002"}`)
}
