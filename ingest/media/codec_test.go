package media_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
)

func TestCodecs(t *testing.T) {
	avc := mediatest.H264(1, 1000).Codec.Config()
	hvc := mediatest.H265(1, 1000).Codec.Config()
	for _, ca := range []struct {
		name          string
		kind          media.Kind
		config        []byte
		ok            bool
		width, height int
		rate, chans   int
	}{
		{"h264", media.Video, avc, true, 64, 48, 0, 0},
		{"h264", media.Video, avc[:6], false, 0, 0, 0, 0},
		{"h264", media.Video, avc[:12], false, 0, 0, 0, 0},
		{"h264", media.Video, []byte{1, 0, 0, 0, 0xff, 0xe0, 0}, true, 0, 0, 0, 0},
		{"h264", media.Video, []byte{1, 0, 0, 0, 0xff, 0xe1, 0, 2, 0x67, 1, 0}, true, 0, 0, 0, 0}, // unreadable SPS
		{"h265", media.Video, hvc, true, 64, 64, 0, 0},
		{"h265", media.Video, hvc[:22], false, 0, 0, 0, 0},
		{"h265", media.Video, hvc[:30], false, 0, 0, 0, 0},
		{"aac", media.Audio, []byte{0x11, 0x90}, true, 0, 0, 48000, 2},
		{"aac", media.Audio, []byte{0x12, 0x08}, true, 0, 0, 44100, 1},
		{"aac", media.Audio, []byte{0x11, 0xb8}, true, 0, 0, 48000, 8},
		{"aac", media.Audio, nil, false, 0, 0, 0, 0},
		{"aac", media.Audio, []byte{0}, false, 0, 0, 0, 0},
		{"flac", media.Audio, []byte("any"), true, 0, 0, 0, 0},
		{"vvc1", media.Video, nil, true, 0, 0, 0, 0},
	} {
		c, err := media.New(ca.name, ca.kind, ca.config)
		if (err == nil) != ca.ok {
			t.Errorf("%s % x: %v", ca.name, ca.config, err)
		}
		if err != nil {
			continue
		}
		if c.Name() != ca.name || c.Kind() != ca.kind || !bytes.Equal(c.Config(), ca.config) || !media.SameParameters(c, c) {
			t.Errorf("%s: %s, %s, % x", ca.name, c.Name(), c.Kind(), c.Config())
		}
		if v, ok := c.(media.VideoCodec); ok {
			if w, h := v.Size(); w != ca.width || h != ca.height {
				t.Errorf("%s: %dx%d", ca.name, w, h)
			}
		}
		if a, ok := c.(media.AudioCodec); ok && (a.SampleRate() != ca.rate || a.Channels() != ca.chans) {
			t.Errorf("%s: %d Hz, %d channels", ca.name, a.SampleRate(), a.Channels())
		}
	}
}

// TestLengthSize checks that a configuration of shorter lengths reads as one of 4 bytes.
func TestLengthSize(t *testing.T) {
	for _, ca := range []struct {
		name   string
		config []byte
		at     int
	}{
		{"h264", mediatest.H264(1, 1000).Codec.Config(), 4},
		{"h265", mediatest.H265(1, 1000).Codec.Config(), 21},
	} {
		for size := 1; size <= 4; size++ {
			config := bytes.Clone(ca.config)
			config[ca.at] = config[ca.at]&^3 | byte(size-1)
			c, err := media.New(ca.name, media.Video, config)
			if err != nil {
				t.Fatal(err)
			}
			if got := c.(interface{ LengthSize() int }).LengthSize(); got != size || !bytes.Equal(c.Config(), ca.config) {
				t.Errorf("%s: %d for %d, config % x", ca.name, got, size, c.Config())
			}
		}
	}
}

func TestRandomAccess(t *testing.T) {
	unit := func(nalus ...string) []byte {
		var b []byte
		for _, n := range nalus {
			b = append(binary.BigEndian.AppendUint32(b, uint32(len(n))), n...)
		}
		return b
	}
	h264, h265 := mediatest.H264(1, 1000).Codec, mediatest.H265(1, 1000).Codec
	const aud, slice, idr = "\x09\xf0", "\x41\x9a", "\x65\x88"
	for _, ca := range []struct {
		name    string
		codec   media.Codec
		payload []byte
		want    bool
	}{
		{"IDR", h264, unit(aud, "\x67", "\x68", idr), true},
		{"P", h264, unit(aud, slice), false},
		{"data partition", h264, unit("\x42\x9a"), false},
		{"recovery point", h264, unit(aud, "\x06\x06\x01\xc4\x80", slice), true},
		{"recovery point as third message", h264, unit("\x06\x00\x01\xff\x01\x02\x00\x00\x06\x01\xc4\x80", slice), true},
		{
			"recovery point after a long message", h264,
			unit("\x06\x05\xff\x01"+string(bytes.Repeat([]byte{1}, 256))+"\x06\x01\xc4\x80", slice), true,
		},
		{"recovery point after emulation prevention", h264, unit("\x06\x04\x03\x00\x00\x03\x06\x06\x01\xc4\x80", slice), true},
		{"6 inside another message", h264, unit("\x06\x04\x02\x06\x06\x80", slice), false},
		{"cut SEI", h264, unit("\x06\x04\xff\xff", slice), false},
		{"empty SEI", h264, unit("\x06", slice), false},
		{"nothing", h264, nil, false},
		{"torn", h264, unit(idr)[:5], false},
		{"IDR of H.265", h265, unit("\x26\x01"), true},
		{"CRA", h265, unit("\x46\x01", "\x2a\x01"), true},
		{"trailing picture", h265, unit("\x02\x01", "\x26\x01"), false},
		{"parameter sets alone", h265, unit("\x40\x01", "\x42\x01"), false},
	} {
		if got := ca.codec.RandomAccess(ca.payload); got != ca.want {
			t.Errorf("%s: %v", ca.name, got)
		}
	}
}

