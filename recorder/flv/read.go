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

// Probe reads sequence headers until it has all tracks that onMetaData lists, or where there is no such list one for each kind of track
// that the file header announces.
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
		if rd.found(want) || rd.cursor.Pos() > probeSize {
			break
		}
	}
	tracks := rd.tracks()
	if len(tracks) == 0 {
		return nil, fmt.Errorf("%w: no track of a known codec", container.ErrCorrupt)
	}
	return tracks, nil
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
	// slots are the tracks, in the order that the file lists or else in that of their appearance; listed tells which.
	slots  []slot
	listed bool
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

// found reports whether there is no need to look for more tracks; want are the header's flags.
func (r *reader) found(want byte) bool {
	var have byte
	for _, s := range r.slots {
		switch {
		case s.track == nil && r.listed:
			return false
		case s.track == nil:
		case s.kind == media.Video:
			have |= flagVideo
		default:
			have |= flagAudio
		}
	}
	return r.listed || want != 0 && have&want == want
}

// tracks returns those whose parameters are known.
func (r *reader) tracks() (out []*media.Track) {
	for _, s := range r.slots {
		if s.track != nil {
			out = append(out, s.track)
		}
	}
	return out
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
		return nil, r.script(h.size)
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

// script reads the list of tracks from the first tag that has one, and passes over other data.
func (r *reader) script(size int) error {
	if size > longestScript || len(r.slots) > 0 {
		r.cursor.Skip(int64(size + tagTrailerSize))
		return errSkip
	}
	data, err := r.cursor.Read(int64(size))
	if err != nil {
		return torn(err)
	}
	r.cursor.Skip(tagTrailerSize)
	r.slots = parseList(data)
	r.listed = len(r.slots) > 0
	for i, s := range r.slots {
		if s.track != nil {
			s.track.ID = i + 1
		}
	}
	return errSkip
}

// slot returns the place of a packet's track, or nil if there are too many.
func (r *reader) slot(p packet) *slot {
	i := find(r.slots, p.kind, p.id)
	if i < 0 {
		if len(r.slots) >= maxTracks {
			return nil
		}
		i = len(r.slots)
		r.slots = append(r.slots, slot{kind: p.kind, id: p.id})
	}
	return &r.slots[i]
}

// configure notes the decoder configuration of a track.
func (r *reader) configure(p packet, config []byte, at int64) error {
	if len(config) > maxConfig {
		return fmt.Errorf("%w: decoder configuration of %d bytes at offset %d", container.ErrCorrupt, len(config), at)
	}
	s := r.slot(p)
	if s == nil || len(config) == 0 && media.TellsItself(p.codec) {
		return errSkip
	}
	c, err := media.New(p.codec, p.kind, config)
	if err != nil {
		return fmt.Errorf("%w: read %s configuration at offset %d: %w", container.ErrCorrupt, p.codec, at, err)
	}
	if v, ok := c.(media.VideoCodec); ok && media.TellsItself(p.codec) {
		if w, _ := v.Size(); w == 0 {
			s.config = c.Config() // the list or a picture tells the rest
			return nil
		}
	}
	r.put(s, c)
	return nil
}

// put makes c the codec of a track, and returns the track.
func (r *reader) put(s *slot, c media.Codec) *media.Track {
	s.config = nil
	if s.track != nil && media.SameParameters(s.track.Codec, c) && lengthSize(s.track.Codec) == lengthSize(c) {
		return s.track
	}
	id := 0
	if s.track != nil {
		id = s.track.ID
	}
	s.track = &media.Track{ID: id, Codec: c, Timescale: 1000}
	r.number()
	return s.track
}

// number gives IDs: places in the list, or the order in which the parameters became known.
func (r *reader) number() {
	next := 1
	for i, s := range r.slots {
		switch {
		case s.track == nil:
		case r.listed:
			s.track.ID = i + 1
		default:
			next = max(next, s.track.ID+1)
		}
	}
	for _, s := range r.slots {
		if s.track != nil && s.track.ID == 0 {
			s.track.ID = next
			next++
		}
	}
}

// trackOf returns the track of a unit; nil where its parameters are not known.
func (r *reader) trackOf(p packet, payload []byte) *media.Track {
	s := r.slot(p)
	if s == nil {
		return nil
	}
	config := s.config
	if s.track != nil && s.track.Codec.Name() == p.codec {
		c, ok := s.track.Codec.(media.InBand)
		if !ok {
			return s.track
		}
		if config == nil {
			if next := c.After(payload); next != media.Codec(c) {
				return r.put(s, next)
			}
			return s.track
		}
	}
	switch p.codec {
	case "h264", "h265", "aac":
		return nil
	case "g711a", "g711u":
		config = media.SoundConfig(8000, 1+int(boolByte(p.stereo)))
	}
	c, err := media.FromUnit(p.codec, p.kind, config, payload)
	if err != nil {
		if s.track != nil && s.track.Codec.Name() == p.codec {
			return s.track
		}
		return nil
	}
	return r.put(s, c)
}

// unit makes a unit. Without configuration there is none of a codec that needs it.
func (r *reader) unit(h tagHead, p packet, payload []byte) (*media.Unit, error) {
	if len(payload) == 0 {
		return nil, errSkip
	}
	track := r.trackOf(p, payload)
	if track == nil {
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
