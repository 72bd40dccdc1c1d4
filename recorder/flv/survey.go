package flv

import (
	"encoding/binary"
	"errors"
	"io"
	"math"
	"time"

	"aircheck/ingest/media"
	"aircheck/recorder/container"
)

// Tag is what Survey tells of a tag that carries a unit.
type Tag struct {
	// Offset is where it begins in the file, End what follows it.
	Offset, End int64
	// Time is its decoding time from the file's zero.
	Time time.Duration
	Kind media.Kind
	// Key tells that decoding can start with it.
	Key bool
}

// Survey goes through a file, finished or not, without reading its payloads. The zero value begins at its beginning; a later call of Next
// goes on where the one before ended, so that a growing file is surveyed once.
type Survey struct {
	pos   int64
	clock media.Unwrapper
}

// Next visits the units of the whole tags up to size. It stops without an error at a tag that is not whole: the file may be growing.
func (s *Survey) Next(r io.ReaderAt, size int64, visit func(Tag) error) error {
	c := container.NewCursor(r, s.pos, size)
	if s.pos == 0 {
		b, err := c.Peek(fileHeaderSize)
		if err != nil {
			return ignoreEOF(err)
		}
		n, err := checkFileHead(b)
		if err != nil {
			return err
		}
		c.Skip(n)
	}
	for {
		s.pos = c.Pos()
		b, err := c.Peek(int(min(c.Left(), peekSize)))
		if err != nil {
			return ignoreEOF(err)
		}
		if len(b) < tagHeaderSize {
			return nil
		}
		h, ok := parseTagHead(b)
		length := int64(tagHeaderSize + h.size + tagTrailerSize)
		if !ok || length > c.Left() {
			return nil
		}
		p, err := parsePacket(h.tag, b[tagHeaderSize:min(len(b), tagHeaderSize+h.size)])
		c.Skip(length)
		if h.tag == tagScript || err != nil || p.what != packetFrames || h.size <= p.head {
			continue
		}
		at := media.Duration(s.clock.Unwrap(h.ms), 1000)
		if err := visit(Tag{Offset: s.pos, End: c.Pos(), Time: at, Kind: p.kind, Key: p.key}); err != nil {
			return err
		}
	}
}

// SeekPoint is a picture that decoding can start with: its time, and the offset of its tag.
type SeekPoint struct {
	Time   time.Duration
	Offset int64
}

// SeekPoints reads the seek points that the metadata in front of a finished file lists, in order, without the one that names the sequence
// header. There are none in a file without pictures, or one that is not finished. A long file lists only some of its own.
func SeekPoints(r io.ReaderAt, size int64) []SeekPoint {
	c := container.NewCursor(r, 0, size)
	b, err := c.Peek(fileHeaderSize)
	if err != nil {
		return nil
	}
	n, err := checkFileHead(b)
	if err != nil {
		return nil
	}
	c.Skip(n)
	if b, err = c.Peek(tagHeaderSize); err != nil {
		return nil
	}
	h, ok := parseTagHead(b)
	if !ok || h.tag != tagScript || h.size > longestScript {
		return nil
	}
	c.Skip(tagHeaderSize)
	if b, err = c.Read(int64(h.size)); err != nil {
		return nil
	}
	times, places := numbersOf(b, "times"), numbersOf(b, "filepositions")
	if len(times) != len(places) {
		return nil
	}
	var points []SeekPoint
	for i := range times {
		p := SeekPoint{Time: time.Duration(math.Round(times[i]*1000)) * time.Millisecond, Offset: int64(places[i])}
		head, ok := headAt(r, size, p.Offset)
		if !ok || !head.Key || head.Kind != media.Video {
			continue // the sequence header, or not what it says
		}
		if n := len(points); n > 0 && (p.Offset <= points[n-1].Offset || head.Time <= points[n-1].Time) {
			return nil
		}
		p.Time = head.Time
		points = append(points, p)
	}
	return points
}

// headAt describes the tag at an offset.
func headAt(r io.ReaderAt, size, at int64) (Tag, bool) {
	var b [peekSize]byte
	if at < fileHeaderSize || at > size-tagHeaderSize {
		return Tag{}, false
	}
	n, err := r.ReadAt(b[:min(int64(len(b)), size-at)], at)
	if err != nil && !errors.Is(err, io.EOF) || n < tagHeaderSize {
		return Tag{}, false
	}
	h, ok := parseTagHead(b[:])
	if !ok || h.tag == tagScript {
		return Tag{}, false
	}
	p, err := parsePacket(h.tag, b[tagHeaderSize:min(n, tagHeaderSize+h.size)])
	if err != nil || p.what != packetFrames {
		return Tag{}, false
	}
	end := at + int64(tagHeaderSize+h.size+tagTrailerSize)
	return Tag{Offset: at, End: end, Time: media.Duration(int64(h.ms), 1000), Kind: p.kind, Key: p.key}, end <= size
}

// numbersOf returns the strict array of numbers (AMF 0, 2.12) that a property of that name has.
func numbersOf(b []byte, name string) []float64 {
	key := append(binary.BigEndian.AppendUint16(nil, uint16(len(name))), name...)
	key = append(key, amfArray)
	for i := 0; i+len(key)+4 <= len(b); i++ {
		if string(b[i:i+len(key)]) != string(key) {
			continue
		}
		b = b[i+len(key):]
		count := int(binary.BigEndian.Uint32(b))
		if b = b[4:]; count > len(b)/amfNumberSize {
			return nil
		}
		out := make([]float64, 0, count)
		for range count {
			if b[0] != amfNumber {
				return nil
			}
			out = append(out, math.Float64frombits(binary.BigEndian.Uint64(b[1:])))
			b = b[amfNumberSize:]
		}
		return out
	}
	return nil
}
