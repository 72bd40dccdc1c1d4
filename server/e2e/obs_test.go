//go:build publishers

// The tests with OBS and GStreamer need programs that are too large to be installed for every run of the tests, some
// 120 MB beside ffmpeg:
//
//	apt-get install --no-install-recommends obs-studio xvfb openbox xdotool libgl1-mesa-dri \
//	  gstreamer1.0-tools gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad \
//	  gstreamer1.0-plugins-ugly gstreamer1.0-libav gstreamer1.0-rtsp
//	go test -count=1 -tags publishers -run 'TestOBS|TestGStreamer' ./...
//
// A program that is missing is a failure.

package e2e

import (
	"bufio"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// desktop is a screen without a screen, and a window manager that passes on keys.
func desktop(t *testing.T) (display string) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	x := exec.Command("Xvfb", "-displayfd", "3", "-screen", "0", "1280x720x24", "-nolisten", "tcp")
	x.ExtraFiles = []*os.File{w}
	background(t, x)
	_ = w.Close()
	number, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		t.Fatalf("Xvfb names no display: %v", err)
	}
	display = ":" + strings.TrimSpace(number)
	manager := exec.Command("openbox")
	manager.Env = append(os.Environ(), "DISPLAY="+display)
	background(t, manager)
	return display
}

// background runs a program until the test ends.
func background(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
}

// obs is OBS Studio, streaming from its start to an RTMP address, and recording what it streams.
type obs struct {
	t       *testing.T
	home    string
	display string
	cmd     *exec.Cmd
	exited  chan struct{}
}

