package rewind

import (
	"bytes"
	"slices"

	"aircheck/ingest/media"
)

// adopt puts a unit of the past on the track of the live stream that its track is, if it can be known: some formats do not give back the
// parameters byte for byte, and files would be cut where the two meet.
func (s *session) adopt(u *media.Unit) {
	t, ok := s.adopted[u.Track]
	if !ok {
		t = s.liveTrack(u.Track)
		if s.adopted == nil {
			s.adopted = map[*media.Track]*media.Track{}
		}
		s.adopted[u.Track] = t
	}
	if t == u.Track {
		return
	}
	u.DTS = media.Rescale(u.DTS, u.Track.Timescale, t.Timescale)
	u.PTS = media.Rescale(u.PTS, u.Track.Timescale, t.Timescale)
	u.Track = t
}

// liveTrack returns the track of the live stream that is the same, or the track itself.
func (s *session) liveTrack(t *media.Track) *media.Track {
	if s.live == nil {
		return t
	}
	for _, l := range s.live.Tracks() {
		if l.Codec.Kind() == t.Codec.Kind() && sameCoding(l.Codec, t.Codec) {
			return l
		}
	}
	return t
}

// sameCoding reports whether two codecs decode the same, whatever their configurations look like.
func sameCoding(a, b media.Codec) bool {
	switch x := a.(type) {
	case *media.H264:
		if y, ok := b.(*media.H264); ok {
			return sameSets(x, y)
		}
	case *media.AAC:
		if y, ok := b.(*media.AAC); ok {
			return x.SampleRate() == y.SampleRate() && x.Channels() == y.Channels() && x.ObjectType() == y.ObjectType() &&
				x.FrameSamples() == y.FrameSamples()
		}
	}
	return media.SameParameters(a, b)
}

func sameSets(x, y *media.H264) bool {
	xs, xp := x.ParameterSets()
	ys, yp := y.ParameterSets()
	return slices.EqualFunc(xs, ys, bytes.Equal) && slices.EqualFunc(xp, yp, bytes.Equal)
}
