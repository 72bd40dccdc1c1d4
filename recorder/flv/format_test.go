package flv_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"iter"
	"math"
	"slices"
	"strings"
	"testing"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/recorder/container"
	"aircheck/recorder/flv"
	"aircheck/recorder/recordertest"
)

// write returns an unfinished file and its index.
func write(t testing.TB, tracks []*media.Track, units []*media.Unit) (data, index []byte) {
	t.Helper()
	w, err := flv.Format{}.NewWriter(tracks)
	if err != nil {
		t.Fatal(err)
	}
	data = w.Header(nil, mediatest.Base(units))
	for _, u := range units {
		if data, err = w.Append(data, u); err != nil {
			t.Fatal(err)
		}
	}
	return data, w.Index(nil)
}

func one(part []byte) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) { yield(part, nil) }
}

// metadata decodes the onMetaData tag, strictly.
func metadata(t *testing.T, data []byte) map[string]any {
	t.Helper()
	const at, size = 24, 16 << 10
	if data[13] != 18 || !bytes.Equal(data[14:17], []byte{0, 0x40, 0}) {
		t.Fatalf("no script tag of 16 KiB: % x", data[13:24])
	}
	r := amf{t: t, b: data[at : at+size]}
	if name := r.value(); name != "onMetaData" {
		t.Fatalf("%q", name)
	}
	m := r.value().(map[string]any)
	if len(r.b) != 0 {
		t.Fatalf("%d bytes behind the metadata", len(r.b))
	}
	return m
}

// amf reads AMF0 as its specification has it.
type amf struct {
	t *testing.T
	b []byte
}

func (r *amf) take(n int) []byte {
	if len(r.b) < n {
		r.t.Fatalf("%d bytes left, want %d", len(r.b), n)
	}
	out := r.b[:n]
	r.b = r.b[n:]
	return out
}

func (r *amf) text() string { return string(r.take(int(binary.BigEndian.Uint16(r.take(2))))) }

func (r *amf) value() any {
	switch kind := r.take(1)[0]; kind {
	case 0:
		return math.Float64frombits(binary.BigEndian.Uint64(r.take(8)))
	case 1:
		return r.take(1)[0] == 1
	case 2:
		s := r.text()
		if len(s) > 255 {
			r.t.Fatalf("a string of %d bytes: ffmpeg reads at most 255", len(s))
		}
		return s
	case 3, 8:
		m := map[string]any{}
		count := -1
		if kind == 8 {
			count = int(binary.BigEndian.Uint32(r.take(4)))
		}
		for key := r.text(); key != ""; key = r.text() {
			m[key] = r.value()
		}
		if r.take(1)[0] != 9 || count >= 0 && count != len(m) {
			r.t.Fatalf("map of %d properties says %d", len(m), count)
		}
		return m
	case 10:
		list := make([]any, binary.BigEndian.Uint32(r.take(4)))
		for i := range list {
			list[i] = r.value()
		}
		return list
	default:
		r.t.Fatalf("AMF type %d", kind)
		return nil
	}
}

func TestMetadata(t *testing.T) {
	video, audio := mediatest.H264(1, 1000), mediatest.AAC(2, 1000)
	for _, pictures := range []int{40, 10000} {
		t.Run(fmt.Sprint(pictures), func(t *testing.T) {
			units := mediatest.Interleave(mediatest.Intra(video, pictures, 0, 40), mediatest.Sound(audio, pictures, 0))
			for _, u := range units {
				u.DTS += 30
				u.PTS += 30
			}
			units[0].DTS = 0
			data, index := write(t, []*media.Track{video, audio}, units)
			checkValues(t, "unfinished", metadata(t, data), map[string]any{
				"duration": 0., "filesize": 0., "width": 64., "height": 48., "videocodecid": 7., "audiocodecid": 10.,
				"audiosamplerate": 48000., "stereo": true,
			})
			e, err := flv.Format{}.Finish(container.Unfinished{Tracks: []*media.Track{video, audio}, Size: int64(len(data)), Index: one(index)})
			if err != nil {
				t.Fatal(err)
			}
			copy(data[e.Patches[0].Offset:], e.Patches[0].Bytes)
			m := metadata(t, data)
			checkValues(t, "finished", m, map[string]any{
				"duration": (e.Summary.Duration + e.Summary.Tracks[0].First).Seconds(), "filesize": float64(len(data)), "width": 64., "framerate": 25.,
			})
			checkSeek(t, data, m, pictures)
		})
	}
}

