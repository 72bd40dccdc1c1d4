package recorder

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"iter"
	"slices"
	"time"

	"aircheck/ingest/media"
)

// The journal of an unfinished file is journalMagic and then records:
//
//	size of kind and body, 4 bytes little-endian | CRC-32C of kind and body, 4 bytes | kind, 1 byte | body
//
// It is only ever appended to; what follows the first record that is not whole is ignored.
const (
	journalMagic  = "aircheck journal\n"
	journalPrefix = 8
	// maxRecord bounds a record: a group record is written at the latest after maxGroupUnits units.
	maxRecord     = 16 << 20
	maxGroupUnits = 4096
)

// Kinds of record.
const (
	// recHead is the first record: a journalHead as JSON.
	recHead = iota + 1
	// recGroup: so much of the file is whole. See group.
	recGroup
	// recIndex is an index part that counts once a group record follows.
	recIndex
	// recGap is a Gap as JSON.
	recGap
	// recEnd: nothing more will be recorded into the file. A journalEnd as JSON.
	recEnd
	// recKey is the name that the finished file is about to get, as JSON. The last one counts.
	recKey
	// recTracks: the file goes on with other tracks, the journalTracks as JSON, in the groups that follow.
	recTracks
	// recSuspend: the stream was interrupted, and may go on in the file. A journalSuspend as JSON. Otherwise it is like recEnd.
	recSuspend
)

var errBadJournal = errors.New("the journal's head is missing or damaged")

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// journalVersion is the version of the format.
const journalVersion = 1

// journalHead says what is being recorded.
type journalHead struct {
	Version int
	FileID  int64
	Spec    Spec
	Format  string
	Tracks  journalTracks
	// Base is the file's time zero on the stream's time line.
	Base time.Duration
	// Start is when the first unit was received.
	Start time.Time
	// Until is the end of the recording's window; zero, as in journals that do not know of windows, if there is none.
	Until time.Time `json:",omitzero"`
	// Orphan: nothing is known but what the file itself tells. It goes into the lost and found.
	Orphan bool `json:",omitempty"`
}

type journalTrack struct {
	ID        int
	Timescale uint32
	Codec     string
	Kind      media.Kind
	Config    []byte
}

type journalEnd struct{ Reason CutReason }

type journalKey struct {
	ObjectKey, Name string
	PlaylistKey     string `json:",omitempty"`
}

type journalTracks []journalTrack

func newJournalTracks(tracks []*media.Track) journalTracks {
	out := make(journalTracks, 0, len(tracks))
	for _, t := range tracks {
		out = append(out, journalTrack{
			ID: t.ID, Timescale: t.Timescale, Codec: t.Codec.Name(), Kind: t.Codec.Kind(), Config: t.Codec.Config(),
		})
	}
	return out
}

func (list journalTracks) tracks() ([]*media.Track, error) {
	out := make([]*media.Track, 0, len(list))
	for _, t := range list {
		codec, err := journaledCodec(t)
		if err != nil {
			return nil, fmt.Errorf("track %d: %w", t.ID, err)
		}
		out = append(out, &media.Track{ID: t.ID, Codec: codec, Timescale: t.Timescale})
	}
	return out, nil
}

// group closes a group of whole units.
type group struct {
	// length of the file including the group, synced what of it is known to be durable.
	length, synced int64
	// sum is the CRC-32C of the bytes since the group before.
	sum uint32
	// wall is when the newest unit was received, at its DTS relative to the file's zero.
	wall time.Time
	at   time.Duration
	// last is the last DTS of each track, in its timescale.
	last []trackTime
	// index is the writer's description of the units; may be empty.
	index []byte
}

type trackTime struct {
	id  int
	dts int64
}

// appendRecord appends a record whose body fill appends.
func appendRecord(dst []byte, kind byte, fill func([]byte) []byte) []byte {
	start := len(dst)
	dst = append(dst, make([]byte, journalPrefix)...)
	dst = fill(append(dst, kind))
	rec := dst[start+journalPrefix:]
	binary.LittleEndian.PutUint32(dst[start:], uint32(len(rec)))
	binary.LittleEndian.PutUint32(dst[start+4:], crc32.Checksum(rec, castagnoli))
	return dst
}

