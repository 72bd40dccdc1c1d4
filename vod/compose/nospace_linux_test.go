package compose_test

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"aircheck/vod/compose"
	"aircheck/vod/task"
)

// mountsHere tells that this process may mount filesystems without anybody else seeing them.
const mountsHere = "COMPOSE_MOUNTS"

// TestNoSpace: the disk is full before the file is whole, whoever writes it. The task says so, and nothing is left.
func TestNoSpace(t *testing.T) {
	if os.Getenv(mountsHere) == "" {
		t.Parallel()
		args := []string{"--mount", "--propagation", "private"}
		if os.Geteuid() != 0 {
			args = append(args, "--user", "--map-root-user")
		}
		cmd := exec.Command("unshare", append(args, os.Args[0], "-test.run", "^TestNoSpace$", "-test.v")...)
		cmd.Env = append(os.Environ(), mountsHere+"=1")
		if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS: TestNoSpace") {
			t.Fatalf("%v\n%s", err, out)
		}
		return
	}
	source := clip(t, "a.mp4", "1", "-vf", "noise=alls=40:allf=t", "-qp", "30") // noise cannot be made small
	info, err := os.Stat(source)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d", 3*info.Size())); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	r := newRigAt(t, dir)
	r.start()
	a := r.adopt(source, "mp4", 0, nil)
	items := make([]compose.MediaTrackItem, 4)
	for i := range items {
		items[i] = video(a, 0, 0)
	}
	for method, out := range map[string]compose.ComposeMediaOutput{"copy": {}, "encode": {VideoStream: &compose.OutputVideoStream{Fps: 60}}} {
		q := request(out, track("Video", items...))
		id, err := r.Compose(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		if done, _ := r.wait(id); done.Code != task.CodeInternal || !strings.Contains(strings.ToLower(done.Message), "no space left") {
			t.Errorf("%s: %d %s", method, done.Code, done.Message)
		}
		if left := r.files(); len(left) != 1 {
			t.Errorf("%s left: %v", method, left)
		}
	}
}
