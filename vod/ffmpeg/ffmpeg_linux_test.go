package ffmpeg

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// helper makes the test program a server that runs ffmpeg on the file it names for ever, to be killed.
const helper = "AIRCHECK_TEST_FFMPEG_FOREVER"

func TestMain(m *testing.M) {
	if name := os.Getenv(helper); name != "" {
		forever(name)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func forever(name string) {
	in, err := os.Open(name)
	if err != nil {
		return
	}
	r := &Runner{Log: slog.Default(), started: func(pid int) { fmt.Println(pid) }}
	out, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		return
	}
	_ = r.Run(context.Background(), endless(in, out))
}

// endless is a job that computes and writes until it is stopped.
func endless(in, out *os.File) Job {
	return Job{
		Inputs:  []Input{{File: in, Format: "mov", Args: []string{"-stream_loop", "-1"}}},
		Outputs: []Output{{File: out, Args: []string{"-c:v", "mpeg4", "-an", "-f", "null"}}},
	}
}

// movie is a MP4 file of three seconds whose index is at its end, so that it can only be read by seeking.
var movie = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "aircheck-ffmpeg")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	name := filepath.Join(dir, "a.mp4")
	out, err := exec.Command("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=3", "-f", "lavfi", "-i", "sine=d=3",
		"-c:v", "libx264", "-preset", "ultrafast", "-g", "25", "-pix_fmt", "yuv420p", "-c:a", "aac", name).CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("%w: %s", err, out)
	}
	return os.ReadFile(name)
})

func movieFile(t *testing.T) *os.File {
	t.Helper()
	text, err := movie()
	if err != nil {
		t.Fatal(err)
	}
	return fileWith(t, text)
}

func fileWith(t *testing.T, text []byte) *os.File {
	t.Helper()
	name := filepath.Join(t.TempDir(), "in")
	if err := os.WriteFile(name, text, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func newFile(t *testing.T) *os.File {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func newRunner() *Runner { return &Runner{Log: slog.New(slog.DiscardHandler)} }

// A whole transcode: the input is sought, the index of the output is moved to its front, the percentage rises, and ffprobe sees what was
// asked for.
func TestRun(t *testing.T) {
	r, in, out := newRunner(), movieFile(t), newFile(t)
	var told []int
	err := r.Run(t.Context(), Job{
		Inputs: []Input{{File: in, Format: "mov", Args: []string{"-ss", "1"}}},
		Outputs: []Output{{File: out, Args: []string{
			"-vf", "scale=160:-2", "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac",
			"-movflags", "+faststart", "-f", "mp4",
		}}},
		Duration: 2 * time.Second,
		Progress: func(p int) { told = append(told, p) },
	})
	if err != nil {
		t.Fatal(err)
	}
	p, err := r.Probe(t.Context(), out, "mov")
	if err != nil {
		t.Fatal(err)
	}
	if v := p.Stream("video"); v == nil || v.Width != 160 || v.Height != 90 || v.Codec != "h264" || v.FrameRate != 25 {
		t.Errorf("video is %+v", v)
	}
	if a := p.Stream("audio"); a == nil || a.Codec != "aac" || a.SampleRate != 44100 || a.Channels != 1 {
		t.Errorf("audio is %+v", a)
	}
	if p.Duration < 1900*time.Millisecond || p.Duration > 2100*time.Millisecond {
		t.Errorf("lasts %v, expected 2 s", p.Duration)
	}
	if len(told) == 0 || told[len(told)-1] < 50 || told[len(told)-1] > 99 {
		t.Errorf("percentages told are %v", told)
	}
	text, err := os.ReadFile(out.Name())
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Index(text, []byte("moov")) > bytes.Index(text, []byte("mdat")) {
		t.Error("the index is not in front")
	}
}

func TestMissing(t *testing.T) {
	r := newRunner()
	r.Path = filepath.Join(t.TempDir(), "ffmpeg")
	err := r.Run(t.Context(), Job{})
	if !errors.Is(err, ErrMissing) || !strings.Contains(err.Error(), "ffmpeg.path") {
		t.Errorf("without ffmpeg: %v", err)
	}
}

// What runs is as lowly as can be, knows nothing of our environment, and has its limits.
func TestChild(t *testing.T) {
	t.Setenv("AIRCHECK_API_SECRET_KEY", "not for others")
	r := newRunner()
	r.Memory = 1 << 30
	ctx, cancel := context.WithCancel(t.Context())
	r.started = func(pid int) {
		defer cancel()
		if environ := read(t, pid, "environ"); strings.Contains(environ, "AIRCHECK") {
			t.Errorf("the child's environment is %q", environ)
		}
		if nice, err := unix.Getpriority(unix.PRIO_PROCESS, pid); err != nil || nice != 20-19 { // as the system call counts
			t.Errorf("priority %d, %v", nice, err)
		}
		if prio, _, _ := unix.Syscall(unix.SYS_IOPRIO_GET, 1, uintptr(pid), 0); prio != ioprioIdle {
			t.Errorf("priority of the disk %x", prio)
		}
		if limits := read(t, pid, "limits"); !strings.Contains(limits, "1073741824") {
			t.Errorf("limits are %s", limits)
		}
		if group, err := syscall.Getpgid(pid); err != nil || group != pid {
			t.Errorf("process group %d, %v", group, err)
		}
	}
	if err := r.Run(ctx, endless(movieFile(t), newFile(t))); !errors.Is(err, context.Canceled) {
		t.Errorf("stopped, it ends with %v", err)
	}
	if nice, err := unix.Getpriority(unix.PRIO_PROCESS, 0); err != nil || nice == 20-19 {
		t.Errorf("our own priority is %d, %v", nice, err)
	}
}

func read(t *testing.T, pid int, what string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), what))
	if err != nil {
		t.Error(err)
	}
	return string(text)
}