// appendJSON appends a record with a JSON body.
func appendJSON(dst []byte, kind byte, body any) ([]byte, error) {
	b, err := json.Marshal(body)
	if err != nil {
		return dst, fmt.Errorf("encode a journal record: %w", err)
	}
	return appendRecord(dst, kind, func(dst []byte) []byte { return append(dst, b...) }), nil
}

// append appends the record; index appends its index part, and may be nil.
func (g *group) append(dst []byte, index func([]byte) []byte) []byte {
	return appendRecord(dst, recGroup, func(dst []byte) []byte {
		dst = binary.AppendUvarint(dst, uint64(g.length))
		dst = binary.AppendUvarint(dst, uint64(g.synced))
		dst = binary.LittleEndian.AppendUint32(dst, g.sum)
		dst = binary.AppendVarint(dst, g.wall.UnixNano())
		dst = binary.AppendVarint(dst, int64(g.at))
		dst = binary.AppendUvarint(dst, uint64(len(g.last)))
		for _, t := range g.last {
			dst = binary.AppendVarint(dst, int64(t.id))
			dst = binary.AppendVarint(dst, t.dts)
		}
		if index != nil {
			dst = index(dst)
		}
		return dst
	})
}

// groupReader reads the fields of a group record and remembers if one was missing.
type groupReader struct {
	b   []byte
	bad bool
}

func (r *groupReader) uvarint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.bad = true
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *groupReader) varint() int64 {
	v, n := binary.Varint(r.b)
	if n <= 0 {
		r.bad = true
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *groupReader) uint32() uint32 {
	if len(r.b) < 4 {
		r.bad = true
		return 0
	}
	v := binary.LittleEndian.Uint32(r.b)
	r.b = r.b[4:]
	return v
}

// parseGroup reads a group record. Its index part is a piece of body.
func parseGroup(body []byte) (g group, ok bool) {
	r := groupReader{b: body}
	g.length, g.synced = int64(r.uvarint()), int64(r.uvarint())
	g.sum = r.uint32()
	g.wall, g.at = time.Unix(0, r.varint()).UTC(), time.Duration(r.varint())
	n := r.uvarint()
	// Each takes two bytes at least.
	if r.bad || g.length < 0 || g.synced < 0 || n > uint64(len(r.b)/2) {
		return g, false
	}
	for range n {
		g.last = append(g.last, trackTime{id: int(r.varint()), dts: r.varint()})
	}
	g.index = r.b
	return g, !r.bad
}

// record is one record of a journal; body is valid until the next.
type record struct {
	kind byte
	body []byte
	// end is the offset behind it.
	end int64
}

// records yields the whole records of a journal of that size. It stops at the first that is not whole; the
// error is one of reading.
func records(r io.ReaderAt, size int64) iter.Seq2[record, error] {
	return func(yield func(record, error) bool) {
		in := bufio.NewReaderSize(io.NewSectionReader(r, 0, size), 64<<10)
		magic := make([]byte, len(journalMagic))
		if _, err := io.ReadFull(in, magic); err != nil || string(magic) != journalMagic {
			yieldError(yield, err)
			return
		}
		at := int64(len(journalMagic))
		var prefix [journalPrefix]byte
		var body []byte
		for {
			if _, err := io.ReadFull(in, prefix[:]); err != nil {
				yieldError(yield, err)
				return
			}
			n := int64(binary.LittleEndian.Uint32(prefix[:]))
			if n < 1 || n > maxRecord || n > size-at-journalPrefix {
				return
			}
			// The journal is at least that long.
			body = slices.Grow(body[:0], int(n))
			b := body[:n]
			if _, err := io.ReadFull(in, b); err != nil {
				yieldError(yield, err)
				return
			}
			if crc32.Checksum(b, castagnoli) != binary.LittleEndian.Uint32(prefix[4:]) {
				return
			}
			at += journalPrefix + n
			if !yield(record{kind: b[0], body: b[1:], end: at}, nil) {
				return
			}
		}
	}
}

// yieldError yields an error of reading, but not one that only says that the journal ends.
func yieldError(yield func(record, error) bool, err error) {
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		yield(record{}, err)
	}
}
