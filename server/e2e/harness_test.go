// Package e2e drives the built server as its users do: ffmpeg pushes, the official SDKs ask, ffprobe judges. It is a module of its own so
// that building the server never downloads the SDK. The binary is the one that make build leaves in ../../bin, or the one that E2E_PROGRAM
// names.
package e2e

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience is how long anything may take; tests wait for conditions, never for a fixed time.
const patience = 30 * time.Second

func program(t *testing.T) string {
	t.Helper()
	name := os.Getenv("E2E_PROGRAM")
	if name == "" {
		name = "../../bin/aircheck"
	}
	name, err := filepath.Abs(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(name); err != nil {
		t.Fatalf("%v: run make build first", err)
	}
	return name
}

// instance is one running server.
type instance struct {
	t      *testing.T
	data   string
	cmd    *exec.Cmd
	exited chan struct{}
	rtmp   string // host:port
	http   string // host:port
	id     string
	key    string

	mu  sync.Mutex
	log []logLine
}

type logLine map[string]any

func (l logLine) text(key string) string { s, _ := l[key].(string); return s }

// start runs a server on free ports over a new data folder, and stops it at the end of the test.
func start(t *testing.T, env ...string) *instance {
	t.Helper()
	return startIn(t, t.TempDir(), env...)
}

func startIn(t *testing.T, data string, env ...string) *instance {
	t.Helper()
	s := &instance{t: t, data: data, exited: make(chan struct{})}
	s.cmd = exec.Command(program(t))
	s.cmd.Dir = t.TempDir()
	s.cmd.Env = append(os.Environ(),
		"AIRCHECK_DATA_DIR="+data, "AIRCHECK_LOG_FORMAT=json",
		// Tests count files and compute a lot. Those of covers switch it on.
		"AIRCHECK_CATALOG_COVER=false",
		"AIRCHECK_RTMP_ADDRESS=127.0.0.1:0", "AIRCHECK_HTTP_ADDRESS=127.0.0.1:0",
		"AIRCHECK_RTSP_ADDRESS=127.0.0.1:0", "AIRCHECK_RTSP_UDP_RTP_ADDRESS=127.0.0.1:0", "AIRCHECK_RTSP_UDP_RTCP_ADDRESS=127.0.0.1:0")
	s.cmd.Env = append(s.cmd.Env, env...)
	stderr, err := s.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	read := make(chan struct{})
	go func() { defer close(read); s.readLog(stderr) }()
	go func() { <-read; _ = s.cmd.Wait(); close(s.exited) }()
	t.Cleanup(func() { s.stop(); s.showLogIfFailed() })
	s.rtmp = s.await("listening", "face", "rtmp").text("address")
	s.http = s.await("listening", "face", "http").text("address")
	pair, err := os.ReadFile(filepath.Join(data, "secrets", "api_key"))
	if err != nil {
		t.Fatal(err)
	}
	s.id, s.key, _ = strings.Cut(strings.TrimSpace(string(pair)), ":")
	return s
}

func (s *instance) readLog(r io.Reader) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		l := logLine{}
		if json.Unmarshal(lines.Bytes(), &l) != nil {
			l["msg"] = lines.Text()
		}
		s.mu.Lock()
		s.log = append(s.log, l)
		s.mu.Unlock()
	}
}

func (s *instance) showLogIfFailed() {
	if !s.t.Failed() {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.log {
		text, _ := json.Marshal(l)
		s.t.Logf("server: %s", text)
	}
}

// find returns the first line of the log with that message and those key-value pairs.
func (s *instance) find(msg string, kv ...string) logLine {
	s.mu.Lock()
	defer s.mu.Unlock()
next:
	for _, l := range s.log {
		if l.text("msg") != msg {
			continue
		}
		for i := 0; i < len(kv); i += 2 {
			if l.text(kv[i]) != kv[i+1] {
				continue next
			}
		}
		return l
	}
	return nil
}

func (s *instance) await(msg string, kv ...string) logLine {
	s.t.Helper()
	var l logLine
	eventually(s.t, fmt.Sprintf("log line %q %v", msg, kv), func() bool {
		l = s.find(msg, kv...)
		select {
		case <-s.exited:
			return l != nil || s.fatalf("the server exited")
		default:
			return l != nil
		}
	})
	return l
}

func (s *instance) fatalf(format string, args ...any) bool {
	s.t.Helper()
	s.t.Fatalf(format, args...)
	return false
}

// stop ends the server gracefully and returns how long it took; it fails the test on an exit code other than 0.
func (s *instance) stop() time.Duration {
	s.t.Helper()
	select {
	case <-s.exited:
		return 0
	default:
	}
	begin := time.Now()
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-s.exited:
	case <-time.After(patience):
		_ = s.cmd.Process.Kill()
		s.t.Errorf("the server did not stop within %s", patience)
		return patience
	}
	if code := s.cmd.ProcessState.ExitCode(); code != 0 {
		s.t.Errorf("the server exited with %d", code)
	}
	return time.Since(begin)
}

// kill ends the server as a crash would.
func (s *instance) kill() {
	_ = s.cmd.Process.Kill()
	<-s.exited
}

// rss returns the server's resident memory in bytes.
func (s *instance) rss() int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", s.cmd.Process.Pid))
	if err != nil {
		s.t.Fatal(err)
	}
	var size, resident int64
	if _, err := fmt.Sscan(string(text), &size, &resident); err != nil {
		s.t.Fatal(err)
	}
	return resident * int64(os.Getpagesize())
}

// push sends a clip in real time (paced) or as fast as it goes, and waits for its end.
func (s *instance) push(clip, path string, paced bool, more ...string) error {
	s.t.Helper()
	cmd := s.pusher(clip, path, paced, more...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%w: %s", err, stderr.String())
	}
	return nil
}

func (s *instance) pusher(clip, path string, paced bool, more ...string) *exec.Cmd {
	args := []string{"-hide_banner", "-loglevel", "error"}
	if paced {
		args = append(args, "-re")
	}
	args = append(args, more...)
	args = append(args, "-i", clip, "-c", "copy", "-f", "flv", "rtmp://"+s.rtmp+"/"+path)
	return exec.Command("ffmpeg", args...)
}

// files lists the finished recordings with an extension, relative to the storage.
func (s *instance) files(ext string) []string {
	var out []string
	root := filepath.Join(s.data, "recordings")
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		if err == nil && d.IsDir() && strings.HasPrefix(d.Name(), ".") {
			return filepath.SkipDir
		}
		if err == nil && !d.IsDir() && filepath.Ext(path) == ext {
			out = append(out, path)
		}
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return out
}

func (s *instance) awaitFiles(ext string, n int) []string {
	s.t.Helper()
	var out []string
	eventually(s.t, fmt.Sprintf("%d %s files", n, ext), func() bool { out = s.files(ext); return len(out) >= n })
	return out
}

func (s *instance) get(path string, header ...string) (*http.Response, []byte) {
	s.t.Helper()
	req, err := http.NewRequest(http.MethodGet, "http://"+s.http+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return answer, body
}

func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for tick := time.NewTicker(20 * time.Millisecond); ; <-tick.C {
		if done() {
			tick.Stop()
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("waited %s for %s", patience, what)
		}
	}
}

func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, stderr.String())
	}
	return stdout.String()
}

// command runs the binary with the server's configuration.
func (s *instance) command(args ...string) *exec.Cmd {
	cmd := exec.Command(program(s.t), args...)
	cmd.Env = s.cmd.Env
	cmd.Dir = s.cmd.Dir
	return cmd
}
