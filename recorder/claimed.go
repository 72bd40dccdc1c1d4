package recorder

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
)

// Claimed returns those of the object keys whose files are finished, or about to be, but perhaps not in the catalogue yet: a journal of
// theirs is still there. A file whose key was seen in the storage before the call, and that is not claimed, is in the catalogue if
// it was recorded here at all. An error means that nothing can be said of any of them.
func (m *Manager) Claimed(keys []string) ([]string, error) {
	m.mu.Lock()
	d, err := m.disk, m.usable()
	m.mu.Unlock()
	if err != nil {
		return nil, fmt.Errorf("look for unfinished files: %w", err)
	}
	names, err := d.list(openDir)
	if err != nil {
		return nil, fmt.Errorf("look for unfinished files: %w", err)
	}
	var media []fs.FileInfo
	var claimed []string
	for _, l := range leftovers(names) {
		var info fs.FileInfo
		if l.ext != "" {
			if info, err = d.stat(mediaName(l.id, l.ext)); err != nil {
				return nil, fmt.Errorf("look at unfinished file %d: %w", l.id, err)
			}
		}
		if info != nil {
			media = append(media, info)
			continue
		}
		// It has been given its name where the filesystem knows no links, or is about to be tidied up.
		key, err := d.claim(l.id)
		if err != nil {
			return nil, fmt.Errorf("read the journal of file %d: %w", l.id, err)
		}
		if key != "" && slices.Contains(keys, key) {
			claimed = append(claimed, key)
		}
	}
	if len(media) == 0 {
		return claimed, nil
	}
	for _, key := range keys {
		info, err := d.stat(key)
		if err != nil {
			return nil, fmt.Errorf("look at %s: %w", key, err)
		}
		if info != nil && slices.ContainsFunc(media, func(other fs.FileInfo) bool { return os.SameFile(info, other) }) {
			claimed = append(claimed, key)
		}
	}
	return claimed, nil
}

// claim returns the key that a journal names; empty if it names none, or there is no such journal.
func (d *disk) claim(id int64) (string, error) {
	f, err := d.root.Open(journalName(id))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	j, err := readJournal(f, info.Size())
	if errors.Is(err, errBadJournal) || err == nil && j.key == nil {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return j.key.ObjectKey, nil
}
