// Package mediatest makes media for tests: tracks and units of every codec, cut from a few pictures and frames that
// ffmpeg's encoders made of its test sources. What it makes decodes without a complaint.
package mediatest

import (
	_ "embed"
	"encoding/binary"
	"slices"
	"time"

	"aircheck/ingest/media"
)

// The files hold a configuration behind its 16-bit length, and then units: 8 bits of position in presentation
// order, 8 bits of random access, a 16-bit length, the payload.
var (
	//go:embed testdata/h264.bin
	h264Data []byte
	//go:embed testdata/h264open.bin
	h264OpenData []byte
	//go:embed testdata/h265.bin
	h265Data []byte
	//go:embed testdata/aac.bin
	aacData []byte
)

// GOP is the number of pictures from one random access point of Pictures to the next; OpenGOP is that of OpenPictures.
const (
	GOP     = 10
	OpenGOP = 12
)

// AACSamples and AACRate are samples per frame and second of AAC.
const (
	AACSamples = 1024
	AACRate    = 48000
)

// H264 returns a track of 64x48 pictures: an IDR picture every GOP pictures, two B pictures between P pictures.
func H264(id int, timescale uint32) *media.Track { return track(h264Data, "h264", id, timescale) }

// H265 returns a track of 64x64 pictures in closed GOPs as H264 does.
func H265(id int, timescale uint32) *media.Track { return track(h265Data, "h265", id, timescale) }

// AAC returns a track of AAC LC, 48 kHz, stereo.
func AAC(id int, timescale uint32) *media.Track { return track(aacData, "aac", id, timescale) }

// OtherAAC returns a track of AAC LC, 44.1 kHz, mono: a change of parameters. Its units do not decode.
func OtherAAC(id int, timescale uint32) *media.Track {
	c, err := media.New("aac", media.Audio, []byte{0x12, 0x08})
	if err != nil {
		panic(err)
	}
	return &media.Track{ID: id, Codec: c, Timescale: timescale}
}

func track(data []byte, name string, id int, timescale uint32) *media.Track {
	n := binary.BigEndian.Uint16(data)
	kind := media.Video
	if slices.Index(Codecs(), name) >= slices.Index(Codecs(), "aac") {
		kind = media.Audio
	}
	c, err := media.New(name, kind, data[2:2+n])
	if err != nil {
		panic(err)
	}
	return &media.Track{ID: id, Codec: c, Timescale: timescale}
}

// sample is one unit of the embedded data.
type sample struct {
	order   int
	key     bool
	payload []byte
}

func samples(data []byte) (out []sample) {
	data = data[2+binary.BigEndian.Uint16(data):]
	for len(data) > 0 {
		n := int(binary.BigEndian.Uint16(data[2:]))
		out = append(out, sample{order: int(data[0]), key: data[1] == 1, payload: slices.Clip(data[4 : 4+n])})
		data = data[4+n:]
	}
	return out
}

// Wall is when unit zero of every track arrives.
var Wall = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// Pictures returns n pictures of a track of this package in the order of decoding. The first is decoded at start and each
// following one after step, in the track's clock rate; every picture is shown one step later, B pictures reordered. Codecs but
// H.264 and H.265 show each picture at once.
func Pictures(t *media.Track, n int, start, step int64) []*media.Unit {
	return pictures(t, samples(dataOf(t.Codec.Name())), n, start, step)
}

// OpenPictures returns pictures of an H264 track as Pictures does, where every second GOP is open: it starts with a recovery
// point that B pictures of earlier presentation time follow.
func OpenPictures(t *media.Track, n int, start, step int64) []*media.Unit {
	return pictures(t, samples(h264OpenData), n, start, step)
}

func pictures(t *media.Track, loop []sample, n int, start, step int64) []*media.Unit {
	units := make([]*media.Unit, n)
	for i := range units {
		s := loop[i%len(loop)]
		shown := int64(i-i%len(loop)+s.order) + 1
		if !reordered(t.Codec.Name()) {
			shown = int64(i)
		}
		units[i] = unit(t, start+int64(i)*step, start+shown*step, s)
	}
	return units
}

// Intra returns n IDR pictures without reordering: every one is a random access point, and PTS equals DTS.
func Intra(t *media.Track, n int, start, step int64) []*media.Unit {
	units := Pictures(t, n*GOP, 0, 1)
	out := make([]*media.Unit, n)
	for i := range out {
		u := *units[i*GOP]
		u.DTS = start + int64(i)*step
		u.PTS = u.DTS
		u.Wall = wall(&u)
		out[i] = &u
	}
	return out
}

// Sound returns n frames of a track of sound. Each time is rounded by itself to the track's clock rate.
func Sound(t *media.Track, n int, start int64) []*media.Unit {
	c := t.Codec.(media.FramedCodec)
	loop, samples, rate := loopOf(c.Name()), int64(c.FrameSamples()), uint32(c.SampleRate())
	if c.Name() == "aac" {
		samples, rate = AACSamples, AACRate // OtherAAC too
	}
	units := make([]*media.Unit, n)
	for i := range units {
		at := start + media.Rescale(int64(i)*samples, rate, t.Timescale)
		units[i] = unit(t, at, at, loop[i%len(loop)])
		units[i].RandomAccess = true
	}
	return units
}

func unit(t *media.Track, dts, pts int64, s sample) *media.Unit {
	u := &media.Unit{Track: t, DTS: dts, PTS: pts, RandomAccess: s.key, Payload: s.payload}
	u.Wall = wall(u)
	return u
}

func wall(u *media.Unit) time.Time { return Wall.Add(u.Time()) }

// Interleave merges units of several tracks by decoding time; of equal times the earlier argument comes first.
func Interleave(tracks ...[]*media.Unit) []*media.Unit {
	out := slices.Concat(tracks...)
	slices.SortStableFunc(out, func(a, b *media.Unit) int { return int(a.Time() - b.Time()) })
	return out
}

// Base returns the lowest DTS of the units, as a file's time zero.
func Base(units []*media.Unit) time.Duration {
	base := units[0].Time()
	for _, u := range units {
		base = min(base, u.Time())
	}
	return base
}

// Grow returns a copy of a unit of H.264 or H.265 whose payload is size bytes long, or up to 5 bytes longer than it was: a filler
// data NAL unit (ITU-T H.264 7.3.2.7, H.265 7.3.2.8) makes up the difference.
func Grow(u *media.Unit, size int) *media.Unit {
	head := []byte{12}
	if u.Track.Codec.Name() == "h265" {
		head = []byte{38 << 1, 1}
	}
	fill := max(size-len(u.Payload)-4-len(head)-1, 1)
	p := slices.Grow(slices.Clone(u.Payload), fill+8)
	p = binary.BigEndian.AppendUint32(p, uint32(len(head)+fill+1))
	p = append(p, head...)
	for range fill {
		p = append(p, 0xff)
	}
	out := *u
	out.Payload = append(p, 0x80)
	return &out
}
