package media_test

import (
	"bytes"
	"errors"
	"testing"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
)

// TestFromUnit checks what units tell, with and without an announcement.
func TestFromUnit(t *testing.T) {
	for _, name := range []string{"av1", "vp8", "vp9", "opus", "mp3", "ac3"} {
		track := mediatest.Track(name, 1, 1000)
		units, kind := mediatest.Units(track, 2, 0), track.Codec.Kind()
		c, err := media.FromUnit(name, kind, nil, units[0].Payload)
		if name == "opus" {
			c, err = media.FromUnit(name, kind, track.Codec.Config(), units[0].Payload)
		}
		if err != nil || !media.SameParameters(c, track.Codec) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !media.TellsItself(name) {
			t.Errorf("%s does not tell itself", name)
		}
		if kind == media.Audio {
			continue
		}
		if _, err := media.FromUnit(name, kind, nil, units[1].Payload); !errors.Is(err, media.ErrNoParameters) {
			t.Errorf("%s from a picture that depends on others: %v", name, err)
		}
		announced := track.Codec.Config()[:8]
		if name == "av1" {
			announced = announced[:4]
		}
		c, err = media.FromUnit(name, kind, announced, units[0].Payload)
		if err != nil || !media.SameParameters(c, track.Codec) {
			t.Errorf("%s with an announcement: %v", name, err)
		}
		small, err := media.New(name, kind, announced)
		if err != nil {
			t.Fatal(err)
		}
		if w, h := small.(media.VideoCodec).Size(); w != 0 || h != 0 {
			t.Errorf("%s: %dx%d from nothing", name, w, h)
		}
		if after := small.(media.InBand).After(units[0].Payload); !media.SameParameters(after, track.Codec) {
			t.Errorf("%s after a key frame: % x", name, after.Config())
		}
		if after := small.(media.InBand).After(units[1].Payload); after != small {
			t.Errorf("%s after another picture: % x", name, after.Config())
		}
	}
	if _, err := media.FromUnit("opus", media.Audio, nil, nil); !errors.Is(err, media.ErrNoParameters) {
		t.Errorf("opus from nothing: %v", err)
	}
	if c, err := media.FromUnit("aac", media.Audio, []byte{0x11, 0x90}, nil); err != nil || c.Name() != "aac" || media.TellsItself("aac") {
		t.Errorf("aac: %v", err)
	}
}

// TestSameStream checks that what differs from frame to frame of one stream is no change of its parameters: bit rate, padding and the way that
// stereo is coded.
func TestSameStream(t *testing.T) {
	mp3 := mediatest.Units(mediatest.Track("mp3", 1, 1000), 1, 0)[0]
	for rate := range byte(15) {
		for mode := range byte(3) { // stereo, joint stereo, two channels
			for extension := range byte(4) {
				b := bytes.Clone(mp3.Payload)
				b[2] = b[2]&0x0c | rate<<4 | extension&1<<1
				b[3] = b[3]&0x0f | mode<<6 | extension<<4
				if c := mp3.Track.Codec.(media.InBand).After(b); c != mp3.Track.Codec {
					t.Fatalf("mp3 of bit rate %d, mode %d: %x", rate, mode, c.Config())
				}
			}
		}
	}
	ac3 := mediatest.Units(mediatest.Track("ac3", 1, 1000), 1, 0)[0]
	for size := range byte(38) {
		b := bytes.Clone(ac3.Payload)
		b[4] = b[4]&0xc0 | size
		if c := ac3.Track.Codec.(media.InBand).After(b); c != ac3.Track.Codec {
			t.Fatalf("ac3 of size %d: %x", size, c.Config())
		}
	}
}

// TestWrongAnnouncement checks that a key frame overrules what was announced of VP9 at once: not only the next one does, which would change the
// parameters anew after each announcement.
func TestWrongAnnouncement(t *testing.T) {
	u := mediatest.Units(mediatest.Track("vp9", 1, 1000), 1, 0)[0]
	announced := bytes.Clone(u.Track.Codec.Config()[:8])
	announced[0], announced[2] = 2, 10<<4|announced[2]&15
	c, err := media.FromUnit("vp9", media.Video, announced, u.Payload)
	if err != nil {
		t.Fatal(err)
	}
	if next := c.(media.InBand).After(u.Payload); next != c {
		t.Errorf("% x, and % x at the next key frame", c.Config(), next.Config())
	}
}

