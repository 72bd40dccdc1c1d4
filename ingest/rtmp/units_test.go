package rtmp

import (
	"bytes"
	"encoding/binary"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/yutopp/go-rtmp/message"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
)

const (
	videoKind = message.TypeIDVideoMessage
	audioKind = message.TypeIDAudioMessage
)

// tag is a message body with its kind and time.
type tag struct {
	kind message.TypeID
	time uint32
	body []byte
}

// unit is a unit as tests write it down.
type unit struct {
	track    int
	codec    string
	pts, dts int64
	key      bool
	payload  string
}

func readTags(tags []tag) (*unitReader, []unit) {
	r := &unitReader{}
	var units []*media.Unit
	for _, g := range tags {
		units = r.read(units, rtmpMessage{kind: g.kind, time: g.time, body: g.body}, time.Time{})
	}
	out := make([]unit, 0, len(units))
	for _, u := range units {
		out = append(out, unit{u.Track.ID, u.Track.Codec.Name(), u.PTS, u.DTS, u.RandomAccess, string(u.Payload)})
	}
	return r, out
}

// TestUnits checks what becomes of message bodies.
func TestUnits(t *testing.T) {
	idr, p := nalu(true, 1, 9), nalu(false, 1, 9)
	irap := []byte{0, 0, 0, 3, 0x26, 1, 0xaf}
	avc := mediatest.H264(1, 1000).Codec.Config()
	hvc := mediatest.H265(1, 1000).Codec.Config()
	aac := mediatest.AAC(1, 1000).Codec.Config()
	short := bytes.Clone(avc)
	short[4] &^= 2 // lengths of 2 bytes
	x := func(first byte, parts ...string) []byte { return append([]byte{first}, strings.Join(parts, "")...) }
	size := func(s string) string { return string(binary.BigEndian.AppendUint32(nil, uint32(len(s)))[1:]) + s }
	avcConfig := tag{videoKind, 0, cat([]byte{0x17, 0, 0, 0, 0}, avc)}
	for _, ca := range []struct {
		name       string
		tags       []tag
		want       []unit
		bad, early int
	}{
		{"H.264", []tag{
			avcConfig,
			{videoKind, 40, cat([]byte{0x17, 1, 0, 0, 80}, idr)},
			{videoKind, 80, cat([]byte{0x27, 1, 0xff, 0xff, 0xd8}, p)},
			{videoKind, 90, []byte{0x17, 2, 0, 0, 0}},
		}, []unit{{1, "h264", 120, 40, true, string(idr)}, {1, "h264", 40, 80, false, string(p)}}, 0, 0},
		{"legacy H.265", []tag{
			{videoKind, 0, cat([]byte{0x1c, 0, 0, 0, 0}, hvc)}, {videoKind, 40, cat([]byte{0x1c, 1, 0, 0, 80}, irap)},
		}, []unit{{1, "h265", 120, 40, true, string(irap)}}, 0, 0},
		{"2-byte lengths", []tag{
			{videoKind, 0, cat([]byte{0x17, 0, 0, 0, 0}, short)},
			{videoKind, 0, cat([]byte{0x17, 1, 0, 0, 0}, []byte{0, 2, 0x65, 9, 0, 1, 0x41})},
			{videoKind, 0, cat([]byte{0x17, 1, 0, 0, 0}, []byte{0, 9, 0x65, 9})},
		}, []unit{{1, "h264", 0, 0, true, "\x00\x00\x00\x02\x65\x09\x00\x00\x00\x01\x41"}}, 1, 0},
		{"AAC", []tag{
			{audioKind, 5, cat([]byte{0xaf, 0}, aac)}, {audioKind, 10, []byte{0xaf, 1, 7, 8}}, {audioKind, 11, []byte{0xaf, 1}},
		}, []unit{{2, "aac", 10, 10, true, "\x07\x08"}}, 0, 0},
		{"enhanced", []tag{
			{videoKind, 0, x(0x90, "hvc1", string(hvc))},
			{videoKind, 1, x(0x91, "hvc1", "\x00\x00\x0a", string(irap))},
			{videoKind, 2, x(0xa3, "hvc1", string(irap))},
			{videoKind, 3, x(0x92, "hvc1")},
			{videoKind, 3, x(0x94, "hvc1", "meta")},
			{videoKind, 3, x(0x95, "hvc1", "ts")},
			{videoKind, 3, x(0xd0, "\x01")},
			{audioKind, 4, x(0x90, "mp4a", string(aac))},
			{audioKind, 5, x(0x91, "mp4a", "ab")},
			{audioKind, 5, x(0x92, "mp4a")},
			{audioKind, 5, x(0x94, "mp4a", "abc")},
		}, []unit{
			{1, "h265", 11, 1, true, string(irap)}, {1, "h265", 2, 2, true, string(irap)}, {2, "aac", 5, 5, true, "ab"},
		}, 0, 0},
		{"enhanced H.264", []tag{
			{videoKind, 0, x(0x90, "avc1", string(avc))}, {videoKind, 1, x(0x91, "avc1", "\xff\xff\xff", string(idr))},
		}, []unit{{1, "h264", 0, 1, true, string(idr)}}, 0, 0},
		{"codecs that are only carried", []tag{
			{videoKind, 0, x(0x90, "vvc1", "conf")},
			{videoKind, 1, x(0x93, "vvc1", "key")},
			{videoKind, 3, x(0xa1, "vvc1", "\x00\x00\x02", "v")},
			{videoKind, 4, x(0x12, "sorenson")},
			{audioKind, 1, x(0x91, "ec-3", "o")},
			{audioKind, 2, x(0x91, "fLaC", "f")},
			{audioKind, 5, []byte("\xb2s")},
		}, []unit{
			{1, "vvc1", 1, 1, true, "key"},
			{1, "vvc1", 5, 3, false, "v"},
			{1, "flv1", 4, 4, true, "sorenson"},
			{2, "ec-3", 1, 1, true, "o"},
			{2, "flac", 2, 2, true, "f"},
			{2, "spex", 5, 5, true, "s"},
		}, 0, 0},
		{"one track of many", []tag{
			{videoKind, 0, x(0x96, "\x00", "avc1", "\x03", string(avc))},
			{videoKind, 1, x(0x96, "\x01", "avc1", "\x03", "\x00\x00\x01", string(idr))},
			{videoKind, 2, x(0x96, "\x03", "avc1", "\x03", string(idr))},
		}, []unit{{7, "h264", 2, 1, true, string(idr)}, {7, "h264", 2, 2, true, string(idr)}}, 0, 0},
		{"many tracks of one codec", []tag{
			{audioKind, 0, x(0x95, "\x10", "mp4a", "\x00", size(string(aac)), "\x01", size(string(aac)))},
			{audioKind, 1, x(0x95, "\x11", "mp4a", "\x00", size("ab"), "\x01", size("cde"))},
		}, []unit{{2, "aac", 1, 1, true, "ab"}, {4, "aac", 1, 1, true, "cde"}}, 0, 0},
		{"many tracks of many codecs", []tag{
			{audioKind, 0, x(0x95, "\x21", "Opus", "\x00", size("ab"), "ec-3", "\x05", size("cde"))},
			{audioKind, 1, x(0x95, "\x21", "Opus", "\x00", size("ab"), "ec-3", "\x05", "\x00\x00\x09")}, // torn
		}, []unit{{2, "opus", 0, 0, true, "ab"}, {12, "ec-3", 0, 0, true, "cde"}, {2, "opus", 1, 1, true, "ab"}}, 1, 0},
		{"extensions", []tag{
			avcConfig,
			{videoKind, 1, x(0x97, "\x02abc\x01", "avc1", "\x00\x00\x00", string(idr))},
			{videoKind, 2, x(0x97, "\xff\x00\x03abcd\x07", "\x00z\x03", "avc1", string(idr))},
			{videoKind, 3, x(0x97, "\x09abc")},
			{videoKind, 3, x(0x97, "\xff\x00")},
			{videoKind, 3, x(0x97)},
		}, []unit{{1, "h264", 1, 1, true, string(idr)}, {1, "h264", 2, 2, true, string(idr)}}, 3, 0},
		{"before the configuration", []tag{
			{videoKind, 0, cat([]byte{0x17, 1, 0, 0, 0}, idr)},
			{audioKind, 0, []byte{0xaf, 1, 7}},
			avcConfig,
			{videoKind, 1, cat([]byte{0x1c, 1, 0, 0, 0}, irap)},
			{videoKind, 40, cat([]byte{0x17, 1, 0, 0, 0}, idr)},
		}, []unit{{1, "h264", 40, 40, true, string(idr)}}, 0, 3},
		{"bad messages", []tag{
			{videoKind, 0, []byte{0x17, 0, 0, 0, 0, 1}},
			{videoKind, 0, []byte{0x17}},
			{videoKind, 0, []byte{0x1f, 1, 2}},
			{audioKind, 0, []byte{0xaf}},
			{audioKind, 0, []byte{0xcf}},
			{audioKind, 0, []byte{0xaf, 0}},
			{videoKind, 0, x(0x90, "av")},
			{videoKind, 0, x(0x90, "\x01\x02\x03\x04")},
			{videoKind, 0, x(0x91, "avc1", "\x00")},
			{videoKind, 0, x(0x96)},
			{videoKind, 0, x(0x96, "\x10", "avc1", "\x01\x00")},
			{audioKind, 0, x(0x90, "avc1", string(avc))},
			{videoKind, 0, x(0x90, "av01", strings.Repeat("c", maxConfigSize+1))},
			{videoKind, 0, x(0x98, "avc1", "x")},
			{videoKind, 0, x(0x96, "\x30", "avc1", "\x00", "x")},
			{videoKind, 0, x(0x91, "av01", "\x80")},
			{videoKind, 0, nil},
			{videoKind, 0, []byte{0x57, 0}},
		}, []unit{}, 15, 1},
	} {
		t.Run(ca.name, func(t *testing.T) {
			r, got := readTags(ca.tags)
			if !reflect.DeepEqual(got, ca.want) {
				t.Errorf("got  %+v\nwant %+v", got, ca.want)
			}
			if r.bad != ca.bad || r.early != ca.early || (r.complaint == nil) != (ca.bad == 0) {
				t.Errorf("%d bad, %d early, complaint %v; want %d and %d", r.bad, r.early, r.complaint, ca.bad, ca.early)
			}
		})
	}
}

