package rewind

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"aircheck/ingest/media"
)

const (
	// entryEvery is how far apart the entries of an index are at least; between them is looked for in the page.
	entryEvery = time.Second
	// quiet is after how long without pictures sound alone counts as a place to begin at, and how long before the first pictures
	// sound does not.
	quiet = 10 * time.Second
)

// pageEntry is a place to begin reading at.
type pageEntry struct {
	wall, at int64
	video    bool
}

// trackAt is a track, in force from a record of the page on.
type trackAt struct {
	at    int64
	track *media.Track
}

// pageIndex is what is known of a page without reading it.
type pageIndex struct {
	// size is how much of the file is right, without its own index; first and last are when its first and last unit came, in
	// nanoseconds since 1970.
	size        int64
	first, last int64
	units       int
	entries     []pageEntry
	tracks      []trackAt
	gaps        []Gap
	ended       bool // the index was in the file
}

// add notes what b says of the records that were written behind those that x knows of.
func (x *pageIndex) add(b *pageIndex) {
	if x.units == 0 {
		x.first = b.first
	}
	if b.units > 0 {
		x.last = b.last
	}
	x.units += b.units
	for _, e := range b.entries {
		x.addEntry(e)
	}
	x.tracks = append(x.tracks, b.tracks...)
	x.gaps = append(x.gaps, b.gaps...)
	x.size = b.size
}

// addUnit notes a unit.
func (x *pageIndex) addUnit(wall, at int64, start, video bool) {
	if x.units == 0 {
		x.first = wall
	}
	x.units++
	x.last = wall
	if start {
		x.addEntry(pageEntry{wall: wall, at: at, video: video})
	}
}

// addEntry notes a place to begin at, unless there is one near. Pictures push out what sound there was shortly before them.
func (x *pageIndex) addEntry(e pageEntry) {
	n := len(x.entries)
	for n > 0 && e.video && !x.entries[n-1].video && time.Duration(e.wall-x.entries[n-1].wall) < quiet {
		n--
	}
	if n < len(x.entries) {
		x.entries = x.entries[:n:n] // who reads has the old ones
	}
	if n > 0 {
		if since := time.Duration(e.wall - x.entries[n-1].wall); since >= 0 && since < entryEvery {
			return
		}
	}
	x.entries = append(x.entries, e)
}

// inForce returns the tracks that units from a place on refer to, by ID.
func (x *pageIndex) inForce(at int64) map[int]*media.Track {
	out := map[int]*media.Track{}
	for _, t := range x.tracks {
		if t.at < at {
			out[t.track.ID] = t.track
		}
	}
	return out
}

// trackAt returns the track whose record is at a place, or nil.
func (x *pageIndex) trackAt(at int64) *media.Track {
	i, ok := slices.BinarySearchFunc(x.tracks, at, func(t trackAt, at int64) int { return cmp.Compare(t.at, at) })
	if !ok {
		return nil
	}
	return x.tracks[i].track
}

// storedIndex is the body of an index. Entries are wall, place and 1 for pictures, tracks and gaps are where their records are.
type storedIndex struct {
	First   int64      `json:"first"`
	Last    int64      `json:"last"`
	Units   int        `json:"units"`
	Entries [][3]int64 `json:"entries"`
	Tracks  []int64    `json:"tracks"`
	Gaps    []Gap      `json:"gaps,omitempty"`
}

// appendIndex appends the index of a page, and the tail behind it.
func appendIndex(dst []byte, x *pageIndex, number uint32) ([]byte, error) {
	s := storedIndex{First: x.first, Last: x.last, Units: x.units, Gaps: x.gaps}
	for _, e := range x.entries {
		row := [3]int64{e.wall, e.at}
		if e.video {
			row[2] = 1
		}
		s.Entries = append(s.Entries, row)
	}
	for _, t := range x.tracks {
		s.Tracks = append(s.Tracks, t.at)
	}
	body, err := json.Marshal(s)
	if err != nil || len(body) > maxIndex {
		return dst, errors.Join(err, fmt.Errorf("an index of %d bytes", len(body)))
	}
	dst = append(appendHeader(dst, &pageRecord{kind: indexRecord, body: body}, number), body...)
	dst = binary.LittleEndian.AppendUint64(dst, uint64(x.size))
	return binary.LittleEndian.AppendUint32(dst, tailMagic), nil
}

