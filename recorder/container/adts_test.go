package container_test

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/recorder/container"
)

func newAAC(t testing.TB, config ...byte) *media.AAC {
	t.Helper()
	c, err := media.NewAAC(config)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestADTS makes headers of all rates, channels and many sizes, and reads them back.
func TestADTS(t *testing.T) {
	for rate := range 13 {
		for channels := 1; channels <= 7; channels++ {
			c := newAAC(t, byte(2<<3|rate>>1), byte(rate<<7|channels<<3))
			a, err := container.NewADTS(c)
			if err != nil {
				t.Fatalf("%d Hz, %d channels: %v", c.SampleRate(), c.Channels(), err)
			}
			for size := 0; size <= container.MaxADTSPayload; size += 1 + size/7 {
				b := a.Append([]byte("x"), size)[1:]
				got, head, n, ok := container.ParseADTS(b)
				if !ok || len(b) != container.ADTSSize || head != len(b) || n != size || !media.SameParameters(got, c) {
					t.Fatalf("%d Hz, %d channels, %d bytes: % x reads as %v, %d, %d", c.SampleRate(), c.Channels(), size, b, ok, head, n)
				}
			}
		}
	}
	a, _ := container.NewADTS(newAAC(t, 0x11, 0x90))
	if b := a.Append(nil, container.MaxADTSPayload); !bytes.Equal(b, []byte{0xff, 0xf1, 0x4c, 0x83, 0xff, 0xff, 0xfc}) {
		t.Errorf("largest frame: % x", b)
	}
}

// TestADTSRefuses checks that NewADTS names what a header cannot tell.
func TestADTSRefuses(t *testing.T) {
	for why, c := range map[string]media.Codec{
		"h264":                     mediatest.H264(1, 1).Codec,
		"opus":                     media.Opaque{FourCC: "opus", Of: media.Audio},
		"frames of 960 samples":    newAAC(t, 0x11, 0x94),
		"a program config element": newAAC(t, 0x11, 0x80),
		"of 40960 Hz":              newAAC(t, 0x17, 0x80, 0x50, 0x00, 0x10),
	} {
		if _, err := container.NewADTS(c); !errors.Is(err, container.ErrUnsupported) || !strings.Contains(err.Error(), why) {
			t.Errorf("%s: %v", why, err)
		}
	}
}

// TestParseADTS checks what is taken for a header.
func TestParseADTS(t *testing.T) {
	for name, c := range map[string]struct {
		b          string
		head, size int
		ok         bool
	}{
		"plain":            {"\xff\xf1\x4c\x80\x01\x7f\xfc", 7, 4, true},
		"MPEG-2":           {"\xff\xf9\x4c\x80\x01\x7f\xfc", 7, 4, true},
		"checksum":         {"\xff\xf0\x4c\x80\x01\x7f\xfc", 9, 2, true},
		"constant rate":    {"\xff\xf1\x4c\x80\x01\x60\x00", 7, 4, true},
		"private, home":    {"\xff\xf1\x4e\xb0\x01\x7f\xfc", 7, 4, true},
		"no payload":       {"\xff\xf1\x4c\x80\x00\xff\xfc", 7, 0, true},
		"shorter than it":  {"\xff\xf1\x4c\x80\x00\xdf\xfc", 0, 0, false},
		"short, checksum":  {"\xff\xf0\x4c\x80\x01\x1f\xfc", 0, 0, false},
		"another layer":    {"\xff\xf3\x4c\x80\x01\x7f\xfc", 0, 0, false},
		"no syncword":      {"\xff\xe1\x4c\x80\x01\x7f\xfc", 0, 0, false},
		"nor its start":    {"\xfe\xf1\x4c\x80\x01\x7f\xfc", 0, 0, false},
		"two frames in it": {"\xff\xf1\x4c\x80\x01\x7f\xfd", 0, 0, false},
		"no channels":      {"\xff\xf1\x4c\x00\x01\x7f\xfc", 0, 0, false},
		"reserved rate":    {"\xff\xf1\x74\x80\x01\x7f\xfc", 0, 0, false},
		"rate spelt out":   {"\xff\xf1\x7c\x80\x01\x7f\xfc", 0, 0, false},
		"AAC Main":         {"\xff\xf1\x0c\x80\x01\x7f\xfc", 0, 0, false},
		"torn":             {"\xff\xf1\x4c\x80\x01\x7f", 0, 0, false},
		"nothing":          {"", 0, 0, false},
	} {
		codec, head, size, ok := container.ParseADTS([]byte(c.b))
		if ok != c.ok || ok && (head != c.head || size != c.size || codec.SampleRate() != 48000 || codec.Channels() != 2) {
			t.Errorf("%s: %v, %d and %d bytes, %v", name, ok, head, size, codec)
		}
	}
}

// TestADTSOfFFmpeg walks through what ffmpeg wrote and makes the same headers.
func TestADTSOfFFmpeg(t *testing.T) {
	for _, args := range [][]string{{"-ar", "48000", "-ac", "2"}, {"-ar", "44100", "-ac", "1"}, {"-ar", "22050", "-ac", "6"}} {
		path := mediatest.Clip(t, "clip.aac", "25", append([]string{"-t", "1", "-vn", "-c:a", "aac"}, args...)...)
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		frames := 0
		for rest := data; len(rest) > 0; frames++ {
			c, head, size, ok := container.ParseADTS(rest)
			if !ok || head+size > len(rest) {
				t.Fatalf("%v: no frame at %d", args, len(data)-len(rest))
			}
			a, err := container.NewADTS(c)
			if err != nil || !bytes.Equal(a.Append(nil, size), rest[:head]) {
				t.Fatalf("%v: frame %d: % x, %v", args, frames, rest[:head], err)
			}
			rest = rest[head+size:]
		}
		out := mediatest.Run(t, "ffprobe", "-v", "error", "-show_entries", "packet=size", "-of", "csv=p=0", path)
		if want := bytes.Count(out, []byte("\n")); frames != want || frames < 20 {
			t.Errorf("%v: %d frames, ffprobe sees %d", args, frames, want)
		}
	}
}

func FuzzParseADTS(f *testing.F) {
	f.Add([]byte("\xff\xf1\x4c\x80\x01\x7f\xfc"))
	f.Add([]byte("\xff\xf8\x50\x40\x3f\xff\xfc\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, head, size, ok := container.ParseADTS(b)
		if !ok {
			return
		}
		if head != 7 && head != 9 || size < 0 || size > container.MaxADTSPayload {
			t.Fatalf("%d and %d bytes", head, size)
		}
		a, err := container.NewADTS(c)
		if err != nil {
			t.Fatal(err)
		}
		again, _, n, ok := container.ParseADTS(a.Append(nil, size))
		if !ok || n != size || !media.SameParameters(c, again) {
			t.Fatalf("% x: %d bytes, then %d", b, size, n)
		}
	})
}