func startOBS(t *testing.T, address string) *obs {
	t.Helper()
	// OBS scales the clip to twice its size.
	o := &obs{t: t, home: t.TempDir(), display: desktop(t), exited: make(chan struct{})}
	obsConfig(t, o.home, address, clip(t, 10, "-ar", "48000"))
	o.cmd = exec.Command("obs", "--multi", "--profile", "e2e", "--collection", "e2e", "--startstreaming", "--startrecording")
	o.cmd.Env = append(os.Environ(), "HOME="+o.home, "XDG_CONFIG_HOME="+filepath.Join(o.home, ".config"),
		"XDG_RUNTIME_DIR="+filepath.Join(o.home, "run"), "DISPLAY="+o.display, "LIBGL_ALWAYS_SOFTWARE=1", "QT_QPA_PLATFORM=xcb",
		"https_proxy=http://127.0.0.1:9") // nobody is there: OBS asks for updates otherwise
	o.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // with the programs it starts
	log, err := os.Create(filepath.Join(o.home, "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	o.cmd.Stdout, o.cmd.Stderr = log, log
	if err := o.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { _ = o.cmd.Wait(); close(o.exited) }()
	t.Cleanup(func() {
		_ = syscall.Kill(-o.cmd.Process.Pid, syscall.SIGKILL)
		<-o.exited
		if t.Failed() {
			t.Logf("OBS: %s", o.log())
		}
	})
	return o
}

func (o *obs) log() string {
	text, err := os.ReadFile(filepath.Join(o.home, "log"))
	if err != nil {
		o.t.Fatal(err)
	}
	return string(text)
}

// press strikes a key until something has happened: OBS looks at the keyboard every 25 ms, and does not hear a key
// while it is busy with what the one before asked for. No key asks for anything if it has been obeyed already.
func (o *obs) press(key, what string, done func() bool) {
	o.t.Helper()
	xdo := func(verb string) {
		o.t.Helper()
		cmd := exec.Command("xdotool", verb, key)
		cmd.Env = append(os.Environ(), "DISPLAY="+o.display)
		if out, err := cmd.CombinedOutput(); err != nil {
			o.t.Fatalf("xdotool %s %s: %v\n%s", verb, key, err, out)
		}
	}
	defer xdo("keyup")
	looked := 0
	eventually(o.t, what, func() bool {
		switch looked++; looked % 50 {
		case 1:
			xdo("keydown")
		case 26:
			xdo("keyup")
		}
		return done()
	})
}

// stopStreaming is the button of that name; it returns when OBS says for the n-th time that it has stopped.
func (o *obs) stopStreaming(n int) {
	o.t.Helper()
	o.press("F6", "OBS to stop streaming", func() bool { return strings.Count(o.log(), "==== Streaming Stop") == n })
}

// quit ends the recording, then closes the window.
func (o *obs) quit() {
	o.t.Helper()
	o.press("F8", "OBS to stop recording", func() bool { return strings.Contains(o.log(), "==== Recording Stop") })
	o.press("alt+F4", "OBS to exit", func() bool {
		select {
		case <-o.exited:
			return true
		default:
			return false
		}
	})
	if code := o.cmd.ProcessState.ExitCode(); code != 0 {
		o.t.Errorf("OBS exited with %d", code)
	}
}

// local is the file that OBS itself recorded.
func (o *obs) local() string {
	o.t.Helper()
	found, err := filepath.Glob(filepath.Join(o.home, "recorded", "*.flv"))
	if err != nil || len(found) != 1 {
		o.t.Fatalf("OBS recorded %v, %v", found, err)
	}
	return found[0]
}

// enough is so much of a stream, in bytes, that it is worth comparing: some four seconds.
const enough = 400_000

func awaitStreaming(t *testing.T, p *tap, n int) {
	t.Helper()
	eventually(t, "OBS to stream", func() bool { return p.sent(n) > enough })
}

// TestOBSStopsAndStartsAgain streams twice in a row, as a user who clicks on "Stop Streaming" and "Start Streaming",
// and then closes OBS.
func TestOBSStopsAndStartsAgain(t *testing.T) {
	s := start(t)
	s.recordEverything("obs", 1800)
	p := tapInto(t, s)
	o := startOBS(t, p.address)
	awaitStreaming(t, p, 0)
	o.stopStreaming(1)
	o.press("F5", "OBS to stream again", func() bool { return p.sent(1) > 0 })
	awaitStreaming(t, p, 1)
	o.stopStreaming(2)
	o.quit()
	recordedAsSent(t, s, p, 2)
	for n := range 2 {
		sentIsPartOf(t, o.local(), p.flv(n))
	}
	if l := s.await("stream ended"); l.text("detail") != "the publisher sent FCUnpublish" {
		t.Errorf("the server saw the stream end by: %s", l.text("detail"))
	}
}

// TestOBSKilled ends OBS without a chance to say so.
func TestOBSKilled(t *testing.T) {
	s := start(t)
	s.recordEverything("obs", 1800)
	p := tapInto(t, s)
	o := startOBS(t, p.address)
	awaitStreaming(t, p, 0)
	_ = o.cmd.Process.Kill()
	<-o.exited
	recordedAsSent(t, s, p, 1)
}

// TestOBSReconnects breaks the connection. OBS comes back by itself.
func TestOBSReconnects(t *testing.T) {
	s := start(t)
	s.recordEverything("obs", 1800)
	p := tapInto(t, s)
	o := startOBS(t, p.address)
	awaitStreaming(t, p, 0)
	p.cut(0)
	awaitStreaming(t, p, 1)
	o.stopStreaming(1)
	o.quit()
	recordedAsSent(t, s, p, 2)
	for n := range 2 {
		sentIsPartOf(t, o.local(), p.flv(n))
	}
}

// recordedAsSent demands that each connection became one file of each format, with every packet that came over it.
func recordedAsSent(t *testing.T, s *instance, p *tap, n int) {
	t.Helper()
	for _, f := range formats() {
		files := s.recorded("obs", f, n)
		for i, file := range files {
			t.Logf("connection %d: %d packets compared with the %s file", i, f.is(t, p.flv(i), []string{file}), f.name)
		}
	}
}

// sentIsPartOf demands that what was streamed is, without a hole, part of what OBS recorded itself. Each stream begins
// with an SEI of x264's that the recording has at its own beginning only. OBS cuts times to milliseconds where its
// recorder rounds them, twice where PTS and DTS differ, and lets each stream begin with the sound that is nearest to
// the first picture, so sound may move by up to a frame against the other output.
func sentIsPartOf(t *testing.T, local, sent string) {
	t.Helper()
	all, part := stripped(t, local, "6-9"), stripped(t, sent, "6-9")
	const jitter, frame = 0.0021, 1024.0 / 48000
	moved := map[string]float64{}
	for _, kind := range []string{"video", "audio"} {
		a, b := all[kind], part[kind]
		hashes := func(of []packet) []string {
			out := make([]string, len(of))
			for i := range of {
				out[i] = of[i].Hash
			}
			return out
		}
		want, from := hashes(b), 0
		for from+len(b) <= len(a) && !slices.Equal(hashes(a[from:from+len(b)]), want) {
			from++
		}
		if len(b) == 0 || from+len(b) > len(a) {
			t.Errorf("%s: the %d packets sent are no part of the %d that OBS recorded", kind, len(b), len(a))
			continue
		}
		moved[kind] = seconds(t, a[from].DTS) - seconds(t, b[0].DTS)
		for i, p := range b {
			pts, dts := seconds(t, a[from+i].PTS)-seconds(t, p.PTS), seconds(t, a[from+i].DTS)-seconds(t, p.DTS)
			if math.Abs(pts-moved[kind]) > jitter || math.Abs(dts-moved[kind]) > jitter {
				t.Errorf("%s packet %d: pts moved by %.4f s, dts by %.4f s, the first by %.4f s", kind, i, pts, dts, moved[kind])
				break
			}
		}
		t.Logf("%d %s packets are those from %d on of %d, moved by %.3f s", len(b), kind, from, len(a), moved[kind])
	}
	if apart := moved["video"] - moved["audio"]; math.Abs(apart) > frame+jitter {
		t.Errorf("picture and sound moved by %.4f s against each other", apart)
	}
}
