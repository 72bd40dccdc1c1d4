package flv

import (
	"encoding/binary"
	"fmt"
	"time"

	"aircheck/ingest/media"
	"aircheck/recorder/container"
)

// writer implements container.Writer. It keeps no unit back.
type writer struct {
	layout layout
	base   time.Duration
	offset int64 // length of the file so far
	index  indexer
}

// NewWriter starts a file. Of several tracks of a kind the first is in plain tags, which every player reads; see newLayout.
func (Format) NewWriter(tracks []*media.Track) (container.Writer, error) {
	l, err := newLayout(tracks)
	if err != nil {
		return nil, err
	}
	return &writer{layout: l, index: newIndexer(l)}, nil
}

// Header appends the file header, the onMetaData tag and the sequence headers.
func (w *writer) Header(dst []byte, base time.Duration) []byte {
	start := len(dst)
	w.base = base
	dst = w.layout.appendHead(dst)
	dst = appendTagHead(dst, tagScript, metaSize, 0)
	dst = metadata{layout: w.layout}.append(dst)
	dst = binary.BigEndian.AppendUint32(dst, tagHeaderSize+metaSize)
	for i := range w.layout.tracks {
		dst = w.layout.appendSequence(dst, i)
	}
	w.offset += int64(len(dst) - start)
	return dst
}

// Append appends one tag. A unit without payload appends nothing.
func (w *writer) Append(dst []byte, u *media.Unit) ([]byte, error) {
	i := w.layout.index(u.Track.ID)
	if i < 0 {
		return dst, fmt.Errorf("append unit: track %d is not a track of this file", u.Track.ID)
	}
	if len(u.Payload) == 0 {
		u.Release()
		return dst, nil
	}
	c := w.layout.codings[i]
	size := c.headSize() + len(u.Payload)
	if size > maxTagData {
		return dst, fmt.Errorf("append unit: %d bytes are more than the %d an FLV tag holds", len(u.Payload), maxTagData-c.headSize())
	}
	dts := max(w.millis(u.DTS, u.Track.Timescale), 0)
	pts := w.millis(u.PTS, u.Track.Timescale)
	if !c.offset {
		pts = dts
	}
	pts = dts + min(max(pts-dts, -1<<23), 1<<23-1)
	dst = appendTagHead(dst, c.tag, size, uint32(dts))
	dst = c.appendHead(dst, packetFrames, u.RandomAccess, int32(pts-dts))
	dst = append(dst, u.Payload...)
	dst = binary.BigEndian.AppendUint32(dst, uint32(tagHeaderSize+size))
	w.index.add(i, entry{offset: w.offset, dts: dts, pts: pts, size: len(u.Payload), key: u.RandomAccess})
	w.offset += int64(tagHeaderSize + size + tagTrailerSize)
	u.Release()
	return dst, nil
}

// millis returns a time of a track in milliseconds of the file.
func (w *writer) millis(ticks int64, timescale uint32) int64 {
	if timescale == 1000 && w.base%time.Millisecond == 0 {
		return ticks - int64(w.base/time.Millisecond)
	}
	const perMilli = int64(time.Millisecond)
	ns := int64(media.Duration(ticks, timescale)-w.base) + perMilli/2
	return ns/perMilli - boolInt(ns%perMilli < 0)
}

func boolInt(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// Flush appends nothing: no unit is ever kept back.
func (w *writer) Flush(dst []byte) []byte { return dst }

// Pending returns 0.
func (w *writer) Pending() time.Duration { return 0 }

// Index appends the description of the units since the last call.
func (w *writer) Index(dst []byte) []byte { return w.index.flush(dst) }

// appendHead appends the file header and the first PreviousTagSize.
func (l layout) appendHead(dst []byte) []byte {
	flags := byte(0)
	for _, c := range l.codings {
		if c.tag == tagVideo {
			flags |= flagVideo
		} else {
			flags |= flagAudio
		}
	}
	return append(dst, 'F', 'L', 'V', 1, flags, 0, 0, 0, fileHeaderSize, 0, 0, 0, 0)
}

// appendSequence appends the sequence header of a track, which tells its decoder configuration. A codec without
// configuration has none.
func (l layout) appendSequence(dst []byte, i int) []byte {
	c, config := l.codings[i], sequenceOf(l.tracks[i].Codec)
	if len(config) == 0 {
		return dst
	}
	head := c.appendHead(nil, packetSequence, true, 0)
	size := len(head) + len(config)
	dst = appendTagHead(dst, c.tag, size, 0)
	dst = append(append(dst, head...), config...)
	return binary.BigEndian.AppendUint32(dst, uint32(tagHeaderSize+size))
}

// sequenceOffset returns where the sequence header of a track is in the file.
func (l layout) sequenceOffset(i int) int64 {
	n := fileHeaderSize + tagTrailerSize + tagHeaderSize + metaSize + tagTrailerSize
	var head []byte
	for j := range i {
		head = l.appendSequence(head, j)
	}
	return int64(n + len(head))
}

// appendTagHead appends the 11 bytes in front of a tag's data.
func appendTagHead(dst []byte, tag byte, size int, ms uint32) []byte {
	return append(dst, tag, byte(size>>16), byte(size>>8), byte(size),
		byte(ms>>16), byte(ms>>8), byte(ms), byte(ms>>24), 0, 0, 0)
}
