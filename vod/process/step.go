package process

import (
	"context"
	"time"

	"aircheck/vod"
)

// Kinds of steps, as DescribeTaskDetail names them.
const (
	StepTranscode = "Transcode"
	StepAnimation = "AnimatedGraphics"
	StepSnapshot  = "SnapshotByTimeOffset"
	StepSample    = "SampleSnapshot"
	StepSprite    = "ImageSprites"
	StepCover     = "CoverBySnapshot"
	StepAdaptive  = "AdaptiveDynamicStreaming"
)

// Status of a step.
type Status string

// The states, as DescribeTaskDetail names them.
const (
	Running   Status = "PROCESSING"
	Succeeded Status = "SUCCESS"
	Failed    Status = "FAIL"
)

// Step is one thing that a flow makes, and how far it is. Its JSON is stored.
type Step struct {
	Kind string
	// Index is its place among those of its kind in the flow.
	Index  int
	Status Status
	// Code and Message say what went wrong; the codes are those of tasks.
	Code    int    `json:",omitempty"`
	Message string `json:",omitempty"`
	// Progress in percent.
	Progress   int
	Begin, End time.Time
	Parts      []vod.Part `json:",omitempty"`
	maker      maker      `json:"-"`
}

// maker makes the parts of a step.
type maker interface {
	// check reports what in it cannot be done, whatever the file. *vod.InvalidError.
	check() error
	// definition is the number by which what it makes is known.
	definition() int64
	// make makes the parts and commits them. progress takes percents.
	make(ctx context.Context, w *work, progress func(int)) ([]vod.Part, error)
}

// plan is what a flow makes, in the order in which it is made: what is cheap and wanted soon comes first.
func (f *Flow) plan() []Step {
	var out []Step
	add := func(kind string, index int, m maker) {
		out = append(out, Step{Kind: kind, Index: index, Status: Running, maker: m})
	}
	for i, t := range f.Covers {
		add(StepCover, i, t)
	}
	for i, t := range f.Snapshots {
		add(StepSnapshot, i, t)
	}
	for i, t := range f.Samples {
		add(StepSample, i, t)
	}
	for i, t := range f.Sprites {
		add(StepSprite, i, t)
	}
	for i, t := range f.Animations {
		add(StepAnimation, i, t)
	}
	for i, t := range f.Transcodes {
		add(StepTranscode, i, t)
	}
	for i, t := range f.Adaptives {
		add(StepAdaptive, i, t)
	}
	return out
}
