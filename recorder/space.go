package recorder

// DiskSpace returns how many bytes of a folder's filesystem may still be written, and how many it has. It fails where the system does not
// tell.
func DiskSpace(dir string) (free, total int64, err error) { return diskSpace(dir) }
