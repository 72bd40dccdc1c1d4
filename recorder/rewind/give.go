package rewind

import (
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/stream"
)

// give hands a unit to the recorder, once it is known of which tracks the session is. It reports false if no more is to be given.
func (s *session) give(u *media.Unit) bool {
	if s.settled {
		return s.write(u)
	}
	s.first = append(s.first, u)
	s.firstBytes += len(u.Payload)
	if v, a := s.kinds(); v && a || s.firstBytes > settleBytes || (u.Time()-s.first[0].Time()).Abs() > settleTime {
		return s.settle()
	}
	return true
}

func (s *session) kinds() (video, audio bool) {
	for _, u := range s.first {
		video = video || u.Track.Codec.Kind() == media.Video
		audio = audio || u.Track.Codec.Kind() == media.Audio
	}
	return video, audio
}

// settle announces the tracks that the session begins with, so that no file waits for others, and gives the units so far.
func (s *session) settle() bool {
	if s.settled {
		return true
	}
	s.settled = true
	e := stream.Expected{Known: true}
	e.Video, e.Audio = s.kinds()
	s.out.Expect(e)
	for _, u := range s.first {
		if !s.write(u) {
			return false
		}
	}
	s.first = nil
	return true
}

// write puts a unit into the batch, and gives that when it is full.
func (s *session) write(u *media.Unit) bool {
	if !s.since.IsZero() && u.Wall.Sub(s.since) >= aheadTime && !s.flushBefore(u.Wall) {
		u.Release()
		return false
	}
	if s.since.IsZero() {
		s.since = u.Wall
	}
	s.batch = append(s.batch, u)
	s.batchBytes += len(u.Payload)
	if len(s.batch) < batchUnits && s.batchBytes < batchBytes {
		return true
	}
	return s.flush()
}

// flush gives the batch to the recorder, and waits until that has taken enough of what it was given. It reports false if no more is to be
// given.
func (s *session) flush() bool { return s.flushBefore(time.Time{}) }

// flushBefore is flush before a unit is given that was received at a time, before which the recorder must not be too far behind then.
func (s *session) flushBefore(next time.Time) bool {
	newest := next
	if n := len(s.batch); n > 0 && newest.IsZero() {
		newest = s.batch[n-1].Wall
	}
	if newest.IsZero() {
		return true
	}
	err := s.out.Write(s.batch)
	for i, u := range s.batch {
		u.Release()
		s.batch[i] = nil
	}
	s.batch, s.batchBytes = s.batch[:0], 0
	if err != nil {
		return false
	}
	for {
		behind := s.out.Behind()
		if behind == 0 {
			s.since = time.Time{}
			return true
		}
		if behind < ahead && newest.Sub(s.since) < aheadTime {
			return true
		}
		if !s.pause(holdPoll) {
			return s.following // what was received is recorded yet
		}
	}
}
