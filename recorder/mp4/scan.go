package mp4

import (
	"errors"
	"fmt"
	"io"
	"math"

	"aircheck/ingest/media"
	"aircheck/recorder/container"
)

// Scan reads fragment by fragment. A fragment is whole when its moof describes its mdat to the byte, and the mdat holds no
// page of zeros where no codec makes one. A finished file may be scanned, too: what Finish added is not counted.
func (Format) Scan(r io.ReaderAt, size, from int64, tracks []*media.Track, emit func(part []byte) error) (int64, error) {
	var part []byte
	return scan(r, size, from, tracks, func(_, _ int64, runs []run) error {
		part = part[:0]
		for _, r := range runs {
			part = r.append(part)
		}
		if len(part) == 0 {
			return nil
		}
		return emit(part)
	})
}

// Fragment is what Walk finds: a moof with its mdat.
type Fragment struct {
	// Offset is where it begins. Opens tells that this is a styp in front of the moof: a new segment.
	Offset  int64
	Opens   bool
	Samples []Sample
}

// Sample is one unit of a fragment. Times are in the clock rate of its track, from the file's zero.
type Sample struct {
	// Track is the position among the tracks.
	Track    int
	DTS, PTS int64
	Size     int
	Sync     bool
}

// Walk visits the whole fragments of an unfinished file from offset from (0, or the end of a fragment), and returns where the
// last one ends. Like Scan it takes anything else for the end of what is whole. The fragment is valid until visit returns.
func Walk(r io.ReaderAt, size, from int64, tracks []*media.Track, visit func(Fragment) error) (valid int64, err error) {
	var f Fragment
	return scan(r, size, from, tracks, func(begin, moof int64, runs []run) error {
		f = Fragment{Offset: begin, Opens: begin < moof, Samples: f.Samples[:0]}
		for _, r := range runs {
			for _, x := range r.samples {
				f.Samples = append(f.Samples, Sample{
					Track: r.track, DTS: x.dts, PTS: x.dts + int64(x.offset), Size: int(x.size), Sync: x.sync,
				})
			}
		}
		return visit(f)
	})
}

// scan hands out the runs of each whole fragment, with the offsets where it begins and of its moof.
func scan(
	r io.ReaderAt, size, from int64, tracks []*media.Track, emit func(begin, moof int64, runs []run) error,
) (int64, error) {
	if from < 0 || from > size {
		return 0, fmt.Errorf("%w: scan from %d in a file of %d bytes", container.ErrCorrupt, from, size)
	}
	if err := checkTracks(tracks); err != nil {
		return 0, err
	}
	s := scanner{cursor: container.NewCursor(r, from, size), emit: emit, last: map[int]int64{}}
	if from == 0 {
		ok, err := s.head()
		if !ok {
			return 0, err
		}
	}
	// The tracks are what counts: their positions go into the index.
	s.fragments = newFragments(&parsed{})
	for _, t := range tracks {
		s.fragments.movie.tracks = append(s.fragments.movie.tracks, &parsedTrack{id: uint32(t.ID), track: t})
	}
	s.fragments.next = make([]int64, len(tracks))
	for {
		valid := s.cursor.Pos()
		if ok, err := s.fragment(); !ok || err != nil {
			return valid, ignoreEOF(err)
		}
	}
}

type scanner struct {
	cursor    *container.Cursor
	fragments *fragments
	emit      func(begin, moof int64, runs []run) error
	last      map[int]int64 // DTS of the last sample, per track
}

