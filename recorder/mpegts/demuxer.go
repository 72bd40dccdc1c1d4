package mpegts

import (
	"bytes"
	"fmt"
	"io"
	"slices"

	"aircheck/ingest/media"
	"aircheck/recorder/container"
)

// Packet is what a Demuxer finds.
type Packet struct {
	// Tables: PAT and PMT were read. Of the rest only Changed, Discontinuity, Offset and End are set.
	Tables bool
	// Changed: the PMT is another one than that before it. Of the first one in a file it is not set.
	Changed bool
	// Discontinuity: the tables carry discontinuity_indicator, and so does the next packet of each track.
	Discontinuity bool
	// Offset is where it begins in the file, End where it ends.
	Offset, End int64
	// Track is the position of the track.
	Track int
	// DTS and PTS are ticks of 90 kHz, 33 bits.
	DTS, PTS     int64
	RandomAccess bool
	// Payload is as media.Unit has it, valid until the next call, and never empty. Of H.264 the delimiter in front is left
	// out, and so are those parameter sets behind it that are the track's, whether the Muxer put them there or the unit had
	// them itself.
	Payload []byte
}

// Demuxer reads a stream of Muxer.
type Demuxer struct {
	r      io.ReaderAt
	cursor *container.Cursor
	from   int64
	size   int64
	valid  int64
	err    error
	ahead  bool // it reads for another one's parameters

	program program
	tracks  []*media.Track
	pmt     []byte // the section in force; nil as long as it is not known
	// counters are the next continuity_counters, below 0 where not known.
	counters [counters]int8
	// marked are the streams whose next packet must carry discontinuity_indicator, unsure those of which that is not known,
	// fresh those without a unit since the tables. One bit each.
	marked, unsure, fresh uint32

	buf     []byte // payload of a unit
	scratch [packetSize]byte
}

// NewDemuxer reads the first size bytes of r from offset from, where a unit or tables begin. tracks are those in force
// there, in the order of their PIDs; they may be nil where tables begin. Nothing is held against the bytes before from, but
// the last PMT in them is looked up when the first one follows.
func NewDemuxer(r io.ReaderAt, from, size int64, tracks []*media.Track) *Demuxer {
	d := &Demuxer{r: r, cursor: container.NewCursor(r, from, size), from: from, size: size, valid: from, unsure: ^uint32(0)}
	for i := range d.counters {
		d.counters[i] = -1
	}
	if from < 0 || from > size {
		d.err = fmt.Errorf("%w: read from %d in a file of %d bytes", container.ErrCorrupt, from, size)
	} else if len(tracks) > 0 {
		d.program, d.err = newProgram(tracks)
		d.tracks = slices.Clone(tracks)
	}
	return d
}

// Tracks returns the tracks in force, in the order of their PIDs, in a slice that is not modified later: those given, or as
// rebuilt with IDs from 1 on and a clock rate of 90 kHz. The parameters stand in the first unit of each track, which is
// looked up up to the next tables; the Codec of a track without units there is nil until one was read.
func (d *Demuxer) Tracks() []*media.Track { return d.tracks }

// Valid returns the end of the last packet that is whole.
func (d *Demuxer) Valid() int64 { return d.valid }

// Next returns what follows. The error is io.EOF at the end of the file, io.ErrUnexpectedEOF when what is last is cut short,
// container.ErrCorrupt, wrapped, for what Muxer does not write, container.ErrUnsupported, wrapped, for tracks given that it
// does not carry, or one of the reader. It is the same ever after.
func (d *Demuxer) Next() (Packet, error) {
	if d.err != nil {
		return Packet{}, d.err
	}
	p, err := d.next()
	if err != nil {
		d.err = err
		return Packet{}, err
	}
	d.valid = p.End
	return p, nil
}

