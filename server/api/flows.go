package api

import (
	"math"
	"strconv"
	"strings"

	"aircheck/vod/process"
	"aircheck/vod/task"
)

// notifyOf is TasksNotifyMode, of which Finish is the default.
func notifyOf(mode string) task.Notify {
	if mode == "Finish" {
		return task.NotifyFinish
	}
	return task.Notify(mode)
}

// definition is a Definition of the wire.
func definition(n uint64) int64 { return int64(min(n, math.MaxInt64)) }

// flowOf translates what is to be made of a file.
func flowOf(q *MediaProcessTaskInput) (f process.Flow) {
	if q == nil {
		return f
	}
	for _, t := range q.TranscodeTaskSet {
		f.Transcodes = append(f.Transcodes, process.Transcode{Definition: definition(t.Definition), Start: t.StartTimeOffset, End: t.EndTimeOffset})
	}
	for _, t := range q.AnimatedGraphicTaskSet {
		f.Animations = append(f.Animations, process.Animation{Definition: definition(t.Definition), Start: t.StartTimeOffset, End: t.EndTimeOffset})
	}
	for _, t := range q.SnapshotByTimeOffsetTaskSet {
		at := t.ExtTimeOffsetSet
		if len(at) == 0 {
			for _, s := range t.TimeOffsetSet {
				at = append(at, decimal(s)+"s")
			}
		}
		f.Snapshots = append(f.Snapshots, process.Snapshot{Definition: definition(t.Definition), At: at})
	}
	for _, t := range q.SampleSnapshotTaskSet {
		f.Samples = append(f.Samples, process.Sample{Definition: definition(t.Definition)})
	}
	for _, t := range q.ImageSpriteTaskSet {
		f.Sprites = append(f.Sprites, process.Sprite{Definition: definition(t.Definition)})
	}
	for _, t := range q.CoverBySnapshotTaskSet {
		unit := map[string]string{"Time": "s", "Percent": "%"}[t.PositionType]
		if unit == "" {
			unit = " " + t.PositionType // which is no moment
		}
		f.Covers = append(f.Covers, process.Cover{Definition: definition(t.Definition), At: decimal(t.PositionValue) + unit})
	}
	for _, t := range q.AdaptiveDynamicStreamingTaskSet {
		f.Adaptives = append(f.Adaptives, process.Adaptive{Definition: definition(t.Definition)})
	}
	return f
}

func decimal(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// showFlow is flowOf the other way.
func showFlow(f *process.Flow) *MediaProcessTaskInput {
	out := &MediaProcessTaskInput{
		TranscodeTaskSet: []TranscodeTaskInput{}, AnimatedGraphicTaskSet: []AnimatedGraphicTaskInput{},
		SnapshotByTimeOffsetTaskSet: []SnapshotByTimeOffsetTaskInput{}, SampleSnapshotTaskSet: []SampleSnapshotTaskInput{},
		ImageSpriteTaskSet: []ImageSpriteTaskInput{}, CoverBySnapshotTaskSet: []CoverBySnapshotTaskInput{},
		AdaptiveDynamicStreamingTaskSet: []AdaptiveDynamicStreamingTaskInput{},
	}
	for _, t := range f.Transcodes {
		out.TranscodeTaskSet = append(out.TranscodeTaskSet, showTranscode(t))
	}
	for _, t := range f.Animations {
		out.AnimatedGraphicTaskSet = append(out.AnimatedGraphicTaskSet, showAnimation(t))
	}
	for _, t := range f.Snapshots {
		out.SnapshotByTimeOffsetTaskSet = append(out.SnapshotByTimeOffsetTaskSet, showSnapshot(t))
	}
	for _, t := range f.Samples {
		out.SampleSnapshotTaskSet = append(out.SampleSnapshotTaskSet, SampleSnapshotTaskInput{uint64(t.Definition)})
	}
	for _, t := range f.Sprites {
		out.ImageSpriteTaskSet = append(out.ImageSpriteTaskSet, ImageSpriteTaskInput{uint64(t.Definition)})
	}
	for _, t := range f.Covers {
		out.CoverBySnapshotTaskSet = append(out.CoverBySnapshotTaskSet, showCover(t))
	}
	for _, t := range f.Adaptives {
		out.AdaptiveDynamicStreamingTaskSet = append(out.AdaptiveDynamicStreamingTaskSet, AdaptiveDynamicStreamingTaskInput{uint64(t.Definition)})
	}
	return out
}

func showTranscode(t process.Transcode) TranscodeTaskInput {
	return TranscodeTaskInput{Definition: uint64(t.Definition), StartTimeOffset: t.Start, EndTimeOffset: t.End}
}

func showAnimation(t process.Animation) AnimatedGraphicTaskInput {
	return AnimatedGraphicTaskInput{Definition: uint64(t.Definition), StartTimeOffset: t.Start, EndTimeOffset: t.End}
}

func showSnapshot(t process.Snapshot) SnapshotByTimeOffsetTaskInput {
	return SnapshotByTimeOffsetTaskInput{Definition: uint64(t.Definition), ExtTimeOffsetSet: t.At, TimeOffsetSet: []float64{}}
}

func showCover(t process.Cover) CoverBySnapshotTaskInput {
	out := CoverBySnapshotTaskInput{Definition: uint64(t.Definition), PositionType: "Time"}
	text, percent := strings.CutSuffix(t.At, "%")
	if percent {
		out.PositionType = "Percent"
	}
	out.PositionValue, _ = strconv.ParseFloat(strings.TrimSuffix(text, "s"), 64)
	return out
}
