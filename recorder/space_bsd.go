//go:build darwin || freebsd

package recorder

import (
	"os"

	"golang.org/x/sys/unix"
)

// diskSpace returns how many bytes of a folder's filesystem may still be written, and how many it has.
func diskSpace(dir string) (free, total int64, err error) {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return 0, 0, &os.PathError{Op: "statfs", Path: dir, Err: err}
	}
	return int64(st.Bavail) * int64(st.Bsize), int64(st.Blocks) * int64(st.Bsize), nil
}