func (d *Demuxer) next() (Packet, error) {
	p := Packet{Offset: d.cursor.Pos()}
	if d.cursor.Left() == 0 {
		return p, io.EOF
	}
	b, err := d.cursor.Peek(int(min(d.cursor.Left(), packetSize)))
	switch {
	case err != nil:
		return p, err
	case b[0] != syncByte:
		return p, d.corrupt("no sync byte")
	case len(b) < packetSize:
		return p, io.ErrUnexpectedEOF
	}
	pid := int(b[1]&0x1f)<<8 | int(b[2])
	if i := pid - pidTracks; i >= 0 && i < len(d.program.streams) {
		p.Track = i
		err = d.unit(&p, b)
	} else if pid == pidPAT {
		p.Tables = true
		err = d.tables(&p)
	} else {
		err = d.corrupt("nothing is expected on PID %#x", pid)
	}
	p.End = d.cursor.Pos()
	return p, err
}

func (d *Demuxer) corrupt(format string, args ...any) error {
	return fmt.Errorf("%w: at %d: %s", container.ErrCorrupt, d.cursor.Pos(), fmt.Sprintf(format, args...))
}

// count checks a continuity_counter and moves it on.
func (d *Demuxer) count(i int, counter byte) error {
	if want := d.counters[i]; want >= 0 && counter != byte(want) {
		return d.corrupt("continuity_counter does not go on")
	}
	d.counters[i] = int8(counter+1) & 0xf
	return nil
}

// tables reads PAT and PMT.
func (d *Demuxer) tables(p *Packet) error {
	b, err := d.cursor.Peek(int(min(d.cursor.Left(), 2*packetSize)))
	if err != nil {
		return err
	}
	pat, ok := isPAT(b[:packetSize])
	if !ok {
		return d.corrupt("bad PAT")
	}
	if err := d.count(counterPAT, pat.counter); err != nil {
		return err
	}
	if len(b) < 2*packetSize {
		return io.ErrUnexpectedEOF
	}
	pmt, program, ok := parsePMT(b[packetSize:])
	if !ok || pmt.mark != pat.mark {
		return d.corrupt("bad PMT")
	}
	if err := d.count(counterPMT, pmt.counter); err != nil {
		return err
	}
	d.cursor.Skip(2 * packetSize)
	p.Discontinuity = pat.mark
	p.Changed, err = d.change(pmt, program)
	return err
}

// change takes a PMT, and reports whether the one before was another.
func (d *Demuxer) change(pmt table, p program) (changed bool, err error) {
	if d.pmt == nil {
		if d.pmt, err = d.lookBack(); err != nil {
			return false, err
		}
	}
	known := len(d.tracks) > 0
	same := bytes.Equal(d.pmt, pmt.section)
	changed = !same && (d.pmt != nil || known && d.from > 0)
	d.pmt = pmt.section
	if same && known {
		d.renew(pmt.mark)
		return false, nil
	}
	d.program, d.tracks = p, make([]*media.Track, len(p.streams))
	for i := range d.tracks {
		d.tracks[i] = &media.Track{ID: i + 1, Timescale: 90000}
		p.streams[i].track = d.tracks[i]
	}
	d.renew(pmt.mark)
	if !d.ahead {
		d.lookAhead()
	}
	return changed, nil
}

// renew makes every stream begin afresh, as Muxer.Tables does.
func (d *Demuxer) renew(mark bool) {
	all := d.program.all()
	d.fresh = all
	d.unsure &= all
	d.marked &= all
	if mark {
		d.marked, d.unsure = all, 0
	}
}

// lookBack returns the last PMT in front of where reading began, or nil if there is none.
func (d *Demuxer) lookBack() ([]byte, error) {
	const step = 256 * packetSize
	var b []byte
	for end := d.from; end >= packetSize; end -= int64(len(b)) {
		b = slices.Grow(b[:0], step)[:min(step, end-end%packetSize)]
		if _, err := io.ReadFull(io.NewSectionReader(d.r, end-int64(len(b)), int64(len(b))), b); err != nil {
			return nil, fmt.Errorf("look for the last PMT: %w", err)
		}
		for at := len(b) - packetSize; at >= 0; at -= packetSize {
			if t, _, ok := parsePMT(b[at : at+packetSize]); ok {
				return t.section, nil
			}
		}
	}
	return nil, nil
}

