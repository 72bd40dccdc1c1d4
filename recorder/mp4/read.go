package mp4

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"time"

	"aircheck/ingest/media"
	"aircheck/recorder/container"
)

// Read yields the units of a fragmented or a classic file in the order in which they lie in it. The decoding times of a
// classic file are moved so that the lowest is 0; those of a fragmented one are what it says. Tracks of codecs that Format does not
// support are passed over.
func (Format) Read(r io.ReaderAt, size int64) iter.Seq2[*media.Unit, error] {
	return func(yield func(*media.Unit, error) bool) {
		p := player{cursor: container.NewCursor(r, 0, size), size: size, yield: yield}
		if err := p.play(); err != nil && !errors.Is(err, errStop) {
			yield(nil, err)
		}
	}
}

// errStop says that the caller wants no more.
var errStop = errors.New("stop")

type player struct {
	cursor *container.Cursor
	size   int64
	movie  *parsed
	shift  []int64 // what to add to the times of each track
	total  int64   // bytes yielded
	// from is the time before which nothing is wanted; 0: everything is.
	from  time.Duration
	yield func(*media.Unit, error) bool
}

func (p *player) play() error {
	m, err := findMoov(p.cursor)
	if err != nil {
		return err
	}
	p.movie = m
	p.shift = make([]int64, len(m.tracks))
	if m.fragmented {
		for i, t := range m.tracks {
			p.shift[i] = media.Rescale(t.delay, m.scale, t.scale) - t.start
		}
		return p.playFragments()
	}
	return p.playTables()
}

// playFragments goes on behind the moov.
func (p *player) playFragments() error {
	p.skipFragments()
	f := newFragments(p.movie)
	for p.cursor.Left() > 0 {
		runs, err := p.nextMoof(f)
		if err != nil {
			return err
		}
		end := p.cursor.Pos()
		for _, r := range runs {
			offset := r.offset
			for _, s := range r.samples {
				if err := p.give(r.track, offset, s); err != nil {
					return err
				}
				offset += int64(s.size)
			}
		}
		p.cursor.MoveTo(end)
	}
	return nil
}

// nextMoof passes over the next box. If it is a moof, its runs are returned.
func (p *player) nextMoof(f *fragments) ([]run, error) {
	at := p.cursor.Pos()
	h, err := peekHead(p.cursor)
	if err != nil {
		return nil, torn(err)
	}
	if h.kind != "moof" {
		p.cursor.Skip(h.size)
		return nil, nil
	}
	if h.size > maxMoof {
		return nil, fmt.Errorf("%w: moof of %d bytes", container.ErrCorrupt, h.size)
	}
	p.cursor.Skip(h.skip)
	body, err := p.cursor.Read(h.size - h.skip)
	if err != nil {
		return nil, torn(err)
	}
	runs, err := f.moof(body, at, p.size)
	// Each sample has a byte at least, so no file has more of them; a few bytes could say that there are millions, again and again.
	if f.seen += f.samples; err == nil && f.seen > p.size {
		return nil, fmt.Errorf("%w: %d samples in a file of %d bytes", container.ErrCorrupt, f.seen, p.size)
	}
	return runs, err
}

// playTables merges the samples of the tracks by their place in the file.
func (p *player) playTables() error {
	walkers := make([]*walker, len(p.movie.tracks))
	for i, t := range p.movie.tracks {
		walkers[i] = newWalker(t)
		walkers[i].next()
	}
	p.shiftToZero(walkers)
	p.skipTables(walkers)
	for {
		best := -1
		for i, w := range walkers {
			if !w.done && p.movie.tracks[i].track != nil && (best < 0 || w.offset < walkers[best].offset) {
				best = i
			}
		}
		if best < 0 {
			return nil
		}
		w := walkers[best]
		if err := p.give(best, w.offset, w.sample); err != nil {
			return err
		}
		w.next()
	}
}

// shiftToZero computes the shifts of a classic file, where each track's times start at 0 and its edit list tells how they
// are related.
func (p *player) shiftToZero(walkers []*walker) {
	lowest := int64(math.MaxInt64)
	for i, t := range p.movie.tracks {
		if t.track != nil && !walkers[i].done {
			lowest = min(lowest, t.delay-media.Rescale(t.start, t.scale, p.movie.scale))
		}
	}
	for i, t := range p.movie.tracks {
		p.shift[i] = media.Rescale(t.delay-lowest, p.movie.scale, t.scale) - t.start
	}
}

// give reads one sample and hands it out.
func (p *player) give(track int, offset int64, s sample) error {
	t := p.movie.tracks[track]
	if t.track == nil || s.size == 0 {
		return nil
	}
	p.total += int64(s.size)
	if offset < 0 || offset+int64(s.size) > p.size || p.total > p.size {
		return fmt.Errorf("%w: sample of %d bytes at offset %d in a file of %d", container.ErrCorrupt, s.size, offset, p.size)
	}
	p.cursor.MoveTo(offset)
	payload, err := p.cursor.Read(int64(s.size))
	if err != nil {
		return torn(err)
	}
	if t.lengthSize != 4 && t.track.Codec.Kind() == media.Video {
		if payload, err = media.WidenLengths(payload, t.lengthSize); err != nil {
			return fmt.Errorf("%w: %w", container.ErrCorrupt, err)
		}
	}
	dts := s.dts + p.shift[track]
	u := &media.Unit{
		Track: t.track, DTS: dts, PTS: dts + int64(s.offset), Payload: payload,
		RandomAccess: s.sync || t.track.Codec.Kind() == media.Audio,
	}
	if !p.yield(u, nil) {
		return errStop
	}
	return nil
}
