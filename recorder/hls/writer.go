package hls

import (
	"fmt"
	"slices"
	"time"

	"aircheck/ingest/media"
)

// writer implements container.Writer, container.Lister and container.Continuer.
type writer struct {
	kind    kind
	carrier carrier
	// first are the tracks of the first period.
	first  []*media.Track
	origin time.Duration
	// offset is the length of the file up to where the current call began to append, from where dst was then.
	offset int64
	from   int
	// init is the initialization section in force; discontinuity marks the next segment.
	init          span
	discontinuity bool
	cut           cutter
	index         indexer
	list          list
	held          []heldEntry
	// dated is the date that was set last, in Unix milliseconds, and datedAt its time.
	dated, datedAt int64
	scratch        []byte
}

// heldEntry is a unit that is kept back.
type heldEntry struct {
	track int
	entry entry
}

// span is a byte range of the file.
type span struct{ offset, size int64 }

// at returns the offset in the file of what is appended to dst next.
func (w *writer) at(dst []byte) int64 { return w.offset + int64(len(dst)-w.from) }

// enter notes where a call begins to append, leave what it appended.
func (w *writer) enter(dst []byte) { w.from = len(dst) }

func (w *writer) leave(dst []byte) []byte {
	w.offset = w.at(dst)
	return dst
}

// Header begins the first period.
func (w *writer) Header(dst []byte, base time.Duration) []byte {
	w.enter(dst)
	return w.leave(w.period(dst, base, false))
}

// period begins a period at the end of the file.
func (w *writer) period(dst []byte, origin time.Duration, discontinuity bool) []byte {
	w.origin, w.discontinuity = origin, discontinuity
	at := w.at(dst)
	dst, size := w.carrier.start(dst, origin, discontinuity)
	w.init = span{at, int64(size)}
	w.index.period(w.init)
	w.list.period(w.init)
	w.cut = newCutter(w.index.tracks, w.cut.end())
	return dst
}

// Continue begins another period, with a DISCONTINUITY.
func (w *writer) Continue(
	dst []byte, tracks []*media.Track, base time.Duration, jumped bool,
) (out []byte, zero time.Duration, err error) {
	if w.kind == transport && kindOf(tracks) != transport {
		return dst, 0, unsupported(errOtherKind)
	}
	if !within(tracks, w.first) {
		return dst, 0, unsupported(errNewKind)
	}
	if w.kind == fragmented && separate(tracks) && !w.list.separate {
		return dst, 0, unsupported(errSeparate)
	}
	if err := w.carrier.tracks(tracks); err != nil {
		return dst, 0, err
	}
	zero = w.origin
	if jumped {
		zero = base - duration(w.cut.end())
	}
	w.enter(dst)
	dst = w.flush(dst)
	w.index.change(tracks)
	return w.leave(w.period(dst, zero, true)), zero, nil
}

// within reports whether tracks are of no other kinds than those of the first period.
func within(tracks, first []*media.Track) bool {
	for _, t := range tracks {
		if !slices.ContainsFunc(first, func(f *media.Track) bool { return f.Codec.Kind() == t.Codec.Kind() }) {
			return false
		}
	}
	return true
}

// Append takes the next unit; it may begin a new segment.
func (w *writer) Append(dst []byte, u *media.Unit) ([]byte, error) {
	i := w.index.position(u.Track.ID)
	if i < 0 {
		return dst, fmt.Errorf("append unit: track %d is not a track of this file", u.Track.ID)
	}
	if len(u.Payload) == 0 {
		u.Release()
		return dst, nil
	}
	if err := w.carrier.check(u); err != nil {
		return dst, fmt.Errorf("append unit: %w", err)
	}
	w.enter(dst)
	dts, pts := w.ticks(u.DTS, u.Track), w.ticks(u.PTS, u.Track)
	if wall := u.Wall.UnixMilli(); w.cut.cuts(i, u.RandomAccess, dts, wall) {
		dst = w.open(dst, dts, wall)
	}
	before, size, random := len(dst), len(u.Payload), u.RandomAccess
	dst, err := w.carrier.add(dst, u, dts, pts)
	if err != nil {
		return w.leave(dst), fmt.Errorf("append unit: %w", err)
	}
	w.cut.add(i, random, dts, size)
	w.note(i, entry{dts: dts, pts: pts, size: size}, len(dst) > before)
	return w.leave(dst), nil
}