// lookAhead reads the parameters of new tracks.
func (d *Demuxer) lookAhead() {
	unknown := func(t *media.Track) bool { return t.Codec == nil }
	ahead := *d
	ahead.ahead, ahead.buf = true, nil
	ahead.cursor = container.NewCursor(d.r, d.cursor.Pos(), d.size)
	ahead.program.streams = slices.Clone(d.program.streams)
	for slices.ContainsFunc(ahead.tracks, unknown) {
		// What fails here is told by those who come to it.
		if p, err := ahead.Next(); err != nil || p.Tables {
			break
		}
		d.tracks, d.program = ahead.tracks, ahead.program
	}
}

// unit reads a unit, whose first TS packet b is.
func (d *Demuxer) unit(p *Packet, b []byte) error {
	i, bit := p.Track, uint32(1)<<p.Track
	s := &d.program.streams[i]
	h, ok := parseHead(b)
	if !ok {
		return d.corrupt("bad head of a unit")
	}
	h.id, h.clock = s.id, i == d.program.clock
	if s.kind == media.Audio {
		h.random = !d.program.video
	}
	if d.unsure&bit == 0 {
		h.mark = d.marked&bit != 0
	}
	head := h.append(d.scratch[:0])
	if !bytes.HasPrefix(b, head) {
		return d.corrupt("bad head of a unit")
	}
	fresh := d.fresh&bit != 0
	d.marked &^= bit
	d.unsure &^= bit
	d.fresh &^= bit
	if err := d.count(i, h.counter); err != nil {
		return err
	}
	d.buf = append(slices.Grow(d.buf[:0], int(min(int64(h.size), d.cursor.Left(), firstGrow))), b[len(head):]...)
	d.cursor.Skip(packetSize)
	if err := d.rest(h); err != nil {
		return err
	}
	if err := d.checkTail(); err != nil {
		return err
	}
	p.DTS, p.PTS = h.dts, h.pts
	var err error
	if s.kind == media.Audio {
		p.RandomAccess = true
		p.Payload, err = d.sound(i, d.buf)
	} else {
		p.RandomAccess = h.random
		p.Payload, err = d.picture(i, d.buf, fresh || h.random)
	}
	return err
}

// firstGrow is how much of a unit is believed in before it is read.
const firstGrow = 1 << 20

// batch is how many TS packets are looked at together.
const batch = 16

// rest reads the TS packets of a unit behind the first one.
func (d *Demuxer) rest(h head) error {
	for left := h.size - len(d.buf); left > 0; left = h.size - len(d.buf) {
		n := min((left+roomSize-1)/roomSize, batch, int(min(d.cursor.Left()/packetSize, batch)))
		if n == 0 {
			return io.ErrUnexpectedEOF
		}
		b, err := d.cursor.Peek(n * packetSize)
		if err != nil {
			return err
		}
		for ; len(b) > 0; b = b[packetSize:] {
			if err := d.more(h, b[:packetSize]); err != nil {
				return err
			}
			d.cursor.Skip(packetSize)
		}
	}
	return nil
}

// more reads one of the packets of rest.
func (d *Demuxer) more(h head, b []byte) error {
	room := min(h.size-len(d.buf), roomSize)
	if err := d.count(h.pid-pidTracks, b[3]&0xf); err != nil {
		return err
	}
	stuffing := roomSize - room
	head := appendPacketHead(d.scratch[:0], h.pid, b[3]&0xf, false, stuffing > 0)
	head = appendStuffing(head, stuffing, false)
	if !bytes.HasPrefix(b, head) {
		return d.corrupt("bad packet within a unit")
	}
	d.buf = append(d.buf, b[len(head):]...)
	return nil
}

// checkTail looks for zeros that begin in the last packet of a unit where data never reached the disk. Such a page takes a
// sync byte with it, but where it ends the file.
func (d *Demuxer) checkTail() error {
	if d.buf[len(d.buf)-1] != 0 {
		return nil
	}
	if d.cursor.Left() == 0 {
		var zeros container.Blank
		if zeros.Add(d.buf[max(len(d.buf)-roomSize, 0):]); zeros.Tail(d.cursor.Pos()) {
			return io.ErrUnexpectedEOF
		}
		return nil
	}
	b, err := d.cursor.Peek(1)
	if err == nil && b[0] != syncByte {
		err = d.corrupt("no sync byte")
	}
	return err
}
