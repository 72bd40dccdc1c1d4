package compose

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"aircheck/vod"
	"aircheck/vod/task"
)

// Splice asks for the recordings of a stream between two moments, or for given files, as one file.
type Splice struct {
	SubAppID int64
	// Domain, App and Stream name the stream; FileIDs are given instead, in their order.
	Domain, App, Stream string
	FileIDs             []vod.FileID
	// Start and End are wall times; zero ones mean the last day up to now.
	Start, End time.Time
	New        New
	// Plan only finds the files: no task is added.
	Plan bool
}

// New is what is known of a new file.
type New struct {
	// Name is its name; empty: made of the stream and the times.
	Name, Description string
	ClassID           int64
	// ExpireTime zero is never.
	ExpireTime                time.Time
	Procedure, SourceContext  string
	SessionID, SessionContext string
	Container                 string
	Precise                   bool
}

const (
	// spliceReach is how far back Splice looks if it is not told, and maxSplice the longest time that it may be told.
	spliceReach = 24 * time.Hour
	maxSplice   = 31 * 24 * time.Hour
	// MaxItems is how many pieces may be joined.
	MaxItems = 500
	// roughly is by how much a unit of a file may have been received at another time than the file says.
	roughly = 2 * time.Second
)

// ErrNoRecordings is returned, wrapped, when there is nothing to be joined.
var ErrNoRecordings = errors.New("there is no recording of that stream in that time")

// Spliced is what a Splice found.
type Spliced struct {
	TaskID string
	Pieces []SplicedPiece
	Gaps   []SplicedGap
}

// SplicedPiece is a file of a splice, from Start to End.
type SplicedPiece struct {
	FileID     vod.FileID
	Start, End time.Time
}

// SplicedGap is time that the new file lacks.
type SplicedGap struct {
	Start, End time.Time
	Reason     string
	// Others are what was recorded in that time, but not named.
	Others []SplicedPiece

	domain, app, stream string
}

// spliceInput is the input of a task.Splice or task.Clip task.
type spliceInput struct {
	Stretches []stretchInput
	Container string
	Precise   bool
	Asset     vod.Asset
}

type stretchInput struct {
	FileID vod.FileID
	// From and To are nanoseconds; To 0 is the end of the file. Raw counts from the file's zero, otherwise from where players begin.
	From, To     int64
	Raw, Follows bool
	// Nothing was recorded since the one before it.
	Nothing bool
}

// Splice finds the files and adds the task that joins them. *vod.InvalidError, ErrNoRecordings, task.ErrDuplicate.
func (s *Service) Splice(ctx context.Context, q Splice) (*Spliced, error) {
	if err := s.checkNew(ctx, q.SubAppID, &q.New); err != nil {
		return nil, err
	}
	files, err := s.recordings(ctx, &q)
	if err != nil {
		return nil, err
	}
	out := &Spliced{}
	in := spliceInput{Container: q.New.Container, Precise: q.New.Precise}
	for i, f := range files {
		st := stretchInput{FileID: f.ID, Raw: true, Follows: i > 0 && f.follows(files[i-1])}
		if f.from.After(f.Start) {
			st.From = newLine(&f.Asset).at(f.from)
		}
		if f.to.Before(f.End) {
			st.To = newLine(&f.Asset).at(f.to)
		}
		gap := f.gapBefore(files[:i])
		if err := s.others(ctx, &q, gap); err != nil {
			return nil, err
		}
		st.Nothing = len(gap) > 0 && gap[0].Reason == whyBetween
		in.Stretches = append(in.Stretches, st)
		out.Pieces = append(out.Pieces, SplicedPiece{FileID: f.ID, Start: f.from, End: f.to})
		out.Gaps = append(append(out.Gaps, gap...), f.gapsInside()...)
	}
	out.Gaps = out.Gaps[:min(len(out.Gaps), maxGaps)]
	if q.Plan {
		return out, nil
	}
	in.Asset = s.spliced(&q, files)
	out.TaskID, err = s.queue(ctx, task.Splice, in, &q.New)
	return out, err
}

func (s *Service) queue(ctx context.Context, kind task.Type, in spliceInput, n *New) (string, error) {
	text, err := json.Marshal(in)
	if err != nil {
		return "", err
	}
	t := task.Task{Type: kind, SubAppID: in.Asset.SubAppID, SessionID: n.SessionID, SessionContext: n.SessionContext, Input: text}
	if len(in.Stretches) == 1 {
		t.FileID = in.Stretches[0].FileID
	}
	return s.Queue.Add(ctx, t)
}

// spliced is what is known of the new file.
func (s *Service) spliced(q *Splice, files []recording) vod.Asset {
	a := q.New.asset(q.SubAppID)
	first, last := files[0], files[len(files)-1]
	same := true
	for _, f := range files {
		same = same && f.Domain == first.Domain && f.App == first.App && f.Stream == first.Stream
	}
	if same {
		a.Domain, a.App, a.Stream = first.Domain, first.App, first.Stream
	}
	if a.Name == "" {
		zone := cmp.Or(s.Location, time.UTC)
		const layout = "2006-01-02-15-04-05"
		a.Name = fmt.Sprintf("%s_%s_%s", cmp.Or(a.Stream, "splice"), first.from.In(zone).Format(layout), last.to.In(zone).Format(layout))
	}
	return a
}

