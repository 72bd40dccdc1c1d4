package api_test

import (
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"time"

	"aircheck/server/api"
	"aircheck/vod"
	"aircheck/vod/ffmpeg"
	"aircheck/vod/process"
	longtask "aircheck/vod/task"
)

func withFlows(w *work) func(a *api.API) {
	return func(a *api.API) {
		withWork(w)(a)
		log := slog.New(slog.DiscardHandler)
		a.Flows = &process.Processor{
			Service: &process.Service{Store: w.db}, Catalog: a.Catalog, Runner: &ffmpeg.Runner{Log: log}, Queue: w.queue.Add, Log: log,
		}
	}
}

func TestProcedureActions(t *testing.T) {
	f := serve(t, withFlows(&work{}))
	f.ok(t, vodv, "CreateProcedureTemplate", `{"Name":"mine","Comment":"c","MediaProcessTask":{
		"TranscodeTaskSet":[{"Definition":100030,"StartTimeOffset":1.5}],"CoverBySnapshotTaskSet":[{"Definition":10,"PositionType":"Percent","PositionValue":12.5}],
		"SnapshotByTimeOffsetTaskSet":[{"Definition":10,"TimeOffsetSet":[1,2.5]}],"AnimatedGraphicTaskSet":[{"Definition":20000,"StartTimeOffset":0,"EndTimeOffset":3}],
		"SampleSnapshotTaskSet":[{"Definition":10}],"ImageSpriteTaskSet":[{"Definition":10}],"AdaptiveDynamicStreamingTaskSet":[{"Definition":10}]}}`)
	got := f.ok(t, vodv, "DescribeProcedureTemplates", `{"Type":"Custom"}`)
	set := got["ProcedureTemplateSet"].([]any)
	one := set[0].(map[string]any)
	text, err := json.Marshal(one["MediaProcessTask"])
	if err != nil {
		t.Fatal(err)
	}
	if string(text) != `{"AdaptiveDynamicStreamingTaskSet":[{"Definition":10}],"AnimatedGraphicTaskSet":[{"Definition":20000,"EndTimeOffset":3,"StartTimeOffset":0}],`+
		`"CoverBySnapshotTaskSet":[{"Definition":10,"PositionType":"Percent","PositionValue":12.5}],"ImageSpriteTaskSet":[{"Definition":10}],`+
		`"SampleSnapshotTaskSet":[{"Definition":10}],"SnapshotByTimeOffsetTaskSet":[{"Definition":10,"ExtTimeOffsetSet":["1s","2.5s"],"TimeOffsetSet":[]}],`+
		`"TranscodeTaskSet":[{"Definition":100030,"EndTimeOffset":0,"StartTimeOffset":1.5}]}` {
		t.Errorf("shown as %s", text)
	}
	if got["TotalCount"] != json.Number("1") || one["Name"] != "mine" || one["Type"] != "Custom" || one["Comment"] != "c" || one["CreateTime"] == "" {
		t.Errorf("shown: %v", got)
	}
	f.ok(t, vodv, "ResetProcedureTemplate", `{"Name":"mine","MediaProcessTask":{"ImageSpriteTaskSet":[{"Definition":10}]}}`)
	f.add(t, sample())
	const cover = `"MediaProcessTask":{"CoverBySnapshotTaskSet":[{"Definition":10,"PositionType":"Time","PositionValue":1}]}`
	for _, c := range []struct{ action, request, code string }{
		{"CreateProcedureTemplate", `{"Name":"mine",` + cover + `}`, "InvalidParameter.ExistedProcedureName"},
		{"CreateProcedureTemplate", `{"Name":"Cover",` + cover + `}`, "InvalidParameter.ExistedProcedureName"},
		{"CreateProcedureTemplate", `{"Name":"other"}`, "InvalidParameter"},
		{"ResetProcedureTemplate", `{"Name":"other",` + cover + `}`, "InvalidParameter.ProcedureNameNotExist"},
		{"DeleteProcedureTemplate", `{"Name":"other"}`, "InvalidParameter"},
		{"DescribeProcedureTemplates", `{"Type":"Other"}`, "InvalidParameterValue.Type"},
		{"DescribeProcedureTemplates", `{"Limit":101}`, "InvalidParameterValue.Limit"},
		{"ProcessMedia", `{"FileId":"77"}`, "InvalidParameterValue"},
		{"ProcessMedia", `{"FileId":"78",` + cover + `}`, "InvalidParameterValue.FileId"},
		{"ProcessMedia", `{"Url":"http://127.0.0.1/secret.mp4",` + cover + `}`, "InvalidParameterValue"},
		{"ProcessMedia", `{"FileId":"77","MediaProcessTask":{"CoverBySnapshotTaskSet":[{"Definition":10,"PositionType":"Frame","PositionValue":1}]}}`, "InvalidParameterValue"},
		{"ProcessMediaByProcedure", `{"FileId":"77","ProcedureName":"other"}`, "InvalidParameterValue.ProcedureName"},
		{"ProcessMediaByProcedure", `{"FileId":"78","ProcedureName":"mine"}`, "InvalidParameterValue.FileId"},
	} {
		f.refused(t, vodv, c.action, c.request, c.code)
	}
	task := f.ok(t, vodv, "ProcessMediaByProcedure", `{"FileId":"77","ProcedureName":"mine","SessionId":"s"}`)["TaskId"]
	if task == "" {
		t.Error("no task")
	}
	f.refused(t, vodv, "ProcessMedia", `{"FileId":"77","SessionId":"s",`+cover+`}`, "FailedOperation.TaskDuplicate")
	f.refused(t, vodv, "ProcessMediaByProcedure", `{"FileId":"77","SessionId":"s","ProcedureName":"mine"}`, "InvalidParameterValue.SessionId")
	f.ok(t, vodv, "DeleteProcedureTemplate", `{"Name":"mine"}`)
	if got := f.ok(t, vodv, "DescribeProcedureTemplates", `{"Names":["mine"]}`); got["TotalCount"] != json.Number("0") {
		t.Errorf("after its deletion: %v", got)
	}
}

