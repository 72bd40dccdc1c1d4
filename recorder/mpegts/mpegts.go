// Package mpegts writes and reads MPEG transport streams (ISO/IEC 13818-1, "ISO" below) of H.264, AAC, MP3 and AC-3, as HLS has
// them: one program, its tables in front of every segment and nowhere else, each unit in a PES packet of its own whose TS packets
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
	typeMP3  = 0x03 // ISO 11172-3
	typeMP3L = 0x04 // ISO 13818-3: lower sampling rates
	typeAC3  = 0x81 // ATSC A/52, annex A

	idVideo   = 0xe0 // stream_id (ISO 2.4.3.7, table 2-22)
	idAudio   = 0xc0
	idPrivate = 0xbd // private_stream_1, which AC-3 has

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

// describes returns the descriptors of the stream in the PMT (ISO 2.6.8): AC-3 is registered.
func (s *stream) describes() string {
	if s.streamType == typeAC3 {
		return "\x05\x04AC-3"
	}
	return ""
}

// coding is what a codec puts in front of its units.
type coding struct {
	// streamType is the stream_type.
	streamType byte
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
		k.streamType = typeH264
		if k.sets = usableSets(c); len(k.sets) == 0 {
			return k, fmt.Errorf("%w: MPEG-TS cannot carry h264 without parameter sets", container.ErrUnsupported)
		}
		for _, set := range k.sets {
			k.setsSize += len(startCode) + len(set)
		}
		return k, nil
	case *media.AAC:
		k.streamType = typeAAC
		k.adts, err = container.NewADTS(c)
		return k, err
	case *media.MP3:
		if k.streamType = typeMP3; c.FrameSamples() == 576 {
			k.streamType = typeMP3L
		}
		return k, nil
	case *media.AC3:
		k.streamType = typeAC3
		return k, nil
	}
	return k, fmt.Errorf("%w: MPEG-TS cannot carry %s", container.ErrUnsupported, c.Name())
}

// MaxTracks is how many tracks a stream can have.
const MaxTracks = 32

// Supports reports whether the stream can carry the codec in a form that players take: H.264 with its parameter sets,
// AAC that ADTS can express, MP3 and AC-3.
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
	types := make([]byte, len(tracks))
	codings := make([]coding, len(tracks))
	for i, t := range tracks {
		var err error
		if codings[i], err = codingOf(t.Codec); err != nil {
			return program{}, fmt.Errorf("%w (track %d)", err, t.ID)
		}
		types[i] = codings[i].streamType
	}
	if len(tracks) == 0 || len(tracks) > MaxTracks {
		return program{}, fmt.Errorf("%w: MPEG-TS has room for 1 to %d tracks, not %d",
			container.ErrUnsupported, MaxTracks, len(tracks))
	}
	p := layOut(types)
	for i := range p.streams {
		p.streams[i].track, p.streams[i].coding = tracks[i], codings[i]
	}
	if p.sectionSize() > maxSection {
		return program{}, fmt.Errorf("%w: the description of %d tracks does not fit into a packet of MPEG-TS", container.ErrUnsupported, len(tracks))
	}
	return p, nil
}

// layOut returns a program of at least one stream of these stream_types, without their tracks.
func layOut(types []byte) program {
	p := program{streams: make([]stream, len(types)), clock: -1}
	sound := byte(0)
	pictures := byte(0)
	for i, streamType := range types {
		s := &p.streams[i]
		s.kind, s.streamType = media.Video, streamType
		if streamType != typeH264 {
			s.kind, s.id = media.Audio, idAudio|sound&0x1f
			sound++
			if streamType == typeAC3 {
				s.id = idPrivate
			}
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
