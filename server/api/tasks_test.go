package api_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"aircheck/rules"
	"aircheck/server/api"
	"aircheck/vod"
)

// in is the Unix time of a moment ahead.
func in(d time.Duration) int64 { return time.Now().Add(d).Unix() }

func task(more string, args ...any) string {
	return `{"StreamName":"cam","DomainName":"Push.example.com","AppName":"live"` + fmt.Sprintf(more, args...) + "}"
}

// tasksOf lists the tasks of the next six days.
func (f *fixture) tasksOf(t *testing.T, more string) ([]any, string) {
	t.Helper()
	got := f.ok(t, live, "DescribeRecordTask", fmt.Sprintf(`{"StartTime":%d,"EndTime":%d%s}`, in(-time.Hour), in(6*24*time.Hour), more))
	return got["TaskList"].([]any), got["ScrollToken"].(string)
}

func TestRecordTasks(t *testing.T) {
	f := serve(t, nil)
	template := f.newTemplate(t, `{"TemplateName":"a","Mp4Param":{"Enable":1}}`)
	start, end := in(time.Hour), in(2*time.Hour)
	id := f.ok(t, live, "CreateRecordTask", task(`,"StartTime":"%d","EndTime":%d,"StreamType":1,"TemplateId":%s,"Extension":"x"`, start, end, template))["TaskId"].(string)
	if _, err := f.api.Domains.Describe("push.example.com"); err != nil {
		t.Errorf("naming a domain in a task did not register it: %v", err)
	}
	list, token := f.tasksOf(t, "")
	sameJSON(t, list, fmt.Sprintf(`[{"TaskId":%q,"DomainName":"push.example.com","AppName":"live","StreamName":"cam","StartTime":%d,"EndTime":%d,
		"TemplateId":%s,"Stopped":0,"State":"waiting","Reason":"","FileIds":[]}]`, id, start, end, template))
	if token != "" {
		t.Error("a token behind the last page:", token)
	}
	f.refused(t, live, "DeleteLiveRecordTemplate", `{"TemplateId":`+template+`}`, "FailedOperation.ConfInUsed")
	f.refused(t, live, "DeleteLiveDomain", `{"DomainName":"push.example.com","DomainType":0}`, "FailedOperation")
	x := f.ok(t, live, "ExplainRecordRule", `{"DomainName":"push.example.com","AppName":"live","StreamName":"cam"}`)
	if applies := x["Tasks"].([]any); len(applies) != 1 || applies[0].(map[string]any)["TaskId"] != id || x["Decision"] != "none" {
		t.Errorf("explained %v", x)
	}
	f.ok(t, live, "StopRecordTask", `{"TaskId":"`+id+`"}`)
	f.ok(t, live, "StopRecordTask", `{"TaskId":"`+id+`"}`)
	list, _ = f.tasksOf(t, "")
	if got := list[0].(map[string]any); got["State"] != "stopped" || fmt.Sprint(got["Stopped"]) < fmt.Sprint(in(-time.Minute)) {
		t.Errorf("stopped: %v", got)
	}
	f.ok(t, live, "DeleteLiveRecordTemplate", `{"TemplateId":`+template+`}`)
	f.ok(t, live, "DeleteLiveDomain", `{"DomainName":"push.example.com","DomainType":0}`)
	f.ok(t, live, "DeleteRecordTask", `{"TaskId":"`+id+`"}`)
	if list, _ = f.tasksOf(t, ""); len(list) != 0 {
		t.Error("a deleted task is listed:", list)
	}
	for _, action := range []string{"StopRecordTask", "DeleteRecordTask"} {
		f.refused(t, live, action, `{"TaskId":"`+id+`"}`, "InvalidParameter")
		f.refused(t, live, action, `{"TaskId":"none"}`, "InvalidParameter")
		f.refused(t, live, action, `{}`, "MissingParameter")
	}
}

// TestRecordTaskFiles: what a task made is named with it.
func TestRecordTaskFiles(t *testing.T) {
	f := serve(t, nil)
	id := f.ok(t, live, "CreateRecordTask", task(`,"EndTime":%d`, in(time.Hour)))["TaskId"].(string)
	f.add(t, vod.Asset{ID: 7, CauseKind: rules.CauseTask, Cause: id}, vod.Asset{ID: 5, CauseKind: rules.CauseTask, Cause: id},
		vod.Asset{ID: 6, CauseKind: rules.CauseTask, Cause: "forgotten"}, vod.Asset{ID: 4, CauseKind: "rule", Cause: id})
	list, _ := f.tasksOf(t, "")
	sameJSON(t, list[0].(map[string]any)["FileIds"], `["5","7"]`)
}

