package rtsp

import (
	"errors"
	"fmt"
	"time"

	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"aircheck/ingest/media"
)

// Limits of what a publisher's tracks may hold for as long as it publishes.
const (
	maxTracks = 32
	// maxRate is the highest clock rate that a track may have, in Hz.
	maxRate = 1_000_000
	// maxAccessUnit bounds an access unit, in bytes, and maxNALUs how many NAL units it may have.
	maxAccessUnit = 8 << 20
	maxNALUs      = 1024
	// keptScratch is the largest buffer for access units that is used again.
	keptScratch = 1 << 20
	// leastSlab is the least memory taken for units at once.
	leastSlab = 1 << 10
)

var (
	errManyTracks = fmt.Errorf("more than %d tracks", maxTracks)
	errLargeUnit  = errors.New("an access unit is too large")
	errShort      = errors.New("a packet is too short")
)

// receiver turns the RTP packets of one session into units. Server and client alike give it packets in the order of their sequence
// numbers; what is missing between them costs the frames that it belongs to, and no others. It is used by one goroutine at a time.
//
//	rtpTrack.packet ─▶ assembler: packets ─▶ access units ─▶ emit: time line, parameters ─▶ deliver(write)
type receiver struct {
	slabs *media.Slabs
	// announce is told of each new track and its parameters. May be nil.
	announce func(*media.Track)

	tracks        []*rtpTrack
	videos, audio int
	clock         sessionClock
	units         []*media.Unit
	slab          *media.Slab
	held          []*media.Slab
	// expect is about how many bytes of units come before the next deliver.
	expect int
	receiverCounts
	// complaint is the first error of a packet.
	complaint error
}

// receiverCounts are counted from the session's start.
type receiverCounts struct {
	// packets did not arrive, frames were left out for that; bad packets could not be read, early frames came before their parameters.
	packets, frames, bad, early int64
}

// rtpTrack is one elementary stream of a session.
type rtpTrack struct {
	r     *receiver
	id    int
	kind  media.Kind
	codec codecMapping
	clock trackClock
	track *media.Track // nil until its parameters are known
	parts assembler
	ssrc  uint32
	next  uint16 // the sequence number that is expected
	begun bool
	lost  int // frames left out since the last unit
	order reorderer
	dts   dtsMaker
	wall  time.Time
}

// assembler puts the packets of one track together to access units, which it gives to its track.
type assembler interface {
	// push takes the next packet. broken tells that packets before it are missing: what is unfinished is damaged then. An error
	// concerns this packet.
	push(p *rtp.Packet, broken bool) error
}

// add makes a track for a format of the session's description. It returns nil for a format that is not known.
func (r *receiver) add(f format.Format) (*rtpTrack, error) {
	m, ok := mappingOf(f)
	if !ok {
		return nil, nil
	}
	if len(r.tracks) >= maxTracks {
		return nil, errManyTracks
	}
	rate := f.ClockRate()
	if rate <= 0 || rate > maxRate {
		return nil, nil
	}
	t := &rtpTrack{r: r, kind: m.kind, codec: m, clock: trackClock{rate: uint32(rate)}, dts: dtsMaker{rate: int64(rate)}}
	if m.kind == media.Video {
		t.id = 2*r.videos + 1
		r.videos++
	} else {
		t.id = 2*r.audio + 2
		r.audio++
	}
	parts, err := m.assembler(t)
	if err != nil {
		return nil, err
	}
	t.parts = parts
	r.tracks = append(r.tracks, t)
	return t, nil
}

// packet takes the next packet of the track.
func (t *rtpTrack) packet(p *rtp.Packet, now time.Time) {
	t.wall = now
	broken := false
	if missing := p.SequenceNumber - t.next; t.begun && missing != 0 {
		broken = true
		if missing < 1<<15 { // otherwise the numbers began anew
			t.r.packets += int64(missing)
		} else {
			t.r.packets++
		}
	}
	t.begun, t.next, t.ssrc = true, p.SequenceNumber+1, p.SSRC
	if len(p.Payload) == 0 && !broken { // padding alone, or a probe
		return
	}
	if err := t.parts.push(p, broken); err != nil {
		t.r.bad++
		if t.r.complaint == nil {
			t.r.complaint = fmt.Errorf("%s: %w", t.codec.name, err)
		}
	}
}

// report takes a sender report, which tells how the tracks lie to each other. One that came before the track's first packet is taken
// for its own.
func (t *rtpTrack) report(sr *rtcp.SenderReport) {
	if t.begun && sr.SSRC != t.ssrc {
		return
	}
	t.r.clock.report(&t.clock, ntpTime(sr.NTPTime), sr.RTPTime)
}

// damage counts an access unit that is left out.
func (t *rtpTrack) damage() {
	t.lost++
	t.r.frames++
}

// use makes the codec's parameters those of the units from now on.
func (t *rtpTrack) use(c media.Codec) {
	if t.track != nil && media.SameParameters(t.track.Codec, c) {
		return
	}
	t.track = &media.Track{ID: t.id, Codec: c, Timescale: t.clock.rate}
	t.dts.reset(c)
	if t.r.announce != nil {
		t.r.announce(t.track)
	}
}

// emit makes a unit of an access unit in the form that units have. ts is the RTP time, after how many ticks of the clock behind it
// the unit lies.
func (t *rtpTrack) emit(payload []byte, ts uint32, after int64) error {
	if len(payload) == 0 {
		return nil
	}
	at := t.r.clock.at(&t.clock, ts, t.wall)
	if err := t.follow(payload); err != nil {
		return err
	}
	if t.track == nil {
		t.r.early++
		return nil
	}
	slab := t.r.room(len(payload))
	u := slab.NewUnit()
	u.Track, u.Wall, u.Lost = t.track, t.wall, t.lost
	u.Payload = slab.Take(len(payload))
	copy(u.Payload, payload)
	u.RandomAccess = t.track.Codec.RandomAccess(u.Payload)
	u.PTS, u.DTS = t.dts.times(at+after, u.Payload)
	t.lost = 0
	t.r.units = append(t.r.units, u)
	return nil
}

// follow takes over the parameters that the payload tells.
func (t *rtpTrack) follow(payload []byte) error {
	if t.track == nil {
		if !media.TellsItself(t.codec.name) {
			return nil
		}
		c, err := media.FromUnit(t.codec.name, t.kind, nil, payload)
		if errors.Is(err, media.ErrNoParameters) {
			return nil
		}
		if err != nil {
			return err
		}
		t.use(c)
		return nil
	}
	if in, ok := t.track.Codec.(media.InBand); ok {
		if c := in.After(payload); c != t.track.Codec {
			t.use(c)
		}
	}
	return nil
}

// room returns a slab with room for a payload.
func (r *receiver) room(n int) *media.Slab {
	if r.slab == nil || r.slab.Room() < n {
		r.slab = r.slabs.Get(max(n, r.expect, leastSlab))
		r.held = append(r.held, r.slab)
		r.expect = 0
	}
	return r.slab
}

// deliver hands the units that have come to write, which is stream.Stream's. It returns its error.
func (r *receiver) deliver(write func([]*media.Unit) error) (err error) {
	if len(r.units) > 0 {
		err = write(r.units)
	}
	if cap(r.units) > 4096 {
		r.units = nil // a burst's
	}
	clear(r.units)
	r.units, r.slab = r.units[:0], nil
	for i, slab := range r.held {
		slab.Release()
		r.held[i] = nil
	}
	r.held = r.held[:0]
	return err
}
