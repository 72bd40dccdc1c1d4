package mp4

import (
	"fmt"
	"math"
	"time"

	"aircheck/ingest/media"
	"aircheck/recorder/container"
)

// Limits of a fragment. A unit larger than maxFragment makes a fragment of its own.
const (
	fragmentsPerSecond = 2
	maxFragment        = 1 << 20
	maxSamples         = 4096
	maxUnit            = 1 << 30
)

// writer implements container.Writer.
type writer struct {
	head     []byte
	tracks   []queue
	offset   int64 // length of the file so far
	bytes    int   // payload kept back
	count    int   // units kept back
	sequence uint32
	index    []byte
}

// queue is what is kept back of one track.
type queue struct {
	track   *media.Track
	samples []sample
	units   []*media.Unit
	zero    int64 // DTS of the file's zero
	last    int64 // DTS of the last unit, relative to zero
	step    int64 // how long the last unit lasts: as its codec says, or as the last difference of two neighbours that was positive
	framed  bool  // the codec says it
	started bool
	// spliced: what comes next comes after an interruption.
	spliced bool
}

// NewWriter starts a file. A track's ID becomes its track_ID.
func (Format) NewWriter(tracks []*media.Track) (container.Writer, error) {
	if err := checkTracks(tracks); err != nil {
		return nil, err
	}
	head, err := opening(tracks)
	if err != nil {
		return nil, err
	}
	w := &writer{head: head, tracks: make([]queue, len(tracks))}
	for i, t := range tracks {
		w.tracks[i] = queue{track: t, step: container.DefaultStep(t)}
	}
	return w, nil
}

// Header appends everything in front of the first fragment.
func (w *writer) Header(dst []byte, base time.Duration) []byte {
	for i := range w.tracks {
		q := &w.tracks[i]
		q.zero = media.Rescale(int64(base), uint32(time.Second), q.track.Timescale)
	}
	w.offset = int64(len(w.head))
	return append(dst, w.head...)
}

// Append takes a unit, and appends the fragment before it when that is full.
func (w *writer) Append(dst []byte, u *media.Unit) ([]byte, error) {
	i := w.position(u.Track.ID)
	if i < 0 {
		return dst, fmt.Errorf("append unit: track %d is not a track of this file", u.Track.ID)
	}
	if len(u.Payload) == 0 {
		u.Release()
		return dst, nil
	}
	if len(u.Payload) > maxUnit {
		return dst, fmt.Errorf("append unit: %d bytes are more than the %d a fragment holds", len(u.Payload), maxUnit)
	}
	q := &w.tracks[i]
	dts := max(u.DTS-q.zero, q.last)
	if q.started && dts-q.last > math.MaxInt32 {
		return dst, fmt.Errorf("append unit: track %d jumps by %d ticks, more than the format allows; begin a new file", u.Track.ID, dts-q.last)
	}
	offset := min(max(u.PTS-q.zero-dts, math.MinInt32), math.MaxInt32)
	if w.full(q, dts, len(u.Payload)) {
		dst = w.fragment(dst, i, dts)
	}
	if length := lasts(q.track, u.Payload); length > 0 {
		q.step, q.framed = length, true
	} else if q.started && dts > q.last && !(q.spliced && len(q.samples) == 0) {
		q.step = dts - q.last
	}
	q.started, q.last = true, dts
	q.samples = append(q.samples, sample{dts: dts, offset: int32(offset), size: uint32(len(u.Payload)), sync: u.RandomAccess})
	q.units = append(q.units, u)
	w.bytes += len(u.Payload)
	w.count++
	return dst, nil
}

func (w *writer) position(id int) int {
	for i := range w.tracks {
		if w.tracks[i].track.ID == id {
			return i
		}
	}
	return -1
}

// full reports whether a unit must not join what is kept back.
func (w *writer) full(q *queue, dts int64, size int) bool {
	if w.count > 0 && (w.count >= maxSamples || w.bytes+size > maxFragment) {
		return true
	}
	return len(q.samples) > 0 && (dts-q.samples[0].dts)*fragmentsPerSecond >= int64(q.track.Timescale)
}

// Flush appends what is kept back as a fragment. Where a unit's duration is not known yet, it gets that of the one before
// it: the next fragment's decode time and the index tell the truth.
func (w *writer) Flush(dst []byte) []byte {
	if w.count == 0 {
		return dst
	}
	return w.fragment(dst, -1, 0)
}

// Pending returns the longest span kept back of a track, with the last unit's presumed duration.
func (w *writer) Pending() time.Duration {
	var age time.Duration
	for i := range w.tracks {
		if q := &w.tracks[i]; len(q.samples) > 0 {
			age = max(age, media.Duration(q.last+q.step-q.samples[0].dts, q.track.Timescale))
		}
	}
	return age
}

// Index appends the description of the fragments since the last call.
func (w *writer) Index(dst []byte) []byte {
	dst = append(dst, w.index...)
	w.index = w.index[:0]
	return dst
}

// fragment appends a moof and its mdat. nextDTS is when the unit that follows on track next is decoded; next is -1 when
// none is known.
func (w *writer) fragment(dst []byte, next int, nextDTS int64) []byte {
	size := moofSize(w.tracks)
	w.sequence++
	start := len(dst)
	dst = appendMoofHead(dst, size, w.sequence)
	at := size + boxHead // of the track's first payload, from the start of the moof
	for i := range w.tracks {
		q := &w.tracks[i]
		if len(q.samples) == 0 {
			continue
		}
		last := q.step
		if i == next {
			last = nextDTS - q.last
		}
		dst = q.appendTraf(dst, at, last)
		r := run{track: i, offset: w.offset + int64(at), samples: q.samples, spliced: q.spliced}
		if q.framed {
			r.last = last
		}
		q.spliced = false
		w.index = r.append(w.index)
		at += int(r.bytes())
	}
	dst = be.AppendUint32(dst, uint32(boxHead+w.bytes))
	dst = append(dst, "mdat"...)
	for i := range w.tracks {
		q := &w.tracks[i]
		for _, u := range q.units {
			dst = append(dst, u.Payload...)
			u.Release()
		}
		clear(q.units)
		q.samples, q.units = q.samples[:0], q.units[:0]
	}
	w.bytes, w.count = 0, 0
	w.offset += int64(len(dst) - start)
	return dst
}
