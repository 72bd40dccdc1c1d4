package mpegts

import (
	"errors"
	"fmt"
	"slices"

	"aircheck/ingest/media"
	"aircheck/recorder/container"
)

// Muxer writes one transport stream: one program, its PMT on PID 0x1000, its tracks on PIDs 0x100, 0x101 and so on in the
// order given.
type Muxer struct {
	program  program
	pat, pmt []byte // sections
	version  byte
	// counters are the next continuity_counters.
	counters [counters]byte
	// marked are the streams whose next packet carries discontinuity_indicator, fresh those without a unit since the tables.
	// One bit each.
	marked, fresh uint32
}

// NewMuxer starts a stream, with Tables to be written first. It returns container.ErrUnsupported, wrapped, naming codec and
// track, for what Supports does not, and unless there are 1 to 32 tracks.
func NewMuxer(tracks []*media.Track) (*Muxer, error) {
	p, err := newProgram(tracks)
	if err != nil {
		return nil, err
	}
	return &Muxer{program: p, pat: appendPAT(nil), pmt: p.appendPMT(nil, 0)}, nil
}

// SetTracks goes on with other tracks; Tables are to be written next. The errors are those of NewMuxer, and then nothing
// changes.
func (m *Muxer) SetTracks(tracks []*media.Track) error {
	p, err := newProgram(tracks)
	if err != nil {
		return err
	}
	m.program, m.version = p, (m.version+1)&0x1f
	m.pmt = p.appendPMT(nil, m.version)
	return nil
}

var errEmpty = errors.New("unit without payload")

// Check reports whether Append takes a unit: of one of the tracks, not empty, H.264 a whole sequence of NAL units with one
// at least that is not empty, AAC no longer than an ADTS frame holds, MP3 and AC-3 with the header of a frame in front.
func (m *Muxer) Check(u *media.Unit) error {
	i := m.position(u.Track.ID)
	if i < 0 {
		return fmt.Errorf("track %d is not a track of this transport stream", u.Track.ID)
	}
	s, n := &m.program.streams[i], len(u.Payload)
	switch {
	case n == 0:
		return errEmpty
	case s.streamType == typeAAC && n > container.MaxADTSPayload:
		return fmt.Errorf("%d bytes are more than the %d an ADTS frame holds", n, container.MaxADTSPayload)
	case n > maxPES-s.setsSize-64: // 64: delimiter and PES header
		return fmt.Errorf("%d bytes are more than a PES packet holds", n)
	case s.kind == media.Video:
		return checkNALUs(u.Payload)
	case s.streamType != typeAAC && !isFrame(s.track.Codec, u.Payload):
		return fmt.Errorf("no frame of %s", s.track.Codec.Name())
	}
	return nil
}

// position returns the position of the track with that id, or -1.
func (m *Muxer) position(id int) int {
	for i := range m.program.streams {
		if m.program.streams[i].track.ID == id {
			return i
		}
	}
	return -1
}

// Tables appends PAT and PMT, a packet each. With discontinuity they, and the next packet of each track, carry
// discontinuity_indicator (ISO 2.4.3.5): the time base changes, or the tracks do.
func (m *Muxer) Tables(dst []byte, discontinuity bool) []byte {
	dst = appendTable(dst, pidPAT, m.count(counterPAT), discontinuity, m.pat)
	dst = appendTable(dst, pidPMT, m.count(counterPMT), discontinuity, m.pmt)
	m.fresh = m.program.all()
	m.marked &= m.fresh
	if discontinuity {
		m.marked = m.fresh
	}
	return dst
}

// count returns a continuity_counter and moves it on.
func (m *Muxer) count(i int) byte {
	c := m.counters[i]
	m.counters[i] = (c + 1) & 0xf
	return c
}

// Append appends a unit that Check takes, as one PES packet. Its times are ticks of 90 kHz, of which 33 bits are written.
func (m *Muxer) Append(dst []byte, u *media.Unit, dts, pts int64) []byte {
	i := m.position(u.Track.ID)
	s, bit := &m.program.streams[i], uint32(1)<<i
	h := head{
		pid: pidTracks + i, id: s.id, dts: dts & timeMask, pts: pts & timeMask,
		mark: m.marked&bit != 0, clock: i == m.program.clock,
	}
	fresh := m.fresh&bit != 0
	m.marked &^= bit
	m.fresh &^= bit
	if s.kind == media.Audio {
		var adts [container.ADTSSize]byte
		head := adts[:0]
		if s.streamType == typeAAC {
			head = s.adts.Append(head, len(u.Payload))
		}
		h.random, h.size = !m.program.video, len(head)+len(u.Payload)
		p := newPacker(dst, h, &m.counters[i])
		p.write(head)
		p.write(u.Payload)
		return p.dst
	}
	o := survey(u.Payload)
	sets := s.sets
	if o.sets || !u.RandomAccess && !fresh {
		sets = nil
	}
	h.random, h.size = u.RandomAccess, o.size
	if !o.delimited {
		h.size += len(startCode) + len(delimiter)
	}
	if sets != nil {
		h.size += s.setsSize
	}
	p := newPacker(dst, h, &m.counters[i])
	p.picture(u.Payload, o.delimited, sets)
	return p.dst
}

// packer spreads a PES packet over TS packets.
type packer struct {
	dst []byte
	// at is where the next byte goes, room how many bytes of payload the current TS packet still takes, left how many those
	// behind it are going to take.
	at, room, left int
	pid            int
	counter        *byte
}

// newPacker appends the head, and makes room for all of its payload.
func newPacker(dst []byte, h head, counter *byte) packer {
	start := len(dst)
	h.counter = *counter
	*counter = (*counter + 1) & 0xf
	dst = h.append(slices.Grow(dst, packetSize))
	room := packetSize - (len(dst) - start)
	p := packer{at: len(dst), room: room, left: h.size - room, pid: h.pid, counter: counter}
	end := start + packetSize*(1+(p.left+roomSize-1)/roomSize)
	p.dst = slices.Grow(dst, end-len(dst))[:end]
	return p
}

// picture writes NAL units with start codes, and what the unit does not have in front of them.
func (p *packer) picture(payload []byte, delimited bool, sets [][]byte) {
	if !delimited {
		p.nalu(delimiter)
		p.nalus(sets)
		sets = nil
	}
	for nalu := range media.NALUs(payload) {
		p.nalu(nalu)
		p.nalus(sets) // behind the unit's own delimiter
		sets = nil
	}
}

func (p *packer) nalus(nalus [][]byte) {
	for _, nalu := range nalus {
		p.nalu(nalu)
	}
}

func (p *packer) nalu(nalu []byte) {
	p.write(startCode)
	p.write(nalu)
}

// write writes a part of the payload.
func (p *packer) write(b []byte) {
	for len(b) > p.room {
		n := copy(p.dst[p.at:p.at+p.room], b)
		b = b[n:]
		p.at += n
		p.next()
	}
	p.at += copy(p.dst[p.at:], b)
	p.room -= len(b)
}

// next begins the next TS packet. The last one is stuffed.
func (p *packer) next() {
	p.room = min(p.left, roomSize)
	p.left -= p.room
	stuffing := roomSize - p.room
	b := appendPacketHead(p.dst[:p.at], p.pid, *p.counter, false, stuffing > 0)
	*p.counter = (*p.counter + 1) & 0xf
	p.at = len(appendStuffing(b, stuffing, false))
}
