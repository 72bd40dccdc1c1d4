package api_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"aircheck/rules"
	"aircheck/server/api"
)

func (f *fixture) newCallbackTemplate(t *testing.T, body string) string {
	t.Helper()
	return fmt.Sprint(f.ok(t, live, "CreateLiveCallbackTemplate", body)["TemplateId"])
}

func TestCallbackTemplates(t *testing.T) {
	f := serve(t, func(a *api.API) {
		a.Callbacks.CheckHost = func(host string) error {
			if host == "10.0.0.1" {
				return errors.New("set outbound.private")
			}
			return nil
		}
	})
	id := f.newCallbackTemplate(t, `{"TemplateName":"a","Description":"d","StreamBeginNotifyUrl":"http://a/1","StreamEndNotifyUrl":"http://a/2",
		"RecordNotifyUrl":"http://a/3","RecordStatusNotifyUrl":"http://a/4","SnapshotNotifyUrl":"http://a/5",
		"PornCensorshipNotifyUrl":"http://a/6","CallbackKey":"k","StreamMixNotifyUrl":"http://a/7","PushExceptionNotifyUrl":"http://a/8",
		"AudioAuditNotifyUrl":"http://a/9","RecordExceptionNotifyUrl":"http://a/10","RecordExceptionLevels":["alarm","info"]}`)
	want := `{"TemplateId":` + id + `,"TemplateName":"a","Description":"d","StreamBeginNotifyUrl":"http://a/1","StreamEndNotifyUrl":"http://a/2",
		"RecordNotifyUrl":"http://a/3","RecordStatusNotifyUrl":"http://a/4","SnapshotNotifyUrl":"http://a/5",
		"PornCensorshipNotifyUrl":"http://a/6","CallbackKey":"k","StreamMixNotifyUrl":"http://a/7","PushExceptionNotifyUrl":"http://a/8",
		"AudioAuditNotifyUrl":"http://a/9","RecordExceptionNotifyUrl":"http://a/10","RecordExceptionLevels":["error","info"]}`
	sameJSON(t, f.ok(t, live, "DescribeLiveCallbackTemplate", `{"TemplateId":`+id+`}`)["Template"], want)
	f.ok(t, live, "ModifyLiveCallbackTemplate",
		`{"TemplateId":`+id+`,"RecordNotifyUrl":"","CallbackKey":"","RecordExceptionLevels":[],"Description":"e","StreamEndNotifyUrl":"https://b/"}`)
	want = strings.NewReplacer("http://a/3", "", `:"k"`, `:""`, `["error","info"]`, "[]", `:"d"`, `:"e"`, "http://a/2", "https://b/").Replace(want)
	all := f.ok(t, live, "DescribeLiveCallbackTemplates", `{}`)["Templates"]
	sameJSON(t, all, "["+want+"]")
	for body, code := range map[string]string{
		`{}`:                   "MissingParameter",
		`{"TemplateName":"a"}`: "InvalidParameter.UrlNotSafe",
		`{"TemplateName":"a","RecordNotifyUrl":"a"}`:                                               "InvalidParameter.UrlNotSafe",
		`{"TemplateName":"a","RecordNotifyUrl":"http://10.0.0.1/"}`:                                "InvalidParameter.UrlNotSafe",
		`{"TemplateName":"a","RecordNotifyUrl":"http://u:p@a/"}`:                                   "InvalidParameter.UrlNotSafe",
		`{"TemplateName":"a b","RecordNotifyUrl":"http://a"}`:                                      "InvalidParameterValue",
		`{"TemplateName":"a","RecordNotifyUrl":"http://a","RecordExceptionLevels":["x"]}`:          "InvalidParameterValue",
		`{"TemplateName":"a","RecordNotifyUrl":"http://a","RecordExceptionLevels":"x"}`:            "InvalidParameter",
		`{"TemplateName":"` + strings.Repeat("x", 256) + `","RecordNotifyUrl":"http://a.example"}`: "InvalidParameterValue",
	} {
		f.refused(t, live, "CreateLiveCallbackTemplate", body, code)
	}
	f.refused(t, live, "ModifyLiveCallbackTemplate", `{"TemplateId":999}`, "FailedOperation.NotFound")
	f.refused(t, live, "DescribeLiveCallbackTemplate", `{"TemplateId":999}`, "FailedOperation.NotFound")
	f.refused(t, live, "DeleteLiveCallbackTemplate", `{"TemplateId":999}`, "FailedOperation.NotFound")
	for range rules.MaxCallbackTemplates - 1 {
		f.newCallbackTemplate(t, `{"TemplateName":"a","RecordNotifyUrl":"http://a"}`)
	}
	f.refused(t, live, "CreateLiveCallbackTemplate", `{"TemplateName":"a","RecordNotifyUrl":"http://a"}`, "InternalError.ConfOutLimit")
	f.ok(t, live, "DeleteLiveCallbackTemplate", `{"TemplateId":`+id+`}`)
}

