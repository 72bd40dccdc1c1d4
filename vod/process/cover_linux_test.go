package process_test

import (
	"bytes"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"aircheck/ingest/media"
	"aircheck/recorder/container"
	"aircheck/recorder/mp4"
	"aircheck/vod"
	"aircheck/vod/process"
	"aircheck/vod/task"
)

// TestCoversWithoutFFmpeg: it is said once, and nothing is kept for later.
func TestCoversWithoutFFmpeg(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	l.Runner.Path = filepath.Join(t.TempDir(), "ffmpeg")
	for id := range vod.FileID(3) {
		l.add(t, id+1, mp4.Format{}, film(t, "h264"), nil)
	}
	var said bytes.Buffer
	c := &process.Coverer{Processor: l.Processor, Log: slog.New(slog.NewTextHandler(&said, nil))}
	c.Start()
	l.untilNoneIsDue(t, c)
	c.Close()
	if n := strings.Count(said.String(), "level="); n != 1 || !strings.Contains(said.String(), "ffmpeg.path") {
		t.Errorf("it says %s", said.String())
	}
}

// TestCoversWithoutRoom: files wait for it, and it is not asked for again with each that is finished.
func TestCoversWithoutRoom(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	var asked atomic.Int64
	first := make(chan struct{})
	l.Parts.Intake.Room = func(string) error {
		if asked.Add(1) == 1 {
			close(first)
		}
		return fmt.Errorf("full: %w", vod.ErrNoRoom)
	}
	l.add(t, 1, mp4.Format{}, film(t, "h264"), nil)
	l.add(t, 2, mp4.Format{}, film(t, "h264"), nil)
	c := &process.Coverer{Processor: l.Processor, Log: l.Log}
	c.Start()
	<-first
	for range 200 { // long enough to ask again, if it did
		c.Kick()
		_, err := l.CoversDue(t.Context(), 0, 10)
		must(t, err)
	}
	c.Close()
	due, err := l.CoversDue(t.Context(), 0, 10)
	must(t, err)
	if len(due) != 2 || due[0].Tries != 0 || asked.Load() != 1 {
		t.Errorf("%+v, asked %d times", due, asked.Load())
	}
}

// lengthy is a format of files that go on and on, and cannot be sought.
type lengthy struct {
	container.Format
	began   chan struct{}
	stopped atomic.Bool
}

func (*lengthy) Name() string { return "lengthy" }

func (f *lengthy) Read(r io.ReaderAt, size int64) iter.Seq2[*media.Unit, error] {
	return func(yield func(*media.Unit, error) bool) {
		for u, err := range f.Format.Read(r, size) {
			if !yield(u, err) {
				return
			}
			u.RandomAccess = false
			for range 10_000_000 {
				if !yield(u, nil) {
					f.stopped.Store(true)
					return
				}
				select {
				case f.began <- struct{}{}:
				default:
				}
			}
			return
		}
	}
}

// TestCoversStopInTime: a stop does not wait for a file to be read to its end.
func TestCoversStopInTime(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	f := &lengthy{Format: mp4.Format{}, began: make(chan struct{})}
	l.Formats = append(l.Formats, f)
	l.add(t, 1, mp4.Format{}, film(t, "h264"), func(a *vod.Asset) { a.Container = "lengthy" })
	c := &process.Coverer{Processor: l.Processor, Log: l.Log}
	c.Start()
	<-f.began
	c.Close()
	due, err := l.CoversDue(t.Context(), 0, 10)
	must(t, err)
	if !f.stopped.Load() || len(due) != 1 || due[0].Tries != 0 {
		t.Errorf("read to its end: %t, due: %+v", !f.stopped.Load(), due)
	}
}

// TestForgottenCovers: a file that is deleted is not due any more, also where no covers are made.
func TestForgottenCovers(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	l.add(t, 1, mp4.Format{}, film(t, "h264"), nil)
	must(t, l.Catalog.Delete(t.Context(), 1))
	due, err := l.CoversDue(t.Context(), 0, 10)
	must(t, err)
	if len(due) != 0 {
		t.Errorf("due: %+v", due)
	}
}

// heavy is a format of files whose pictures are as large as they may be, one every ten seconds.
type heavy struct{ container.Format }

func (heavy) Name() string { return "heavy" }

func (f heavy) Read(r io.ReaderAt, size int64) iter.Seq2[*media.Unit, error] {
	return func(yield func(*media.Unit, error) bool) {
		payload := make([]byte, 16<<20)
		for u, err := range f.Format.Read(r, size) {
			if err == nil && !u.RandomAccess {
				continue
			}
			for i := range int64(100) {
				c := *u
				c.Payload, c.PTS, c.DTS = payload, i*10*int64(u.Track.Timescale), i*10*int64(u.Track.Timescale)
				if !yield(&c, err) {
					return
				}
			}
			return
		}
	}
}

// TestHeavyPictures: not all of a file is held to make a sprite of it.
func TestHeavyPictures(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	l.Formats = append(l.Formats, heavy{mp4.Format{}})
	units := slices.DeleteFunc(slices.Clone(film(t, "h264")), func(u *media.Unit) bool { return u.Track.Codec.Kind() != media.Video })
	l.add(t, 1, mp4.Format{}, units, func(a *vod.Asset) { a.Container, a.Duration = "heavy", 1000*time.Second })
	out, err := l.run(t, 1, process.Flow{Sprites: []process.Sprite{{Definition: 10}}})
	must(t, err)
	if s := out.Steps[0]; s.Status != process.Failed || s.Code != task.CodeSource || !strings.Contains(s.Message, "too large for sprites") {
		t.Errorf("%+v", s)
	}
	l.wantNoDrafts(t)
}
