package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"time"

	"aircheck/ingest/media"
	"aircheck/recorder"
	"aircheck/recorder/rewind"
	"aircheck/vod"
)

// lookupPatience is how long the catalogue may take to say which recordings of a stream there are.
const lookupPatience = 5 * time.Second

// openPast starts what records the past. It comes after the recorder and before the tasks, so that it is closed between them.
func (s *Server) openPast(context.Context) error {
	s.feeder = &rewind.Feeder{Record: s.recorder.RecordWindow, Log: s.log}
	if s.ring != nil {
		s.feeder.Pasts = append(s.feeder.Pasts, s.ring)
	}
	s.feeder.Pasts = append(s.feeder.Pasts, &rewind.Files{Find: s.recordingsOf, Formats: formats()})
	s.onClose(func() error {
		ctx, cancel := context.WithTimeout(context.Background(), max(lastWords, time.Until(s.stopBy)))
		defer cancel()
		return s.feeder.Close(ctx)
	})
	return nil
}

// recordingsOf returns the recordings of a stream that hold something between two moments, those included that are still being made.
func (s *Server) recordingsOf(key media.StreamKey, from, to time.Time) ([]rewind.Source, error) {
	// Before the catalogue is asked: a file that ends meanwhile is in the one or the other.
	active := map[vod.FileID]recorder.Status{}
	for _, r := range s.recorder.Active() {
		if r.FileID != 0 && r.Spec.Key == key {
			active[vod.FileID(r.FileID)] = r
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), lookupPatience)
	defer cancel()
	assets, err := s.store.AssetsOf(ctx, key, from, to)
	if err != nil {
		return nil, fmt.Errorf("look for recordings of %s: %w", key, err)
	}
	var out []rewind.Source
	for i := range assets {
		a := &assets[i]
		if a.SourceType != vod.SourceRecord {
			continue // what was made of recordings is of no session
		}
		src := sourceOf(a)
		size := int64(-1)
		if r, ok := active[a.ID]; ok {
			delete(active, a.ID)
			src.SessionID, src.End, src.Growing = r.Spec.SessionID, r.Start.Add(r.Duration), !r.Suspended
			size = r.Bytes
		} else if a.Status == vod.StatusRecording {
			src.End = time.Now() // it is being finished: nobody tells how long it is
		}
		src.Open = func() (rewind.Object, error) { return s.openAsset(a, size) }
		if !src.End.Before(from) && src.Start.Before(to) {
			out = append(out, src)
		}
	}
	for id, r := range active { // not in the catalogue yet
		out = append(out, rewind.Source{
			ID: int64(id), SessionID: r.Spec.SessionID, Params: r.Spec.Params, Cause: r.Spec.Cause, Format: r.Spec.Format,
			Start: r.Start, End: r.Start.Add(r.Duration), Growing: !r.Suspended, Video: r.Spec.Format != "aac", Audio: true,
			Open: func() (rewind.Object, error) {
				return s.openRecording(s.recorder.StorageID, recorder.UnfinishedKey(int64(id), r.Spec.Format), r.Bytes)
			},
		})
	}
	return out, nil
}

func sourceOf(a *vod.Asset) rewind.Source {
	src := rewind.Source{
		ID: int64(a.ID), SessionID: a.SessionID, Params: a.Params, Cause: recorder.Cause{Kind: a.CauseKind, ID: a.Cause},
		Format: a.Container, Start: a.Start, End: a.End, Growing: a.Status == vod.StatusRecording,
	}
	for _, t := range a.Tracks {
		src.Video, src.Audio = src.Video || t.Kind == "video", src.Audio || t.Kind == "audio"
	}
	for _, g := range a.Gaps {
		src.Gaps = append(src.Gaps, recorder.Gap(g))
	}
	return src
}

// openAsset opens an asset's file, of which size bytes may be read; below 0: all.
func (s *Server) openAsset(a *vod.Asset, size int64) (rewind.Object, error) {
	o, err := s.openRecording(a.StorageID, a.ObjectKey, size)
	if !errors.Is(err, fs.ErrNotExist) {
		return o, err
	}
	// It may have been finished and put in its place meanwhile, or moved to another storage.
	ctx, cancel := context.WithTimeout(context.Background(), lookupPatience)
	defer cancel()
	again, findErr := s.store.AssetsByID(ctx, []vod.FileID{a.ID})
	if findErr != nil || len(again) == 0 {
		return nil, errors.Join(err, findErr)
	}
	return s.openRecording(again[0].StorageID, again[0].ObjectKey, size)
}

// openRecording opens a file of a storage, of which size bytes may be read; below 0: all.
func (s *Server) openRecording(storageID, key string, size int64) (rewind.Object, error) {
	storage := s.catalog.Storages[storageID]
	if storage == nil {
		return nil, fmt.Errorf("the storage %q of %s is not known to this server", storageID, key)
	}
	o, err := storage.Open(key)
	if err != nil {
		return nil, err
	}
	if size < 0 || size > o.Size {
		size = o.Size
	}
	return object{Object: o, size: size}, nil
}

// object is a rewind.Object.
type object struct {
	*vod.Object
	size int64
}

// Size returns how many bytes may be read.
func (o object) Size() int64 { return o.size }

// ReadAt reads from a place in the file. It must not be called by several at once.
func (o object) ReadAt(b []byte, at int64) (int, error) {
	if r, ok := o.ReadSeekCloser.(io.ReaderAt); ok {
		return r.ReadAt(b, at)
	}
	if _, err := o.Seek(at, io.SeekStart); err != nil {
		return 0, err
	}
	return io.ReadFull(o, b)
}
