package mp4

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"slices"
	"sort"
	"time"

	"aircheck/ingest/media"
	"aircheck/recorder/container"
)

// ErrLayout is returned, wrapped, for a file that cannot be shown in another layout.
var ErrLayout = errors.New("the file cannot be laid out anew")

// Layout is a file that exists only as a description: bytes of its own, and parts of another file. Reading it allocates nothing.
type Layout struct {
	own    []byte
	pieces []span
	size   int64
}

// span is a part of the layout: n bytes at at, which are at from in the other file, or in own.
type span struct {
	at, from, n int64
	own         bool
}

func (l *Layout) add(from, n int64, own bool) {
	if n <= 0 {
		return
	}
	if k := len(l.pieces) - 1; k >= 0 && l.pieces[k].own == own && l.pieces[k].from+l.pieces[k].n == from {
		l.pieces[k].n += n
	} else {
		l.pieces = append(l.pieces, span{at: l.size, from: from, n: n, own: own})
	}
	l.size += n
}

// Size is how long the file is, in bytes.
func (l *Layout) Size() int64 { return l.size }

// Memory is about how much memory it takes, in bytes.
func (l *Layout) Memory() int64 { return int64(len(l.own)) + 32*int64(len(l.pieces)) }

// Reader reads the file, of which r is the other one.
func (l *Layout) Reader(r io.ReaderAt) *io.SectionReader {
	return io.NewSectionReader(laidOut{l, r}, 0, l.size)
}

type laidOut struct {
	*Layout
	r io.ReaderAt
}

