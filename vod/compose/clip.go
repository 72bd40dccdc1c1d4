package compose

import (
	"context"
	"math"
	"time"

	"aircheck/vod"
	"aircheck/vod/task"
)

// Clip asks for a part of a file.
type Clip struct {
	SubAppID int64
	// URL is a play address of ours, or a FileId.
	URL string
	// Start and End in seconds; below 0 they count from the end. An End of 0 is the end of the file.
	Start, End float64
	New        New
}

// SourceOf returns the file that a FileId or one of our own play addresses means. *vod.InvalidError with that field.
func SourceOf(field, text string) (vod.FileID, error) {
	if id, err := vod.ParseFileID(text); err == nil {
		return id, nil
	}
	if id, _, ok := vod.FileOf(text); ok {
		return id, nil
	}
	return 0, &vod.InvalidError{Field: field, Reason: "is neither a FileId nor a play address of this server; files of other servers are never fetched"}
}

// maxOffset is more than any recording has, in seconds.
const maxOffset = 1e7

// FindClip returns the file that a clip is of, and what of it is meant, in time from where players begin to count. *vod.InvalidError.
func (s *Service) FindClip(ctx context.Context, q *Clip) (a vod.Asset, from, to time.Duration, err error) {
	id, err := SourceOf("Url", q.URL)
	if err != nil {
		return a, 0, 0, err
	}
	found, err := s.find(ctx, q.SubAppID, []vod.FileID{id})
	if err != nil {
		return a, 0, 0, asRequest(err, "Url")
	}
	a = found[0]
	for _, f := range []struct {
		name string
		at   float64
	}{{"StartTimeOffset", q.Start}, {"EndTimeOffset", q.End}} {
		if math.IsNaN(f.at) || math.Abs(f.at) > maxOffset {
			return a, 0, 0, &vod.InvalidError{Field: f.name, Reason: "must be a number of seconds within the file; below 0 it counts from the end"}
		}
	}
	whole := a.Duration
	from, to = fromSeconds(q.Start), fromSeconds(q.End)
	if from < 0 {
		from = max(0, whole+from)
	}
	if to <= 0 {
		to += whole
	}
	to = min(to, whole)
	switch {
	case from >= whole:
		return a, 0, 0, &vod.InvalidError{Field: "StartTimeOffset", Reason: "is behind the end of the file, which has " + whole.String()}
	case to <= from:
		return a, 0, 0, &vod.InvalidError{Field: "EndTimeOffset", Reason: "must be behind StartTimeOffset"}
	}
	return a, from, to, nil
}

func fromSeconds(s float64) time.Duration { return time.Duration(math.Round(s*1e6)) * time.Microsecond }

// Clip adds the task that makes a part of a file a file of its own. *vod.InvalidError, task.ErrDuplicate.
func (s *Service) Clip(ctx context.Context, q *Clip) (taskID string, err error) {
	if err := s.checkNew(ctx, q.SubAppID, &q.New); err != nil {
		return "", err
	}
	a, from, to, err := s.FindClip(ctx, q)
	if err != nil {
		return "", err
	}
	st := stretchInput{FileID: a.ID, From: int64(from), To: int64(to)}
	if to == a.Duration && a.Status != vod.StatusRecording {
		st.To = 0
	}
	n := q.New.asset(q.SubAppID)
	n.Domain, n.App, n.Stream = a.Domain, a.App, a.Stream
	if n.Name == "" {
		n.Name = a.Name
	}
	return s.queue(ctx, task.Clip, spliceInput{
		Stretches: []stretchInput{st}, Container: q.New.Container, Precise: q.New.Precise, Asset: n,
	}, &q.New)
}
