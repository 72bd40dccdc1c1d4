package recordertest

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"aircheck/ingest/media"
)

// byteStream reports whether a format carries the units of a track as a byte stream.
func (o Options) byteStream(t *media.Track) bool {
	return o.AnnexB && (t.Codec.Name() == "h264" || t.Codec.Name() == "h265")
}

// samePayload reports whether a unit came back as it was written.
func (o Options) samePayload(got, want *media.Unit) bool {
	if !o.byteStream(want.Track) {
		return bytes.Equal(got.Payload, want.Payload)
	}
	return whole(got.Payload) && bytes.Equal(pictureOf(got), pictureOf(want))
}

// whole reports whether a payload is a sequence of NAL units behind their lengths, to the byte.
func whole(payload []byte) bool {
	for len(payload) >= 4 {
		n := binary.BigEndian.Uint32(payload)
		if uint64(n) > uint64(len(payload)-4) {
			return false
		}
		payload = payload[4+n:]
	}
	return len(payload) == 0
}

// pictureOf returns the payload of a unit of H.264 or H.265 without empty NAL units and those that a byte stream repeats: access
// unit delimiters and parameter sets. Where there are none, it is the payload itself.
func pictureOf(u *media.Unit) []byte {
	var kept [][]byte
	size := 0
	for nalu := range media.NALUs(u.Payload) {
		if !repeated(u.Track.Codec.Name(), nalu[0]) {
			kept = append(kept, nalu)
			size += 4 + len(nalu)
		}
	}
	if size == len(u.Payload) {
		return u.Payload
	}
	out := make([]byte, 0, size)
	for _, nalu := range kept {
		out = append(binary.BigEndian.AppendUint32(out, uint32(len(nalu))), nalu...)
	}
	return out
}

// repeated tells by the first byte of a NAL unit whether it is an access unit delimiter or a parameter set.
func repeated(codec string, head byte) bool {
	if codec == "h265" {
		kind := head >> 1 & 0x3f
		return kind >= 32 && kind <= 35
	}
	kind := head & 0x1f
	return kind >= 7 && kind <= 9
}

// sameCodec reports whether a file tells the parameters that were written to it.
func (o Options) sameCodec(got, want media.Codec) bool {
	if !o.Rebuilt {
		return media.SameParameters(got, want)
	}
	return got.Name() == want.Name() && got.Kind() == want.Kind() && says(got) == says(want)
}

// says spells out what a codec tells a decoder.
func says(c media.Codec) string {
	switch c := c.(type) {
	case *media.H264:
		w, h := c.Size()
		sps, pps := c.ParameterSets()
		return fmt.Sprintf("%dx%d % x % x", w, h, sps, pps)
	case *media.H265:
		w, h := c.Size()
		return fmt.Sprintf("%dx%d % x", w, h, parameterSets(c.Config()))
	case *media.AAC:
		return fmt.Sprintf("type %d, %d Hz, %d channels, %d samples", c.ObjectType(), c.SampleRate(), c.Channels(), c.FrameSamples())
	}
	return fmt.Sprintf("% x", c.Config())
}

// parameterSets returns the parameter sets of an HEVCDecoderConfigurationRecord (ISO 14496-15, 8.3.3.1) that NewH265 has accepted.
func parameterSets(config []byte) (sets [][]byte) {
	rest := config[23:]
	for range config[22] {
		kind, n := rest[0]&0x3f, binary.BigEndian.Uint16(rest[1:])
		rest = rest[3:]
		for range n {
			end := 2 + int(binary.BigEndian.Uint16(rest))
			if kind >= 32 && kind <= 34 {
				sets = append(sets, rest[2:end])
			}
			rest = rest[end:]
		}
	}
	slices.SortStableFunc(sets, func(a, b []byte) int { return int(a[0]) - int(b[0]) })
	return sets
}

// counted returns the time in front of which n frames of a track have played, in a file that holds no times.
func counted(n int64, c media.Codec) time.Duration {
	aac := c.(*media.AAC)
	return media.Duration(n*int64(aac.FrameSamples()), uint32(aac.SampleRate()))
}

// sizes returns the least and the most that a summary may count for a unit. A byte stream may have access unit delimiters and
// parameter sets that the unit had not, and the other way round.
func (o Options) sizes(u *media.Unit) (least, most int64) {
	size := int64(len(u.Payload))
	if !o.byteStream(u.Track) {
		return size, size
	}
	const delimiter = 4 + 3
	return int64(len(pictureOf(u))), size + delimiter + 2*int64(len(u.Track.Codec.Config()))
}
