package recorder

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"time"

	"aircheck/recorder/container"
)

// fileName expands the VodFileName of a file.
func fileName(spec Spec, start, end time.Time) string {
	name, err := expandName(spec.FileName, spec.Key.Stream, start, end)
	if err != nil {
		// The pattern was checked when it was given; a file is not to be lost over it.
		name, _ = expandName("", spec.Key.Stream, start, end)
	}
	return name
}

// place gives the file its final name, beside the one it has. The name goes into the journal before, so that a file which has it is
// recognised after a crash.
func (w *work) place(f *File, playlist func(io.Writer) error) error {
	loc := w.m.Location
	dir := path.Join(f.Spec.Folder, folder(f.Spec.Key, f.Start.In(loc)))
	f.Name = fileName(f.Spec, f.Start.In(loc), f.End.In(loc))
	if w.j.head.Orphan {
		dir, f.Name = lostDir, fmt.Sprint(w.id)
	}
	if p, ok := w.format.(container.Playlisted); ok {
		return w.placeFolder(f, path.Join(dir, bundle(f.Name, w.id)), p.MediaName(w.j.tracks), playlist)
	}
	for n := 1; ; n++ {
		f.ObjectKey = candidate(dir, f.Name, w.format.Name(), n)
		taken, err := w.m.disk.stat(f.ObjectKey)
		if err != nil {
			return err
		}
		if taken != nil {
			continue
		}
		if err := w.reserve(f); err != nil {
			return err
		}
		err = w.m.disk.publish(mediaName(w.id, w.format.Name()), f.ObjectKey)
		if !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
}

// playlistFile is the name of a playlist in its folder.
const playlistFile = "index." + playlistExt

// placeFolder puts the file and its playlist into a folder of their own. The playlist comes first: a file that is there is complete.
func (w *work) placeFolder(f *File, dir, name string, playlist func(io.Writer) error) error {
	f.ObjectKey, f.PlaylistKey = path.Join(dir, name), path.Join(dir, playlistFile)
	if key := w.j.key; key != nil && key.PlaylistKey != "" {
		// An earlier attempt may have left the folder, and the time zone may be another now.
		f.ObjectKey, f.PlaylistKey, f.Name, dir = key.ObjectKey, key.PlaylistKey, key.Name, path.Dir(key.ObjectKey)
	}
	// Also in a later attempt: a process that was killed may have written the name without making it durable.
	if err := w.reserve(f); err != nil {
		return err
	}
	if err := w.m.disk.mkdirAll(dir); err != nil {
		return err
	}
	if err := w.m.disk.replaceFile(f.PlaylistKey, playlist); err != nil {
		return fmt.Errorf("write the playlist: %w", err)
	}
	return w.m.disk.publish(mediaName(w.id, w.format.Name()), f.ObjectKey)
}

// reserve writes the name into the journal, and makes sure that both the journal and the file will still be found by the names they
// have: those of a short file may never have been synced. With its journal gone the file would be finished, and nobody would know.
func (w *work) reserve(f *File) error {
	rec, err := appendJSON(nil, recKey, journalKey{ObjectKey: f.ObjectKey, Name: f.Name, PlaylistKey: f.PlaylistKey})
	if err != nil {
		return err
	}
	if err := w.journal.writeAt(rec, w.j.size); err != nil {
		return fmt.Errorf("write the journal: %w", err)
	}
	w.j.size += int64(len(rec))
	if err := w.journal.sync(); err != nil {
		return err
	}
	return w.m.disk.syncDir(openDir)
}
