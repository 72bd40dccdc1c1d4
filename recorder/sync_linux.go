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
// by the kernel's own threads side by side. It returns errors.ErrUnsupported where the kernel would not tell of a failure, and
// otherwise also tells of one that happened since the folder was opened or the last call.
func syncFilesystem(dir *os.File) error {
	if !syncsTell() {
		return errors.ErrUnsupported
	}
	return syncBy(dir, "syncfs", unix.Syncfs)
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
