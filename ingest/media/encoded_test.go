package media_test

import (
	"bytes"
	"encoding/binary"
	"os"
	"testing"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
)

// boxOf returns the content of the first box of that type that ffmpeg writes into an MP4 file of these arguments.
func boxOf(t *testing.T, kind string, args ...string) []byte {
	t.Helper()
	data, err := os.ReadFile(mediatest.Clip(t, "boxes.mp4", "25", append([]string{"-t", "0.2"}, args...)...))
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(data, []byte(kind))
	if at < 4 {
		t.Fatalf("no %s", kind)
	}
	return data[at+4 : at-4+int(binary.BigEndian.Uint32(data[at-4:]))]
}

// TestConfigurations compares the configurations made of units with those that ffmpeg makes of the same stream.
func TestConfigurations(t *testing.T) {
	size := []string{"-s", "160x90"}
	aom := []string{"-c:v", "libaom-av1", "-usage", "realtime", "-cpu-used", "8"}
	vpx := []string{"-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8"}
	for _, ca := range []struct {
		name, codec, box string
		args             []string
		encoder          []string
		compare          func(t *testing.T, c media.Codec, box []byte)
	}{
		{"AV1", "av1", "av1C", size, aom, sameConfig},
		{"AV1, 10 bits", "av1", "av1C", append(size, "-pix_fmt", "yuv420p10le"), aom, sameConfig},
		{"AV1, 4:4:4", "av1", "av1C", append(size, "-pix_fmt", "yuv444p"), aom, sameConfig},
		{"AV1, 4:2:2, 12 bits", "av1", "av1C", append(size, "-pix_fmt", "yuv422p12le"), aom, sameConfig},
		{"AV1, grey", "av1", "av1C", append(size, "-pix_fmt", "gray"), aom, sameConfig},
		{"AV1, BT.709", "av1", "av1C", append(size, "-color_primaries", "bt709", "-color_trc", "bt709", "-colorspace", "bt709"), aom, sameConfig},
		{"VP9", "vp9", "vpcC", size, vpx, sameVP9},
		{"VP9, 10 bits", "vp9", "vpcC", append(size, "-pix_fmt", "yuv420p10le"), vpx, sameVP9},
		{"VP9, 4:4:4", "vp9", "vpcC", append(size, "-pix_fmt", "yuv444p"), vpx, sameVP9},
		{"VP9, 4:2:2, 12 bits", "vp9", "vpcC", append(size, "-pix_fmt", "yuv422p12le"), vpx, sameVP9},
		{"VP9, RGB", "vp9", "vpcC", append(size, "-pix_fmt", "gbrp"), vpx, sameVP9},
		{"AC-3, stereo", "ac3", "dac3", nil, []string{"-c:a", "ac3", "-ac", "2"}, sameConfig},
		{"AC-3, mono, 32 kHz", "ac3", "dac3", []string{"-ac", "1", "-ar", "32000", "-b:a", "96k"}, []string{"-c:a", "ac3"}, sameConfig},
		{"AC-3, 5.1, 44.1 kHz", "ac3", "dac3", []string{"-ac", "6", "-ar", "44100"}, []string{"-c:a", "ac3"}, sameConfig},
		{"Opus, stereo", "opus", "dOps", nil, []string{"-c:a", "libopus", "-ac", "2"}, sameOpus},
		{"Opus, mono", "opus", "dOps", []string{"-ac", "1"}, []string{"-c:a", "libopus"}, sameOpus},
		{"Opus, 5.1", "opus", "dOps", []string{"-ac", "6", "-mapping_family", "1"}, []string{"-c:a", "libopus"}, sameOpus},
	} {
		t.Run(ca.name, func(t *testing.T) {
			unit := mediatest.Encode(t, ca.codec, 1, 1000, append([]string{"-t", "0.2"}, ca.args...)...)[0]
			ca.compare(t, unit.Track.Codec, boxOf(t, ca.box, append(append([]string{}, ca.encoder...), ca.args...)...))
			again, err := media.New(ca.codec, unit.Track.Codec.Kind(), unit.Track.Codec.Config())
			if err != nil || !media.SameParameters(again, unit.Track.Codec) {
				t.Errorf("made again: %v", err)
			}
			if v, ok := again.(media.VideoCodec); ok {
				if w, h := v.Size(); w != 160 || h != 90 {
					t.Errorf("%dx%d", w, h)
				}
			}
		})
	}
}

// sameConfig compares all of a configuration. What is behind the first bytes of av1C is the encoder's own header, which differs with
// its speed.
func sameConfig(t *testing.T, c media.Codec, box []byte) {
	t.Helper()
	got := c.Config()
	if c.Name() == "av1" {
		got, box = got[:4], box[:4]
	}
	if !bytes.Equal(got, box) {
		t.Errorf("% x, ffmpeg says % x", got, box)
	}
}

// sameVP9 compares what a frame tells: neither level, which needs the frame rate, nor the colours that the encoder was told.
func sameVP9(t *testing.T, c media.Codec, box []byte) {
	t.Helper()
	got, want := c.(*media.VP9).Record(), box[4:]
	if got[0] != want[0] || got[2]>>1 != want[2]>>1 || len(got) != len(want) {
		t.Errorf("% x, ffmpeg says % x", got, want)
	}
}

func sameOpus(t *testing.T, c media.Codec, box []byte) {
	t.Helper()
	o := c.(*media.Opus)
	if !bytes.Equal(o.DOps(), box) || o.Channels() != int(box[1]) || o.PreSkip() != int(binary.BigEndian.Uint16(box[2:])) {
		t.Errorf("% x, ffmpeg says % x", o.DOps(), box)
	}
	back, err := media.OpusFromDOps(box)
	if err != nil || !media.SameParameters(back, c) {
		t.Errorf("back from dOps: %v", err)
	}
}

// TestDurations checks the length of the units of sound that ffmpeg makes: together they are as long as what it was told.
func TestDurations(t *testing.T) {
	for _, ca := range []struct {
		codec string
		args  []string
		each  int
	}{
		{"opus", nil, 960},
		{"opus", []string{"-frame_duration", "60"}, 2880},
		{"opus", []string{"-frame_duration", "2.5", "-application", "lowdelay"}, 120},
		{"opus", []string{"-frame_duration", "120"}, 5760},
		{"mp3", nil, 1152},
		{"mp3", []string{"-ar", "22050"}, 576},
		{"mp3", []string{"-ar", "8000"}, 576},
		{"mp3", []string{"-ar", "44100", "-ac", "1", "-b:a", "320k"}, 1152},
		{"ac3", nil, 1536},
		{"g711a", nil, 160},
	} {
		units := mediatest.Encode(t, ca.codec, 1, 1000, append([]string{"-t", "2"}, ca.args...)...)
		c := units[0].Track.Codec.(media.FramedCodec)
		total := 0
		for i, u := range units {
			n := c.SamplesIn(u.Payload)
			if total += n; n != ca.each {
				t.Errorf("%s %q: unit %d has %d samples, want %d", ca.codec, ca.args, i, n, ca.each)
				break
			}
		}
		if rate := c.SampleRate(); total < 2*rate-ca.each || total > 2*rate+rate/5 {
			t.Errorf("%s %q: %d samples of %d Hz", ca.codec, ca.args, total, rate)
		}
	}
	two := mediatest.Units(mediatest.Track("mp3", 1, 1000), 2, 0)
	if n := two[0].Track.Codec.(media.FramedCodec).SamplesIn(append(bytes.Clone(two[0].Payload), two[1].Payload...)); n != 2304 {
		t.Errorf("two frames of MP3 in one unit: %d samples", n)
	}
}
