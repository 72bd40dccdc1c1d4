package rules

import (
	"maps"
	"slices"

	"aircheck/ingest/media"
	"aircheck/ingest/stream"
	"aircheck/recorder"
)

func (t *Task) cause() recorder.Cause { return recorder.Cause{Kind: CauseTask, ID: t.ID} }

// formats returns what a task records: the formats of its template as it is now, or its own. *InvalidError.
func (t *Tasks) formats(task *Task) (map[string]FormatParam, error) {
	if task.TemplateID == 0 {
		return map[string]FormatParam{task.Format: {}}, nil
	}
	template, ok := t.Service.Snapshot().templates[task.TemplateID]
	if !ok {
		return nil, invalid("TemplateId", "there is no template %d", task.TemplateID)
	}
	formats := template.Formats()
	if len(formats) == 0 {
		return nil, invalid("TemplateId", "template %d has no format: it says \"do not record\"", task.TemplateID)
	}
	return formats, nil
}

// specs returns what is recorded of a stream for a task, ordered by format.
func (t *Tasks) specs(task *Task, key media.StreamKey) ([]recorder.Spec, error) {
	formats, err := t.formats(task)
	if err != nil {
		return nil, err
	}
	template := t.Service.Snapshot().templates[task.TemplateID]
	out := make([]recorder.Spec, 0, len(formats))
	for _, format := range slices.Sorted(maps.Keys(formats)) {
		spec := formatSpec(key, task.TemplateID, format, formats[format])
		spec.Cause = task.cause()
		if task.TemplateID == 0 {
			spec.Interval, spec.StorageTime = task.Interval, task.StorageTime
		} else {
			spec.FlowContinueDuration = flowContinue(&template, format, t.MP4Splice)
		}
		out = append(out, spec)
	}
	return out, nil
}

// sessionSpecs returns what is recorded of a stream for a task.
func (t *Tasks) sessionSpecs(task *Task, s *stream.Stream) ([]recorder.Spec, error) {
	specs, err := t.specs(task, s.Key())
	for i := range specs {
		specs[i].SessionID, specs[i].Params = s.ID, s.Publisher.Params
	}
	return specs, err
}

// goOn returns what tasks may record of a stream from now on.
func (t *Tasks) goOn(key media.StreamKey) []recorder.Spec {
	var out []recorder.Spec
	for _, p := range t.plan.begun(key) {
		if p.gone && p.live == nil {
			continue
		}
		specs, err := t.specs(&p.task, key)
		if err != nil {
			continue // it was said, or will be, when it was to begin
		}
		out = append(out, specs...)
	}
	return out
}
