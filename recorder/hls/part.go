package hls

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/url"
	"sort"
	"strconv"

	"aircheck/ingest/media"
	"aircheck/recorder/container"
	"aircheck/recorder/mp4"
)

// Part is what a rendition has of a place in the media file: its initialization section, or a segment.
type Part struct {
	// Track is the ID of the track there.
	Track int
	// head is the initialization section of the place; media the segment, empty if the former is meant. A segment of packed audio needs both.
	head, media span
}

// The names in the query of an address.
const (
	queryRendition = "rendition"
	queryTrack     = "track"
	queryHead      = "map"
	queryMedia     = "range"
)

// playlistAddress is the playlist of a rendition, counted from 0, relative to the master playlist.
func playlistAddress(rendition int) string {
	return fmt.Sprintf("media.m3u8?%s=%d", queryRendition, rendition+1)
}

// address is where a playlist says that a part is, relative to itself.
func (p Part) address() string {
	switch {
	case p.media.size == 0:
		return fmt.Sprintf("media.mp4?%s=%d&%s=%s", queryTrack, p.Track, queryHead, p.head)
	case p.head.size == 0:
		return fmt.Sprintf("media.mp4?%s=%d&%s=%s", queryTrack, p.Track, queryMedia, p.media)
	}
	return fmt.Sprintf("media.mp3?%s=%d&%s=%s&%s=%s", queryTrack, p.Track, queryHead, p.head, queryMedia, p.media)
}

// ErrAddress is returned for a query that no playlist of ours has.
var ErrAddress = errors.New("no part of a recording has this address")

// ParseRendition returns the number of the rendition that the address of a playlist names, 0 if it names none.
func ParseRendition(q url.Values) (int, error) {
	if !q.Has(queryRendition) {
		return 0, nil
	}
	n, err := strconv.Atoi(q.Get(queryRendition))
	if err != nil || n < 1 {
		return 0, ErrAddress
	}
	return n, nil
}

// ParsePart returns the part that the address of a media file names; ok is false if it means the whole file.
func ParsePart(q url.Values) (p Part, ok bool, err error) {
	if !q.Has(queryTrack) {
		return Part{}, false, nil
	}
	p.Track, err = strconv.Atoi(q.Get(queryTrack))
	ok = err == nil && p.Track > 0 && int64(p.Track) <= 1<<32-1
	if q.Has(queryHead) {
		var good bool
		p.head, good = parseSpan(q.Get(queryHead))
		ok = ok && good
	}
	if q.Has(queryMedia) {
		var good bool
		p.media, good = parseSpan(q.Get(queryMedia))
		ok = ok && good
	}
	if !ok || p.head.size+p.media.size == 0 {
		return Part{}, false, ErrAddress
	}
	return p, true, nil
}

// Packed reports whether it is a segment of packed audio: of MP3.
func (p Part) Packed() bool { return p.head.size > 0 && p.media.size > 0 }

// End is where in the media file the last byte lies that it is made of, and one more.
func (p Part) End() int64 { return max(p.head.offset+p.head.size, p.media.offset+p.media.size) }

// String tells it from all others of its recording.
func (p Part) String() string { return fmt.Sprintf("%d-%s-%s", p.Track, p.head, p.media) }

// Open returns the content of a part, which is read of r when it is needed, and its size. ErrAddress if r, of that size, has nothing there;
// container.ErrCorrupt.
func (p Part) Open(r io.ReaderAt, size int64) (*io.SectionReader, error) {
	for _, s := range []span{p.head, p.media} {
		if s.offset > size || s.size > size-s.offset {
			return nil, ErrAddress
		}
	}
	c := &content{file: r}
	if p.media.size == 0 {
		head, err := mp4.Head(r, p.head.offset, p.head.size, p.Track)
		c.bytes(head)
		return c.open(), err
	}
	fragments, err := mp4.Single(r, p.media.offset, p.media.size, p.Track)
	if err != nil {
		return nil, err
	}
	if p.head.size == 0 {
		c.bytes(mp4.AppendSegmentType(nil))
		for _, f := range fragments {
			c.bytes(f.Head)
			c.span(span{f.Offset, f.Size})
		}
		return c.open(), nil
	}
	if len(fragments) == 0 {
		return c.open(), nil
	}
	scale, err := p.scale(r)
	if err != nil {
		return nil, err
	}
	for i, f := range fragments {
		if i == 0 {
			c.bytes(timestamp(media.Rescale(f.DTS, scale, clock)))
		}
		c.span(span{f.Offset, f.Size})
	}
	return c.open(), nil
}

// scale is the clock rate of the track.
func (p Part) scale(r io.ReaderAt) (uint32, error) {
	tracks, err := mp4.Format{}.Probe(io.NewSectionReader(r, p.head.offset, p.head.size), p.head.size)
	if err != nil {
		return 0, err
	}
	if i := sameID(tracks, p.Track); i >= 0 {
		return tracks[i].Timescale, nil
	}
	return 0, fmt.Errorf("%w: no track %d", container.ErrCorrupt, p.Track)
}

// timestamp is the ID3 tag in front of a segment of packed audio: a private frame with its time in 33 bits (RFC 8216, 3.4).
func timestamp(dts int64) []byte {
	const owner = "com.apple.streaming.transportStreamTimestamp\x00"
	const frame, head = len(owner) + 8, 10
	b := append([]byte("ID3\x04\x00\x00"), 0, 0, 0, byte(frame+head)) // below 128: no byte of it is full
	b = append(b, "PRIV"...)
	b = append(b, 0, 0, 0, byte(frame), 0, 0)
	b = append(b, owner...)
	return binary.BigEndian.AppendUint64(b, uint64(dts)&(period33-1))
}

// content is made of bytes and of places in a file. It is an io.ReaderAt.
type content struct {
	file   io.ReaderAt
	pieces []piece
	size   int64
}

// piece begins at that place; it is made of bytes or, if there are none, lies in the file.
type piece struct {
	at   int64
	made []byte
	span span
}

func (c *content) bytes(b []byte) {
	c.pieces = append(c.pieces, piece{at: c.size, made: b})
	c.size += int64(len(b))
}

func (c *content) span(s span) {
	c.pieces = append(c.pieces, piece{at: c.size, span: s})
	c.size += s.size
}

func (c *content) open() *io.SectionReader { return io.NewSectionReader(c, 0, c.size) }

// ReadAt is io.ReaderAt's.
func (c *content) ReadAt(b []byte, at int64) (n int, err error) {
	i := sort.Search(len(c.pieces), func(i int) bool { return c.pieces[i].at > at }) - 1
	for ; n < len(b) && i >= 0 && i < len(c.pieces); i++ {
		p := c.pieces[i]
		skip := at + int64(n) - p.at
		if p.made != nil {
			if skip < int64(len(p.made)) {
				n += copy(b[n:], p.made[skip:])
			}
			continue
		}
		want := min(int64(len(b)-n), p.span.size-skip)
		if want <= 0 {
			continue
		}
		k, err := c.file.ReadAt(b[n:n+int(want)], p.span.offset+skip)
		if n += k; int64(k) < want {
			return n, err
		}
	}
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}
