package media_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"aircheck/ingest/media"
)

// Decoder configurations that ffmpeg wrote into MP4: libx264 in profile high and baseline, libx265 without its SEI message,
// and ffmpeg's own AAC encoder.
const (
	avcHigh = "01640028ffe1001b67640028acd940780227e5c044000003000400000300c83c60c65801000668ebe3cb22c0fdf8f800"
	avcBase = "0142c01effe100196742c01ed900a02ff97011000003000100000300320f162e4801000568cb83cb20"
	hvcMain = "0101600000009000000000005df000fcfdf8f800000f03" +
		"a00001001840010c01ffff01600000030090000003000003005d959809" +
		"a10001002b42010101600000030090000003000003005da00280802d165959a4932bc05a020000030002000003003210" +
		"a2000100074401c172b46240"
	asc51   = "11b056e500" // with the explicit absence of band replication behind it
	ascMono = "138856e500"
)

func unhex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}

func TestRealPictures(t *testing.T) {
	for _, ca := range []struct {
		codec, config string
		width, height int
		// needed is how many bytes hold the parameter sets: shorter is refused, what follows may be missing.
		needed int
	}{
		{"h264", avcHigh, 1920, 1080, 44}, // cropped from 1088
		{"h264", avcBase, 640, 360, 41},
		{"h265", hvcMain, 1280, 720, 112},
	} {
		config := unhex(ca.config)
		for n := range len(config) + 1 {
			c, err := media.New(ca.codec, media.Video, config[:n:n])
			if (err == nil) != (n >= ca.needed) {
				t.Errorf("%s, %d of %d bytes: %v", ca.codec, n, len(config), err)
			}
			if err != nil {
				if !strings.Contains(err.Error(), map[string]string{"h264": "avcC", "h265": "hvcC"}[ca.codec]) {
					t.Errorf("%s, %d bytes: %q does not name the field", ca.codec, n, err)
				}
				continue
			}
			if w, h := c.(media.VideoCodec).Size(); w != ca.width || h != ca.height {
				t.Errorf("%s, %d bytes: %dx%d", ca.codec, n, w, h)
			}
		}
	}
}

func TestParameterSets(t *testing.T) {
	c, err := media.NewH264(unhex(avcHigh))
	if err != nil {
		t.Fatal(err)
	}
	sps, pps := c.ParameterSets()
	if len(sps) != 1 || len(pps) != 1 || !bytes.Equal(sps[0], unhex(avcHigh)[8:35]) || !bytes.Equal(pps[0], unhex(avcHigh)[38:44]) {
		t.Errorf("% x and % x", sps, pps)
	}
}

func TestRealSound(t *testing.T) {
	for _, ca := range []struct {
		name, config                string
		rate, channels, kind, frame int
		needed                      int
	}{
		{"5.1", asc51, 48000, 6, 2, 1024, 2},
		{"mono", ascMono, 22050, 1, 2, 1024, 2},
		{"960 samples", "1194", 48000, 2, 2, 960, 2},
		{"a rate in full", "1780562210", 44100, 2, 2, 1024, 5},
		{"band replication named", "2b920800", 22050, 2, 2, 1024, 4},
		{"program config element", "1180", 48000, 0, 2, 1024, 2},
	} {
		config := unhex(ca.config)
		for n := range len(config) + 1 {
			c, err := media.NewAAC(config[:n:n])
			if (err == nil) != (n >= ca.needed) {
				t.Errorf("%s, %d bytes: %v", ca.name, n, err)
			}
			if err != nil {
				continue
			}
			got := fmt.Sprint(c.SampleRate(), c.Channels(), c.ObjectType(), c.FrameSamples(), c.RandomAccess(nil))
			if want := fmt.Sprint(ca.rate, ca.channels, ca.kind, ca.frame, true); got != want {
				t.Errorf("%s: %s, want %s", ca.name, got, want)
			}
		}
	}
}

// TestImpossiblePictureSize checks that a parameter set which crops more than the picture has leaves the size unknown.
func TestImpossiblePictureSize(t *testing.T) {
	for _, sps := range []string{"6742001eda7c4f40", "6742001eda7c2bd0"} { // 16 pixels less 16, and less 40
		c, err := media.NewH264(unhex("0142001effe10008" + sps + "010005" + "68cb83cb20"))
		if err != nil {
			t.Fatal(err)
		}
		if w, h := c.Size(); w != 0 || h != 0 {
			t.Errorf("%s: %dx%d", sps, w, h)
		}
	}
}

func TestRefusedSound(t *testing.T) {
	for name, config := range map[string]string{
		"AAC Main":                  "0990",
		"reserved rate":             "1690",
		"a rate of 0":               "178000000010",
		"reserved channels":         "11c0",
		"a rate cut short":          "1780",
		"band replication of Main":  "2b920400",
		"extension of the GA coder": "1191",
	} {
		if c, err := media.NewAAC(unhex(config)); err == nil {
			t.Errorf("%s: %d Hz, %d channels", name, c.SampleRate(), c.Channels())
		}
	}
}

func TestConfigIsACopy(t *testing.T) {
	for name, config := range map[string][]byte{"h264": unhex(avcBase), "h265": unhex(hvcMain), "aac": unhex(asc51)} {
		sent := bytes.Clone(config)
		c, err := media.New(name, media.Video, sent)
		if err != nil {
			t.Fatal(err)
		}
		clear(sent)
		if !bytes.Equal(c.Config(), config) {
			t.Errorf("%s: % x", name, c.Config())
		}
	}
}

func TestSameParameters(t *testing.T) {
	parsed := func(name, config string) media.Codec {
		c, err := media.New(name, media.Video, unhex(config))
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	two := "0142c01efd" + avcBase[10:] // the same with lengths of 2 bytes, which are widened on input
	for _, ca := range []struct {
		name string
		a, b media.Codec
		want bool
	}{
		{"equal", parsed("h264", avcBase), parsed("h264", avcBase), true},
		{"other length size", parsed("h264", avcBase), parsed("h264", two), true},
		{"other parameters", parsed("h264", avcBase), parsed("h264", avcHigh), false},
		{"other codec", parsed("h264", avcBase), media.Opaque{FourCC: "av01", Of: media.Video, Extra: unhex(avcBase)}, false},
		{"other kind", media.Opaque{FourCC: "x", Of: media.Video}, media.Opaque{FourCC: "x", Of: media.Audio}, false},
		{"no configuration", media.Opaque{FourCC: "x", Of: media.Video}, media.Opaque{FourCC: "x", Of: media.Video, Extra: []byte{}}, true},
	} {
		if media.SameParameters(ca.a, ca.b) != ca.want || media.SameParameters(ca.b, ca.a) != ca.want {
			t.Errorf("%s: want %v", ca.name, ca.want)
		}
	}
}

func TestKind(t *testing.T) {
	if got := fmt.Sprint(media.Video, media.Audio, media.Kind(0)); got != "video audio unknown" {
		t.Error(got)
	}
}
