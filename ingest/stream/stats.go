package stream

import (
	"time"

	"aircheck/ingest/media"
)

// Stats is a snapshot of a stream.
type Stats struct {
	// Bytes were read from the socket, Units written.
	Bytes, Units int64
	// LastByte is when the publisher last delivered anything, LastUnit when the newest unit was received; Start until there is one.
	LastByte, LastUnit time.Time
	// Video and Audio are how many of the units were pictures and frames of sound.
	Video, Audio int64
}

// Stats returns a snapshot.
func (s *Stream) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := Stats{
		Bytes: s.bytes.Load(), Units: s.units.Load(), LastByte: s.Start.Add(time.Duration(s.lastByte.Load())), LastUnit: s.lastUnit,
	}
	if st.LastUnit.IsZero() {
		st.LastUnit = s.Start
	}
	for i, t := range s.tracks {
		if t.Codec.Kind() == media.Video {
			st.Video += s.counts[i]
		} else {
			st.Audio += s.counts[i]
		}
	}
	return st
}

// Waiting returns when the oldest unit was received that a reader which holds the publisher back has not taken; zero if there is
// none. What a backlog brought does not count: it is old by nature.
func (s *Stream) Waiting() (oldest time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.readers {
		if !r.opts.HoldsBack {
			continue
		}
		if at := r.waitingSince(); !at.IsZero() && (oldest.IsZero() || at.Before(oldest)) {
			oldest = at
		}
	}
	return oldest
}

func (r *Reader) waitingSince() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.queue) == r.backlog {
		return time.Time{}
	}
	return r.queue[r.backlog].Wall
}

// Totals are those of a hub since it was made.
type Totals struct {
	// Live streams there are now, Begun so far; Ended by why.
	Live  int
	Begun int64
	Ended map[EndReason]int64
	// Bytes, Units, Video and Audio are those of all streams: see Stats.
	Bytes, Units, Video, Audio int64
	// Remembered is what the live streams remember, as Hub.TotalGOP counts.
	Remembered int64
}

func (t *Totals) add(s Stats) {
	t.Bytes += s.Bytes
	t.Units += s.Units
	t.Video += s.Video
	t.Audio += s.Audio
}

// Totals returns a snapshot. No count in it is ever lower than in one before.
func (h *Hub) Totals() Totals {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := h.totals
	out.Live, out.Remembered, out.Ended = len(h.live), h.cached.Load(), map[EndReason]int64{}
	for reason, n := range h.totals.Ended {
		out.Ended[reason] = n
	}
	for _, s := range h.live {
		if !s.settled {
			out.add(s.Stats())
		}
	}
	return out
}

// settle adds an ended stream to the totals, once, before it leaves the live ones. h.mu is held.
func (h *Hub) settle(s *Stream) {
	if s.settled {
		return
	}
	s.settled = true
	h.totals.add(s.Stats())
	if h.totals.Ended == nil {
		h.totals.Ended = map[EndReason]int64{}
	}
	h.totals.Ended[s.Ended().Reason]++
}