// TestParameterChange checks that a track is replaced by a change of parameters, and only by one.
func TestParameterChange(t *testing.T) {
	var r unitReader
	read := func(body []byte) *media.Track {
		units := r.read(nil, rtmpMessage{kind: audioKind, body: body}, time.Time{})
		if len(units) == 0 {
			return nil
		}
		return units[0].Track
	}
	frame := []byte{0xaf, 1, 1}
	read(audioConfig())
	first := read(frame)
	read(audioConfig())
	if second := read(frame); second != first {
		t.Error("the same configuration made another track")
	}
	other := cat([]byte{0xaf, 0}, mediatest.OtherAAC(2, 1000).Codec.Config())
	read(other)
	changed := read(frame)
	if changed == first || changed.ID != first.ID {
		t.Errorf("track %+v after %+v", changed, first)
	}
	read([]byte{0xaf, 0})
	if again := read(frame); again != changed {
		t.Error("a bad configuration changed the track")
	}
}

// TestTracksAreBounded checks that a publisher cannot open tracks without end.
func TestTracksAreBounded(t *testing.T) {
	var r unitReader
	for id := range 256 {
		r.read(nil, rtmpMessage{kind: audioKind, body: cat([]byte{0x95, 1}, []byte("Opus"), []byte{byte(id)}, []byte("x"))}, time.Time{})
	}
	if len(r.tracks) != maxTracks || r.bad != 256-maxTracks {
		t.Errorf("%d tracks, %d bad", len(r.tracks), r.bad)
	}
}

