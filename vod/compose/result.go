package compose

import (
	"math"
	"time"

	"aircheck/recorder/container"
	"aircheck/vod"
)

// describe completes what is known of a result.
func describe(o *order, pieces []*piece, r *joined) (vod.Asset, error) {
	a := o.asset
	a.Container, a.SourceType = o.container, vod.SourceVideoProcessing
	a.Duration, a.Tracks, a.Gaps = r.ending.Summary.Duration, assetTracks(r.ending), gapsOf(pieces, r.spans)
	first, last := -1, -1
	for i, s := range r.spans {
		if s.units > 0 {
			if first < 0 {
				first = i
			}
			last = i
		}
	}
	if first < 0 || len(a.Tracks) == 0 {
		return a, errNothing
	}
	if !a.Start.IsZero() { // it is known better
		return a, nil
	}
	a.Start = newLine(&pieces[first].src.Asset).wall(r.spans[first].begin).UTC().Truncate(time.Millisecond)
	a.End = newLine(&pieces[last].src.Asset).wall(r.spans[last].end).UTC().Truncate(time.Millisecond)
	if a.End.Before(a.Start) {
		a.End = a.Start.Add(a.Duration).Truncate(time.Millisecond)
	}
	return a, nil
}

// answer is what a task says of its result.
func (s *Service) answer(a vod.Asset) *Output {
	out := &Output{
		FileID: a.ID.String(), FileURL: vod.PlayPath(a), FileType: a.Container, MediaName: a.Name, ClassID: a.ClassID, ExpireTime: wireTime(a.ExpireTime),
		Method: MethodCopy, Duration: a.Duration.Seconds(), Items: []ItemResult{}, Gaps: []GapResult{},
	}
	for _, g := range a.Gaps {
		out.Gaps = append(out.Gaps, GapResult{At: g.At.Seconds(), Length: g.Length.Seconds(), Reason: g.Reason})
	}
	return out
}

// wireTime is a time as the API has it; a zero one is never.
func wireTime(t time.Time) string {
	if t.IsZero() {
		return "9999-12-31T23:59:59Z"
	}
	return t.UTC().Format(time.RFC3339)
}

// items says what became of each stretch.
func items(stretches []stretch, pieces []*piece, spans []span) (out []ItemResult, err error) {
	begin := never
	for _, s := range spans {
		if s.units > 0 {
			begin = min(begin, s.at)
		}
	}
	for i, p := range pieces {
		zero, err := p.src.origin()
		if err != nil {
			return nil, err
		}
		r := ItemResult{FileID: p.src.ID.String(), AskedStart: seconds(max(stretches[i].from, 0))}
		if stretches[i].raw && stretches[i].from > 0 {
			r.AskedStart = seconds(stretches[i].from - zero)
		}
		if to := stretches[i].to; to != never {
			r.AskedEnd = seconds(to)
			if stretches[i].raw {
				r.AskedEnd = seconds(to - zero)
			}
		}
		if s := spans[i]; s.units > 0 {
			r.StartTime, r.EndTime = seconds(s.begin-zero), seconds(s.end-zero)
			r.Offset, r.Duration = seconds(s.at-begin), seconds(s.length)
		}
		out = append(out, r)
	}
	return out, nil
}

// seconds rounds to microseconds.
func seconds(at int64) float64 { return math.Round(float64(at)/1e3) / 1e6 }

// extension is what the file of a result is called, before its playlist is.
func extension(f container.Format, pieces []*piece) (string, error) {
	list, ok := f.(container.Playlisted)
	if !ok {
		return f.Name(), nil
	}
	j := &joiner{}
	if _, err := j.tracksOf(pieces); err != nil {
		return "", err
	}
	name := list.MediaName(j.declared())
	return name[len("media."):], nil
}
