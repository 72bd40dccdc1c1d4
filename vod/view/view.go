// Package view makes of a file of the catalogue, while it is asked for, what it is not: an HLS playlist and its segments, a shorter
// file, or an MP4 that begins with its index. Nothing is written to disk. A file is cut at its random access points, which are found in
// its own index or by one look at its tags, kept in memory within a bound, and added to while the file is recorded.
package view

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"

	"aircheck/recorder/container"
	"aircheck/vod"
)

// Server implements vod.Views. Its methods may be called from any goroutine.
type Server struct {
	// Workers is how many requests may read, cut and mux at the same moment; 0 means 4. Who waits for a slow client holds no place.
	Workers int
	// Memory bounds what is remembered of files, in bytes; 0 means 64 MiB. What was used last stays, whatever its size.
	Memory int64
	Log    *slog.Logger

	once  sync.Once
	slots chan struct{}
	surveys
}

const (
	defaultWorkers = 4
	defaultMemory  = 64 << 20
)

var _ vod.Views = (*Server)(nil)

func (s *Server) init() {
	s.once.Do(func() {
		if s.Workers <= 0 {
			s.Workers = defaultWorkers
		}
		s.slots = make(chan struct{}, s.Workers)
		s.surveys.limit = s.Memory
		if s.Memory <= 0 {
			s.surveys.limit = defaultMemory
		}
	})
}

// enter waits for a place among those who work; leave gives it back.
func (s *Server) enter(ctx context.Context) error {
	select {
	case s.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *Server) leave() { <-s.slots }

// Serve implements vod.Views.
func (s *Server) Serve(w http.ResponseWriter, r *http.Request, v vod.View) {
	s.init()
	var err error
	switch v.Kind {
	case vod.ViewPlaylist:
		err = s.playlist(w, r, v)
	case vod.ViewSegment:
		err = s.segment(w, r, v)
	case vod.ViewClip:
		err = s.clip(w, r, v)
	case vod.ViewFast:
		err = s.fast(w, r, v)
	default:
		err = refusef(http.StatusNotFound, "there is no such view")
	}
	if err != nil {
		s.refuse(w, r, v, err)
	}
}

// refusal is an error whose text is for the client.
type refusal struct {
	status int
	text   string
}

// Error returns the text.
func (e *refusal) Error() string { return e.text }

func refusef(status int, format string, args ...any) error {
	return &refusal{status, fmt.Sprintf(format, args...)}
}

func (s *Server) refuse(w http.ResponseWriter, r *http.Request, v vod.View, err error) {
	known := &refusal{}
	switch {
	case r.Context().Err() != nil:
		return // nobody listens
	case errors.As(err, &known):
	case errors.Is(err, container.ErrCorrupt), errors.Is(err, container.ErrUnsupported):
		known = &refusal{http.StatusUnprocessableEntity, fmt.Sprintf("file %s cannot be shown in this way: %v", v.Asset.ID, err)}
	default:
		s.Log.Warn("view of a file", "path", r.URL.Path, "error", err)
		known = &refusal{http.StatusServiceUnavailable, fmt.Sprintf("file %s cannot be read now", v.Asset.ID)}
	}
	h := w.Header()
	for _, name := range []string{"ETag", "Content-Disposition", "Cache-Control"} {
		h.Del(name)
	}
	h.Set("Cache-Control", "no-store")
	http.Error(w, known.text, known.status)
}

// reader reads a file until the context ends.
type reader struct {
	ctx context.Context
	io.ReaderAt
}

// ReadAt is io.ReaderAt's.
func (r reader) ReadAt(b []byte, off int64) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.ReaderAt.ReadAt(b, off)
}

// open opens the file of an asset to be read at any place.
func open(ctx context.Context, v vod.View) (*vod.Object, reader, error) {
	object, err := v.Open()
	if err != nil {
		return nil, reader{}, err
	}
	return object, randomly(ctx, object), nil
}

// randomly reads a file at any place.
func randomly(ctx context.Context, object *vod.Object) reader {
	at, ok := object.ReadSeekCloser.(io.ReaderAt)
	if !ok {
		at = &seekReader{r: object}
	}
	return reader{ctx, at}
}

// seekReader reads a file that can be read in one place at a time only.
type seekReader struct {
	mu sync.Mutex
	r  io.ReadSeeker
}

// ReadAt is io.ReaderAt's.
func (s *seekReader) ReadAt(b []byte, off int64) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.r.Seek(off, io.SeekStart); err != nil {
		return 0, err
	}
	n, err := io.ReadFull(s.r, b)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF
	}
	return n, err
}
