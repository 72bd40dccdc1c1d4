package mp4

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"aircheck/ingest/media"
	"aircheck/recorder/container"
)

// Located is a unit that has not been read: where it lies, and when it is.
type Located struct {
	Track    *media.Track
	DTS, PTS int64
	// Time is DTS as a duration.
	Time   time.Duration
	Offset int64
	Size   int
	// RandomAccess as in media.Unit; true for all sound.
	RandomAccess bool

	lengthSize int
}

// Read reads the unit from the file, of which size bytes are to be read at most. ErrCorrupt.
func (l Located) Read(r io.ReaderAt, size int64) (*media.Unit, error) {
	if l.Offset < 0 || int64(l.Size) > size-l.Offset {
		return nil, fmt.Errorf("%w: sample of %d bytes at offset %d in a file of %d", container.ErrCorrupt, l.Size, l.Offset, size)
	}
	payload := make([]byte, l.Size)
	if n, err := r.ReadAt(payload, l.Offset); n < len(payload) {
		return nil, fmt.Errorf("read sample at %d: %w", l.Offset, errors.Join(container.ErrCorrupt, err))
	}
	if l.lengthSize != 4 && l.Track.Codec.Kind() == media.Video {
		var err error
		if payload, err = media.WidenLengths(payload, l.lengthSize); err != nil {
			return nil, fmt.Errorf("%w: %w", container.ErrCorrupt, err)
		}
	}
	return &media.Unit{Track: l.Track, DTS: l.DTS, PTS: l.PTS, RandomAccess: l.RandomAccess, Payload: payload}, nil
}

// Movie is what the head of a file says: its tracks, and of a classic file the tables of its samples. It is immutable.
type Movie struct {
	parsed *parsed
	shift  []int64
	lead   int
	// Fragmented: the samples are told by fragments behind it, from Behind on; see Fragments.
	Fragmented bool
	Behind     int64
	// Bytes is about how much memory it takes.
	Bytes int64
}

// ReadMovie reads the movie of a file. Its times are those of Format.Read. ErrCorrupt.
func ReadMovie(r io.ReaderAt, size int64) (*Movie, error) {
	c := container.NewCursor(r, 0, size)
	m, err := findMoov(c)
	if err != nil {
		return nil, err
	}
	p := player{movie: m, shift: make([]int64, len(m.tracks))}
	out := &Movie{parsed: m, Fragmented: m.fragmented, Behind: c.Pos()}
	if m.fragmented {
		for i, t := range m.tracks {
			p.shift[i] = media.Rescale(t.delay, m.scale, t.scale) - t.start
		}
	} else {
		walkers := make([]*walker, len(m.tracks))
		for i, t := range m.tracks {
			walkers[i] = newWalker(t)
			walkers[i].next()
		}
		p.shiftToZero(walkers)
	}
	out.shift, out.lead = p.shift, p.lead()
	if out.lead < 0 {
		return nil, fmt.Errorf("%w: no track of a known codec", container.ErrCorrupt)
	}
	for _, t := range m.tracks {
		out.Bytes += int64(len(t.stts) + len(t.ctts) + len(t.stss) + len(t.stsz) + len(t.stsc) + len(t.stco) + len(t.co64))
	}
	return out, nil
}

// Tracks returns the tracks whose codec is known.
func (m *Movie) Tracks() []*media.Track { return m.parsed.known() }

// Lead is the track whose random access points count: the first with pictures, or else the first.
func (m *Movie) Lead() *media.Track { return m.parsed.tracks[m.lead].track }

func (m *Movie) located(track int, offset int64, s sample) Located {
	t := m.parsed.tracks[track]
	dts := s.dts + m.shift[track]
	return Located{
		Track: t.track, DTS: dts, PTS: dts + int64(s.offset), Time: media.Duration(dts, t.scale), Offset: offset, Size: int(s.size),
		RandomAccess: s.sync || t.track.Codec.Kind() == media.Audio, lengthSize: t.lengthSize,
	}
}

// Samples goes through the units of a classic file in order of their decoding time; of equal times those of the lead come first.
type Samples struct {
	movie   *Movie
	walkers []walker
}

// Samples begins at the first unit.
func (m *Movie) Samples() *Samples {
	s := &Samples{movie: m, walkers: make([]walker, len(m.parsed.tracks))}
	for i, t := range m.parsed.tracks {
		s.walkers[i] = *newWalker(t)
		s.walkers[i].next()
		s.skipEmpty(i)
	}
	return s
}

// Clone returns one that goes on from here by itself.
func (s *Samples) Clone() *Samples { return &Samples{movie: s.movie, walkers: slices.Clone(s.walkers)} }

// Peek returns the next unit; ok is false at the end.
func (s *Samples) Peek() (l Located, ok bool) {
	_, l, ok = s.next()
	return l, ok
}

// Next returns the next unit and moves on; ok is false at the end.
func (s *Samples) Next() (l Located, ok bool) {
	i, l, ok := s.next()
	if ok {
		s.walkers[i].next()
		s.skipEmpty(i)
	}
	return l, ok
}

// skipEmpty passes over samples without payload.
func (s *Samples) skipEmpty(i int) {
	for w := &s.walkers[i]; !w.done && w.sample.size == 0; {
		w.next()
	}
}

func (s *Samples) next() (best int, l Located, ok bool) {
	best = -1
	for i := range s.walkers {
		w := &s.walkers[i]
		if w.done || s.movie.parsed.tracks[i].track == nil {
			continue
		}
		at := media.Duration(w.sample.dts+s.movie.shift[i], s.movie.parsed.tracks[i].scale)
		if best < 0 || at < l.Time || at == l.Time && i == s.movie.lead {
			best, l = i, Located{Time: at}
		}
	}
	if best < 0 {
		return best, l, false
	}
	w := &s.walkers[best]
	return best, s.movie.located(best, w.offset, w.sample), true
}

// Fragments visits the fragments of a fragmented file whose media lies wholly before size, from offset from (Behind, or what an earlier
// call returned) on, and returns where it ended. units are in no order, and valid until visit returns.
func (m *Movie) Fragments(r io.ReaderAt, from, size int64, visit func(offset int64, units []Located) error) (next int64, err error) {
	p := player{cursor: container.NewCursor(r, from, size), size: size, movie: m.parsed, shift: m.shift}
	f := newFragments(m.parsed)
	var units []Located
	total := int64(0)
	for {
		at := p.cursor.Pos()
		if p.cursor.Left() == 0 {
			return at, nil
		}
		runs, err := p.nextMoof(f)
		if err != nil {
			return at, ignoreBad(err)
		}
		end := int64(0)
		units = units[:0]
		for _, r := range runs {
			offset := r.offset
			for _, s := range r.samples {
				if s.size > 0 && m.parsed.tracks[r.track].track != nil {
					units = append(units, m.located(r.track, offset, s))
				}
				offset += int64(s.size)
			}
			end = max(end, offset)
			total += offset - r.offset
		}
		if end > size || total > size { // or what is said to be there is the same again and again
			return at, nil
		}
		if len(units) > 0 {
			if err := visit(at, units); err != nil {
				return at, err
			}
		}
	}
}
