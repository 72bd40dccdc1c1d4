package server

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"aircheck/ingest/media"
	"aircheck/vod"
)

// vodAction calls an action of the catalogue, and returns its answer and code, which is empty if it was done.
func vodAction(t *testing.T, s *Server, action, request string) (answer map[string]any, code string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.baseURL("")+"/", strings.NewReader(request))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-TC-Action", action)
	r.Header.Set("X-TC-Version", "2018-07-17")
	r.Header.Set("Content-Type", "application/json")
	r.SetBasicAuth(s.cfg.API.SecretID, s.cfg.API.SecretKey)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var got struct{ Response map[string]any }
	d := json.NewDecoder(resp.Body)
	d.UseNumber()
	if err := d.Decode(&got); err != nil {
		t.Fatalf("%s: %v", action, err)
	}
	if e, ok := got.Response["Error"].(map[string]any); ok {
		return got.Response, e["Code"].(string)
	}
	return got.Response, ""
}

// done is vodAction for what must not fail.
func done(t *testing.T, s *Server, action, request string) map[string]any {
	t.Helper()
	answer, code := vodAction(t, s, action, request)
	if code != "" {
		t.Fatalf("%s %s: %v", action, request, answer)
	}
	return answer
}

// everything is what the primary application has.
func everything(t *testing.T, s *Server) []byte {
	t.Helper()
	var all []any
	for _, action := range []string{"SearchMedia", "DescribeTasks", "DescribeAllClass", "DescribeProcedureTemplates"} {
		answer := done(t, s, action, "{}")
		delete(answer, "RequestId")
		all = append(all, answer)
	}
	text, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestApplicationsAreApart: no action that names one application reaches files, tasks, events, classes or procedures of another.
func TestApplicationsAreApart(t *testing.T) {
	cfg := testConfig(t)
	cfg.API.SecretID, cfg.API.SecretKey = "id", "key"
	s, _ := start(t, cfg, slog.New(slog.DiscardHandler))
	const cover = `"MediaProcessTask":{"CoverBySnapshotTaskSet":[{"Definition":10,"PositionType":"Time","PositionValue":0}]}`
	other := done(t, s, "CreateSubAppId", `{"Name":"other"}`)["SubAppId"].(json.Number).String()
	done(t, s, "ModifyEventConfig", `{"UploadMediaCompleteEventSwitch":"ON"}`)
	file := recorded(t, s, media.StreamKey{Domain: "localhost", App: "live", Stream: "mine"})
	id, address := file.ID.String(), s.baseURL("")+vod.PlayPath(file)
	class := done(t, s, "CreateClass", `{"ParentId":-1,"ClassName":"mine"}`)["ClassId"]
	done(t, s, "CreateProcedureTemplate", `{"Name":"mine",`+cover+`}`)
	task := done(t, s, "ModifyMediaStorageClass", `{"FileIds":["`+id+`"],"StorageClass":"STANDARD_IA"}`)["TaskId"]
	pulled := done(t, s, "PullEvents", "{}")["EventSet"].([]any)
	handle := pulled[0].(map[string]any)["EventHandle"]
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(time.Minute); done(t, s, "DescribeTaskDetail", fmt.Sprintf(`{"TaskId":"%s"}`, task))["Status"] != "FINISH"; <-tick.C {
		if time.Now().After(deadline) {
			t.Fatal("the task does not end")
		}
	}
	before := everything(t, s)

	with := func(format string, args ...any) string {
		return fmt.Sprintf(`{"SubAppId":`+other+`,`+format+`}`, args...)
	}
	for _, c := range []struct{ action, request, code string }{
		{"ModifyMediaInfo", with(`"FileId":"%s","Name":"theirs"`, id), "ResourceNotFound.FileNotExist"},
		{"DeleteMedia", with(`"FileId":"%s"`, id), "ResourceNotFound"},
		{"DeleteMedia", with(`"FileId":"%s","DeleteParts":[{"Type":"OriginalFiles","Definition":0}]`, id), "ResourceNotFound"},
		{"ModifyMediaStorageClass", with(`"FileIds":["%s"],"StorageClass":"STANDARD"`, id), "ResourceNotFound.FileNotExist"},
		{"ProcessMedia", with(`"FileId":"%s",%s`, id, cover), "InvalidParameterValue.FileId"},
		{"ProcessMedia", with(`"Url":"%s",%s`, address, cover), "InvalidParameterValue.FileId"},
		{"ProcessMediaByProcedure", with(`"FileId":"%s","ProcedureName":"Cover"`, id), "InvalidParameterValue.FileId"},
		{"ProcessMediaByProcedure", with(`"FileId":"%s","ProcedureName":"mine"`, id), "InvalidParameterValue.ProcedureName"},
		{"ComposeMedia", with(`"Tracks":[{"Type":"Video","TrackItems":[{"Type":"Video","VideoItem":{"SourceMedia":"%s"}}]}],"Output":{"FileName":"x"}`, id), "InvalidParameterValue"},
		{"SimpleHlsClip", with(`"Url":"%s"`, address), "InvalidParameterValue.Url"},
		{"SimpleHlsClip", with(`"Url":"%s","IsPersistence":1`, id), "InvalidParameterValue.Url"},
		{"SpliceRecordings", with(`"FileIds":["%s"]`, id), "InvalidParameterValue.FileIds"},
		{"SpliceRecordings", with(`"StreamName":"mine"`), "ResourceNotFound"},
		{"DescribeTaskDetail", with(`"TaskId":"%s"`, task), "ResourceNotFound"},
		{"ManageTask", with(`"TaskId":"%s","OperationType":"Abort"`, task), "InvalidParameterValue.TaskId"},
		{"ConfirmEvents", with(`"EventHandles":["%s"]`, handle), "InvalidParameterValue"},
		{"ModifyClass", with(`"ClassId":%s,"ClassName":"theirs"`, class), "FailedOperation.ClassNoFound"},
		{"CreateClass", with(`"ParentId":%s,"ClassName":"theirs"`, class), "FailedOperation.ParentIdNoFound"},
		{"DeleteClass", with(`"ClassId":%s`, class), "InvalidParameterValue.ClassId"},
		{"ResetProcedureTemplate", with(`"Name":"mine",%s`, cover), "InvalidParameter.ProcedureNameNotExist"},
		{"DeleteProcedureTemplate", with(`"Name":"mine"`), "InvalidParameter"},
	} {
		if answer, code := vodAction(t, s, c.action, c.request); code != c.code {
			t.Errorf("%s %s: %v", c.action, c.request, answer)
		}
	}
	for action, request := range map[string]string{
		"SearchMedia": with(`"FileIds":["%s"]`, id), "DescribeMediaInfos": with(`"FileIds":["%s"]`, id),
		"ForbidMediaDistribution": with(`"FileIds":["%s"],"Operation":"forbid"`, id), "SetMediaHold": with(`"FileIds":["%s"],"Hold":true`, id),
		"DescribeTasks": with(`"FileId":"%s"`, id), "DescribeAllClass": with(`"A":1`), "DescribeStorageData": with(`"A":1`),
		"DescribeProcedureTemplates": with(`"Type":"Custom"`),
	} {
		if text, err := json.Marshal(done(t, s, action, request)); err != nil || strings.Contains(string(text), "mine") ||
			strings.Contains(strings.Replace(string(text), `"NotExistFileIdSet":["`+id+`"]`, "", 1), id) || strings.Contains(string(text), `"MediaCount":1`) {
			t.Errorf("%s: %s, %v", action, text, err)
		}
	}
	app, err := strconv.ParseInt(other, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	if theirs, err := s.store.PullEvents(t.Context(), app, time.Now(), time.Now(), 16); err != nil || len(theirs) > 0 {
		t.Errorf("pulled %v, %v", theirs, err)
	}
	if after := everything(t, s); !bytes.Equal(before, after) {
		t.Errorf("was %s\nnow %s", before, after)
	}
}