// head passes everything in front of the first fragment. A file too short for that is not an error: nothing of it is whole.
func (s *scanner) head() (bool, error) {
	b, err := s.cursor.Peek(boxHead)
	if err != nil {
		return false, ignoreEOF(err)
	}
	if string(b[4:8]) != "ftyp" {
		return false, fmt.Errorf("%w: no MP4 file", container.ErrCorrupt)
	}
	h, err := peekHead(s.cursor)
	if err != nil {
		return false, ignoreEOF(err)
	}
	s.cursor.Skip(h.size)
	b, err = s.cursor.Peek(freeSize)
	if err != nil {
		return false, ignoreEOF(err)
	}
	if kind := string(b[4:8]); kind != "free" && kind != "mdat" {
		return false, fmt.Errorf("%w: no room for the header of an mdat: not a file of this server", container.ErrCorrupt)
	}
	s.cursor.Skip(freeSize)
	h, err = peekHead(s.cursor)
	if err != nil {
		return false, ignoreEOF(err)
	}
	if h.kind != "moov" || h.size > maxMoof {
		return false, fmt.Errorf("%w: no moov in front of the fragments", container.ErrCorrupt)
	}
	s.cursor.Skip(h.skip)
	body, err := s.cursor.Read(h.size - h.skip)
	if err != nil {
		return false, ignoreEOF(err)
	}
	if m, err := parseMoov(body); err != nil || !m.fragmented {
		return false, fmt.Errorf("%w: no moov for fragments: %w", container.ErrCorrupt, err)
	}
	return true, nil
}

// fragment passes one fragment and emits its index; it reports whether the fragment was whole.
func (s *scanner) fragment() (bool, error) {
	begin := s.cursor.Pos()
	h, err := peekHead(s.cursor)
	if err == nil && h.kind == "styp" && h.size == int64(len(styp)) {
		s.cursor.Skip(h.size)
		h, err = peekHead(s.cursor)
	}
	at := s.cursor.Pos()
	if err != nil || h.kind != "moof" || h.skip != boxHead || h.size > maxMoof {
		return false, ignoreBad(err)
	}
	s.cursor.Skip(h.skip)
	body, err := s.cursor.Read(h.size - h.skip)
	if err != nil {
		return false, err
	}
	runs, err := s.fragments.moof(body, at, at+h.size+s.cursor.Left())
	if err != nil {
		return false, ignoreBad(err)
	}
	payload, neverBlank := int64(0), true
	for _, r := range runs {
		if r.offset != at+h.size+boxHead+payload || !s.ordered(r) {
			return false, nil
		}
		payload += r.bytes()
		neverBlank = neverBlank && container.NeverBlank(s.fragments.movie.tracks[r.track].track.Codec)
	}
	if ok, err := s.mdat(payload, neverBlank); !ok || err != nil {
		return false, err
	}
	return true, s.emit(begin, at, runs)
}

// ordered reports whether a run can follow those before it: Finish takes no index where times go back.
func (s *scanner) ordered(r run) bool {
	last, known := s.last[r.track]
	for _, x := range r.samples {
		if x.size > maxUnit || known && (x.dts < last || x.dts-last > math.MaxInt32) {
			return false
		}
		last, known = x.dts, true
	}
	s.last[r.track] = last
	return true
}

// mdat passes the mdat behind a moof, which must have payload bytes. neverBlank tells that these have no page of zeros.
func (s *scanner) mdat(payload int64, neverBlank bool) (bool, error) {
	h, err := peekHead(s.cursor)
	if err != nil || h.kind != "mdat" || h.size != payload+boxHead {
		return false, ignoreBad(err)
	}
	var zeros container.Blank
	if err := s.cursor.SkipChecked(h.size, &zeros); err != nil {
		return false, err
	}
	if neverBlank && zeros.Found() {
		return false, nil
	}
	if !zeros.Tail(s.cursor.Pos()) {
		return true, nil
	}
	// The fragment's last page is zero so far. If the next fragment begins in it, that was the encoder's doing.
	h, err = peekHead(s.cursor)
	return err == nil && (h.kind == "moof" || h.kind == "moov" || h.kind == "styp"), ignoreBad(err)
}

// ignoreBad drops the errors that say that the file is damaged from here on, which is what a scan is there to find.
func ignoreBad(err error) error {
	if errors.Is(err, container.ErrCorrupt) {
		return nil
	}
	return ignoreEOF(err)
}

// ignoreEOF drops the error that says that the file is shorter than it seemed.
func ignoreEOF(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return err
}
