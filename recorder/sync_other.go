//go:build !linux

package recorder

import (
	"errors"
	"os"
)

// syncData makes a file's bytes and length durable.
func syncData(f *os.File) error { return f.Sync() }

// syncFilesystem returns errors.ErrUnsupported: files are synced one by one.
func syncFilesystem(*os.File) error { return errors.ErrUnsupported }
