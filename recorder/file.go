package recorder

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"runtime"
	"sync"
	"sync/atomic"
)

// Folders inside a storage. No stream's folder can have such a name: see component.
const (
	openDir = ".open"
	lostDir = ".lost+found"
)

// op is one change of a storage, as disk.before sees it.
type op struct {
	// kind is create, write, truncate, sync, link, rename, remove, mkdir, syncdir or syncfs.
	kind string
	// name is the path inside the storage, to the second one of link and rename.
	name, to string
	off      int64
	data     []byte
}

// disk is a storage folder. It alone does I/O in this package.
type disk struct {
	root home
	// wrote counts the bytes written.
	wrote atomic.Int64
	// before, if set, is told of every change before it is made, and can refuse it. It is how tests see what a
	// killed process would leave behind, and how they fill a disk.
	before func(op) error
	// naming is held while a file gets its name: where the filesystem knows no hard links, looking and renaming are two
	// steps. No sync happens under it: files that are finished at once wait for the disk at once.
	naming sync.Mutex

	mu sync.Mutex
	// durable are folders whose names were synced by this process.
	durable map[string]bool
}

// maxDurable bounds disk.durable: there is a folder per stream and day.
const maxDurable = 4096

// openDisk opens the folder, and makes it first, if told to, where it is not there.
func openDisk(dir string, create bool) (*disk, error) {
	if create {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return nil, fmt.Errorf("create the storage folder: %w", err)
		}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open the storage folder: %w", err)
	}
	d := &disk{durable: map[string]bool{}}
	d.root.move(&place{root: root})
	return d, nil
}

func (d *disk) close() error { return d.root.move(&place{err: os.ErrClosed}).close() }

// syncOpen makes all unfinished files durable at once, and whatever else is on their filesystem. It returns errors.ErrUnsupported,
// wrapped, where that cannot be done. Its other errors do not tell which file failed.
func (d *disk) syncOpen() error {
	if err := d.check(op{kind: "syncfs", name: openDir}); err != nil {
		return err
	}
	p, err := d.root.here()
	if err != nil {
		return err
	}
	return syncFilesystem(p.unfinished)
}

func (d *disk) check(o op) error {
	if d.before == nil {
		return nil
	}
	return d.before(o)
}

// file is an open file of a disk.
type file struct {
	*os.File
	disk *disk
	name string
	// at is where it was opened.
	at *place
}

// create makes a file that must not exist yet.
func (d *disk) create(name string) (*file, error) {
	if err := d.check(op{kind: "create", name: name}); err != nil {
		return nil, err
	}
	return d.openFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL)
}

// open opens a file to read and to repair it.
func (d *disk) open(name string) (*file, error) { return d.openFile(name, os.O_RDWR) }

func (d *disk) openFile(name string, flags int) (*file, error) {
	f, at, err := d.root.openFile(name, flags, 0o644)
	if err != nil {
		return nil, err
	}
	return &file{File: f, disk: d, name: name, at: at}, nil
}

// check is the disk's, and fails if the disk went away since the file was opened.
func (f *file) check(o op) error {
	if err := f.disk.root.left(f.at); err != nil {
		return err
	}
	return f.disk.check(o)
}

// writeAt writes all of p with one system call, unless the kernel takes less at once.
func (f *file) writeAt(p []byte, off int64) error {
	if err := f.check(op{kind: "write", name: f.name, off: off, data: p}); err != nil {
		return err
	}
	n, err := f.WriteAt(p, off)
	f.disk.wrote.Add(int64(n))
	return err
}

func (f *file) truncate(size int64) error {
	if err := f.check(op{kind: "truncate", name: f.name, off: size}); err != nil {
		return err
	}
	return f.Truncate(size)
}

// sync makes the file's bytes and length durable.
func (f *file) sync() error {
	if err := f.check(op{kind: "sync", name: f.name}); err != nil {
		return err
	}
	return syncData(f.File)
}

