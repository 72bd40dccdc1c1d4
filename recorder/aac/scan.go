package aac

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"aircheck/ingest/media"
	"aircheck/recorder/container"
)

// scanGroup is how many frames go into one index part.
const scanGroup = 1 << 16

// Scan reads frame by frame. A frame is whole when its header is one that the writer makes for the track, and no page of its
// payload is blank. Frames at the end whose last part is blank from a page boundary on are not whole either.
func (Format) Scan(r io.ReaderAt, size, from int64, tracks []*media.Track, emit func(part []byte) error) (int64, error) {
	h, err := newHead(tracks)
	if err != nil {
		return 0, err
	}
	if from < 0 || from > size {
		return 0, fmt.Errorf("%w: scan from %d in a file of %d bytes", container.ErrCorrupt, from, size)
	}
	s := scanner{head: h, cursor: container.NewCursor(r, from, size), emit: emit}
	if from == 0 {
		if err := s.begins(); err != nil {
			return 0, err
		}
	}
	return s.run()
}

type scanner struct {
	head   head
	cursor *container.Cursor
	emit   func(part []byte) error
	// sure are frames that are whole, held those behind them whose end may not have reached the disk.
	sure, held counts
	want, part []byte
}

// begins returns ErrCorrupt for a file that does not begin with a frame of the track, nor with a part of one.
func (s *scanner) begins() error {
	b, err := s.cursor.Peek(int(min(s.cursor.Left(), container.ADTSSize)))
	if err != nil {
		return ignoreEOF(err)
	}
	if len(b) == container.ADTSSize {
		if _, ok := s.size(b); ok {
			return nil
		}
	} else if s.want = s.head.adts.Append(s.want[:0], 1); bytes.HasPrefix(s.want, b[:min(len(b), 3)]) {
		return nil
	}
	return fmt.Errorf("%w: the file does not begin with a frame of AAC", container.ErrCorrupt)
}

func (s *scanner) run() (int64, error) {
	valid := s.cursor.Pos()
	for {
		zeros, ok, err := s.frame()
		if err != nil {
			return valid, err
		}
		if !ok {
			return valid, s.flush()
		}
		if zeros.Tail(s.cursor.Pos()) {
			continue
		}
		s.sure.join(s.held)
		s.held = counts{}
		valid = s.cursor.Pos()
		if s.sure.frames < scanGroup {
			continue
		}
		if err := s.flush(); err != nil {
			return valid, err
		}
	}
}

// frame passes one frame; it reports whether the frame was whole as far as can be told before the next is known.
func (s *scanner) frame() (zeros container.Blank, ok bool, err error) {
	if s.cursor.Left() < container.ADTSSize {
		return zeros, false, nil
	}
	b, err := s.cursor.Peek(container.ADTSSize)
	if err != nil {
		return zeros, false, ignoreEOF(err)
	}
	size, ok := s.size(b)
	if !ok {
		return zeros, false, nil
	}
	if err := s.cursor.SkipChecked(int64(container.ADTSSize+size), &zeros); err != nil {
		return zeros, false, ignoreEOF(err)
	}
	s.held.add(size)
	return zeros, !zeros.Found(), nil
}

// size returns what a header says of its payload; it reports false for a header that the writer does not make.
func (s *scanner) size(b []byte) (int, bool) {
	n := int(b[3]&3)<<11 | int(b[4])<<3 | int(b[5]>>5)
	if n <= container.ADTSSize {
		return 0, false
	}
	s.want = s.head.adts.Append(s.want[:0], n-container.ADTSSize)
	return n - container.ADTSSize, bytes.Equal(b, s.want)
}

// flush emits the frames that are whole.
func (s *scanner) flush() error {
	if s.sure.frames == 0 {
		return nil
	}
	s.part = s.sure.append(s.part[:0])
	s.sure = counts{}
	return s.emit(s.part)
}

// ignoreEOF drops the error that says that the file is shorter than it seemed.
func ignoreEOF(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return err
}
