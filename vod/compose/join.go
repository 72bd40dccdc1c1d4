package compose

import (
	"cmp"
	"errors"
	"math"
	"slices"
	"time"

	"aircheck/ingest/media"
)

// errDiffer is wrapped when media cannot be joined without encoding it anew.
var errDiffer = errors.New("the media cannot be joined as they are")

const (
	// holdTime and holdBytes bound what is kept back until a piece has shown all its tracks.
	holdTime  = int64(2 * time.Second)
	holdBytes = 16 << 20
	// longestStep is more than a picture lasts: what is longer was a pause.
	longestStep = int64(time.Second)
)

// joiner puts pieces one behind the other.
//
//	piece ─▶ units in the order of decoding ─▶ held until all tracks are there ─▶ how much later is it all? ─▶ out
//
// Pictures of a piece follow those of the one before it at once, and sound as well; where the two do not end or begin together, none is left
// out, and the other waits. Frames of sound are moved by up to half of one so that they follow one another without a hole. Each piece is
// placed by its pictures, so this never adds up.
type joiner struct {
	out    sink
	tracks []*track
	// shown is where the result ends so far. clipped: the piece before ended before its file.
	shown   int64
	clipped bool
}

// sink takes the units of the result, their times on its time line, by tracks announced with the first piece.
type sink interface {
	add(u *media.Unit) error
}

// track is one of the result.
type track struct {
	key trackKey
	out *media.Track
	// begun: it has units. decoded is when the last one is decoded and ends to be, shown when what is shown last ends.
	begun          bool
	last           int64
	decoded, shown int64
	step           int64
	// moved is by how much its sound is moved in the piece at hand, once that is settled.
	moved   int64
	settled bool
	// was is the codec of the files, if that of the result has more parameter sets.
	was media.Codec
}

// span is what became of a piece.
type span struct {
	// begin and end are what was taken of the file, from its zero.
	begin, end int64
	// at is where it is in the result, and length how long.
	at, length int64
	// shift is what was added to the file's times.
	shift int64
	units int64
}

// declare sets the tracks of the result: those of all pieces. It returns errDiffer, wrapped, if they do not fit together.
func (j *joiner) declare(p *piece, tracks []*media.Track) error {
	k := numbered(tracks)
	for _, t := range tracks {
		kind := t.Codec.Kind()
		if kind == media.Video && p.noVideo || kind == media.Audio && p.noAudio {
			continue
		}
		key := k.of(t)
		have := j.find(key)
		if have == nil {
			have = &track{key: key, was: t.Codec, out: &media.Track{Codec: t.Codec, Timescale: t.Timescale}}
			j.tracks = append(j.tracks, have)
		}
		if err := same(p, have.was, t.Codec); err != nil {
			return err
		}
		have.out.Timescale = max(have.out.Timescale, t.Timescale)
		if err := have.extend(p, t.Codec); err != nil {
			return err
		}
	}
	return nil
}

// extend gives the codec of the result the parameter sets of a piece's edges. All pieces with edges must have the same.
func (t *track) extend(p *piece, c media.Codec) error {
	if p.edges == nil || t.key != (trackKey{kind: media.Video}) {
		return nil
	}
	more, err := p.codecs(c)
	switch {
	case err != nil:
		return err
	case sameCoding(t.out.Codec, t.was):
		t.out.Codec = more
	case !sameCoding(t.out.Codec, more):
		return must("the edges of file %s are not like those before", p.src.ID)
	}
	return nil
}

// declared numbers the tracks: pictures first.
func (j *joiner) declared() (out []*media.Track) {
	slices.SortFunc(j.tracks, func(a, b *track) int {
		return cmp.Or(cmp.Compare(a.key.kind, b.key.kind), cmp.Compare(a.key.nth, b.key.nth))
	})
	for i, t := range j.tracks {
		t.out.ID = i + 1
		out = append(out, t.out)
	}
	return out
}

func (j *joiner) find(key trackKey) *track {
	i := slices.IndexFunc(j.tracks, func(t *track) bool { return t.key == key })
	if i < 0 {
		return nil
	}
	return j.tracks[i]
}

// add appends a piece.
func (j *joiner) add(p *piece, tracks []*media.Track) (span, error) {
	s, err := p.begin(tracks)
	if err != nil {
		return span{}, err
	}
	a := adding{joiner: j, piece: p, want: map[trackKey]bool{}, line: newLine(&p.src.Asset), span: span{begin: math.MaxInt64, end: math.MinInt64}}
	for key := range valuesOf(numbered(tracks)) {
		if j.find(key) != nil {
			a.want[key] = true
		}
	}
	for _, t := range j.tracks {
		t.settled = false
	}
	for c, err := range p.units(tracks, s) {
		if err == nil {
			err = a.take(c)
		}
		if err != nil {
			return a.span, err
		}
	}
	if err := a.release(); err != nil {
		return a.span, err
	}
	if a.units == 0 {
		return a.span, errNothing
	}
	a.at, a.length = a.begin+a.shift, a.end-a.begin
	j.shown, j.clipped = max(j.shown, a.end+a.shift), p.to != never
	return a.span, nil
}

func valuesOf(k keys) map[trackKey]bool {
	out := map[trackKey]bool{}
	for _, key := range k {
		out[key] = true
	}
	return out
}