func TestCallbackRules(t *testing.T) {
	f := serve(t, nil)
	id := f.newCallbackTemplate(t, `{"TemplateName":"a","RecordNotifyUrl":"http://a"}`)
	f.ok(t, live, "CreateLiveCallbackRule", `{"DomainName":"Live.Example.com","AppName":"live","TemplateId":`+id+`}`)
	f.ok(t, live, "CreateLiveCallbackRule", `{"DomainName":"live.example.com","AppName":"","TemplateId":`+id+`}`)
	if _, err := f.api.Domains.Describe("live.example.com"); err != nil {
		t.Errorf("naming a domain in a callback rule did not register it: %v", err)
	}
	list := f.ok(t, live, "DescribeLiveCallbackRules", `{}`)["Rules"].([]any)
	for i, app := range []string{"", "live"} {
		r := list[i].(map[string]any)
		for _, name := range []string{"CreateTime", "UpdateTime"} {
			if _, err := time.Parse(time.DateTime, r[name].(string)); err != nil {
				t.Error(err)
			}
			delete(r, name)
		}
		if made, err := time.Parse(time.RFC3339, r["CreateTimeUtc"].(string)); err != nil || time.Since(made).Abs() > time.Hour {
			t.Errorf("CreateTimeUtc is %v: %v", r["CreateTimeUtc"], err)
		}
		delete(r, "CreateTimeUtc")
		sameJSON(t, r, `{"TemplateId":`+id+`,"DomainName":"live.example.com","AppName":"`+app+`"}`)
	}
	f.refused(t, live, "DeleteLiveCallbackTemplate", `{"TemplateId":`+id+`}`, "FailedOperation.ConfInUsed")
	f.refused(t, live, "DeleteLiveDomain", `{"DomainName":"live.example.com","DomainType":0}`, "FailedOperation")
	f.refused(t, live, "CreateLiveCallbackRule", `{"DomainName":"live.example.com","AppName":"live","TemplateId":`+id+`}`, "FailedOperation.RuleAlreadyExist")
	f.refused(t, live, "CreateLiveCallbackRule", `{"DomainName":"live.example.com","AppName":"x","TemplateId":999}`, "InvalidParameter.ConfNotFound")
	f.refused(t, live, "CreateLiveCallbackRule", `{"DomainName":"not a host","AppName":"x","TemplateId":`+id+`}`, "InvalidParameter.DomainFormatError")
	f.refused(t, live, "CreateLiveCallbackRule", `{"DomainName":"live.example.com","TemplateId":`+id+`}`, "MissingParameter")
	f.refused(t, live, "DeleteLiveCallbackRule", `{"DomainName":"live.example.com","AppName":"x"}`, "FailedOperation.NotFound")
	f.ok(t, live, "DeleteLiveCallbackRule", `{"DomainName":"LIVE.example.com","AppName":"live"}`)
	if list := f.ok(t, live, "DescribeLiveCallbackRules", `{}`)["Rules"].([]any); len(list) != 1 {
		t.Errorf("left %v", list)
	}
}

