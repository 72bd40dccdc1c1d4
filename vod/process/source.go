package process

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"time"

	"aircheck/recorder/container"
	"aircheck/vod"
	"aircheck/vod/ffmpeg"
	"aircheck/vod/task"
)

// source is an open file of the catalogue. It stays readable when the file is deleted meanwhile.
type source struct {
	vod.Asset
	file   *os.File
	format container.Format
}

// failed is an error that says which code a task or step ends with.
func failed(code int, format string, args ...any) error {
	return &task.Failure{Code: code, Err: fmt.Errorf(format, args...)}
}

// find returns a finished asset of an application. *task.Failure if there is none that can be read.
func (p *Processor) find(ctx context.Context, subApp int64, id vod.FileID) (vod.Asset, error) {
	found, err := p.Catalog.Get(ctx, []vod.FileID{id})
	switch {
	case err != nil:
		return vod.Asset{}, err
	case len(found) == 0 || found[0].SubAppID != subApp:
		return vod.Asset{}, failed(task.CodeSource, "file %s: %w: it was deleted, has expired, or never was", id, vod.ErrNotFound)
	case found[0].Status == vod.StatusRecording:
		return vod.Asset{}, failed(task.CodeSource, "file %s is still being recorded; process it when it is finished", id)
	case found[0].Status != vod.StatusNormal:
		return vod.Asset{}, failed(task.CodeSource, "file %s is lost: it was not in its storage when that was last looked through", id)
	case found[0].ObjectKey == "":
		return vod.Asset{}, failed(task.CodeSource, "file %s has been deleted but for what was made of it", id)
	}
	return found[0], nil
}

// open opens an asset's file. Close it.
func (p *Processor) open(ctx context.Context, a vod.Asset) (*source, error) {
	src, err := p.tryOpen(a)
	if errors.Is(err, fs.ErrNotExist) { // it may have been moved to another storage meanwhile
		if a, err = p.find(ctx, a.SubAppID, a.ID); err == nil {
			src, err = p.tryOpen(a)
		}
	}
	return src, err
}

func (p *Processor) tryOpen(a vod.Asset) (*source, error) {
	i := slices.IndexFunc(p.Formats, func(f container.Format) bool { return f.Name() == a.Container })
	storage := p.Catalog.Storages[a.StorageID]
	if i < 0 || storage == nil {
		return nil, failed(task.CodeSource, "file %s: its format %q or storage %q is not known to this server", a.ID, a.Container, a.StorageID)
	}
	object, err := storage.Open(a.ObjectKey)
	if err != nil {
		return nil, failed(task.CodeSource, "file %s cannot be opened: %w", a.ID, err)
	}
	file, ok := object.ReadSeekCloser.(*os.File)
	if !ok {
		return nil, errors.Join(failed(task.CodeSource, "file %s does not lie on a disk of this server", a.ID), object.Close())
	}
	return &source{Asset: a, file: file, format: p.Formats[i]}, nil
}

// Close closes the file.
func (s *source) Close() error { return s.file.Close() }

// has reports whether there is a track of a kind.
func (s *source) has(kind string) bool {
	return slices.ContainsFunc(s.Tracks, func(t vod.Track) bool { return t.Kind == kind })
}

// demuxer is the format by which ffmpeg reads the file itself from a moment on; empty if it could not, or not all of it, or would not find the
// moment exactly: then it is handed what we read.
func (s *source) demuxer(from time.Duration) string {
	switch {
	case s.Container == "mp4":
		return "mov"
	case s.Container == "aac":
		return "aac"
	case s.Container == "flv" && from == 0 && ffmpeg.ReadsFLV(vod.Codecs(s.Tracks)):
		return "flv"
	}
	return ""
}

// run has ffmpeg read the file from a moment on.
func (w *work) run(ctx context.Context, from time.Duration, j ffmpeg.Job) error {
	if d := w.src.demuxer(from); d != "" {
		in := ffmpeg.Input{File: w.src.file, Format: d}
		if from > 0 {
			in.Args = []string{"-ss", seconds(from)}
		}
		j.Inputs = []ffmpeg.Input{in}
		return w.ffmpeg(ctx, j)
	}
	f, err := w.src.newFeed(from)
	if err != nil {
		return err
	}
	defer f.stop()
	if f.lead > 0 {
		for i := range j.Outputs {
			j.Outputs[i].Args = append([]string{"-ss", seconds(f.lead)}, j.Outputs[i].Args...)
		}
	}
	return w.piped(ctx, j, func(out io.Writer) error { return f.write(ctx, out) })
}

// piped has ffmpeg read what feed writes: fragments of MP4.
func (w *work) piped(ctx context.Context, j ffmpeg.Job, feed func(io.Writer) error) error {
	r, pipe, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("run ffmpeg: %w", err)
	}
	j.Inputs = []ffmpeg.Input{{File: r, Format: "mov", Stream: true}}
	fed := make(chan error, 1)
	go func() {
		fed <- errors.Join(feed(pipe), pipe.Close())
	}()
	err = w.ffmpeg(ctx, j)
	r.Close() // whoever still writes is told that nobody reads
	fault := <-fed
	var source *task.Failure
	if errors.As(fault, &source) {
		return fault
	}
	return err
}

// ffmpeg runs a job, as long as there is room, and says whose fault it is when it fails.
func (w *work) ffmpeg(ctx context.Context, j ffmpeg.Job) error {
	run, stop := w.Parts.Intake.WhileRoom(ctx, w.src.StorageID)
	defer stop()
	err := w.Runner.Run(run, j)
	switch {
	case err == nil || ctx.Err() != nil:
		return err
	case errors.Is(err, ffmpeg.ErrFailed):
		return &task.Failure{Code: task.CodeSource, Err: err}
	}
	return &task.Failure{Code: task.CodeInternal, Err: err}
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()) }
