package compose

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"
	"time"

	"aircheck/ingest/media"
	"aircheck/recorder/container"
	"aircheck/vod"
	"aircheck/vod/task"
)

const (
	// reorder is how far in a file the tracks may be apart: a fragment of MP4 has one after the other.
	reorder = int64(2 * time.Second)
	// maxWaiting and maxWaitingUnits bound what waits for that, in bytes and units.
	maxWaiting      = 64 << 20
	maxWaitingUnits = 20_000
	// early is by how much a picture may be decoded before it is shown.
	early = int64(2 * time.Second)
	// lag is by how much sound may lie before its pictures in a file.
	lag = int64(time.Second)
	// near is by how much the time of a picture may be off, soon by how much a random access point may be late before the one before it is
	// taken.
	near = int64(8 * time.Millisecond)
	soon = int64(40 * time.Millisecond)
	// never is later than everything.
	never = int64(math.MaxInt64)
)

// Times are int64 nanoseconds throughout: from a file's zero, or from that of the result.
func duration(at int64) time.Duration { return time.Duration(at) }

// piece is a stretch of a file that goes into the result.
type piece struct {
	src *source
	// from and to are what was asked for, from the file's zero; to is never for its end.
	from, to int64
	// follows: the piece before it is the file before it of the same recording, so it begins where that ends.
	follows bool
	// nothingBefore: nothing was recorded since the piece before it, as far as is known.
	nothingBefore bool
	// picture and sound say what is left out: noVideo, noAudio.
	noVideo, noAudio bool
	// exact: it is to begin at the picture asked for. edges are pictures that were encoded anew, so that the piece is exact; nil for none.
	exact bool
	edges *edges
	// field is the stretch's. empty: there is nothing in it.
	field string
	empty bool
}

// trimmed reports whether the piece begins inside its file.
func (p *piece) trimmed() bool { return p.from > 0 }

// cut is a unit with its times.
type cut struct {
	*media.Unit
	key      trackKey
	dts, pts int64
}

// trackKey is a track by its kind and its number among those of the kind: files of one stream number them differently.
type trackKey struct {
	kind media.Kind
	nth  int
}

// keys numbers the tracks of a file as they appear.
type keys map[int]trackKey

func (k keys) of(t *media.Track) trackKey {
	if have, ok := k[t.ID]; ok {
		return have
	}
	n := 0
	for _, have := range k {
		if have.kind == t.Codec.Kind() {
			n++
		}
	}
	k[t.ID] = trackKey{t.Codec.Kind(), n}
	return k[t.ID]
}

// numbered gives the tracks that a file begins with their numbers, in the order of their IDs.
func numbered(tracks []*media.Track) keys {
	k := keys{}
	for _, t := range slices.SortedFunc(slices.Values(tracks), func(a, b *media.Track) int { return cmp.Compare(a.ID, b.ID) }) {
		k.of(t)
	}
	return k
}

// leads is the track by whose random access points the piece is cut: the first with pictures, or else the first with sound.
func (p *piece) leads(tracks []*media.Track) (trackKey, bool) {
	video, audio := false, false
	for _, t := range tracks {
		video = video || t.Codec.Kind() == media.Video && !p.noVideo
		audio = audio || t.Codec.Kind() == media.Audio && !p.noAudio
	}
	switch {
	case video:
		return trackKey{kind: media.Video}, true
	case audio:
		return trackKey{kind: media.Audio}, true
	}
	return trackKey{}, false
}

// ordered yields the units of the file from an earlier time on, by their decoding times.
func (p *piece) ordered(k keys, from int64) iter.Seq2[cut, error] {
	return func(yield func(cut, error) bool) {
		var waiting []cut
		newest, bytes := int64(math.MinInt64), 0
		for u, err := range p.src.readFrom(from) {
			if err != nil {
				if p.src.Status == vod.StatusRecording && errors.Is(err, container.ErrCorrupt) {
					break // what is being written may be seen in part
				}
				yield(cut{}, p.unreadable(err))
				return
			}
			if len(u.Payload) == 0 || u.Track.Codec.Kind() == media.Video && p.noVideo || u.Track.Codec.Kind() == media.Audio && p.noAudio {
				continue
			}
			c := newCut(k, u)
			i := len(waiting)
			for i > 0 && waiting[i-1].dts > c.dts {
				i--
			}
			waiting = slices.Insert(waiting, i, c)
			newest, bytes = max(newest, c.dts), bytes+len(c.Payload)
			n := 0
			// Times may stand still in a file that is not as it should be.
			for n < len(waiting) && (waiting[n].dts < newest-reorder || bytes > maxWaiting || len(waiting)-n > maxWaitingUnits) {
				bytes -= len(waiting[n].Payload)
				if !yield(waiting[n], nil) {
					return
				}
				n++
			}
			waiting = slices.Delete(waiting, 0, n)
		}
		for _, c := range waiting {
			if !yield(c, nil) {
				return
			}
		}
	}
}

func (p *piece) unreadable(err error) error {
	return &task.Failure{Code: task.CodeSource, Err: fmt.Errorf("file %s cannot be read: %w", p.src.ID, err)}
}

func newCut(k keys, u *media.Unit) cut {
	return cut{
		Unit: u, key: k.of(u.Track),
		dts: int64(media.Duration(u.DTS, u.Track.Timescale)), pts: int64(media.Duration(u.PTS, u.Track.Timescale)),
	}
}

// errNothing says that there is nothing in the file at the times asked for.
var errNothing = errors.New("there is no media between the times asked for")

