package flv

import (
	"encoding/binary"
	"errors"
	"io"
	"iter"
	"slices"
	"time"

	"aircheck/ingest/media"
)

const (
	// syncWindow is how many bytes are searched for a tag at once, syncTags how many must follow one another to be believed.
	syncWindow = 256 << 10
	syncTags   = 3
	// backTags is how many tags are gone back to find a picture that decoding can start with.
	backTags = 100_000
)

// ReadFrom implements container.Seeker. A place in the file is found by halving: tags tell their own length and, behind them, that again, so
// that a few in a row are not taken for something else. Files of this package have their configurations in front.
func (f Format) ReadFrom(r io.ReaderAt, size int64, at time.Duration) iter.Seq2[*media.Unit, error] {
	return func(yield func(*media.Unit, error) bool) {
		rd, flags, err := newReader(r, size)
		if err != nil {
			yield(nil, err)
			return
		}
		begin := rd.cursor.Pos()
		for want := flags & (flagAudio | flagVideo); !rd.found(want) && rd.cursor.Pos() < probeSize; {
			if _, err := rd.next(); err != nil && !errors.Is(err, errSkip) {
				break
			}
		}
		s := seeker{r: r, size: size, video: slices.ContainsFunc(rd.slots, func(s slot) bool { return s.track != nil && s.kind == media.Video })}
		rd.cursor.MoveTo(s.find(begin, at.Milliseconds()))
		for rd.cursor.Left() > 0 {
			u, err := rd.next()
			switch {
			case errors.Is(err, errSkip):
			case err != nil:
				yield(nil, err)
				return
			case u != nil && !yield(u, nil):
				return
			}
		}
	}
}

// seeker finds tags by their time.
type seeker struct {
	r     io.ReaderAt
	size  int64
	video bool
	buf   []byte
}

// find returns the offset of the last tag at or before a time that reading can start with; begin if there is none.
func (s *seeker) find(begin, ms int64) int64 {
	low, high := begin, s.size
	for high-low > syncWindow {
		mid := low + (high-low)/2
		at, h, ok := s.sync(mid, high)
		if !ok || int64(h.ms) > ms {
			high = mid
		} else {
			low = at
		}
	}
	return s.back(s.forward(low, ms), begin)
}

// sync finds a tag behind an offset.
func (s *seeker) sync(from, to int64) (at int64, h tagHead, ok bool) {
	if s.buf == nil {
		s.buf = make([]byte, syncWindow)
	}
	b := s.buf[:min(int64(len(s.buf)), to-from)]
	n, err := s.r.ReadAt(b, from)
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, h, false
	}
	for i := 0; i+tagHeaderSize <= n; i++ {
		h, ok := parseTagHead(b[i:])
		if ok && s.follows(from+int64(i), h) {
			return from + int64(i), h, true
		}
	}
	return 0, h, false
}

// follows reports whether a tag and those behind it are what they say.
func (s *seeker) follows(at int64, h tagHead) bool {
	for range syncTags {
		end := at + int64(tagHeaderSize+h.size)
		var b [tagTrailerSize + tagHeaderSize]byte
		n, _ := s.r.ReadAt(b[:min(int64(len(b)), max(0, s.size-end))], end)
		if n < tagTrailerSize || int(binary.BigEndian.Uint32(b[:])) != tagHeaderSize+h.size {
			return false
		}
		if n < len(b) {
			return end+tagTrailerSize == s.size
		}
		next, ok := parseTagHead(b[tagTrailerSize:])
		if !ok {
			return false
		}
		at, h = end+tagTrailerSize, next
	}
	return true
}

// forward returns the offset of the last tag at or before a time, from one of which that is known.
func (s *seeker) forward(at, ms int64) int64 {
	for next := at; ; {
		h, ok := s.head(next)
		if !ok || int64(h.ms) > ms {
			return at
		}
		at = next
		next += int64(tagHeaderSize + h.size + tagTrailerSize)
	}
}

func (s *seeker) head(at int64) (h tagHead, ok bool) {
	var b [tagHeaderSize]byte
	if at+tagHeaderSize > s.size {
		return h, false
	}
	if n, _ := s.r.ReadAt(b[:], at); n < len(b) {
		return h, false
	}
	return parseTagHead(b[:])
}

// back goes back, tag by tag, to a picture that decoding can start with.
func (s *seeker) back(at, begin int64) int64 {
	for range backTags {
		if at <= begin {
			return begin
		}
		if h, ok := s.head(at); ok && s.starts(at, h) {
			return at
		}
		var b [tagTrailerSize]byte
		if n, _ := s.r.ReadAt(b[:], at-tagTrailerSize); n < len(b) {
			return begin
		}
		at -= int64(binary.BigEndian.Uint32(b[:])) + tagTrailerSize
	}
	return begin
}

// starts reports whether reading can start with a tag.
func (s *seeker) starts(at int64, h tagHead) bool {
	if !s.video {
		return h.tag == tagAudio
	}
	if h.tag != tagVideo {
		return false
	}
	b := make([]byte, min(h.size, 16))
	if n, _ := s.r.ReadAt(b, at+tagHeaderSize); n < len(b) {
		return false
	}
	p, err := parsePacket(h.tag, b)
	return err == nil && p.key && p.what == packetFrames
}
