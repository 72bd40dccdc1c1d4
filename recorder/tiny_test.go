package recorder

import (
	"encoding/binary"
	"encoding/json"
	"hash/crc32"
	"io"
	"iter"
	"time"

	"aircheck/ingest/media"
	"aircheck/recorder/container"
)

// tiny is the smallest container: JSON of its tracks behind a 4-byte length, then groups of units, each behind a
// 4-byte length and a CRC. With group > 1 it keeps units back, as MP4 does. It has a trailer and a patch.
type tiny struct{ group int }

const tinyMagic = "tiny....."

func (f tiny) Name() string {
	if f.group > 1 {
		return "tinygroup"
	}
	return "tiny"
}

func (f tiny) ContentType() string         { return "application/x-tiny" }
func (f tiny) Supports(c media.Codec) bool { return c.Name() != "h265" }

func (f tiny) NewWriter(tracks []*media.Track) (container.Writer, error) {
	for _, t := range tracks {
		if !f.Supports(t.Codec) {
			return nil, container.ErrUnsupported
		}
	}
	return &tinyWriter{tiny: f, tracks: tracks}, nil
}

type tinyWriter struct {
	tiny
	tracks []*media.Track
	base   time.Duration
	held   []*media.Unit
	index  []byte
}

type tinyUnit struct {
	Track    int
	PTS, DTS int64
	Key      bool
	Payload  []byte
}

func (w *tinyWriter) Header(dst []byte, base time.Duration) []byte {
	w.base = base
	h := journalHead{Base: base}
	h.Tracks = newJournalTracks(w.tracks)
	b, _ := json.Marshal(h)
	dst = append(dst, tinyMagic...)
	return append(binary.BigEndian.AppendUint32(dst, uint32(len(b))), b...)
}

func (w *tinyWriter) Append(dst []byte, u *media.Unit) ([]byte, error) {
	w.held = append(w.held, u)
	if len(w.held) < w.group {
		return dst, nil
	}
	return w.Flush(dst), nil
}

func (w *tinyWriter) Flush(dst []byte) []byte {
	if len(w.held) == 0 {
		return dst
	}
	var units []tinyUnit
	for _, u := range w.held {
		zero := media.Rescale(int64(w.base), uint32(time.Second), u.Track.Timescale)
		units = append(units, tinyUnit{u.Track.ID, u.PTS - zero, u.DTS - zero, u.RandomAccess, u.Payload})
	}
	b, _ := json.Marshal(units)
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(b)))
	dst = binary.BigEndian.AppendUint32(dst, crc32.ChecksumIEEE(b))
	w.index = appendTiny(w.index, w.tracks, units)
	w.held = nil
	return append(dst, b...)
}

// appendTiny appends for each unit: track, DTS and end in milliseconds, payload length.
func appendTiny(dst []byte, tracks []*media.Track, units []tinyUnit) []byte {
	for _, u := range units {
		for _, t := range tracks {
			if t.ID == u.Track {
				dst = append(dst, byte(u.Track))
				dst = binary.AppendVarint(dst, int64(media.Duration(u.DTS, t.Timescale)/time.Millisecond))
				dst = binary.AppendUvarint(dst, uint64(len(u.Payload)))
			}
		}
	}
	return dst
}

func (w *tinyWriter) Pending() time.Duration { return time.Duration(len(w.held)) * time.Millisecond }

func (w *tinyWriter) Index(dst []byte) []byte {
	dst = append(dst, w.index...)
	w.index = nil
	return dst
}

func (f tiny) Finish(u container.Unfinished) (container.Ending, error) {
	s := container.Summary{}
	for _, t := range u.Tracks {
		s.Tracks = append(s.Tracks, container.TrackSummary{Track: t})
	}
	for part, err := range u.Index {
		if err != nil {
			return container.Ending{}, err
		}
		for len(part) > 0 {
			id := int(part[0])
			ms, n := binary.Varint(part[1:])
			size, k := binary.Uvarint(part[1+n:])
			part = part[1+n+k:]
			for i := range s.Tracks {
				if ts := &s.Tracks[i]; ts.Track.ID == id {
					ts.Units++
					ts.Bytes += int64(size)
					ts.Last = time.Duration(ms) * time.Millisecond
					s.Duration = max(s.Duration, ts.Last+40*time.Millisecond)
				}
			}
		}
	}
	return container.Ending{
		Trailer: []byte("\xff\xff\xff\xfftrailer"), Summary: s,
		Patches: []container.Patch{{Offset: 4, Bytes: []byte("done!")}},
	}, nil
}

func (f tiny) Probe(r io.ReaderAt, size int64) ([]*media.Track, error) {
	tracks, _, err := f.head(r, size)
	return tracks, err
}

func (f tiny) head(r io.ReaderAt, size int64) ([]*media.Track, int64, error) {
	b := make([]byte, len(tinyMagic)+4)
	if _, err := r.ReadAt(b, 0); err != nil || string(b[:4]) != tinyMagic[:4] {
		return nil, 0, container.ErrCorrupt
	}
	n := int64(binary.BigEndian.Uint32(b[len(tinyMagic):]))
	if n > size-int64(len(b)) {
		return nil, 0, container.ErrCorrupt
	}
	text := make([]byte, n)
	if _, err := r.ReadAt(text, int64(len(b))); err != nil {
		return nil, 0, container.ErrCorrupt
	}
	var h journalHead
	if json.Unmarshal(text, &h) != nil {
		return nil, 0, container.ErrCorrupt
	}
	tracks, err := h.Tracks.tracks()
	return tracks, int64(len(b)) + n, err
}

// group reads one group; ok tells that it is whole.
func (f tiny) groupAt(r io.ReaderAt, at, size int64) (units []tinyUnit, end int64, ok bool) {
	var b [8]byte
	if _, err := r.ReadAt(b[:], at); err != nil {
		return nil, at, false
	}
	n := int64(binary.BigEndian.Uint32(b[:]))
	if n > size-at-8 {
		return nil, at, false
	}
	text := make([]byte, n)
	if _, err := r.ReadAt(text, at+8); err != nil || crc32.ChecksumIEEE(text) != binary.BigEndian.Uint32(b[4:]) {
		return nil, at, false
	}
	return units, at + 8 + n, json.Unmarshal(text, &units) == nil
}

func (f tiny) Scan(r io.ReaderAt, size, from int64, tracks []*media.Track, emit func([]byte) error) (int64, error) {
	if from == 0 {
		var err error
		if _, from, err = f.head(r, size); err != nil {
			return 0, err
		}
	}
	for {
		units, end, ok := f.groupAt(r, from, size)
		if !ok {
			return from, nil
		}
		if err := emit(appendTiny(nil, tracks, units)); err != nil {
			return from, err
		}
		from = end
	}
}

func (f tiny) Read(r io.ReaderAt, size int64) iter.Seq2[*media.Unit, error] {
	return func(yield func(*media.Unit, error) bool) {
		tracks, at, err := f.head(r, size)
		if err != nil {
			yield(nil, err)
			return
		}
		for {
			units, end, ok := f.groupAt(r, at, size)
			if !ok {
				return
			}
			at = end
			for _, u := range units {
				for _, t := range tracks {
					if t.ID == u.Track && !yield(&media.Unit{
						Track: t, PTS: u.PTS, DTS: u.DTS, RandomAccess: u.Key, Payload: u.Payload,
					}, nil) {
						return
					}
				}
			}
		}
	}
}
