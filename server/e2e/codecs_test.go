package e2e

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestCodecs pushes codecs by RTSP, all at once, into every format: what docs/formats.md promises is there and decodes without a complaint, and what
// it does not is told.
func TestCodecs(t *testing.T) {
	server := start(t)
	server.recordEverything("", 3600)
	address := server.rtspAddress("rtsp")
	vpx := []string{"-deadline", "realtime", "-cpu-used", "8", "-g", "25"}
	for name, c := range map[string]struct {
		args []string
		want map[string]string // the codecs by format, with a track of each kind
	}{
		"vp8": {
			slices.Concat([]string{"-c:v", "libvpx"}, vpx, []string{"-c:a", "pcm_alaw", "-ar", "8000", "-ac", "1"}),
			map[string]string{"mp4": "vp8 pcm_alaw"},
		},
		"vp9": {
			slices.Concat([]string{"-c:v", "libvpx-vp9"}, vpx, []string{"-c:a", "libopus", "-ac", "2", "-strict", "experimental"}),
			map[string]string{"mp4": "vp9 opus", "hls": "vp9 opus"},
		},
		"opus": {
			[]string{"-c:v", "libx264", "-preset", "veryfast", "-tune", "zerolatency", "-g", "25", "-c:a", "libopus", "-ac", "2"},
			map[string]string{"mp4": "h264 opus", "hls": "h264 opus"},
		},
		"mp3": {
			[]string{"-c:v", "libx264", "-preset", "veryfast", "-tune", "zerolatency", "-g", "25", "-c:a", "libmp3lame"},
			map[string]string{"mp4": "h264 mp3", "hls": "h264 mp3"},
		},
		"h265": {
			[]string{
				"-c:v", "libx265", "-x265-params", "log-level=error", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "25",
				"-c:a", "pcm_mulaw", "-ar", "8000", "-ac", "1",
			},
			map[string]string{"mp4": "hevc pcm_mulaw", "hls": "hevc"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := server.in(t)
			source := filepath.Join(t.TempDir(), "source.mkv")
			run(t, "ffmpeg", slices.Concat([]string{
				"-v", "error", "-f", "lavfi", "-i", "testsrc2=s=320x240:r=25", "-f", "lavfi", "-i", "sine=f=440:r=48000", "-t", "2",
			}, c.args, []string{source})...)
			run(t, "ffmpeg", "-v", "error", "-nostdin", "-re", "-i", source, "-c", "copy", "-strict", "experimental",
				"-f", "rtsp", "-rtsp_transport", "tcp", address+"/live/"+name)
			for _, f := range formats() {
				want, ok := c.want[f.name]
				if !ok {
					continue
				}
				file := s.recorded(name, f, 1)[0]
				out := run(t, "ffprobe", "-v", "error", "-show_entries", "stream=codec_name", "-of", "csv=p=0", file)
				got := slices.Compact(strings.FieldsFunc(string(out), func(r rune) bool { return r == ',' || r == '\n' }))
				if n := len(got) / 2; n > 1 && slices.Equal(got[:n], got[n:]) { // a program tells its streams again
					got = got[:n]
				}
				if strings.Join(got, " ") != want {
					t.Errorf("%s: %q, want %s", f.name, got, want)
				}
				run(t, "ffmpeg", "-v", "error", "-i", file, "-f", "null", "-")
			}
			if c.want["hls"] != "" {
				return
			}
			eventually(t, "a word on what is left out", func() bool {
				return server.find("a track is left out: the format cannot carry its codec, or not beside the others; record it in another format",
					"error", "hls cannot carry "+name) != nil
			})
			for _, f := range formats() {
				if n := len(s.assets(name, f)); f.name == "hls" && n != 0 {
					t.Errorf("%d HLS recordings", n)
				}
			}
		})
	}
}
