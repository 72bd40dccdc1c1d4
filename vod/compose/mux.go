package compose

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"time"

	"aircheck/ingest/media"
	"aircheck/recorder/container"
)

const (
	// blockSize is how much is written at once, syncEvery after how many bytes they are made durable: what waits to be written must not
	// hold up recordings.
	blockSize = 1 << 20
	syncEvery = 64 << 20
	// maxIndexPart bounds a part of the index.
	maxIndexPart = 64 << 20
)

// muxer writes a finished file of a container. Its index lies in a file beside it, so the length of the result costs no memory.
type muxer struct {
	format container.Format
	tracks []*media.Track
	file   *os.File
	index  *os.File
	// every is asked from time to time whether to go on.
	every func(written int64) error

	w             container.Writer
	begun         bool
	held          []*media.Unit
	heldBytes     int
	seen          map[int]bool // tracks, by ID
	buf, parts    []byte
	size, indexed int64
	synced        int64
}

func newMuxer(format container.Format, tracks []*media.Track, file, index *os.File) (*muxer, error) {
	w, err := format.NewWriter(tracks)
	if err != nil {
		return nil, err
	}
	return &muxer{format: format, tracks: tracks, file: file, index: index, w: w, seen: map[int]bool{}}, nil
}

// add takes the next unit.
func (m *muxer) add(u *media.Unit) error {
	if m.begun {
		return m.append(u)
	}
	m.held, m.heldBytes = append(m.held, u), m.heldBytes+len(u.Payload)
	m.seen[u.Track.ID] = true
	if u.Time()-m.held[0].Time() < duration(holdTime) && m.heldBytes < holdBytes && len(m.held) < maxWaitingUnits && len(m.seen) < len(m.tracks) {
		return nil
	}
	return m.open()
}

// open begins the file: its zero is the lowest time of its first units.
func (m *muxer) open() error {
	m.begun = true
	base := time.Duration(math.MaxInt64)
	for _, u := range m.held {
		base = min(base, u.Time())
	}
	m.buf = m.w.Header(m.buf, base)
	for _, u := range m.held {
		if err := m.append(u); err != nil {
			return err
		}
	}
	m.held = nil
	return nil
}

func (m *muxer) append(u *media.Unit) (err error) {
	if m.buf, err = m.w.Append(m.buf, u); err != nil {
		return fmt.Errorf("%w: %w", errDiffer, err)
	}
	if len(m.buf) < blockSize {
		return nil
	}
	return m.write()
}

// write writes what has been given out, and the index of it.
func (m *muxer) write() error {
	if _, err := m.file.WriteAt(m.buf, m.size); err != nil {
		return fmt.Errorf("write the result: %w", err)
	}
	m.size += int64(len(m.buf))
	m.buf = m.buf[:0]
	m.parts = m.w.Index(append(m.parts[:0], 0, 0, 0, 0))
	if len(m.parts) > 4 {
		binary.BigEndian.PutUint32(m.parts, uint32(len(m.parts)-4))
		if _, err := m.index.WriteAt(m.parts, m.indexed); err != nil {
			return fmt.Errorf("write the index of the result: %w", err)
		}
		m.indexed += int64(len(m.parts))
	}
	if l, ok := m.w.(container.Lister); ok {
		m.parts = l.Playlist(m.parts[:0]) // it is made anew in the end
	}
	if m.size-m.synced >= syncEvery {
		m.synced = m.size
		if err := m.file.Sync(); err != nil {
			return fmt.Errorf("write the result: %w", err)
		}
	}
	if m.every != nil {
		return m.every(m.size)
	}
	return nil
}

// finish completes the file.
func (m *muxer) finish() (container.Ending, error) {
	if !m.begun {
		if len(m.held) == 0 {
			return container.Ending{}, errNothing
		}
		if err := m.open(); err != nil {
			return container.Ending{}, err
		}
	}
	m.buf = m.w.Flush(m.buf)
	if err := m.write(); err != nil {
		return container.Ending{}, err
	}
	e, err := m.format.Finish(container.Unfinished{Tracks: m.tracks, Size: m.size, Index: m.readIndex, IndexSize: m.indexed})
	if err != nil {
		return e, fmt.Errorf("finish the result: %w", err)
	}
	if _, err := m.file.WriteAt(e.Trailer, m.size); err != nil {
		return e, fmt.Errorf("write the end of the result: %w", err)
	}
	for _, p := range e.Patches {
		if _, err := m.file.WriteAt(p.Bytes, p.Offset); err != nil {
			return e, fmt.Errorf("write the head of the result: %w", err)
		}
	}
	return e, nil
}

// readIndex yields the parts of the index.
func (m *muxer) readIndex(yield func([]byte, error) bool) {
	var part []byte
	for at := int64(0); at < m.indexed; {
		var head [4]byte
		if _, err := m.index.ReadAt(head[:], at); err != nil {
			yield(nil, fmt.Errorf("read the index of the result: %w", err))
			return
		}
		n := int64(binary.BigEndian.Uint32(head[:]))
		if n > maxIndexPart || at+4+n > m.indexed {
			yield(nil, fmt.Errorf("%w: the index of the result", container.ErrCorrupt))
			return
		}
		if int64(cap(part)) < n {
			part = make([]byte, n)
		}
		part = part[:n]
		if _, err := m.index.ReadAt(part, at+4); err != nil && !errors.Is(err, io.EOF) {
			yield(nil, fmt.Errorf("read the index of the result: %w", err))
			return
		}
		at += 4 + n
		if !yield(part, nil) {
			return
		}
	}
}
