//go:build publishers

package e2e

import (
	"bytes"
	"context"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestGStreamerOverRTSP pushes with rtspclientsink over TCP and UDP. A tee before the sink keeps what it was given.
func TestGStreamerOverRTSP(t *testing.T) {
	s := start(t)
	for _, protocol := range []string{"tcp", "udp"} {
		t.Run(protocol, func(t *testing.T) {
			s := s.inRTSP(t)
			source := filepath.Join(t.TempDir(), "source.mkv")
			pipeline := "videotestsrc num-buffers=100 is-live=true pattern=ball ! video/x-raw,format=I420,width=320,height=180,framerate=25/1 ! " +
				"x264enc key-int-max=25 bframes=2 ! h264parse config-interval=-1 ! tee name=v v. ! queue ! rtspclientsink name=out protocols=" + protocol +
				" location=" + s.rtspAddress("rtsp") + "/live/gst" + protocol +
				" audiotestsrc num-buffers=190 is-live=true samplesperbuffer=1024 ! audio/x-raw,rate=48000,channels=2 ! avenc_aac ! tee name=a a. ! queue ! out." +
				" matroskamux name=mux ! filesink location=" + source + " v. ! queue ! mux. a. ! queue ! mux."
			launch(t, strings.Fields(pipeline)...)
			want, got := packets(t, source), packets(t, s.recorded("gst"+protocol, mp4(), 1)[0])
			// The file keeps parameter sets within pictures, the recording does not: the number and the times are compared.
			for _, kind := range []string{"video", "audio"} {
				if missing := len(want[kind]) - len(got[kind]); missing < 0 || missing > 2 {
					t.Errorf("%d %s packets, the source has %d", len(got[kind]), kind, len(want[kind]))
				}
			}
			decodes(t, s.recorded("gst"+protocol, mp4(), 1)[0])
		})
	}
}

// launch runs a GStreamer pipeline to its end. Its rtspclientsink over TCP sometimes sends everything and then neither its farewell nor word of the end,
// and waits for ever: such a pipeline is ended after a time that is many times its length. One that has told its end and does not leave is ended soon
// after. Neither is a failure here: the caller compares what arrived with what was sent.
func launch(t *testing.T, pipeline ...string) {
	t.Helper()
	const toEnd, toLeave = time.Minute, 10 * time.Second
	ctx, cancel := context.WithTimeout(context.Background(), toEnd)
	defer cancel()
	out := &endWatch{seen: func() { time.AfterFunc(toLeave, cancel) }}
	cmd := exec.CommandContext(ctx, "gst-launch-1.0", pipeline...)
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = out, out, toLeave
	err := cmd.Run()
	switch {
	case err != nil && ctx.Err() != nil:
		t.Logf("gst-launch-1.0 did not leave and was ended (%v); had it told its end: %v", err, out.told)
	case err != nil:
		t.Fatalf("gst-launch-1.0: %v\n%s", err, out.text.String())
	}
}

// endWatch keeps what a pipeline says, and tells once that it has come to its end.
type endWatch struct {
	text bytes.Buffer
	told bool
	seen func()
}

func (w *endWatch) Write(b []byte) (int, error) {
	n, err := w.text.Write(b)
	if !w.told && bytes.Contains(w.text.Bytes(), []byte("Got EOS from element")) {
		w.told = true
		w.seen()
	}
	return n, err
}
