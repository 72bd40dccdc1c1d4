package rtsp

import (
	"crypto/rand"
	"encoding/binary"
	"strconv"

	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/av1"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"
	"github.com/pion/rtp"

	"aircheck/ingest/media"
)

const (
	// payloadSize is the most that a packet sent carries, in bytes: little enough for tunnels.
	payloadSize = 1400
	// firstType is the first dynamic payload type (RFC 3551, 6).
	firstType = 96
)

// outTrack is a track as players get it.
type outTrack struct {
	track  *media.Track
	media  *description.Media
	format format.Format
	// pack makes packets of a unit. Their times are relative to the unit's.
	pack func(payload []byte, randomAccess bool) ([]*rtp.Packet, error)
	base uint32 // RTP time 0 of the session

	ssrc           uint32
	report         reporting
	packets, bytes uint32
}

// describe makes the description of the tracks that RTP can carry.
func describe(tracks []*media.Track) (*description.Session, []*outTrack) {
	desc := &description.Session{Title: "live"}
	var out []*outTrack
	for _, t := range tracks {
		o := &outTrack{track: t}
		if !o.prepare(uint8(firstType + len(out))) {
			continue
		}
		var random [4]byte
		_, _ = rand.Read(random[:])
		o.base = binary.BigEndian.Uint32(random[:])
		kind := description.MediaTypeVideo
		if t.Codec.Kind() == media.Audio {
			kind = description.MediaTypeAudio
		}
		o.media = &description.Media{Type: kind, Control: "trackID=" + strconv.Itoa(len(out)), Formats: []format.Format{o.format}}
		desc.Medias = append(desc.Medias, o.media)
		out = append(out, o)
	}
	return desc, out
}

// packed makes packets of a unit. What a stranger published must not end the program by what the library makes of it.
func (o *outTrack) packed(u *media.Unit) (packets []*rtp.Packet, err error) {
	defer recovered(&err)
	return o.pack(u.Payload, u.RandomAccess)
}

// prepare makes format and pack for a codec. It reports false for one that RTP cannot carry.
func (o *outTrack) prepare(kind uint8) bool {
	switch c := o.track.Codec.(type) {
	case *media.H264:
		sps, pps := c.ParameterSets()
		if len(sps) == 0 || len(pps) == 0 {
			return false
		}
		f := &format.H264{PayloadTyp: kind, SPS: sps[0], PPS: pps[0], PacketizationMode: 1}
		e, err := f.CreateEncoder()
		if err != nil {
			return false
		}
		e.PayloadMaxSize = payloadSize
		o.format, o.pack = f, packNALUs(e.Encode, append(append([][]byte{}, sps...), pps...))
	case *media.H265:
		sets := h265Sets(c.Config())
		if len(sets[0]) == 0 || len(sets[1]) == 0 || len(sets[2]) == 0 {
			return false
		}
		f := &format.H265{PayloadTyp: kind, VPS: sets[0][0], SPS: sets[1][0], PPS: sets[2][0]}
		e, err := f.CreateEncoder()
		if err != nil {
			return false
		}
		e.PayloadMaxSize = payloadSize
		o.format, o.pack = f, packNALUs(e.Encode, append(append(append([][]byte{}, sets[0]...), sets[1]...), sets[2]...))
	case *media.AV1:
		f := &format.AV1{PayloadTyp: kind}
		e, err := f.CreateEncoder()
		if err != nil {
			return false
		}
		e.PayloadMaxSize = payloadSize
		o.format, o.pack = f, func(b []byte, _ bool) ([]*rtp.Packet, error) {
			var obus av1.Bitstream
			if err := obus.Unmarshal(b); err != nil {
				return nil, err
			}
			return e.Encode(obus)
		}
	case *media.VP8:
		f := &format.VP8{PayloadTyp: kind}
		e, err := f.CreateEncoder()
		if err != nil {
			return false
		}
		e.PayloadMaxSize = payloadSize
		o.format, o.pack = f, packWhole(e.Encode)
	case *media.VP9:
		f := &format.VP9{PayloadTyp: kind}
		e, err := f.CreateEncoder()
		if err != nil {
			return false
		}
		e.PayloadMaxSize = payloadSize
		o.format, o.pack = f, packWhole(e.Encode)
	default:
		return o.prepareSound(kind)
	}
	return true
}

func (o *outTrack) prepareSound(kind uint8) bool {
	switch c := o.track.Codec.(type) {
	case *media.AAC:
		var config mpeg4audio.AudioSpecificConfig
		if config.Unmarshal(c.Config()) != nil {
			return false
		}
		f := &format.MPEG4Audio{PayloadTyp: kind, Config: &config, SizeLength: 13, IndexLength: 3, IndexDeltaLength: 3}
		e, err := f.CreateEncoder()
		if err != nil {
			return false
		}
		o.format, o.pack = f, packFrames(e.Encode)
	case *media.Opus:
		if c.Channels() > 2 {
			return false
		}
		f := &format.Opus{PayloadTyp: kind, ChannelCount: c.Channels()}
		e, err := f.CreateEncoder()
		if err != nil {
			return false
		}
		o.format, o.pack = f, func(b []byte, _ bool) ([]*rtp.Packet, error) {
			p, err := e.Encode(b)
			return []*rtp.Packet{p}, err
		}
	case *media.MP3:
		f := &format.MPEG1Audio{}
		e, err := f.CreateEncoder()
		if err != nil {
			return false
		}
		o.format, o.pack = f, packFrames(e.Encode)
	case *media.AC3:
		f := &format.AC3{PayloadTyp: kind, SampleRate: c.SampleRate(), ChannelCount: c.Channels()}
		e, err := f.CreateEncoder()
		if err != nil {
			return false
		}
		o.format, o.pack = f, packFrames(e.Encode)
	case *media.G711:
		f := &format.G711{PayloadTyp: kind, MULaw: c.Name() == "g711u", SampleRate: c.SampleRate(), ChannelCount: c.Channels()}
		if f.SampleRate == 8000 && f.ChannelCount == 1 {
			f.PayloadTyp = 8 // RFC 3551, 6
			if f.MULaw {
				f.PayloadTyp = 0
			}
		}
		e, err := f.CreateEncoder()
		if err != nil {
			return false
		}
		o.format, o.pack = f, packWhole(e.Encode)
	default:
		return false
	}
	return true
}

// packNALUs puts the parameter sets in front of pictures at which decoding can start.
func packNALUs(encode func([][]byte) ([]*rtp.Packet, error), sets [][]byte) func([]byte, bool) ([]*rtp.Packet, error) {
	var nalus [][]byte
	return func(b []byte, randomAccess bool) ([]*rtp.Packet, error) {
		nalus = nalus[:0]
		if randomAccess {
			nalus = append(nalus, sets...)
		}
		for n := range media.NALUs(b) {
			nalus = append(nalus, n)
		}
		if len(nalus) == 0 {
			return nil, nil
		}
		return encode(nalus)
	}
}

func packWhole(encode func([]byte) ([]*rtp.Packet, error)) func([]byte, bool) ([]*rtp.Packet, error) {
	return func(b []byte, _ bool) ([]*rtp.Packet, error) { return encode(b) }
}

func packFrames(encode func([][]byte) ([]*rtp.Packet, error)) func([]byte, bool) ([]*rtp.Packet, error) {
	return func(b []byte, _ bool) ([]*rtp.Packet, error) { return encode([][]byte{b}) }
}
