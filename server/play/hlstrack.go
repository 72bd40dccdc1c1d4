package play

import (
	"bytes"
	"fmt"
	"time"

	"github.com/bluenviron/gohlslib/v2"
	"github.com/bluenviron/gohlslib/v2/pkg/codecs"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/av1"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"

	"aircheck/ingest/media"
)

// hlsTrack is a track as the muxer knows it.
type hlsTrack struct {
	track *media.Track
	to    *gohlslib.Track
	// sets are the parameter sets, which the muxer wants in front of random access points.
	sets [][]byte
}

func newHLSTrack(t *media.Track) (*hlsTrack, error) {
	c, err := hlsCodec(t.Codec)
	if err != nil {
		return nil, err
	}
	rate := 90000
	var sets [][]byte
	switch c := c.(type) {
	case *codecs.H264:
		sets = [][]byte{c.SPS, c.PPS}
	case *codecs.H265:
		sets = [][]byte{c.VPS, c.SPS, c.PPS}
	case *codecs.MPEG4Audio:
		rate = c.Config.SampleRate
	case *codecs.Opus:
		rate = 48000
	}
	return &hlsTrack{track: t, to: &gohlslib.Track{Codec: c, ClockRate: rate}, sets: sets}, nil
}

// hlsCodec maps codecs to those of the muxer.
func hlsCodec(c media.Codec) (codecs.Codec, error) {
	switch c := c.(type) {
	case *media.H264:
		sps, pps := c.ParameterSets()
		if len(sps) == 0 || len(pps) == 0 {
			return nil, fmt.Errorf("h264 without parameter sets")
		}
		return &codecs.H264{SPS: sps[0], PPS: pps[0]}, nil
	case *media.H265:
		return h265Codec(c.Config())
	case *media.AV1:
		return &codecs.AV1{SequenceHeader: c.SequenceHeader()}, nil
	case *media.VP9:
		w, h := c.Size()
		r := c.Record()
		return &codecs.VP9{
			Width: w, Height: h, Profile: r[0], BitDepth: r[2] >> 4, ChromaSubsampling: r[2] >> 1 & 7, ColorRange: r[2]&1 == 1,
		}, nil
	case *media.AAC:
		var config mpeg4audio.AudioSpecificConfig
		if err := config.Unmarshal(c.Config()); err != nil {
			return nil, fmt.Errorf("aac: %w", err)
		}
		return &codecs.MPEG4Audio{Config: config}, nil
	case *media.Opus:
		return &codecs.Opus{ChannelCount: c.Channels()}, nil
	}
	return nil, fmt.Errorf("%s cannot be played over HLS", c.Name())
}

// h265Codec takes the parameter sets out of an HEVCDecoderConfigurationRecord (ISO 14496-15, 8.3.3.1), of each kind the first.
func h265Codec(config []byte) (codecs.Codec, error) {
	const head, vps, sps, pps = 23, 32, 33, 34
	var sets [64][]byte
	if len(config) < head {
		return nil, fmt.Errorf("h265 without parameter sets")
	}
	b := config[head:]
	for range config[head-1] {
		if len(b) < 3 {
			break
		}
		kind, n := b[0]&0x3f, int(b[1])<<8|int(b[2])
		b = b[3:]
		for range n {
			if len(b) < 2 {
				break
			}
			size := int(b[0])<<8 | int(b[1])
			if size > len(b)-2 {
				break
			}
			if sets[kind] == nil {
				sets[kind] = b[2 : 2+size]
			}
			b = b[2+size:]
		}
	}
	if sets[vps] == nil || sets[sps] == nil || sets[pps] == nil {
		return nil, fmt.Errorf("h265 without parameter sets")
	}
	return &codecs.H265{VPS: sets[vps], SPS: sets[sps], PPS: sets[pps]}, nil
}

// write feeds a unit, whose payload is copied: the muxer keeps what it gets for a while.
func (t *hlsTrack) write(mux *gohlslib.Muxer, u *media.Unit, base time.Duration) error {
	payload := bytes.Clone(u.Payload)
	rate := uint32(t.to.ClockRate)
	pts := media.Rescale(u.PTS, u.Track.Timescale, rate) - media.Rescale(int64(base), uint32(time.Second), rate)
	switch t.to.Codec.(type) {
	case *codecs.H264:
		return mux.WriteH264(t.to, u.Wall, pts, t.units(u, payload))
	case *codecs.H265:
		return mux.WriteH265(t.to, u.Wall, pts, t.units(u, payload))
	case *codecs.AV1:
		var obus av1.Bitstream
		if err := obus.Unmarshal(payload); err != nil {
			return fmt.Errorf("av1: %w", err)
		}
		return mux.WriteAV1(t.to, u.Wall, pts, obus)
	case *codecs.VP9:
		return mux.WriteVP9(t.to, u.Wall, pts, payload)
	case *codecs.MPEG4Audio:
		return mux.WriteMPEG4Audio(t.to, u.Wall, pts, [][]byte{payload})
	case *codecs.Opus:
		return mux.WriteOpus(t.to, u.Wall, pts, [][]byte{payload})
	}
	return nil
}

// units splits a payload into its NAL units.
func (t *hlsTrack) units(u *media.Unit, payload []byte) (out [][]byte) {
	if u.RandomAccess {
		out = append(out, t.sets...)
	}
	for nalu := range media.NALUs(payload) {
		out = append(out, nalu)
	}
	return out
}