func checkValues(t *testing.T, what string, got, want map[string]any) {
	t.Helper()
	for key, v := range want {
		if got[key] != v {
			t.Errorf("%s: %s is %v, want %v", what, key, got[key], v)
		}
	}
}

// checkSeek checks that all seek points lead to a key frame of their time, evenly spread.
func checkSeek(t *testing.T, data []byte, m map[string]any, pictures int) {
	t.Helper()
	index := m["keyframes"].(map[string]any)
	times, positions := index["times"].([]any), index["filepositions"].([]any)
	if len(times) != len(positions) || len(times) < min(pictures, 800) || len(times) > pictures+1 {
		t.Fatalf("%d times, %d positions", len(times), len(positions))
	}
	if tag := data[int(positions[0].(float64)):]; tag[0] != 9 || tag[11] != 0x17 || tag[12] != 0 {
		t.Errorf("the first entry is no sequence header: % x", tag[:16])
	}
	last, widest, narrowest := 0., 0., 1e9
	for i := 1; i < len(times); i++ {
		tag := data[int(positions[i].(float64)):]
		ms := float64(binary.BigEndian.Uint32([]byte{tag[7], tag[4], tag[5], tag[6]}))
		if at := times[i].(float64); tag[0] != 9 || tag[11] != 0x17 || tag[12] != 1 || ms != math.Round(at*1000) {
			t.Fatalf("entry %d at %v s leads to % x", i, at, tag[:16])
		}
		if i > 1 {
			widest, narrowest = max(widest, ms-last), min(narrowest, ms-last)
		}
		last = ms
	}
	if widest > narrowest+40 || last < float64(pictures)*40-widest-40 {
		t.Errorf("entries are %v to %v ms apart, the last at %v", narrowest, widest, last)
	}
}

// TestTooLarge checks that a unit no tag can hold is refused and leaves no trace.
func TestTooLarge(t *testing.T) {
	track := mediatest.H264(1, 1000)
	u := mediatest.Intra(track, 1, 0, 1)[0]
	w, err := flv.Format{}.NewWriter([]*media.Track{track})
	if err != nil {
		t.Fatal(err)
	}
	w.Header(nil, 0)
	for size, ok := range map[int]bool{1<<24 - 6: true, 1<<24 - 5: false} {
		big := *u
		big.Payload = make([]byte, size)
		out, err := w.Append(nil, &big)
		if ok != (err == nil) || ok != (len(out) > 0) {
			t.Errorf("%d bytes: %d written, %v", size, len(out), err)
		}
	}
}

// TestOpaque writes codecs that are not understood under their fourCC and reads them back.
func TestOpaque(t *testing.T) {
	video := &media.Track{ID: 1, Codec: media.Opaque{FourCC: "vvc1", Of: media.Video, Extra: []byte{0x81, 0, 12, 0}}, Timescale: 1000}
	audio := &media.Track{ID: 2, Codec: media.Opaque{FourCC: "flac", Of: media.Audio}, Timescale: 48000}
	units := []*media.Unit{
		{Track: video, DTS: 100, PTS: 100, Payload: []byte{1, 2, 3}, RandomAccess: true},
		{Track: audio, DTS: 4848, PTS: 4848, Payload: []byte{4}, RandomAccess: true},
		{Track: video, DTS: 140, PTS: 140, Payload: []byte{5, 6}},
	}
	data, _ := write(t, []*media.Track{video, audio}, units)
	for _, want := range []string{"\x90vvc1\x81", "\x91vvc1\x00\x00\x00\x01\x02\x03", "\xa1vvc1\x00\x00\x00\x05\x06", "\x91fLaC\x04"} {
		if !bytes.Contains(data, []byte(want)) {
			t.Errorf("no %q in the file", want)
		}
	}
	i := 0
	for u, err := range (flv.Format{}).Read(bytes.NewReader(data), int64(len(data))) {
		if err != nil {
			t.Fatal(err)
		}
		w := units[i]
		if !bytes.Equal(u.Payload, w.Payload) || u.RandomAccess != w.RandomAccess || u.Track.Codec.Name() != w.Track.Codec.Name() {
			t.Errorf("unit %d: %+v", i, u)
		}
		i++
	}
	if i != len(units) {
		t.Errorf("%d units", i)
	}
}

