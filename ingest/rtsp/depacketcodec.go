package rtsp

import (
	"errors"
	"fmt"

	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/bluenviron/gortsplib/v4/pkg/format/rtpac3"
	"github.com/bluenviron/gortsplib/v4/pkg/format/rtpav1"
	"github.com/bluenviron/gortsplib/v4/pkg/format/rtpmpeg1audio"
	"github.com/bluenviron/gortsplib/v4/pkg/format/rtpmpeg4audio"
	"github.com/bluenviron/gortsplib/v4/pkg/format/rtpvp8"
	"github.com/bluenviron/gortsplib/v4/pkg/format/rtpvp9"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"
	"github.com/pion/rtp"

	"aircheck/ingest/media"
)

// codecMapping is what a format of RTP is among our codecs.
type codecMapping struct {
	// name is media.Codec's.
	name string
	kind media.Kind
	// assembler makes the assembler of a track, and gives the track its parameters if the description tells them.
	assembler func(*rtpTrack) (assembler, error)
}

// mappingOf returns what a format is; ok is false for one that is not known.
func mappingOf(f format.Format) (m codecMapping, ok bool) {
	switch f := f.(type) {
	case *format.H264:
		return codecMapping{"h264", media.Video, func(t *rtpTrack) (assembler, error) {
			sps, pps := f.SafeParams()
			return withSets(t, paramSets{}, sps, pps)
		}}, true
	case *format.H265:
		return codecMapping{"h265", media.Video, func(t *rtpTrack) (assembler, error) {
			vps, sps, pps := f.SafeParams()
			return withSets(t, paramSets{h265: true}, vps, sps, pps)
		}}, true
	case *format.AV1:
		return codecMapping{"av1", media.Video, func(t *rtpTrack) (assembler, error) {
			return newTemporalUnits(t, f.CreateDecoder, more(rtpav1.ErrMorePacketsNeeded, rtpav1.ErrNonStartingPacketAndNoPrevious))
		}}, true
	case *format.VP8:
		return codecMapping{"vp8", media.Video, func(t *rtpTrack) (assembler, error) {
			return newPictures(t, f.CreateDecoder, more(rtpvp8.ErrMorePacketsNeeded, rtpvp8.ErrNonStartingPacketAndNoPrevious))
		}}, true
	case *format.VP9:
		return codecMapping{"vp9", media.Video, func(t *rtpTrack) (assembler, error) {
			return newPictures(t, f.CreateDecoder, more(rtpvp9.ErrMorePacketsNeeded, rtpvp9.ErrNonStartingPacketAndNoPrevious))
		}}, true
	}
	return soundMappingOf(f)
}

func soundMappingOf(f format.Format) (m codecMapping, ok bool) {
	switch f := f.(type) {
	case *format.MPEG4Audio:
		return codecMapping{"aac", media.Audio, func(t *rtpTrack) (assembler, error) {
			if err := t.useAAC(f.Config); err != nil {
				return nil, err
			}
			return newSounds(t, f.CreateDecoder, more(rtpmpeg4audio.ErrMorePacketsNeeded))
		}}, true
	case *format.MPEG4AudioLATM:
		return codecMapping{"aac", media.Audio, func(t *rtpTrack) (assembler, error) { return newLATM(t, f) }}, true
	case *format.MPEG1Audio:
		return codecMapping{"mp3", media.Audio, func(t *rtpTrack) (assembler, error) {
			return newSounds(t, f.CreateDecoder, more(rtpmpeg1audio.ErrMorePacketsNeeded, rtpmpeg1audio.ErrNonStartingPacketAndNoPrevious))
		}}, true
	case *format.AC3:
		return codecMapping{"ac3", media.Audio, func(t *rtpTrack) (assembler, error) {
			return newSounds(t, f.CreateDecoder, more(rtpac3.ErrMorePacketsNeeded, rtpac3.ErrNonStartingPacketAndNoPrevious))
		}}, true
	case *format.Opus:
		return codecMapping{"opus", media.Audio, func(t *rtpTrack) (assembler, error) {
			return whole{t}, t.useConfig(media.OpusHead(min(f.ChannelCount, 2), 0))
		}}, f.ChannelCount == 1 || f.ChannelCount == 2
	case *format.G711:
		name := "g711a"
		if f.MULaw {
			name = "g711u"
		}
		return codecMapping{name, media.Audio, func(t *rtpTrack) (assembler, error) {
			return whole{t}, t.useConfig(media.SoundConfig(f.SampleRate, f.ChannelCount))
		}}, true
	}
	return m, false
}

func withSets(t *rtpTrack, sets paramSets, nalus ...[]byte) (assembler, error) {
	for _, n := range nalus {
		if len(n) > 0 {
			sets.put(n)
		}
	}
	a := newNALUAssembler(t, sets)
	c, err := a.sets.changed()
	if c != nil {
		t.use(c)
	}
	return a, err
}

// useConfig gives the track the parameters of a configuration.
func (t *rtpTrack) useConfig(config []byte) error {
	c, err := media.New(t.codec.name, t.kind, config)
	if err == nil {
		t.use(c)
	}
	return err
}

func (t *rtpTrack) useAAC(config *mpeg4audio.AudioSpecificConfig) error {
	if config == nil {
		return fmt.Errorf("aac: %w", media.ErrNoParameters)
	}
	b, err := config.Marshal()
	if err != nil {
		return err
	}
	return t.useConfig(b)
}

// whole is the assembler of codecs of which a packet is a unit.
type whole struct{ t *rtpTrack }

// push is assembler's.
func (w whole) push(p *rtp.Packet, broken bool) error {
	if broken {
		w.t.damage()
	}
	return w.t.emit(p.Payload, p.Timestamp, 0)
}

// more returns a function that reports whether an error means nothing but that more packets are needed.
func more(errs ...error) func(error) bool {
	return func(err error) bool {
		for _, e := range errs {
			if errors.Is(err, e) {
				return true
			}
		}
		return false
	}
}

// decoder is one of the library's.
type decoder[Out any] interface {
	Decode(*rtp.Packet) (Out, error)
}

// frames assembles by a decoder of the library. Where packets are missing it takes a new decoder, which has no unfinished frame.
type frames[Out any, D decoder[Out]] struct {
	t       *rtpTrack
	create  func() (D, error)
	needs   func(error) bool
	decoder D
	emit    func(Out, *rtp.Packet) error
	// skip leaves out all packets of the time at, because the first of that time may be missing; strict has that done after each loss.
	strict, skip bool
	at           uint32
}

func newFrames[Out any, D decoder[Out]](t *rtpTrack, create func() (D, error), needs func(error) bool) *frames[Out, D] {
	return &frames[Out, D]{t: t, create: create, needs: needs}
}

// push is assembler's.
func (f *frames[Out, D]) push(p *rtp.Packet, broken bool) error {
	if broken {
		f.t.damage()
		if err := f.renew(); err != nil {
			return err
		}
		f.skip, f.at = f.strict, p.Timestamp
	}
	if f.skip && p.Timestamp == f.at {
		return nil
	}
	f.skip = false
	out, err := f.decoder.Decode(p)
	if err != nil {
		if f.needs(err) {
			return nil
		}
		return err
	}
	return f.emit(out, p)
}

func (f *frames[Out, D]) renew() (err error) {
	f.decoder, err = f.create()
	return err
}
