package api_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"aircheck/server/api"
	"aircheck/server/audit"
	"aircheck/server/auth"
)

const cloudaudit = "2019-03-19"

// audited serves an API whose actions are written down at once.
func audited(t *testing.T, change func(*api.API)) *fixture {
	t.Helper()
	var f *fixture
	f = serve(t, func(a *api.API) {
		a.Audit = func(e audit.Entry) {
			e.Time = time.Now()
			if err := f.db.AddAudit(t.Context(), []audit.Entry{e}); err != nil {
				t.Error(err)
			}
		}
		if change != nil {
			change(a)
		}
	})
	f.api.Audited = f.db.Audit
	return f
}

// events lists what was written down of the last minutes.
func (f *fixture) events(t *testing.T, more string) (all []map[string]any, a map[string]any) {
	t.Helper()
	now := time.Now().Unix()
	a = f.ok(t, cloudaudit, "DescribeEvents", fmt.Sprintf(`{"StartTime":%d,"EndTime":%d%s}`, now-600, now+60, more))
	for _, e := range a["Events"].([]any) {
		all = append(all, e.(map[string]any))
	}
	return all, a
}

// TestAudited checks what is written down of an action: who, what, when, from where, and how it ended, without secrets.
func TestAudited(t *testing.T) {
	f := audited(t, nil)
	f.ok(t, live, "ModifyLivePushAuthKey", `{"DomainName":"localhost","Enable":1,"MasterAuthKey":"topsecret1","BackupAuthKey":"topsecret2"}`)
	refused := f.call(t, live, "DeleteLiveDomain", `{"DomainName":"none.example.com","DomainType":0,"Password":"topsecret3"}`)
	f.ok(t, live, "DescribeLivePushAuthKey", `{"DomainName":"localhost"}`) // reading is not written down
	f.refused(t, live, "NoSuchAction", `{}`, "InvalidAction")
	form := f.do(t, f.v1(t, http.MethodPost, "", live, "AddLiveDomain", map[string][]string{"DomainName": {"x.example.com"}, "DomainType": {"0"}}))
	if form.code != "" {
		t.Fatal(form.raw)
	}
	f.ok(t, live, "CreateLiveRecordTemplate", `{"TemplateName":"a"}`)
	all, a := f.events(t, "")
	if len(all) != 4 || fmt.Sprintf("%v %v %v", a["TotalCount"], a["ListOver"], a["NextToken"]) != "4 true 0" {
		t.Fatalf("%v", a)
	}
	text, err := json.Marshal(all)
	if err != nil || strings.Contains(string(text), "topsecret") {
		t.Errorf("a secret is in %s (%v)", text, err)
	}
	key := all[3]
	for name, want := range map[string]string{
		"EventName": "ModifyLivePushAuthKey", "Username": secretID, "SecretId": secretID, "SourceIPAddress": "127.0.0.1", "EventSource": "live", "ApiErrorCode": "",
		"Scheme": "TC3-HMAC-SHA256", "RequestParameters": `{"BackupAuthKey":"***","DomainName":"localhost","Enable":1,"MasterAuthKey":"***"}`,
		"ResponseElements": "{}", "ErrorCode": "0", "EventId": "1", "UserAgent": "Go-http-client/1.1",
	} {
		if got := fmt.Sprint(key[name]); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	failed := all[2]
	if failed["ApiErrorCode"] != refused.code || failed["RequestID"] != refused.fields["RequestId"] || !strings.Contains(failed["ResponseElements"].(string), "domain not found") {
		t.Errorf("%v, want %s", failed, refused.raw)
	}
	if all[1]["Scheme"] != "v1" || all[1]["RequestParameters"] != `{"DomainName":"x.example.com","DomainType":"0"}` {
		t.Errorf("a form: %v", all[1])
	}
	if !strings.HasPrefix(all[0]["ResponseElements"].(string), `{"TemplateId":`) {
		t.Errorf("what was made is not told: %v", all[0])
	}
}

// TestAuditedOnce checks that a call that comes again is written down once, like what it does.
func TestAuditedOnce(t *testing.T) {
	f := audited(t, nil)
	for range 3 {
		r := f.tc3(t, live, "CreateLiveRecordTemplate", `{"TemplateName":"a"}`)
		again := r.Clone(t.Context())
		again.Body, _ = r.GetBody()
		one, two := f.do(t, r), f.do(t, again)
		if one.raw != two.raw || one.code != "" {
			t.Fatal(one.raw, two.raw)
		}
	}
	if all, _ := f.events(t, ""); len(all) != 3 {
		t.Errorf("%d entries", len(all))
	}
}

// TestAuditedWithoutDryRuns: who asks what would be done has done nothing. Actions that cannot be asked are written down whatever they are given.
func TestAuditedWithoutDryRuns(t *testing.T) {
	f := audited(t, func(a *api.API) { a.Log = slog.New(slog.DiscardHandler) })
	for _, asked := range []string{"true", `"true"`, "1"} {
		f.call(t, vodv, "SpliceRecordings", `{"FileIds":["1"],"DryRun":`+asked+`}`)
	}
	f.call(t, vodv, "SpliceRecordings", `{"FileIds":["1"],"DryRun":false}`)
	f.call(t, live, "DeleteLiveDomain", `{"DomainName":"x.example.com","DomainType":0,"DryRun":true}`)
	if all, _ := f.events(t, ""); len(all) != 2 || all[0]["EventName"] != "DeleteLiveDomain" {
		t.Errorf("%v", all)
	}
}

// TestAuditedFailures checks that a database error and a panic are written down, too.
func TestAuditedFailures(t *testing.T) {
	f := audited(t, func(a *api.API) { a.Log = slog.New(slog.DiscardHandler) })
	f.rules.panicking = true
	f.refused(t, live, "CreateLiveRecordTemplate", `{"TemplateName":"a"}`, "InternalError")
	if all, _ := f.events(t, ""); len(all) != 1 || all[0]["ApiErrorCode"] != "InternalError" || strings.Contains(fmt.Sprint(all), "on fire") {
		t.Errorf("%v", all)
	}
}

// TestAuditedConsole checks how the console is told from keys.
func TestAuditedConsole(t *testing.T) {
	f := audited(t, func(a *api.API) {
		a.Verifier.Session = func(http.Header, string) (string, bool) { return auth.ConsoleName, true }
	})
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, f.http.URL, strings.NewReader(`{"DomainName":"localhost"}`))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"Content-Type": "application/json", auth.CSRFHeader: "x", "X-TC-Action": "ForbidLiveDomain", "X-TC-Version": live, "User-Agent": "x" + strings.Repeat("é", 500),
	} {
		r.Header.Set(name, value)
	}
	if a := f.do(t, r); a.code != "" {
		t.Fatal(a.raw)
	}
	f.ok(t, live, "EnableLiveDomain", `{"DomainName":"localhost"}`)
	by := func(name, value string) []map[string]any {
		all, _ := f.events(t, fmt.Sprintf(`,"LookupAttributes":[{"AttributeKey":%q,"AttributeValue":%q}]`, name, value))
		return all
	}
	if all := by("Username", "console"); len(all) != 1 || all[0]["EventName"] != "ForbidLiveDomain" || all[0]["SecretId"] != "" || all[0]["UserAgent"] != "x"+strings.Repeat("é", 99) {
		t.Errorf("%v", all)
	}
	for value, n := range map[[2]string]int{
		{"Username", secretID}: 1, {"AccessKeyId", secretID}: 1, {"AccessKeyId", "other"}: 0, {"EventName", "EnableLiveDomain"}: 1, {"ResourceType", "live"}: 2,
		{"ResourceType", "vod"}: 0, {"Result", "Done"}: 2, {"Result", "Failed"}: 0, {"ActionType", "Write"}: 2, {"EventId", "2"}: 1, {"SourceIPAddress", "127.0.0.1"}: 2,
		{"ApiErrorCode", "x"}: 0, {"RequestId", "x"}: 0,
	} {
		if all := by(value[0], value[1]); len(all) != n {
			t.Errorf("%v: %d", value, len(all))
		}
	}
}

