package view

import (
	"fmt"
	"io"
	"iter"
	"net/http"
	"time"

	"aircheck/ingest/media"
	"aircheck/recorder/aac"
	"aircheck/recorder/flv"
	"aircheck/vod"
)

// source is what is known of one file. What it has handed out stays as it is when it grows.
type source interface {
	// grow looks at what of the file is new. whole: it is finished.
	grow(r io.ReaderAt, size int64, a *vod.Asset, whole bool) error
	tracks() []*media.Track
	// units yields the units from a cut up to another one, or with none to the end.
	units(r io.ReaderAt, size int64, from cut, to *cut) iter.Seq2[*media.Unit, error]
	plan() cutter
	// frozen returns the source as it is now: it does not change when this one grows.
	frozen() source
	// cost is about how much memory it takes, in bytes.
	cost() int64
}

func newSource(containerName string) (source, error) {
	switch containerName {
	case "flv":
		return &flvSource{}, nil
	case "mp4":
		return &mp4Source{}, nil
	case "aac":
		return &aacSource{}, nil
	}
	return nil, refusef(http.StatusNotFound, "there is no view of a file of the format %q", containerName)
}

// lead is the track whose random access points count: the first with pictures, or else the first.
func lead(tracks []*media.Track) *media.Track {
	for _, t := range tracks {
		if t.Codec.Kind() == media.Video {
			return t
		}
	}
	return tracks[0]
}

// cutCost is about what a cut takes in memory.
const cutCost = 96

// flvSource is an FLV file: its segments are ranges of bytes, read behind the head of the file.
type flvSource struct {
	cutter
	found  []*media.Track
	survey flv.Survey
	head   int64 // where the first unit lies
	video  bool
	listed bool // the file's own index was used
}

func (f *flvSource) tracks() []*media.Track { return f.found }
func (f *flvSource) frozen() source         { c := *f; return &c }

func (f *flvSource) plan() cutter { return f.cutter }
func (f *flvSource) cost() int64  { return int64(len(f.cuts)) * cutCost }

func (f *flvSource) grow(r io.ReaderAt, size int64, a *vod.Asset, whole bool) error {
	if f.found == nil {
		tracks, err := (flv.Format{}).Probe(r, size)
		if err != nil {
			return err
		}
		f.found = tracks
		f.video = lead(tracks).Codec.Kind() == media.Video
	}
	if whole && len(f.cuts) == 0 && f.useIndex(r, size, a) {
		f.listed = true
	}
	if f.listed {
		return nil
	}
	return f.survey.Next(r, size, func(t flv.Tag) error {
		if f.head == 0 {
			f.head = t.Offset
		}
		isLead := (t.Kind == media.Video) == f.video
		if f.see(t.Time, isLead && t.Key) {
			f.begin(t.Time, place{offset: t.Offset})
		}
		f.add(t.Time, isLead)
		return nil
	})
}

// useIndex cuts at the seek points that a finished file lists, if there are enough of them.
func (f *flvSource) useIndex(r io.ReaderAt, size int64, a *vod.Asset) bool {
	points := flv.SeekPoints(r, size)
	if len(points) == 0 || a.Duration <= 0 || a.Duration > target*time.Duration(len(points)) {
		return false
	}
	stop := fmt.Errorf("stop")
	var first flv.Tag
	var s flv.Survey
	if s.Next(r, size, func(t flv.Tag) error { first = t; return stop }) != stop {
		return false
	}
	f.head = first.Offset
	f.begin(first.Time, place{offset: first.Offset})
	for _, p := range points {
		last := f.cuts[len(f.cuts)-1]
		ended, jump := jumped(a, last.at, p.Time)
		if p.Offset > last.place.offset && (jump || p.Time-last.at >= f.least()) {
			f.cuts = append(f.cuts, cut{at: p.Time, jump: jump, ended: ended, place: place{offset: p.Offset}})
		}
	}
	// The duration counts from the first picture or sound.
	f.end = max(first.Time+a.Duration, f.cuts[len(f.cuts)-1].at)
	return true
}

// jumped reports whether the media that an asset lacks ends right before a time, and where the media in front of that ends.
func jumped(a *vod.Asset, from, at time.Duration) (ended time.Duration, ok bool) {
	for _, g := range a.Gaps {
		if end := g.At + g.Length; g.Length > hole && g.At > from && at >= end-hole/2 && at <= end+hole/2 {
			return g.At, true
		}
	}
	return 0, false
}

func (f *flvSource) units(r io.ReaderAt, size int64, from cut, to *cut) iter.Seq2[*media.Unit, error] {
	end := size
	if to != nil {
		end = to.place.offset
	}
	s := spliced{r: r, head: f.head, from: from.place.offset}
	return (flv.Format{}).Read(s, f.head+max(end-from.place.offset, 0))
}

// spliced is the head of a file with a later part of it behind.
type spliced struct {
	r          io.ReaderAt
	head, from int64
}

// ReadAt is io.ReaderAt's.
func (s spliced) ReadAt(b []byte, off int64) (n int, err error) {
	if off < s.head {
		n, err = s.r.ReadAt(b[:min(int64(len(b)), s.head-off)], off)
		if err != nil || n == len(b) {
			return n, err
		}
		off += int64(n)
	}
	m, err := s.r.ReadAt(b[n:], s.from+off-s.head)
	return n + m, err
}

// aacSource is a file of AAC frames.
type aacSource struct {
	cutter
	found  []*media.Track
	survey aac.Survey
	rate   uint32
}

func (f *aacSource) tracks() []*media.Track { return f.found }
func (f *aacSource) frozen() source         { c := *f; return &c }

func (f *aacSource) plan() cutter { return f.cutter }
func (f *aacSource) cost() int64  { return int64(len(f.cuts)) * cutCost }

func (f *aacSource) grow(r io.ReaderAt, size int64, _ *vod.Asset, _ bool) error {
	if f.found == nil {
		tracks, err := (aac.Format{}).Probe(r, size)
		if err != nil {
			return err
		}
		f.found, f.rate = tracks, tracks[0].Timescale
	}
	err := f.survey.Next(r, size, func(offset, samples int64) error {
		at := media.Duration(samples, f.rate)
		if f.see(at, true) {
			f.begin(at, place{offset: offset, samples: samples})
		}
		f.add(at, true)
		return nil
	})
	_, samples := f.survey.End()
	f.end = media.Duration(samples, f.rate)
	return err
}

func (f *aacSource) units(r io.ReaderAt, size int64, from cut, to *cut) iter.Seq2[*media.Unit, error] {
	end, _ := f.survey.End()
	if to != nil {
		end = to.place.offset
	}
	n := max(min(end, size)-from.place.offset, 0)
	return func(yield func(*media.Unit, error) bool) {
		for u, err := range (aac.Format{}).Read(io.NewSectionReader(r, from.place.offset, n), n) {
			if err == nil {
				u.DTS, u.PTS = u.DTS+from.place.samples, u.PTS+from.place.samples
			}
			if !yield(u, err) {
				return
			}
		}
	}
}