func TestRecordTaskLimits(t *testing.T) {
	f := serve(t, func(a *api.API) { a.Tasks.MaxPerStream = 2 })
	none := f.newTemplate(t, `{"TemplateName":"none"}`)
	at := strings.NewReplacer("PAST", fmt.Sprint(in(-time.Second)), "HOUR", fmt.Sprint(in(time.Hour)), "LATER", fmt.Sprint(in(2*time.Hour)),
		"DAY", fmt.Sprint(in(25*time.Hour)), "FARTHER", fmt.Sprint(in(6*24*time.Hour+time.Hour)), "FAR", fmt.Sprint(in(6*24*time.Hour+time.Minute)))
	for _, more := range []string{
		`,"EndTime":PAST`, // the past
		`,"EndTime":0`,
		`,"EndTime":18446744073709551615`,
		`,"StartTime":HOUR,"EndTime":HOUR`,
		`,"StartTime":LATER,"EndTime":HOUR`,
		`,"EndTime":DAY`, // 24 hours
		`,"StartTime":FAR,"EndTime":FARTHER`,
		`,"EndTime":HOUR,"TemplateId":999`,
		`,"EndTime":HOUR,"TemplateId":18446744073709551615`,
		`,"EndTime":HOUR,"TemplateId":` + none,
		`,"EndTime":HOUR,"StreamType":2`,
		`,"EndTime":HOUR,"AppName":""`,
		`,"EndTime":HOUR,"AppName":"vod"`,
		`,"EndTime":HOUR,"StreamName":"a/b"`,
		`,"EndTime":HOUR,"DomainName":"not a host"`,
		`,"EndTime":HOUR,"Extension":"` + strings.Repeat("x", 1025) + `"`,
		`,"EndTime":"soon"`,
	} {
		more = at.Replace(more)
		f.refused(t, live, "CreateRecordTask", task("%s", more), "InvalidParameter")
	}
	f.refused(t, live, "CreateRecordTask", task(""), "MissingParameter")
	f.ok(t, live, "CreateRecordTask", task(`,"StartTime":%d,"EndTime":%d`, in(144*time.Hour-time.Minute), in(167*time.Hour)))
	f.ok(t, live, "CreateRecordTask", task(`,"StartTime":%d,"EndTime":%d`, in(-time.Minute), in(2*time.Hour)))
	id := f.ok(t, live, "CreateRecordTask", task(`,"StartTime":0,"EndTime":%d`, in(time.Hour)))["TaskId"].(string)
	f.refused(t, live, "CreateRecordTask", task(`,"EndTime":%d`, in(2*time.Hour)), "LimitExceeded.MaximumRunningTask")
	f.ok(t, live, "CreateRecordTask", task(`,"StartTime":%d,"EndTime":%d`, in(61*time.Minute), in(2*time.Hour)))
	f.ok(t, live, "StopRecordTask", `{"TaskId":"`+id+`"}`)
	f.ok(t, live, "CreateRecordTask", task(`,"EndTime":%d`, in(time.Hour)))
	f.ok(t, live, "CreateRecordTask", task(`,"StreamName":"other","EndTime":%d`, in(time.Hour)))
	f.refused(t, live, "DescribeRecordTask", fmt.Sprintf(`{"StartTime":%d,"EndTime":%d}`, in(0), in(0)), "InvalidParameter")
	f.refused(t, live, "DescribeRecordTask", fmt.Sprintf(`{"StartTime":%d,"EndTime":%d}`, in(0), in(7*24*time.Hour+time.Minute)), "InvalidParameter")
	f.refused(t, live, "DescribeRecordTask", fmt.Sprintf(`{"StartTime":%d,"EndTime":%d}`, in(-91*24*time.Hour), in(-90*24*time.Hour)), "InvalidParameter")
	for _, token := range []string{"?", "AAAA", base64.RawURLEncoding.EncodeToString([]byte("5/")), base64.RawURLEncoding.EncodeToString([]byte("x/y"))} {
		f.refused(t, live, "DescribeRecordTask", fmt.Sprintf(`{"StartTime":%d,"EndTime":%d,"ScrollToken":%q}`, in(0), in(time.Hour), token), "InvalidParameter")
	}
	f.refused(t, live, "DescribeRecordTask", `{"EndTime":5}`, "MissingParameter")
}

// TestRecordTaskPages: pages hold every task once, by start, whatever begins at the same time.
func TestRecordTaskPages(t *testing.T) {
	f := serve(t, nil)
	for i := range 230 {
		f.ok(t, live, "CreateRecordTask", fmt.Sprintf(`{"StreamName":"s%d","DomainName":"d.example.com","AppName":"live","StartTime":%d,"EndTime":%d}`,
			i, in(time.Duration(i/150)*time.Hour+time.Minute), in(10*time.Hour)))
	}
	f.ok(t, live, "CreateRecordTask", task(`,"StartTime":%d,"EndTime":%d`, in(6*24*time.Hour-time.Hour), in(6*24*time.Hour+time.Hour)))
	seen, pages, last := map[any]bool{}, 0, 0.0
	for more := ""; ; pages++ {
		list, token := f.tasksOf(t, more)
		for _, one := range list {
			start, _ := one.(map[string]any)["StartTime"].(interface{ Float64() (float64, error) }).Float64()
			if seen[one.(map[string]any)["TaskId"]] || start < last {
				t.Fatal("again, or not in order:", one)
			}
			seen[one.(map[string]any)["TaskId"]], last = true, start
		}
		if token == "" {
			break
		}
		more = `,"ScrollToken":"` + token + `"`
	}
	if len(seen) != 230 || pages != 2 {
		t.Errorf("%d tasks on %d pages", len(seen), pages+1)
	}
	for more, want := range map[string]int{
		`,"StreamName":"s7"`: 1, `,"DomainName":"D.example.com","AppName":"live"`: 100, `,"AppName":"other"`: 0, `,"DomainName":"push.example.com"`: 0,
	} {
		if list, _ := f.tasksOf(t, more); len(list) != want {
			t.Errorf("%s lists %d", more, len(list))
		}
	}
}

