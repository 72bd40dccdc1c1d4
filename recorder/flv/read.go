package flv

import (
	"errors"
	"fmt"
	"io"
	"iter"

	"aircheck/ingest/media"
	"aircheck/recorder/container"
)

// Limits of what is looked at to find the tracks, and of a configuration.
const (
	probeTags = 512
	probeSize = 32 << 20
	maxConfig = 1 << 20
)

// errTorn says that a file ends inside a tag.
var errTorn = fmt.Errorf("%w: the file ends inside a tag", container.ErrCorrupt)

// Probe reads sequence headers until it has one for each kind of track that the file header announces.
func (Format) Probe(r io.ReaderAt, size int64) ([]*media.Track, error) {
	rd, flags, err := newReader(r, size)
	if err != nil {
		return nil, err
	}
	want := flags & (flagAudio | flagVideo)
	for range probeTags {
		_, err := rd.next()
		if err != nil && !errors.Is(err, errSkip) {
			break
		}
		if have := rd.kinds(); want != 0 && have&want == want || rd.cursor.Pos() > probeSize {
			break
		}
	}
	if len(rd.tracks) == 0 {
		return nil, fmt.Errorf("%w: no sequence header of a known codec", container.ErrCorrupt)
	}
	return rd.tracks, nil
}

// Read yields one unit per tag. A second sequence header with other parameters makes a new track of the same ID. Tags of
// unknown codecs are passed over.
func (Format) Read(r io.ReaderAt, size int64) iter.Seq2[*media.Unit, error] {
	return func(yield func(*media.Unit, error) bool) {
		rd, _, err := newReader(r, size)
		if err != nil {
			yield(nil, err)
			return
		}
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

type reader struct {
	cursor *container.Cursor
	clock  media.Unwrapper
	tracks []*media.Track
}

// newReader checks the file header and returns its flags.
func newReader(r io.ReaderAt, size int64) (*reader, byte, error) {
	rd := &reader{cursor: container.NewCursor(r, 0, size)}
	b, err := rd.cursor.Peek(fileHeaderSize)
	if err != nil {
		return nil, 0, fmt.Errorf("%w: read FLV header: %w", container.ErrCorrupt, err)
	}
	flags := b[4]
	n, err := checkFileHead(b)
	if err != nil {
		return nil, 0, err
	}
	rd.cursor.Skip(n)
	return rd, flags, nil
}

// kinds returns the header flags of the tracks found so far.
func (r *reader) kinds() (flags byte) {
	for _, t := range r.tracks {
		if t.Codec.Kind() == media.Video {
			flags |= flagVideo
		} else {
			flags |= flagAudio
		}
	}
	return flags
}

// next reads one tag. It returns a unit, or nil for a sequence header, or errSkip.
func (r *reader) next() (*media.Unit, error) {
	at := r.cursor.Pos()
	b, err := r.cursor.Peek(tagHeaderSize)
	if err != nil {
		return nil, torn(err)
	}
	h, ok := parseTagHead(b)
	if !ok {
		return nil, fmt.Errorf("%w: no FLV tag at offset %d", container.ErrCorrupt, at)
	}
	r.cursor.Skip(tagHeaderSize)
	if int64(h.size+tagTrailerSize) > r.cursor.Left() {
		return nil, errTorn
	}
	if h.tag == tagScript {
		r.cursor.Skip(int64(h.size + tagTrailerSize))
		return nil, errSkip
	}
	data, err := r.cursor.Read(int64(h.size))
	if err != nil {
		return nil, torn(err)
	}
	r.cursor.Skip(tagTrailerSize)
	p, err := parsePacket(h.tag, data)
	if err != nil {
		return nil, err
	}
	switch p.what {
	case packetSequence:
		return nil, r.configure(p, data[p.head:], at)
	case packetFrames:
		return r.unit(h, p, data[p.head:])
	}
	return nil, errSkip
}

// configure notes the decoder configuration of a track.
func (r *reader) configure(p packet, config []byte, at int64) error {
	if len(config) > maxConfig {
		return fmt.Errorf("%w: decoder configuration of %d bytes at offset %d", container.ErrCorrupt, len(config), at)
	}
	c, err := media.New(p.codec, p.kind, config)
	if err != nil {
		return fmt.Errorf("%w: read %s configuration at offset %d: %w", container.ErrCorrupt, p.codec, at, err)
	}
	r.put(c)
	return nil
}

// put makes c the codec of the track of its kind, and returns the track.
func (r *reader) put(c media.Codec) *media.Track {
	for i, t := range r.tracks {
		if t.Codec.Kind() != c.Kind() {
			continue
		}
		if !media.SameParameters(t.Codec, c) || lengthSize(t.Codec) != lengthSize(c) {
			r.tracks[i] = &media.Track{ID: t.ID, Codec: c, Timescale: 1000}
		}
		return r.tracks[i]
	}
	t := &media.Track{ID: len(r.tracks) + 1, Codec: c, Timescale: 1000}
	r.tracks = append(r.tracks, t)
	return t
}

// unit makes a unit. Without configuration there is none of a codec that needs it.
func (r *reader) unit(h tagHead, p packet, payload []byte) (*media.Unit, error) {
	var track *media.Track
	for _, t := range r.tracks {
		if t.Codec.Kind() == p.kind && t.Codec.Name() == p.codec {
			track = t
		}
	}
	if track == nil {
		if _, opaque := fourCCs[p.codec]; !opaque {
			return nil, errSkip
		}
		track = r.put(media.Opaque{FourCC: p.codec, Of: p.kind})
	}
	if len(payload) == 0 {
		return nil, errSkip
	}
	if n := lengthSize(track.Codec); n != 4 {
		wide, err := media.WidenLengths(payload, n)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", container.ErrCorrupt, err)
		}
		payload = wide
	}
	dts := r.clock.Unwrap(h.ms)
	return &media.Unit{
		Track: track, DTS: dts, PTS: dts + int64(p.offset),
		RandomAccess: p.key, Payload: payload,
	}, nil
}

// lengthSize returns the size of the lengths in front of NAL units in the file; 4 for codecs without any.
func lengthSize(c media.Codec) int {
	if c, ok := c.(interface{ LengthSize() int }); ok {
		return c.LengthSize()
	}
	return 4
}

func torn(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return errTorn
	}
	return err
}
