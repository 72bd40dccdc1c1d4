package api

import (
	"encoding/json"
	"testing"

	"aircheck/vod/process"
	"aircheck/vod/task"
)

// TestStepUnderWay: the progress of a flow tells how far the step is that is being made; those after it have not begun.
func TestStepUnderWay(t *testing.T) {
	flow := process.Output{
		Flow: process.Flow{Transcodes: []process.Transcode{{Definition: 10}, {Definition: 20}, {Definition: 30}}},
		Steps: []process.Step{
			{Kind: process.StepTranscode, Status: process.Succeeded, Progress: 100},
			{Kind: process.StepTranscode, Index: 1, Status: process.Running},
			{Kind: process.StepTranscode, Index: 2, Status: process.Running},
		},
	}
	output, err := json.Marshal(flow)
	if err != nil {
		t.Fatal(err)
	}
	for total, want := range map[int][3]int64{33: {100, 0, 0}, 50: {100, 50, 0}, 66: {100, 98, 0}, 67: {100, 99, 0}} {
		text, err := stepResults(&task.Task{Status: task.Processing, Progress: total, Output: output})
		if err != nil {
			t.Fatal(err)
		}
		var shown []struct{ TranscodeTask struct{ Progress int64 } }
		if err := json.Unmarshal(text, &shown); err != nil {
			t.Fatal(err)
		}
		for i, w := range want {
			if got := shown[i].TranscodeTask.Progress; got != w {
				t.Errorf("at %d %%, step %d is at %d %%, want %d", total, i, got, w)
			}
		}
	}
}
