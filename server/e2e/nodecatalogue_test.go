package e2e

import "testing"

// TestNodeSDKCatalogue has a recording put in order, found, joined with itself, processed and deleted by the Node SDK's typed client.
func TestNodeSDKCatalogue(t *testing.T) {
	t.Parallel()
	s := start(t)
	n := s.node()
	vod := func(action string, into any, params map[string]any) {
		t.Helper()
		n.do(sdkCall{Product: "vod", Action: action, Params: params}, into)
	}
	on := map[string]any{"Mode": "PULL", "UploadMediaCompleteEventSwitch": "ON"}
	vod("ModifyEventConfig", nil, on)
	if err := s.push(clip(t, 2), "live/node", false); err != nil {
		t.Fatal(err)
	}
	type found struct {
		TotalCount   int
		MediaInfoSet []struct {
			FileID    string
			BasicInfo struct{ Name, Type, Status, ClassName string }
			MetaData  struct{ Duration float64 }
		}
	}
	var file string
	eventually(t, "the MP4", func() bool {
		var f found
		vod("SearchMedia", &f, map[string]any{"StreamIds": []string{"node"}, "MediaTypes": []string{"mp4"}})
		for _, m := range f.MediaInfoSet {
			if m.BasicInfo.Type == "mp4" && m.BasicInfo.Status == "Normal" {
				file = m.FileID
			}
		}
		return file != ""
	})

	var class struct{ ClassID int }
	vod("CreateClass", &class, map[string]any{"ParentId": -1, "ClassName": "网球"})
	vod("ModifyMediaInfo", nil, map[string]any{"FileId": file, "Name": "决赛 final", "ClassId": class.ClassID, "AddTags": []string{"cup"}})
	var f found
	vod("SearchMedia", &f, map[string]any{"Names": []string{"赛"}, "Tags": []string{"cup"}, "ClassIds": []int{class.ClassID}})
	if f.TotalCount != 1 || f.MediaInfoSet[0].FileID != file || f.MediaInfoSet[0].BasicInfo.ClassName != "网球" {
		t.Errorf("%+v", f)
	}
	vod("DescribeMediaInfos", &f, map[string]any{"FileIds": []string{file}, "Filters": []string{"metaData"}})
	if len(f.MediaInfoSet) != 1 || f.MediaInfoSet[0].MetaData.Duration < 1.5 {
		t.Errorf("%+v", f)
	}

	var task struct{ TaskID string }
	item := map[string]any{"Type": "Video", "VideoItem": map[string]any{"SourceMedia": file}}
	vod("ComposeMedia", &task, map[string]any{
		"Tracks": []any{map[string]any{"Type": "Video", "TrackItems": []any{item, item}}}, "Output": map[string]any{"FileName": "twice", "Container": "mp4"},
	})
	type detail struct {
		Status           string
		ComposeMediaTask struct {
			ErrCode int
			Output  struct{ FileID string }
		}
		ProcedureTask struct {
			MediaProcessResultSet []struct {
				ImageSpriteTask struct {
					Status string
					Output struct{ TotalCount int }
				}
			}
		}
	}
	await := func(id string) (d detail) {
		t.Helper()
		eventually(t, "the end of the task", func() bool {
			d = detail{}
			vod("DescribeTaskDetail", &d, map[string]any{"TaskId": id})
			return d.Status == "FINISH"
		})
		return d
	}
	made := await(task.TaskID).ComposeMediaTask
	vod("DescribeMediaInfos", &f, map[string]any{"FileIds": []string{made.Output.FileID}})
	if made.ErrCode != 0 || len(f.MediaInfoSet) != 1 || f.MediaInfoSet[0].BasicInfo.Name != "twice" || f.MediaInfoSet[0].MetaData.Duration < 3 {
		t.Errorf("%+v, %+v", made, f)
	}

	vod("CreateProcedureTemplate", nil, map[string]any{"Name": "small", "MediaProcessTask": map[string]any{"ImageSpriteTaskSet": []any{map[string]any{"Definition": 10}}}})
	vod("ProcessMediaByProcedure", &task, map[string]any{"FileId": file, "ProcedureName": "small"})
	if r := await(task.TaskID).ProcedureTask.MediaProcessResultSet; len(r) != 1 || r[0].ImageSpriteTask.Status != "SUCCESS" || r[0].ImageSpriteTask.Output.TotalCount < 1 {
		t.Errorf("%+v", r)
	}

	var events struct {
		EventSet []struct{ EventHandle, EventType string }
	}
	vod("PullEvents", &events, map[string]any{})
	if len(events.EventSet) == 0 {
		t.Fatal("no events")
	}
	vod("ConfirmEvents", nil, map[string]any{"EventHandles": []string{events.EventSet[0].EventHandle}})
	vod("DeleteMedia", nil, map[string]any{"FileId": file})
	n.refused(sdkCall{Product: "vod", Action: "ModifyMediaInfo", Params: map[string]any{"FileId": file, "Name": "gone"}}, "ResourceNotFound.FileNotExist")
}
