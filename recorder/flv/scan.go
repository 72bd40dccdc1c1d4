package flv

import (
	"encoding/binary"
	"errors"
	"io"

	"aircheck/ingest/media"
	"aircheck/recorder/container"
)

// peekSize is a tag head and the longest head of a packet that writer writes.
const peekSize = tagHeaderSize + longestHead

// scanGroup is how many units go into one index part.
const scanGroup = 1024

// Scan reads tag by tag. A tag is whole when its head makes sense, its payload holds no page of zeros, and the size
// behind it is its own.
func (Format) Scan(r io.ReaderAt, size, from int64, tracks []*media.Track, emit func(part []byte) error) (int64, error) {
	l, err := newLayout(tracks)
	if err != nil {
		return 0, err
	}
	s := scanner{layout: l, cursor: container.NewCursor(r, from, size), index: newIndexer(l), emit: emit}
	if from == 0 {
		if ok, err := s.head(); !ok {
			return 0, err
		}
	}
	if from < 0 || from > size {
		return 0, container.ErrCorrupt
	}
	return s.run()
}

type scanner struct {
	layout  layout
	cursor  *container.Cursor
	clock   media.Unwrapper
	index   indexer
	emit    func(part []byte) error
	pending int
	part    []byte
}

// head passes the file header. A file too short to have one is not an error: nothing of it is whole.
func (s *scanner) head() (bool, error) {
	b, err := s.cursor.Peek(fileHeaderSize + tagTrailerSize)
	if err != nil {
		return false, ignoreEOF(err)
	}
	n, err := checkFileHead(b)
	if err != nil {
		return false, err
	}
	s.cursor.Skip(n)
	return true, nil
}

func (s *scanner) run() (int64, error) {
	for {
		valid := s.cursor.Pos()
		ok, err := s.tag()
		if err != nil {
			return valid, err
		}
		if ok {
			continue
		}
		return valid, s.flush()
	}
}

// tag passes one tag; it reports whether the tag was whole.
func (s *scanner) tag() (bool, error) {
	start := s.cursor.Pos()
	b, err := s.cursor.Peek(int(min(s.cursor.Left(), peekSize)))
	if err != nil {
		return false, ignoreEOF(err)
	}
	if len(b) < tagHeaderSize {
		return false, nil
	}
	h, ok := parseTagHead(b)
	if !ok || int64(tagHeaderSize+h.size+tagTrailerSize) > s.cursor.Left() {
		return false, nil
	}
	e, track, ok := s.describe(h, b[tagHeaderSize:min(len(b), tagHeaderSize+h.size)])
	if !ok {
		return false, nil
	}
	if whole, err := s.pass(h, track); !whole {
		return false, err
	}
	if e.size == 0 {
		return true, nil
	}
	// The clock moves on only for tags that are whole.
	e.offset = start
	e.dts = s.clock.Unwrap(h.ms)
	e.pts += e.dts
	return true, s.add(track, e)
}

// describe reads what a tag carries; size 0 means no unit. The offset to the decoding time is left in pts.
func (s *scanner) describe(h tagHead, b []byte) (e entry, track int, ok bool) {
	if h.tag == tagScript {
		return e, -1, true
	}
	p, err := parsePacket(h.tag, b)
	if err != nil {
		return e, -1, false
	}
	track = s.layout.place(h.tag, p.id)
	if track < 0 || p.codec != s.layout.tracks[track].Codec.Name() || p.what > packetEnd {
		return e, track, false
	}
	if p.what == packetFrames {
		e = entry{pts: int64(p.offset), size: h.size - p.head, key: p.key}
	}
	return e, track, true
}

// pass moves over a tag and reports whether it is whole.
func (s *scanner) pass(h tagHead, track int) (bool, error) {
	var zeros container.Blank
	if err := s.cursor.SkipChecked(int64(tagHeaderSize+h.size), &zeros); err != nil {
		return false, ignoreEOF(err)
	}
	b, err := s.cursor.Peek(tagTrailerSize)
	if err != nil {
		return false, ignoreEOF(err)
	}
	if binary.BigEndian.Uint32(b) != uint32(tagHeaderSize+h.size) {
		return false, nil
	}
	s.cursor.Skip(tagTrailerSize)
	blank := track >= 0 && zeros.Found() && container.NeverBlank(s.layout.tracks[track].Codec)
	return !blank, nil
}

func (s *scanner) add(track int, e entry) error {
	s.index.add(track, e)
	if s.pending++; s.pending < scanGroup {
		return nil
	}
	return s.flush()
}

func (s *scanner) flush() error {
	if s.pending == 0 {
		return nil
	}
	s.pending = 0
	s.part = s.index.flush(s.part[:0])
	return s.emit(s.part)
}

// ignoreEOF drops the error that says that the file is shorter than it seemed.
func ignoreEOF(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return err
}
