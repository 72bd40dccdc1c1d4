package rtsp

import (
	"time"

	"aircheck/ingest/media"
)

const (
	// looseness is how far two tracks may be apart from what sender reports say: clocks are not read exactly.
	looseness = 10 * time.Millisecond
	// farApart is a difference that no tracks of one session have: the reports are wrong.
	farApart = 10 * time.Second
	// slewing is how much slower or faster than it plays a track may be moved: one part in so many.
	slewing = 20
)

// secondsTo1970 lie between the beginning of NTP's time, 1900, and that of Unix's.
const secondsTo1970 = 2208988800

// ntpTime returns the time since 1900 that a sender report tells: seconds, and a fraction in 2^-32 s (RFC 3550, 4).
func ntpTime(v uint64) time.Duration {
	return time.Duration(v>>32)*time.Second + time.Duration(v&0xffffffff*uint64(time.Second)>>32)
}

// sessionClock is the time line that all tracks of a session share. It begins with the first packet.
//
// Each track has a time of its own, with a random beginning. Sender reports tell how they lie to each other. Before there are any,
// tracks lie as their first packets arrived; a track found to be elsewhere is moved slowly, so that its time line has no jump.
type sessionClock struct {
	begun time.Time // when the first packet arrived, which is time 0
	// origin is the senders' time at time 0, once it is known; master is the track that tells it.
	origin time.Duration
	master *trackClock
}

// trackClock is the time of one track.
type trackClock struct {
	rate uint32
	// base is the RTP time of the first packet; ticks are counted from it, the newest and the highest so far.
	started       bool
	last          uint32
	ticks, newest int64
	// offset is added to ticks; target is where it is to go.
	offset, target int64
	// The last report: the senders' time of an RTP time.
	reported   bool
	reportTime time.Duration
	reportRTP  uint32
}

// unwrap returns the ticks of an RTP time. A step of less than 2^31 in either direction is taken as such.
func (t *trackClock) unwrap(ts uint32) int64 { return t.ticks + int64(int32(ts-t.last)) }

// at returns the time of a packet on the session's time line, in ticks of its track.
func (s *sessionClock) at(t *trackClock, ts uint32, now time.Time) int64 {
	if !t.started {
		s.start(t, ts, now)
	}
	t.ticks, t.last = t.unwrap(ts), ts
	if forward := t.ticks - t.newest; forward > 0 {
		t.newest = t.ticks
		if most := forward / slewing; t.offset != t.target {
			t.offset += max(-most, min(most, t.target-t.offset))
		}
	}
	return t.ticks + t.offset
}

// start places the first packet of a track.
func (s *sessionClock) start(t *trackClock, ts uint32, now time.Time) {
	if s.begun.IsZero() {
		s.begun = now
	}
	t.started, t.last = true, ts
	t.offset = ticksOf(now.Sub(s.begun), t.rate)
	t.target = t.offset
	if !t.reported {
		return
	}
	if s.master == nil {
		s.origin, s.master = t.sent(ts)-media.Duration(t.offset, t.rate), t
		return
	}
	if place := t.sent(ts) - s.origin; (place - now.Sub(s.begun)).Abs() < farApart {
		t.offset = ticksOf(place, t.rate)
		t.target = t.offset
	}
}

// sent returns the senders' time of an RTP time by the last report.
func (t *trackClock) sent(ts uint32) time.Duration {
	return t.reportTime + media.Duration(int64(int32(ts-t.reportRTP)), t.rate)
}

// report takes what a sender report says about a track.
func (s *sessionClock) report(t *trackClock, sent time.Duration, ts uint32) {
	t.reported, t.reportTime, t.reportRTP = true, sent, ts
	if !t.started {
		return
	}
	place := media.Duration(t.unwrap(ts)+t.offset, t.rate)
	if s.master == nil || s.master == t {
		s.origin, s.master = sent-place, t
		return
	}
	off := sent - s.origin - place
	if off.Abs() <= looseness || off.Abs() >= farApart {
		t.target = t.offset
		return
	}
	t.target = t.offset + ticksOf(off, t.rate)
}

func ticksOf(d time.Duration, rate uint32) int64 {
	return media.Rescale(int64(d), uint32(time.Second), rate)
}
