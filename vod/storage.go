package vod

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"time"
)

// IdentityFile, in the top folder of a local storage, holds the storage's ID.
const IdentityFile = ".aircheck-storage"

// ErrForeignStorage is returned, wrapped, when what is mounted in a storage's place does not bear its identity.
var ErrForeignStorage = errors.New("the folder is not this storage")

// Storage holds the files of assets. Keys are slash-separated relative paths. Methods may be called from any goroutine.
type Storage interface {
	// Check reports whether the storage is there and is the one it should be. As long as it fails, a file that cannot be
	// found may only be out of sight.
	Check() error
	// Open opens a file. fs.ErrNotExist, wrapped. The caller closes it.
	Open(key string) (*Object, error)
	// Delete removes a file for good. One that is not there is no error.
	Delete(key string) error
}

// Object is an open file of a storage.
type Object struct {
	io.ReadSeekCloser
	// Size in bytes.
	Size    int64
	ModTime time.Time
}

// Local is a Storage in a folder. Nothing outside of it can be reached, whatever the key or the links in it.
type Local struct {
	id   string
	root *os.Root
}

// OpenLocal opens the folder dir as the storage with that ID. Close it when done.
func OpenLocal(id, dir string) (*Local, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open the storage folder: %w", err)
	}
	return &Local{id: id, root: root}, nil
}

// Close closes the folder; objects already open stay readable.
func (l *Local) Close() error { return l.root.Close() }

// Check reads the identity. ErrForeignStorage.
func (l *Local) Check() error {
	have, err := l.root.ReadFile(IdentityFile)
	if err != nil {
		return fmt.Errorf("%w: read %s: %w; is its disk mounted?", ErrForeignStorage, IdentityFile, err)
	}
	if got := strings.TrimSpace(string(have)); got != l.id {
		return fmt.Errorf("%w: %s says %q, expected %q; is another disk mounted there?", ErrForeignStorage, IdentityFile, got, l.id)
	}
	return nil
}

// Open opens a regular file.
func (l *Local) Open(key string) (*Object, error) {
	// What is not a regular file is not opened at all: to open a pipe would wait for its writer.
	info, err := l.root.Stat(key)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", key, err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("open %s: not a regular file: %w", key, fs.ErrNotExist)
	}
	f, err := l.root.Open(key)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", key, err)
	}
	return &Object{ReadSeekCloser: f, Size: info.Size(), ModTime: info.ModTime()}, nil
}

// Delete removes a file, and the folders above it that are empty then.
func (l *Local) Delete(key string) error {
	info, err := l.root.Lstat(key)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("delete %s: %w", key, err)
	case info.IsDir():
		return fmt.Errorf("delete %s: it is a folder", key)
	}
	if err := l.root.Remove(key); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("delete %s: %w", key, err)
	}
	for dir := path.Dir(path.Clean(key)); dir != "."; dir = path.Dir(dir) {
		// A link to a folder is the user's own doing and stays. So does a folder with anything in it: to remove it fails.
		if info, err := l.root.Lstat(dir); err != nil || !info.IsDir() || l.root.Remove(dir) != nil {
			break
		}
	}
	return nil
}