func (n *New) asset(subApp int64) vod.Asset {
	return vod.Asset{
		SubAppID: subApp, Name: n.Name, Description: n.Description, ClassID: n.ClassID, ExpireTime: n.ExpireTime, Procedure: n.Procedure,
		SourceContext: n.SourceContext,
	}
}

// recording is a file and what is taken of it.
type recording struct {
	vod.Asset
	from, to time.Time
}

// follows reports whether it is the file behind another of the same recording.
func (r *recording) follows(before recording) bool {
	return r.series() == before.series() && r.Start.Sub(before.End).Abs() < roughly && r.from.Equal(r.Start) && before.to.Equal(before.End)
}

// series is which recording a file is of.
type series struct{ session, kind, cause, container string }

// series of a file of which the session is not known is its own.
func (r *recording) series() series {
	return series{cmp.Or(r.SessionID, r.ID.String()), r.CauseKind, r.Cause, r.Container}
}

// gapBefore is the time between a file and those before it.
func (r *recording) gapBefore(before []recording) []SplicedGap {
	if len(before) == 0 {
		return nil
	}
	last := before[len(before)-1]
	least := leastGap
	if last.SessionID == r.SessionID {
		least = sameSeries
	}
	if r.Domain != last.Domain || r.App != last.App || r.Stream != last.Stream || r.from.Sub(last.to) < least {
		return nil
	}
	return []SplicedGap{{Start: last.to, End: r.from, Reason: whyBetween, domain: r.Domain, app: r.App, stream: r.Stream}}
}

// recordings returns the files of a splice in their order, and what is to be taken of each.
func (s *Service) recordings(ctx context.Context, q *Splice) ([]recording, error) {
	if len(q.FileIDs) > 0 {
		return s.named(ctx, q)
	}
	if q.Stream == "" {
		return nil, &vod.InvalidError{Field: "StreamName", Reason: "is empty; name a stream, or the files in FileIds"}
	}
	now := time.Now()
	switch {
	case q.End.IsZero() && q.Start.IsZero():
		q.Start, q.End = now.Add(-spliceReach), now
	case q.End.IsZero():
		q.End = now
	case q.Start.IsZero():
		q.Start = q.End.Add(-spliceReach)
	}
	switch {
	case !q.Start.Before(q.End):
		return nil, &vod.InvalidError{Field: "EndTime", Reason: "must be later than StartTime, which must not be in the future"}
	case q.End.Sub(q.Start) > maxSplice:
		return nil, &vod.InvalidError{Field: "StartTime", Reason: "must be at most 31 days before EndTime"}
	}
	found, err := s.Recordings(ctx, q.Domain, q.App, q.Stream, q.Start, q.End)
	if err != nil {
		return nil, fmt.Errorf("look for recordings: %w", err)
	}
	files := choose(found, q)
	switch {
	case len(files) == 0:
		return nil, fmt.Errorf("%w: %s/%s/%s from %s to %s", ErrNoRecordings, q.Domain, q.App, q.Stream, wireTime(q.Start), wireTime(q.End))
	case len(files) > MaxItems:
		return nil, &vod.InvalidError{Field: "StartTime", Reason: fmt.Sprintf("there are %d files in that time, and at most %d can be joined at once; ask for less", len(files), MaxItems)}
	}
	return files, nil
}

// named returns the files that were named, in that order.
func (s *Service) named(ctx context.Context, q *Splice) (out []recording, err error) {
	if len(q.FileIDs) > MaxItems {
		return nil, &vod.InvalidError{Field: "FileIds", Reason: fmt.Sprintf("must have at most %d values", MaxItems)}
	}
	assets, err := s.find(ctx, q.SubAppID, q.FileIDs)
	if err != nil {
		return nil, asRequest(err, "FileIds")
	}
	for _, id := range q.FileIDs {
		a := assets[slices.IndexFunc(assets, func(a vod.Asset) bool { return a.ID == id })]
		out = append(out, recording{Asset: a, from: a.Start, to: a.End})
	}
	return out, nil
}

// asRequest turns the failure of a task into the error of a request that names what cannot be used.
func asRequest(err error, field string) error {
	var f *task.Failure
	if errors.As(err, &f) {
		return &vod.InvalidError{Field: field, Reason: f.Err.Error()}
	}
	return err
}

// spliceJob does the tasks of Splice and Clip.
func (s *Service) spliceJob(ctx context.Context, t task.Task, report task.Report) (any, error) {
	var in spliceInput
	if err := json.Unmarshal(t.Input, &in); err != nil {
		return nil, failed(task.CodeInternal, "read the task: %w", err)
	}
	o := &order{container: in.Container, precise: in.Precise, asset: in.Asset}
	for _, st := range in.Stretches {
		to := never
		if st.To > 0 {
			to = st.To
		}
		one := stretch{file: st.FileID, from: st.From, to: to, raw: st.Raw, follows: st.Follows, nothing: st.Nothing}
		if t.Type == task.Clip {
			one.field = "StartTimeOffset"
		}
		o.stretches = append(o.stretches, one)
	}
	return s.fulfil(ctx, t, o, report)
}

// Jobs are what the tasks of this package's types do.
func (s *Service) Jobs() map[task.Type]task.Job {
	return map[task.Type]task.Job{task.Splice: s.spliceJob, task.Clip: s.spliceJob, task.Compose: s.composeJob}
}
