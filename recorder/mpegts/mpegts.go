// Package mpegts writes and reads MPEG transport streams (ISO/IEC 13818-1, "ISO" below) of H.264 and AAC, as HLS has them:
// one program, its tables in front of every segment and nowhere else, each unit in a PES packet of its own whose TS packets
// follow each other.
//
// The Demuxer reads what the Muxer writes, and nothing else: every byte that is not payload must be the one that the Muxer
// would have put there. So it tells whole units from torn ones wherever a file was cut or damaged.
package mpegts

import (
	"fmt"

	"aircheck/ingest/media"
	"aircheck/recorder/container"
)

// Sizes and numbers of the format.
const (
	packetSize = 188 // of a TS packet
	headSize   = 4   // of a TS packet's header
	roomSize   = packetSize - headSize
	syncByte   = 0x47

	pidPAT    = 0
	pidTracks = 0x100
	pidPMT    = 0x1000
	// Behind the tracks, continuity counters are kept of the tables.
	counterPAT = MaxTracks
	counterPMT = MaxTracks + 1
	counters   = MaxTracks + 2

	typeH264 = 0x1b // stream_type (ISO 2.4.4.9, table 2-34)
	typeAAC  = 0x0f // AAC with ADTS headers

	idVideo = 0xe0 // stream_id (ISO 2.4.3.7, table 2-22)
	idAudio = 0xc0

	// maxPES bounds what PES_packet_length counts, or would count if it had the bits.
	maxPES = 1 << 30
	// timeMask cuts times to the 33 bits that they have here; lead is how far the clock runs ahead of decoding times, 0.7 s
	// in ticks.
	timeMask = 1<<33 - 1
	lead     = 63000
)

// stream is how units of a track are laid out.
type stream struct {
	track *media.Track
	kind  media.Kind
	// id is the stream_id.
	id byte
	coding
}

// coding is what a codec puts in front of its units.
type coding struct {
	// sets are the parameter sets of H.264, which take setsSize bytes with their start codes.
	sets     [][]byte
	setsSize int
	// adts makes the headers of AAC.
	adts container.ADTS
}

// codingOf returns ErrUnsupported, wrapped, for what a transport stream cannot carry in a form that players take.
func codingOf(c media.Codec) (k coding, err error) {
	switch c := c.(type) {
	case *media.H264:
		if k.sets = usableSets(c); len(k.sets) == 0 {
			return k, fmt.Errorf("%w: MPEG-TS cannot carry h264 without parameter sets", container.ErrUnsupported)
		}
		for _, set := range k.sets {
			k.setsSize += len(startCode) + len(set)
		}
		return k, nil
	case *media.AAC:
		k.adts, err = container.NewADTS(c)
		return k, err
	}
	return k, fmt.Errorf("%w: MPEG-TS cannot carry %s", container.ErrUnsupported, c.Name())
}

// MaxTracks is how many tracks a stream can have.
const MaxTracks = 32

// Supports reports whether the stream can carry the codec in a form that players take: H.264 with its parameter sets, and
// AAC that ADTS can express.
func Supports(c media.Codec) bool {
	_, err := codingOf(c)
	return err == nil
}

// program is what a PMT describes.
type program struct {
	streams []stream
	// clock is the position of the stream that carries the clock reference.
	clock int
	video bool
}

// newProgram lays out the streams. It returns ErrUnsupported, wrapped.
func newProgram(tracks []*media.Track) (program, error) {
	kinds := make([]media.Kind, len(tracks))
	codings := make([]coding, len(tracks))
	for i, t := range tracks {
		var err error
		if codings[i], err = codingOf(t.Codec); err != nil {
			return program{}, fmt.Errorf("%w (track %d)", err, t.ID)
		}
		kinds[i] = t.Codec.Kind()
	}
	if len(tracks) == 0 || len(tracks) > MaxTracks {
		return program{}, fmt.Errorf("%w: MPEG-TS has room for 1 to %d tracks, not %d",
			container.ErrUnsupported, MaxTracks, len(tracks))
	}
	p := layOut(kinds)
	for i := range p.streams {
		p.streams[i].track, p.streams[i].coding = tracks[i], codings[i]
	}
	return p, nil
}

// layOut returns a program of at least one stream, without their tracks.
func layOut(kinds []media.Kind) program {
	p := program{streams: make([]stream, len(kinds)), clock: -1}
	sound := byte(0)
	pictures := byte(0)
	for i, kind := range kinds {
		s := &p.streams[i]
		s.kind = kind
		if kind == media.Audio {
			s.id = idAudio | sound&0x1f
			sound++
			continue
		}
		s.id = idVideo | pictures&0x0f // unique among the first 16; the PID tells them apart anyway
		pictures++
		if !p.video {
			p.clock, p.video = i, true
		}
	}
	p.clock = max(p.clock, 0)
	return p
}

// all returns a bit for each stream.
func (p *program) all() uint32 { return 1<<len(p.streams) - 1 }