func TestWidenLengths(t *testing.T) {
	for _, ca := range []struct {
		in   string
		size int
		want string
		err  error
	}{
		{"\x02ab\x01c", 1, "\x00\x00\x00\x02ab\x00\x00\x00\x01c", nil},
		{"\x00\x02ab", 2, "\x00\x00\x00\x02ab", nil},
		{"\x00\x00\x02ab\x00\x00\x00", 3, "\x00\x00\x00\x02ab\x00\x00\x00\x00", nil},
		{"anything", 4, "anything", nil},
		{"\x03ab", 1, "", media.ErrBadNALU},
		{"\x00", 2, "", media.ErrBadNALU},
		{"", 2, "", nil},
	} {
		got, err := media.WidenLengths([]byte(ca.in), ca.size)
		if string(got) != ca.want || !errors.Is(err, ca.err) {
			t.Errorf("%q: %q, %v", ca.in, got, err)
		}
	}
}

func FuzzH264(f *testing.F) {
	f.Add(unhex(avcHigh), prefixed(4, "\x06\x06\x01\xc4\x80"))
	f.Add(unhex("0142001effe100086742001eda7c2bd0010005"+"68cb83cb20"), []byte{})
	f.Add(mediatest.H264(1, 1000).Codec.Config(), mediatest.Pictures(mediatest.H264(1, 1000), 1, 0, 1)[0].Payload)
	f.Add([]byte{1, 0, 0, 0, 0xff, 0xe1, 0, 2, 0x67, 1, 0}, []byte{0, 0, 0, 4, 6, 4, 255, 255})
	fuzzConfig(f, "h264", media.Video)
}

func FuzzH265(f *testing.F) {
	f.Add(unhex(hvcMain), prefixed(4, "\x2a\x01"))
	f.Add(mediatest.H265(1, 1000).Codec.Config(), mediatest.Pictures(mediatest.H265(1, 1000), 1, 0, 1)[0].Payload)
	fuzzConfig(f, "h265", media.Video)
}

func FuzzAAC(f *testing.F) {
	f.Add(unhex("178000000010"), []byte{})
	f.Add(unhex(asc51), []byte{})
	f.Add([]byte{0x11, 0x90}, []byte{1})
	f.Add([]byte{0x2b, 0x92, 0x08, 0x00}, []byte{})
	fuzzConfig(f, "aac", media.Audio)
}

// fuzzConfig checks that what is accepted is accepted again and means the same, has a possible size or sound, and leaves the
// input as it was.
func fuzzConfig(f *testing.F, name string, kind media.Kind) {
	f.Fuzz(func(t *testing.T, config, payload []byte) {
		before := bytes.Clone(config)
		c, err := media.New(name, kind, config)
		if !bytes.Equal(config, before) {
			t.Fatalf("% x became % x", before, config)
		}
		if err != nil {
			return
		}
		if c.RandomAccess(payload) && kind == media.Video && len(payload) < 5 {
			t.Fatalf("% x is a random access point", payload)
		}
		if v, ok := c.(media.VideoCodec); ok {
			if w, h := v.Size(); w < 0 || h < 0 || w > 65535 || h > 65535 || (w == 0) != (h == 0) {
				t.Fatalf("%dx%d", w, h)
			}
		}
		if a, ok := c.(media.AudioCodec); ok && (a.SampleRate() < 1 || a.Channels() < 0 || a.Channels() > 8) {
			t.Fatalf("%d Hz, %d channels", a.SampleRate(), a.Channels())
		}
		if l, ok := c.(interface{ LengthSize() int }); ok && (l.LengthSize() < 1 || l.LengthSize() > 4) {
			t.Fatalf("lengths of %d bytes", l.LengthSize())
		}
		again, err := media.New(name, kind, c.Config())
		if err != nil || !media.SameParameters(c, again) {
			t.Fatalf("% x: %v", config, err)
		}
	})
}

func FuzzWidenLengths(f *testing.F) {
	f.Add([]byte("\x02ab\x01c"), uint8(1))
	f.Add([]byte("\x00\x02ab"), uint8(2))
	f.Fuzz(func(t *testing.T, in []byte, size uint8) {
		n := int(size)%4 + 1
		out, err := media.WidenLengths(in, n)
		if err != nil || n == 4 {
			return
		}
		units, bytesOf := 0, 0
		for nalu := range media.NALUs(out) {
			units++
			bytesOf += len(nalu)
		}
		var narrow []byte
		for rest := out; len(rest) > 0; {
			size := binary.BigEndian.Uint32(rest)
			narrow = append(append(narrow, rest[4-n:4]...), rest[4:4+size]...)
			rest = rest[4+size:]
		}
		if !bytes.Equal(narrow, in) || units*n+bytesOf > len(in) {
			t.Fatalf("%d units of %d bytes from %d", units, bytesOf, len(in))
		}
	})
}
