package vod

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"aircheck/recorder/container"
)

const (
	// lostFolder is where recordings lie of which nothing is known but what they themselves tell.
	lostFolder = ".lost+found"
	// playlistName is the playlist in the folder of a recording that has one.
	playlistName = "index.m3u8"
	// maxDepth is how deep folders are looked into; a recording lies at most seven deep.
	maxDepth = 32
)

// walk looks through a storage for files that are not in the catalogue.
type walk struct {
	*Reconciler
	id      string
	storage Storage
	// some are candidates to be looked up together.
	some []candidate
}

// candidate is a file that may be a recording.
type candidate struct {
	key, playlist string
	format        container.Format
}

// folder looks through a folder and those in it. It returns an error if it makes no sense to go on.
func (w *walk) folder(ctx context.Context, dir string, depth int) error {
	bundle, err := w.bundle(dir)
	if err != nil {
		w.fail(err)
		return nil
	}
	for e, err := range w.storage.List(dir) {
		if err != nil {
			w.fail(err)
			break
		}
		if err := w.pace.Wait(ctx); err != nil {
			return err
		}
		key := path.Join(dir, e.Name)
		switch {
		case e.Kind == EntryFolder && !enter(key):
		case e.Kind == EntryFolder && depth < maxDepth:
			if err := w.folder(ctx, key, depth+1); err != nil {
				return err
			}
		case e.Kind == EntryFile:
			w.file(key, bundle)
		default:
			w.note(func(n *ReconcileReport) { n.Ignored++ })
		}
		if len(w.some) >= batch {
			if err := w.lookUp(ctx); err != nil {
				return err
			}
		}
	}
	if depth == 0 {
		return w.lookUp(ctx)
	}
	return nil
}

// enter reports whether there may be recordings in a folder. What is not finished is the recorder's, and lost+found the file system's.
func enter(dir string) bool {
	return dir == lostFolder || !strings.HasPrefix(path.Base(dir), ".") && dir != "lost+found"
}

// bundle returns the recording that a folder holds together with its playlist; nil for any other folder.
func (w *walk) bundle(dir string) (*candidate, error) {
	playlist := path.Join(dir, playlistName)
	p, err := readPlaylist(w.storage, playlist)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	for _, f := range w.Formats {
		if _, ok := f.(container.Playlisted); ok && strings.HasPrefix(p.media, "media.") && !strings.Contains(p.media, "/") {
			return &candidate{key: path.Join(dir, p.media), playlist: playlist, format: f}, nil
		}
	}
	return nil, nil
}

// file takes a file of a folder; bundle is the recording that the folder holds, or nil.
func (w *walk) file(key string, bundle *candidate) {
	c := candidate{key: key}
	switch {
	case key == IdentityFile || bundle != nil && key == bundle.playlist:
		return
	case bundle != nil && key == bundle.key:
		c = *bundle
	default:
		c.format = w.formatOf(key)
	}
	if c.format == nil {
		w.note(func(n *ReconcileReport) { n.Ignored++ })
		return
	}
	w.note(func(n *ReconcileReport) { n.Files++ })
	w.some = append(w.some, c)
}

// formatOf returns the format of a recording in a single file, by its extension.
func (w *walk) formatOf(key string) container.Format {
	name := path.Base(key)
	for _, f := range w.Formats {
		if _, ok := f.(container.Playlisted); !ok && path.Ext(name) == "."+f.Name() && !strings.HasPrefix(name, ".") {
			return f
		}
	}
	return nil
}

// lookUp adopts those of the candidates that are not in the catalogue.
func (w *walk) lookUp(ctx context.Context) error {
	some, err := w.unknown(ctx, w.some)
	w.some = w.some[:0]
	if err != nil || len(some) == 0 {
		return err
	}
	some = slices.DeleteFunc(some, func(c candidate) bool {
		info, err := w.storage.Stat(c.key)
		return err != nil || w.pending(time.Since(info.ModTime).Abs() < w.MinAge)
	})
	if len(some) == 0 {
		return nil
	}
	claimed, err := w.Claimed(w.id, keysOf(some))
	if err != nil {
		w.fail(fmt.Errorf("%d files are not adopted: %w", len(some), err))
		return nil
	}
	some = slices.DeleteFunc(some, func(c candidate) bool { return w.pending(slices.Contains(claimed, c.key)) })
	// What was finished between the two has its row by now, which keeps it from being adopted.
	for _, c := range some {
		if err := w.adopt(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

// pending counts a file that is left for the next time.
func (w *walk) pending(yes bool) bool {
	if yes {
		w.note(func(n *ReconcileReport) { n.Pending++ })
	}
	return yes
}

// unknown returns those of the candidates that are not in the catalogue.
func (w *walk) unknown(ctx context.Context, some []candidate) ([]candidate, error) {
	if len(some) == 0 {
		return nil, nil
	}
	known, err := w.Catalog.Store.KnownKeys(ctx, w.id, keysOf(some))
	if err != nil {
		return nil, fmt.Errorf("read the catalogue: %w", err)
	}
	have := make(map[string]bool, len(known))
	for _, key := range known {
		have[key] = true
	}
	return slices.DeleteFunc(slices.Clone(some), func(c candidate) bool { return have[c.key] }), nil
}

func keysOf(some []candidate) []string {
	out := make([]string, len(some))
	for i, c := range some {
		out[i] = c.key
	}
	return out
}

// adopt puts a file into the catalogue. It returns an error if it makes no sense to go on.
func (w *walk) adopt(ctx context.Context, c candidate) error {
	if err := w.storage.Check(); err != nil {
		return fmt.Errorf("storage %s is left alone: %w", w.id, err)
	}
	a, err := w.examine(ctx, c)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, container.ErrCorrupt):
		w.note(func(n *ReconcileReport) {
			n.Unreadable++
			n.find(w.Log, Finding{What: "unreadable", StorageID: w.id, Key: c.key, Detail: err.Error()})
		})
		return nil
	case err != nil:
		w.fail(fmt.Errorf("adopt %s: %w", c.key, err))
		return nil
	}
	a.ID = w.NewID()
	adopted, err := w.Catalog.Store.Adopt(ctx, a)
	if err != nil {
		return fmt.Errorf("adopt %s: %w", c.key, err)
	}
	if adopted {
		w.note(func(n *ReconcileReport) {
			n.Adopted++
			n.find(w.Log, Finding{What: "adopted", ID: a.ID, StorageID: w.id, Key: c.key})
		})
	}
	return nil
}

// listing is what is read of a playlist.
type listing struct {
	// media is the first address in it, start the time of its first segment; zero if it does not tell.
	media string
	start time.Time
}

// maxListing is how much of a playlist is read: the first entry is in it.
const maxListing = 64 << 10

func readPlaylist(s Storage, key string) (listing, error) {
	object, err := s.Open(key)
	if err != nil {
		return listing{}, err
	}
	defer object.Close()
	text, err := io.ReadAll(io.LimitReader(object, maxListing))
	if err != nil {
		return listing{}, fmt.Errorf("read %s: %w", key, err)
	}
	return parseListing(text), nil
}

// parseListing reads the beginning of a playlist (RFC 8216, 4.1).
func parseListing(text []byte) (out listing) {
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if at, ok := strings.CutPrefix(line, "#EXT-X-PROGRAM-DATE-TIME:"); ok && out.start.IsZero() {
			// Without it, the file's own time has to do.
			out.start, _ = time.Parse(time.RFC3339Nano, at)
		}
		if line != "" && !strings.HasPrefix(line, "#") {
			out.media = line
			break
		}
	}
	return out
}