func (f *file) size() (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// stat returns nil without error if there is no such file.
func (d *disk) stat(name string) (fs.FileInfo, error) {
	info, err := d.root.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return info, err
}

// same reports whether two names lead to one file.
func (d *disk) same(a, b string) (bool, error) {
	x, err := d.stat(a)
	if err != nil || x == nil {
		return false, err
	}
	y, err := d.stat(b)
	return y != nil && os.SameFile(x, y), err
}

// list returns the names in a folder.
func (d *disk) list(dir string) ([]string, error) {
	f, err := d.root.Open(dir)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return f.Readdirnames(-1)
}

// newSuffix marks a file that is to replace another.
const newSuffix = ".new"

// replaceFile writes a file durably: it holds either all that write writes or what it held before.
func (d *disk) replaceFile(name string, write func(io.Writer) error) error {
	temp := name + newSuffix
	if err := d.remove(temp); err != nil {
		return err
	}
	f, err := d.create(temp)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(&appender{file: f}, 64<<10)
	err = write(out)
	if err == nil {
		err = out.Flush()
	}
	if err == nil {
		err = f.sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := d.rename(temp, name); err != nil {
		return err
	}
	return d.syncDir(path.Dir(name))
}

// appender writes to the end of a file.
type appender struct {
	file *file
	at   int64
}

func (a *appender) Write(p []byte) (int, error) {
	err := a.file.writeAt(p, a.at)
	if err != nil {
		return 0, err
	}
	a.at += int64(len(p))
	return len(p), nil
}

// text is what replaceFile writes of a small file.
func text(b []byte) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := w.Write(b)
		return err
	}
}

func (d *disk) rename(from, to string) error {
	if err := d.check(op{kind: "rename", name: from, to: to}); err != nil {
		return err
	}
	return d.root.Rename(from, to)
}

// publish gives a file its final name, durably. It keeps the other one where the filesystem knows hard links. It returns
// fs.ErrExist, wrapped, rather than replace a file.
func (d *disk) publish(from, to string) error {
	if err := d.mkdirAll(path.Dir(to)); err != nil {
		return err
	}
	if err := d.name(from, to); err != nil {
		return err
	}
	return d.syncDir(path.Dir(to))
}

// name gives a file another name, or, where the filesystem knows no hard links, a new one.
func (d *disk) name(from, to string) error {
	d.naming.Lock()
	defer d.naming.Unlock()
	if err := d.link(from, to); err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	info, err := d.stat(to)
	if err != nil {
		return err
	}
	if info != nil {
		return &os.PathError{Op: "rename", Path: to, Err: fs.ErrExist}
	}
	return d.rename(from, to)
}

func (d *disk) link(from, to string) error {
	if err := d.check(op{kind: "link", name: from, to: to}); err != nil {
		return err
	}
	return d.root.Link(from, to)
}

// remove deletes a file; one that is not there is no error.
func (d *disk) remove(name string) error {
	info, err := d.stat(name)
	if err != nil || info == nil {
		return err
	}
	if err := d.check(op{kind: "remove", name: name}); err != nil {
		return err
	}
	if err := d.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// mkdirAll makes a folder and those above it, durably. A folder that exists may be the work of a process that
// was killed before it synced, so its name is synced once by each process.
func (d *disk) mkdirAll(dir string) error {
	info, err := d.stat(dir)
	if err != nil || info != nil && d.isDurable(dir) || dir == "." {
		return err
	}
	parent := path.Dir(dir)
	if err := d.mkdirAll(parent); err != nil {
		return err
	}
	if info == nil {
		if err := d.check(op{kind: "mkdir", name: dir}); err != nil {
			return err
		}
		if err := d.root.Mkdir(dir, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	if err := d.syncDir(parent); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.durable) >= maxDurable {
		clear(d.durable)
	}
	d.durable[dir] = true
	return nil
}

func (d *disk) isDurable(dir string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.durable[dir]
}

// syncDir makes the names in a folder durable. Windows knows no such thing and needs none.
func (d *disk) syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	if err := d.check(op{kind: "syncdir", name: dir}); err != nil {
		return err
	}
	f, err := d.root.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