// TestUndoneParameters: what would change the result and is not done is refused by its name, unless it asks for nothing.
func TestUndoneParameters(t *testing.T) {
	f := serve(t, withFlows(&work{}))
	f.add(t, sample())
	request := func(set, task string) string {
		return `{"FileId":"77","Name":"p","MediaProcessTask":{"` + set + `":[{"Definition":10,"PositionType":"Time","PositionValue":1,"TimeOffsetSet":[1],` + task + `}]}}`
	}
	for set, names := range map[string][]string{
		"TranscodeTaskSet": {
			"WatermarkSet", "TraceWatermark", "CopyRightWatermark", "BlindWatermark", "MosaicSet", "HeadTailSet", "OverrideParameter", "SubtitleInfoSet",
		},
		"SnapshotByTimeOffsetTaskSet": {"WatermarkSet"}, "SampleSnapshotTaskSet": {"WatermarkSet"}, "CoverBySnapshotTaskSet": {"WatermarkSet"},
		"AdaptiveDynamicStreamingTaskSet": {
			"WatermarkSet", "TraceWatermark", "CopyRightWatermark", "BlindWatermark", "SubtitleSet", "SubtitleInfoSet", "DrmInfo",
		},
	} {
		for _, name := range names {
			value := `{"Definition":7,"Switch":"ON"}`
			if strings.HasSuffix(name, "Set") {
				value = "[" + value + "]"
			}
			for _, action := range []string{"ProcessMedia", "CreateProcedureTemplate"} {
				a := f.call(t, vodv, action, request(set, `"`+name+`":`+value))
				if want := "MediaProcessTask." + set + ".0." + name + ": is not done"; a.code != "InvalidParameter" || !strings.HasPrefix(a.msg, want) {
					t.Errorf("%s: %s (%s), expected %s", action, a.code, a.msg, want)
				}
			}
		}
	}
	f.ok(t, vodv, "ProcessMedia", request("TranscodeTaskSet", `"WatermarkSet":[],"TraceWatermark":{"Switch":"OFF","Definition":0},"CopyRightWatermark":{"Text":""},
		"BlindWatermark":null`))
}

