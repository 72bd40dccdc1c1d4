package recorder

import (
	"time"

	"aircheck/ingest/media"
)

// aligned is how far apart random access points may be that several tracks of pictures have for the same place.
const aligned = 100 * time.Millisecond

// lead is the track whose random access points cut: the first with pictures; 0 if there is none.
func (p *part) lead() int {
	lead := 0
	for id, t := range p.tracks {
		if !p.silent[id] && t.Codec.Kind() == media.Video && (lead == 0 || id < lead) {
			lead = id
		}
	}
	return lead
}

// align notes random access points, to know of other tracks of pictures whether theirs come just before the leading track's. A
// file is cut at those then: else it would begin behind them.
func (s *segmenter) align(p *part, u *media.Unit, at time.Duration) {
	if !u.RandomAccess || u.Track.Codec.Kind() != media.Video {
		return
	}
	own := s.tracks[u.Track.ID]
	own.key, own.keys = at, own.keys+1
	if u.Track.ID != p.lead() {
		return
	}
	for _, ts := range s.tracks {
		if ts == own { // it leads as long as it is alone in a new part
			continue
		}
		near := ts.keys > 0 && at >= ts.key && at-ts.key < aligned
		if ts.ahead = 0; near {
			ts.ahead = ts.keys
		}
		ts.keys = 0
	}
}

// precedes reports whether a random access point that comes now is expected to be just before one of the leading track.
func (ts *trackState) precedes() bool { return ts.ahead > 0 && ts.keys+1 == ts.ahead }

// spares reports whether a unit that the part claims had better stay in the part before it: a picture of another track than the one
// that cut, whose own random access point may be about to come.
func (p *part) spares(u *media.Unit, at time.Duration) bool {
	return p.why == CutInterval && u.Track.Codec.Kind() == media.Video && !u.RandomAccess && at < p.from+waitHandover
}

// arrived reports whether the first part need not wait any longer for tracks that were promised or announced.
func (s *segmenter) arrived(p *part, waited time.Duration) bool {
	video, audio := p.count(media.Video), p.count(media.Audio)
	e := s.expected()
	all := video >= e.Videos && audio >= e.Audios
	if !e.Known {
		return all && video > 0 && audio > 0 || waited >= waitUnknown
	}
	return all && (video > 0 || !e.Video) && (audio > 0 || !e.Audio) || waited >= waitPromised
}

// count is how many tracks of a kind the part has.
func (p *part) count(k media.Kind) (n int) {
	for _, t := range p.tracks {
		if t.Codec.Kind() == k {
			n++
		}
	}
	return n
}
