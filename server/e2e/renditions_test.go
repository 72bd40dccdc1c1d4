package e2e

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestRenditions pushes two pictures and three sounds, which need fragmented MP4, and plays the recording by its address: all of them are there,
// packet by packet those that were pushed, as far as ffmpeg has sent them.
func TestRenditions(t *testing.T) {
	s := start(t)
	s.recordEverything("", 3600)
	source := filepath.Join(t.TempDir(), "source.mkv")
	run(t, "ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=320x240:r=25", "-f", "lavfi", "-i", "sine=f=440:r=48000", "-t", "3",
		"-map", "0", "-map", "0", "-map", "1", "-map", "1", "-map", "1",
		"-c:v:0", "libx264", "-preset:v:0", "veryfast", "-tune:v:0", "zerolatency", "-c:v:1", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-g", "25",
		"-c:a:0", "libopus", "-c:a:1", "aac", "-c:a:2", "libmp3lame", "-ac", "2", source)
	run(t, "ffmpeg", "-v", "error", "-nostdin", "-re", "-i", source, "-map", "0", "-c", "copy", "-strict", "experimental",
		"-f", "rtsp", "-rtsp_transport", "tcp", s.rtspAddress("rtsp")+"/live/many")
	hls := formats()[slices.IndexFunc(formats(), func(f format) bool { return f.name == "hls" })]
	address := s.recorded("many", hls, 1)[0]
	const heldBack = 8 // frames of sound
	for codec, kind := range map[string]string{"h264": "video", "vp9": "video", "opus": "audio", "aac": "audio", "mp3": "audio"} {
		want, got := codecHashes(t, source, codec), codecHashes(t, address, codec)
		missing := len(want) - len(got)
		if missing < 0 || missing > heldBack || missing > 0 && kind == "video" || !slices.Equal(got, want[:len(got)]) {
			t.Errorf("%s: %d packets, %d were pushed, or they are others", codec, len(got), len(want))
		}
	}
	run(t, "ffmpeg", "-v", "error", "-i", address, "-map", "0", "-f", "null", "-")
}

// codecHashes are the packets of the only track of a codec.
func codecHashes(t *testing.T, input, codec string) []string {
	t.Helper()
	index := ""
	for line := range strings.Lines(run(t, "ffprobe", "-v", "error", "-show_entries", "stream=index,codec_name", "-of", "csv=p=0", input)) {
		if n, name, _ := strings.Cut(strings.Trim(line, ",\n"), ","); name == codec {
			index = n
		}
	}
	if index == "" {
		t.Errorf("%s: no %s", input, codec)
		return nil
	}
	out := run(t, "ffprobe", "-v", "error", "-select_streams", index, "-show_entries", "packet=data_hash", "-show_data_hash", "md5", "-of", "csv=p=0", input)
	all := strings.FieldsFunc(out, func(r rune) bool { return r == ',' || r == '\n' })
	return slices.DeleteFunc(all, func(f string) bool { return !strings.HasPrefix(f, "MD5:") }) // what else there is tells of side data
}
