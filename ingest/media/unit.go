package media

import "time"

// Track is one elementary stream of a session with the parameters in force. It is immutable: when
// the parameters change, the ingest makes a new Track with the same ID, and every unit from then
// on points to it. A reader thus sees a change as u.Track differing from the last one.
type Track struct {
	// ID is unique within a session and starts at 1.
	ID int
	// Codec holds the parameters.
	Codec Codec
	// Timescale is the clock rate of PTS and DTS in ticks per second: 1000 for RTMP.
	Timescale uint32
}

// Unit is one access unit: a coded picture, or one frame of sound. It is immutable once written to
// a stream, payload included, and shared by all readers; see Slab for how long it lives.
type Unit struct {
	// Track names the elementary stream and the parameters needed to decode Payload.
	Track *Track
	// PTS and DTS are presentation and decoding time in Track.Timescale, on a time line that all
	// tracks of a session share (unwrapped: it does not restart at 2^32).
	PTS, DTS int64
	// Wall is when the server received the unit.
	Wall time.Time
	// RandomAccess tells that decoding can start here. True for every unit of sound.
	RandomAccess bool
	// Lost is how many units of the track are missing before this one because the network lost them; a lower bound.
	Lost int
	// Payload of H.264 and H.265 is a sequence of NAL units, each behind a length of 4 bytes; of AV1 a
	// temporal unit as TrimOBUs returns it; of VP8 and VP9 a frame or superframe; of AAC one raw frame without ADTS header; of
	// Opus a packet without Ogg; of MP3 and AC-3 a frame with its header; otherwise what the publisher sent.
	Payload []byte

	slab *Slab // that it is in, or nil
}

// Time returns DTS as a duration on the session's time line.
func (u *Unit) Time() time.Duration { return Duration(u.DTS, u.Track.Timescale) }
