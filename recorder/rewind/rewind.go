// Package rewind records what has already happened: it finds the units of a stretch of a stream that lies in the past, in a ring on disk or in
// recordings of it, and has them recorded anew, into any format, followed without a seam by what comes.
//
//	Ring  ─┐
//	Files ─┴ Past ─▶ Stretch ─ Units ─▶ feeder ─ Write ─▶ a stream of its own ─▶ recorder, as any other
//	                     live stream ─ Reader ─┘ joined at the first unit that both have
package rewind

import (
	"iter"
	"time"

	"aircheck/ingest/media"
)

// Past is where units of the past are found.
type Past interface {
	// Stretches returns what is held of a stream between two moments, oldest first, at most one per session and overlapping nothing else
	// of the same session. It must be quick: it reads no media.
	Stretches(key media.StreamKey, from, to time.Time) ([]Stretch, error)
}

// Stretch is what is held of one session of a stream.
type Stretch struct {
	// SessionID and Params are those of the session.
	SessionID string
	Params    string
	// Begin and End are when its first and its last unit were received. The first is a random access point of the pictures, or of the
	// sound of a stream without pictures.
	Begin, End time.Time
	// Growing tells that the session goes on, and what is held with it.
	Growing bool
	// Units yields the units in the order of arrival, from the random access point at or before from, or else from the oldest, up to what
	// is held at the time; a second call with a later from yields what has come since. Times are those of the session's own time line, or
	// differ from them by the same amount for all units; Wall is when each was received, as exactly as is known. Each unit's payload is
	// its receiver's. It stops at the first error. What is no longer held when it is reached is left out.
	Units func(from time.Time) iter.Seq2[*media.Unit, error]
	// Gaps are what is known to be missing in it, by the time it was received.
	Gaps []Gap
	// Again looks it up anew, and reports false if nothing is held of it any more. nil: Stretches does that.
	Again func() (Stretch, bool)
}

// Gap is media that is not held.
type Gap struct {
	At     time.Time
	Length time.Duration
	Units  int
	Reason string
}