func TestLegacyRecords(t *testing.T) {
	f := serve(t, nil)
	f.api.Rules.Formats = []string{"flv", "mp4", "aac"}
	beijing := func(d time.Duration) string {
		return time.Now().Add(d).In(time.FixedZone("", 8*60*60)).Format(time.DateTime)
	}
	window := fmt.Sprintf(`{"StreamName":"cam","StartTime":%q,"EndTime":%q`, beijing(time.Hour), beijing(2*time.Hour))
	id := fmt.Sprint(f.ok(t, live, "CreateLiveRecord", window+`,"FileFormat":"MP4","StreamParam":"record_interval=3600&storage_time=60"}`)["TaskId"])
	if id != "1" {
		t.Error("TaskId:", id)
	}
	open, err := f.db.OpenTasks(t.Context())
	if err != nil || len(open) != 1 {
		t.Fatal(open, err)
	}
	got := open[0]
	if got.Key.String() != "localhost/live/cam" || got.Format != "mp4" || got.Interval != time.Hour || got.StorageTime != time.Minute ||
		got.Start.Unix() != in(time.Hour) && got.Start.Unix() != in(time.Hour)-1 || got.RealTime {
		t.Errorf("%+v", got)
	}
	if list, _ := f.tasksOf(t, ""); len(list) != 0 {
		t.Error("DescribeRecordTask lists tasks of CreateLiveRecord:", list)
	}
	for _, action := range []string{"StopRecordTask", "DeleteRecordTask"} {
		f.refused(t, live, action, `{"TaskId":"`+id+`"}`, "InvalidParameter")
	}
	for _, action := range []string{"StopLiveRecord", "DeleteLiveRecord"} {
		f.refused(t, live, action, `{"StreamName":"cam","TaskId":99}`, "ResourceNotFound.TaskId")
		f.refused(t, live, action, `{"StreamName":"other","TaskId":`+id+`}`, "ResourceNotFound.ChannelNotExist")
		f.refused(t, live, action, `{"StreamName":"cam"}`, "MissingParameter")
		f.ok(t, live, action, `{"StreamName":"cam","TaskId":`+id+`}`)
	}
	for end, want := range map[string]time.Duration{"": 30 * time.Minute, beijing(5 * time.Hour): 30 * time.Minute, beijing(10 * time.Minute): 10 * time.Minute} {
		f.ok(t, live, "CreateLiveRecord", fmt.Sprintf(`{"StreamName":"h%d","Highlight":1,"EndTime":%q,"RecordType":"Audio"}`, len(end)+int(want), end))
		open, err := f.db.OpenTasks(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		last := open[len(open)-1]
		for _, o := range open {
			if o.CreateTime.After(last.CreateTime) {
				last = o
			}
		}
		if off := last.End.Sub(time.Now().Add(want)); off > 0 || off < -2*time.Second || last.Format != "aac" || !last.RealTime {
			t.Errorf("%q: ends %s off: %+v", end, off, last)
		}
	}
	for body, code := range map[string]string{
		`{"StreamName":"cam"}`:                                                                   "MissingParameter",
		window + `,"RecordType":"audio","FileFormat":"flv"}`:                                     "InvalidParameterValue",
		window + `,"RecordType":"pictures"}`:                                                     "InvalidParameterValue",
		window + `,"FileFormat":"mp3"}`:                                                          "InvalidParameterValue",
		window + `,"Highlight":2}`:                                                               "InvalidParameterValue",
		window + `,"MixStream":2}`:                                                               "InvalidParameterValue",
		window + `,"StreamParam":"record_interval=60"}`:                                          "InvalidParameterValue",
		window + `,"StreamParam":"storage_time=x"}`:                                              "InvalidParameterValue",
		window + `,"StreamParam":"%"}`:                                                           "InvalidParameterValue",
		window + `,"DomainName":"not a host"}`:                                                   "InvalidParameterValue",
		`{"StreamName":"cam","StartTime":"now","EndTime":"then"}`:                                "InvalidParameterValue",
		strings.Replace(window, "cam", "a/b", 1) + `}`:                                           "InvalidParameterValue",
		`{"StreamName":"cam","StartTime":"2020-01-01 00:00:00","EndTime":"2020-01-01 01:00:00"}`: "InvalidParameterValue",
	} {
		f.refused(t, live, "CreateLiveRecord", body, code)
	}
}
