package recorder

import (
	"os"

	"golang.org/x/sys/unix"
)

// diskSpace returns how many bytes of a folder's filesystem may still be written, and how many it has.
func diskSpace(dir string) (free, total int64, err error) {
	var st unix.Statfs_t
	for {
		if err = unix.Statfs(dir, &st); err != unix.EINTR {
			break
		}
	}
	if err != nil {
		return 0, 0, &os.PathError{Op: "statfs", Path: dir, Err: err}
	}
	block := int64(st.Frsize)
	if block == 0 {
		block = int64(st.Bsize)
	}
	return int64(st.Bavail) * block, int64(st.Blocks) * block, nil
}
