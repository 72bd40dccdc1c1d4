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
	// tracks goes on with other tracks, from the next start on. Nothing is kept back. On an error nothing changes.
	tracks(tracks []*media.Track) error
	// start begins a period, whose zero lies at origin, and returns how many of the bytes appended are its initialization section.
	start(dst []byte, origin time.Duration, discontinuity bool) (out []byte, init int)
	// open begins a segment. Nothing is kept back.
	open(dst []byte) []byte
	// check reports why a unit cannot be taken.
	check(u *media.Unit) error
	// add appends a unit, or keeps it back.
	add(dst []byte, u *media.Unit, dts, pts int64) ([]byte, error)
	flush(dst []byte) []byte
	pending() time.Duration
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
	return s.mux.Append(dst, u, lead+dts, lead+pts), nil
}

func (s *stream) flush(dst []byte) []byte { return dst }

func (s *stream) pending() time.Duration { return 0 }

// fragments is fragmented MP4, one writer per period.
type fragments struct {
	writer  container.Writer
	carried []*media.Track
	index   []byte
}

func (f *fragments) tracks(tracks []*media.Track) error {
	w, err := mp4.Format{}.NewWriter(tracks)
	if err == nil {
		f.writer, f.carried = w, tracks
	}
	return err
}

func (f *fragments) start(dst []byte, origin time.Duration, _ bool) ([]byte, int) {
	before := len(dst)
	dst = f.writer.Header(dst, origin)
	return dst, len(dst) - before
}

func (f *fragments) open(dst []byte) []byte { return mp4.AppendSegmentType(dst) }

func (f *fragments) check(u *media.Unit) error {
	for _, t := range f.carried {
		if t.ID != u.Track.ID {
			continue
		}
		if len(u.Payload) > math.MaxInt32/2 {
			return fmt.Errorf("%d bytes are more than a fragment holds", len(u.Payload))
		}
		return nil
	}
	return fmt.Errorf("track %d is not a track of this file", u.Track.ID)
}

func (f *fragments) add(dst []byte, u *media.Unit, _, _ int64) ([]byte, error) {
	dst, err := f.writer.Append(dst, u)
	f.drop()
	return dst, err
}

func (f *fragments) flush(dst []byte) []byte {
	dst = f.writer.Flush(dst)
	f.drop()
	return dst
}

// drop forgets the sample index: a playlist needs none.
func (f *fragments) drop() { f.index = f.writer.Index(f.index[:0]) }

func (f *fragments) pending() time.Duration { return f.writer.Pending() }
