package hls

import (
	"fmt"
	"math"
	"time"

	"aircheck/ingest/media"
	"aircheck/recorder/container"
	"aircheck/recorder/mp4"
	"aircheck/recorder/mpegts"
)

// carrier turns units into the bytes of one kind of file.
type carrier interface {
	// tracks goes on with other tracks, from the next start on. On an error nothing changes.
	tracks(tracks []*media.Track) error
	// start begins a period with nothing kept back, whose zero lies at origin, and returns how many of the bytes appended are its initialization section.
	start(dst []byte, origin time.Duration, discontinuity bool) (out []byte, init int)
	// open begins a segment. Nothing is kept back.
	open(dst []byte) []byte
	// check reports why a unit cannot be taken.
	check(u *media.Unit) error
	// add appends a unit, or keeps it back. It releases it as container.Writer's Append does.
	add(dst []byte, u *media.Unit, dts, pts int64) ([]byte, error)
	flush(dst []byte) []byte
	pending() time.Duration
	// counters appends what goes on from unit to unit, and cannot be told from the index otherwise.
	counters(dst []byte) []byte
}

func newCarrier(k kind, tracks []*media.Track) (carrier, error) {
	if k == fragmented {
		c := &fragments{}
		return c, c.tracks(tracks)
	}
	mux, err := mpegts.NewMuxer(tracks)
	return &stream{mux: mux}, err
}

// lead is the time of a transport stream at its zero, in ticks: decoding times before the zero, and the clock reference in front of
// the first unit, must not be below 0.
const lead = 10 * clock

// stream is a transport stream.
type stream struct {
	mux           *mpegts.Muxer
	discontinuity bool
}

func (s *stream) tracks(tracks []*media.Track) error { return s.mux.SetTracks(tracks) }

func (s *stream) start(dst []byte, _ time.Duration, discontinuity bool) ([]byte, int) {
	s.discontinuity = discontinuity
	return dst, 0
}

func (s *stream) open(dst []byte) []byte {
	dst = s.mux.Tables(dst, s.discontinuity)
	s.discontinuity = false
	return dst
}

func (s *stream) check(u *media.Unit) error { return s.mux.Check(u) }

func (s *stream) add(dst []byte, u *media.Unit, dts, pts int64) ([]byte, error) {
	dst = s.mux.Append(dst, u, lead+dts, lead+pts)
	u.Release()
	return dst, nil
}

func (s *stream) flush(dst []byte) []byte { return dst }

func (s *stream) pending() time.Duration { return 0 }

func (s *stream) counters(dst []byte) []byte { return s.mux.Counters(dst) }

// fragments is fragmented MP4, one writer per period.
type fragments struct {
	writer, next container.Writer
	// last is the DTS of the last unit of each track, by ID.
	last  map[int]int64
	index []byte
}

func (f *fragments) tracks(tracks []*media.Track) error {
	if err := checkFragments(tracks); err != nil {
		return err
	}
	next, err := mp4.Format{}.NewWriter(tracks)
	if err != nil {
		return err
	}
	f.next = next
	return nil
}

func (f *fragments) start(dst []byte, origin time.Duration, _ bool) ([]byte, int) {
	f.writer, f.last = f.next, map[int]int64{}
	before := len(dst)
	dst = f.writer.Header(dst, origin)
	return dst, len(dst) - before
}

func (f *fragments) open(dst []byte) []byte { return mp4.AppendSegmentType(dst) }

// maxUnit and maxStep bound what a fragment takes; MP4 has 32 bits for either.
const (
	maxUnit = 1 << 30
	maxStep = math.MaxInt32
)

func (f *fragments) check(u *media.Unit) error {
	if len(u.Payload) > maxUnit {
		return fmt.Errorf("%d bytes are more than the %d a fragment holds", len(u.Payload), maxUnit)
	}
	if last, ok := f.last[u.Track.ID]; ok && u.DTS-last > maxStep {
		return fmt.Errorf("track %d jumps by %d ticks, more than the format allows", u.Track.ID, u.DTS-last)
	}
	return nil
}

func (f *fragments) add(dst []byte, u *media.Unit, _, _ int64) ([]byte, error) {
	id, at := u.Track.ID, u.DTS
	dst, err := f.writer.Append(dst, u)
	if last, ok := f.last[id]; err == nil && (!ok || at > last) {
		f.last[id] = at
	}
	f.drop()
	return dst, err
}

func (f *fragments) flush(dst []byte) []byte {
	if f.writer == nil {
		return dst // of an earlier process
	}
	dst = f.writer.Flush(dst)
	f.drop()
	return dst
}

// drop forgets the sample index: a playlist needs none.
func (f *fragments) drop() { f.index = f.writer.Index(f.index[:0]) }

func (f *fragments) pending() time.Duration { return f.writer.Pending() }

func (f *fragments) counters(dst []byte) []byte { return dst }