// TestAV1Key checks which temporal units a decoder can start with.
func TestAV1Key(t *testing.T) {
	track := mediatest.Track("av1", 1, 1000)
	c := track.Codec.(*media.AV1)
	bare, err := media.NewAV1(c.Config()[:4])
	if err != nil {
		t.Fatal(err)
	}
	header := c.SequenceHeader()
	obu := func(kind byte, body ...byte) []byte { return append([]byte{kind<<3 | 2, byte(len(body))}, body...) }
	for _, ca := range []struct {
		name    string
		codec   *media.AV1
		payload []byte
		want    bool
	}{
		{"key frame", c, obu(6, 0x10), true},
		{"key frame, its header before it", bare, append(bytes.Clone(header), obu(6, 0x10)...), true},
		{"key frame without a header", bare, obu(6, 0x10), false},
		{"key frame that is not shown", c, obu(6, 0), false},
		{"frame header of its own", c, obu(3, 0x10), true},
		{"inter frame", c, obu(6, 0x30), false},
		{"intra-only frame", c, obu(6, 0x50), false},
		{"existing frame", c, obu(3, 0x90), false},
		{"inter frame before a key frame", c, append(obu(6, 0x30), obu(6, 0x10)...), false},
		{"padding before a key frame", c, append(obu(15, 0, 0), obu(6, 0x10)...), true},
		{"still picture", bare, append(obu(1, 0x18), obu(6, 0)...), true},
		{"nothing", c, nil, false},
		{"an empty frame", c, obu(6), false},
		{"torn", c, []byte{6<<3 | 2, 9, 0x10}, false},
	} {
		if got := ca.codec.RandomAccess(ca.payload); got != ca.want {
			t.Errorf("%s: %v", ca.name, got)
		}
	}
}

// TestTrimOBUs checks that temporal units are made what files hold.
func TestTrimOBUs(t *testing.T) {
	const frame, delimiter = "\x32\x03abc", "\x12\x00"
	for _, ca := range []struct {
		name, in, want string
		err            error
	}{
		{"nothing", "", "", nil},
		{"as it should be", frame, frame, nil},
		{"a delimiter in front", delimiter + frame, frame, nil},
		{"a delimiter with a size of two bytes", "\x12\x80\x00" + frame, frame, nil},
		{"a delimiter inside", frame + delimiter + frame, frame + frame, nil},
		{"the last without a size", delimiter + frame + "\x30abc", frame + frame, nil},
		{"an extension without a size", "\x34\x08abc", "\x36\x08\x03abc", nil},
		{"forbidden bit", "\xb2\x03abc", "", media.ErrBadOBU},
		{"torn", "\x32\x04abc", "", media.ErrBadOBU},
		{"no size at all", "\x32", "", media.ErrBadOBU},
		{"an endless size", "\x32\xff\xff\xff\xff\xff\xff", "", media.ErrBadOBU},
		{"torn extension", "\x34", "", media.ErrBadOBU},
	} {
		got, err := media.TrimOBUs([]byte(ca.in))
		if string(got) != ca.want || !errors.Is(err, ca.err) {
			t.Errorf("%s: %q, %v", ca.name, got, err)
		}
	}
	in := []byte(delimiter + frame)
	if got, _ := media.TrimOBUs(in); &got[0] != &in[2] {
		t.Error("copied without need")
	}
	long := append([]byte{0x30}, make([]byte, 300)...)
	if out, err := media.AppendOBU(nil, long); err != nil || !bytes.HasPrefix(out, []byte{0x32, 0xac, 2}) || len(out) != 303 {
		t.Errorf("%d bytes, %v", len(out), err)
	}
	if _, err := media.AppendOBU(nil, []byte(frame+frame)); !errors.Is(err, media.ErrBadOBU) {
		t.Errorf("two at once: %v", err)
	}
}

// TestBadConfigurations checks what is refused.
func TestBadConfigurations(t *testing.T) {
	head := string(media.OpusHead(2, 312))
	for name, configs := range map[string][]string{
		"av1":   {"", "\x81\x00\x0c", "\x80\x00\x0c\x00", "\x81\x00\x0c\x00\x0a\x09"},
		"vp8":   {"", "\x00\x0a\x82\x02\x02\x02\x00", "\x00\x0a\x82\x02\x02\x02\x00\x01x"},
		"vp9":   {"", "\x01\x00\x00\x00\x00\x0a\x82\x02"},
		"opus":  {"", head[:18], "OpusTags" + head[8:], head[:8] + "\x10" + head[9:], head[:9] + "\x00" + head[10:], head[:9] + "\x03" + head[10:], head[:18] + "\x01\x02\x00"},
		"mp3":   {"", "\x00\x00\xbb\x80", "\x00\x00\xbb\x81\x02", "\x00\x00\xbb\x80\x03", "\x00\x01\x77\x00\x02"},
		"ac3":   {"", "\x10\x10", "\xd0\x10\x80", "\x20\x10\x80"},
		"g711a": {"\x00", "\x00\x00\x1f\x40\x00", "\x00\x00\x00\x00\x01", "\xff\xff\xff\xff\x01"},
	} {
		kind := mediatest.Track(name, 1, 1000).Codec.Kind()
		for _, config := range configs {
			if c, err := media.New(name, kind, []byte(config)); err == nil || c != nil {
				t.Errorf("%s takes % x", name, config)
			}
		}
	}
	c, err := media.New("vp9", media.Video, []byte("\x01\x00\x00\x00\x00\x0a\x82\x02\x02\x02\x00\x00"))
	if err != nil || !bytes.Equal(c.Config(), []byte("\x00\x0a\x82\x02\x02\x02\x00\x00")) {
		t.Errorf("version and flags in front: %v", err)
	}
	if c, err = media.New("g711u", media.Audio, nil); err != nil || c.(*media.G711).SampleRate() != 8000 || c.(*media.G711).Channels() != 1 {
		t.Errorf("G.711 of which nothing is known: %v", err)
	}
}

