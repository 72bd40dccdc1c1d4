package recorder

import (
	"errors"
	"io/fs"
	"os"
	"sync/atomic"
)

// errAbsent is what everything that needs the storage fails with before it was opened for the first time.
var errAbsent = errors.New("the storage is not open")

// home is the folder of a storage for as long as it is there: the disk mounted at its path may go, and come back, while the server
// runs. What is done in between fails, and so does what is done to files that were opened before. Methods may be called from any
// goroutine.
type home struct{ now atomic.Pointer[place] }

// place is one time that the folder was opened. It does not change once it is in use.
type place struct {
	root *os.Root
	// unfinished is openDir, opened for syncs before anything is written there.
	unfinished *os.File
	// err is why there is no root. It must not pass for fs.ErrNotExist: whether a file exists is not known then.
	err error
}

func (p *place) close() error {
	var err error
	if p.unfinished != nil {
		err = p.unfinished.Close()
	}
	if p.root != nil {
		err = errors.Join(err, p.root.Close())
	}
	return err
}

// here returns the folder, or why it is not there.
func (h *home) here() (*place, error) {
	p := h.now.Load()
	if p == nil {
		return nil, errAbsent
	}
	return p, p.err
}

// move makes a place the one to be used and returns the one before.
func (h *home) move(p *place) *place {
	if old := h.now.Swap(p); old != nil {
		return old
	}
	return &place{}
}

// left returns an error if a place is not the present one.
func (h *home) left(p *place) error {
	now, err := h.here()
	if err == nil && now != p {
		err = &absentError{why: "the storage was gone for a moment"}
	}
	return err
}

// openFile opens a file, and tells in which place.
func (h *home) openFile(name string, flags int, mode fs.FileMode) (*os.File, *place, error) {
	p, err := h.here()
	if err != nil {
		return nil, nil, err
	}
	f, err := p.root.OpenFile(name, flags, mode)
	return f, p, err
}

// Open and the methods below are those of os.Root.
func (h *home) Open(name string) (*os.File, error) {
	f, _, err := h.openFile(name, os.O_RDONLY, 0)
	return f, err
}

// Lstat is os.Root's.
func (h *home) Lstat(name string) (fs.FileInfo, error) {
	p, err := h.here()
	if err != nil {
		return nil, err
	}
	return p.root.Lstat(name)
}

// do calls a change of names unless the folder is gone.
func (h *home) do(change func(*os.Root) error) error {
	p, err := h.here()
	if err != nil {
		return err
	}
	return change(p.root)
}

// Mkdir is os.Root's.
func (h *home) Mkdir(name string, mode fs.FileMode) error {
	return h.do(func(r *os.Root) error { return r.Mkdir(name, mode) })
}

// Rename is os.Root's.
func (h *home) Rename(from, to string) error {
	return h.do(func(r *os.Root) error { return r.Rename(from, to) })
}

// Link is os.Root's.
func (h *home) Link(from, to string) error {
	return h.do(func(r *os.Root) error { return r.Link(from, to) })
}

// Remove is os.Root's.
func (h *home) Remove(name string) error {
	return h.do(func(r *os.Root) error { return r.Remove(name) })
}

// absentError tells that the storage is not there. It is an ErrForeignStorage, and nothing else: see place.err.
type absentError struct{ why string }

func (e *absentError) Error() string { return e.why }

func (e *absentError) Is(target error) bool { return target == ErrForeignStorage }

// absent makes an error one of absence.
func absent(err error) error {
	if errors.Is(err, ErrForeignStorage) {
		return &absentError{why: err.Error()}
	}
	return &absentError{why: "the storage cannot be used: " + err.Error()}
}