// readPage finds out what a page of so many bytes holds: from its index, or else by reading all of it up to the first record that is
// not right. It fails with errDamaged, wrapped, where there is not even a head, or with what reading failed with.
func readPage(src io.ReaderAt, size int64) (pageHead, *pageIndex, error) {
	r := &pageReader{src: src, end: size}
	head, err := readHead(r)
	if err != nil {
		return head, nil, err
	}
	x, err := readIndex(src, size)
	if errors.Is(err, errDamaged) {
		x, err = scanPage(r)
	}
	return head, x, err
}

func readHead(r *pageReader) (h pageHead, err error) {
	rec, _, err := r.next()
	if errors.Is(err, io.EOF) {
		return h, fmt.Errorf("%w: it is empty", errDamaged)
	}
	if err != nil {
		return h, err
	}
	if rec.kind != headRecord {
		return h, fmt.Errorf("%w: it begins with a record of kind %d", errDamaged, rec.kind)
	}
	if err := json.NewDecoder(bytes.NewReader(rec.body)).Decode(&h); err != nil {
		return h, fmt.Errorf("%w: its head: %w", errDamaged, err)
	}
	if h.Version != pageVersion {
		return h, fmt.Errorf("%w: version %d", errDamaged, h.Version)
	}
	return h, nil
}

// scanPage reads all records behind the head. What is not right ends the page.
func scanPage(r *pageReader) (*pageIndex, error) {
	x := &pageIndex{size: r.at}
	tracks := map[int]*media.Track{}
	for {
		rec, at, err := r.next()
		switch {
		case errors.Is(err, io.EOF) || errors.Is(err, errDamaged) || err == nil && rec.kind == indexRecord:
			return x, nil
		case err != nil:
			return nil, err
		}
		if !x.note(&rec, at, tracks) {
			return x, nil
		}
		x.size = r.at
	}
}

// note takes a record that was read into the index. It reports false if it cannot be right.
func (x *pageIndex) note(rec *pageRecord, at int64, tracks map[int]*media.Track) bool {
	switch rec.kind {
	case trackRecord:
		t, err := trackOf(rec)
		if err != nil || len(tracks) >= maxTracks && tracks[t.ID] == nil {
			return false
		}
		tracks[t.ID] = t
		x.tracks = append(x.tracks, trackAt{at, t})
	case unitRecord:
		t := tracks[int(rec.track)]
		if t == nil {
			return false
		}
		x.addUnit(rec.wall, at, rec.flags&flagStart != 0, t.Codec.Kind() == media.Video)
	case gapRecord:
		x.gaps = append(x.gaps, gapOf(rec))
	default:
		return false
	}
	return true
}

// readIndex reads the index that ends a page. errDamaged if there is none that is right.
func readIndex(src io.ReaderAt, size int64) (*pageIndex, error) {
	tail := make([]byte, pageTail)
	if size < pageTail+recordHeader {
		return nil, errDamaged
	}
	if _, err := src.ReadAt(tail, size-pageTail); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	at := binary.LittleEndian.Uint64(tail)
	if binary.LittleEndian.Uint32(tail[8:]) != tailMagic || at > uint64(size-pageTail-recordHeader) {
		return nil, errDamaged
	}
	r := &pageReader{src: src, at: int64(at), end: size - pageTail, number: -1}
	rec, _, err := r.next()
	if err != nil {
		return nil, err
	}
	var s storedIndex
	if rec.kind != indexRecord || r.at != r.end || json.Unmarshal(rec.body, &s) != nil {
		return nil, errDamaged
	}
	return s.index(src, int64(at))
}

// index checks what was stored for a page whose records have so many bytes, and reads the tracks.
func (s *storedIndex) index(src io.ReaderAt, size int64) (*pageIndex, error) {
	x := &pageIndex{size: size, first: s.First, last: s.Last, units: s.Units, gaps: s.Gaps, ended: true}
	last := int64(0)
	for _, e := range s.Entries {
		if e[1] <= last || e[1] >= size {
			return nil, errDamaged
		}
		last = e[1]
		x.entries = append(x.entries, pageEntry{wall: e[0], at: e[1], video: e[2] == 1})
	}
	last = 0
	for _, at := range s.Tracks {
		if at <= last || at >= size {
			return nil, errDamaged
		}
		last = at
		r := &pageReader{src: src, at: at, end: size, number: -1}
		rec, _, err := r.next()
		if err != nil {
			return nil, err
		}
		if rec.kind != trackRecord {
			return nil, errDamaged
		}
		t, err := trackOf(&rec)
		if err != nil {
			return nil, err
		}
		x.tracks = append(x.tracks, trackAt{at, t})
	}
	return x, nil
}