// tried writes n tries of events of stream s, a minute apart from at(0) on.
func (f *fixture) tried(t *testing.T, n int) {
	t.Helper()
	for i := range n {
		event := rules.Event{Type: 100, Domain: "localhost", App: "live", Stream: "s", Payload: []byte("{}"), At: at(i)}
		if err := f.db.AddEntries(t.Context(), []rules.Entry{{Event: event}}); err != nil {
			t.Fatal(err)
		}
		d := rules.Delivery{
			EventID: int64(i + 1), Type: 100, Domain: "localhost", App: "live", Stream: "s", URL: "http://a/x", At: at(i),
			AnswerAt: at(i).Add(time.Second), Code: []int{0, 1, 500}[i%3], Request: `{"a":1}`, Response: `{"code":0}`,
			RequestHeader: []rules.HeaderField{{Name: "A", Value: "b"}},
		}
		state := rules.EventDelivered
		if d.Code != 0 {
			state = rules.EventParked
		}
		_, err := f.db.SettleEvent(t.Context(), d, rules.Outcome{ID: d.EventID, FromState: rules.EventPending, State: state, Attempts: 1, NextAt: at(i)})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestCallbackRecords(t *testing.T) {
	f := serve(t, nil)
	f.tried(t, 5)
	const all = `"StartTime":"2026-01-31T10:00:00Z","EndTime":"2026-01-31T11:00:00Z","StreamName":"s","PageNum":1,"PageSize":10`
	list := f.ok(t, live, "DescribeCallbackRecordsList", "{"+all+"}")
	sameJSON(t, list["DataInfoList"].([]any)[0], `{"EventTime":"2026-01-31T10:04:00Z","EventType":100,"Request":"{\"a\":1}",
		"Response":"{\"code\":0}","ResponseTime":"2026-01-31T10:04:01Z","ResultCode":1,"StreamId":"s","EventId":"5","Url":"http://a/x",
		"DomainName":"localhost","AppName":"live","Duration":1,"RequestHeader":[{"Name":"A","Value":"b"}],"ResponseHeader":[]}`)
	beijing := f.ok(t, live, "DescribeCallbackRecordsList",
		strings.NewReplacer("2026-01-31T10:00:00Z", "2026-01-31 18:02:00", "2026-01-31T11:00:00Z", "2026-01-31 18:02:00").Replace("{"+all+"}"))
	one := beijing["DataInfoList"].([]any)[0].(map[string]any)
	if one["EventTime"] != "2026-01-31 18:02:00" || one["ResponseTime"] != "2026-01-31 18:02:01" || fmt.Sprint(beijing["TotalNum"]) != "1" {
		t.Errorf("in Beijing: %v", beijing)
	}
	for more, want := range map[string]string{
		``:                                    "5 1: 5 4 3 2 1",
		`,"PageSize":2,"PageNum":2`:           "5 3: 3 2",
		`,"PageSize":2,"PageNum":9`:           "5 3:",
		`,"ResultCode":0`:                     "2 1: 4 1",
		`,"ResultCode":1`:                     "3 1: 5 3 2",
		`,"ResultCode":500`:                   "1 1: 3",
		`,"EventType":100`:                    "5 1: 5 4 3 2 1",
		`,"EventType":1`:                      "0 0:",
		`,"StreamName":"t"`:                   "0 0:",
		`,"StartTime":"2026-01-31T10:03:00Z"`: "2 1: 5 4",
	} {
		a := f.ok(t, live, "DescribeCallbackRecordsList", "{"+all+more+"}")
		got := fmt.Sprint(a["TotalNum"], " ", a["TotalPage"], ":")
		for _, e := range a["DataInfoList"].([]any) {
			got += " " + e.(map[string]any)["EventId"].(string)
		}
		if got != want {
			t.Errorf("%s: %s, want %s", more, got, want)
		}
	}
	for more, code := range map[string]string{
		`,"StartTime":null`:                 "MissingParameter",
		`,"StartTime":"yesterday"`:          "InvalidParameterValue",
		`,"EndTime":"2026-01-31"`:           "InvalidParameterValue",
		`,"EndTime":"2026-01-31T09:00:00Z"`: "InvalidParameterValue",
		`,"EndTime":"2026-02-01T10:00:01Z"`: "InvalidParameterValue",
		`,"PageSize":101`:                   "InvalidParameterValue",
		`,"PageNum":0`:                      "InvalidParameterValue",
		`,"PageNum":null`:                   "MissingParameter",
		`,"EventType":18446744073709551615`: "InvalidParameterValue",
		`,"ResultCode":-1`:                  "InvalidParameter",
	} {
		f.refused(t, live, "DescribeCallbackRecordsList", "{"+all+more+"}", code)
	}
}

func TestReplayCallbacks(t *testing.T) {
	f := serve(t, nil)
	f.tried(t, 6) // 1 and 4 are delivered, the others parked
	count := func(body, want string) {
		t.Helper()
		if got := fmt.Sprint(f.ok(t, live, "ReplayCallbacks", body)["EventCount"]); got != want {
			t.Errorf("%s: %s, want %s", body, got, want)
		}
	}
	count(`{"EventIds":["1","2","77"]}`, "2")
	count(`{"EventIds":["1","2","77"]}`, "0")
	const span = `"StartTime":"2026-01-31 18:00:00","EndTime":"2026-01-31T10:04:00Z"`
	count(`{`+span+`,"StreamName":"x"}`, "0")
	count(`{`+span+`,"AppName":"x"}`, "0")
	count(`{`+span+`,"DomainName":"x"}`, "0")
	count(`{`+span+`,"EventType":1}`, "0")
	count(`{`+span+`,"OnlyFailed":true,"StreamName":"s","AppName":"live","DomainName":"localhost","EventType":100}`, "2")
	count(`{`+span+`}`, "1")
	f.refused(t, live, "ReplayCallbacks", `{}`, "InvalidParameterValue")
	f.refused(t, live, "ReplayCallbacks", `{"StartTime":"2026-01-31 18:00:00"}`, "InvalidParameterValue")
	f.refused(t, live, "ReplayCallbacks", `{"EventIds":["x"]}`, "InvalidParameterValue")
	f.refused(t, live, "ReplayCallbacks", `{`+span+`,"DomainName":"not a host"}`, "InvalidParameter.DomainFormatError")
}

// TestLiveCallbackTest asks for a sample to be sent, and for what waits.
func TestLiveCallbackTest(t *testing.T) {
	f := serve(t, func(a *api.API) {
		a.Callbacks.Send = func(_ context.Context, e *rules.Event, url, key string) (rules.Delivery, error) {
			at := time.Now()
			return rules.Delivery{
				URL: url, Code: 503, Type: e.Type, At: at, AnswerAt: at.Add(1500 * time.Millisecond), Request: key, Response: "no",
				RequestHeader: []rules.HeaderField{{Name: "A", Value: "b"}},
			}, nil
		}
	})
	id := f.newCallbackTemplate(t, `{"TemplateName":"a","RecordNotifyUrl":"http://a/1","CallbackKey":"k"}`)
	got := f.ok(t, live, "TestLiveCallback", `{"TemplateId":`+id+`}`)
	delete(got, "RequestId")
	sameJSON(t, got, `{"Url":"http://a/1","ResultCode":503,"Duration":1.5,"RequestHeader":[{"Name":"A","Value":"b"}],"Request":"k","ResponseHeader":[],"Response":"no"}`)
	f.refused(t, live, "TestLiveCallback", `{"TemplateId":`+id+`,"EventType":1}`, "InvalidParameterValue")
	f.refused(t, live, "TestLiveCallback", `{}`, "InvalidParameterValue")
	f.refused(t, live, "TestLiveCallback", `{"TemplateId":99}`, "FailedOperation.NotFound")
	f.refused(t, live, "TestLiveCallback", `{"Url":"file:///etc/passwd"}`, "InvalidParameterValue")

	record := rules.Event{Type: rules.EventFileReady, Domain: "localhost", App: "live", Stream: "show", Payload: []byte("{}"), At: time.Now()}
	if err := f.db.AddEntries(t.Context(), []rules.Entry{{Event: record}}); err != nil {
		t.Fatal(err)
	}
	f.ok(t, live, "CreateLiveCallbackRule", `{"DomainName":"localhost","AppName":"live","TemplateId":`+id+`}`)
	got = f.ok(t, live, "DescribeCallbackBacklog", `{}`)
	event := got["EventSet"].([]any)[0].(map[string]any)
	if fmt.Sprintf("%v %v", got["PendingCount"], got["ParkedCount"]) != "1 0" || got["OldestTime"] == "" || event["StreamName"] != "show" || event["Url"] != "http://a/1" || event["State"] != "pending" {
		t.Errorf("%+v", got)
	}
	if got = f.ok(t, live, "DescribeCallbackBacklog", `{"Limit":0}`); len(got["EventSet"].([]any)) != 0 {
		t.Errorf("%+v", got)
	}
	f.refused(t, live, "DescribeCallbackBacklog", `{"Limit":101}`, "InvalidParameterValue")
}
