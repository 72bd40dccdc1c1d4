package aac

import (
	"io"

	"aircheck/recorder/container"
)

// Survey goes through a file without reading its payloads. The zero value begins at its beginning; a later call of Next goes on where the
// one before ended.
type Survey struct {
	rd      reader
	pos     int64
	samples int64
}

// Next visits the whole frames up to size: where each begins, and its time in samples. It stops without an error at what is no whole
// frame of the same kind: the file may be growing.
func (s *Survey) Next(r io.ReaderAt, size int64, visit func(offset, samples int64) error) error {
	s.rd.cursor = container.NewCursor(r, s.pos, size)
	for s.rd.cursor.Left() > 0 {
		head, payload, err := s.rd.head()
		if err != nil || int64(head+payload) > s.rd.cursor.Left() {
			return nil
		}
		if err := visit(s.pos, s.samples); err != nil {
			return err
		}
		s.rd.cursor.Skip(int64(head + payload))
		s.pos, s.samples = s.rd.cursor.Pos(), s.samples+frameSamples
	}
	return nil
}

// End returns where the frames visited so far end, in the file and in samples.
func (s *Survey) End() (offset, samples int64) { return s.pos, s.samples }
