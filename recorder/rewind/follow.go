package rewind

import (
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/stream"
	"aircheck/recorder"
)

// follow gives what comes of the live stream. It returns how that ended.
func (s *session) follow() stream.End {
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		for len(s.waiting) > 0 {
			u := s.waiting[0]
			s.waiting = s.waiting[1:]
			over := s.play.over(u.Wall)
			if !s.write(s.shifted(u)) {
				return s.leave()
			}
			if over { // the recorder leaves it out, and ends
				s.flush()
				return stream.End{Reason: stream.EndClient, Detail: "the end of the window"}
			}
		}
		switch {
		case !s.flush():
			return s.leave()
		case s.ended != nil:
			return *s.ended
		case s.play.over(time.Now().Add(-endGrace)):
			return stream.End{Reason: stream.EndClient, Detail: "the end of the window"}
		}
		select {
		case <-s.woken:
		case <-look.C:
		case <-s.play.f.stop:
			s.pullMore() // the streams have been ended before
			if s.ended == nil && len(s.waiting) == 0 {
				return shutdown
			}
			continue
		}
		s.pullMore()
	}
}

// leave is the end where no more can be given.
func (s *session) leave() stream.End {
	if s.play.stopped() {
		return shutdown
	}
	return stream.End{Reason: stream.EndClient, Detail: "the end of the recording"}
}

// pullMore takes what has come of the live stream, and tells what was lost of it.
func (s *session) pullMore() {
	b := s.reader.Take()
	s.waiting, s.ended = append(s.waiting[:0], b.Units...), b.End
	if b.Lost.Units == 0 {
		return
	}
	at := time.Now()
	if len(b.Units) > 0 {
		at = b.Units[0].Wall
	}
	s.tell(recorder.WindowGap{At: at, Units: b.Lost.Units, Reason: whyLate})
}

// shifted is a unit of the live stream on the time line of the past, and of its tracks where those are the same.
func (s *session) shifted(u *media.Unit) *media.Unit {
	t, ok := s.mapped[u.Track]
	if !ok {
		t = s.trackOf(u.Track)
		if s.mapped == nil {
			s.mapped = map[*media.Track]*media.Track{}
		}
		s.mapped[u.Track] = t
	}
	if t == u.Track && s.shift == 0 {
		return u
	}
	moved := *u // it keeps the slab as u did
	moved.Track = t
	by := media.Rescale(int64(s.shift), uint32(time.Second), t.Timescale)
	moved.DTS = media.Rescale(u.DTS, u.Track.Timescale, t.Timescale) + by
	moved.PTS = media.Rescale(u.PTS, u.Track.Timescale, t.Timescale) + by
	return &moved
}

// trackOf is the track of the past that goes on with a track of the live stream: the one of the same kind. With other parameters it is made
// anew, under the ID of the past.
func (s *session) trackOf(t *media.Track) *media.Track {
	id := t.ID
	var same *media.Track
	for _, have := range s.tracks {
		if have.Codec.Kind() == t.Codec.Kind() && (same == nil || have.ID == t.ID) {
			same = have
		}
	}
	switch {
	case same == nil:
		for s.tracks[id] != nil {
			id++
		}
	case media.SameParameters(same.Codec, t.Codec):
		return same
	default:
		id = same.ID
	}
	if id != t.ID {
		t = &media.Track{ID: id, Codec: t.Codec, Timescale: t.Timescale}
	}
	s.tracks[id] = t
	return t
}
