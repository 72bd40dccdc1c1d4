package recorder

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// syncData makes a file's bytes and length durable, but not its times.
func syncData(f *os.File) error { return syncBy(f, "fdatasync", syscall.Fdatasync) }

func syncBy(f *os.File, op string, call func(fd int) error) error {
	conn, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = conn.Control(func(fd uintptr) {
		for {
			if failed = call(int(fd)); failed != syscall.EINTR {
				return
			}
		}
	})
	if err != nil {
		return err
	}
	if failed != nil {
		return &os.PathError{Op: op, Path: f.Name(), Err: failed}
	}
	return nil
}

// syncFilesystem makes durable all that the filesystem of a folder holds: one call for hundreds of files, and their pages are written
// by the kernel's own threads side by side. It returns errors.ErrUnsupported where that cannot be relied on, and otherwise also tells
// of a failure that happened since the folder was opened or the last call.
func syncFilesystem(dir *os.File) error {
	if !syncsTell() || !syncsAll(dir) {
		return errors.ErrUnsupported
	}
	return syncBy(dir, "syncfs", unix.Syncfs)
}

// syncsAll reports whether a folder is on a filesystem whose syncfs does what fsync does for each file. Those of the network and of
// user space may keep it to themselves, and one that lies over another may not hear of the other's errors.
func syncsAll(dir *os.File) bool {
	var st unix.Statfs_t
	if syncBy(dir, "statfs", func(fd int) error { return unix.Fstatfs(fd, &st) }) != nil {
		return false
	}
	switch int64(st.Type) {
	case unix.EXT4_SUPER_MAGIC, unix.XFS_SUPER_MAGIC, unix.BTRFS_SUPER_MAGIC, unix.F2FS_SUPER_MAGIC, unix.TMPFS_MAGIC:
		return true
	}
	return false
}

// syncsTell reports whether syncfs returns errors: since Linux 5.8.
var syncsTell = sync.OnceValue(func() bool {
	var name unix.Utsname
	if unix.Uname(&name) != nil {
		return false
	}
	return atLeast(unix.ByteSliceToString(name.Release[:]), 5, 8)
})

// atLeast compares a kernel's release, such as 6.1.0-13-amd64.
func atLeast(release string, major, minor int) bool {
	var x, y int
	if n, _ := fmt.Sscanf(release, "%d.%d", &x, &y); n < 2 {
		return false
	}
	return x > major || x == major && y >= minor
}