// ReadAt is io.ReaderAt's.
func (l laidOut) ReadAt(b []byte, off int64) (n int, err error) {
	i := sort.Search(len(l.pieces), func(i int) bool { return l.pieces[i].at+l.pieces[i].n > off })
	for ; i < len(l.pieces) && n < len(b); i++ {
		p := l.pieces[i]
		skip := off + int64(n) - p.at
		want := min(int64(len(b)-n), p.n-skip)
		if p.own {
			n += copy(b[n:], l.own[p.from+skip:p.from+skip+want])
			continue
		}
		m, err := l.r.ReadAt(b[n:n+int(want)], p.from+skip)
		if n += m; int64(m) < want {
			if err == nil || errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return n, err
		}
	}
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

// maxFast is the longest moov that is moved, in bytes: more than three days of recording.
const maxFast = 64 << 20

// MoveFront returns a classic file with its moov in front of its media: a player has the tables with the first bytes. ErrLayout if that
// is where it is, or its chunk offsets have no room.
func MoveFront(r io.ReaderAt, size int64) (*Layout, error) {
	c := container.NewCursor(r, 0, size)
	l := &Layout{}
	var rest []span
	var moov []byte
	var moovAt, before int64
	for n := 0; c.Left() > 0; n++ {
		h, err := peekHead(c)
		if err != nil || n > maxBoxes {
			return nil, torn(err)
		}
		at := c.Pos()
		switch {
		case h.kind == "moov" && moov == nil:
			if len(rest) == 0 || h.size > maxFast {
				return nil, fmt.Errorf("%w: its moov is in front, or has %d bytes", ErrLayout, h.size)
			}
			moovAt = at
			if moov, err = c.Read(h.size); err != nil {
				return nil, torn(err)
			}
			continue
		case h.kind == "moof":
			return nil, fmt.Errorf("%w: it is in fragments", ErrLayout)
		case n == 0 && h.kind == "ftyp":
			l.add(at, h.size, false)
			before = at + h.size
		default:
			rest = append(rest, span{from: at, n: h.size})
		}
		c.Skip(h.size)
	}
	if moov == nil || rest[0].from > moovAt {
		return nil, fmt.Errorf("%w: there is no moov behind media", ErrLayout)
	}
	if err := shiftChunks(moov, before, moovAt, int64(len(moov))); err != nil {
		return nil, err
	}
	l.own = moov
	l.add(0, int64(len(moov)), true)
	for _, s := range rest {
		l.add(s.from, s.n, false)
	}
	return l, nil
}

// shiftChunks moves the chunk offsets of a moov between two places by some bytes.
func shiftChunks(moov []byte, from, to, by int64) error {
	depth := 0
	var walk func(kind string, body []byte) error
	walk = func(kind string, body []byte) error {
		switch kind {
		case "moov", "trak", "mdia", "minf", "stbl":
			if depth++; depth > maxNesting+2 {
				return fmt.Errorf("%w: boxes nested too deeply", container.ErrCorrupt)
			}
			defer func() { depth-- }()
			return boxes(body, walk)
		case "stco":
			for b := entries(body, 4); len(b) >= 4; b = b[4:] {
				if at := int64(be.Uint32(b)); at >= from && at < to {
					if at += by; at > math.MaxUint32 {
						return fmt.Errorf("%w: a chunk offset has no room", ErrLayout)
					}
					be.PutUint32(b, uint32(at))
				}
			}
		case "co64":
			for b := entries(body, 8); len(b) >= 8; b = b[8:] {
				if at := be.Uint64(b); at >= uint64(from) && at < uint64(to) {
					be.PutUint64(b, at+uint64(by))
				}
			}
		}
		return nil
	}
	return boxes(moov, walk)
}

// chunkSpan is how much time the units of one chunk have in an excerpt.
const chunkSpan = time.Second / fragmentsPerSecond

// NewExcerpt returns a classic file, its moov in front, of some units of a movie that come in order of their times. ErrLayout if there
// are more than most, or their bytes cannot be taken over as they are.
func NewExcerpt(m *Movie, units iter.Seq[Located], most int) (*Layout, error) {
	x := excerpt{tracks: m.Tracks(), open: make([]run, len(m.Tracks()))}
	count := 0
	for u := range units {
		if count++; count > most || u.lengthSize != 4 && u.Track.Codec.Kind() == media.Video {
			return nil, fmt.Errorf("%w: more than %d units, or NAL units with other lengths", ErrLayout, most)
		}
		x.add(u)
	}
	x.flush()
	if count == 0 {
		return nil, fmt.Errorf("%w: no units", ErrLayout)
	}
	return x.layOut()
}

type excerpt struct {
	tracks []*media.Track
	begun  bool
	begin  time.Duration // of the chunks that are open
	open   []run
	where  [][]span // of the open runs' units, in the other file
	runs   []run
	from   []span
	size   int64 // of the media
}

func (x *excerpt) add(u Located) {
	if x.begun && u.Time-x.begin >= chunkSpan {
		x.flush()
	}
	if !x.begun {
		x.begun, x.begin = true, u.Time
		x.where = make([][]span, len(x.tracks))
	}
	i := slices.Index(x.tracks, u.Track)
	r := &x.open[i]
	s := sample{dts: u.DTS, offset: int32(u.PTS - u.DTS), size: uint32(u.Size), sync: u.RandomAccess}
	r.samples = append(r.samples, s)
	r.offsets = r.offsets || s.offset != 0
	w := x.where[i]
	if k := len(w) - 1; k >= 0 && w[k].from+w[k].n == u.Offset {
		w[k].n += int64(u.Size)
	} else {
		x.where[i] = append(w, span{from: u.Offset, n: int64(u.Size)})
	}
}

// flush ends the chunks.
func (x *excerpt) flush() {
	for i := range x.open {
		if r := &x.open[i]; len(r.samples) > 0 {
			r.track, r.offset = i, x.size
			x.size += r.bytes()
			x.runs = append(x.runs, *r)
			x.from = append(x.from, x.where[i]...)
			*r = run{}
		}
	}
	x.begun = false
}

func (x *excerpt) layOut() (*Layout, error) {
	ftyp, err := encode(newFtyp())
	if err != nil {
		return nil, err
	}
	// How long the moov is does not depend on the offsets that it has.
	moov, err := x.moov(0)
	if err != nil {
		return nil, err
	}
	head := int64(len(ftyp) + len(moov) + 2*boxHead)
	if moov, err = x.moov(head); err != nil {
		return nil, err
	}
	l := &Layout{own: append(append(ftyp, moov...), mdatHead(x.size+2*boxHead)...)}
	if int64(len(l.own)) != head {
		return nil, fmt.Errorf("%w: the moov changed its size", ErrLayout)
	}
	l.add(0, head, true)
	for _, s := range x.from {
		l.add(s.from, s.n, false)
	}
	return l, nil
}

// moov makes the moov of a file whose media begins at an offset.
func (x *excerpt) moov(at int64) ([]byte, error) {
	tables := make([]table, len(x.tracks))
	for i, t := range x.tracks {
		tables[i] = newTable(t, container.Unfinished{Size: x.size + maxFast})
	}
	for _, r := range x.runs {
		r.offset += at
		if err := tables[r.track].add(r); err != nil {
			return nil, err
		}
	}
	return encode(movieTimes(x.tracks, tables).moov(tables))
}
