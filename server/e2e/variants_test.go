package e2e

import (
	"path/filepath"
	"strings"
	"testing"
)

// variants are what publishers send beside the plain case. The source is an FLV file made by ffmpeg with these
// arguments, which are split at blanks, and pushed with those in push.
var variants = []struct {
	name   string
	source string
	push   string
}{
	{
		"bframes",
		picture("25", "") + tone("", "44100") + h264 + "-g 25 -bf 5 -b_strategy 0 -refs 4 -x264-params b-pyramid=normal" + aac, "",
	},
	{"opengop", picture("25", "") + tone("", "44100") + h264 + "-g 25 -bf 3 -b_strategy 0 -x264-params open-gop=1" + aac, ""},
	{"nobframes", picture("25", "") + tone("", "44100") + h264 + "-tune zerolatency -g 50" + aac, ""},
	{"slices", picture("25", "") + tone("", "44100") + h264 + "-g 25 -bf 2 -x264-params slices=4:aud=1" + aac, ""},
	{"everykey", picture("25", "") + tone("", "44100") + h264 + "-g 1" + aac, ""},
	{"onekey", picture("25", "") + tone("", "44100") + h264 + "-g 9999 -sc_threshold 0" + aac, ""},
	{"ntsc", picture("30000/1001", "") + tone("", "48000") + h264 + "-g 30 -bf 2" + aac, ""},
	{"fast", picture("60", "") + tone("", "48000") + h264 + "-g 60 -bf 2" + aac, ""},
	{"slow", picture("1", "") + tone("", "44100") + h264 + "-g 2" + aac, ""},
	{"mono", picture("25", "") + tone("", "44100") + h264 + "-g 25" + aac + "-ac 1 ", ""},
	{"lowrate", picture("25", "") + tone("", "22050") + h264 + "-g 25" + aac + "-ac 1 -ar 22050 ", ""},
	{"latesound", picture("25", "") + tone("1.7", "44100") + h264 + "-g 25 -bf 2" + aac, ""},
	{"latepicture", picture("25", "1.3") + tone("", "44100") + h264 + "-g 25 -bf 2" + aac, ""},
	{"shortsound", picture("25", "") + tone("", "44100") + h264 + "-g 25 -bf 2 -af atrim=end=2" + aac, ""},
	{"soundonly", tone("", "44100") + aac, ""},
	{"soundonlymono", tone("", "48000") + aac + "-ac 1 ", ""},
	{"pictureonly", picture("25", "") + h264 + "-g 25 -bf 2 ", ""},
	{"offset", picture("25", "") + tone("", "44100") + h264 + "-g 25 -bf 2" + aac, "-output_ts_offset 3600"},
	{"offset24bit", picture("25", "") + tone("", "44100") + h264 + "-g 25 -bf 2" + aac, "-output_ts_offset 16775"},
	{"offset31bit", picture("25", "") + tone("", "44100") + h264 + "-g 25 -bf 2" + aac, "-output_ts_offset 2147481"},
}

const (
	h264 = "-c:v libx264 -preset veryfast -pix_fmt yuv420p "
	aac  = " -c:a aac -b:a 64k "
)

// picture is an input of ffmpeg: four seconds of moving picture, beginning at a time in seconds.
func picture(rate, begin string) string {
	return at(begin) + "-f lavfi -t 4 -i testsrc2=size=320x180:rate=" + rate + " "
}

// tone is an input of ffmpeg: a sound, likewise.
func tone(begin, rate string) string {
	return at(begin) + "-f lavfi -t 4 -i sine=frequency=440:sample_rate=" + rate + " "
}

func at(begin string) string {
	if begin == "" {
		return ""
	}
	return "-itsoffset " + begin + " "
}

// TestVariants pushes each variant and demands that every format's file has its packets, and that they decode.
func TestVariants(t *testing.T) {
	s := start(t)
	s.recordEverything("", 1800)
	dir := t.TempDir()
	for _, v := range variants {
		t.Run(v.name, func(t *testing.T) {
			source := filepath.Join(dir, v.name+".flv")
			args := append([]string{"-hide_banner", "-loglevel", "error"}, strings.Fields(v.source)...)
			run(t, "ffmpeg", append(args, "-f", "flv", source)...)
			s := s.in(t)
			args = append([]string{"-hide_banner", "-loglevel", "error", "-i", source, "-c", "copy"}, strings.Fields(v.push)...)
			run(t, "ffmpeg", append(args, "-f", "flv", "rtmp://"+s.rtmp+"/live/"+v.name)...)
			t.Logf("%d packets compared", s.pushedIs(v.name, source, 1))
		})
	}
}