// adding is a piece that is being added.
type adding struct {
	*joiner
	piece *piece
	// held are units until the tracks wanted are there.
	held  []cut
	bytes int
	want  map[trackKey]bool
	set   bool
	line  line
	span
}

func (a *adding) take(c cut) error {
	t := a.find(c.key)
	if t == nil {
		return nil // a track that came late, and that the files before do not have
	}
	if err := same(a.piece, t.was, c.Track.Codec); err != nil {
		return err
	}
	if a.set {
		return a.pass(t, c)
	}
	a.held = append(a.held, c)
	a.bytes += len(c.Payload)
	delete(a.want, c.key)
	if len(a.want) == 0 || a.bytes > holdBytes || len(a.held) > maxWaitingUnits || c.dts-a.held[0].dts > holdTime {
		return a.release()
	}
	return nil
}

// release places the piece and lets go what was held.
func (a *adding) release() error {
	if a.set {
		return nil
	}
	a.set = true
	a.shift = a.place()
	for _, c := range a.held {
		if err := a.pass(a.find(c.key), c); err != nil {
			return err
		}
	}
	a.held = nil
	return nil
}

// sharp reports whether sound is left out where the piece meets the one before: media was left out there anyway.
func (a *adding) sharp() bool { return a.piece.trimmed() || a.clipped }

// place returns how much later everything in the piece is in the result.
func (a *adding) place() int64 {
	lead := trackKey{kind: media.Audio}
	first := map[trackKey]cut{}
	for _, c := range a.held {
		if have, ok := first[c.key]; !ok || c.pts < have.pts {
			if ok {
				c.dts = have.dts
			}
			first[c.key] = c
		}
		if c.key.kind == media.Video {
			lead = trackKey{kind: media.Video}
		}
	}
	shift, known := int64(math.MinInt64), false
	for key, c := range first {
		t := a.find(key)
		if !t.begun || a.sharp() && key.kind == media.Audio && lead.kind == media.Video {
			continue
		}
		need := t.decoded - c.dts
		if key.kind == media.Audio && lead.kind == media.Video {
			need -= t.step / 2
		} else {
			need = max(need, t.shown-c.pts)
		}
		shift, known = max(shift, need), true
	}
	if known {
		return shift
	}
	begin := int64(math.MaxInt64)
	for key, c := range first {
		if key.kind == lead.kind || !a.piece.trimmed() {
			begin = min(begin, c.pts)
		}
	}
	return a.shown - begin
}

// pass gives a unit to the result.
func (a *adding) pass(t *track, c cut) error {
	dts, pts := c.dts+a.shift, c.pts+a.shift
	if c.key.kind == media.Audio {
		if !t.settled && !a.settle(t, c, dts) {
			return nil
		}
		dts, pts = dts+t.moved, pts+t.moved
	}
	scale := t.out.Timescale
	// Where the pictures before were shown longer after they were decoded, decoding must not go back.
	if t.begun && dts <= t.last {
		dts = min(t.last+int64(media.Duration(1, scale))+1, max(pts, t.last))
	}
	if c.Track.Timescale == scale {
		// The distances of the file stay as they are, to the tick.
		off := ticks(dts-c.dts, scale)
		c.DTS, c.PTS = c.DTS+off, c.PTS+ticks(pts-c.pts, scale)
	} else {
		c.DTS, c.PTS = ticks(dts, scale), ticks(pts, scale)
	}
	a.note(t, c, dts, pts)
	u := c.Unit
	u.Track, u.Wall = t.out, a.line.wall(c.pts)
	return a.out.add(u)
}

// settle decides where the sound of a piece begins: with the frame nearest to the end of what there is. It reports false for one before.
func (a *adding) settle(t *track, c cut, dts int64) bool {
	t.moved = 0
	if !t.begun {
		t.settled = true
		return true
	}
	long := step(c.Track)
	off := t.decoded - dts // how much of the frame has been heard already
	if off > long/2+tolerance && a.sharp() {
		return false
	}
	t.settled = true
	if off >= -long/2 && off <= long/2+tolerance {
		t.moved = off
	}
	return true
}

// tolerance is by how much times may be off that are kept in milliseconds.
const tolerance = int64(2 * time.Millisecond)

// note keeps account of a unit.
func (a *adding) note(t *track, c cut, dts, pts int64) {
	long := step(c.Track)
	if c.key.kind == media.Video {
		if d := dts - t.last; t.begun && t.settled && d > 0 && d < longestStep {
			t.step = d
		} else if t.step == 0 {
			t.step = long
		}
		t.settled = true
		long = t.step
	} else {
		t.step = long
	}
	t.begun, t.last = true, dts
	t.decoded, t.shown = dts+long, max(t.shown, pts+long)
	if c.key.kind == media.Video || !a.hasVideo() {
		a.begin, a.end = min(a.begin, c.pts), max(a.end, c.pts+long)
	}
	a.units++
}

func (j *joiner) hasVideo() bool {
	return slices.ContainsFunc(j.tracks, func(t *track) bool { return t.key.kind == media.Video })
}

func ticks(at int64, scale uint32) int64 { return media.Rescale(at, uint32(time.Second), scale) }
