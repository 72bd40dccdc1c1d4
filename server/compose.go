package server

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"aircheck/ingest/media"
	"aircheck/server/store"
	"aircheck/vod"
	"aircheck/vod/compose"
)

// openCompose prepares what makes files of others. It comes after the catalogue and task flows, and adds its jobs to the queue of long tasks.
func (s *Server) openCompose(context.Context) error {
	s.composer = &compose.Service{
		Library: compose.Library{Catalog: s.catalog, Formats: formats()}, Intake: s.intake, Queue: s.longTasks, Storage: s.recorder.StorageID,
		Recordings: s.recordingsToSplice, Made: s.store.MadeBy, Procedure: s.procedureThere, SubApps: s.subApps, Encoder: s.flows.Runner, Location: s.recorder.Location,
	}
	maps.Copy(s.longTasks.Jobs, s.composer.Jobs())
	return nil
}

// recordingsToSplice returns the recordings of a stream that may hold something between two moments, those being made as far as they are.
func (s *Server) recordingsToSplice(ctx context.Context, domain, app, stream string, from, to time.Time) ([]vod.Asset, error) {
	live := s.live() // before the catalogue is asked: a file that ends meanwhile is in the one or the other
	found, err := s.store.AssetsOf(ctx, media.StreamKey{Domain: domain, App: app, Stream: stream}, from, to)
	if err != nil {
		return nil, err
	}
	if len(found) == store.MaxPast {
		return nil, &vod.InvalidError{Field: "StartTime", Reason: fmt.Sprintf("there are %d files or more in that time; ask for less", store.MaxPast)}
	}
	for i := range found {
		if p, ok := live[found[i].ID]; ok && found[i].Status == vod.StatusRecording {
			found[i].Size, found[i].Duration, found[i].End = p.Size, p.Duration, p.End
		}
	}
	return slices.DeleteFunc(found, func(a vod.Asset) bool { return a.Status == vod.StatusRecording && a.Size == 0 }), nil
}

// procedureThere reports whether there is a task flow of that name.
func (s *Server) procedureThere(ctx context.Context, subApp int64, name string) error {
	_, err := s.flows.Service.Find(ctx, subApp, name)
	return err
}
