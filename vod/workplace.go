package vod

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"runtime"
)

// Workplace is a Storage in which files can be made.
type Workplace interface {
	Storage
	// Create makes a file that must not be there yet, with the folders above it, to be read and written. The caller closes it.
	Create(key string) (*os.File, error)
	// Publish gives a file another name, durably, and makes the folders above it; fs.ErrExist, wrapped, rather than replace a file. The
	// name it has stays beside the new one where the file system knows links.
	Publish(from, to string) error
	// Same reports whether two names lead to one file.
	Same(a, b string) (bool, error)
}

var _ Workplace = (*Local)(nil)

// attempts is how often a folder is made for a file: another file's deletion may remove it as long as it is empty.
const attempts = 10

// inFolder does something in the folder of a key, which it makes.
func inFolder(root *os.Root, key string, do func() error) error {
	for n := 1; ; n++ {
		err := root.MkdirAll(path.Dir(key), 0o755)
		if err == nil {
			err = do()
		}
		if !errors.Is(err, fs.ErrNotExist) || n == attempts {
			return err
		}
	}
}

// Create makes a file that must not be there yet, with the folders above it. Its name lasts: were that lost with the power, after the name it
// is about to be given was noted, what has that name could be taken for it. See unplace.
func (l *Local) Create(key string) (f *os.File, err error) {
	root, err := l.here()
	if err == nil {
		err = inFolder(root, key, func() error {
			f, err = root.OpenFile(key, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o644)
			return err
		})
	}
	if err == nil {
		if err = syncName(root, key); err != nil {
			err = errors.Join(err, f.Close(), root.Remove(key))
		}
	}
	if err != nil {
		return nil, fmt.Errorf("make %s: %w", key, err)
	}
	return f, nil
}

// Publish gives a file another name, durably. See Workplace.
func (l *Local) Publish(from, to string) error {
	root, err := l.here()
	if err == nil {
		err = inFolder(root, to, func() error { return rename(root, from, to) })
	}
	if err == nil {
		err = syncName(root, to)
	}
	if err != nil {
		return fmt.Errorf("give %s the name %s: %w", from, to, err)
	}
	return nil
}

// syncName makes a file's name durable, with those of the folders above it, which may just have been made.
func syncName(root *os.Root, key string) error {
	for dir := path.Dir(key); ; dir = path.Dir(dir) {
		if err := syncFolder(root, dir); err != nil || dir == "." {
			return err
		}
	}
}

// rename links a file, or renames it where the file system knows no links.
func rename(root *os.Root, from, to string) error {
	err := root.Link(from, to)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	if _, err := root.Lstat(to); err == nil {
		return &os.PathError{Op: "rename", Path: to, Err: fs.ErrExist}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return root.Rename(from, to)
}

func syncFolder(root *os.Root, dir string) error {
	if runtime.GOOS == "windows" {
		return nil // which does not know that
	}
	f, err := root.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// Same reports whether two names lead to one file.
func (l *Local) Same(a, b string) (bool, error) {
	root, err := l.here()
	if err != nil {
		return false, err
	}
	x, err := root.Lstat(a)
	if err == nil {
		var y os.FileInfo
		if y, err = root.Lstat(b); err == nil {
			return os.SameFile(x, y), nil
		}
	}
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return false, fmt.Errorf("look whether %s is %s: %w", a, b, err)
}
