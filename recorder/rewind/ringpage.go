package rewind

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"time"

	"aircheck/ingest/media"
)

// A page is a file of records, little endian:
//
//	 0  bytes of the body, 32 bits
//	 4  CRC-32C of all that follows, 32 bits
//	 8  kind, 8 bits
//	 9  flags, 8 bits
//	10  ID of the track, 16 bits
//	12  place of the record in the page, 32 bits
//	16  PTS, DTS, nanoseconds since 1970: 64 bits each
//	40  the body
//
// It begins with a head and the tracks in force; tracks that change, units and gaps follow in the order of arrival. A page that was ended
// properly has an index as its last record, and behind it pageTail bytes that tell where. One without, of a server that was killed, is
// read as a whole, and ends where a record is not right.
const (
	recordHeader = 40
	pageTail     = 12
	tailMagic    = 0x31474150 // "PAG1"
	pageVersion  = 1
)

// Limits of what a page holds.
const (
	maxUnit   = 64 << 20 // bytes of payload
	maxConfig = 1 << 20  // bytes of a codec's configuration
	maxHead   = 256 << 10
	maxIndex  = 8 << 20
	maxTracks = 32
	// readSize is how much of a page is read at once.
	readSize = 256 << 10
)

type recordKind uint8

const (
	headRecord recordKind = iota + 1
	trackRecord
	unitRecord
	gapRecord // its DTS is how long it is in nanoseconds, its PTS how many units are missing
	indexRecord
)

// Flags of units.
const (
	flagRandomAccess = 1 << iota
	// flagStart: all tracks can be read from here, see pageAccess.
	flagStart
)

// pageRecord is one of a page.
type pageRecord struct {
	kind     recordKind
	flags    uint8
	track    uint16
	pts, dts int64
	wall     int64
	body     []byte
}

// errDamaged is wrapped where a page does not hold what was written.
var errDamaged = errors.New("the page is damaged")

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// maxBody is the most that a record of a kind has; 0: there is no such kind.
func (k recordKind) maxBody() int64 {
	switch k {
	case headRecord, gapRecord:
		return maxHead
	case trackRecord:
		return 2 * maxConfig
	case unitRecord:
		return maxUnit
	case indexRecord:
		return maxIndex
	}
	return 0
}

// appendHeader appends the header of a record, whose body goes behind it.
func appendHeader(dst []byte, r *pageRecord, number uint32) []byte {
	at := len(dst)
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(r.body)))
	dst = append(dst, 0, 0, 0, 0, byte(r.kind), r.flags)
	dst = binary.LittleEndian.AppendUint16(dst, r.track)
	dst = binary.LittleEndian.AppendUint32(dst, number)
	dst = binary.LittleEndian.AppendUint64(dst, uint64(r.pts))
	dst = binary.LittleEndian.AppendUint64(dst, uint64(r.dts))
	dst = binary.LittleEndian.AppendUint64(dst, uint64(r.wall))
	sum := crc32.Update(crc32.Checksum(dst[at+8:], castagnoli), castagnoli, r.body)
	binary.LittleEndian.PutUint32(dst[at+4:], sum)
	return dst
}

// pageReader reads records one after the other. Bodies are the receiver's: what was read is not used again.
type pageReader struct {
	src io.ReaderAt
	// at is where the next record begins, end where reading ends.
	at, end int64
	// number is the place of the next record in the page; -1: any.
	number int64
	ahead  []byte // what was read behind at
}

// next returns a record and where it is. io.EOF at the end; errDamaged, wrapped; or what reading failed with.
func (r *pageReader) next() (rec pageRecord, at int64, err error) {
	at = r.at
	if r.at == r.end {
		return rec, at, io.EOF
	}
	h, err := r.peek(recordHeader)
	if err != nil {
		return rec, at, err
	}
	size := int64(binary.LittleEndian.Uint32(h))
	rec.kind = recordKind(h[8])
	if size > rec.kind.maxBody() {
		return rec, at, fmt.Errorf("%w: a record of kind %d with %d bytes at %d", errDamaged, rec.kind, size, at)
	}
	b, err := r.peek(recordHeader + int(size))
	if err != nil {
		return rec, at, err
	}
	if crc32.Checksum(b[8:], castagnoli) != binary.LittleEndian.Uint32(b[4:]) {
		return rec, at, fmt.Errorf("%w: the checksum at %d is wrong", errDamaged, at)
	}
	number := int64(binary.LittleEndian.Uint32(b[12:]))
	if r.number >= 0 && number != r.number {
		return rec, at, fmt.Errorf("%w: record %d at %d, in the place of %d", errDamaged, number, at, r.number)
	}
	rec.flags, rec.track = b[9], binary.LittleEndian.Uint16(b[10:])
	rec.pts, rec.dts = int64(binary.LittleEndian.Uint64(b[16:])), int64(binary.LittleEndian.Uint64(b[24:]))
	rec.wall, rec.body = int64(binary.LittleEndian.Uint64(b[32:])), b[recordHeader:len(b):len(b)]
	r.number = number + 1
	r.at, r.ahead = r.at+int64(len(b)), r.ahead[len(b):]
	return rec, at, nil
}