// fuzzUnits checks that whatever comes is refused, or makes a codec that New makes again and that stays as it is.
func fuzzUnits(f *testing.F, name string) {
	track := mediatest.Track(name, 1, 1000)
	for _, u := range mediatest.Units(track, 3, 0) {
		f.Add(track.Codec.Config(), u.Payload)
		f.Add([]byte{}, u.Payload)
	}
	f.Fuzz(func(t *testing.T, config, payload []byte) {
		before := bytes.Clone(payload)
		c, err := media.FromUnit(name, track.Codec.Kind(), config, payload)
		if err != nil {
			return
		}
		again, err := media.New(name, c.Kind(), c.Config())
		if err != nil || !media.SameParameters(c, again) || c.Name() != name {
			t.Fatalf("% x: %v", c.Config(), err)
		}
		c.RandomAccess(payload)
		if in, ok := c.(media.InBand); ok {
			next := in.After(payload)
			if next.(media.InBand).After(payload) != next {
				t.Fatalf("% x makes other parameters each time", payload)
			}
		}
		if v, ok := c.(media.VideoCodec); ok {
			if w, h := v.Size(); w < 0 || h < 0 || w > 65535 || h > 65535 || (w == 0) != (h == 0) {
				t.Fatalf("%dx%d", w, h)
			}
		}
		if s, ok := c.(media.FramedCodec); ok && (s.SamplesIn(payload) < 1 || s.FrameSamples() < 1 || s.SampleRate() < 1 || s.Channels() < 1) {
			t.Fatalf("%d samples of %d, %d Hz, %d channels", s.SamplesIn(payload), s.FrameSamples(), s.SampleRate(), s.Channels())
		}
		if o, ok := c.(*media.Opus); ok {
			if back, err := media.OpusFromDOps(o.DOps()); err != nil || !bytes.Equal(back.DOps(), o.DOps()) {
				t.Fatalf("dOps % x: %v", o.DOps(), err)
			}
		}
		if !bytes.Equal(before, payload) {
			t.Fatal("the payload was changed")
		}
	})
}

func FuzzAV1(f *testing.F)   { fuzzUnits(f, "av1") }
func FuzzVP8(f *testing.F)   { fuzzUnits(f, "vp8") }
func FuzzVP9(f *testing.F)   { fuzzUnits(f, "vp9") }
func FuzzOpus(f *testing.F)  { fuzzUnits(f, "opus") }
func FuzzMP3(f *testing.F)   { fuzzUnits(f, "mp3") }
func FuzzAC3(f *testing.F)   { fuzzUnits(f, "ac3") }
func FuzzG711A(f *testing.F) { fuzzUnits(f, "g711a") }
func FuzzG711U(f *testing.F) { fuzzUnits(f, "g711u") }

func FuzzTrimOBUs(f *testing.F) {
	f.Add([]byte("\x12\x00\x32\x03abc\x30abc"))
	f.Add(mediatest.Units(mediatest.Track("av1", 1, 1000), 1, 0)[0].Payload)
	f.Fuzz(func(t *testing.T, in []byte) {
		out, err := media.TrimOBUs(in)
		if err != nil {
			return
		}
		again, err := media.TrimOBUs(out)
		if err != nil || !bytes.Equal(again, out) || len(out) > len(in)+5 {
			t.Fatalf("% x becomes % x, then % x: %v", in, out, again, err)
		}
	})
}

// BenchmarkAfter is what asking every unit for its parameters costs.
func BenchmarkAfter(b *testing.B) {
	for _, name := range []string{"av1", "vp8", "vp9", "mp3", "ac3"} {
		units := mediatest.Units(mediatest.Track(name, 1, 1000), mediatest.GOP, 0)
		b.Run(name, func(b *testing.B) {
			c := units[0].Track.Codec.(media.InBand)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				p := units[i%len(units)].Payload
				if c.After(p) != media.Codec(c) || c.RandomAccess(p) != units[i%len(units)].RandomAccess {
					b.Fatal("other parameters")
				}
			}
		})
	}
}
