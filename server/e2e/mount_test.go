//go:build linux

package e2e

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// mountsHere tells that this process may mount filesystems without anybody else seeing them.
const mountsHere = "E2E_MOUNTS"

// alone runs a test in a mount namespace of its own, which takes all mounts along when it ends, however that is. It reports false in
// the process that is not the one to go on. As root it may mount images of disks; anybody else only what is in memory.
func alone(t *testing.T) bool {
	t.Helper()
	if os.Getenv(mountsHere) != "" {
		return true
	}
	t.Parallel()
	args := []string{"--mount", "--propagation", "private"}
	if os.Geteuid() != 0 {
		args = append(args, "--user", "--map-root-user")
	}
	cmd := exec.Command("unshare", append(args, os.Args[0], "-test.run", "^"+t.Name()+"$", "-test.v")...)
	cmd.Env = append(os.Environ(), mountsHere+"=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
	return false
}

// testDisk is a small filesystem of its own.
type testDisk struct {
	t    *testing.T
	kind string
	path string
}

// testDisks calls do with a disk of each kind that may be mounted, side by side.
func testDisks(t *testing.T, do func(t *testing.T, d *testDisk)) {
	for _, kind := range []string{"tmpfs", "ext4"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			d := &testDisk{t: t, kind: kind, path: t.TempDir()}
			if err := d.mount(); err != nil {
				if kind == "tmpfs" {
					t.Fatal(err)
				}
				t.Logf("only tmpfs is tried: %v", err)
				return
			}
			do(t, d)
		})
	}
}

func (d *testDisk) mount() error {
	if d.kind == "tmpfs" {
		if err := syscall.Mount("tmpfs", d.path, "tmpfs", 0, "size=64m"); err != nil {
			return err
		}
	} else {
		image := filepath.Join(d.t.TempDir(), "image")
		if err := os.WriteFile(image, nil, 0o600); err != nil {
			return err
		}
		for _, args := range [][]string{
			{"truncate", "-s", "96M", image},
			{"mkfs.ext4", "-q", "-F", "-m", "0", image},
			{"mount", "-o", "loop", image, d.path},
		} {
			if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
				return errors.New(args[0] + ": " + err.Error() + ": " + string(out))
			}
		}
	}
	d.t.Cleanup(func() {
		if err := syscall.Unmount(d.path, 0); err != nil {
			d.t.Errorf("unmount: %v", err)
		}
	})
	return nil
}

// into makes the disk appear in a folder, until away.
func (d *testDisk) into(dir string) {
	d.t.Helper()
	d.must(os.MkdirAll(dir, 0o755))
	d.must(syscall.Mount(d.path, dir, "", syscall.MS_BIND, ""))
	d.t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
}

// server starts one that records everything onto the disk.
func (d *testDisk) server(env ...string) *instance {
	d.t.Helper()
	data := d.t.TempDir()
	d.into(filepath.Join(data, "recordings"))
	s := startIn(d.t, data, env...)
	s.recordEverything("", 1800)
	return s
}

// away takes it out of the folder, as umount -l does.
func (d *testDisk) away(dir string) {
	d.t.Helper()
	d.must(syscall.Unmount(dir, syscall.MNT_DETACH))
}

func (d *testDisk) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

// leave fills the disk until that many bytes are free, or a little more.
func (d *testDisk) leave(free int64) {
	d.t.Helper()
	f, err := os.OpenFile(filepath.Join(d.path, "ballast"), os.O_WRONLY|os.O_CREATE, 0o600)
	d.must(err)
	defer f.Close()
	size, err := f.Seek(0, io.SeekEnd)
	d.must(err)
	for step := int64(1 << 20); step >= 4096; {
		var st syscall.Statfs_t
		d.must(syscall.Statfs(d.path, &st))
		if int64(st.Bavail)*st.Bsize-step < free {
			step /= 2
			continue
		}
		if err := syscall.Fallocate(int(f.Fd()), 0, size, step); err != nil {
			step /= 2
			continue
		}
		size += step
	}
}

// makeRoom undoes leave.
func (d *testDisk) makeRoom() { d.must(os.Remove(filepath.Join(d.path, "ballast"))) }

// freeze makes every write to the disk wait until the function returned is called, or this process is gone.
func (d *testDisk) freeze() (thaw func()) {
	d.t.Helper()
	cmd := exec.Command("sh", "-c", `trap '' INT TERM HUP; fsfreeze -f "$1" && echo frozen; cat >/dev/null; fsfreeze -u "$1"`, "sh", d.path)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	in, err := cmd.StdinPipe()
	d.must(err)
	out, err := cmd.StdoutPipe()
	d.must(err)
	d.must(cmd.Start())
	done := false
	thaw = func() {
		if done {
			return
		}
		done = true
		d.must(errors.Join(in.Close(), cmd.Wait()))
	}
	d.t.Cleanup(thaw)
	if said, _ := io.ReadAll(io.LimitReader(out, 7)); string(said) != "frozen\n" {
		d.t.Fatal("the disk was not frozen")
	}
	return thaw
}