// peek returns the next n bytes, which are not used up.
func (r *pageReader) peek(n int) ([]byte, error) {
	if n <= len(r.ahead) {
		return r.ahead[:n], nil
	}
	left := r.end - r.at
	if int64(n) > left {
		return nil, fmt.Errorf("%w: it ends within the record at %d", errDamaged, r.at)
	}
	buf := make([]byte, min(int64(max(n, readSize)), left))
	have := copy(buf, r.ahead)
	got, err := r.src.ReadAt(buf[have:], r.at+int64(have))
	r.ahead = buf[:have+got]
	switch {
	case len(r.ahead) >= n:
		return r.ahead[:n], nil
	case err == nil || errors.Is(err, io.EOF):
		return nil, fmt.Errorf("%w: it ends within the record at %d", errDamaged, r.at)
	}
	return nil, err
}

// pageHead is the body of a head.
type pageHead struct {
	Version int             `json:"version"`
	Key     media.StreamKey `json:"key"`
	Session string          `json:"session"`
	Params  string          `json:"params,omitempty"`
}

func (h pageHead) record() (pageRecord, error) {
	h.Version = pageVersion
	body, err := json.Marshal(h)
	if err == nil && len(body) > maxHead {
		err = fmt.Errorf("the head of a page would have %d bytes", len(body))
	}
	return pageRecord{kind: headRecord, body: body}, err
}

// storedTrack is the body of a track.
type storedTrack struct {
	ID        int        `json:"id"`
	Codec     string     `json:"codec"`
	Kind      media.Kind `json:"kind"`
	Timescale uint32     `json:"timescale"`
	Config    []byte     `json:"config,omitempty"`
}

func recordOf(t *media.Track) (pageRecord, error) {
	body, err := json.Marshal(storedTrack{t.ID, t.Codec.Name(), t.Codec.Kind(), t.Timescale, t.Codec.Config()})
	return pageRecord{kind: trackRecord, track: uint16(t.ID), body: body}, err
}

// trackOf reads a track.
func trackOf(r *pageRecord) (*media.Track, error) {
	var s storedTrack
	if err := json.Unmarshal(r.body, &s); err != nil {
		return nil, fmt.Errorf("%w: a track: %w", errDamaged, err)
	}
	if s.ID != int(r.track) || s.Timescale == 0 || s.Kind != media.Video && s.Kind != media.Audio || len(s.Config) > maxConfig {
		return nil, fmt.Errorf("%w: track %d as track %d, kind %d, clock rate %d", errDamaged, s.ID, r.track, s.Kind, s.Timescale)
	}
	c, err := media.New(s.Codec, s.Kind, s.Config)
	if err != nil {
		return nil, fmt.Errorf("%w: track %d: %w", errDamaged, s.ID, err)
	}
	if c.Kind() != s.Kind {
		return nil, fmt.Errorf("%w: track %d of %s is no %s", errDamaged, s.ID, c.Name(), s.Kind)
	}
	return &media.Track{ID: s.ID, Codec: c, Timescale: s.Timescale}, nil
}

func gapRecordOf(g Gap) pageRecord {
	return pageRecord{
		kind: gapRecord, wall: g.At.UnixNano(), dts: int64(g.Length), pts: int64(g.Units), body: []byte(g.Reason),
	}
}

func gapOf(r *pageRecord) Gap {
	return Gap{At: time.Unix(0, r.wall), Length: time.Duration(r.dts), Units: int(r.pts), Reason: string(r.body)}
}

// unitRecordOf returns the record of a unit, whose payload it shares.
func unitRecordOf(u *media.Unit, start bool) pageRecord {
	r := pageRecord{kind: unitRecord, track: uint16(u.Track.ID), pts: u.PTS, dts: u.DTS, wall: u.Wall.UnixNano(), body: u.Payload}
	if u.RandomAccess {
		r.flags |= flagRandomAccess
	}
	if start {
		r.flags |= flagStart
	}
	return r
}

// unitOf makes a unit of a record, whose body it shares.
func unitOf(r *pageRecord, t *media.Track) *media.Unit {
	return &media.Unit{
		Track: t, PTS: r.pts, DTS: r.dts, Wall: time.Unix(0, r.wall), RandomAccess: r.flags&flagRandomAccess != 0, Payload: r.body,
	}
}
