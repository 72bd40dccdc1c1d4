package recorder

import (
	"maps"
	"slices"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/stream"
)

// How long a file waits for its tracks before it is begun, and what counts as a jump of the time line.
const (
	waitPromised = 2 * time.Second        // media time, for tracks that metadata promised
	waitUnknown  = time.Second            // media time, for a second kind when there is no metadata
	waitHandover = 500 * time.Millisecond // media time, for the other tracks after a cut
	waitWall     = 2 * time.Second        // wall time, in any case
	maxHeld      = 8 << 20                // bytes, in any case
	maxParts     = 4                      // parts waiting for tracks at the same time
	trackGone    = time.Second            // a track silent for so much media is not waited for
	jumpBack     = 500 * time.Millisecond
	jumpForward  = 10 * time.Second
)

// sink is told what goes into which file. Files begin and end in order, a file's units come in order of
// arrival, and every unit comes exactly once.
type sink interface {
	begin(p *part)
	unit(p *part, u *media.Unit)
	gap(p *part, g Gap)
	end(p *part, reason CutReason)
}

// segmenter decides which unit goes into which file. It knows no clock and no disk.
//
//	unit ─▶ place: which part is its track in? ─▶ cut: does it start a new one? ─▶ part: held until all tracks are there
//
// After a cut each track moves to the new part on its own, with its first unit at or after the cut. So there is a
// chain of parts: the last is the new one, those before wait for stragglers. Units of a part are held back until the
// tracks that are alive have arrived in it; only then is it begun, and the parts before it end.
//
// What has arrived is kept: a file whose stream did not start with a random access point starts with units that
// cannot be decoded.
type segmenter struct {
	interval time.Duration
	expected func() stream.Expected
	sink     sink
	parts    []*part
	tracks   map[int]*trackState
	// early gaps lie before the first unit.
	early []Gap
}

// trackState is where a track is.
type trackState struct {
	track *media.Track
	part  *part
	last  time.Duration
	// keys is how many random access points it has had since the leading track's last, and key the time of the newest.
	key  time.Duration
	keys int
	// ahead is which of them came just before the leading track's the last time; 0 if none did.
	ahead int
}

// part is one file to be.
type part struct {
	// tracks in it, by ID, of which silent have only been announced; base is its time zero, wall when its first unit was received. Complete once it has begun.
	tracks map[int]*media.Track
	silent map[int]bool
	base   time.Duration
	wall   time.Time
	gaps   []Gap

	// why the part before it ended, at what time, and for a jump where the time line had got to.
	why    CutReason
	from   time.Duration
	before time.Duration
	// elapsed is the length of a file that goes on with the part, if it has an interval.
	elapsed time.Duration

	begun   bool
	held    []*media.Unit
	bytes   int
	arrived time.Time
	last    map[int]time.Duration // DTS of each track's last unit
	newest  time.Duration
	// newestWall is when the unit at newest was received.
	newestWall time.Time
	// waitFor are the tracks that are to arrive before it begins, wait the media time they have.
	waitFor map[int]bool
	wait    time.Duration
}

func newSegmenter(interval time.Duration, expected func() stream.Expected, s sink) *segmenter {
	return &segmenter{interval: interval, expected: expected, sink: s, tracks: map[int]*trackState{}}
}

// add takes the next unit.
func (s *segmenter) add(u *media.Unit, now time.Time) {
	at := u.Time()
	p := s.place(u, at, now)
	s.tracks[u.Track.ID].last = at
	s.tracks[u.Track.ID].track = u.Track
	p.note(u, at)
	s.align(p, u, at)
	if p.begun {
		s.sink.unit(p, u)
		return
	}
	p.held = append(p.held, u)
	p.bytes += len(u.Payload)
	if s.complete(p) {
		s.begin(p)
	}
}

// tick begins a part that has waited for its tracks too long, by the wall clock.
func (s *segmenter) tick(now time.Time) {
	if len(s.parts) == 0 {
		return
	}
	if p := s.parts[len(s.parts)-1]; !p.begun && now.Sub(p.arrived) >= waitWall {
		s.begin(p)
	}
}

// lose notes media that is missing before the next unit.
func (s *segmenter) lose(l stream.Lost, reason string) {
	s.miss(Gap{Units: l.Units, Bytes: l.Bytes, Reason: reason})
}

// end ends all parts.
func (s *segmenter) end(reason CutReason) {
	if len(s.parts) == 0 {
		return
	}
	p := s.parts[len(s.parts)-1]
	s.begin(p)
	s.sink.end(p, reason)
	s.parts = nil
}

// held counts what has not been given to the sink.
func (s *segmenter) held() (l stream.Lost) {
	for _, p := range s.parts {
		l.Units += len(p.held)
		l.Bytes += int64(p.bytes)
	}
	return l
}

// place finds the part for a unit, and makes a new one if the unit starts it.
func (s *segmenter) place(u *media.Unit, at time.Duration, now time.Time) *part {
	if len(s.parts) == 0 {
		p := s.newPart("", at, now)
		p.gaps, s.early = s.early, nil
	}
	last := s.parts[len(s.parts)-1]
	ts := s.tracks[u.Track.ID]
	if ts == nil {
		ts = &trackState{part: last}
		s.tracks[u.Track.ID] = ts
	}
	for ts.part != last {
		next := s.parts[slices.Index(s.parts, ts.part)+1]
		if (!next.claims(at) || next.spares(u, at)) && ts.part.fits(u) {
			return ts.part
		}
		ts.part = next
		delete(next.waitFor, u.Track.ID)
	}
	if why := s.cut(last, u, at); why != "" {
		ts.part = s.newPart(why, at, now)
		s.await(ts.part, last)
	}
	return ts.part
}

