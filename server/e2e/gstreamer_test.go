//go:build publishers

package e2e

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestGStreamer pushes with each sink and encoder of GStreamer. A tee in the pipeline keeps what the sink was given.
func TestGStreamer(t *testing.T) {
	s := start(t)
	s.recordEverything("", 1800)
	const (
		moving = " videotestsrc num-buffers=150 pattern=ball ! video/x-raw,width=320,height=180,framerate=30/1 !"
		ntsc   = " videotestsrc num-buffers=150 pattern=ball ! video/x-raw,width=320,height=180,framerate=30000/1001 !"
		sound  = " audiotestsrc num-buffers=220 samplesperbuffer=1024 ! audio/x-raw,rate=44100,channels=2 !"
		mono   = " audiotestsrc num-buffers=220 samplesperbuffer=1024 ! audio/x-raw,rate=48000,channels=1 !"
	)
	for _, c := range []struct{ name, sink, inputs string }{
		{"rtmp2sink", "rtmp2sink", moving + " x264enc key-int-max=30 bframes=2 ! mux." + sound + " avenc_aac ! mux."},
		{"zerolatency", "rtmp2sink", ntsc + " x264enc key-int-max=30 tune=zerolatency ! mux." + mono + " voaacenc ! mux."},
		{"pictureonly", "rtmp2sink", moving + " x264enc key-int-max=60 bframes=3 ! mux."},
		{"soundonly", "rtmp2sink", sound + " voaacenc ! mux."},
		{"librtmp", "rtmpsink", moving + " x264enc key-int-max=30 bframes=2 ! mux." + sound + " avenc_aac ! mux."},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := s.in(t)
			source := filepath.Join(t.TempDir(), "source.flv")
			pipeline := "flvmux name=mux streamable=true ! tee name=both " +
				"both. ! queue ! " + c.sink + " location=rtmp://" + s.rtmp + "/live/" + c.name +
				" both. ! queue ! filesink location=" + source + c.inputs
			run(t, "gst-launch-1.0", append([]string{"-q"}, strings.Fields(pipeline)...)...) // demands the exit code 0
			// x264enc gives the first pictures of a stream with B-frames one decoding time. ffmpeg takes no offence unless it is to
			// make the frame rate constant.
			t.Logf("%d packets compared", s.pushedIs(c.name, source, 1, "-enc_time_base", "-1"))
		})
	}
}
