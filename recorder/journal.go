package recorder

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"iter"
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
		codec, err := media.New(t.Codec, t.Kind, t.Config)
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
		var body bytes.Buffer
		for {
			if _, err := io.ReadFull(in, prefix[:]); err != nil {
				yieldError(yield, err)
				return
			}
			n := int64(binary.LittleEndian.Uint32(prefix[:]))
			if n < 1 || n > maxRecord || n > size-at-journalPrefix {
				return
			}
			body.Reset()
			if _, err := io.CopyN(&body, in, n); err != nil {
				yieldError(yield, err)
				return
			}
			b := body.Bytes()
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

// mark is the end of a group: in the file, and in the journal.
type mark struct {
	length int64
	sum    uint32
	end    int64
	// tracks are those in force there.
	tracks []*media.Track
}

// journal is what a journal says.
type journal struct {
	head journalHead
	// tracks are those that the file began with, now those in force.
	tracks, now []*media.Track
	// marks are the last group known to be durable, or the beginning, and all groups after it.
	marks []mark
	// synced is how much of the file is known to be durable.
	synced int64
	wall   time.Time
	at     time.Duration
	gaps   []Gap
	ended  *journalEnd
	key    *journalKey
	// size is how much of the journal is valid.
	size int64
}

// length is how much of the file the journal knows to be whole.
func (j *journal) length() int64 { return j.marks[len(j.marks)-1].length }

// readJournal reads a journal of that size. It returns errBadJournal, wrapped, if not even its head is whole.
func readJournal(r io.ReaderAt, size int64) (*journal, error) {
	j := &journal{}
	for rec, err := range records(r, size) {
		if err != nil {
			return nil, fmt.Errorf("read the journal: %w", err)
		}
		if j.marks == nil {
			if err := j.begin(rec); err != nil {
				return nil, err
			}
		} else if !j.add(rec) {
			break
		}
		j.size = rec.end
	}
	if j.marks == nil {
		return nil, errBadJournal
	}
	return j, nil
}

func (j *journal) begin(rec record) error {
	if rec.kind != recHead {
		return errBadJournal
	}
	if err := json.Unmarshal(rec.body, &j.head); err != nil {
		return fmt.Errorf("%w: %w", errBadJournal, err)
	}
	if j.head.Version != journalVersion || j.head.FileID <= 0 || len(j.head.Tracks) == 0 {
		return fmt.Errorf("%w: version %d, file %d, %d tracks", errBadJournal,
			j.head.Version, j.head.FileID, len(j.head.Tracks))
	}
	var err error
	if j.tracks, err = j.head.Tracks.tracks(); err != nil {
		return fmt.Errorf("%w: %w", errBadJournal, err)
	}
	j.now = j.tracks
	j.wall = j.head.Start
	j.marks = []mark{{end: rec.end, tracks: j.now}}
	return nil
}

// add takes the next record, and reports whether it makes sense.
func (j *journal) add(rec record) bool {
	switch rec.kind {
	case recGroup:
		g, ok := parseGroup(rec.body)
		if !ok || g.length < j.length() || g.synced > g.length {
			return false
		}
		j.wall, j.at, j.ended = g.wall, g.at, nil
		j.marks = append(j.marks, mark{length: g.length, sum: g.sum, end: rec.end, tracks: j.now})
		j.forget(g.synced)
		return true
	case recIndex:
		return true
	case recTracks:
		var list journalTracks
		if json.Unmarshal(rec.body, &list) != nil {
			return false
		}
		var err error
		j.now, err = list.tracks()
		return err == nil
	case recGap:
		var g Gap
		if json.Unmarshal(rec.body, &g) != nil {
			return false
		}
		j.gaps = append(j.gaps, g)
		return true
	case recEnd:
		j.ended = &journalEnd{}
		return json.Unmarshal(rec.body, j.ended) == nil
	case recKey:
		// A file gets its name once it is durable.
		j.forget(j.length())
		j.key = &journalKey{}
		return json.Unmarshal(rec.body, j.key) == nil
	}
	return false
}

// forget drops the marks before the last that is durable: they need not be verified any more.
func (j *journal) forget(synced int64) {
	j.synced = max(j.synced, synced)
	keep := 0
	for i, m := range j.marks {
		if m.length <= j.synced {
			keep = i
		}
	}
	if keep > 0 {
		j.marks = append(j.marks[:0], j.marks[keep:]...)
	}
}

// index yields the index parts of a journal up to its end, the end of a group record.
func index(r io.ReaderAt, end int64) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for rec, err := range records(r, end) {
			part := rec.body
			switch rec.kind {
			case recGroup:
				g, _ := parseGroup(rec.body)
				part = g.index
			case recIndex:
			default:
				part = nil
			}
			if err == nil && len(part) == 0 {
				continue
			}
			if !yield(part, err) {
				return
			}
		}
	}
}