// TestSixtyDays follows sound and pictures over every wrap of a push of 60 days.
func TestSixtyDays(t *testing.T) {
	var r unitReader
	video, audio := picture(nalu(false, 1, 9)), sound(1)
	r.read(nil, rtmpMessage{kind: videoKind, body: videoConfig()}, time.Time{})
	r.read(nil, rtmpMessage{kind: audioKind, body: audioConfig()}, time.Time{})
	const days = 60 * 24 * 3600 * 1000
	var dst []*media.Unit
	for ms := int64(0); ms < days; ms += 9973 {
		dst = r.read(dst[:0], rtmpMessage{kind: videoKind, time: uint32(ms), body: video}, time.Time{})
		dst = r.read(dst, rtmpMessage{kind: audioKind, time: uint32(ms - 30), body: audio}, time.Time{})
		if dst[0].DTS != ms || dst[1].DTS != ms-30 {
			t.Fatalf("at %d ms: %d and %d", ms, dst[0].DTS, dst[1].DTS)
		}
	}
}

func FuzzVideoTag(f *testing.F) {
	avc := mediatest.H264(1, 1000).Codec.Config()
	f.Add(videoConfig(), picture(nalu(true, 1, 20)))
	f.Add(cat([]byte{0x90}, []byte("hvc1"), mediatest.H265(1, 1000).Codec.Config()), cat([]byte{0xa1}, []byte("hvc1"), []byte{0, 0, 1}, nalu(false, 1, 20)))
	f.Add(cat([]byte{0x96, 0x10}, []byte("avc1"), []byte{0, 0, 0, byte(len(avc))}, avc), cat([]byte{0x97, 2, 1, 2, 3, 6, 0x21}, []byte("av01"), []byte{1, 0, 0, 1, 9}))
	f.Add([]byte{0x17}, []byte{0x1c, 1})
	for _, name := range []string{"av1", "vp9", "vp8"} {
		list := messages(mediatest.Units(mediatest.Track(name, 1, timescale), 1, 0), "one", 3)
		f.Add(list[0].body, list[1].body)
	}
	fuzzTags(f, videoKind)
}

