package vod

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// Found makes the folder of a storage one if it is not yet: one that is missing is made, and an empty one is given the storage's identity.
// used tells that the storage has held files: nothing of that is done then, since an empty folder in its place is a disk that is not mounted.
// ErrForeignStorage.
func (l *Local) Found(used bool) error {
	if !used {
		if err := os.MkdirAll(l.dir, 0o755); err != nil {
			return fmt.Errorf("%w: make its folder: %w", ErrForeignStorage, err)
		}
	}
	root, err := os.OpenRoot(l.dir)
	if err != nil {
		return fmt.Errorf("%w: %w; is its disk mounted?", ErrForeignStorage, err)
	}
	defer root.Close()
	if _, err := root.Lstat(IdentityFile); !errors.Is(err, fs.ErrNotExist) {
		return l.Check() // it has one, be it another's
	}
	if err := l.mayFound(root, used); err != nil {
		return err
	}
	if err := writeIdentity(root, l.id); err != nil {
		return fmt.Errorf("write the storage identity: %w", err)
	}
	return l.Check()
}

// newIdentity is the name of an identity file that is not finished.
const newIdentity = IdentityFile + ".new"

// mayFound returns why a folder must not be given an identity.
func (l *Local) mayFound(root *os.Root, used bool) error {
	f, err := root.Open(".")
	if err != nil {
		return err
	}
	defer f.Close()
	names, err := f.Readdirnames(-1)
	if err != nil {
		return fmt.Errorf("list the storage folder: %w", err)
	}
	for _, name := range names {
		// A new ext4 filesystem is not empty.
		if name != "lost+found" && name != newIdentity {
			return fmt.Errorf("%w: %s holds %q but no %s; is the disk not mounted? If it is the right folder, write %s into that file",
				ErrForeignStorage, l.dir, name, IdentityFile, l.id)
		}
	}
	if used {
		return fmt.Errorf("%w: %s is empty, without %s; is the disk not mounted? If it is a new disk, write %s into that file",
			ErrForeignStorage, l.dir, IdentityFile, l.id)
	}
	return nil
}

func writeIdentity(root *os.Root, id string) error {
	f, err := root.OpenFile(newIdentity, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	_, err = f.WriteString(strings.TrimSpace(id) + "\n")
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := root.Rename(newIdentity, IdentityFile); err != nil {
		return err
	}
	return syncFolder(root, ".")
}