func TestStalled(t *testing.T) {
	r := newRunner()
	r.Stall = 200 * time.Millisecond
	var stopped atomic.Int64
	r.started = func(pid int) {
		stopped.Store(int64(pid))
		if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
			t.Error(err)
		}
	}
	if err := r.Run(t.Context(), endless(movieFile(t), newFile(t))); !errors.Is(err, ErrStalled) {
		t.Errorf("a child that is stopped: %v", err)
	}
	if err := syscall.Kill(int(stopped.Load()), 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("it is still there: %v", err)
	}
}

// An input that brings nothing is a stall, too.
func TestSilentInput(t *testing.T) {
	r := newRunner()
	r.Stall = 500 * time.Millisecond
	in, ours, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	defer ours.Close()
	err = r.Run(t.Context(), Job{
		Inputs:  []Input{{File: in, Format: "flv", Stream: true}},
		Outputs: []Output{{File: newFile(t), Args: []string{"-f", "null"}}},
	})
	if !errors.Is(err, ErrStalled) {
		t.Errorf("a pipe without anything: %v", err)
	}
}

func TestLimits(t *testing.T) {
	for name, c := range map[string]struct {
		set    func(*Runner)
		change func(*Job)
		want   error
	}{
		"memory": {func(r *Runner) { r.Memory = 600 << 20 }, func(j *Job) {
			j.Outputs[0].Args = []string{"-vf", "scale=16000:16000", "-c:v", "rawvideo", "-an", "-f", "null"}
		}, ErrLimit},
		"output": {func(r *Runner) { r.MaxOutput = 64 << 10 }, func(j *Job) {
			j.Outputs[0].Args = []string{"-c:v", "rawvideo", "-an", "-f", "nut"}
		}, ErrLimit},
		"processor": {func(r *Runner) { r.CPU = time.Second }, func(*Job) {}, ErrLimit},
		"time":      {func(r *Runner) { r.Wall = 300 * time.Millisecond }, func(*Job) {}, ErrLimit},
	} {
		t.Run(name, func(t *testing.T) {
			r, j := newRunner(), endless(movieFile(t), newFile(t))
			c.set(r)
			c.change(&j)
			err := r.Run(t.Context(), j)
			if !errors.Is(err, c.want) {
				t.Errorf("ended with %v", err)
			}
			t.Log(err)
		})
	}
}

func TestAtOnce(t *testing.T) {
	r := newRunner()
	var mu sync.Mutex
	var earlier []int
	r.started = func(pid int) {
		mu.Lock()
		defer mu.Unlock()
		for _, p := range earlier {
			if err := syscall.Kill(p, 0); !errors.Is(err, syscall.ESRCH) {
				t.Errorf("two at once: %v", err)
			}
		}
		earlier = append(earlier, pid)
	}
	var all sync.WaitGroup
	for range 4 {
		in, out := movieFile(t), newFile(t)
		all.Go(func() {
			err := r.Run(t.Context(), Job{
				Inputs:  []Input{{File: in, Format: "mov"}},
				Outputs: []Output{{File: out, Args: []string{"-c", "copy", "-f", "nut"}}},
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if len(earlier) != 4 {
		t.Errorf("%d ran", len(earlier))
	}
}

// A server that is killed leaves no child behind.
func TestNoOrphan(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), helper+"="+movieFile(t).Name())
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, 0); err != nil {
		t.Fatalf("the child is not there: %v", err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	for tick := time.NewTicker(10 * time.Millisecond); alive(pid); <-tick.C {
		if t.Context().Err() != nil {
			t.Fatal("it outlives the server")
		}
	}
}

// alive reports whether a process computes: whoever adopts it may not have noticed its end.
func alive(pid int) bool {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	_, rest, _ := strings.Cut(string(text), ") ")
	return err == nil && !strings.HasPrefix(rest, "Z")
}
