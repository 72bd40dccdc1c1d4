package api_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"aircheck/rules"
	"aircheck/vod"
)

// found are the ids of the tasks that DescribeLiveRecordTasks lists.
func (f *fixture) found(t *testing.T, request string, args ...any) (ids []string, got map[string]any) {
	t.Helper()
	got = f.ok(t, live, "DescribeLiveRecordTasks", fmt.Sprintf(request, args...))
	for _, x := range got["TaskList"].([]any) {
		ids = append(ids, x.(map[string]any)["TaskId"].(string))
	}
	return ids, got
}

// TestLiveRecordTasks: tasks of both families are found by any part of their window, or by name, with what became of them.
func TestLiveRecordTasks(t *testing.T) {
	f := serve(t, nil)
	start, end := in(time.Hour), in(3*time.Hour)
	id := f.ok(t, live, "CreateRecordTask", task(`,"StartTime":%d,"EndTime":%d,"Extension":"x"`, start, end))["TaskId"].(string)
	f.ok(t, live, "CreateLiveRecord", fmt.Sprintf(`{"StreamName":"other","Highlight":1,"EndTime":%q}`,
		time.Now().Add(10*time.Minute).In(time.FixedZone("", 8*60*60)).Format(time.DateTime)))
	f.add(t, vod.Asset{ID: 7, CauseKind: rules.CauseTask, Cause: id})
	for request, want := range map[string]string{
		fmt.Sprintf(`{"StartTime":%d,"EndTime":%d}`, start+60, end-60):                                        id, // within the window
		fmt.Sprintf(`{"StartTime":%d,"EndTime":%d}`, in(0), start+60):                                         "1 " + id,
		fmt.Sprintf(`{"StartTime":%d,"EndTime":%d}`, end-60, in(32*24*time.Hour)):                             id,
		fmt.Sprintf(`{"StartTime":%d,"EndTime":%d}`, in(0), start):                                            "1", // ends where it begins
		fmt.Sprintf(`{"StartTime":%d,"EndTime":%d}`, end, end+60):                                             "",
		fmt.Sprintf(`{"StartTime":%d,"EndTime":%d,"DomainName":"Push.example.com"}`, in(0), end):              id,
		fmt.Sprintf(`{"StartTime":%d,"EndTime":%d,"StreamName":"other","AppName":"live"}`, in(0), end):        "1",
		fmt.Sprintf(`{"StartTime":%d,"EndTime":%d,"AppName":"none"}`, in(0), end):                             "",
		fmt.Sprintf(`{"TaskIds":["none",%q]}`, id):                                                            id,
		fmt.Sprintf(`{"TaskIds":["1",%q],"StartTime":%d,"EndTime":%d}`, id, in(-2*time.Hour), in(-time.Hour)): "1 " + id,
	} {
		if got, _ := f.found(t, "%s", request); strings.Join(got, " ") != want {
			t.Errorf("%s finds %v, want %s", request, got, want)
		}
	}
	_, got := f.found(t, `{"TaskIds":[%q]}`, id)
	shown := got["TaskList"].([]any)[0].(map[string]any)
	history := shown["HistorySet"].([]any)
	delete(shown, "HistorySet")
	created := shown["CreateTime"]
	sameJSON(t, shown, fmt.Sprintf(`{"TaskId":%q,"Action":"CreateRecordTask","DomainName":"push.example.com","AppName":"live","StreamName":"cam",
		"StartTime":%d,"EndTime":%d,"CreateTime":%v,"TemplateId":0,"Format":"flv","StreamType":0,"Extension":"x","Stopped":0,"State":"waiting",
		"Reason":"","FileIds":["7"]}`, id, start, end, created))
	if first := history[0].(map[string]any); len(history) != 1 || first["State"] != "waiting" || fmt.Sprint(first["Time"]) < fmt.Sprint(created) {
		t.Errorf("history: %v", history)
	}
	f.ok(t, live, "StopRecordTask", `{"TaskId":"`+id+`"}`)
	_, got = f.found(t, `{"TaskIds":[%q]}`, id)
	if shown = got["TaskList"].([]any)[0].(map[string]any); len(shown["HistorySet"].([]any)) != 2 || shown["State"] != "stopped" {
		t.Errorf("stopped: %v", shown)
	}
	f.ok(t, live, "DeleteRecordTask", `{"TaskId":"`+id+`"}`)
	if got, _ := f.found(t, `{"TaskIds":[%q]}`, id); got != nil {
		t.Error("a deleted task is listed:", got)
	}
}

// TestLiveRecordTaskPages: pages hold every task once, by start.
func TestLiveRecordTaskPages(t *testing.T) {
	f := serve(t, nil)
	for i := range 7 {
		f.ok(t, live, "CreateRecordTask", fmt.Sprintf(`{"StreamName":"s%d","DomainName":"d.example.com","AppName":"live","StartTime":%d,"EndTime":%d}`,
			i, in(time.Duration(i/3)*time.Hour+time.Minute), in(10*time.Hour)))
	}
	var all []string
	for token, pages := "", 0; pages == 0 || token != ""; pages++ {
		ids, got := f.found(t, `{"StartTime":%d,"EndTime":%d,"Limit":3,"ScrollToken":%q}`, in(0), in(time.Hour*24), token)
		all, token = append(all, ids...), got["ScrollToken"].(string)
		if pages > 2 {
			t.Fatal("it does not end")
		}
	}
	once, _ := f.found(t, `{"StartTime":%d,"EndTime":%d}`, in(0), in(time.Hour*24))
	if len(once) != 7 || strings.Join(once, " ") != strings.Join(all, " ") {
		t.Errorf("pages: %v, at once: %v", all, once)
	}
}

func TestLiveRecordTaskLimits(t *testing.T) {
	f := serve(t, nil)
	now := in(0) // read once: a second may pass between two
	for request, code := range map[string]string{
		`{}`:                                 "MissingParameter",
		`{"EndTime":5}`:                      "MissingParameter",
		fmt.Sprintf(`{"StartTime":%d}`, now): "MissingParameter",
		fmt.Sprintf(`{"StartTime":%d,"EndTime":%d}`, now, now):                 "InvalidParameter",
		fmt.Sprintf(`{"StartTime":%d,"EndTime":%d}`, now, now+33*24*60*60+1):   "InvalidParameter",
		fmt.Sprintf(`{"StartTime":%d,"EndTime":%d,"Limit":0}`, now, now+60):    "InvalidParameter",
		fmt.Sprintf(`{"StartTime":%d,"EndTime":%d,"Limit":1001}`, now, now+60): "InvalidParameter",
		`{"TaskIds":["` + strings.Repeat(`x","`, 100) + `x"]}`:                 "InvalidParameter",
		`{"TaskIds":["x"],"ScrollToken":"?"}`:                                  "InvalidParameter",
	} {
		f.refused(t, live, "DescribeLiveRecordTasks", request, code)
	}
}
