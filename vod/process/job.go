package process

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"aircheck/recorder/container"
	"aircheck/vod"
	"aircheck/vod/ffmpeg"
	"aircheck/vod/task"
)

// maxTries is how often a step is tried that failed for a reason which may be gone the next time.
const maxTries = 2

// Input is what a task of type task.Procedure is to do with its file. Its JSON is stored.
type Input struct {
	// Procedure is the name of what is to be done, looked up when the task begins; or else Flow says it.
	Procedure string `json:",omitempty"`
	Flow      *Flow  `json:",omitempty"`
}

// Output is what came of it. Its JSON is stored.
type Output struct {
	// Flow is what was done: the procedure as it was then.
	Flow  Flow
	Steps []Step
}

// Processor makes things of files. Its methods may be called from any goroutine.
type Processor struct {
	Service *Service
	Catalog *vod.Catalog
	Parts   *vod.Parts
	Runner  *ffmpeg.Runner
	// Queue adds a task: task.Queue's Add.
	Queue func(context.Context, task.Task) (id string, err error)
	// Formats are those that files may have.
	Formats []container.Format
	Log     *slog.Logger
}

// work is a file that is worked at.
type work struct {
	*Processor
	src *source
}

// Do is the job of tasks of type task.Procedure. What an earlier attempt has made is not made again.
func (p *Processor) Do(ctx context.Context, t task.Task, report task.Report) (any, error) {
	var in Input
	if err := json.Unmarshal(t.Input, &in); err != nil {
		return nil, failed(task.CodeInput, "its input cannot be read: %w", err)
	}
	a, err := p.find(ctx, t.SubAppID, t.FileID)
	if err != nil {
		return nil, err
	}
	out, err := p.resume(ctx, t, in)
	if err != nil {
		return nil, err
	}
	if _, err := p.Runner.Find(); err != nil {
		out.fail(task.CodeInternal, err)
		return out, err
	}
	src, err := p.open(ctx, a)
	if err != nil {
		out.fail(task.CodeSource, err)
		return out, err
	}
	defer src.Close()
	w := &work{p, src}
	report(t.Progress, out) // what there is to do is seen from the beginning
	for i := range out.Steps {
		s := &out.Steps[i]
		if s.Status == Succeeded {
			continue
		}
		w.step(ctx, s, func(percent int) {
			s.Progress = percent
			report((i*100+percent)/len(out.Steps), nil)
		})
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		report((i+1)*100/len(out.Steps), out)
	}
	return out, nil
}

// resume returns what is to be done, with what an earlier attempt has done already.
func (p *Processor) resume(ctx context.Context, t task.Task, in Input) (*Output, error) {
	var earlier Output
	if len(t.Output) > 0 && json.Unmarshal(t.Output, &earlier) == nil && len(earlier.Steps) > 0 {
		plan := earlier.Flow.plan()
		for i := range plan {
			if i < len(earlier.Steps) && earlier.Steps[i].Kind == plan[i].Kind && earlier.Steps[i].Status == Succeeded {
				plan[i] = earlier.Steps[i]
			}
		}
		earlier.Steps = plan
		return &earlier, nil
	}
	out := &Output{}
	switch {
	case in.Procedure != "":
		found, err := p.Service.Find(ctx, t.SubAppID, in.Procedure)
		if errors.Is(err, ErrNotFound) {
			return nil, &task.Failure{Code: task.CodeInput, Err: err}
		}
		if err != nil {
			return nil, err
		}
		out.Flow = found.Flow
	case in.Flow != nil:
		out.Flow = *in.Flow
	}
	if err := out.Flow.Validate(); err != nil {
		return nil, &task.Failure{Code: task.CodeInput, Err: err}
	}
	out.Steps = out.Flow.plan()
	return out, nil
}

// fail says of all that is not made why.
func (o *Output) fail(code int, err error) {
	for i := range o.Steps {
		if s := &o.Steps[i]; s.Status != Succeeded {
			s.Status, s.Code, s.Message = Failed, code, err.Error()
		}
	}
}

// step makes one thing.
func (w *work) step(ctx context.Context, s *Step, progress func(int)) {
	s.Begin = now()
	for try := 1; ; try++ {
		var err error
		s.Parts, err = s.maker.make(ctx, w, progress)
		if err == nil {
			s.Status, s.Code, s.Message, s.Progress = Succeeded, 0, "", 100
			break
		}
		s.Status, s.Code, s.Message = Failed, task.CodeInternal, err.Error()
		var f *task.Failure
		if errors.As(err, &f) {
			s.Code = f.Code
		}
		if errors.Is(err, vod.ErrNotFound) {
			s.Code = task.CodeSource
		}
		again := errors.Is(err, ffmpeg.ErrStalled) || errors.Is(err, ffmpeg.ErrFailed)
		if ctx.Err() != nil || !again || try >= maxTries {
			w.Log.Warn("a step of a task flow failed", "file_id", w.src.ID.String(), "step", s.Kind, "try", try, "error", err)
			break
		}
	}
	s.End = now()
}

func now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

// need refuses what needs pictures, or sound, of a file that has none.
func (w *work) need(kind string) error {
	if w.src.has(kind) {
		return nil
	}
	return failed(task.CodeSource, "file %s has no %s", w.src.ID, kind)
}

// begin begins a part.
func (w *work) begin(ctx context.Context, kind vod.PartKind, definition int64, index int, contentType, ext string) (*vod.NewPart, error) {
	return w.Parts.Begin(ctx, w.src.Asset, vod.Part{Kind: kind, Definition: definition, Index: index, ContentType: contentType}, ext)
}

// describe sets what a part's maker wants to know of it.
func describe(p *vod.NewPart, meta any) error {
	text, err := json.Marshal(meta)
	if err != nil {
		return fmt.Errorf("describe a part: %w", err)
	}
	p.Meta = text
	return nil
}

// discard gives up parts that were not committed.
func discard(err error, parts ...*vod.NewPart) error {
	for _, p := range parts {
		err = errors.Join(err, p.Discard())
	}
	return err
}