// TestFlowResult: each kind of step is shown in the structure of its type.
func TestFlowResult(t *testing.T) {
	w := &work{}
	f := serve(t, withFlows(w))
	f.add(t, sample())
	w.start(t)
	id := w.add(t, longtask.Task{Type: longtask.Procedure, FileID: 77})
	at := time.Date(2026, 5, 6, 7, 8, 9, 0, time.UTC)
	part := func(kind vod.PartKind, name, meta string) vod.Part {
		return vod.Part{FileID: 77, Kind: kind, Definition: 10, Key: ".parts/77/" + name, Size: 9, Meta: []byte(meta)}
	}
	w.letGo <- process.Output{
		Flow: process.Flow{
			Covers: []process.Cover{{Definition: 10, At: "5s"}}, Sprites: []process.Sprite{{Definition: 10}},
			Transcodes: []process.Transcode{{Definition: 10}, {Definition: 20}},
		},
		Steps: []process.Step{
			{Kind: process.StepCover, Status: process.Succeeded, Progress: 100, Begin: at, End: at, Parts: []vod.Part{part(vod.PartCover, "c.jpg", `{}`)}},
			{Kind: process.StepSprite, Status: process.Succeeded, Progress: 100, Parts: []vod.Part{
				part(vod.PartSprite, "s.jpg", `{"Width":142,"Height":80,"Count":3}`), part(vod.PartWebVTT, "s.vtt", "{}"),
			}},
			{Kind: process.StepTranscode, Status: process.Succeeded, Progress: 100, Parts: []vod.Part{
				part(vod.PartTranscode, "t.mp4", `{"Container":"mp4","Duration":8000000000}`),
			}},
			{Kind: process.StepTranscode, Index: 1, Status: process.Failed, Code: 60000, Message: "no sound", Progress: 3},
		},
	}
	got := f.until(t, id, "FINISH")["ProcedureTask"].(map[string]any)["MediaProcessResultSet"].([]any)
	step := func(i int, name string) map[string]any { return got[i].(map[string]any)[name].(map[string]any) }
	output := func(i int, name string) map[string]any { return step(i, name)["Output"].(map[string]any) }
	if got[0].(map[string]any)["Type"] != "CoverBySnapshot" || output(0, "CoverBySnapshotTask")["CoverUrl"] != f.http.URL+"/vod/77/parts/c.jpg" ||
		step(0, "CoverBySnapshotTask")["BeginProcessTime"] != "2026-05-06T07:08:09Z" || got[0].(map[string]any)["TranscodeTask"] != nil {
		t.Errorf("the cover is %v", got[0])
	}
	if o := output(1, "ImageSpriteTask"); o["TotalCount"] != json.Number("3") || o["WebVttUrl"] != f.http.URL+"/vod/77/parts/s.vtt" {
		t.Errorf("the sprite is %v", o)
	}
	if o := output(2, "TranscodeTask"); o["Duration"] != json.Number("8") || o["Url"] != f.http.URL+"/vod/77/parts/t.mp4" || o["Container"] != "mp4" {
		t.Errorf("the transcode is %v", o)
	}
	if s := step(3, "TranscodeTask"); s["Status"] != "FAIL" || s["ErrCode"] != json.Number("60000") || s["Output"] != nil || s["Input"].(map[string]any)["Definition"] != json.Number("20") {
		t.Errorf("what failed is %v", s)
	}
}