func FuzzAudioTag(f *testing.F) {
	f.Add(audioConfig(), sound(1, 2, 3))
	f.Add(cat([]byte{0x90}, []byte("Opus"), []byte("OpusHead")), cat([]byte{0x91}, []byte("Opus"), []byte{1}))
	f.Add(cat([]byte{0x95, 0x21}, []byte("ac-3"), []byte{5, 0, 0, 2, 1, 2}), []byte{0x97, 0xff, 0, 1, 1, 2, 5, 0})
	f.Add([]byte{0xaf}, []byte{0x2f, 1})
	for _, name := range []string{"opus", "mp3", "ac3"} {
		list := messages(mediatest.Units(mediatest.Track(name, 1, timescale), 2, 0), "many", 3)
		f.Add(list[0].body, list[1].body)
	}
	f.Add([]byte("\x72aa"), []byte("\x83aa"))
	fuzzTags(f, audioKind)
}

// fuzzTags reads two messages after each other and checks what any unit must be.
func fuzzTags(f *testing.F, kind message.TypeID) {
	f.Fuzz(func(t *testing.T, a, b []byte) {
		var r unitReader
		var units []*media.Unit
		for i, body := range [][]byte{a, b, b} {
			units = r.read(units, rtmpMessage{kind: kind, time: uint32(i), body: body}, time.Time{})
		}
		for _, u := range units {
			id := 2
			if kind == videoKind {
				id = 1
			}
			if len(u.Payload) == 0 || u.Track.ID%2 != id%2 || u.Track.ID < 1 || u.Track.ID > 512 || u.Track.Codec.Name() == "" ||
				(u.Track.Codec.Kind() == media.Video) != (kind == videoKind) || u.DTS < 0 || u.DTS > 2 {
				t.Fatalf("%+v of %+v", u, u.Track)
			}
		}
	})
}
