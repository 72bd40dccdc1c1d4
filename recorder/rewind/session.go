package rewind

import (
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/stream"
	"aircheck/recorder"
)

const (
	// ahead is how much may be given to the recorder that it has not taken, in bytes as stream.Reader counts; aheadTime how much by when it
	// was received, which a reader bounds as well.
	ahead     = 2 << 20
	aheadTime = 30 * time.Second
	// batchUnits and batchBytes are how much is given at once.
	batchUnits = 128
	batchBytes = 256 << 10
	// holdPoll is how often is looked whether the recorder has taken what it was given.
	holdPoll = time.Millisecond
	// settleTime is for how long it is found out of which tracks a session is, in media time; settleBytes up to how many bytes.
	settleTime  = 2 * time.Second
	settleBytes = 1 << 20
	// nearLive is how far behind the present the live stream begins to be read.
	nearLive = 5 * time.Second
	// liveBytes and liveTime bound what of the live stream waits to be joined.
	liveBytes = 128 << 20
	liveTime  = 2 * time.Minute
	// joinPoll is how often is looked for more of the past that has not reached the live stream yet, joinPatience for how long.
	joinPoll     = 20 * time.Millisecond
	joinPatience = 5 * time.Second
	// endGrace is how long after the end of the window is waited for what was received before it and has not been read from its socket.
	endGrace = 500 * time.Millisecond
	// lookEvery is how often is looked at the clock while nothing comes.
	lookEvery = 500 * time.Millisecond
)

// Reasons of gaps.
const (
	whyNoJoin = "what is held of the past did not reach up to the present"
	whyLate   = "the recorder was too slow"
)

// place is where a track has got to.
type place struct {
	wall time.Time
	dts  time.Duration
}

// session is a session that is being published anew. It belongs to the goroutine of its play.
type session struct {
	play *Play
	held Held
	out  *stream.Stream
	// live is the stream whose past it is, nil if there is none, or not any more; reader reads it once the past is near to the present,
	// woken is signalled when there is something to be read. waiting is what was read, ended how it ended.
	live    *stream.Stream
	reader  *stream.Reader
	woken   chan struct{}
	waiting []*media.Unit
	ended   *stream.End
	// reading tells that it holds one of the feeder's slots, following that the past has been joined with the live stream.
	reading, following bool
	// last is how far the tracks have been given, by their ID, recent the prints of the units given last.
	last   map[int]place
	recent prints
	// first are the units of the beginning, until settled: the tracks are known.
	first      []*media.Unit
	firstBytes int
	settled    bool
	// batch is what is given next; since is when the first unit was received that was given since the recorder had taken everything.
	batch      []*media.Unit
	batchBytes int
	since      time.Time
	// tracks are those given, of which live ones are made: see map.
	tracks map[int]*media.Track
	// adopted are the tracks of the live stream that those of the past are.
	adopted map[*media.Track]*media.Track
	shift   time.Duration
	mapped  map[*media.Track]*media.Track
}

// run gives all there is to the recorder, and returns how the session ended.
func (s *session) run() stream.End {
	defer s.close()
	select {
	case s.play.f.slots <- struct{}{}:
	case <-s.play.f.stop:
		return shutdown
	}
	s.reading = true
	joined := s.past()
	s.release()
	s.settle()
	s.flush()
	if joined {
		s.following = true
		return s.follow()
	}
	switch {
	case s.play.stopped():
		return shutdown
	case s.ended != nil:
		return *s.ended
	}
	return stream.End{Reason: stream.EndClient, Detail: "the end of what is held"}
}

// release lets another play read the past.
func (s *session) release() {
	if s.reading {
		s.reading = false
		<-s.play.f.slots
	}
}

var shutdown = stream.End{Reason: stream.EndShutdown, Detail: "the server is stopping"}

func (s *session) close() {
	if s.reader != nil {
		s.reader.Close()
	}
	for _, u := range s.waiting {
		u.Release()
	}
	s.waiting = nil
}

// past gives what is held of the past. It reports whether the live stream goes on behind it: nothing is missing or double then, or it
// was told.
func (s *session) past() (joined bool) {
	from := s.held.Begin
	if s.play.job.From.After(from) {
		from = s.play.job.From
	}
	var begin time.Time
	var behind time.Duration
	for begin.IsZero() || time.Since(begin) < joinPatience {
		if s.pass(from) {
			return false
		}
		before := from
		if from = s.newest(); s.live == nil && !s.held.Growing {
			if !from.After(before) {
				return false
			}
			s.look() // there may be more than was found at once
			continue
		}
		if lag := time.Since(from); begin.IsZero() || lag < behind-joinPatience { // as long as it comes nearer
			if begin, behind = time.Now(), lag; lag > nearLive {
				s.look()
			}
		}
		if s.live != nil {
			s.attach()
			s.pull()
			if s.join() {
				return true
			}
		}
		if s.done() || !s.pause(joinPoll) {
			return false
		}
	}
	return s.live != nil && s.force()
}

// look looks anew at what is held, if there is anything.
func (s *session) look() {
	if again, ok := s.held.again(); ok {
		s.held = again
	}
}

// done reports whether nothing can come any more of a session that has ended. What was held back until then comes with the next pass.
func (s *session) done() bool {
	if s.live != nil && s.ended == nil {
		return false
	}
	again, ok := s.held.again()
	if !ok || !s.held.Growing {
		return true
	}
	s.held = again
	return false
}

// newest is when the newest unit given was received.
func (s *session) newest() (at time.Time) {
	at = s.held.Begin
	for _, p := range s.last {
		if p.wall.After(at) {
			at = p.wall
		}
	}
	return at
}

// pass gives what has come of the past since it was looked at last. It reports whether that reaches the end of the window, or no more is to
// be given.
func (s *session) pass(from time.Time) (over bool) {
	for u, err := range s.held.Units(from) {
		if err != nil {
			s.play.log.Warn("what is held of the past cannot be read up to its end", "session", s.held.SessionID, "error", err)
			return false
		}
		s.adopt(u)
		switch {
		case s.play.over(u.Wall):
			return true
		case len(u.Payload) == 0 || !s.isNew(u):
			continue
		}
		if s.live != nil && s.reader == nil && time.Since(u.Wall) < nearLive {
			s.attach()
		}
		s.note(u)
		if !s.give(u) {
			return true
		}
	}
	return s.play.stopped()
}

// isNew reports whether a unit lies behind those of its track that were given.
func (s *session) isNew(u *media.Unit) bool {
	last, ok := s.last[u.Track.ID]
	if !ok {
		return true
	}
	if s.held.rough() > exact {
		return u.Time() > last.dts
	}
	if !u.Wall.Equal(last.wall) {
		return u.Wall.After(last.wall)
	}
	return u.Time() > last.dts
}

// note remembers a unit of the past that is given.
func (s *session) note(u *media.Unit) {
	if s.tracks == nil {
		s.tracks = map[int]*media.Track{}
	}
	s.tracks[u.Track.ID] = u.Track
	s.last[u.Track.ID] = place{wall: u.Wall, dts: u.Time()}
	if s.live != nil && time.Since(u.Wall) < recentTime+nearLive {
		s.recent.add(u)
	}
}

// pause waits. It reports false if the server stops.
func (s *session) pause(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-s.play.f.stop:
		return false
	}
}

// tell has a gap noted in the files.
func (s *session) tell(g recorder.WindowGap) {
	s.play.mu.Lock()
	defer s.play.mu.Unlock()
	for _, h := range s.play.handles {
		h.Miss(g)
	}
}
