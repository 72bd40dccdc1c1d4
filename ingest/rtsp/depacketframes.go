package rtsp

import (
	"fmt"

	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/bluenviron/gortsplib/v4/pkg/format/rtpfragmented"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"
	"github.com/pion/rtp"

	"aircheck/ingest/media"
)

// newPictures is the assembler of a codec of which a decoder makes whole pictures: VP8, VP9.
func newPictures[D decoder[[]byte]](t *rtpTrack, create func() (D, error), needs func(error) bool) (assembler, error) {
	f := newFrames[[]byte](t, create, needs)
	f.emit = func(frame []byte, p *rtp.Packet) error { return t.emit(frame, p.Timestamp, 0) }
	return f, f.renew()
}

// newTemporalUnits is the assembler of AV1.
func newTemporalUnits[D decoder[[][]byte]](t *rtpTrack, create func() (D, error), needs func(error) bool) (assembler, error) {
	f := newFrames[[][]byte](t, create, needs)
	f.strict = true // an OBU can begin anywhere in a temporal unit
	var buf []byte
	f.emit = func(obus [][]byte, p *rtp.Packet) (err error) {
		buf = buf[:0]
		for _, o := range obus {
			if buf, err = media.AppendOBU(buf, o); err != nil {
				t.damage()
				return err
			}
		}
		err = t.emit(buf, p.Timestamp, 0)
		if cap(buf) > keptScratch {
			buf = nil
		}
		return err
	}
	return f, f.renew()
}

// newSounds is the assembler of sound of which a packet may have several frames: each begins where the one before it ends.
func newSounds[D decoder[[][]byte]](t *rtpTrack, create func() (D, error), needs func(error) bool) (assembler, error) {
	f := newFrames[[][]byte](t, create, needs)
	f.emit = func(frames [][]byte, p *rtp.Packet) error { return t.emitSounds(frames, p.Timestamp) }
	return f, f.renew()
}

func (t *rtpTrack) emitSounds(frames [][]byte, ts uint32) error {
	var after int64
	for _, frame := range frames {
		if err := t.emit(frame, ts, after); err != nil {
			return err
		}
		if t.track == nil {
			continue
		}
		if c, ok := t.track.Codec.(media.FramedCodec); ok && c.SampleRate() > 0 {
			after += media.Rescale(int64(c.SamplesIn(frame)), uint32(c.SampleRate()), t.clock.rate)
		}
	}
	return nil
}

// newLATM is the assembler of AAC in LATM (RFC 6416).
func newLATM(t *rtpTrack, desc *format.MPEG4AudioLATM) (assembler, error) {
	config := desc.StreamMuxConfig
	if config != nil {
		if err := t.useLATM(config); err != nil {
			return nil, err
		}
	}
	f := newFrames[[]byte](t, desc.CreateDecoder, more(rtpfragmented.ErrMorePacketsNeeded))
	f.emit = func(b []byte, p *rtp.Packet) error {
		if !desc.CPresent && config != nil {
			frames, err := splitLATM(b, int(config.NumSubFrames)+1)
			if err != nil {
				return err
			}
			return t.emitSounds(frames, p.Timestamp)
		}
		e := mpeg4audio.AudioMuxElement{MuxConfigPresent: desc.CPresent, StreamMuxConfig: config}
		if err := e.Unmarshal(b); err != nil {
			return err
		}
		if e.StreamMuxConfig != config {
			if err := t.useLATM(e.StreamMuxConfig); err != nil {
				return err
			}
			config = e.StreamMuxConfig
		}
		var frames [][]byte
		for _, sub := range e.Payloads {
			if len(sub) > 0 && len(sub[0]) > 0 {
				frames = append(frames, sub[0][0])
			}
		}
		return t.emitSounds(frames, p.Timestamp)
	}
	return f, f.renew()
}

// splitLATM returns the n frames of an element without a configuration, each behind its length (ISO 14496-3, tables 1.44 and 1.45). It takes
// no account of the frame length type that was announced: GStreamer announces one that follows from a mistake.
func splitLATM(b []byte, n int) (frames [][]byte, err error) {
	for range n {
		size := 0
		for more := true; more; {
			if len(b) == 0 {
				return nil, errShort
			}
			size += int(b[0])
			more, b = b[0] == 255, b[1:]
		}
		if size > len(b) {
			return nil, errShort
		}
		frames, b = append(frames, b[:size]), b[size:]
	}
	return frames, nil
}

func (t *rtpTrack) useLATM(c *mpeg4audio.StreamMuxConfig) error {
	if len(c.Programs) == 0 || len(c.Programs[0].Layers) == 0 {
		return fmt.Errorf("aac: %w", media.ErrNoParameters)
	}
	return t.useAAC(c.Programs[0].Layers[0].AudioSpecificConfig)
}
