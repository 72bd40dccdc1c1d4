package recorder

import (
	"os"

	"golang.org/x/sys/windows"
)

// diskSpace returns how many bytes of a folder's filesystem may still be written, and how many it has.
func diskSpace(dir string) (free, total int64, err error) {
	name, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return 0, 0, err
	}
	var ours, all, unused uint64
	if err := windows.GetDiskFreeSpaceEx(name, &ours, &all, &unused); err != nil {
		return 0, 0, &os.PathError{Op: "GetDiskFreeSpaceEx", Path: dir, Err: err}
	}
	return int64(ours), int64(all), nil
}