// TestDescribeEvents pages, and asks for too much.
func TestDescribeEvents(t *testing.T) {
	f := audited(t, nil)
	for i := range 7 {
		f.ok(t, live, "AddLiveDomain", fmt.Sprintf(`{"DomainName":"d%d.example.com","DomainType":0}`, i))
	}
	var seen []string
	next := ""
	for range 3 {
		page, a := f.events(t, `,"MaxResults":3`+next)
		for _, e := range page {
			seen = append(seen, e["EventId"].(string))
		}
		next = fmt.Sprintf(`,"NextToken":%v`, a["NextToken"])
		if over := len(seen) == 7; a["ListOver"] != over || fmt.Sprint(a["TotalCount"]) != "7" {
			t.Errorf("after %v: %v", seen, a)
		}
	}
	if fmt.Sprint(seen) != "[7 6 5 4 3 2 1]" {
		t.Errorf("%v", seen)
	}
	now := time.Now().Unix()
	const day = 24 * 60 * 60
	ask := func(from, to int64, more, code string) {
		t.Helper()
		f.refused(t, cloudaudit, "DescribeEvents", fmt.Sprintf(`{"StartTime":%d,"EndTime":%d%s}`, from, to, more), code)
	}
	ask(now-30*day, now, `,"MaxResults":50,"IsReturnLocation":1`, "")
	ask(now-31*day, now, "", "LimitExceeded.OverTime")
	ask(now-92*day, now-80*day, "", "LimitExceeded.OverTime")
	ask(now, now-1, "", "InvalidParameterValue.Time")
	ask(-1, now, "", "InvalidParameter.Time")
	ask(now, 1<<62, "", "InvalidParameter.Time")
	ask(now-5, now, `,"MaxResults":51`, "InvalidParameterValue.MaxResult")
	ask(now-5, now, `,"MaxResults":0`, "InvalidParameterValue.MaxResult")
	ask(now-5, now, `,"NextToken":18446744073709551615`, "")
	for _, bad := range []string{`"Tags","AttributeValue":"x"`, `"EventId","AttributeValue":"x"`, `"Result","AttributeValue":"x"`, `"ActionType","AttributeValue":"Read"`} {
		ask(now-5, now, `,"LookupAttributes":[{"AttributeKey":`+bad+`}]`, "InvalidParameterValue.attributeKey")
	}
	ask(now-5, now, `,"LookupAttributes":[`+strings.Repeat(`{"AttributeKey":"EventName","AttributeValue":"x"},`, 10)+`{"AttributeKey":"EventName","AttributeValue":"x"}]`, "InvalidParameterValue.attributeKey")
	f.refused(t, cloudaudit, "DescribeEvents", `{"StartTime":5}`, "MissingParameter")
}
