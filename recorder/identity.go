package recorder

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"syscall"
)

// identityFile holds the storage's identity, so that a folder that is not mounted, or another one mounted in
// its place, is not taken for it.
const identityFile = ".aircheck-storage"

// ErrForeignStorage is returned, wrapped, when a folder is in use but does not bear the storage's
// identity. Nothing is written there.
var ErrForeignStorage = errors.New("the folder is not this storage")

// maxIdentity bounds what is read of an identity file, which may be anything.
const maxIdentity = 1 << 10

// identify checks the identity of a storage, or gives it one if nothing is in it and never was. An empty folder in the place of a
// storage that was in use is a disk that is not mounted.
func identify(d *disk, storageID string, used bool) error {
	p, err := d.root.here()
	if err != nil {
		return err
	}
	err = checkIdentity(p.root, storageID)
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	names, err := d.list(".")
	if err != nil {
		return fmt.Errorf("list the storage folder: %w", err)
	}
	for _, name := range names {
		// A new ext4 filesystem is not empty; an identity half made is from a start that was cut short.
		if name != "lost+found" && name != identityFile+newSuffix {
			return fmt.Errorf("%w: it holds %q but no %s; is the disk not mounted? If it is the right folder, "+
				"write %s into that file", ErrForeignStorage, name, identityFile, storageID)
		}
	}
	if used {
		return fmt.Errorf("%w: it is empty, without %s; is the disk not mounted? If it is a new disk for recordings to come, "+
			"write %s into that file", ErrForeignStorage, identityFile, storageID)
	}
	if err := d.replaceFile(identityFile, text([]byte(storageID+"\n"))); err != nil {
		return fmt.Errorf("write the storage identity: %w", err)
	}
	return nil
}

// checkIdentity reads a folder's identity. It returns ErrForeignStorage for another one, and fs.ErrNotExist if there is none,
// wrapped.
func checkIdentity(root *os.Root, storageID string) error {
	// A pipe would be waited for.
	info, err := root.Lstat(identityFile)
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("it is not a regular file")
	}
	var f *os.File
	if err == nil {
		f, err = root.Open(identityFile)
	}
	if err != nil {
		return fmt.Errorf("read the storage identity: %w", err)
	}
	defer f.Close()
	have, err := io.ReadAll(io.LimitReader(f, maxIdentity))
	if err != nil {
		return fmt.Errorf("read the storage identity: %w", err)
	}
	if got := strings.TrimSpace(string(have)); got != storageID {
		return fmt.Errorf("%w: %s says %q, expected %q; is another disk mounted there?",
			ErrForeignStorage, identityFile, got, storageID)
	}
	return nil
}

// unsaying reports whether an error says nothing about the storage, but that the system is short of something.
func unsaying(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) || errors.Is(err, syscall.ENOMEM)
}
