package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"testing"
	"time"

	"aircheck/server/api"
	"aircheck/server/store"
	"aircheck/vod"
	"aircheck/vod/event"
	longtask "aircheck/vod/task"
)

// work gives an API a queue of tasks and its events. Their jobs end when they are let go.
type work struct {
	queue  *longtask.Queue
	letGo  chan any
	events *event.Service
	db     *store.Store
}

func withWork(w *work) func(a *api.API) {
	return func(a *api.API) {
		w.db = a.Catalog.Store.(*store.Store)
		w.letGo = make(chan any, 10)
		job := func(ctx context.Context, _ longtask.Task, report longtask.Report) (any, error) {
			report(33, nil)
			select {
			case out := <-w.letGo:
				return out, nil
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
		w.events = &event.Service{Store: w.db}
		w.db.OnEvent = w.events.Wake
		w.queue = &longtask.Queue{
			Store: w.db.LongTasks(), Workers: 1, Log: a.Log, Jobs: map[longtask.Type]longtask.Job{longtask.Compose: job, longtask.Procedure: job, longtask.Clip: job},
			Events: func(t longtask.Task) []event.Event {
				kind := map[longtask.Type]event.Kind{longtask.Compose: event.Composed, longtask.Procedure: event.ProcedureChanged}[t.Type]
				if kind == "" {
					return nil
				}
				return []event.Event{{Kind: kind, Content: t, At: time.Now()}}
			},
		}
		a.LongTasks, a.Events, a.Classes = w.queue, w.events, &vod.Classes{Store: w.db}
	}
}

func (w *work) start(t *testing.T) {
	w.queue.Start()
	t.Cleanup(func() {
		if err := w.queue.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
}

func (w *work) add(t *testing.T, one longtask.Task) string {
	t.Helper()
	id, err := w.queue.Add(t.Context(), one)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// until asks until a task has a status.
func (f *fixture) until(t *testing.T, id, status string) map[string]any {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); {
		if got := f.ok(t, vodv, "DescribeTaskDetail", `{"TaskId":"`+id+`"}`); got["Status"] == status {
			return got
		}
	}
	t.Fatalf("task %s does not become %s", id, status)
	return nil
}

func sample() vod.Asset {
	at := time.Date(2026, 5, 6, 7, 8, 9, 0, time.UTC)
	return vod.Asset{
		ID: 77, Name: "news", Container: "mp4", Status: vod.StatusNormal, Size: 1000, Duration: 8 * time.Second, Start: at, End: at, CreateTime: at,
		Domain: "localhost", App: "live", Stream: "s", Tracks: []vod.Track{{Kind: "video", Codec: "h264", Width: 640, Height: 360}},
	}
}

func TestTaskDetail(t *testing.T) {
	w := &work{}
	f := serve(t, withWork(w))
	f.add(t, sample())
	w.start(t)
	id := w.add(t, longtask.Task{
		Type: longtask.Compose, SessionID: "s1", SessionContext: "c1", Input: json.RawMessage(`{"Tracks":[{"Type":"Video"}],"Output":{"FileName":"x"}}`),
	})
	waits := w.add(t, longtask.Task{Type: longtask.Procedure, FileID: 77, Priority: -3, Notify: longtask.NotifyChange, SessionContext: "c2"})
	f.until(t, id, "PROCESSING")
	got := f.ok(t, vodv, "DescribeTaskDetail", `{"TaskId":"`+waits+`"}`)
	if got["Status"] != "WAITING" || got["BeginProcessTime"] != "" || got["ComposeMediaTask"] != nil || got["LongTask"] != nil {
		t.Errorf("%v", got)
	}
	w.letGo <- map[string]any{"FileType": "mp4", "FileId": "77", "FileUrl": "/vod/77/news.mp4", "MediaName": "/vod/no address"}
	got = f.until(t, id, "FINISH")
	if got["TaskType"] != "ComposeMedia" || got["ProcedureTask"] != nil || got["FinishTime"] == "" {
		t.Errorf("%v", got)
	}
	c := got["ComposeMediaTask"].(map[string]any)
	if c["MetaData"].(map[string]any)["Width"] != json.Number("640") {
		t.Errorf("%v", c)
	}
	delete(c, "MetaData")
	sameJSON(t, c, `{"TaskId":"`+id+`","Status":"FINISH","ErrCode":0,"Message":"","Progress":100,
		"Input":{"Tracks":[{"Type":"Video"}],"Output":{"FileName":"x"}},
		"Output":{"FileType":"mp4","FileId":"77","FileUrl":"`+f.http.URL+`/vod/77/news.mp4","MediaName":"/vod/no address"},"SessionId":"s1","SessionContext":"c1"}`)
	w.letGo <- map[string]any{"MediaProcessResultSet": []any{map[string]any{
		"Type": "CoverBySnapshot", "CoverBySnapshotTask": map[string]any{"Output": map[string]string{"CoverUrl": "/vod/77/parts/c.jpg"}},
	}}}
	p := f.until(t, waits, "FINISH")["ProcedureTask"].(map[string]any)
	delete(p, "MetaData")
	sameJSON(t, p, `{"TaskId":"`+waits+`","Status":"FINISH","ErrCode":0,"Message":"","FileId":"77","FileName":"news",
		"FileUrl":"`+f.http.URL+`/vod/77/news.mp4","TasksPriority":-3,"TasksNotifyMode":"Change","SessionContext":"c2","SessionId":"",
		"MediaProcessResultSet":[{"Type":"CoverBySnapshot","CoverBySnapshotTask":{"Output":{"CoverUrl":"`+f.http.URL+`/vod/77/parts/c.jpg"}}}]}`)
	events := f.ok(t, vodv, "PullEvents", `{}`)["EventSet"].([]any)
	if len(events) != 2 {
		t.Fatalf("%v", events)
	}
	for i, name := range []string{"ComposeMediaCompleteEvent", "ProcedureStateChangeEvent"} {
		e := events[i].(map[string]any)
		if e[name].(map[string]any)["TaskId"] != []string{id, waits}[i] {
			t.Errorf("%v", e)
		}
	}
	f.refused(t, vodv, "DescribeTaskDetail", `{"TaskId":"no"}`, "ResourceNotFound")
	f.refused(t, vodv, "DescribeTaskDetail", `{"TaskId":"`+id+`","SubAppId":3}`, "ResourceNotFound")
	f.refused(t, vodv, "DescribeTaskDetail", `{}`, "MissingParameter")
}

func TestTaskFailure(t *testing.T) {
	w := &work{}
	f := serve(t, withWork(w))
	w.queue.Jobs[longtask.Move] = func(context.Context, longtask.Task, longtask.Report) (any, error) {
		return nil, &longtask.Failure{Code: longtask.CodeSource, Err: fmt.Errorf("the file has gone")}
	}
	w.start(t)
	id := w.add(t, longtask.Task{Type: longtask.Move, FileID: 5, Input: json.RawMessage(`{"FileIds":["5"]}`)})
	got := f.until(t, id, "FINISH")
	sameJSON(t, got["LongTask"], `{"TaskId":"`+id+`","Status":"FINISH","ErrCode":60000,"Message":"the file has gone","Progress":0,"FileId":"5",
		"Output":null,"SessionId":"","SessionContext":""}`)
	if got["TaskType"] != "ModifyMediaStorageClass" || got["ComposeMediaTask"] != nil || got["ProcedureTask"] != nil {
		t.Errorf("%v", got)
	}
}

func TestListTasks(t *testing.T) {
	w := &work{}
	f := serve(t, withWork(w))
	var ids []string
	for i := range 12 {
		ids = append(ids, w.add(t, longtask.Task{Type: longtask.Clip, FileID: vod.FileID(1 + i%2), SessionID: fmt.Sprint("s", i)}))
	}
	list := func(body string) (found []string, token string) {
		got := f.ok(t, vodv, "DescribeTasks", body)
		for _, e := range got["TaskSet"].([]any) {
			found = append(found, e.(map[string]any)["TaskId"].(string))
		}
		return found, got["ScrollToken"].(string)
	}
	first, token := list(`{}`)
	second, last := list(`{"ScrollToken":"` + token + `"}`)
	if len(first) != 10 || len(second) != 2 || last != "" || first[0] != ids[11] || second[1] != ids[0] {
		t.Errorf("%v, %v, %q", first, second, last)
	}
	for body, want := range map[string]int{
		`{"FileId":"1"}`:       6,
		`{"Status":"WAITING"}`: 10,
		`{"Status":"FINISH"}`:  0,
		`{"Limit":3}`:          3,
		`{"Limit":100}`:        12,
		`{"SubAppId":4}`:       0,
		`{"CreateTime":{"After":"2999-01-01T00:00:00Z"}}`:             0,
		`{"CreateTime":{"Before":"2999-01-01T00:00:00Z"},"Limit":50}`: 12,
		`{"FinishTime":{"Before":"2999-01-01T00:00:00Z"}}`:            0,
		`{"Sort":{"Field":"FinishTime","Order":"Asc"},"Limit":"12"}`:  12,
	} {
		if found, _ := list(body); len(found) != want {
			t.Errorf("%s: %d, want %d", body, len(found), want)
		}
	}
	if found, _ := list(`{"Sort":{"Field":"CreateTime","Order":"Asc"},"Limit":1}`); found[0] != ids[0] {
		t.Errorf("the oldest is %v", found)
	}
	for body, code := range map[string]string{
		`{"Status":"DONE"}`:                       "InvalidParameterValue.Status",
		`{"Limit":0}`:                             "InvalidParameterValue",
		`{"Limit":101}`:                           "InvalidParameterValue",
		`{"ScrollToken":"!"}`:                     "InvalidParameterValue",
		`{"ScrollToken":"QUFB"}`:                  "InvalidParameterValue",
		`{"FileId":"x"}`:                          "InvalidParameterValue",
		`{"Sort":{"Field":"Name","Order":"Asc"}}`: "InvalidParameterValue",
		`{"CreateTime":{"After":"yesterday"}}`:    "InvalidParameterValue",
	} {
		f.refused(t, vodv, "DescribeTasks", body, code)
	}
}

func TestManageTask(t *testing.T) {
	w := &work{}
	f := serve(t, withWork(w))
	id := w.add(t, longtask.Task{Type: longtask.Clip})
	f.refused(t, vodv, "ManageTask", `{"TaskId":"`+id+`","OperationType":"Stop"}`, "InvalidParameterValue.InvalidOperationType")
	f.refused(t, vodv, "ManageTask", `{"TaskId":"x","OperationType":"Abort"}`, "InvalidParameterValue.TaskId")
	f.ok(t, vodv, "ManageTask", `{"TaskId":"`+id+`","OperationType":"Abort"}`)
	f.refused(t, vodv, "ManageTask", `{"TaskId":"`+id+`","OperationType":"Abort"}`, "FailedOperation")
	if got := f.ok(t, vodv, "DescribeTaskDetail", `{"TaskId":"`+id+`"}`); got["Status"] != "ABORTED" || got["FinishTime"] == "" {
		t.Errorf("%v", got)
	}
}

func TestEvents(t *testing.T) {
	w := &work{}
	f := serve(t, withWork(w))
	sameJSON(t, without(f.ok(t, vodv, "DescribeEventConfig", `{}`), "RequestId"), `{"Mode":"PULL","NotificationUrl":"","UploadMediaCompleteEventSwitch":"OFF",
		"DeleteMediaCompleteEventSwitch":"OFF","PersistenceCompleteEventSwitch":"OFF","WaitingCount":0}`)
	f.ok(t, vodv, "ModifyEventConfig", `{"UploadMediaCompleteEventSwitch":"ON","DeleteMediaCompleteEventSwitch":"ON","PersistenceCompleteEventSwitch":"on"}`)
	f.add(t, sample())
	now := time.Now()
	parts := event.NewDeletion(0, now, event.DeletedFile{FileID: 8, Parts: []event.DeletedPart{{Type: "TranscodeFiles", Definition: 20}}})
	if err := w.db.AddVodEvents(t.Context(), parts, event.NewPersistence(0, 9, "SimpleHlsClip", now)); err != nil {
		t.Fatal(err)
	}
	set := f.ok(t, vodv, "PullEvents", `{}`)["EventSet"].([]any)
	if len(set) != 3 {
		t.Fatalf("%v", set)
	}
	var handles []string
	for i, want := range []struct{ kind, field, content string }{
		{"NewFileUpload", "FileUploadEvent", ""},
		{"FileDeleted", "FileDeleteEvent", `{"FileIdSet":["8"],"FileDeleteResultInfo":[{"FileId":"8","DeleteParts":[{"Type":"TranscodeFiles","Definition":20}]}]}`},
		{"PersistenceComplete", "PersistenceCompleteEvent", `{"FileId":"9","PersistenceSource":"SimpleHlsClip"}`},
	} {
		e := set[i].(map[string]any)
		handles = append(handles, e["EventHandle"].(string))
		if e["EventType"] != want.kind || len(e) != 39 {
			t.Errorf("%s with %d fields", e["EventType"], len(e))
		}
		if want.content != "" {
			sameJSON(t, e[want.field], want.content)
		}
		for name, v := range e {
			if name != "EventHandle" && name != "EventType" && (v != nil) != (name == want.field) {
				t.Errorf("%s of %s is %v", name, want.kind, v)
			}
		}
	}
	upload := set[0].(map[string]any)["FileUploadEvent"].(map[string]any)
	basic := upload["MediaBasicInfo"].(map[string]any)
	if upload["FileId"] != "77" || basic["Name"] != "news" || basic["MediaUrl"] != f.http.URL+"/vod/77/news.mp4" ||
		upload["MetaData"].(map[string]any)["Container"] != "mp4" || upload["ProcedureTaskId"] != "" {
		t.Errorf("%v", upload)
	}
	text, err := json.Marshal(handles)
	if err != nil {
		t.Fatal(err)
	}
	f.refused(t, vodv, "ConfirmEvents", `{"EventHandles":["1.9"]}`, "InvalidParameterValue")
	f.refused(t, vodv, "ConfirmEvents", `{"EventHandles":[]}`, "InvalidParameterValue")
	f.refused(t, vodv, "ConfirmEvents", `{}`, "MissingParameter")
	f.ok(t, vodv, "ConfirmEvents", `{"EventHandles":`+string(text)+`}`)
	w.events.Close() // so that nobody waits
	if set = f.ok(t, vodv, "PullEvents", `{}`)["EventSet"].([]any); len(set) != 0 {
		t.Errorf("%v", set)
	}
	f.refused(t, vodv, "ModifyEventConfig", `{"Mode":"BOTH"}`, "InvalidParameter")
	f.refused(t, vodv, "ModifyEventConfig", `{"NotificationUrl":"ftp://x"}`, "InvalidParameter")
	f.refused(t, vodv, "ModifyEventConfig", `{"SignKey":"a-b"}`, "InvalidParameter")
	f.refused(t, vodv, "ModifyEventConfig", `{"UploadMediaCompleteEventSwitch":"YES"}`, "InvalidParameter")
	f.ok(t, vodv, "ModifyEventConfig", `{"Mode":"PUSH","NotificationUrl":"https://example.com/events","SignKey":"abc"}`)
	f.refused(t, vodv, "PullEvents", `{}`, "FailedOperation")
	f.ok(t, vodv, "ModifyEventConfig", `{"NotificationUrl":""}`)
	if got := f.ok(t, vodv, "DescribeEventConfig", `{}`); got["NotificationUrl"] != "" || got["Mode"] != "PUSH" || got["UploadMediaCompleteEventSwitch"] != "ON" {
		t.Errorf("%v", got)
	}
}

// TestEventHasTheClass: who is told of a file is told its class by name as well, as who searches.
func TestEventHasTheClass(t *testing.T) {
	w := &work{}
	f := serve(t, withWork(w))
	f.ok(t, vodv, "ModifyEventConfig", `{"UploadMediaCompleteEventSwitch":"ON"}`)
	class, err := f.ok(t, vodv, "CreateClass", `{"ParentId":-1,"ClassName":"Tennis"}`)["ClassId"].(json.Number).Int64()
	if err != nil {
		t.Fatal(err)
	}
	a := sample()
	a.ClassID = class
	f.add(t, a)
	set := f.ok(t, vodv, "PullEvents", `{}`)["EventSet"].([]any)
	basic := set[0].(map[string]any)["FileUploadEvent"].(map[string]any)["MediaBasicInfo"].(map[string]any)
	if basic["ClassName"] != "Tennis" || basic["ClassPath"] != "Tennis" {
		t.Errorf("%v", basic)
	}
}

func without(m map[string]any, name string) map[string]any {
	delete(m, name)
	return m
}

// TestEventBody: what is pushed has no handle, and is signed by the key.
func TestEventBody(t *testing.T) {
	w := &work{}
	f := serve(t, withWork(w))
	views := f.api.Views("https://a.example")
	now := time.Unix(1800000000, 0)
	e := event.Stored{ID: 1, Kind: event.Persisted, Content: json.RawMessage(`{"FileID":9,"Source":"x"}`), Handle: "1.1"}
	for key, sign := range map[string]string{"": "", "Key1": "23adf3cbaaead44950adda3fb267dfd6"} {
		text, err := views.EventBody(t.Context(), &e, key, now)
		if err != nil {
			t.Fatal(err)
		}
		var got map[string]any
		if err := json.Unmarshal(text, &got); err != nil {
			t.Fatal(err)
		}
		if _, ok := got["EventHandle"]; ok || got["EventType"] != "PersistenceComplete" || len(got) != 38+2*min(len(key), 1) {
			t.Errorf("%s", text)
		}
		if key != "" && (got["T"] != 1800000600.0 || got["Sign"] != sign) {
			t.Errorf("T %v, Sign %v", got["T"], got["Sign"])
		}
	}
	e.Kind = "Later"
	if _, err := views.EventBody(t.Context(), &e, "", now); err == nil {
		t.Error("an unknown kind is shown")
	}
}

// TestHangingUp: who hangs up while waiting for events takes none with him.
func TestHangingUp(t *testing.T) {
	w := &work{}
	f := serve(t, withWork(w))
	ctx, cancel := context.WithCancel(t.Context())
	r := f.tc3(t, vodv, "PullEvents", `{}`).WithContext(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		if resp, err := f.http.Client().Do(r); err == nil {
			resp.Body.Close()
		}
	}()
	for f.last.Load() == nil {
		runtime.Gosched()
	}
	cancel()
	<-done
	<-(*f.last.Load()).Done() // the server knows
	if err := w.db.AddVodEvents(t.Context(), event.Event{Kind: event.Composed, Content: longtask.Task{ID: "x"}, At: time.Now()}); err != nil {
		t.Fatal(err)
	}
	if set := f.ok(t, vodv, "PullEvents", `{}`)["EventSet"].([]any); len(set) != 1 {
		t.Errorf("%v", set)
	}
}
