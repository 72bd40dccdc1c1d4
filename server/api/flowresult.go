package api

import (
	"encoding/json"
	"fmt"

	"aircheck/vod"
	"aircheck/vod/process"
	"aircheck/vod/task"
)

// MediaProcessTaskResult is what came of one step of a task flow: of the structures, that of its type.
type MediaProcessTaskResult struct {
	Type                         string      `json:"Type"`
	TranscodeTask                *stepResult `json:"TranscodeTask"`
	AnimatedGraphicTask          *stepResult `json:"AnimatedGraphicTask"`
	SnapshotByTimeOffsetTask     *stepResult `json:"SnapshotByTimeOffsetTask"`
	SampleSnapshotTask           *stepResult `json:"SampleSnapshotTask"`
	ImageSpriteTask              *stepResult `json:"ImageSpriteTask"`
	CoverBySnapshotTask          *stepResult `json:"CoverBySnapshotTask"`
	AdaptiveDynamicStreamingTask *stepResult `json:"AdaptiveDynamicStreamingTask"`
}

// stepResult is what came of a step. Input and Output are those of its type.
type stepResult struct {
	Status           string `json:"Status"`
	ErrCodeExt       string `json:"ErrCodeExt"`
	ErrCode          int64  `json:"ErrCode"`
	Message          string `json:"Message"`
	Input            any    `json:"Input"`
	Output           any    `json:"Output"`
	Progress         int64  `json:"Progress"`
	BeginProcessTime string `json:"BeginProcessTime"`
	FinishTime       string `json:"FinishTime"`
}

// stepResults is what came of the steps of a task flow, with addresses as Views.addresses completes them; nil if nothing has yet.
func stepResults(t *task.Task) (json.RawMessage, error) {
	if len(t.Output) == 0 {
		return nil, nil
	}
	var out process.Output
	if err := json.Unmarshal(t.Output, &out); err != nil {
		return nil, fmt.Errorf("decode the output of task %s: %w", t.ID, err)
	}
	results := make([]MediaProcessTaskResult, 0, len(out.Steps))
	showProgress(t, out.Steps)
	for i := range out.Steps {
		r, err := showStep(t, &out.Flow, &out.Steps[i])
		if err != nil {
			return nil, err
		}
		results = append(results, r)
	}
	return encode(results)
}

// showProgress says how far the step under way is, which only the progress of the whole tells: what steps have made is stored when it is made.
func showProgress(t *task.Task, steps []process.Step) {
	if t.Status != task.Processing {
		return
	}
	for i := range steps {
		if s := &steps[i]; s.Status == process.Running {
			s.Progress = min(max(t.Progress*len(steps)-i*100, 0), 99)
			return
		}
	}
}

func showStep(t *task.Task, f *process.Flow, s *process.Step) (r MediaProcessTaskResult, err error) {
	r.Type = s.Kind
	one := &stepResult{
		Status: string(s.Status), ErrCode: int64(s.Code), Message: s.Message, Progress: int64(s.Progress),
		BeginProcessTime: optionalTime(s.Begin), FinishTime: optionalTime(s.End),
	}
	if s.Status == process.Succeeded {
		if one.Output, err = madeBy(t, s); err != nil {
			return r, err
		}
	}
	switch s.Kind {
	case process.StepTranscode:
		r.TranscodeTask, one.Input = one, inputOf(f.Transcodes, s, showTranscode)
	case process.StepAnimation:
		r.AnimatedGraphicTask, one.Input = one, inputOf(f.Animations, s, showAnimation)
	case process.StepSnapshot:
		r.SnapshotByTimeOffsetTask, one.Input = one, inputOf(f.Snapshots, s, showSnapshot)
	case process.StepSample:
		r.SampleSnapshotTask = one
		one.Input = inputOf(f.Samples, s, func(t process.Sample) SampleSnapshotTaskInput { return SampleSnapshotTaskInput{uint64(t.Definition)} })
	case process.StepSprite:
		r.ImageSpriteTask = one
		one.Input = inputOf(f.Sprites, s, func(t process.Sprite) ImageSpriteTaskInput { return ImageSpriteTaskInput{uint64(t.Definition)} })
	case process.StepCover:
		r.CoverBySnapshotTask, one.Input = one, inputOf(f.Covers, s, showCover)
	case process.StepAdaptive:
		r.AdaptiveDynamicStreamingTask = one
		one.Input = inputOf(f.Adaptives, s, func(t process.Adaptive) AdaptiveDynamicStreamingTaskInput {
			return AdaptiveDynamicStreamingTaskInput{uint64(t.Definition)}
		})
	}
	return r, nil
}

// madeBy shows what a step has made, in the structure of its type; nil for nothing.
func madeBy(t *task.Task, s *process.Step) (any, error) {
	if s.Kind == process.StepCover {
		if len(s.Parts) == 0 {
			return nil, nil
		}
		return map[string]string{"CoverUrl": vod.PartPath(t.FileID, s.Parts[0].Name())}, nil
	}
	show := mediaShow{
		address: func(_ int64, path string) string { return path }, parts: map[vod.FileID][]vod.Part{t.FileID: s.Parts},
		want: blocks{transcode: true, animated: true, samples: true, sprites: true, snapshots: true, adaptive: true},
	}
	var info MediaInfo
	if err := show.made(&vod.Asset{ID: t.FileID, SubAppID: t.SubAppID}, &info); err != nil {
		return nil, err
	}
	switch {
	case s.Kind == process.StepTranscode && info.TranscodeInfo != nil:
		return firstOf(info.TranscodeInfo.TranscodeSet), nil
	case s.Kind == process.StepAnimation && info.AnimatedGraphicsInfo != nil:
		return firstOf(info.AnimatedGraphicsInfo.AnimatedGraphicsSet), nil
	case s.Kind == process.StepSnapshot && info.SnapshotByTimeOffsetInfo != nil:
		return firstOf(info.SnapshotByTimeOffsetInfo.SnapshotByTimeOffsetSet), nil
	case s.Kind == process.StepSample && info.SampleSnapshotInfo != nil:
		return firstOf(info.SampleSnapshotInfo.SampleSnapshotSet), nil
	case s.Kind == process.StepSprite && info.ImageSpriteInfo != nil:
		return firstOf(info.ImageSpriteInfo.ImageSpriteSet), nil
	case s.Kind == process.StepAdaptive && info.AdaptiveDynamicStreamInfo != nil:
		return firstOf(info.AdaptiveDynamicStreamInfo.AdaptiveDynamicStreamingSet), nil
	}
	return nil, nil
}

// inputOf is what was asked for of a step; nil if that is not known.
func inputOf[T, W any](all []T, s *process.Step, show func(T) W) any {
	if s.Index < 0 || s.Index >= len(all) {
		return nil
	}
	return show(all[s.Index])
}

// firstOf is the first of what was made; nil if there is nothing.
func firstOf[T any](set []T) any {
	if len(set) == 0 {
		return nil
	}
	return set[0]
}