// TestForeignTags reads tags that other programs write.
func TestForeignTags(t *testing.T) {
	h264, h265 := mediatest.H264(1, 1000), mediatest.H265(1, 1000)
	p264, p265 := mediatest.Pictures(h264, 1, 0, 1)[0].Payload, mediatest.Pictures(h265, 1, 0, 1)[0].Payload
	short := slices.Clone(h264.Codec.Config())
	short[4] = short[4]&^3 | 1
	narrow := append([]byte{byte(len(p264) - 4>>8), byte(len(p264) - 4)}, p264[4:]...)
	if n := binary.BigEndian.Uint32(p264); int(n)+4 != len(p264) {
		narrow = narrowed(p264)
	}
	join := func(parts ...any) (out []byte) {
		for _, p := range parts {
			switch p := p.(type) {
			case string:
				out = append(out, p...)
			case []byte:
				out = append(out, p...)
			}
		}
		return out
	}
	for name, c := range map[string]struct {
		head, frame []byte
		payload     []byte
		pts         int64
	}{
		"h265 under codec id 12": {join("\x1c\x00\x00\x00\x00", h265.Codec.Config()), join("\x1c\x01\x00\x00\x28", p265), p265, 60},
		"h265 without offset":    {join("\x90hvc1", h265.Codec.Config()), join("\x93hvc1", p265), p265, 20},
		"h264 by fourCC":         {join("\x90avc1", h264.Codec.Config()), join("\x91avc1\xff\xff\xf6", p264), p264, 10},
		"modifier":               {join("\x90hvc1", h265.Codec.Config()), join("\x97\x02\x00\x00\x00\x01hvc1\x00\x00\x01", p265), p265, 21},
		"2-byte lengths":         {join("\x17\x00\x00\x00\x00", short), join("\x17\x01\x00\x00\x00", narrow), p264, 20},
		"aac by fourCC":          {join("\x90mp4a", mediatest.AAC(1, 1000).Codec.Config()), join("\x91mp4a", []byte{1, 2}), []byte{1, 2}, 20},
	} {
		t.Run(name, func(t *testing.T) {
			tag := byte(9)
			if strings.Contains(name, "aac") {
				tag = 8
			}
			data := []byte("FLV\x01\x05\x00\x00\x00\x09\x00\x00\x00\x00")
			data = appendTag(data, 18, 0, []byte("\x02\x00\x01x"))
			data = appendTag(data, tag, 0, c.head)
			data = appendTag(data, tag, 20, []byte{0x52, 0}) // a codec nobody knows
			data = appendTag(data, tag, 20, nil)
			data = appendTag(data, tag, 20, c.frame)
			n := 0
			for u, err := range (flv.Format{}).Read(bytes.NewReader(data), int64(len(data))) {
				if err != nil {
					t.Fatal(err)
				}
				if n++; u.DTS != 20 || u.PTS != c.pts || !u.RandomAccess || !bytes.Equal(u.Payload, c.payload) {
					t.Errorf("%s: DTS %d, PTS %d, %d bytes", u.Track.Codec.Name(), u.DTS, u.PTS, len(u.Payload))
				}
			}
			if n != 1 {
				t.Errorf("%d units", n)
			}
		})
	}
}

// narrowed rewrites 4-byte lengths to 2-byte lengths.
func narrowed(payload []byte) (out []byte) {
	for nalu := range media.NALUs(payload) {
		out = append(binary.BigEndian.AppendUint16(out, uint16(len(nalu))), nalu...)
	}
	return out
}

func appendTag(dst []byte, tag byte, ms uint32, data []byte) []byte {
	n := len(data)
	dst = append(dst, tag, byte(n>>16), byte(n>>8), byte(n), byte(ms>>16), byte(ms>>8), byte(ms), byte(ms>>24), 0, 0, 0)
	return binary.BigEndian.AppendUint32(append(dst, data...), uint32(11+n))
}

// TestParameterChange reads a file whose parameters change: the track becomes another one of the same ID.
func TestParameterChange(t *testing.T) {
	data := []byte("FLV\x01\x04\x00\x00\x00\x09\x00\x00\x00\x00")
	for _, track := range []*media.Track{mediatest.AAC(1, 1000), mediatest.AAC(1, 1000), mediatest.OtherAAC(1, 1000)} {
		data = appendTag(data, 8, 0, append([]byte{0xaf, 0}, track.Codec.Config()...))
		data = appendTag(data, 8, 0, []byte{0xaf, 1, 9})
	}
	var tracks []*media.Track
	for u, err := range (flv.Format{}).Read(bytes.NewReader(data), int64(len(data))) {
		if err != nil {
			t.Fatal(err)
		}
		tracks = append(tracks, u.Track)
	}
	if len(tracks) != 3 || tracks[0] != tracks[1] || tracks[1] == tracks[2] || tracks[2].ID != 1 {
		t.Errorf("%v", tracks)
	}
}

func BenchmarkAppend(b *testing.B) { recordertest.Append(b, flv.Format{}) }