// claims reports whether a unit at that time belongs to this part rather than to the one before.
func (p *part) claims(at time.Duration) bool {
	if p.why == CutDiscontinuity {
		return (at - p.from).Abs() < (at - p.before).Abs()
	}
	return at >= p.from
}

// fits reports whether the part can take a unit of these parameters.
func (p *part) fits(u *media.Unit) bool {
	have, ok := p.tracks[u.Track.ID]
	if !ok {
		return !p.begun
	}
	return have == u.Track || have.Timescale == u.Track.Timescale && media.SameParameters(have.Codec, u.Track.Codec)
}

// cut decides whether a unit begins a new part, and why.
func (s *segmenter) cut(p *part, u *media.Unit, at time.Duration) CutReason {
	if !p.fits(u) {
		if p.tracks[u.Track.ID] == nil {
			return CutTracks
		}
		return CutParameters
	}
	if last, ok := p.last[u.Track.ID]; ok && p.jumps(u, at, last) {
		return CutDiscontinuity
	}
	if s.interval <= 0 || len(p.last) == 0 || at-p.base+p.elapsed < s.interval {
		return ""
	}
	lead := p.lead()
	if lead == 0 || u.RandomAccess && (u.Track.ID == lead || s.tracks[u.Track.ID].precedes()) {
		return CutInterval
	}
	if at-p.base+p.elapsed < 2*s.interval {
		return ""
	}
	seen, ok := p.last[lead]
	if u.Track.ID == lead || !ok || at-seen >= trackGone {
		return CutNoRandomAccess
	}
	return ""
}

// jumps reports whether the time line broke between a track's last unit and this one. Time that passed on the wall
// as well is a pause, not a jump: a slide show has few pictures, and a stalled publisher goes on where it was.
func (p *part) jumps(u *media.Unit, at, last time.Duration) bool {
	if at < last-jumpBack {
		return true
	}
	return at-p.newest > jumpForward && at-p.newest-u.Wall.Sub(p.newestWall) > jumpForward
}

func (s *segmenter) newPart(why CutReason, at time.Duration, now time.Time) *part {
	p := &part{
		tracks: map[int]*media.Track{}, silent: map[int]bool{}, last: map[int]time.Duration{}, waitFor: map[int]bool{},
		why: why, from: at, base: at, newest: at, arrived: now,
	}
	s.parts = append(s.parts, p)
	return p
}

// await sets what a part waits for after a cut: the tracks still in a part before it, unless they have fallen
// silent. Each has as much longer as it was behind.
func (s *segmenter) await(p, old *part) {
	p.before = old.newest
	p.wait = waitHandover
	for id, ts := range s.tracks {
		if lag := old.newest - ts.last; ts.part != p && lag <= trackGone {
			p.waitFor[id] = true
			p.wait = max(p.wait, waitHandover+lag)
		}
	}
}

// note keeps account of a unit that goes into the part.
func (p *part) note(u *media.Unit, at time.Duration) {
	id := u.Track.ID
	if len(p.last) == 0 {
		p.wall = u.Wall
	}
	if _, ok := p.last[id]; !ok && !p.begun {
		p.base = min(p.base, at)
	}
	p.last[id] = at
	p.tracks[id] = u.Track
	delete(p.silent, id)
	if at >= p.newest {
		p.newest, p.newestWall = at, u.Wall
	}
}

// complete reports whether a part need not wait any longer before it begins.
func (s *segmenter) complete(p *part) bool {
	if p.bytes >= maxHeld || len(s.parts) > maxParts {
		return true
	}
	waited := p.newest - p.base
	if p.why != "" {
		return len(p.waitFor) == 0 || waited >= p.wait
	}
	return s.arrived(p, waited)
}

// begin begins a part with what it holds and ends those before it.
func (s *segmenter) begin(p *part) {
	for len(s.parts) > 0 && s.parts[0] != p {
		old, next := s.parts[0], s.parts[1]
		s.open(old)
		s.sink.end(old, next.why)
		s.parts = s.parts[1:]
		for id, ts := range s.tracks {
			if ts.part == old {
				ts.part = next
				s.inherit(next, old, id)
			}
		}
	}
	s.open(p)
}

// inherit gives a part the track of the one before it that has not arrived yet, so that it need not be cut when it does.
// A track that delivered nothing to a whole file is not handed on.
func (s *segmenter) inherit(p, old *part, id int) {
	if _, delivered := old.last[id]; delivered && p.tracks[id] == nil && !p.begun {
		p.tracks[id] = s.tracks[id].track
	}
}

// open hands a part over to the sink, unless that has been done.
func (s *segmenter) open(p *part) {
	if p.begun {
		return
	}
	p.begun = true
	s.sink.begin(p)
	for _, u := range p.held {
		s.sink.unit(p, u)
	}
	p.held, p.bytes = nil, 0
}

// ordered returns the part's tracks by ID.
func (p *part) ordered() []*media.Track {
	out := make([]*media.Track, 0, len(p.tracks))
	for _, id := range slices.Sorted(maps.Keys(p.tracks)) {
		out = append(out, p.tracks[id])
	}
	return out
}
