package aac

import (
	"errors"
	"fmt"
	"io"
	"iter"

	"aircheck/ingest/media"
	"aircheck/recorder/container"
)

// maxHead is the length of a header with checksum.
const maxHead = container.ADTSSize + 2

// Probe reads the header of the first frame.
func (Format) Probe(r io.ReaderAt, size int64) ([]*media.Track, error) {
	rd := reader{cursor: container.NewCursor(r, 0, size)}
	if _, _, err := rd.head(); err != nil {
		return nil, err
	}
	return []*media.Track{rd.track}, nil
}

// Read yields one unit per frame, in a clock of samples. All frames must be of one kind.
func (Format) Read(r io.ReaderAt, size int64) iter.Seq2[*media.Unit, error] {
	return func(yield func(*media.Unit, error) bool) {
		rd := reader{cursor: container.NewCursor(r, 0, size)}
		for at := int64(0); rd.cursor.Left() > 0; at += frameSamples {
			payload, err := rd.frame()
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(&media.Unit{Track: rd.track, DTS: at, PTS: at, RandomAccess: true, Payload: payload}, nil) {
				return
			}
		}
	}
}

type reader struct {
	cursor *container.Cursor
	track  *media.Track
}

// head looks at the header of the next frame, of which it returns the length, and that of what is behind it.
func (r *reader) head() (head, size int, err error) {
	b, err := r.cursor.Peek(int(min(r.cursor.Left(), maxHead)))
	if err != nil {
		return 0, 0, torn(err)
	}
	c, head, size, ok := container.ParseADTS(b)
	if !ok || size == 0 {
		return 0, 0, fmt.Errorf("%w: no frame of AAC at offset %d", container.ErrCorrupt, r.cursor.Pos())
	}
	if r.track == nil {
		r.track = trackOf(c)
	} else if !media.SameParameters(c, r.track.Codec) {
		return 0, 0, fmt.Errorf("%w: frame of another kind at offset %d", container.ErrCorrupt, r.cursor.Pos())
	}
	return head, size, nil
}

// frame returns the payload of the next frame.
func (r *reader) frame() ([]byte, error) {
	head, size, err := r.head()
	if err != nil {
		return nil, err
	}
	r.cursor.Skip(int64(head))
	payload, err := r.cursor.Read(int64(size))
	return payload, torn(err)
}

// torn turns the end of the file inside a frame into ErrCorrupt.
func torn(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: the file ends inside a frame", container.ErrCorrupt)
	}
	return err
}
