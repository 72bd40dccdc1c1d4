package compose

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"slices"
	"time"

	"aircheck/ingest/media"
	"aircheck/recorder/container"
	"aircheck/vod"
)

// joined is what came of joining pieces.
type joined struct {
	ending container.Ending
	tracks []*media.Track
	// spans are those of the pieces, in their order.
	spans []span
}

// joining joins pieces without encoding anything.
type joining struct {
	format      container.Format
	file, index *os.File
	// progress is told the share that is done, and says whether to go on.
	progress func(done float64) error
}

// tracksOf returns what each piece begins with, and sets the tracks of the result.
func (j *joiner) tracksOf(pieces []*piece) (tracks [][]*media.Track, err error) {
	known := map[vod.FileID][]*media.Track{}
	pictures := 0
	for _, p := range pieces {
		t, ok := known[p.src.ID]
		if !ok {
			if t, err = p.src.tracks(); err != nil {
				return nil, err
			}
			known[p.src.ID] = t
		}
		tracks = append(tracks, t)
		if err := j.declare(p, t); err != nil {
			return nil, err
		}
		if lead, ok := p.leads(t); ok && lead.kind == media.Video {
			pictures++
		}
	}
	if pictures > 0 && pictures < len(pieces) {
		return nil, fmt.Errorf("%w: some of them have pictures and some have none", errDiffer)
	}
	return tracks, nil
}

// join joins the pieces. A piece without any media in it is left out, its span empty. errDiffer, errNothing, task.Failure.
func (jn *joining) join(ctx context.Context, pieces []*piece) (*joined, error) {
	j := &joiner{}
	tracks, err := j.tracksOf(pieces)
	if err != nil {
		return nil, err
	}
	declared := j.declared()
	for _, t := range declared {
		if !jn.format.Supports(t.Codec) {
			return nil, fmt.Errorf("%w: %s cannot carry %s", errDiffer, jn.format.Name(), t.Codec.Name())
		}
	}
	m, err := newMuxer(jn.format, declared, jn.file, jn.index)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errDiffer, err)
	}
	j.out = m
	total, before := weights(pieces), 0.0
	out := &joined{tracks: declared}
	for i, p := range pieces {
		begun := m.size
		m.every = func(written int64) error {
			if err := ctx.Err(); err != nil {
				return err
			}
			return jn.progress(min((before+min(float64(written-begun), p.weight()))/total, 1))
		}
		s, err := j.add(p, tracks[i])
		if err != nil && err != errNothing {
			return nil, err
		}
		if err == errNothing {
			s = span{}
		}
		out.spans = append(out.spans, s)
		before += p.weight()
		if err := m.every(m.size); err != nil {
			return nil, err
		}
	}
	if out.ending, err = m.finish(); err != nil {
		return nil, err
	}
	return out, nil
}

// weight is about how many bytes a piece has.
func (p *piece) weight() float64 {
	whole := float64(p.src.Duration)
	if whole <= 0 {
		return float64(p.src.size)
	}
	to := min(float64(p.to), whole)
	return max(0, min(1, (to-float64(max(p.from, 0)))/whole)) * float64(p.src.size)
}

func weights(pieces []*piece) (sum float64) {
	for _, p := range pieces {
		sum += p.weight()
	}
	return max(sum, 1)
}

// assetTracks describes tracks as the catalogue does.
func assetTracks(e container.Ending) (out []vod.Track) {
	for _, s := range e.Summary.Tracks {
		t := vod.Track{Kind: s.Track.Codec.Kind().String(), Codec: s.Track.Codec.Name(), Units: s.Units, Bytes: s.Bytes}
		if s.Units == 0 {
			continue
		}
		if v, ok := s.Track.Codec.(media.VideoCodec); ok {
			t.Width, t.Height = v.Size()
			if s.Last > s.First {
				t.FrameRate = float64(s.Units-1) / (s.Last - s.First).Seconds()
			}
		}
		if a, ok := s.Track.Codec.(media.AudioCodec); ok {
			t.SampleRate, t.Channels = a.SampleRate(), a.Channels()
		}
		out = append(out, t)
	}
	return out
}

// gapsOf are the gaps of the sources, where they are in the result, and those between pieces.
func gapsOf(pieces []*piece, spans []span) (out []vod.Gap) {
	last := -1
	for i, p := range pieces {
		s := spans[i]
		if s.units == 0 {
			continue
		}
		if last >= 0 {
			if missing := between(pieces[last], spans[last], p, s); missing > 0 {
				reason := whyLeft
				if p.nothingBefore {
					reason = whyBetween
				}
				out = append(out, vod.Gap{At: duration(s.at), Length: missing, Reason: reason})
			}
		}
		last = i
		for _, g := range p.src.Gaps {
			if at := int64(g.At); at > s.begin && at < s.end {
				g.At = duration(at + s.shift)
				out = append(out, g)
			}
		}
	}
	return out[:min(len(out), maxGaps)]
}

// between is how much time was left out between two pieces of a stream; 0 if that does not matter or is not known. Whole files end and begin
// when the server says that they did, as in the answer to who asked for a splice; only where one is cut do the times in it tell.
func between(a *piece, sa span, b *piece, sb span) time.Duration {
	if a.src.Stream == "" || a.src.Domain != b.src.Domain || a.src.App != b.src.App || a.src.Stream != b.src.Stream {
		return 0
	}
	least := leastGap
	if a.src.SessionID == b.src.SessionID {
		least = sameSeries
	}
	end, begin := a.src.End, b.src.Start
	if a.to != never {
		end = newLine(&a.src.Asset).wall(sa.end)
	}
	if b.trimmed() {
		begin = newLine(&b.src.Asset).wall(sb.begin)
	}
	missing := begin.Sub(end)
	if missing < least {
		return 0
	}
	return missing
}

const (
	// leastGap is the shortest time without media between two sessions that is told of, sameSeries that between files of one.
	leastGap   = 200 * time.Millisecond
	sameSeries = time.Second
)

// line is how times in a file are related to real ones: some formats leave out time that passes without media.
type line struct {
	start time.Time
	gaps  []vod.Gap
}

func newLine(a *vod.Asset) line {
	l := line{start: a.Start}
	if a.Container != "aac" && a.Container != "hls" {
		return l
	}
	for _, g := range a.Gaps {
		if g.At > 0 && g.Length > 0 {
			l.gaps = append(l.gaps, g)
		}
	}
	slices.SortFunc(l.gaps, func(a, b vod.Gap) int { return cmp.Compare(a.At, b.At) })
	return l
}

// wall is when what is at a time in the file was received.
func (l line) wall(at int64) time.Time {
	real := time.Duration(at)
	for _, g := range l.gaps {
		if int64(g.At) <= at {
			real += g.Length
		}
	}
	return l.start.Add(real)
}

// at is where in the file something is that was received at a time: at the end of what came before, if nothing came then.
func (l line) at(wall time.Time) int64 {
	real := int64(wall.Sub(l.start))
	sum := int64(0)
	for _, g := range l.gaps {
		begin := int64(g.At) + sum
		if real < begin {
			break
		}
		if real < begin+int64(g.Length) {
			return int64(g.At)
		}
		sum += int64(g.Length)
	}
	return real - sum
}
