package hls

import (
	"errors"
	"io"
	"math"
	"slices"

	"aircheck/ingest/media"
	"aircheck/recorder/container"
	"aircheck/recorder/mp4"
	"aircheck/recorder/mpegts"
)

// scanGroup is how many units go into one index part.
const scanGroup = 1024

// Scan reads unit by unit, or fragment by fragment. When units were received is not in the file: segments found so have the wall time
// that follows from the one before.
func (Format) Scan(r io.ReaderAt, size, from int64, tracks []*media.Track, emit func(part []byte) error) (int64, error) {
	if from < 0 || from > size {
		return 0, container.ErrCorrupt
	}
	if size-from < minimum {
		return from, nil // nothing can be whole
	}
	k, err := kindAt(r, from)
	if err != nil {
		return from, harmless(err, from > 0)
	}
	if k == transport && from > 0 && kindOf(tracks) != transport {
		return from, nil // by chance it begins like one
	}
	s := &scanner{r: r, size: size, valid: from, emit: emit, fresh: from == 0}
	s.index.begin(tracks)
	scan := s.fragments
	if k == transport {
		s.index.modular = true
		scan = s.transport
	}
	err = errors.Join(harmless(scan(), s.valid > 0), s.flush())
	return s.valid, err
}

// harmless drops the errors that say that the file is whole up to here and no further. Where nothing is whole, the file may be
// another's.
func harmless(err error, something bool) error {
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), something && errors.Is(err, container.ErrCorrupt):
		return nil
	}
	return err
}

// scanner writes the index of what it finds.
type scanner struct {
	r           io.ReaderAt
	size, valid int64
	index       indexer
	emit        func(part []byte) error
	part        []byte
	pending     int
	// fresh: the first period has not been told. opens: the next unit begins the segment next.
	fresh bool
	opens bool
	next  segment
}

// transport scans a transport stream.
func (s *scanner) transport() error {
	tracks := s.index.tracks
	if s.fresh {
		tracks = nil
	}
	d := mpegts.NewDemuxer(s.r, s.valid, s.size, tracks)
	dts := int64(0)
	for {
		p, err := d.Next()
		if err != nil {
			return err
		}
		if p.Tables {
			if now := d.Tracks(); p.Changed && !s.fresh || !fits(now, s.index.tracks) {
				s.change(rename(now, s.index.tracks))
			}
			s.opens, s.next = true, segment{offset: p.Offset, discontinuity: p.Discontinuity}
			continue
		}
		if p.Track >= len(s.index.totals) {
			return container.ErrCorrupt
		}
		dts = nearest(p.DTS-lead, dts)
		s.next.start = dts
		if err := s.unit(p.Track, entry{dts: dts, pts: nearest(p.PTS-lead, dts), size: len(p.Payload)}); err != nil {
			return err
		}
		s.valid = p.End
	}
}

// fragments scans fragmented MP4, period by period.
func (s *scanner) fragments() error {
	base, tracks := int64(0), s.index.tracks
	for {
		section := io.NewSectionReader(s.r, base, s.size-base)
		valid, err := mp4.Walk(section, s.size-base, s.valid-base, tracks, func(f mp4.Fragment) error {
			return s.fragment(base, f)
		})
		s.valid = max(s.valid, base+valid)
		if err != nil {
			return err
		}
		if s.fresh && valid > 0 { // a period without a unit
			s.fresh = false
			s.index.period(span{base, valid})
		}
		// What follows may be the head of another period.
		next := s.valid
		if next == base || next == s.size {
			return nil
		}
		if tracks, err = (mp4.Format{}).Probe(io.NewSectionReader(s.r, next, s.size-next), s.size-next); err != nil {
			return err
		}
		base = next
		s.change(tracks)
	}
}

// fragment takes a fragment of the period that begins at base.
func (s *scanner) fragment(base int64, f mp4.Fragment) error {
	if s.fresh {
		s.fresh = false
		s.index.period(span{base, f.Offset})
	}
	if f.Opens {
		s.opens, s.next = true, segment{offset: base + f.Offset, discontinuity: base > 0 && s.next.offset < base}
	}
	s.next.start = math.MaxInt64
	for _, x := range f.Samples {
		s.next.start = min(s.next.start, media.Rescale(x.DTS, s.index.tracks[x.Track].Timescale, clock))
	}
	for _, x := range f.Samples {
		t := s.index.tracks[x.Track]
		e := entry{dts: media.Rescale(x.DTS, t.Timescale, clock), pts: media.Rescale(x.PTS, t.Timescale, clock), size: x.Size}
		if err := s.unit(x.Track, e); err != nil {
			return err
		}
	}
	return nil
}

// unit takes one unit.
func (s *scanner) unit(track int, e entry) error {
	if s.fresh {
		s.fresh = false
		s.index.period(span{})
	}
	if s.opens {
		s.opens = false
		s.index.open(s.next)
	}
	s.index.add(track, e)
	if s.pending++; s.pending < scanGroup {
		return nil
	}
	return s.flush()
}

func (s *scanner) flush() error {
	s.pending = 0
	if s.part = s.index.flush(s.part[:0]); len(s.part) == 0 {
		return nil
	}
	return s.emit(s.part)
}

// fits reports whether tracks found in a file are those that it should have, as far as they have told of themselves.
func fits(found, want []*media.Track) bool {
	return slices.EqualFunc(found, want, func(f, w *media.Track) bool { return f.Codec == nil || f.Codec.Kind() == w.Codec.Kind() })
}

// change begins a period with other tracks; it is told with its first unit.
func (s *scanner) change(tracks []*media.Track) {
	s.index.change(tracks)
	s.fresh = true
}

// rename gives tracks that a transport stream tells by their order the IDs that they had: the nth of a kind is the nth of that kind. A
// track that delivered nothing tells nothing of itself, and is taken for one of those that are left.
func rename(found, had []*media.Track) []*media.Track {
	out := make([]*media.Track, len(found))
	left := slices.Clone(had)
	take := func(i int, same func(*media.Track) bool) {
		renamed := *found[i]
		if k := slices.IndexFunc(left, same); k >= 0 {
			renamed.ID = left[k].ID
			if renamed.Codec == nil {
				renamed.Codec = left[k].Codec
			}
			left = slices.Delete(left, k, k+1)
		} else {
			renamed.ID = freeID(had, out)
			if renamed.Codec == nil {
				renamed.Codec = media.Opaque{FourCC: "none", Of: media.Audio}
			}
		}
		out[i] = &renamed
	}
	for i, t := range found {
		if t.Codec != nil {
			take(i, func(h *media.Track) bool { return h.Codec.Kind() == t.Codec.Kind() })
		}
	}
	for i, t := range found {
		if t.Codec == nil {
			take(i, func(*media.Track) bool { return true })
		}
	}
	return out
}

// freeID returns an ID that none of the tracks has; those not set yet are nil.
func freeID(lists ...[]*media.Track) int {
	for id := 1; ; id++ {
		if !slices.ContainsFunc(slices.Concat(lists...), func(t *media.Track) bool { return t != nil && t.ID == id }) {
			return id
		}
	}
}
