package view

import (
	"fmt"
	"io"
	"iter"
	"slices"
	"time"

	"aircheck/ingest/media"
	"aircheck/recorder/container"
	"aircheck/recorder/mp4"
	"aircheck/vod"
)

// mp4Source is an MP4 file, classic or in fragments.
type mp4Source struct {
	cutter
	movie *mp4.Movie
	done  bool // a classic file has been gone through
	next  int64
	parts []part
}

// part is a fragment: where it lies, and between which times its units are.
type part struct {
	offset      int64
	first, last time.Duration
}

func (f *mp4Source) frozen() source { c := *f; return &c }

func (f *mp4Source) plan() cutter { return f.cutter }

func (f *mp4Source) tracks() []*media.Track {
	if f.movie == nil {
		return nil
	}
	return f.movie.Tracks()
}

func (f *mp4Source) cost() int64 {
	n := int64(len(f.cuts))*cutCost + int64(len(f.parts))*24
	if f.movie != nil && !f.movie.Fragmented {
		n += f.movie.Bytes + int64(len(f.cuts)*len(f.movie.Tracks()))*320
	}
	return n
}

func (f *mp4Source) grow(r io.ReaderAt, size int64, _ *vod.Asset, _ bool) (err error) {
	if f.movie == nil {
		if f.movie, err = mp4.ReadMovie(r, size); err != nil {
			return err
		}
		f.next = f.movie.Behind
	}
	if f.movie.Fragmented {
		f.next, err = f.movie.Fragments(r, f.next, size, f.fragment)
		return err
	}
	if f.done {
		return nil
	}
	f.done = true
	var total int64
	for s := f.movie.Samples(); ; {
		l, ok := s.Peek()
		if !ok {
			return nil
		}
		if total += int64(l.Size); total > size {
			return fmt.Errorf("%w: the samples have more bytes than the file", container.ErrCorrupt)
		}
		f.sample(l, func() place { return place{walk: s.Clone()} })
		s.Next()
	}
}

func (f *mp4Source) sample(l mp4.Located, at func() place) {
	isLead := l.Track == f.movie.Lead()
	if f.see(l.Time, isLead && l.RandomAccess) {
		f.begin(l.Time, at())
	}
	f.add(l.Time, isLead)
}

// order is that of mp4.Samples.
func (f *mp4Source) order(a, b mp4.Located) int {
	if a.Time != b.Time {
		if a.Time < b.Time {
			return -1
		}
		return 1
	}
	if l := f.movie.Lead(); (a.Track == l) != (b.Track == l) {
		if a.Track == l {
			return -1
		}
		return 1
	}
	return 0
}

func (f *mp4Source) fragment(offset int64, units []mp4.Located) error {
	slices.SortStableFunc(units, f.order)
	f.parts = append(f.parts, part{offset: offset, first: units[0].Time, last: units[len(units)-1].Time})
	for _, l := range units {
		f.sample(l, func() place { return place{} })
	}
	return nil
}

func (f *mp4Source) units(r io.ReaderAt, size int64, from cut, to *cut) iter.Seq2[*media.Unit, error] {
	if f.movie.Fragmented {
		return f.fragmented(r, size, f.parts, from, to)
	}
	return func(yield func(*media.Unit, error) bool) {
		for s := from.place.walk.Clone(); ; {
			l, ok := s.Next()
			if !ok || to != nil && !f.before(l, *to) {
				return
			}
			if u, err := l.Read(r, size); !yield(u, err) || err != nil {
				return
			}
		}
	}
}

// before reports whether a unit is in front of a cut. A cut lies at a unit of the lead, but where media is missing.
func (f *mp4Source) before(l mp4.Located, c cut) bool { return l.Time < c.at }

// fragmented reads the units of all fragments that have some of the time wanted.
func (f *mp4Source) fragmented(r io.ReaderAt, size int64, parts []part, from cut, to *cut) iter.Seq2[*media.Unit, error] {
	return func(yield func(*media.Unit, error) bool) {
		var units []mp4.Located
		for i, p := range parts {
			if p.last < from.at || to != nil && p.first >= to.at {
				continue
			}
			end := size
			if i+1 < len(parts) {
				end = parts[i+1].offset
			}
			_, err := f.movie.Fragments(r, p.offset, end, func(_ int64, some []mp4.Located) error {
				for _, l := range some {
					if l.Time >= from.at && (to == nil || l.Time < to.at) {
						units = append(units, l)
					}
				}
				return nil
			})
			if err != nil {
				yield(nil, err)
				return
			}
			// Those of the next fragment may come before some of these, but not before this one's first.
			if i+1 < len(parts) && (to == nil || parts[i+1].first < to.at) {
				if units, err = f.give(r, size, units, parts[i+1].first, yield); err != nil {
					return
				}
			}
		}
		_, _ = f.give(r, size, units, 1<<62, yield)
	}
}

// give yields the units before a time, in order, and returns the rest; an error if no more are wanted.
func (f *mp4Source) give(
	r io.ReaderAt, size int64, units []mp4.Located, before time.Duration, yield func(*media.Unit, error) bool,
) ([]mp4.Located, error) {
	slices.SortStableFunc(units, f.order)
	for i, l := range units {
		if l.Time >= before {
			return slices.Delete(units, 0, i), nil
		}
		if u, err := l.Read(r, size); !yield(u, err) || err != nil {
			return nil, container.ErrCorrupt
		}
	}
	return units[:0], nil
}
