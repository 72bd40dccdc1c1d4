package vod

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
)

// Stat describes a regular file. Like Open, it follows links that lead to other places of the storage.
func (l *Local) Stat(key string) (Info, error) {
	root, err := l.here()
	if err != nil {
		return Info{}, fmt.Errorf("look at %s: %w", key, err)
	}
	info, err := root.Stat(key)
	if err != nil {
		return Info{}, fmt.Errorf("look at %s: %w", key, err)
	}
	if !info.Mode().IsRegular() {
		return Info{}, fmt.Errorf("look at %s: not a regular file: %w", key, fs.ErrNotExist)
	}
	return Info{Size: info.Size(), ModTime: info.ModTime()}, nil
}

// listed is how many names are read at once.
const listed = 256

// List yields what is in a folder.
func (l *Local) List(dir string) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		root, err := l.here()
		if err != nil {
			yield(Entry{}, fmt.Errorf("list %s: %w", dir, err))
			return
		}
		f, err := root.Open(dir)
		if err != nil {
			yield(Entry{}, fmt.Errorf("list %s: %w", dir, err))
			return
		}
		defer f.Close()
		for {
			entries, err := f.ReadDir(listed)
			for _, e := range entries {
				if !yield(Entry{Name: e.Name(), Kind: kindOf(e.Type())}, nil) {
					return
				}
			}
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				yield(Entry{}, fmt.Errorf("list %s: %w", dir, err))
				return
			}
		}
	}
}

func kindOf(mode fs.FileMode) EntryKind {
	switch {
	case mode.IsRegular():
		return EntryFile
	case mode.IsDir():
		return EntryFolder
	}
	return EntryOther
}
