package recorder

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

// identityFile holds the storage's identity, so that a folder that is not mounted, or another one mounted in
// its place, is not taken for it.
const identityFile = ".aircheck-storage"

// ErrForeignStorage is returned, wrapped, when a folder is in use but does not bear the storage's
// identity. Nothing is written there.
var ErrForeignStorage = errors.New("the folder is not this storage")

// identify checks the identity of a storage, or gives it one if nothing is in it.
func identify(d *disk, storageID string) error {
	have, err := d.readFile(identityFile)
	if err == nil {
		if got := strings.TrimSpace(string(have)); got != storageID {
			return fmt.Errorf("%w: %s says %q, expected %q; is another disk mounted there?",
				ErrForeignStorage, identityFile, got, storageID)
		}
		return nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read the storage identity: %w", err)
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
	if err := d.replaceFile(identityFile, text([]byte(storageID+"\n"))); err != nil {
		return fmt.Errorf("write the storage identity: %w", err)
	}
	return nil
}
