package compose

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"slices"

	"aircheck/ingest/media"
	"aircheck/recorder/container"
	"aircheck/vod"
	"aircheck/vod/task"
)

// Library opens files of the catalogue.
type Library struct {
	Catalog *vod.Catalog
	Formats []container.Format
}

// source is an open file. It stays readable when the file is deleted meanwhile.
type source struct {
	vod.Asset
	format container.Format
	object *vod.Object
	// size is how much of it may be read: what there was when it was opened.
	size int64
	// zero is when the first of it is shown, once that is known.
	zero *int64
}

// origin is when the first of the file is shown, from its zero: pictures may be decoded a while before. It is where players begin to count.
func (s *source) origin() (int64, error) {
	if s.zero != nil {
		return *s.zero, nil
	}
	tracks, err := s.tracks()
	if err != nil {
		return 0, err
	}
	first, seen, begun := never, map[int]bool{}, never
	for u, err := range s.readFrom(0) {
		if err != nil {
			break // whoever reads on will meet it
		}
		at := int64(media.Duration(u.PTS, u.Track.Timescale))
		begun = min(begun, int64(u.Time()))
		if u.RandomAccess && !seen[u.Track.ID] {
			seen[u.Track.ID] = true
			first = min(first, at)
		}
		if len(seen) == len(tracks) || int64(u.Time()) > begun+reorder {
			break
		}
	}
	if first == never {
		first = 0
	}
	s.zero = &first
	return first, nil
}

// failed is an error that says which code a task ends with.
func failed(code int, format string, args ...any) error {
	return &task.Failure{Code: code, Err: fmt.Errorf(format, args...)}
}

// find returns the assets of these IDs in an application, in that order, each once. An unknown one, or one whose
// own file was deleted, is a task.Failure.
func (l *Library) find(ctx context.Context, subApp int64, ids []vod.FileID) ([]vod.Asset, error) {
	var unique []vod.FileID
	for _, id := range ids {
		if !slices.Contains(unique, id) {
			unique = append(unique, id)
		}
	}
	var out []vod.Asset
	for some := range slices.Chunk(unique, vod.MaxGet) {
		found, err := l.Catalog.Get(ctx, some)
		if err != nil {
			return nil, err
		}
		for _, a := range found {
			if a.SubAppID == subApp {
				out = append(out, a)
			}
		}
	}
	for _, id := range unique {
		i := slices.IndexFunc(out, func(a vod.Asset) bool { return a.ID == id })
		if i >= 0 && out[i].ObjectKey == "" {
			return nil, failed(task.CodeSource, "file %s has been deleted but for what was made of it", id)
		}
		if i < 0 {
			return nil, failed(task.CodeSource, "file %s: %w: it was deleted, has expired, or never was", id, vod.ErrNotFound)
		}
	}
	return out, nil
}

// open opens an asset. What cannot be played now is a task.Failure that says so.
func (l *Library) open(ctx context.Context, a vod.Asset) (*source, error) {
	s, err := l.tryOpen(a)
	if errors.Is(err, fs.ErrNotExist) {
		// It may have been finished and put in its place meanwhile, or moved to another storage.
		again, findErr := l.find(ctx, a.SubAppID, []vod.FileID{a.ID})
		if findErr != nil {
			return nil, findErr
		}
		s, err = l.tryOpen(again[0])
	}
	if err != nil {
		return nil, &task.Failure{Code: task.CodeSource, Err: fmt.Errorf("file %s: %w", a.ID, err)}
	}
	return s, nil
}

func (l *Library) tryOpen(a vod.Asset) (*source, error) {
	switch {
	case a.Status == vod.StatusLost:
		return nil, errors.New("it is lost: it was not in its storage when that was last looked through")
	case a.Forbidden:
		return nil, errors.New("it is forbidden; ForbidMediaDistribution lets it go again")
	}
	i := slices.IndexFunc(l.Formats, func(f container.Format) bool { return f.Name() == a.Container })
	if i < 0 {
		return nil, fmt.Errorf("%s is no recording that this server can read", a.Container)
	}
	storage := l.Catalog.Storages[a.StorageID]
	if storage == nil {
		return nil, fmt.Errorf("its storage %q is not known to this server", a.StorageID)
	}
	o, err := storage.Open(a.ObjectKey)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			err = fmt.Errorf("its storage does not have it now: %w", err)
		}
		return nil, err
	}
	s := &source{Asset: a, format: l.Formats[i], object: o, size: o.Size}
	if a.Status == vod.StatusRecording && a.Size > 0 { // one that is being finished is not known by its size any more
		s.size = min(s.size, a.Size)
	}
	return s, nil
}

// Close closes the file.
func (s *source) Close() error { return s.object.Close() }

// ReadAt reads from a place in the file. It must not be called by several at once.
func (s *source) ReadAt(b []byte, at int64) (int, error) {
	if r, ok := s.object.ReadSeekCloser.(io.ReaderAt); ok {
		return r.ReadAt(b, at)
	}
	if _, err := s.object.Seek(at, io.SeekStart); err != nil {
		return 0, err
	}
	return io.ReadFull(s.object, b)
}

// tracks are those that the file begins with.
func (s *source) tracks() ([]*media.Track, error) {
	tracks, err := s.format.Probe(s, s.size)
	if err != nil {
		return nil, &task.Failure{Code: task.CodeSource, Err: fmt.Errorf("file %s cannot be read: %w", s.ID, err)}
	}
	return tracks, nil
}

// library is the open files of a task.
type library map[vod.FileID]*source

// openAll opens the assets; all or none.
func (l *Library) openAll(ctx context.Context, assets []vod.Asset) (library, error) {
	out := library{}
	for _, a := range assets {
		s, err := l.open(ctx, a)
		if err != nil {
			out.close()
			return nil, err
		}
		out[a.ID] = s
	}
	return out, nil
}

func (l library) close() {
	for _, s := range l {
		_ = s.Close() // it was only read
	}
}

// readFrom yields the units from a random access point at or before a time on, or from earlier.
func (s *source) readFrom(at int64) iter.Seq2[*media.Unit, error] {
	return container.ReadFrom(s.format, s, s.size, duration(at))
}
