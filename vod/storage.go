package vod

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path"
	"strings"
	"sync"
	"syscall"
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
	// Stat describes a regular file. fs.ErrNotExist, wrapped, also for what is not one.
	Stat(key string) (Info, error)
	// List yields what is in a folder, in no particular order; "." is the top one. It reads as it goes: a folder of any size takes
	// the same memory. It stops at the first error.
	List(dir string) iter.Seq2[Entry, error]
}

// Info describes a file.
type Info struct {
	// Size in bytes.
	Size    int64
	ModTime time.Time
}

// Entry is a name in a folder.
type Entry struct {
	Name string
	Kind EntryKind
}

// EntryKind tells what an Entry is.
type EntryKind byte

// The kinds. Links are EntryOther, wherever they lead.
const (
	EntryOther EntryKind = iota
	EntryFile
	EntryFolder
)

// Object is an open file of a storage.
type Object struct {
	io.ReadSeekCloser
	// Size in bytes.
	Size    int64
	ModTime time.Time
}

// Local is a Storage in a folder. Nothing outside of it can be reached, whatever the key or the links in it. The disk may go and come
// back: Check notices.
type Local struct {
	id, dir string

	mu   sync.Mutex
	root *os.Root // nil while the storage is not there
}

// NewLocal returns the storage with that ID in the folder dir, which need not be there yet: see Check. Close it when done.
func NewLocal(id, dir string) *Local { return &Local{id: id, dir: dir} }

// OpenLocal is NewLocal for a folder that must be there.
func OpenLocal(id, dir string) (*Local, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open the storage folder: %w", err)
	}
	return &Local{id: id, dir: dir, root: root}, nil
}

// Close closes the folder; objects already open stay readable.
func (l *Local) Close() error { return l.use(nil) }

// use makes root the one to be used and closes the one before.
func (l *Local) use(root *os.Root) error {
	l.mu.Lock()
	old := l.root
	l.root = root
	l.mu.Unlock()
	if old == nil {
		return nil
	}
	return old.Close()
}

// here returns the folder. ErrForeignStorage.
func (l *Local) here() (*os.Root, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.root == nil {
		return nil, fmt.Errorf("%w: nothing was found at %s; is its disk mounted?", ErrForeignStorage, l.dir)
	}
	return l.root, nil
}

// Check looks what is at the folder's path now, reads its identity, and uses it from now on; the folder used before is closed. While
// the storage is not there no file is opened or deleted. ErrForeignStorage.
func (l *Local) Check() error {
	root, err := os.OpenRoot(l.dir)
	if err != nil {
		if scarce(err) {
			return fmt.Errorf("open the storage folder: %w", err)
		}
		return errors.Join(fmt.Errorf("%w: %w; is its disk mounted?", ErrForeignStorage, err), l.use(nil))
	}
	have, err := root.ReadFile(IdentityFile)
	switch got := strings.TrimSpace(string(have)); {
	case err != nil && scarce(err):
		return errors.Join(fmt.Errorf("read %s: %w", IdentityFile, err), root.Close())
	case err != nil:
		err = fmt.Errorf("%w: read %s: %w; is its disk mounted?", ErrForeignStorage, IdentityFile, err)
	case got != l.id:
		err = fmt.Errorf("%w: %s says %q, expected %q; is another disk mounted there?", ErrForeignStorage, IdentityFile, got, l.id)
	}
	if err != nil {
		return errors.Join(err, root.Close(), l.use(nil))
	}
	if l.uses(root) {
		return root.Close()
	}
	return l.use(root)
}

// uses reports whether the folder used is that one: others may be reading there.
func (l *Local) uses(root *os.Root) bool {
	now, err := l.here()
	if err != nil {
		return false
	}
	a, err := now.Stat(".")
	if err != nil {
		return false
	}
	b, err := root.Stat(".")
	return err == nil && os.SameFile(a, b)
}

// scarce reports whether an error tells nothing of the storage, but that the system is short of something.
func scarce(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) || errors.Is(err, syscall.ENOMEM)
}

// Open opens a regular file.
func (l *Local) Open(key string) (*Object, error) {
	root, err := l.here()
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", key, err)
	}
	// What is not a regular file is not opened at all: to open a pipe would wait for its writer.
	info, err := root.Stat(key)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", key, err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("open %s: not a regular file: %w", key, fs.ErrNotExist)
	}
	f, err := root.Open(key)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", key, err)
	}
	return &Object{ReadSeekCloser: f, Size: info.Size(), ModTime: info.ModTime()}, nil
}

// Delete removes a file, and the folders above it that are empty then.
func (l *Local) Delete(key string) error {
	root, err := l.here()
	if err != nil {
		return fmt.Errorf("delete %s: %w", key, err)
	}
	info, err := root.Lstat(key)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("delete %s: %w", key, err)
	case info.IsDir():
		return fmt.Errorf("delete %s: it is a folder", key)
	}
	if err := root.Remove(key); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("delete %s: %w", key, err)
	}
	for dir := path.Dir(path.Clean(key)); dir != "."; dir = path.Dir(dir) {
		// A link to a folder is the user's own doing and stays. So does a folder with anything in it: to remove it fails.
		if info, err := root.Lstat(dir); err != nil || !info.IsDir() || root.Remove(dir) != nil {
			break
		}
	}
	return nil
}
