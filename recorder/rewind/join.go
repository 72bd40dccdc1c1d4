package rewind

import (
	"cmp"
	"hash/maphash"
	"slices"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/stream"
	"aircheck/recorder"
)

const (
	// recentTime is how much of what was given is remembered to be found again in the live stream, in media time, recentMany how many
	// units at most.
	recentTime = 30 * time.Second
	recentMany = 8192
	// sameTime is by how much the times of a unit may differ, its file rounding them.
	sameTime = 3 * time.Millisecond
	// nearTime is by how much the same units may seem to have been received at other times.
	nearTime = 200 * time.Millisecond
	// alive is how long ago a track has delivered that is waited for in the live stream.
	alive = 2 * time.Second
	// startPatience is how long a random access point is waited for where nothing is to be joined. Then it goes on with what comes: the
	// pictures may have stopped, and what waits must not be without bounds.
	startPatience = 10 * time.Second
	// lookAt is how many units of the live stream are compared with the past.
	lookAt = 512
)

// print is what is remembered of a unit.
type print struct {
	kind media.Kind
	at   time.Duration
	wall time.Time
	sum  uint64
}

// prints are those of units in a row.
type prints struct {
	seed maphash.Seed
	list []print
}

func (p *prints) of(u *media.Unit) print {
	if p.seed == (maphash.Seed{}) {
		p.seed = maphash.MakeSeed()
	}
	return print{kind: u.Track.Codec.Kind(), at: u.Time(), wall: u.Wall, sum: p.sum(u)}
}

// sum is what a unit is known by. Delimiters and parameter sets do not count: some formats leave them out, or add them.
func (p *prints) sum(u *media.Unit) uint64 {
	name := u.Track.Codec.Name()
	if name != "h264" && name != "h265" {
		return maphash.Bytes(p.seed, u.Payload)
	}
	var h maphash.Hash
	h.SetSeed(p.seed)
	for nalu := range media.NALUs(u.Payload) {
		if !passing(name, nalu) {
			_, _ = h.Write(nalu) // it never fails
		}
	}
	return h.Sum64()
}

// passing reports whether a NAL unit is a delimiter or a parameter set (ITU-T H.264, table 7-1; H.265, table 7-1).
func passing(codec string, nalu []byte) bool {
	if len(nalu) == 0 {
		return true
	}
	if codec == "h264" {
		t := nalu[0] & 0x1f
		return t >= 7 && t <= 9
	}
	t := nalu[0] >> 1 & 0x3f
	return t >= 32 && t <= 35
}

func (p *prints) add(u *media.Unit) {
	if len(p.list) >= recentMany {
		p.list = slices.Delete(p.list, 0, recentMany/2)
	}
	p.list = append(p.list, p.of(u))
}

// newest returns the last print of a kind.
func (p *prints) newest(k media.Kind) (print, bool) {
	for _, f := range slices.Backward(p.list) {
		if f.kind == k {
			return f, true
		}
	}
	return print{}, false
}

// attach begins to read the live stream, with what it remembers: the past may be some seconds behind.
func (s *session) attach() {
	if s.reader != nil {
		return
	}
	s.woken = make(chan struct{}, 1)
	s.reader = s.live.NewReader(stream.ReaderOptions{
		Backlog: true, HoldsBack: true, MaxBytes: liveBytes, MaxTime: liveTime,
		Notify: func() {
			select {
			case s.woken <- struct{}{}:
			default:
			}
		},
	})
}

// pull takes over what has come of the live stream. A unit that is lost before the join ends what can be joined.
func (s *session) pull() {
	if s.ended != nil {
		return
	}
	b := s.reader.Take()
	if b.Lost.Units > 0 {
		for _, u := range s.waiting {
			u.Release()
		}
		s.waiting = nil
	}
	for _, u := range b.Units {
		if len(u.Payload) == 0 {
			u.Release()
			continue
		}
		s.waiting = append(s.waiting, u)
	}
	s.ended = b.End
}

// join finds the place in the live stream up to which the past has been given, and lets go what lies before it. It reports false if the past
// has not come so far yet.
func (s *session) join() bool {
	if len(s.waiting) == 0 {
		return false
	}
	live := make([]print, min(len(s.waiting), lookAt))
	for i := range live {
		live[i] = s.recent.of(s.waiting[i])
	}
	shift, ok := align(s.recent.list, live, s.held.rough())
	if !ok || !s.covers(live, shift) {
		return false
	}
	s.shift = shift
	cut := map[media.Kind]time.Duration{}
	for _, k := range []media.Kind{media.Video, media.Audio} {
		if last, ok := s.recent.newest(k); ok {
			cut[k] = last.at
		}
	}
	s.skip(func(u *media.Unit) bool {
		end, known := cut[u.Track.Codec.Kind()]
		return known && u.Time()+shift <= end+sameTime
	})
	s.play.log.Info("the past goes on live", "session", s.held.SessionID, "shift", shift, "waiting", len(s.waiting))
	return true
}

// skip lets go the waiting units that were given.
func (s *session) skip(given func(*media.Unit) bool) {
	s.waiting = slices.DeleteFunc(s.waiting, func(u *media.Unit) bool {
		if !given(u) {
			return false
		}
		u.Release()
		return true
	})
}