// note puts a unit into the index, once it has been given out: a transport stream gives it out at once, MP4 keeps back the last
// units, up to one that makes it give out those before.
func (w *writer) note(track int, e entry, out bool) {
	if w.kind == transport {
		w.index.add(track, e)
		return
	}
	if out {
		w.release()
	}
	w.held = append(w.held, heldEntry{track, e})
}

// release puts all units into the index.
func (w *writer) release() {
	for _, h := range w.held {
		w.index.add(h.track, h.entry)
		w.list.hear(h.track)
	}
	w.held = w.held[:0]
}

// flush appends what is kept back.
func (w *writer) flush(dst []byte) []byte {
	dst = w.carrier.flush(dst)
	w.release()
	return dst
}

// open begins a segment with a unit at that time.
func (w *writer) open(dst []byte, dts, wall int64) []byte {
	dst = w.flush(dst)
	s := segment{
		offset: w.at(dst), start: dts, wall: w.date(dts, wall), init: w.init, discontinuity: w.discontinuity, before: w.cut.end(),
		tracks: w.index.tracks,
	}
	w.discontinuity = false
	w.index.open(s)
	w.scratch = w.carrier.counters(w.scratch[:0])
	w.index.counters(w.scratch)
	w.list.open(s)
	w.cut.open(dts, wall)
	return w.carrier.open(dst)
}

// maxLate is how far behind its media a date may be, in milliseconds, before it is set anew.
const maxLate = 1000

// date returns the date of a segment: when its period began to be received, and then as its media goes on, so that dates are as far
// apart as segments are. After a pause, or with a clock slower than ours, it is set anew; media that comes faster than it plays keeps
// its pace.
func (w *writer) date(dts, wall int64) int64 {
	date := w.dated + (dts-w.datedAt)*1000/clock
	if w.dated == 0 || w.discontinuity || wall-date > maxLate {
		date = wall
		w.dated, w.datedAt = date, dts
	}
	return date
}

// ticks returns a time of a track in the file, in ticks. MP4 keeps times in the track's own clock rate, and the zero rounded to that.
func (w *writer) ticks(t int64, track *media.Track) int64 {
	if w.kind == fragmented {
		return media.Rescale(t-media.Rescale(int64(w.origin), uint32(time.Second), track.Timescale), track.Timescale, clock)
	}
	return media.Rescale(int64(media.Duration(t, track.Timescale)-w.origin), uint32(time.Second), clock)
}

// Flush appends what is kept back.
func (w *writer) Flush(dst []byte) []byte {
	w.enter(dst)
	return w.leave(w.flush(dst))
}

// Pending returns the age of what is kept back.
func (w *writer) Pending() time.Duration { return w.carrier.pending() }

// Index appends segments, periods and the numbers of the units since the last call.
func (w *writer) Index(dst []byte) []byte { return w.index.flush(dst) }

// Playlist appends the segments that were completed since the last call.
func (w *writer) Playlist(dst []byte) []byte {
	if len(w.list.text) == 0 {
		return dst
	}
	if !w.list.headed {
		w.list.headed = true
		dst = append(dst, head(w.kind, "EVENT")...)
	}
	dst = append(dst, w.list.text...)
	w.list.text = w.list.text[:0]
	return dst
}

// sameID returns the position of the track with that ID, or -1.
func sameID(tracks []*media.Track, id int) int {
	return slices.IndexFunc(tracks, func(t *media.Track) bool { return t.ID == id })
}