// start is where a piece begins: its first unit of the leading track.
type start struct {
	lead     trackKey
	dts, pts int64
}

// begin finds the last random access point at or before the time asked for, or the first of the file. Behind the end of the file there is nothing.
func (p *piece) begin(tracks []*media.Track) (s start, err error) {
	lead, ok := p.leads(tracks)
	if !ok || p.empty {
		return s, errNothing
	}
	found, late := false, soon
	if p.exact {
		late = near
	}
	end := int64(p.src.Duration)
	for c, err := range p.ordered(numbered(tracks), p.from-early) {
		if err != nil {
			return s, err
		}
		end = max(end, c.pts+step(c.Track))
		if c.key != lead {
			continue
		}
		if found && (c.dts > p.from+late || c.pts > p.from+late && c.RandomAccess) {
			break
		}
		if c.RandomAccess && (!found || lead.kind == media.Video || c.pts+p.half(c) <= p.from) {
			s, found = start{lead, c.dts, c.pts}, true
		}
	}
	if !found {
		return s, errNothing
	}
	if p.from > 0 && p.from >= end {
		return s, p.nothing()
	}
	return s, nil
}

// half is half of what a frame of sound lasts; 0 for pictures.
func (p *piece) half(c cut) int64 {
	if c.key.kind != media.Audio {
		return 0
	}
	return step(c.Track) / 2
}

// step is how long a unit of a track lasts, as far as its codec tells.
func step(t *media.Track) int64 { return int64(media.Duration(container.DefaultStep(t), t.Timescale)) }

// units yields what belongs to the piece. Pictures begin with a random access point, and end where none that is left out is shown before one
// that is not; sound has the frames that lie for the most part beside the pictures.
func (p *piece) units(tracks []*media.Track, s start) iter.Seq2[cut, error] {
	if p.edges != nil {
		return p.exactUnits(tracks, s)
	}
	return func(yield func(cut, error) bool) {
		e := ending{to: p.to, limit: p.to}
		begun := map[trackKey]bool{}
		// Sound may lie a little before the pictures it belongs to.
		for c, err := range p.ordered(numbered(tracks), s.dts-lag) {
			if err != nil {
				yield(c, err)
				return
			}
			if !p.begins(c, s, begun[c.key]) {
				continue
			}
			begun[c.key] = true
			out, done := e.take(c, c.key == s.lead)
			for _, u := range out {
				if !yield(u, nil) {
					return
				}
			}
			if done {
				return
			}
		}
		for _, u := range e.rest() {
			if !yield(u, nil) {
				return
			}
		}
	}
}

// begins reports whether a unit is not before the beginning.
func (p *piece) begins(c cut, s start, begun bool) bool {
	switch {
	case c.key == s.lead:
		if c.dts < s.dts {
			return false
		}
		// Pictures that are decoded after a random access point and shown before it need what lies before it.
		return !p.trimmed() || c.pts >= s.pts
	case !p.trimmed() && !p.follows && c.key.kind == media.Audio || p.follows:
		return true
	case c.key.kind == media.Audio:
		// One frame more than there is room for: which is the first is seen where it meets the piece before.
		return c.pts >= s.pts-step(c.Track)
	}
	return begun || c.RandomAccess && c.pts >= s.pts
}

// ending cuts the end of a piece.
type ending struct {
	to int64
	// limit is before what time everything shown belongs to the piece: to, or later where a picture before to needs one after it.
	limit int64
	held  []cut
	// last is when the last picture is decoded, step how long it is shown.
	last, step int64
}

// take takes the next unit in the order of decoding, and returns what is certain to belong to the piece. done: nothing more does.
func (e *ending) take(c cut, lead bool) (out []cut, done bool) {
	if e.to == never {
		return []cut{c}, false
	}
	if lead && c.dts >= e.limit {
		return e.rest(), true // all that was to be shown earlier has come
	}
	audio := c.key.kind == media.Audio
	if lead && !audio {
		if d := c.dts - e.last; e.step == 0 || d > 0 && d < longestStep {
			e.step = step(c.Track)
			if e.last != 0 {
				e.step = d
			}
		}
		e.last = c.dts
	}
	switch {
	case lead && !audio && c.pts < e.limit:
		return append(e.admit(), c), false
	case !lead && !audio && c.pts < e.to, audio && c.pts+step(c.Track)/2 < e.to:
		return []cut{c}, false
	case c.dts > e.limit+early:
		return e.rest(), true // there is nothing of the leading track any more
	}
	e.held = append(e.held, c)
	return nil, false
}

// admit returns the pictures held: one that is decoded after them is in the piece, so they are, and what is shown before them is as well.
func (e *ending) admit() (out []cut) {
	e.held = slices.DeleteFunc(e.held, func(c cut) bool {
		if c.key.kind != media.Video {
			return false
		}
		e.limit = max(e.limit, c.pts+1)
		out = append(out, c)
		return true
	})
	return out
}

// shownOn is how long the last picture is shown beyond the limit, which is just behind its beginning if it was moved.
func (e *ending) shownOn() int64 {
	if e.limit == e.to {
		return 0
	}
	return e.step
}

// rest returns what is held and belongs to the piece after all: sound beside pictures that are shown after the end asked for.
func (e *ending) rest() (out []cut) {
	for _, c := range e.held {
		if c.key.kind == media.Audio && c.pts+step(c.Track)/2 < e.limit+e.shownOn() {
			out = append(out, c)
		}
	}
	e.held = nil
	return out
}