// covers reports whether the past has been given up to where the live stream begins, of every kind of track that delivers.
func (s *session) covers(live []print, shift time.Duration) bool {
	newest := s.recent.list[len(s.recent.list)-1]
	for _, k := range []media.Kind{media.Video, media.Audio} {
		last, known := s.recent.newest(k)
		first := slices.IndexFunc(live, func(p print) bool { return p.kind == k })
		switch {
		case !known || newest.at-last.at > alive:
		case first < 0:
			if s.ended == nil {
				return false
			}
		case live[first].at+shift > last.at+sameTime:
			return false
		}
	}
	return true
}

// align returns what is to be added to the times of the live stream to get those of the past. It reports false if there are no units that
// both have, or not in the same row. rough is by how much they may seem to have been received at other times.
func align(past, live []print, rough time.Duration) (shift time.Duration, ok bool) {
	if len(past) == 0 || len(live) == 0 {
		return 0, false
	}
	kind := live[0].kind
	for _, p := range live {
		if p.kind == media.Video {
			kind = media.Video
		}
	}
	bySum := map[uint64][]print{}
	for _, p := range past {
		if p.kind == kind {
			bySum[p.sum] = append(bySum[p.sum], p)
		}
	}
	var votes []vote
	for _, l := range live {
		for _, p := range bySum[l.sum] {
			if off := p.wall.Sub(l.wall).Abs(); l.kind == kind && off <= rough {
				votes = append(votes, vote{shift: p.at - l.at, off: off})
			}
		}
	}
	return elect(votes, past, live, kind)
}

// vote is a unit found in both, off by how much they were received at other times.
type vote struct{ shift, off time.Duration }

// elect returns the shift for which the most units agree, at least three of four of those that both should have. But silence looks the same
// everywhere, and some publishers send the same again and again: of two by which the units were received at different times, the one counts
// where those differ less.
func elect(votes []vote, past, live []print, kind media.Kind) (best time.Duration, ok bool) {
	slices.SortFunc(votes, func(a, b vote) int { return cmp.Compare(a.shift, b.shift) })
	most, off := 0, time.Duration(0)
	for i := 0; i < len(votes); {
		n := 1
		for i+n < len(votes) && votes[i+n].shift-votes[i].shift <= sameTime {
			n++
		}
		shift, mean := agreed(votes[i : i+n])
		better := most == 0 || mean+nearTime < off || mean < off+nearTime && (n > most || n == most && mean < off)
		if better && n*4 >= 3*both(past, live, kind, shift) {
			best, most, off, ok = shift, n, mean, true
		}
		i += n
	}
	return best, ok
}

// agreed returns the shift that the most of some votes name, and how much they are off.
func agreed(votes []vote) (shift, off time.Duration) {
	most := 0
	for i := 0; i < len(votes); {
		n := 0
		for ; i+n < len(votes) && votes[i+n].shift == votes[i].shift; n++ {
			off += votes[i+n].off
		}
		if n > most {
			most, shift = n, votes[i].shift
		}
		i += n
	}
	return shift, off / time.Duration(len(votes))
}

// both is how many units of the live stream should be in the past as well, with a shift.
func both(past, live []print, kind media.Kind, shift time.Duration) (n int) {
	first, last := time.Duration(0), time.Duration(0)
	seen := false
	for _, p := range past {
		if p.kind != kind {
			continue
		}
		if !seen {
			first, seen = p.at, true
		}
		last = p.at
	}
	for _, l := range live {
		if at := l.at + shift; l.kind == kind && at >= first-sameTime && at <= last+sameTime {
			n++
		}
	}
	return n
}

// force joins where nothing says how the two belong together: at the next random access point that was received after what was given, its
// time as much later. What may be missing is told. It reports false if there is none before the end.
func (s *session) force() bool {
	s.release() // this may take long
	begin := time.Now()
	at := s.nextStart(false)
	for at < 0 {
		last := s.ended != nil || s.play.over(time.Now().Add(-endGrace))
		at = s.nextStart(last || time.Since(begin) > startPatience)
		switch {
		case at >= 0:
		case last || !s.pause(joinPoll):
			return false
		default:
			s.pull()
		}
	}
	newest, first := s.newest(), s.waiting[at]
	for _, u := range s.waiting[:at] {
		u.Release()
	}
	s.waiting = slices.Clone(s.waiting[at:])
	missing := first.Wall.Sub(newest)
	end := time.Duration(0)
	for _, p := range s.last {
		end = max(end, p.dts)
	}
	s.shift = end + missing - first.Time()
	s.tell(recorder.WindowGap{At: first.Wall, Length: missing, Reason: whyNoJoin})
	s.play.log.Warn("the past does not reach up to the present; the recording goes on behind a gap", "session", s.held.SessionID,
		"missing", missing)
	return true
}

// nextStart is the place among the waiting units of the first random access point behind what was given, or of any unit, or -1.
func (s *session) nextStart(any bool) int {
	newest, lead := s.newest(), media.Audio
	for _, t := range s.live.Tracks() {
		if t.Codec.Kind() == media.Video {
			lead = media.Video
		}
	}
	return slices.IndexFunc(s.waiting, func(u *media.Unit) bool {
		return u.Wall.After(newest) && (any || u.RandomAccess && u.Track.Codec.Kind() == lead)
	})
}
